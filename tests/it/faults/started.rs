//! An instance that its job already has is taken over, and the start that its purchase would have made is made then: again while its
//! outcome is unknown, and where it is refused nobody waits for it.

use serde_json::{Value, json};

use crate::support::Outcome;
use crate::support::bench::{Bench, bought_for_job, endless, job};
use crate::support::hosted::{self, Hosted};

const START: &str = "StartDtsJob";

fn checked() -> String {
    let checked = "desired_status = \"prechecked\"\n  wait_for = \"none\"";
    endless(&job("m", "MIGRATION", checked))
}

/// Takes over the instance of a job that is checked and not started, while starting it goes wrong as `fault` says; and how often a start
/// was sent.
fn adopted(mut fault: Value) -> (Bench, Hosted, Outcome, usize) {
    let (bench, hosted) = hosted::bench();
    bench.write(&[&checked(), &bought_for_job("")]).apply().ok();
    bench.workspace.run(&["state", "rm", "dts_instance.m"]).ok();
    fault["action"] = json!(START);
    bench.emulator.add_faults(fault);
    // Long enough for any start, and short enough to see that one is waited for which nobody makes.
    let starting = bought_for_job("auto_start = true\n  timeouts {\n    create = \"20s\"\n  }");
    bench.write(&[&checked(), &starting]);
    let before = bench.count(START);
    let outcome = bench.apply().ok();
    bench.emulator.clear_faults();
    bench.assert_nothing_lost("taken over");
    assert_eq!(bench.count("CreateDtsInstance"), 1);
    let starts = bench.count(START) - before;
    (bench, hosted, outcome, starts)
}

/// That the instance was taken over is always said.
fn warnings(outcome: &Outcome) -> Vec<String> {
    let told = outcome.warnings().into_iter();
    let told = told.filter(|warning| !warning.summary.contains("was taken over, not bought again"));
    told.map(|warning| format!("{}: {}", warning.summary, warning.detail))
        .collect()
}

#[test]
fn a_start_of_unknown_outcome_is_looked_up_and_made_again() {
    for (fault, sent) in [
        (json!({ "kind": "status", "status": 500 }), 2),
        (json!({ "kind": "status", "status": 503, "times": 3 }), 4),
        (json!({ "kind": "cut_before" }), 2),
        // They took effect.
        (json!({ "kind": "cut_after" }), 1),
        (json!({ "kind": "truncate" }), 1),
    ] {
        let (bench, _hosted, outcome, starts) = adopted(fault.clone());
        assert_eq!(warnings(&outcome), [""; 0], "{fault}");
        assert_eq!(starts, sent, "{fault}");
        let status = bench.recorded("dts_instance.m").unwrap().text("status");
        assert!(status.to_lowercase().contains("ing"), "{fault}: {status}");
        bench.workspace.assert_plan_is_empty();
    }
}

#[test]
fn a_start_that_is_refused_is_a_warning_at_once_and_shown_by_the_next_plan() {
    let refused = json!({ "kind": "refuse", "code": "DTS.Msg.Odd", "times": 100 });
    let (bench, _hosted, outcome, starts) = adopted(refused);
    let told = warnings(&outcome);
    assert!(
        told.len() == 1 && told[0].contains(START) && told[0].contains("DTS.Msg.Odd"),
        "{told:?}"
    );
    assert!(
        told[0].contains("The next plan shows what is left to do"),
        "{told:?}"
    );
    assert_eq!(starts, 1);
    assert_eq!(
        bench.plan(&[]),
        [("dts_instance.m".to_owned(), "update".to_owned())]
    );
    let mark = bench.mark();
    bench.apply().ok();
    assert_eq!(bench.changes_since(mark), [START]);
    bench.workspace.assert_plan_is_empty();
}
