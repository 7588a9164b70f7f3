//! `examples/modules/two_way_sync` in the hands of a team: changed, failing, repaired, destroyed.

use serde_json::json;

use super::copied::{Copied, runs};
use super::fixtures;
use crate::changes::raw::call;

const MODULE: &str = "two_way_sync";

const FORWARD: &str = "dts_job.forward";
const REVERSE: &str = "dts_job.reverse[0]";

fn copied() -> Copied {
    Copied::new(
        MODULE,
        &[
            ("first_password", "first-password"),
            ("second_password", "second-password"),
        ],
    )
}

#[test]
fn the_readme_runs() {
    runs(MODULE);
}

#[test]
fn both_directions_change_in_place_and_are_released() {
    let mut copied = copied();
    let mut made = copied.apply();
    let reverse = made.pop();
    assert_eq!(reverse.as_deref(), Some("ConfigureDtsJob Reverse"));
    assert_eq!(made.pop().as_deref(), Some("CreateDtsInstance"), "{made:?}");
    made.sort();
    let checked = ["ConfigureDtsJob", "ConfigureDtsJob", "StartDtsJob", "StartDtsJob"];
    assert_eq!(made, checked);
    let first = copied.output("shop");
    assert_eq!(first["reverse_job_id"], copied.recorded(REVERSE, "id"));

    copied.edit(
        r#"tables = ["orders", "customers"]"#,
        r#"tables = ["orders", "customers", "invoices"]"#,
    );
    assert_eq!(copied.apply(), ["ModifyDtsJob", "ModifyDtsJob Reverse"]);
    copied.edit(r#""orders", "customers", "invoices""#, r#""orders", "invoices""#);
    assert_eq!(copied.apply(), ["ModifyDtsJob", "ModifyDtsJob Reverse"]);

    let mut rotated = fixtures(MODULE);
    rotated["endpoints"][0]["accounts"]["dts"] = "new-password".into();
    copied.bench.emulator.set_fixtures(rotated);
    copied
        .bench
        .workspace
        .set_env("TF_VAR_first_password", Some("new-password"));
    copied.add("password_versions = { first = 2 }");
    let mut calls = copied.apply();
    calls.sort();
    calls.dedup();
    assert_eq!(calls, ["ModifyDtsJobPassword", "ModifyDtsJobPassword Reverse"]);

    assert_eq!(
        copied.add(r#"stage = "run""#).apply(),
        ["DeleteDtsJob"],
        "the rehearsal goes"
    );
    assert_eq!(copied.output("shop")["instance_id"], first["instance_id"]);
    assert_eq!(copied.output("shop")["forward_job_id"], first["forward_job_id"]);
    let state = copied.bench.workspace.state_file();
    assert!(!state.contains("-password\""), "{state}");
    copied.destroy();
    assert_eq!(copied.bench.emulator.instances().len(), 1);
}

#[test]
fn a_direction_that_stands_still_is_told_and_started() {
    let copied = copied();
    copied.apply();
    assert_eq!(copied.told(), "");
    let url = copied.bench.emulator.url();
    let forward = copied.recorded(FORWARD, "id");
    call(&url, "SuspendDtsJob", &[("DtsJobId", &forward)]);
    // As it comes to a pause while it is looked at.
    copied.bench.apply().ok();
    let told = copied.told();
    assert!(
        told.contains("The forward job of shop does not run. With stage = \"run\""),
        "{told}"
    );
    let mut calls = copied.add(r#"stage = "run""#).apply();
    calls.sort();
    assert_eq!(calls, ["DeleteDtsJob", "StartDtsJob"]);
    assert_eq!(copied.told(), "");
    let reverse = copied.recorded(REVERSE, "id");
    let instance = copied.recorded(REVERSE, "dts_instance_id");
    let half = [
        ("DtsJobId", reverse.as_str()),
        ("DtsInstanceId", instance.as_str()),
        ("SynchronizationDirection", "Reverse"),
    ];
    call(&url, "SuspendDtsJob", &half);
    copied.bench.workspace.run(&["refresh"]).ok();
    assert_eq!(copied.apply(), ["StartDtsJob Reverse"]);
    copied.destroy();
}

#[test]
fn a_load_that_fails_leaves_the_way_back_alone() {
    let copied = copied();
    let failure = json!({ "stage": "full", "code": "DTS-070211", "message": "no space left", "times": 1 });
    copied
        .bench
        .emulator
        .script_job(json!({ "job": "shop-forward", "failure": failure }));
    let failed = copied.bench.apply().fails();
    let told = failed.error("Unable to configure the reverse job");
    assert!(told.detail.contains("status InitializeFailed"), "{told:?}");
    copied.bench.assert_nothing_lost("a load failed");
    assert!(copied.bench.recorded(REVERSE).is_none());
    assert!(
        !copied
            .calls_since(0)
            .contains(&"ConfigureDtsJob Reverse".to_owned())
    );

    copied.bench.emulator.script_job(json!({ "job": "shop-forward" }));
    let mut calls = copied.add(r#"stage = "run""#).apply();
    calls.retain(|call| call != "DeleteDtsJob");
    assert_eq!(calls, ["StartDtsJob", "ConfigureDtsJob Reverse"]);
    assert_eq!(
        copied.bench.emulator.instances().len(),
        1,
        "it was not bought again"
    );
    copied.destroy();
}

/// What only the reverse job can find, the rehearsal being of databases: the forward job goes on, and so does the next apply.
#[test]
fn a_reverse_job_that_fails_is_taken_up_again() {
    let copied = copied();
    let mut without = fixtures(MODULE);
    without["endpoints"][1]["databases"]["shop"] = json!(["orders"]);
    copied.bench.emulator.set_fixtures(without);
    let failed = copied.bench.apply().fails();
    let told = failed.report();
    assert!(
        told.contains("CHECK_SCHEMA_EXIST") && told.contains("shop.customers"),
        "{told}"
    );
    copied
        .bench
        .assert_nothing_lost("the check of the reverse job failed");
    copied.bench.emulator.set_fixtures(fixtures(MODULE));
    let calls = copied.apply();
    assert!(calls.iter().all(|call| call.ends_with(" Reverse")), "{calls:?}");
    assert_eq!(
        copied.bench.emulator.instances().len(),
        1,
        "it was not bought again"
    );
    copied.destroy();
}

#[test]
fn a_check_that_fails_buys_nothing_in_either_direction() {
    let whole = fixtures(MODULE);
    // The first one's account at the destination is checked by the way back alone.
    for (side, privileges, direction) in [
        (0, "SELECT", "reverse, CHECK_AUTH_DEST"),
        (1, "SELECT", "forward, CHECK_AUTH_DEST"),
    ] {
        let copied = copied();
        let mut poor = whole.clone();
        let password = ["first-password", "second-password"][side];
        poor["endpoints"][side]["accounts"]["dts"] = json!({
            "password": password, "privileges": [privileges, "REPLICATION CLIENT", "REPLICATION SLAVE"],
        });
        copied.bench.emulator.set_fixtures(poor);
        let failed = copied.bench.apply().fails();
        assert!(failed.report().contains(direction), "{}", failed.report());
        assert!(copied.bench.emulator.instances().is_empty());
        copied.bench.emulator.set_fixtures(whole.clone());
        let calls = copied.apply();
        assert_eq!(
            calls,
            ["StartDtsJob", "CreateDtsInstance", "ConfigureDtsJob Reverse"],
            "the failed one is checked again"
        );
        copied.destroy();
    }
}
