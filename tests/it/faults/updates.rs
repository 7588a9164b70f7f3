//! A change in place whose calls fail: what was done is in the state or read back, the rest is done by the next apply.

use serde_json::{Value, json};

use crate::support::Outcome;
use crate::support::bench::{
    Bench, DESTINATION_PASSWORD, SOURCE_PASSWORD, bought_first, databases, job_on_instance,
};

/// All of these at once.
const CHANGES: [&str; 4] = [
    "TransferInstanceClass",
    "ModifyDtsJobName",
    "ModifyDtsJobPassword",
    "ModifyDtsJob",
];

/// Changes class, name, both passwords and objects of a running SYNC, with `fault` on the first call of each; and then
/// suspends it. Gives back the applies.
fn change_under(fault: &Value) -> (Bench, Vec<Outcome>) {
    let bench = Bench::new("immediate".parse().unwrap(), Some(databases()));
    let (instance, job) = (bought_first("SYNC", ""), job_on_instance("SYNC", ""));
    bench.write(&[&instance, &job]).apply().ok();
    let add = |action: &str| {
        let mut fault = fault.clone();
        fault["action"] = json!(action);
        bench.emulator.add_faults(fault);
    };
    CHANGES.iter().copied().for_each(add);
    let larger = instance.replace("\"small\"", "\"large\"");
    let changed = job
        .replace("job-m", "renamed")
        .replace(SOURCE_PASSWORD, "new-source")
        .replace(DESTINATION_PASSWORD, "new-destination")
        .replace("\"person\"", "\"city\"");
    bench.write(&[&larger, &changed]);
    let mut applies = bench.converge(6, |_| bench.assert_nothing_lost(&fault.to_string()));
    add("SuspendDtsJob");
    add("StartDtsJob");
    for status in ["suspended", "running"] {
        let more = format!("dts_instance_id = dts_instance.m.id\n  desired_status = \"{status}\"");
        bench.write(&[
            &larger,
            &changed.replace("dts_instance_id = dts_instance.m.id", &more),
        ]);
        applies.extend(bench.converge(3, |_| bench.assert_nothing_lost(&fault.to_string())));
    }
    let struck = bench
        .emulator
        .calls()
        .into_iter()
        .filter(|call| call.fault.is_some());
    assert_eq!(struck.count(), CHANGES.len() + 2, "{fault}");
    assert!(
        bench
            .recorded("dts_job.m")
            .unwrap()
            .text("status")
            .eq_ignore_ascii_case("Synchronizing")
    );
    assert!(bench.all_recorded().values().all(|recorded| !recorded.tainted));
    (bench, applies)
}

#[test]
fn throttled_changes_are_made_in_one_apply() {
    let (_, applies) = change_under(&json!({"kind": "throttle"}));
    assert_eq!(applies.len(), 3);
}

#[test]
fn changes_whose_answers_are_lost_are_not_made_twice() {
    let (bench, applies) = change_under(&json!({"kind": "cut_after"}));
    for outcome in &applies {
        for error in outcome.errors() {
            assert!(error.summary.starts_with("Unable to "), "{error:?}");
            assert!(!error.detail.contains("present one"), "{error:?}");
        }
    }
    assert_eq!(bench.count("TransferInstanceClass"), 1);
    assert_eq!(bench.count("ModifyDtsJobName"), 1);
    assert_eq!(bench.count("ModifyDtsJob"), 1);
}

#[test]
fn changes_cut_off_before_their_effect_are_made_again() {
    let (bench, _) = change_under(&json!({"kind": "cut_before"}));
    for action in CHANGES {
        assert!(bench.count(action) >= 2, "{action}");
    }
}

#[test]
fn changes_refused_once_are_made_by_the_applies_after() {
    let (_, applies) = change_under(&json!({"kind": "refuse", "code": "DTS.Msg.Odd"}));
    for outcome in &applies {
        for error in outcome.errors() {
            assert!(
                error.detail.contains("DTS.Msg.Odd") && error.detail.contains("RequestId"),
                "{error:?}"
            );
        }
    }
}

/// What cannot be read back (a password) must not be taken for configured because the rest is as it was before.
#[test]
fn a_new_configuration_that_was_lost_is_made_and_not_only_believed() {
    for kind in ["cut_before", "cut_after"] {
        let bench = Bench::new("immediate".parse().unwrap(), Some(databases()));
        let old =
            job_on_instance("MIGRATION", "desired_status = \"configured\"").replace(SOURCE_PASSWORD, "old");
        let instance = bought_first("MIGRATION", "");
        bench.write(&[&instance, &old]).apply().ok();
        bench
            .emulator
            .add_faults(json!({"action": "ConfigureDtsJob", "kind": kind}));
        let new = job_on_instance("MIGRATION", "desired_status = \"configured\"").replace(
            "structure_initialization = true",
            "structure_initialization = false",
        );
        bench.write(&[&instance, &new]);
        bench.converge(1, |_| bench.assert_nothing_lost(kind));
        // The precheck of the start finds the password that was configured with it.
        bench.write(&[&instance, &new.replace("\"configured\"", "\"running\"")]);
        bench.converge(1, |_| bench.assert_nothing_lost(kind));
        assert_eq!(bench.jobs().len(), 1);
        assert_eq!(bench.count("ModifyDtsJobPassword"), 0);
    }
}
