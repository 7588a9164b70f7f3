//! A job whose instance is only known in the apply, by real Terraform: the same, a new one in place of the old, or another one
//! while the old stays.

use serde_json::json;

use crate::support::bench::{Bench, bought_first, endless, job, job_on_instance};
use crate::support::{assert_nothing_paid_for, planned_operations};

const JOB: &str = "dts_job.m";
const INSTANCE: &str = "dts_instance.m";

/// Hands on an id, which is unknown in every plan that changes the round.
fn by_round(round: u8, id: &str) -> String {
    format!("resource \"terraform_data\" \"id\" {{\n  input = {id}\n  triggers_replace = {round}\n}}\n")
}

fn by_way(kind: &str, more: &str) -> String {
    endless(&job(
        "m",
        kind,
        &format!("dts_instance_id = terraform_data.id.output\n  {more}"),
    ))
}

fn action<'c>(changes: &'c [(String, String)], address: &str) -> Option<&'c str> {
    let found = changes.iter().find(|(of, _)| of == address);
    found.map(|(_, action)| action.as_str())
}

#[test]
fn the_same_instance_calls_nothing() {
    for (kind, desired) in [
        ("MIGRATION", "running"),
        ("SYNC", "suspended"),
        ("SYNC", "stopped"),
    ] {
        let bench = Bench::immediate();
        let running = [
            bought_first(kind, ""),
            by_round(1, "dts_instance.m.id"),
            by_way(kind, ""),
        ];
        bench.write(&running.each_ref().map(String::as_str)).apply().ok();
        let settled = by_way(kind, &format!("desired_status = \"{desired}\""));
        bench.write(&[&running[0], &running[1], &settled]).apply().ok();
        let before = bench.recorded(JOB).unwrap();

        bench.write(&[&running[0], &by_round(2, "dts_instance.m.id"), &settled]);
        let mark = bench.mark();
        let planned = bench.workspace.plan(&[]).ok();
        assert_eq!(action(&planned.planned_changes(), JOB), Some("update"));
        assert_eq!(planned.warnings().len(), 1, "{}", planned.report());
        assert!(planned.warnings()[0].detail.contains("nothing happens"));
        let plan = bench.workspace.show_plan_json();
        let all = plan["resource_changes"].as_array().unwrap();
        let job = all.iter().find(|change| change["address"] == JOB).unwrap();
        for name in ["id", "status", "operations", "dts_instance_id"] {
            assert_eq!(job["change"]["after_unknown"][name], true, "{name}");
        }
        bench.workspace.apply_saved().ok();
        assert_eq!(bench.changes_since(mark), [""; 0], "{kind} {desired}");
        assert_eq!(bench.recorded(JOB).unwrap().values, before.values);
        bench.workspace.assert_plan_is_empty();

        // With another change, only that is made.
        let renamed = settled.replace("job-m", "other");
        bench.write(&[&running[0], &by_round(3, "dts_instance.m.id"), &renamed]);
        bench.apply().ok();
        assert_eq!(bench.changes_since(mark), ["ModifyDtsJobName"]);
        assert_eq!(bench.recorded(JOB).unwrap().text("id"), before.text("id"));
        bench.workspace.assert_plan_is_empty();
    }
}

#[test]
fn what_cannot_be_done_in_place_stops_with_nothing_changed() {
    let bench = Bench::immediate();
    let instance = bought_first("MIGRATION", "");
    let running = by_way("MIGRATION", "");
    bench.write(&[&instance, &by_round(1, "dts_instance.m.id"), &running]);
    bench.apply().ok();
    let before = bench.recorded(JOB).unwrap();
    let elsewhere = running.replacen("\"MYSQL\"", "\"MARIADB\"", 1);
    bench.write(&[&instance, &by_round(2, "dts_instance.m.id"), &elsewhere]);
    let mark = bench.mark();
    let error = bench.apply().fails().error("replace_triggered_by");
    assert_eq!(error.address, JOB);
    assert_eq!(
        bench.changes_since(mark),
        [""; 0],
        "a migration is not ended for nothing"
    );
    assert_eq!(bench.recorded(JOB).unwrap().values, before.values);
}

#[test]
fn a_replaced_instance_gets_its_job_in_place() {
    for (kind, more, operations) in [
        ("MIGRATION", "", &["ConfigureDtsJob"][..]),
        ("SYNC", "desired_status = \"suspended\"", &["ConfigureDtsJob"]),
        ("SYNC", "desired_status = \"configured\"", &["ConfigureDtsJob"]),
    ] {
        let bench = Bench::immediate();
        let job = endless(&job_on_instance(kind, more));
        bench.write(&[&bought_first(kind, ""), &job]).apply().ok();
        let before = bench.recorded(JOB).unwrap();
        let old = bench.recorded(INSTANCE).unwrap().text("id");

        let mark = bench.mark();
        let changes = bench.plan(&["-replace", INSTANCE]);
        assert_eq!(action(&changes, INSTANCE), Some("replace"));
        assert_eq!(action(&changes, JOB), Some("update"));
        bench.workspace.apply_saved().ok();
        let all = [&["DeleteDtsJob", "CreateDtsInstance"], operations].concat();
        assert_eq!(bench.changes_since(mark), all);
        bench.assert_nothing_lost("with the new instance");
        let after = bench.recorded(JOB).unwrap();
        assert_ne!(after.text("id"), before.text("id"));
        assert_eq!(after.text("status"), before.text("status"));
        assert_eq!(after.operations(), operations);
        let new = bench.recorded(INSTANCE).unwrap().text("id");
        assert_ne!(new, old);
        assert_eq!(after.text("dts_instance_id"), new);
        assert_eq!(bench.jobs()[&after.text("id")], after.text("status"));
        bench.workspace.assert_plan_is_empty();
        bench.workspace.destroy().ok();
        assert_nothing_paid_for(&bench.emulator);
    }
}

