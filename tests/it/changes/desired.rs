//! `desired_status`: from everywhere to everywhere.

use serde_json::json;
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::Update;

use super::bed::Bed;
use super::config::{MIGRATION, SYNC, instance, instance_for, job, with};

const START: &str = "StartDtsJob";
const SUSPEND: &str = "SuspendDtsJob";
const STOP: &str = "StopDtsJob";

/// On an instance that was bought first: from a job that was settled as `from` to `to`.
enum Way {
    Calls(&'static [&'static str]),
    /// Removed by these calls and configured again.
    Anew(&'static [&'static str]),
    Refused(&'static str),
}
use Way::{Anew, Calls, Refused};

fn check(lifecycle: Lifecycle, kind: &str, follows: bool, from: &[&str], to: &str, way: &Way) {
    let bed = Bed::with(lifecycle, None);
    let base = with(
        &job(kind),
        json!({ "data_synchronization": follows, "desired_status": from[0] }),
    );
    let (_instance, mut managed, config) = bed.bought(&instance(kind), &base);
    for step in &from[1..] {
        managed.settle(&with(&config, json!({ "desired_status": step })));
    }
    let wanted = with(&config, json!({ "desired_status": to }));
    match way {
        Calls(operations) => managed.change(&wanted, Update, operations),
        Refused(text) => managed.refused(&wanted, "desired_status", text),
        Anew(before) => managed.change_after(
            &wanted,
            terraform_provider_dts::framework::rules::Action::Replace,
            before,
            &["ConfigureDtsJob"],
        ),
    }
    assert_eq!(bed.paid(), 1);
}

#[test]
fn on_an_instance_that_was_bought_first() {
    for (from, to, way) in [
        (&["configured"][..], "running", Calls(&[START])),
        // Nothing runs: there is nothing to pause.
        (&["configured"], "suspended", Calls(&[])),
        (&["configured", "suspended"], "running", Calls(&[START])),
        (&["configured"], "stopped", Refused("nothing to stop")),
        (&["configured"], "prechecked", Refused("without an instance")),
        (&["running"], "configured", Calls(&[])),
        (&["running"], "prechecked", Refused("without an instance")),
        (&["running"], "suspended", Calls(&[SUSPEND])),
        (&["running"], "stopped", Calls(&[STOP])),
        (&["running", "suspended"], "configured", Calls(&[])),
        (&["suspended"], "configured", Calls(&[])),
        (&["suspended"], "stopped", Refused("nothing to stop")),
        (&["running", "suspended"], "running", Calls(&[START])),
        (&["running", "suspended"], "stopped", Calls(&[STOP])),
        (&["running", "stopped"], "configured", Calls(&[])),
        (&["running", "stopped"], "suspended", Refused("for good")),
    ] {
        for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(2)] {
            check(lifecycle, SYNC, true, from, to, &way);
            check(lifecycle, MIGRATION, true, from, to, &way);
        }
    }
    let stopped = &["running", "stopped"];
    check(
        Lifecycle::Reads(2),
        SYNC,
        true,
        stopped,
        "running",
        &Anew(&["ResetDtsJob"]),
    );
    check(
        Lifecycle::Reads(2),
        MIGRATION,
        true,
        stopped,
        "running",
        &Refused("replace_triggered_by"),
    );
}

#[test]
fn a_migration_that_ends_by_itself() {
    for (from, to, way) in [
        (&["configured"][..], "running", Calls(&[START])),
        (&["running"], "configured", Calls(&[])),
        (&["running"], "suspended", Refused("nothing left to suspend")),
        (&["running"], "stopped", Calls(&[])),
        (&["running", "stopped"], "running", Calls(&[])),
    ] {
        check(Lifecycle::Immediate, MIGRATION, false, from, to, &way);
    }
}

