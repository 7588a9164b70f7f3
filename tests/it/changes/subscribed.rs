//! Subscriptions with their groups by real Terraform: both orders, planned, recorded and received alike; a reset in the same apply.

use serde_json::json;

use crate::support::bench::{Bench, SOURCE_PASSWORD};
use crate::support::{
    Workspace, assert_nothing_paid_for, planned_operations, state_operations, state_values,
};

const INSTANCE: &str = r#"
resource "dts_instance" "m" {
  type                             = "SUBSCRIBE"
  source_endpoint_engine_name      = "MySQL"
  destination_endpoint_engine_name = "kafka"
  source_region                    = "cn-hangzhou"
  destination_region               = "cn-hangzhou"
  instance_class                   = "small"
  pay_type                         = "PostPaid"
}
"#;

const FOR_SUBSCRIPTION: &str = r#"
resource "dts_instance" "m" {
  job_id         = dts_subscription.m.id
  auto_start     = true
  instance_class = "small"
  pay_type       = "PostPaid"
}
"#;

/// A group of the subscription, and the data sources of both.
const GROUP: &str = r#"
resource "dts_consumer_group" "m" {
  dts_job_id               = dts_subscription.m.id
  consumer_group_name      = "billing"
  consumer_group_user_name = "reader"
  consumer_group_password  = "group-Secret-1"
}
"#;

const DATA: &str = r#"
data "dts_consumer_groups" "m" {
  dts_job_id = dts_consumer_group.m.dts_job_id
}
data "dts_subscription_meta" "m" {
  dts_instance_id = dts_consumer_group.m.dts_instance_id
  sid             = dts_consumer_group.m.consumer_group_id
  topics          = [dts_subscription.m.subscribe_topic]
}
"#;

pub(crate) fn subscription(more: &str) -> String {
    format!(
        r#"
resource "dts_subscription" "m" {{
  dts_job_name                     = "orders"
  subscription_instance_vpc_id     = "vpc-1"
  subscription_instance_vswitch_id = "vsw-1"
  {more}
  source_endpoint {{
    instance_type = "RDS"
    engine_name   = "MySQL"
    instance_id   = "rm-source"
    region        = "cn-hangzhou"
    user_name     = "dtstest"
    password      = "{SOURCE_PASSWORD}"
  }}
  database {{
    name = "dtsdb"
    table {{
      name = "person"
    }}
  }}
}}
"#
    )
}

/// Plans and applies: for each resource its operations, as planned, recorded and received, in the order of the calls.
#[track_caller]
fn step(bench: &Bench, parts: &[&str], expected: &[(&str, &[&str])]) {
    bench.write(parts);
    let mark = bench.mark();
    bench.workspace.plan(&[]).ok();
    let plan = bench.workspace.show_plan_json();
    for (address, operations) in expected {
        let known = plan["resource_changes"].as_array().unwrap().iter().any(|change| {
            change["address"] == *address && !change["change"]["after"]["operations"].is_null()
        });
        if known {
            assert_eq!(
                planned_operations(&plan, address),
                *operations,
                "planned for {address}"
            );
        }
    }
    assert_eq!(bench.changes_since(mark), [""; 0], "a plan changes nothing");
    bench.workspace.apply_saved().ok();
    let state = bench.workspace.state_json();
    for (address, operations) in expected {
        assert_eq!(
            state_operations(&state, address),
            *operations,
            "recorded for {address}"
        );
    }
    let all: Vec<&str> = expected
        .iter()
        .flat_map(|(_, operations)| operations.iter().copied())
        .collect();
    assert_eq!(bench.changes_since(mark), all, "received");
    bench.workspace.assert_plan_is_empty();
}

const ON_INSTANCE: &str = "dts_instance_id = dts_instance.m.id";

