//! Alarm rules of a job: each by its job and type, changed and cleared in place, switched off in the end.

use serde_json::{Value as Json, json};
use terraform_provider_dts::framework::rules::Action;

use super::bed::{Bed, Managed};
use super::config::{SYNC, job, with};
use super::in_place::sent;
use crate::support::bench::{Bench, bought_first, job_on_instance};

const SET: &str = "CreateJobMonitorRule";

fn delay(job_id: &str) -> Json {
    json!({ "dts_job_id": job_id, "type": "delay", "delay_rule_time": 60, "phone": "1,2" })
}

fn configured(bed: &Bed, name: &str) -> String {
    let mut managed = bed.job();
    managed.settle(&with(&job(SYNC), json!({ "dts_job_name": name })));
    managed.text("id")
}

fn rule<'b>(bed: &'b Bed) -> Managed<'b> {
    bed.resource("dts_monitor_rule")
}

fn there(bed: &Bed, job_id: &str) -> Json {
    bed.call("DescribeJobMonitorRule", &[("DtsJobId", job_id)])["MonitorRules"].clone()
}

#[test]
fn a_rule_is_set_changed_cleared_and_switched_off() {
    let bed = Bed::new();
    let id = configured(&bed, "one");
    let mut managed = rule(&bed);
    let config = delay(&id);
    managed.change(&config, Action::Create, &[SET]);
    assert_eq!(managed.text("id"), format!("{id}:delay"));
    for change in [
        json!({ "delay_rule_time": 120 }),
        json!({ "phone": "3" }),
        json!({ "phone": null }),
        json!({ "period": 5, "times": 2, "notice_value": 1 }),
        json!({ "state": "N" }),
        json!({ "state": "N", "delay_rule_time": null }),
    ] {
        let changed = with(&config, change);
        managed.change(&changed, Action::Update, &[SET]);
        managed.change(&config, Action::Update, &[SET]);
    }
    managed.change(&with(&config, json!({ "phone": null })), Action::Update, &[SET]);
    assert_eq!(
        sent(&bed, SET)["Phone"],
        "",
        "contacts are taken away in so many words"
    );
    let mark = bed.mark();
    managed.settle(&Json::Null);
    assert_eq!(bed.changing_calls(mark), [SET]);
    assert_eq!(there(&bed, &id)[0]["State"], "N");
}

#[test]
fn two_rules_of_one_job_do_not_fight() {
    let bed = Bed::new();
    let id = configured(&bed, "one");
    let (mut late, mut failed) = (rule(&bed), rule(&bed));
    let error = json!({ "dts_job_id": id, "type": "error", "phone": "9" });
    late.settle(&delay(&id));
    failed.settle(&error);
    late.assert_plan_is_empty(&delay(&id));
    failed.assert_plan_is_empty(&error);
    failed.settle(&Json::Null);
    late.assert_plan_is_empty(&delay(&id));
    let rules = there(&bed, &id);
    assert_eq!(
        (&rules[0]["State"], &rules[1]["State"]),
        (&json!("Y"), &json!("N"))
    );
}

#[test]
fn another_type_or_job_is_another_rule() {
    let bed = Bed::new();
    let (id, other) = (configured(&bed, "one"), configured(&bed, "other"));
    let mut managed = rule(&bed);
    managed.settle(&delay(&id));
    let error = json!({ "dts_job_id": id, "type": "error" });
    managed.change_after(&error, Action::Replace, &[SET], &[SET]);
    let elsewhere = json!({ "dts_job_id": other, "type": "error" });
    managed.change_after(&elsewhere, Action::Replace, &[SET], &[SET]);
    assert_eq!(there(&bed, &other)[0]["State"], "Y");
    for rule in there(&bed, &id).as_array().unwrap() {
        assert_eq!(rule["State"], "N");
    }
}