/// It ends between the plan and its apply: that is told, and no error.
#[test]
fn a_migration_that_ends_before_it_is_paused() {
    let bed = Bed::new();
    bed.emulator
        .script_job(json!({ "job": "*", "progress": { "structure": 10, "full": 10 } }));
    let (_instance, mut managed, config) = bed.bought(&instance(MIGRATION), &job(MIGRATION));
    let paused = with(&config, json!({ "desired_status": "suspended" }));
    let planned = managed.must_plan(&paused);
    assert_eq!(super::bed::operations_of(&planned.planned), [SUSPEND]);
    bed.emulator.script_job(json!({ "job": "*" }));
    let mark = bed.mark();
    let problems = managed.apply(&planned, &paused);
    assert!(!problems.has_errors(), "{problems:#?}");
    let mut told = problems
        .iter()
        .filter(|told| told.summary.contains("was not needed"));
    let told = told.next().unwrap();
    assert!(told.detail.contains("has ended by itself"), "{}", told.detail);
    assert_eq!(bed.changing_calls(mark), [""; 0]);
    assert_eq!(managed.status(), "Finished");
    managed.assert_plan_is_empty(&paused);
}

#[test]
fn at_the_first_apply() {
    for (kind, on_instance, desired, operations) in [
        (SYNC, true, "configured", &["ConfigureDtsJob"][..]),
        (SYNC, true, "running", &["ConfigureDtsJob"]),
        (SYNC, true, "suspended", &["ConfigureDtsJob"]),
        (MIGRATION, false, "configured", &["ConfigureDtsJob"]),
        (MIGRATION, false, "prechecked", &["ConfigureDtsJob", START]),
    ] {
        let bed = Bed::new();
        let mut config = with(&job(kind), json!({ "desired_status": desired }));
        if on_instance {
            let mut bought = bed.instance();
            bought.settle(&instance(kind));
            config["dts_instance_id"] = json!(bought.text("id"));
        }
        let create = terraform_provider_dts::framework::rules::Action::Create;
        bed.job().change(&config, create, operations);
    }
    for (on_instance, desired, text) in [
        (true, "stopped", "nothing to stop"),
        (true, "prechecked", "without an instance"),
        (false, "running", "dts_instance_id"),
        (false, "suspended", "dts_instance_id"),
        (false, "stopped", "dts_instance_id"),
    ] {
        let bed = Bed::new();
        let mut config = with(&job(SYNC), json!({ "desired_status": desired }));
        if on_instance {
            config["dts_instance_id"] = json!("dtsx");
        }
        bed.job().refused(&config, "desired_status", text);
    }
}

#[test]
fn without_an_instance() {
    for (from, to, operations) in [
        ("configured", "prechecked", Some(&[START][..])),
        ("prechecked", "configured", Some(&[])),
        ("configured", "running", None),
        ("prechecked", "running", None),
        ("prechecked", "suspended", None),
        ("prechecked", "stopped", None),
    ] {
        let bed = Bed::new();
        let mut managed = bed.job();
        managed.settle(&with(&job(SYNC), json!({ "desired_status": from })));
        let wanted = with(&job(SYNC), json!({ "desired_status": to }));
        match operations {
            Some(operations) => managed.change(&wanted, Update, operations),
            None => managed.refused(&wanted, "desired_status", "dts_instance_id"),
        }
    }
}

#[test]
fn with_an_instance_that_was_bought_for_it() {
    for (from, to, operations) in [
        ("configured", "running", &[START][..]),
        ("prechecked", "running", &[START]),
        ("prechecked", "suspended", &[]),
        // Another precheck would start it: it is left alone.
        ("configured", "prechecked", &[]),
    ] {
        let bed = Bed::new();
        let mut managed = bed.job();
        managed.settle(&with(&job(SYNC), json!({ "desired_status": from })));
        bed.instance().settle(&instance_for(&managed.text("id")));
        managed.change(
            &with(&job(SYNC), json!({ "desired_status": to })),
            Update,
            operations,
        );
    }
    // Floors: what went further with `auto_start` satisfies them.
    for desired in ["configured", "prechecked"] {
        let bed = Bed::new();
        let config = with(&job(SYNC), json!({ "desired_status": desired }));
        let mut managed = bed.job();
        managed.settle(&config);
        bed.instance().settle(&with(
            &instance_for(&managed.text("id")),
            json!({ "auto_start": true }),
        ));
        assert_eq!(managed.status(), "Synchronizing");
        managed.assert_plan_is_empty(&config);
    }
}
