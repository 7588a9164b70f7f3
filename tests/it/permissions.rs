//! The permissions that are documented are those that are needed: what real Terraform makes the provider call, and no more.

use std::collections::BTreeSet;

use serde_json::json;
use terraform_provider_dts::dts::ram::PERMISSIONS;
use terraform_provider_dts::emulator::Lifecycle;

use crate::changes::subscribed::subscription;
use crate::support::bench::{
    Bench, bought_first, bought_for_job, databases, endless, job, job_on_instance, wrong_passwords,
};

fn documented(objects: &[&str]) -> BTreeSet<String> {
    let all = PERMISSIONS.iter().filter(|one| objects.contains(&one.object));
    all.flat_map(|one| one.operations)
        .map(|name| (*name).to_owned())
        .collect()
}

fn called(bench: &Bench) -> BTreeSet<String> {
    bench
        .emulator
        .calls()
        .into_iter()
        .map(|call| call.action)
        .collect()
}

/// Bought first, made larger, tagged and no longer, paid for in each way, moved, imported elsewhere, released.
fn an_instance_alone() -> BTreeSet<String> {
    let bench = Bench::immediate();
    bench.write(&[&bought_first("SYNC", "")]);
    bench.apply().ok();
    bench.write(&[&bought_first("SYNC", "").replace("\"small\"", "\"medium\"")]);
    bench.apply().ok();
    bench.write(&[&bought_first("SYNC", "tags = { env = \"test\" }")]);
    bench.apply().ok();
    let keep = "on_destroy = \"keep\"\n";
    for (count, more) in [(1, ""), (2, "resource_group_id = \"rg-1\"\n")] {
        let paid = format!("period = \"Month\"\n  used_time = {count}\n  {keep}  {more}");
        bench.write(&[&bought_first("SYNC", &paid).replace("PostPaid", "PrePaid")]);
        bench.apply().ok();
    }
    bench.write(&[&bought_first("SYNC", "")]);
    bench.apply().ok();
    let id = bench.recorded("dts_instance.m").unwrap().text("id");
    let elsewhere = crate::support::Workspace::new(Some(&bench.emulator.url()));
    elsewhere.write("main.tf", &bought_first("SYNC", ""));
    elsewhere.import("dts_instance.m", &id).ok();
    bench.workspace.destroy().ok();
    called(&bench)
}

/// Configured and checked without an instance, with a check that fails first, and another that is skipped, and deleted.
fn a_job_alone() -> BTreeSet<String> {
    let mut occupied = databases();
    occupied["endpoints"][1]["databases"] = json!({ "dtsdb_1": [{ "name": "person", "empty": true }] });
    let bench = Bench::new(Lifecycle::Immediate, Some(wrong_passwords()));
    let checked = "desired_status = \"prechecked\"\n";
    bench.write(&[&endless(&job("m", "SYNC", checked))]);
    bench.workspace.apply(&[]).fails();
    bench.emulator.set_fixtures(occupied);
    let skipping = format!("{checked}  precheck {{\n    skip = [\"CHECK_SAME_OBJ\"]\n  }}\n");
    bench.write(&[&endless(&job("m", "SYNC", &skipping))]);
    bench.apply().ok();
    // On a cluster and from one to another, with somebody told, and settings of its modules.
    for (cluster, limit) in [("dtscl1", 2), ("dtscl2", 4)] {
        let more = format!(
            "{skipping}  dedicated_cluster_id = \"{cluster}\"\n  du_limit = {limit}\n  delay_notice = true\n  delay_rule_time = {}\n  \
             job_parameters = {{ \"07/sink.batch.size.maximum\" = \"{limit}\" }}\n",
            limit * 30
        );
        bench.write(&[&endless(&job("m", "SYNC", &more))]);
        bench.apply().ok();
    }
    bench.workspace.destroy().ok();
    called(&bench)
}

/// Every change of a job on its instance.
fn a_job_on_an_instance() -> BTreeSet<String> {
    let bench = Bench::immediate();
    let instance = bought_first("SYNC", "");
    let step = |job: &str| {
        bench.write(&[&instance, job]);
        bench.apply().ok();
    };
    let running = endless(&job_on_instance("SYNC", ""));
    step(&running);
    step(&running.replace("job-m", "renamed"));
    let running = running.replace("job-m", "renamed");
    let rotated = running.replacen("source-secret", "another-secret", 1);
    step(&rotated);
    step(&rotated.replacen("rm-source", "rm-other", 1));
    let listed = rotated.replacen("      name     = \"person\"", "      name     = \"people\"", 1);
    step(&listed);
    for status in ["suspended", "running", "stopped"] {
        step(
            &endless(&job_on_instance(
                "SYNC",
                &format!("desired_status = \"{status}\"\n"),
            ))
            .replace("job-m", "renamed")
            .replacen("source-secret", "another-secret", 1)
            .replacen("      name     = \"person\"", "      name     = \"people\"", 1),
        );
    }
    step(&running);
    bench.write(&[&instance]);
    bench.apply().ok();
    bench.workspace.destroy().ok();
    called(&bench)
}

/// A synchronization that runs gets a reverse half.
fn an_instance_that_becomes_two_way() -> BTreeSet<String> {
    let bench = Bench::immediate();
    let running = endless(&job_on_instance("SYNC", ""));
    bench.write(&[&bought_first("SYNC", ""), &running]);
    bench.apply().ok();
    let both_ways = "sync_architecture = \"bidirectional\"";
    bench.write(&[&bought_first("SYNC", both_ways), &running]);
    bench.apply().ok();
    called(&bench)
}

