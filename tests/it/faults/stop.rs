//! Ctrl-C and `kill -9` while an apply is on its way.

use std::time::{Duration, Instant};

use serde_json::json;
use terraform_provider_dts::emulator::Lifecycle;

use crate::support::Outcome;
use crate::support::bench::{Bench, bought_first, bought_for_job, databases, endless, job, job_on_instance};

const APPLY: [&str; 4] = ["apply", "-json", "-auto-approve", "-input=false"];

/// Long enough for a test to act in it, and never waited for.
fn slow() -> Lifecycle {
    "seconds:3600".parse().unwrap()
}

/// Applies until `there`, then sends the signal. Ends soon after it.
fn interrupted(bench: &Bench, signal: &str, there: impl Fn() -> bool) -> Outcome {
    let applying = bench.workspace.start(&APPLY);
    let begin = Instant::now();
    while !there() {
        assert!(begin.elapsed() < Duration::from_secs(60), "it never came so far");
        std::thread::sleep(Duration::from_millis(50));
    }
    applying.signal(signal);
    let asked = Instant::now();
    let outcome = applying.finish();
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "{:?}{}",
        asked.elapsed(),
        outcome.report()
    );
    outcome
}

#[test]
fn ctrl_c_in_the_wait_of_a_job_on_an_instance() {
    let bench = Bench::new(slow(), None);
    bench.write(&[&bought_first("SYNC", ""), &job_on_instance("SYNC", "")]);
    let outcome = interrupted(&bench, "INT", || {
        let calls = bench.emulator.calls();
        let configured = calls.iter().position(|call| call.action == "ConfigureDtsJob");
        configured.is_some_and(|at| calls.len() > at + 2)
    });
    assert!(outcome.stdout.contains("asked to stop"), "{}", outcome.report());
    bench.assert_nothing_lost("after Ctrl-C");
    let id = bench.recorded("dts_job.m").unwrap().text("id");

    // The job went on meanwhile.
    bench.emulator.set_lifecycle(Lifecycle::Immediate);
    bench.jobs();
    let mark = bench.mark();
    bench.converge(1, |_| bench.assert_nothing_lost("the apply after"));
    assert_eq!(bench.changes_since(mark), [""; 0], "all calls were made before");
    assert_eq!(bench.recorded("dts_job.m").unwrap().text("id"), id);
}

#[test]
fn ctrl_c_while_the_purchase_waits_for_the_precheck() {
    let bench = Bench::new(slow(), None);
    let checked = job(
        "m",
        "MIGRATION",
        "desired_status = \"prechecked\"\n  wait_for = \"none\"",
    );
    bench.write(&[&checked, &bought_for_job("auto_start = true")]);
    let outcome = interrupted(&bench, "INT", || bench.count("DescribePreCheckStatus") > 0);
    assert!(outcome.stdout.contains("asked to stop"), "{}", outcome.report());
    assert_ne!(outcome.status, Some(0));
    assert_eq!(bench.count("CreateDtsInstance"), 0);
    bench.assert_nothing_lost("after Ctrl-C");
    bench.emulator.set_lifecycle(Lifecycle::Immediate);
    let mark = bench.mark();
    bench.converge(1, |_| bench.assert_nothing_lost("the apply after"));
    assert_eq!(bench.changes_since(mark), ["CreateDtsInstance"]);
}

#[test]
fn ctrl_c_while_a_bought_instance_is_waited_for() {
    let bench = Bench::new(Lifecycle::Immediate, None);
    let checked = endless(&job("m", "MIGRATION", "desired_status = \"prechecked\""));
    bench.write(&[&checked]).apply().ok();
    bench.write(&[&checked, &bought_for_job("auto_start = true")]);
    // The instance is not shown for long after it was bought: refresh and gate come first.
    bench
        .emulator
        .add_faults(json!({"action": "DescribeDtsJobDetail", "nth": 3, "times": 500,
        "kind": "status", "status": 404, "code": "DTS.Msg.InvalidJobId"}));
    let outcome = interrupted(&bench, "INT", || {
        let calls = bench.emulator.calls();
        let bought = calls.iter().position(|call| call.action == "CreateDtsInstance");
        bought.is_some_and(|at| calls.len() > at + 1)
    });
    bench.assert_nothing_lost("after Ctrl-C");
    assert!(outcome.stdout.contains("is bought"), "{}", outcome.report());
    assert!(!bench.recorded("dts_instance.m").unwrap().tainted);
}

