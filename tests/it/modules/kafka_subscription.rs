//! `examples/modules/kafka_subscription` in the hands of a team: changed, failing, repaired, destroyed.

use serde_json::json;

use super::copied::{Copied, runs};
use super::fixtures;
use crate::changes::raw::call;

const MODULE: &str = "kafka_subscription";

const SUBSCRIPTION: &str = "dts_subscription.this";
const BILLING: &str = "dts_consumer_group.this[\"billing\"]";

fn copied() -> Copied {
    let passwords = r#"{"billing":"Billing-2026","search":"Search-2026"}"#;
    Copied::new(
        MODULE,
        &[
            ("source_password", "source-password"),
            ("consumer_passwords", passwords),
        ],
    )
}

#[test]
fn the_readme_runs() {
    let ran = runs(MODULE);
    for told in ["-vpc.aliyuncs.com:", "billing_reader-", "_version2"] {
        assert!(ran.stdout.contains(told), "no {told}{}", ran.report());
    }
}

#[test]
fn all_of_it_changes_in_place_and_is_released() {
    let mut copied = copied();
    let mut made = copied.apply();
    made.sort();
    let expected = [
        "ConfigureSubscription",
        "CreateConsumerChannel",
        "CreateDtsInstance",
        "CreateJobMonitorRule",
        "CreateJobMonitorRule",
        "StartDtsJob",
    ];
    assert_eq!(made, expected);
    // All that a Kafka client needs came out of the one apply, as DTS has it.
    let first = copied.output("changes");
    let group = copied.recorded(BILLING, "consumer_group_id");
    let consumer = json!({ "group_id": group, "user_name": format!("billing_reader-{group}") });
    assert_eq!(first["consumers"], json!({ "billing": consumer }));
    copied.bench.workspace.run(&["refresh"]).ok();
    assert_eq!(first["topic"], copied.recorded(SUBSCRIPTION, "subscribe_topic"));
    let hosts = &copied.bench.recorded(SUBSCRIPTION).unwrap().values["subscription_host"];
    assert_eq!(first["brokers"]["vpc"], hosts["vpc_host"]);
    assert_eq!(first["brokers"]["public"], hosts["public_host"]);

    copied.edit(r#""orders", "customers""#, r#""orders", "invoices""#);
    assert_eq!(copied.apply(), ["ModifySubscription"]);
    copied.edit("delay_seconds = 60", "delay_seconds = 90");
    assert_eq!(copied.apply(), ["CreateJobMonitorRule"]);
    copied.bench.workspace.set_env(
        "TF_VAR_consumer_passwords",
        Some(r#"{"billing":"Billing-2027","search":"Search-2026"}"#),
    );
    copied.edit(
        r#"user_name = "billing_reader" }"#,
        r#"user_name = "billing_reader", password_version = 2 }"#,
    );
    assert_eq!(copied.apply(), ["ModifyConsumerChannel"]);
    copied.edit(
        "password_version = 2 } }",
        r#"password_version = 2 }, search = { user_name = "search_reader" } }"#,
    );
    assert_eq!(copied.apply(), ["CreateConsumerChannel"]);
    let all = copied.output("changes");
    assert_eq!(all["consumers"]["billing"], consumer, "whoever reads goes on");
    assert_eq!(all["consumers"].as_object().unwrap().len(), 2);

    let state = copied.bench.workspace.state_file();
    for secret in ["source-password", "Billing-202", "Search-202"] {
        assert!(!state.contains(secret), "{secret} is in the state");
    }
    copied.destroy();
    assert_eq!(copied.bench.emulator.instances().len(), 1);
}

#[test]
fn a_check_that_fails_buys_nothing_and_is_taken_up_again() {
    let copied = copied();
    let mut without = fixtures(MODULE);
    without["endpoints"][0]["databases"]["shop"] = json!(["orders"]);
    copied.bench.emulator.set_fixtures(without);
    let failed = copied.bench.apply().fails();
    let told = failed.report();
    assert!(
        told.contains("CHECK_SCHEMA_EXIST") && told.contains("shop.customers"),
        "{told}"
    );
    assert!(copied.bench.emulator.instances().is_empty());
    copied.bench.emulator.set_fixtures(fixtures(MODULE));
    let calls = copied.apply();
    assert_eq!(calls[..2], ["StartDtsJob", "CreateDtsInstance"], "{calls:?}");
    copied.destroy();
}

#[test]
fn one_that_stands_still_is_told_and_started() {
    let copied = copied();
    copied.apply();
    assert_eq!(copied.told(), "");
    let id = copied.recorded(SUBSCRIPTION, "id");
    call(
        &copied.bench.emulator.url(),
        "SuspendDtsJob",
        &[("DtsJobId", &id)],
    );
    copied.bench.apply().ok();
    let told = copied.told();
    assert!(
        told.contains("The subscription shop-changes does not run. With stage = \"run\""),
        "{told}"
    );
    assert_eq!(copied.add(r#"stage = "run""#).apply(), ["StartDtsJob"]);
    assert_eq!(copied.told(), "");
    copied.destroy();
}

/// Other brokers are a reset, after which DTS has none of the groups.
#[test]
fn another_network_makes_the_groups_anew() {
    let copied = copied();
    copied.apply();
    copied.add(r#"stage = "run""#).apply();
    copied.edit("vpc-consumers", "vpc-others");
    let mut calls = copied.bench.converge(3, |_| {});
    assert!(calls.pop().is_some());
    let made = copied.calls_since(0);
    assert!(made.contains(&"ResetDtsJob".to_owned()), "{made:?}");
    let groups = &copied.bench.subscriptions()[0].groups;
    assert_eq!(*groups, [copied.recorded(BILLING, "id")]);
    assert_eq!(copied.bench.emulator.instances().len(), 1);
    copied.destroy();
}