#[test]
fn what_is_done_behind_our_back_is_seen() {
    let bed = Bed::new();
    let id = configured(&bed, "one");
    let mut managed = rule(&bed);
    let config = delay(&id);
    managed.settle(&config);
    for change in [
        &[("Phone", "7"), ("DelayRuleTime", "60")][..],
        &[("Phone", "1,2"), ("DelayRuleTime", "61")],
        &[("State", "N")],
    ] {
        let rule = [&[("DtsJobId", id.as_str()), ("Type", "delay")][..], change].concat();
        bed.call(SET, &rule);
        managed.change(&config, Action::Update, &[SET]);
    }
    // The same numbers in another order are no change.
    bed.call(
        SET,
        &[
            ("DtsJobId", &id),
            ("Type", "delay"),
            ("Phone", "2,1"),
            ("DelayRuleTime", "60"),
        ],
    );
    managed.assert_plan_is_empty(&config);
    bed.call("DeleteDtsJob", &[("DtsJobId", &id)]);
    managed.refresh();
    assert!(managed.core.state.is_none(), "gone with its job");
}

#[test]
fn it_is_imported_by_job_and_type() {
    let bed = Bed::new();
    let id = configured(&bed, "one");
    rule(&bed).settle(&delay(&id));
    let mut imported = rule(&bed);
    imported.import(&format!("{id}:delay")).unwrap();
    imported.assert_plan_is_empty(&delay(&id));
    for (wrong, part) in [
        (id.clone(), "job's id and the type"),
        (format!("{id}:warn"), "delay, error, full_timeout"),
        (
            format!("{id}:error"),
            "no monitor rule of type \"error\". Rules of it are of type: delay.",
        ),
        ("nowhere:delay".to_owned(), "no job with the id \"nowhere\""),
    ] {
        let errors = rule(&bed).import(&wrong).unwrap_err();
        let told = errors.iter().next().unwrap();
        assert!(told.detail.contains(part), "{wrong}: {}", told.detail);
    }
}

#[test]
fn a_job_that_is_not_there_is_blamed() {
    let bed = Bed::new();
    rule(&bed).fails(&delay("nowhere"), "dts_job_id", &["nowhere"]);
}

/// Real Terraform: planned together, two of the same are refused; and a rule of a job that is replaced is set on the new job.
#[test]
fn two_resources_for_one_rule_are_refused() {
    let bench = Bench::immediate();
    let configured = crate::support::bench::job("m", "SYNC", "");
    let rule = |name: &str, kind: &str| {
        format!(
            "resource \"dts_monitor_rule\" \"{name}\" {{\n  dts_job_id = dts_job.m.id\n  type = \"{kind}\"\n}}\n"
        )
    };
    bench.write(&[&configured, &rule("a", "error")]).apply().ok();
    bench.workspace.assert_plan_is_empty();
    bench.write(&[&configured, &rule("a", "error"), &rule("b", "error")]);
    let plan = bench.workspace.plan(&[]).fails();
    plan.error("Two resources for DTS monitor rule");
    // Under another name it is the same.
    let renamed = "moved {\n  from = dts_monitor_rule.a\n  to   = dts_monitor_rule.b\n}\n";
    bench
        .write(&[&configured, &rule("b", "error"), renamed])
        .apply()
        .ok();
    bench.workspace.assert_plan_is_empty();
    bench.workspace.apply(&["-replace=dts_monitor_rule.b"]).ok();
    bench.workspace.apply(&["-replace=dts_job.m"]).ok();
    bench.workspace.assert_plan_is_empty();
    bench.workspace.destroy().ok();
    assert_eq!(bench.all_recorded().len(), 0);
}