#[test]
fn bought_first_with_a_group() {
    let bench = Bench::immediate();
    let running = subscription(ON_INSTANCE);
    step(
        &bench,
        &[INSTANCE, &running, GROUP, DATA],
        &[
            ("dts_instance.m", &["CreateDtsInstance"]),
            ("dts_subscription.m", &["ConfigureSubscription", "StartDtsJob"]),
            ("dts_consumer_group.m", &["CreateConsumerChannel"]),
        ],
    );
    let state = bench.workspace.state_json();
    let group = state_values(&state, "dts_consumer_group.m")["consumer_group_id"].clone();
    let groups = state_values(&state, "data.dts_consumer_groups.m");
    assert_eq!(groups["ids"], json!([group]));
    assert_eq!(groups["consumer_groups"][0]["consumer_group_user_name"], "reader");
    let metas = state_values(&state, "data.dts_subscription_meta.m")["subscription_meta_list"].clone();
    assert_eq!(metas[0]["topic"], "cn_hangzhou_rm_source_dtstest_version2");
    assert_eq!(metas[0]["dproxy_url"], "dts-cn-hangzhou-vpc.aliyuncs.com:18001");
    let renamed = GROUP.replace("billing", "invoices");
    step(
        &bench,
        &[INSTANCE, &running, &renamed, DATA],
        &[("dts_consumer_group.m", &["ModifyConsumerChannel"])],
    );

    // A reset takes the group away, which is made again in the same apply.
    let elsewhere = running.replace("vpc-1", "vpc-2");
    step(
        &bench,
        &[INSTANCE, &elsewhere, &renamed, DATA],
        &[
            (
                "dts_subscription.m",
                &["ResetDtsJob", "ConfigureSubscription", "StartDtsJob"],
            ),
            ("dts_consumer_group.m", &["CreateConsumerChannel"]),
        ],
    );
    let again = bench.workspace.state_json();
    assert_ne!(
        state_values(&again, "dts_consumer_group.m")["consumer_group_id"],
        group
    );

    // So do one that is made anew on the instance, and another instance under it.
    for address in ["dts_subscription.m", "dts_instance.m"] {
        let replace = format!("-replace={address}");
        bench.workspace.apply(&[&replace]).ok();
        bench.workspace.assert_plan_is_empty();
    }

    let ids: Vec<(String, String)> = ["dts_instance.m", "dts_subscription.m", "dts_consumer_group.m"]
        .iter()
        .map(|address| ((*address).to_owned(), bench.recorded(address).unwrap().text("id")))
        .collect();
    let there = Workspace::new(Some(&bench.emulator.url()));
    there.write("main.tf", &[INSTANCE, &elsewhere, &renamed, DATA].concat());
    let mark = bench.mark();
    for (address, id) in &ids {
        there.import(address, id).ok();
    }
    there.apply(&[]).ok();
    there.assert_plan_is_empty();
    assert_eq!(bench.changes_since(mark), [""; 0], "an import changes nothing");

    let mark = bench.mark();
    bench.workspace.destroy().ok();
    assert_eq!(
        bench.changes_since(mark),
        ["DeleteConsumerChannel", "ResetDtsJob", "DeleteDtsJob"]
    );
    assert_nothing_paid_for(&bench.emulator);
}

#[test]
fn configured_first_with_a_group() {
    let bench = Bench::immediate();
    let checked = subscription("desired_status = \"prechecked\"");
    // The group waits for the instance, which starts the subscription.
    let group = GROUP.replace("dts_subscription.m.id", "dts_instance.m.job_id");
    step(
        &bench,
        &[&checked, FOR_SUBSCRIPTION, &group],
        &[
            ("dts_subscription.m", &["ConfigureSubscription", "StartDtsJob"]),
            ("dts_instance.m", &["CreateDtsInstance"]),
            ("dts_consumer_group.m", &["CreateConsumerChannel"]),
        ],
    );
    let suspended = checked.replace("prechecked", "suspended");
    step(
        &bench,
        &[&suspended, FOR_SUBSCRIPTION, &group],
        &[("dts_subscription.m", &["SuspendDtsJob"])],
    );
    // DTS takes no group away now, and says so.
    bench.write(&[&suspended, FOR_SUBSCRIPTION]);
    let failed = bench.apply().fails();
    failed.error("Unable to delete DTS consumer group");
    // Nor does it make or change one, which the plan knows.
    let second = group.replace("\"m\"", "\"n\"").replace("billing", "invoices");
    bench.write(&[&suspended, FOR_SUBSCRIPTION, &group, &second]);
    let refused = bench.workspace.plan(&[]).fails();
    let refused = refused.error("`desired_status = \"running\"`");
    assert_eq!(
        refused.summary,
        "Unable to make consumer group \"invoices\" of a suspended subscription"
    );
    assert!(refused.code.contains("dts_job_id"), "{refused:?}");
    bench.write(&[
        &suspended,
        FOR_SUBSCRIPTION,
        &group.replace("billing", "invoices"),
    ]);
    let refused = bench.workspace.plan(&[]).fails();
    refused.error("Unable to change consumer group \"invoices\"");
    bench.write(&[&suspended, FOR_SUBSCRIPTION, &group]);
    bench.workspace.assert_plan_is_empty();
    let running = checked.replace("prechecked", "running");
    step(
        &bench,
        &[&running, FOR_SUBSCRIPTION, &group],
        &[("dts_subscription.m", &["StartDtsJob"])],
    );
    bench.workspace.destroy().ok();
    assert_nothing_paid_for(&bench.emulator);
}

