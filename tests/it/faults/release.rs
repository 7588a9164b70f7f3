//! A destroy whose calls fail: what was not released stays in the state, and what is gone is no error.

use serde_json::{Value, json};

use crate::support::assert_nothing_paid_for;
use crate::support::bench::{Bench, bought_first, bought_for_job, job, job_on_instance};

/// Destroys with `fault` on the first call of each of `actions`, until it goes well; at most `attempts` times.
fn destroy_under(configuration: &[&str], actions: &[&str], fault: &Value, attempts: usize) -> usize {
    let bench = Bench::immediate();
    bench.write(configuration).apply().ok();
    for action in actions {
        let mut fault = fault.clone();
        fault["action"] = json!(action);
        bench.emulator.add_faults(fault);
    }
    for attempt in 1..=attempts {
        let outcome = bench.workspace.destroy();
        let paid = bench
            .emulator
            .instances()
            .into_iter()
            .filter(|instance| !instance.released);
        let recorded = bench.all_recorded();
        for instance in paid {
            let kept = recorded
                .values()
                .any(|kept| kept.values["id"] == instance.instance_id.as_str());
            assert!(
                kept,
                "{fault}: {instance:?} is paid for and forgotten{}",
                outcome.report()
            );
        }
        if outcome.status == Some(0) {
            assert!(recorded.is_empty(), "{recorded:?}");
            assert_nothing_paid_for(&bench.emulator);
            let struck = bench
                .emulator
                .calls()
                .into_iter()
                .filter(|call| call.fault.is_some());
            assert_eq!(struck.count(), actions.len(), "{fault}");
            return attempt;
        }
        for error in outcome.errors() {
            assert!(error.summary.starts_with("Unable to "), "{error:?}");
        }
    }
    panic!("{fault}: not destroyed in {attempts} attempts");
}

const BUY_FIRST: [&str; 3] = ["StopDtsJob", "ResetDtsJob", "DeleteDtsJob"];

fn check(fault: &Value, expected: [usize; 2]) {
    let (instance, job_on_it) = (bought_first("SYNC", ""), job_on_instance("SYNC", ""));
    let found = destroy_under(&[&instance, &job_on_it], &BUY_FIRST, fault, 4);
    assert_eq!(found, expected[0], "{fault} on {BUY_FIRST:?}");
    let checked = job("m", "SYNC", "desired_status = \"prechecked\"");
    let found = destroy_under(&[&checked, &bought_for_job("")], &["DeleteDtsJob"], fault, 4);
    assert_eq!(found, expected[1], "{fault} on DeleteDtsJob");
}

#[test]
fn a_throttled_release_is_made_again() {
    check(&json!({"kind": "throttle"}), [1, 1]);
}

#[test]
fn a_release_whose_answer_is_lost_is_a_release() {
    check(&json!({"kind": "cut_after"}), [1, 1]);
    check(&json!({"kind": "truncate"}), [1, 1]);
}

#[test]
fn a_release_that_fails_keeps_what_is_paid_for() {
    check(&json!({"kind": "refuse", "code": "DTS.Msg.Odd"}), [4, 2]);
}

/// What is lost before it takes effect is not waited for: stopping and resetting are asked for again, a release is told.
#[test]
fn a_release_that_never_arrives_is_asked_for_again() {
    check(&json!({"kind": "cut_before"}), [2, 2]);
}
