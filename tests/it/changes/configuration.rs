//! Changes of what a job is configured with: again before the start, by ModifyDtsJob while it runs, or refused.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::Update;

use super::bed::{Bed, Managed};
use super::config::{MIGRATION, SYNC, fixtures, instance, instance_for, job, with};
use super::in_place::{PASSWORD, START, sent};
use crate::support::assert_nothing_paid_for;
use crate::support::bench::{Bench, bought_first, job_on_instance};

const CONFIGURE: &str = "ConfigureDtsJob";
const MODIFY: &str = "ModifyDtsJob";

/// Each change of the configuration that only ConfigureDtsJob can make.
fn reconfigurations() -> Vec<Json> {
    vec![
        json!({ "source_endpoint": { "instance_id": "rm-other" } }),
        json!({ "source_endpoint": { "user_name": "somebody", "password": "else" } }),
        json!({ "destination_endpoint": { "region": "cn-shanghai" } }),
        json!({ "database": [{ "name": "other" }] }),
        json!({ "database": null, "db_list": r#"{"other":{"name":"other","all":true}}"# }),
        json!({ "structure_initialization": false }),
        json!({ "reserve": r#"{"targetTableMode":"2"}"# }),
        json!({ "data_initialization": false, "dts_job_name": "other", "reserve": r#"{"targetTableMode":"2"}"# }),
    ]
}

#[test]
fn before_the_start_a_job_is_configured_again() {
    for change in reconfigurations() {
        for kind in [MIGRATION, SYNC] {
            let bed = Bed::new();
            let configured = with(&job(kind), json!({ "desired_status": "configured" }));
            // On an instance.
            let (_instance, mut managed, config) = bed.bought(&instance(kind), &configured);
            managed.change(&with(&config, change.clone()), Update, &[CONFIGURE]);
            assert_eq!(managed.status(), "NotStarted");
            assert!(sent(&bed, CONFIGURE)["Reserve"].contains(r#""autoStartModulesAfterConfig":"none""#));
            let both = with(&change, json!({ "desired_status": "running" }));
            let back = with(&config, json!({ "desired_status": "running" }));
            managed.change(&back, Update, &[CONFIGURE]);
            assert!(!sent(&bed, CONFIGURE)["Reserve"].contains("autoStart"));
            assert!(
                ["Finished", "Synchronizing"].contains(&managed.status().as_str()),
                "{both}"
            );
            // Without one.
            let mut alone = bed.job();
            alone.settle(&configured);
            alone.change(&with(&configured, change.clone()), Update, &[CONFIGURE]);
            let prechecked = with(&configured, json!({ "desired_status": "prechecked" }));
            alone.change(&prechecked, Update, &[CONFIGURE, START]);
            assert_eq!(alone.status(), "PreCheckPass");
            alone.change(&with(&prechecked, change.clone()), Update, &[CONFIGURE, START]);
            assert_eq!(alone.status(), "PreCheckPass");
        }
    }
}

#[test]
fn a_checked_job_with_an_instance_is_configured_again_and_waits() {
    // Checked, then bought for; another precheck would start it, which nobody asked for.
    let bed = Bed::new();
    let config = with(&job(SYNC), json!({ "desired_status": "prechecked" }));
    let mut managed = bed.job();
    managed.settle(&config);
    bed.instance().settle(&instance_for(&managed.text("id")));
    let changed = with(&config, json!({ "database": [{ "name": "other" }] }));
    managed.change(&changed, Update, &[CONFIGURE]);
    assert_eq!(managed.status(), "NotStarted");
    managed.change(
        &with(&changed, json!({ "desired_status": "running" })),
        Update,
        &[START],
    );
}

#[test]
fn a_failed_precheck_is_repaired_by_a_change() {
    for (change, operations) in [
        (
            json!({ "source_endpoint": { "password": "right" } }),
            &[PASSWORD, START][..],
        ),
        (
            json!({ "source_endpoint": { "user_name": "root", "password": "right" } }),
            &[CONFIGURE][..],
        ),
    ] {
        let mut databases = fixtures("right", "destination-password");
        databases["endpoints"][0]["accounts"]["root"] = json!("right");
        let bed = Bed::with(Lifecycle::Immediate, Some(databases));
        let configured = with(&job(SYNC), json!({ "desired_status": "configured" }));
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &configured);
        let running = with(&config, json!({ "desired_status": "running" }));
        let planned = managed.must_plan(&running);
        let problems = managed.apply(&planned, &running);
        assert!(problems.has_errors());
        assert_eq!(managed.status(), "PrecheckFailed");
        managed.change(&with(&running, change), Update, operations);
        assert_eq!(managed.status(), "Synchronizing");
    }
}

#[test]
fn objects_and_settings_of_a_synchronization_that_runs() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(2)] {
        let bed = Bed::with(lifecycle, None);
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
        let more = with(
            &config,
            json!({ "database": [{ "name": "dtsdb" }, { "name": "other" }] }),
        );
        managed.change(&more, Update, &[MODIFY]);
        let objects: Json = serde_json::from_str(&sent(&bed, MODIFY)["DbList"]).unwrap();
        assert_eq!(objects.as_object().unwrap().len(), 2);
        let settings = with(&more, json!({ "reserve": r#"{"targetTableMode":"2"}"# }));
        managed.change(&settings, Update, &[MODIFY]);
        assert_eq!(sent(&bed, MODIFY)["ModifyTypeEnum"], "UPDATE_RESERVED");
        let both = with(
            &settings,
            json!({ "database": [{ "name": "other" }], "reserve": r#"{"targetTableMode":"0"}"# }),
        );
        managed.change(&both, Update, &[MODIFY, MODIFY]);
        // And then paused, and the other way about.
        let paused = with(
            &both,
            json!({ "database": [{ "name": "dtsdb" }], "desired_status": "suspended" }),
        );
        managed.change(&paused, Update, &[MODIFY, "SuspendDtsJob"]);
        managed.change(&both, Update, &[START, MODIFY]);
    }
}

/// `ModifyDtsJob` takes no setting away; a new configuration does.
#[test]
fn settings_that_are_taken_away() {
    let two = json!({ "reserve": r#"{"targetTableMode":"0","srcSSL":"1"}"# });
    for less in [
        json!({ "reserve": r#"{"targetTableMode":0}"# }),
        json!({ "reserve": null }),
    ] {
        let bed = Bed::new();
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &with(&job(SYNC), two.clone()));
        let config = with(&config, less.clone());
        let planned = managed.must_plan(&config);
        Managed::warned(&planned, "reserve", "`srcSSL`");
        managed.change(&config, Update, &[]);
        // One is added while another is taken away.
        managed.settle(&with(&config, two.clone()));
        let other = with(
            &config,
            json!({ "reserve": r#"{"targetTableMode":"0","destSSL":"1"}"# }),
        );
        Managed::warned(&managed.must_plan(&other), "reserve", "`srcSSL`");
        managed.change(&other, Update, &[MODIFY]);

        let bed = Bed::new();
        let configured = with(&job(SYNC), json!({ "desired_status": "configured" }));
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &with(&configured, two.clone()));
        let config = with(&config, less);
        assert!(Managed::told(&managed.must_plan(&config)).is_empty());
        managed.change(&config, Update, &[CONFIGURE]);
        assert!(!sent(&bed, CONFIGURE)["Reserve"].contains("srcSSL"));
    }
}

#[test]
fn objects_of_a_paused_or_ended_synchronization_are_refused() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let objects = json!({ "database": [{ "name": "other" }] });
    let suspended = with(&config, json!({ "desired_status": "suspended" }));
    managed.settle(&suspended);
    managed.refused(&with(&suspended, objects.clone()), "database[0].name", "running");
    let list = json!({ "database": null, "db_list": r#"{"other":{"all":true}}"# });
    managed.refused(&with(&suspended, list), "db_list", "running");
    let stopped = with(&config, json!({ "desired_status": "stopped" }));
    managed.settle(&stopped);
    managed.refused(&with(&stopped, objects), "database[0].name", "stopped");
    managed.refused(
        &with(&stopped, json!({ "reserve": r#"{"targetTableMode":"2"}"# })),
        "reserve",
        "stopped",
    );
    managed.refused(
        &with(
            &stopped,
            json!({ "source_endpoint": { "region": "cn-shanghai" } }),
        ),
        "source_endpoint.region",
        "stopped",
    );
}

#[test]
fn settings_of_a_migration_that_runs() {
    let bed = Bed::new();
    let follows = with(&job(MIGRATION), json!({ "data_synchronization": true }));
    let (_instance, mut managed, config) = bed.bought(&instance(MIGRATION), &follows);
    assert_eq!(managed.status(), "Migrating");
    let reserve = json!({ "reserve": r#"{"targetTableMode":"2"}"# });
    managed.change(&with(&config, reserve), Update, &[MODIFY]);
}

#[test]
fn a_migration_that_has_run_is_not_configured_again() {
    for follows in [false, true] {
        let bed = Bed::new();
        let config = with(&job(MIGRATION), json!({ "data_synchronization": follows }));
        let (_instance, mut managed, config) = bed.bought(&instance(MIGRATION), &config);
        let exchanged = [
            (
                json!({ "source_endpoint": { "instance_id": "rm-other" } }),
                "source_endpoint.instance_id",
            ),
            (
                json!({ "destination_endpoint": { "user_name": "x" } }),
                "destination_endpoint.user_name",
            ),
        ];
        // In place while it runs.
        for (change, path) in exchanged.into_iter().filter(|_| !follows) {
            managed.refused(&with(&config, change), path, "replace_triggered_by");
        }
        for (change, path) in [
            (
                json!({ "source_endpoint": { "engine_name": "MARIADB" } }),
                "source_endpoint.engine_name",
            ),
            (json!({ "data_initialization": false }), "data_initialization"),
            (json!({ "database": [{ "name": "other" }] }), "database[0].name"),
            (
                json!({ "database": null, "db_list": r#"{"other":{"all":true}}"# }),
                "db_list",
            ),
        ] {
            managed.refused(&with(&config, change), path, "replace_triggered_by");
        }
        if !follows {
            let reserve = json!({ "reserve": r#"{"targetTableMode":"2"}"# });
            managed.refused(&with(&config, reserve), "reserve", "replace_triggered_by");
        }
    }
}

#[test]
fn objects_wait_until_a_synchronization_has_loaded() {
    let bed = Bed::with(Lifecycle::Reads(3), None);
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let config = with(
        &job(SYNC),
        json!({ "dts_instance_id": bought.text("id"), "wait_for": "running" }),
    );
    let mut managed = bed.job();
    managed.settle_once(&config);
    assert_eq!(managed.text("status"), "Initializing");
    managed.change(
        &with(&config, json!({ "database": [{ "name": "other" }] })),
        Update,
        &[MODIFY],
    );
}

#[test]
fn while_a_precheck_runs_on_an_instance_nothing_is_configured() {
    for kind in [MIGRATION, SYNC] {
        let bed = Bed::with(Lifecycle::Reads(50), None);
        let mut bought = bed.instance();
        bought.settle(&instance(kind));
        let config = with(
            &job(kind),
            json!({ "dts_instance_id": bought.text("id"), "wait_for": "none" }),
        );
        let mut managed = bed.job();
        managed.settle_once(&config);
        assert_eq!(managed.text("status"), "Prechecking");
        let change = json!({ "database": [{ "name": "other" }] });
        managed.refused(&with(&config, change), "database[0].name", "precheck");
        managed.change(
            &with(&config, json!({ "dts_job_name": "other" })),
            Update,
            &["ModifyDtsJobName"],
        );
    }
}

/// Terraform has no line for a block as a whole: an argument of it is blamed. What is refused in a plan would also stop a
/// destroy, which plans first.
#[test]
fn a_refused_change_of_a_block_is_shown_at_the_block_and_can_be_destroyed() {
    let bench = Bench::immediate();
    let (instance, running) = (bought_first(MIGRATION, ""), job_on_instance(MIGRATION, ""));
    bench.write(&[&instance, &running]).apply().ok();
    let other = running.replace("name     = \"person\"", "name     = \"city\"");
    bench.write(&[&instance, &other]);
    let error = bench.workspace.plan(&[]).fails().error("replace_triggered_by");
    // Tables are a set, whose elements have no line of their own.
    assert_eq!(error.code.trim(), "name     = \"dtsdb\"");
    let error = bench.workspace.destroy().fails().error("-refresh=false");
    assert_eq!(error.address, "dts_job.m");
    let arguments = [
        "destroy",
        "-json",
        "-input=false",
        "-auto-approve",
        "-refresh=false",
    ];
    bench.workspace.run(&arguments).ok();
    assert_nothing_paid_for(&bench.emulator);
    assert!(bench.all_recorded().is_empty());
}

#[test]
fn a_migration_that_was_removed_and_is_wanted_again() {
    let bench = Bench::immediate();
    let (instance, running) = (bought_first(MIGRATION, ""), job_on_instance(MIGRATION, ""));
    bench.write(&[&instance, &running]).apply().ok();
    bench.write(&[&instance]).apply().ok();
    bench.write(&[&instance, &running]);
    let error = bench.apply().fails().error("terraform apply -replace");
    assert_eq!(error.code, "dts_instance_id = dts_instance.m.id");
    assert!(error.detail.contains("RequestId"), "{}", error.detail);
    // As it says.
    bench.workspace.apply(&["-replace", "dts_instance.m"]).ok();
    bench.workspace.assert_plan_is_empty();
    // A second job on an instance that serves one.
    let second = running.replace("\"m\"", "\"second\"");
    bench.write(&[&instance, &running, &second]);
    let error = bench.workspace.plan(&[]).fails().error("Two dts_job resources");
    assert_eq!(error.code.trim(), "dts_instance_id = dts_instance.m.id");
    // Not yet known in the plan, and then DTS says it.
    let by_way = "resource \"terraform_data\" \"id\" {\n  input = dts_instance.m.id\n}\n";
    let second = second.replace("dts_instance.m.id", "terraform_data.id.output");
    bench.write(&[&instance, &running, by_way, &second]);
    let outcome = bench.apply().fails();
    let errors = outcome.errors();
    assert!(
        errors.iter().any(|error| error.address == "dts_job.second"),
        "{}",
        outcome.report()
    );
}

#[test]
fn two_jobs_on_an_instance_that_is_only_bought_with_them() {
    let bench = Bench::immediate();
    let instance = bought_first("SYNC", "");
    let first = job_on_instance("SYNC", "desired_status = \"configured\"");
    let second = "desired_status = \"configured\"\n  depends_on = [dts_job.m]";
    let second = job_on_instance("SYNC", second).replace("\"dts_job\" \"m\"", "\"dts_job\" \"second\"");
    bench.write(&[&instance, &first, &second.replace("job-m", "second")]);
    let error = bench.apply().fails().error("Two dts_job resources");
    assert_eq!(error.address, "dts_job.second");
    bench.assert_nothing_lost("the second job");
    bench.workspace.plan(&[]).fails().error("Two dts_job resources");
    // The name that DTS took from the second is set back.
    bench.write(&[&instance, &first]);
    let mark = bench.mark();
    bench.converge(1, |_| bench.assert_nothing_lost("one job"));
    assert_eq!(bench.changes_since(mark), ["ModifyDtsJobName"]);
}