/// Where the apply ends between the old instance and the new job, the next one goes on.
#[test]
fn a_replaced_instance_that_cannot_be_bought_or_configured() {
    for (action, recorded) in [("CreateDtsInstance", false), ("ConfigureDtsJob", true)] {
        let bench = Bench::immediate();
        bench
            .write(&[&bought_first("SYNC", ""), &job_on_instance("SYNC", "")])
            .apply()
            .ok();
        bench.emulator.add_faults(
            json!({"action": action, "nth": 1, "times": 1, "kind": "refuse", "status": 403, "code": "OperationDenied"}),
        );
        bench.workspace.apply(&["-replace", INSTANCE]).fails();
        assert_eq!(bench.recorded(INSTANCE).is_some(), recorded, "{action}");
        assert!(bench.recorded(JOB).is_some_and(|job| !job.tainted));
        bench.converge(1, |_| bench.assert_nothing_lost(action));
        assert_eq!(bench.recorded(JOB).unwrap().text("status"), "Synchronizing");
    }
}

#[test]
fn another_instance_while_the_job_still_runs_is_refused() {
    let bench = Bench::immediate();
    let other = bought_first("SYNC", "").replace("\"m\"", "\"other\"");
    let (instance, job) = (bought_first("SYNC", ""), by_way("SYNC", ""));
    bench.write(&[&instance, &other, &by_round(1, "dts_instance.m.id"), &job]);
    bench.apply().ok();
    let before = bench.recorded(JOB).unwrap();

    bench.write(&[&instance, &other, &by_round(1, "dts_instance.other.id"), &job]);
    let mark = bench.mark();
    assert_eq!(action(&bench.plan(&[]), JOB), Some("update"));
    let outcome = bench.workspace.apply_saved().fails();
    let errors = outcome.errors();
    assert_eq!(errors.len(), 1, "{}", outcome.report());
    assert_eq!(errors[0].address, JOB);
    assert_eq!(errors[0].code, "dts_instance_id = terraform_data.id.output");
    assert!(errors[0].detail.contains("Plan again"), "{}", errors[0].detail);
    assert_eq!(bench.changes_since(mark), [""; 0]);
    assert_eq!(bench.recorded(JOB).unwrap().values, before.values);

    // As it says: the id is known now.
    assert_eq!(action(&bench.plan(&[]), JOB), Some("replace"));
    let plan = bench.workspace.show_plan_json();
    assert_eq!(planned_operations(&plan, JOB), ["ConfigureDtsJob"]);
    bench.workspace.apply_saved().ok();
    assert_eq!(
        bench.changes_since(mark),
        ["StopDtsJob", "ResetDtsJob", "ConfigureDtsJob"]
    );
    bench.assert_nothing_lost("on the other instance");
    bench.workspace.assert_plan_is_empty();
}

/// The new instance is there before the old one is released: the job has to be replaced, which its own `lifecycle` can say.
#[test]
fn an_instance_that_is_replaced_by_creating_first() {
    let first = "lifecycle {\n    create_before_destroy = true\n  }";
    let instance = bought_first("SYNC", first);
    let with_it = "lifecycle {\n    replace_triggered_by = [dts_instance.m.id]\n  }";

    let bench = Bench::immediate();
    bench
        .write(&[&instance, &job_on_instance("SYNC", "")])
        .apply()
        .ok();
    let mark = bench.mark();
    let outcome = bench.workspace.apply(&["-replace", INSTANCE]).fails();
    outcome.error("create_before_destroy");
    assert_eq!(bench.changes_since(mark), ["CreateDtsInstance"]);
    bench.converge(1, |_| bench.assert_nothing_lost("the apply after"));
    assert_eq!(bench.emulator.instances().len(), 2);
    assert_eq!(bench.recorded(JOB).unwrap().text("status"), "Synchronizing");

    // The old instance is bare by then and not an hour old: it looks as if an apply that was cut off had left it.
    let unasked = instance.replace(first, &format!("adopt = false\n  {first}"));
    bench.write(&[&unasked, &job_on_instance("SYNC", with_it)]);
    let mark = bench.mark();
    bench.workspace.apply(&["-replace", INSTANCE]).ok();
    assert_eq!(
        bench.changes_since(mark),
        [
            "StopDtsJob",
            "ResetDtsJob",
            "CreateDtsInstance",
            "ConfigureDtsJob",
            "DeleteDtsJob"
        ]
    );
    bench.assert_nothing_lost("both replaced");
    bench.workspace.assert_plan_is_empty();
}
