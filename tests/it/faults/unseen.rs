//! A job that was configured and then cannot be read: a failed look is no failed create, which would taint the job.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::{NoOp, Update};

use crate::changes::bed::{Bed, operations_of};
use crate::changes::config::{MIGRATION, SYNC, instance, job, with};

/// Creates a job on an instance, while every look at it fails as `fault` says; then DTS recovers, and the next apply makes the
/// calls `rest`.
fn check(kind: &str, changes: Json, fault: &Json, rest: &[&str]) {
    let bed = Bed::with(Lifecycle::Reads(2), None);
    let mut bought = bed.instance();
    bought.settle(&instance(kind));
    let config = with(
        &with(&job(kind), json!({ "dts_instance_id": bought.text("id") })),
        changes,
    );
    let mut managed = bed.job();
    let planned = managed.must_plan(&config);
    for action in ["DescribeDtsJobDetail", "DescribeDtsJobs"] {
        let mut fault = fault.clone();
        fault["action"] = json!(action);
        fault["times"] = json!(1000);
        bed.emulator.add_faults(fault);
    }
    let problems = managed.apply(&planned, &config);
    assert!(!problems.has_errors(), "{fault}: {problems:#?}");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    bed.emulator.clear_faults();
    let told = problems.iter().next().unwrap();
    assert!(told.detail.contains("The job was configured"), "{}", told.detail);
    for call in rest {
        assert!(
            told.detail.contains(&format!("`{call}` was not called yet")),
            "{}",
            told.detail
        );
    }
    assert!(!managed.core.state.as_ref().unwrap().tainted);
    let id = managed.text("id");

    let planned = managed.must_plan(&config);
    assert!([Update, NoOp].contains(&planned.action), "{:?}", planned.replace);
    if planned.action == Update {
        assert_eq!(operations_of(&planned.planned), rest, "{fault}");
    }
    let mark = bed.mark();
    let problems = managed.apply(&planned, &config);
    assert!(!problems.has_errors(), "{fault}: {problems:#?}");
    assert_eq!(bed.changing_calls(mark), rest, "{fault}");
    managed.assert_plan_is_empty(&config);
    assert_eq!(managed.text("id"), id);
}

fn faults() -> [Json; 3] {
    [
        json!({ "kind": "status", "status": 500 }),
        json!({ "kind": "status", "status": 503 }),
        json!({ "kind": "refuse", "code": "DTS.Msg.Odd" }),
    ]
}

#[test]
fn a_job_that_cannot_be_read_while_it_is_waited_for_is_not_tainted() {
    for fault in faults() {
        for (kind, changes) in [
            (MIGRATION, json!({})),
            (SYNC, json!({ "wait_for": "initialized" })),
            (SYNC, json!({ "wait_for": "caught_up" })),
        ] {
            check(kind, changes, &fault, &[]);
        }
    }
}

#[test]
fn a_job_that_cannot_be_read_before_it_is_started_is_started_by_the_next_apply() {
    for fault in faults() {
        check(
            SYNC,
            json!({ "job_parameters": { "07/sink.batch.size.maximum": "2" } }),
            &fault,
            &["StartDtsJob"],
        );
    }
}

/// A change of a running job is waited for as well: a look that fails meanwhile ends neither the wait nor the change.
#[test]
fn a_job_that_cannot_be_read_while_its_objects_change_is_changed() {
    for fault in faults() {
        let bed = Bed::with(Lifecycle::Immediate, None);
        let mut bought = bed.instance();
        bought.settle(&instance(SYNC));
        let config = with(&job(SYNC), json!({ "dts_instance_id": bought.text("id") }));
        let mut managed = bed.job();
        managed.settle(&config);
        let listed = json!({ "dtsdb": { "name": "dtsdb", "all": true } }).to_string();
        let changed = with(&config, json!({ "database": [], "db_list": listed }));
        let planned = managed.must_plan(&changed);
        // Once the change was made: as many as one look tries, or two looks that are refused.
        let times = if fault["kind"] == "refuse" { 2 } else { 5 };
        let mut fault = fault.clone();
        fault["action"] = json!("DescribeDtsJobDetail");
        fault["nth"] = json!(2);
        fault["times"] = json!(times);
        bed.emulator.add_faults(fault.clone());
        let mark = bed.mark();
        let problems = managed.apply(&planned, &changed);
        bed.emulator.clear_faults();
        assert!(problems.is_empty(), "{fault}: {problems:#?}");
        assert_eq!(bed.changing_calls(mark), ["ModifyDtsJob"], "{fault}");
        managed.assert_plan_is_empty(&changed);
    }
}

/// A call that fails stays an error.
#[test]
fn a_start_that_is_refused_is_an_error() {
    let bed = Bed::new();
    bed.emulator
        .add_faults(json!({ "action": "StartDtsJob", "kind": "refuse", "code": "DTS.Msg.Odd" }));
    let mut managed = bed.job();
    let config = with(&job(SYNC), json!({ "desired_status": "prechecked" }));
    managed.fails(&config, "", &["DTS.Msg.Odd"]);
    assert!(managed.core.state.as_ref().unwrap().tainted);
}