/// A subscription that is suspended is destroyed with its groups in the way that the error names.
#[test]
fn a_suspended_one_with_groups_can_be_destroyed() {
    let bench = Bench::immediate();
    let suspended = subscription(&format!("{ON_INSTANCE}\n  desired_status = \"suspended\""));
    bench
        .write(&[INSTANCE, &subscription(ON_INSTANCE), GROUP])
        .apply()
        .ok();
    bench.write(&[INSTANCE, &suspended, GROUP]).apply().ok();
    let failed = bench.workspace.destroy().fails();
    let told = failed
        .error("`terraform state rm` takes it out of the state, and `terraform destroy -refresh=false`");
    assert!(told.detail.contains("`desired_status = \"running\"`"), "{told:?}");
    let forget = ["state", "rm", "dts_consumer_group.m"];
    bench.workspace.run(&forget).ok();
    let rest = [
        "destroy",
        "-json",
        "-input=false",
        "-auto-approve",
        "-refresh=false",
    ];
    bench.workspace.run(&rest).ok();
    assert_nothing_paid_for(&bench.emulator);
    assert_eq!(bench.all_recorded().len(), 0);
}

#[test]
fn two_groups_of_one_name_are_refused() {
    let bench = Bench::immediate();
    let running = subscription(ON_INSTANCE);
    bench.write(&[INSTANCE, &running, GROUP]).apply().ok();
    // By whichever id they name the subscription.
    for id in [
        "dts_job_id = dts_subscription.m.id",
        "dts_instance_id = dts_instance.m.id",
    ] {
        let second = GROUP
            .replace("\"m\"", "\"n\"")
            .replace("dts_job_id               = dts_subscription.m.id", id);
        bench.write(&[INSTANCE, &running, GROUP, &second]);
        let told = bench.workspace.plan(&[]).fails();
        let told = told.error("Two resources for consumer group \"billing\"");
        assert!(told.code.contains("consumer_group_name"), "{told:?}");
        // Another name is another group.
        let other = second.replace("billing", "invoices");
        bench.write(&[INSTANCE, &running, GROUP, &other]);
        bench.workspace.plan(&[]).ok();
    }
    let renamed = "moved {\n  from = dts_consumer_group.m\n  to   = dts_consumer_group.n\n}\n";
    let second = GROUP.replace("\"m\"", "\"n\"");
    bench.write(&[INSTANCE, &running, &second, renamed]).apply().ok();
    bench.workspace.apply(&["-replace=dts_consumer_group.n"]).ok();
    bench.workspace.assert_plan_is_empty();
    bench.workspace.destroy().ok();
    assert_nothing_paid_for(&bench.emulator);
    // Before there is a subscription no plan knows whose they are.
    bench.write(&[INSTANCE, &running, GROUP, &second]);
    let told = bench.apply().fails();
    let told = told.error("this one another name");
    assert!(told.code.contains("consumer_group_name"), "{told:?}");
    bench.write(&[INSTANCE, &running, GROUP]);
    bench.workspace.destroy().ok();
    assert_nothing_paid_for(&bench.emulator);
}

/// Why it does not run, as the user sees it.
#[test]
fn one_that_failed_is_told_in_the_plan() {
    let bench = Bench::immediate();
    let running = subscription(ON_INSTANCE);
    bench.write(&[INSTANCE, &running]).apply().ok();
    let failure = json!({ "stage": "incremental", "code": "DTS-30019", "message": "the log was purged" });
    bench
        .emulator
        .script_job(json!({ "job": "orders", "failure": failure }));
    let planned = bench.workspace.plan(&[]).ok();
    let warnings = planned.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].summary.ends_with("does not go on"), "{warnings:?}");
    assert!(warnings[0].detail.contains("the log was purged"), "{warnings:?}");
    bench.workspace.apply_saved().ok();
    bench.workspace.assert_plan_is_empty();
    let state = bench.workspace.state_json();
    assert_eq!(state_values(&state, "dts_subscription.m")["failure"], json!(null));
    bench.workspace.destroy().ok();
}