/// Configured first, bought past the gate, started, with the data source.
fn bought_past_the_gate() -> BTreeSet<String> {
    let bench = Bench::immediate();
    let checked = endless(&job("m", "SYNC", "desired_status = \"prechecked\"\n"));
    let precheck =
        "data \"dts_precheck\" \"m\" {\n  job_id     = dts_job.m.id\n  depends_on = [dts_job.m]\n}\n";
    bench.write(&[&checked, &bought_for_job("auto_start = false"), precheck]);
    bench.apply().ok();
    bench.write(&[&checked, &bought_for_job("auto_start = true"), precheck]);
    bench.apply().ok();
    // On no dedicated cluster there is nothing to limit, and DTS says so.
    bench.write(&[&checked, &bought_for_job("auto_start = true\n  du = 2"), precheck]);
    bench.workspace.apply(&[]).fails();
    bench.workspace.destroy().ok();
    called(&bench)
}

/// Set, changed and switched off.
fn a_monitor_rule() -> BTreeSet<String> {
    let bench = Bench::immediate();
    let rule =
        "resource \"dts_monitor_rule\" \"m\" {\n  dts_job_id = dts_job.m.id\n  type       = \"error\"\n}\n";
    bench.write(&[&job("m", "SYNC", ""), rule]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    bench.workspace.destroy().ok();
    called(&bench)
}

/// A subscription with a group, every change of both, and their data sources.
fn a_subscription() -> BTreeSet<String> {
    let bench = Bench::immediate();
    let instance = bought_first("SUBSCRIBE", "");
    let group = r#"
resource "dts_consumer_group" "m" {
  dts_job_id               = dts_subscription.m.id
  consumer_group_name      = "billing"
  consumer_group_user_name = "reader"
  consumer_group_password  = "group-Secret-1"
}
data "dts_consumer_groups" "m" {
  dts_job_id = dts_consumer_group.m.dts_job_id
}
data "dts_subscription_meta" "m" {
  dts_instance_id = dts_consumer_group.m.dts_instance_id
  sid             = dts_consumer_group.m.consumer_group_id
  topics          = [dts_subscription.m.subscribe_topic]
}
"#;
    let step = |subscription: &str, group: &str| {
        bench.write(&[&instance, subscription, group]);
        bench.apply().ok();
    };
    let running = subscription("dts_instance_id = dts_instance.m.id\n  error_notice = true");
    step(&running, group);
    let renamed = running.replace("\"orders\"", "\"renamed\"");
    step(&renamed, &group.replace("billing", "invoices"));
    let rotated = renamed.replacen("source-secret", "another-secret", 1);
    step(&rotated, group);
    let listed = rotated
        .replace("person", "people")
        .replace("error_notice = true", "error_notice = false");
    step(&listed, group);
    step(&listed.replace("vpc-1", "vpc-2"), group);
    step(&listed.replace("vpc-1", "vpc-2"), "");
    step(
        &listed
            .replace("vpc-1", "vpc-2")
            .replace("error_notice", "desired_status = \"suspended\"\n  error_notice"),
        "",
    );
    bench.workspace.destroy().ok();
    let mut all = called(&bench);

    // Without an instance, with a check that fails first.
    let bench = Bench::new(Lifecycle::Immediate, Some(wrong_passwords()));
    bench.write(&[&subscription("desired_status = \"prechecked\"")]);
    bench.workspace.apply(&[]).fails();
    bench.workspace.destroy().ok();
    all.extend(called(&bench));
    all
}

#[test]
fn each_object_keeps_to_its_own() {
    let beyond: Vec<_> = an_instance_alone()
        .difference(&documented(&["dts_instance"]))
        .cloned()
        .collect();
    assert_eq!(beyond, [""; 0], "dts_instance");
    let beyond: Vec<_> = a_job_alone()
        .difference(&documented(&["dts_job"]))
        .cloned()
        .collect();
    assert_eq!(beyond, [""; 0], "dts_job");
    let beyond: Vec<_> = a_monitor_rule()
        .difference(&documented(&["dts_job", "dts_monitor_rule"]))
        .cloned()
        .collect();
    assert_eq!(beyond, [""; 0], "dts_monitor_rule");
    let subscribing = [
        "dts_instance",
        "dts_subscription",
        "dts_consumer_group",
        "data.dts_consumer_groups",
        "data.dts_subscription_meta",
    ];
    let beyond: Vec<_> = a_subscription()
        .difference(&documented(&subscribing))
        .cloned()
        .collect();
    assert_eq!(beyond, [""; 0], "dts_subscription");
}

#[test]
fn all_of_them_are_needed_and_no_others() {
    let mut all = an_instance_alone();
    all.extend(a_job_alone());
    all.extend(a_job_on_an_instance());
    all.extend(an_instance_that_becomes_two_way());
    all.extend(bought_past_the_gate());
    all.extend(a_monitor_rule());
    all.extend(a_subscription());
    let objects = [
        "dts_instance",
        "dts_job",
        "dts_monitor_rule",
        "dts_subscription",
        "dts_consumer_group",
        "data.dts_consumer_groups",
        "data.dts_subscription_meta",
        "data.dts_precheck",
    ];
    assert_eq!(json!(all), json!(documented(&objects)));
}