/// Real Terraform: an alarm that the job itself has, and a rule of the same type, would undo each other for ever.
#[test]
fn an_alarm_of_the_job_itself_and_a_rule_do_not_fight() {
    let bench = Bench::immediate();
    let job = |more: &str| crate::support::bench::job("m", "SYNC", more);
    let rule = |more: &str| {
        format!("resource \"dts_monitor_rule\" \"m\" {{\n  dts_job_id = dts_job.m.id\n{more}}}\n")
    };
    let (late, failed) = (
        rule("  type = \"delay\"\n  delay_rule_time = 60\n"),
        rule("  type = \"error\"\n"),
    );
    // Made together, the job's id is only known in the apply: the rule is refused there, before it sets anything.
    let told = bench
        .write(&[&job("error_notice = true"), &failed])
        .apply()
        .fails();
    let told = told.error("`error_notice`");
    assert!(
        told.summary.contains("Two resources for DTS monitor rule"),
        "{told:?}"
    );
    assert_eq!(told.address, "dts_monitor_rule.m");
    assert_eq!(bench.count(SET), 0);
    // From then on the plan refuses it, whichever was there before.
    let plan = bench.workspace.plan(&[]).fails();
    plan.error("Remove this `dts_monitor_rule`, or the `error_...` arguments there");
    bench.write(&[&job("error_notice = false"), &failed]);
    bench.workspace.plan(&[]).fails().error("`error_notice`");
    // Another type is another alarm.
    bench.write(&[&job("error_notice = true"), &late]).apply().ok();
    bench.workspace.assert_plan_is_empty();
    let on = |kind: &str| {
        let id = bench.recorded("dts_job.m").unwrap().text("id");
        let rules = bench.with_client(async move |api| api.describe_job_monitor_rule(&id).await);
        let rule = rules.iter().find(|rule| rule.type_.as_deref() == Some(kind));
        rule.is_some_and(|rule| rule.state.as_deref() == Some("Y"))
    };
    assert!(on("delay") && on("error"));
    // From the rule to the job and back in one apply each: the alarm stays on.
    let both = "error_notice = true\n  delay_notice = true\n  delay_rule_time = 60";
    bench.write(&[&job(both)]).apply().ok();
    assert!(on("delay") && on("error"));
    bench.workspace.assert_plan_is_empty();
    bench.write(&[&job("error_notice = true"), &late]).apply().ok();
    assert!(on("delay") && on("error"));
    bench.workspace.assert_plan_is_empty();
    bench.workspace.destroy().ok();
}

/// Real Terraform: a job that is configured anew on its instance keeps its id and loses its alarms, which are set again in the same apply.
#[test]
fn a_rule_of_a_job_that_is_reset_is_set_again() {
    let bench = Bench::immediate();
    let (bought, configured) = (bought_first("SYNC", ""), job_on_instance("SYNC", ""));
    let rule = "resource \"dts_monitor_rule\" \"m\" {\n  dts_job_id = dts_job.m.id\n  type = \"delay\"\n  delay_rule_time = 60\n}\n";
    bench.write(&[&bought, &configured, rule]).apply().ok();
    let id = bench.recorded("dts_job.m").unwrap().text("id");
    let changed = configured.replace(
        "structure_initialization = true",
        "structure_initialization = false",
    );
    bench.write(&[&bought, &changed, rule]);
    let changes = bench.plan(&[]);
    assert_eq!(
        changes,
        [
            ("dts_job.m".to_owned(), "replace".to_owned()),
            ("dts_monitor_rule.m".to_owned(), "update".to_owned())
        ]
    );
    let mark = bench.mark();
    bench.workspace.apply_saved().ok();
    assert_eq!(
        bench.changes_since(mark),
        ["StopDtsJob", "ResetDtsJob", "ConfigureDtsJob", SET]
    );
    assert_eq!(bench.recorded("dts_job.m").unwrap().text("id"), id);
    assert_eq!(bench.recorded("dts_monitor_rule.m").unwrap().operations(), [SET]);
    bench.workspace.assert_plan_is_empty();
    bench.workspace.apply(&["-replace=dts_job.m"]).ok();
    bench.workspace.assert_plan_is_empty();
    assert_eq!(bench.count(SET), 3);
}