/// Everything is imported elsewhere: the alarm is the rule's there too.
#[test]
fn imported_with_its_alarm_it_plans_empty() {
    let bench = Bench::immediate();
    let rule = "resource \"dts_monitor_rule\" \"m\" {\n  dts_job_id = dts_subscription.m.id\n  type = \"delay\"\n  \
                delay_rule_time = 60\n  phone = \"1,2\"\n}\n";
    let config = subscription(ON_INSTANCE);
    bench.write(&[INSTANCE, &config, rule]).apply().ok();
    let there = Workspace::new(Some(&bench.emulator.url()));
    let by_id = format!(
        "dts_instance_id = \"{}\"",
        bench.recorded("dts_instance.m").unwrap().text("id")
    );
    let without_password =
        subscription(&by_id).replace(&format!("password      = \"{SOURCE_PASSWORD}\""), "");
    there.write("main.tf", &[&without_password, rule].concat());
    for address in ["dts_subscription.m", "dts_monitor_rule.m"] {
        let id = bench.recorded(address).unwrap().text("id");
        there.import(address, &id).ok();
    }
    there.assert_plan_is_empty();
    // What the rule says otherwise is no change of the subscription.
    let earlier = rule.replace("60", "30");
    there.write("main.tf", &[without_password, earlier].concat());
    let mark = bench.mark();
    there.apply(&[]).ok();
    assert_eq!(bench.changes_since(mark), ["CreateJobMonitorRule"]);
    there.assert_plan_is_empty();
}

/// Tables are a set: the plan shows the one that comes, and their order is none, nor is that of a state from when they were a list.
#[test]
fn the_plan_shows_the_one_table_that_comes() {
    let bench = Bench::immediate();
    let with_tables = |names: &[&str]| {
        let tables: String = names
            .iter()
            .map(|name| format!("    table {{\n      name = \"{name}\"\n    }}\n"))
            .collect();
        subscription(ON_INSTANCE).replace("    table {\n      name = \"person\"\n    }\n", &tables)
    };
    bench
        .write(&[INSTANCE, &with_tables(&["person", "city"])])
        .apply()
        .ok();
    bench.workspace.assert_plan_is_empty();
    let mut state: serde_json::Value = serde_json::from_str(&bench.workspace.state_file()).unwrap();
    for resource in state["resources"].as_array_mut().unwrap() {
        if resource["type"] == "dts_subscription" {
            let tables = &mut resource["instances"][0]["attributes"]["database"][0]["table"];
            assert_eq!(*tables, json!([{ "name": "city" }, { "name": "person" }]));
            *tables = json!([{ "name": "person" }, { "name": "city" }]);
        }
    }
    bench.workspace.write("terraform.tfstate", &state.to_string());
    bench.workspace.assert_plan_is_empty();
    bench.write(&[INSTANCE, &with_tables(&["city", "person"])]);
    bench.workspace.assert_plan_is_empty();
    bench.write(&[INSTANCE, &with_tables(&["aisle", "city", "person"])]);
    let arguments = ["plan", "-input=false", "-no-color"];
    let shown = bench.workspace.run(&arguments).ok().stdout;
    let changed: Vec<&str> = shown
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("+ ") || line.starts_with("- ") || line.starts_with("~ "))
        .filter(|line| line.contains("table") || line.contains("name "))
        .collect();
    assert_eq!(changed, ["+ table {", "+ name = \"aisle\""], "{shown}");
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
}

#[test]
fn one_resource_for_an_instance_and_for_an_alarm() {
    let bench = Bench::immediate();
    bench.write(&[INSTANCE, &subscription(ON_INSTANCE)]).apply().ok();
    let id = bench.recorded("dts_instance.m").unwrap().text("id");
    let by_id = format!("dts_instance_id = \"{id}\"");
    let second = subscription(&by_id).replace("\"m\"", "\"n\"");
    bench.write(&[INSTANCE, &subscription(&by_id), &second]);
    bench
        .workspace
        .plan(&[])
        .fails()
        .error("Two resources on DTS instance");
    let rule = "resource \"dts_monitor_rule\" \"m\" {\n  dts_job_id = dts_subscription.m.id\n  type = \"error\"\n}\n";
    bench.write(&[
        INSTANCE,
        &subscription(&format!("{by_id}\n  error_notice = true")),
        rule,
    ]);
    let told = bench.workspace.plan(&[]).fails();
    told.error("Two resources for DTS monitor rule");
    // No job of another kind.
    bench
        .write(&[&INSTANCE.replace("SUBSCRIBE", "SYNC").replace("\"m\"", "\"s\"")])
        .apply()
        .ok();
    let wrong = subscription("dts_instance_id = dts_instance.s.id");
    bench.write(&[
        &INSTANCE.replace("SUBSCRIBE", "SYNC").replace("\"m\"", "\"s\""),
        &wrong,
    ]);
    bench
        .workspace
        .plan(&[])
        .fails()
        .error("Unable to configure a subscription on DTS instance");
}