#[test]
fn ctrl_c_in_the_wait_of_an_update() {
    let bench = Bench::new(Lifecycle::Immediate, None);
    let configured = job_on_instance("SYNC", "desired_status = \"configured\"");
    bench
        .write(&[&bought_first("SYNC", ""), &configured])
        .apply()
        .ok();
    bench.emulator.set_lifecycle(slow());
    bench.write(&[&bought_first("SYNC", ""), &job_on_instance("SYNC", "")]);
    let outcome = interrupted(&bench, "INT", || {
        let calls = bench.emulator.calls();
        let started = calls.iter().position(|call| call.action == "StartDtsJob");
        started.is_some_and(|at| calls.len() > at + 2)
    });
    assert!(outcome.stdout.contains("asked to stop"), "{}", outcome.report());
    bench.assert_nothing_lost("after Ctrl-C");
    assert!(!bench.recorded("dts_job.m").unwrap().tainted);
    bench.emulator.set_lifecycle(Lifecycle::Immediate);
    let mark = bench.mark();
    bench.converge(1, |_| bench.assert_nothing_lost("the apply after"));
    assert_eq!(bench.changes_since(mark), [""; 0], "it was started before");
}

#[test]
fn kill_9_after_a_purchase_for_a_job_loses_nothing() {
    let bench = Bench::new(Lifecycle::Immediate, Some(databases()));
    let checked = endless(&job("m", "MIGRATION", "desired_status = \"prechecked\""));
    bench.write(&[&checked, &bought_for_job("auto_start = true")]);
    bench
        .emulator
        .add_faults(json!({"action": "CreateDtsInstance", "kind": "late", "delay_ms": 60_000}));
    let outcome = interrupted(&bench, "KILL", || !bench.emulator.instances().is_empty());
    assert_eq!(outcome.status, None);
    assert!(
        bench.recorded("dts_instance.m").is_none(),
        "it died before it could know"
    );
    let outcomes = bench.converge(1, |_| bench.assert_nothing_lost("the apply after"));
    let warnings = outcomes[0].warnings();
    assert!(
        warnings[0].summary.contains("not bought again"),
        "{}",
        outcomes[0].report()
    );
    assert_eq!(bench.emulator.instances().len(), 1);
}

/// The order is on its way: its answer holds an id, and is waited for.
#[test]
fn ctrl_c_while_a_purchase_is_made_keeps_what_was_bought() {
    let bench = Bench::immediate();
    bench.write(&[&bought_first("MIGRATION", ""), &job_on_instance("MIGRATION", "")]);
    bench
        .emulator
        .add_faults(json!({"action": "CreateDtsInstance", "kind": "late", "delay_ms": 3000}));
    interrupted(&bench, "INT", || !bench.emulator.instances().is_empty());
    bench.assert_nothing_lost("after Ctrl-C");
    assert!(bench.recorded("dts_instance.m").is_some());
    bench.converge(1, |_| bench.assert_nothing_lost("the apply after"));
    assert_eq!(bench.emulator.instances().len(), 1);
}

/// Its answer is lost as well: it is looked up all the same.
#[test]
fn ctrl_c_does_not_cut_the_look_up_of_a_lost_purchase_short() {
    let bench = Bench::immediate();
    let checked = job("m", "MIGRATION", "desired_status = \"prechecked\"");
    bench.write(&[&checked, &bought_for_job("")]);
    bench.emulator.add_faults(json!([
        {"action": "CreateDtsInstance", "kind": "cut_after"},
        {"action": "DescribeDtsJobDetail", "nth": 6, "kind": "late", "delay_ms": 2000},
    ]));
    interrupted(&bench, "INT", || !bench.emulator.instances().is_empty());
    bench.assert_nothing_lost("after Ctrl-C");
    assert!(bench.recorded("dts_instance.m").is_some());
}
