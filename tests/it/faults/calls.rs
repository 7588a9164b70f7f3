//! Each kind of fault, once on the first call of each operation, in both orders of buying and configuring.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::Outcome;
use crate::support::bench::{Bench, bought_first, bought_for_job, endless, job, job_on_instance};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    /// The instance, then a job on it that runs.
    BuyFirst,
    /// A job that is checked, then an instance that starts it.
    ConfigureFirst,
}

impl Order {
    fn configuration(self) -> [String; 2] {
        match self {
            Order::BuyFirst => [bought_first("SYNC", ""), job_on_instance("SYNC", "")],
            Order::ConfigureFirst => [
                endless(&job(
                    "m",
                    "MIGRATION",
                    "desired_status = \"prechecked\"\n  wait_for = \"none\"",
                )),
                bought_for_job("auto_start = true"),
            ],
        }
    }

    /// What changes something, in order.
    fn writes(self) -> &'static [&'static str] {
        match self {
            Order::BuyFirst => &["CreateDtsInstance", "ConfigureDtsJob"],
            Order::ConfigureFirst => &["ConfigureDtsJob", "StartDtsJob", "CreateDtsInstance"],
        }
    }

    fn reads(self) -> &'static [&'static str] {
        match self {
            Order::BuyFirst => &["DescribeDtsJobDetail"],
            Order::ConfigureFirst => &["DescribeDtsJobDetail", "DescribePreCheckStatus"],
        }
    }
}

/// What an apply under faults came to.
struct Storm {
    bench: Bench,
    applies: Vec<Outcome>,
}

impl Storm {
    fn warnings(&self) -> Vec<String> {
        let warnings = self.applies.iter().flat_map(Outcome::warnings);
        warnings.map(|warning| warning.summary).collect()
    }

    fn count(&self) -> BTreeMap<String, usize> {
        let mut count = BTreeMap::new();
        for call in self.bench.emulator.calls() {
            *count.entry(call.action).or_default() += 1;
        }
        count
    }
}

/// Applies with `fault` on the first call of each of `actions`, until it goes well; at most `attempts` times.
fn storm(order: Order, actions: &[&str], fault: &Value, attempts: usize) -> Storm {
    let bench = Bench::immediate();
    let configuration = order.configuration();
    bench.write(&configuration.each_ref().map(String::as_str));
    for action in actions {
        let mut fault = fault.clone();
        fault["action"] = json!(action);
        bench.emulator.add_faults(fault);
    }
    let what = format!("{fault} on {actions:?} {order:?}");
    let applies = bench.converge(attempts, |_| bench.assert_nothing_lost(&what));
    assert_eq!(bench.emulator.instances().len(), 1, "{what}: bought once");
    let jobs = bench.jobs();
    assert_eq!(jobs.len(), 1, "{what}: made once");
    assert_eq!(
        jobs.values().next().map(String::as_str),
        Some(if order == Order::BuyFirst {
            "Synchronizing"
        } else {
            "Migrating"
        }),
        "{what}"
    );
    let struck = bench
        .emulator
        .calls()
        .into_iter()
        .filter(|call| call.fault.is_some());
    assert_eq!(struck.count(), actions.len(), "{what}: every fault has struck");
    Storm { bench, applies }
}

/// Both orders at the same time, for the waits are long.
fn both(check: impl Fn(Order) + Sync) {
    std::thread::scope(|scope| {
        let threads = [Order::BuyFirst, Order::ConfigureFirst].map(|order| {
            let check = &check;
            scope.spawn(move || check(order))
        });
        for thread in threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

/// Nobody notices, but for the operations being called again.
fn unnoticed(fault: Value, again: bool) {
    both(|order| {
        let storm = storm(order, order.writes(), &fault, 1);
        assert_eq!(storm.warnings(), [""; 0], "{fault} {order:?}");
        let count = storm.count();
        for action in order.writes() {
            assert_eq!(
                count[*action],
                1 + usize::from(again),
                "{fault} {action} {order:?}"
            );
        }
    });
}

/// Nothing came of the first call, which nobody can know: that it was made again is told where another one may have been made by it.
fn told_again(fault: Value) {
    both(|order| {
        let storm = storm(order, order.writes(), &fault, 1);
        let count = storm.count();
        for action in order.writes() {
            assert_eq!(count[*action], 2, "{fault} {action} {order:?}");
        }
        let warnings: Vec<_> = storm.applies.iter().flat_map(Outcome::warnings).collect();
        let doubled: &[&str] = match order {
            // The job is on the instance in any case.
            Order::BuyFirst => &["DTS instance dts"],
            Order::ConfigureFirst => &["DTS job ", "DTS instance dts"],
        };
        assert_eq!(warnings.len(), doubled.len(), "{fault} {order:?}: {warnings:?}");
        for kind in doubled {
            let told = warnings
                .iter()
                .find(|warning| warning.summary.starts_with(kind))
                .unwrap_or_else(|| panic!("{fault} {order:?}: {kind} {warnings:?}"));
            assert!(told.summary.ends_with("was asked for a second time"), "{told:?}");
            assert!(told.detail.contains("Look into the DTS console"), "{told:?}");
            let action = if kind.contains("job") {
                "ConfigureDtsJob"
            } else {
                "CreateDtsInstance"
            };
            assert!(told.detail.contains(action), "the lost call: {told:?}");
        }
    });
}

/// The answer was lost, not the effect: it is looked up and told.
fn looked_up(fault: Value) {
    both(|order| {
        let storm = storm(order, order.writes(), &fault, 1);
        let count = storm.count();
        for action in order.writes() {
            assert_eq!(count[*action], 1, "{fault} {action} {order:?}");
        }
        let warnings = storm.warnings();
        assert_eq!(warnings.len(), 2, "{fault} {order:?}: {warnings:?}");
        for (kind, verb) in [("DTS instance", "bought"), ("DTS job", "configured")] {
            let told = warnings.iter().any(|warning| {
                warning.starts_with(kind) && warning.contains(verb) && warning.contains("answer was lost")
            });
            assert!(told, "{warnings:?}");
        }
    });
}

#[test]
fn throttled_calls_are_made_again() {
    unnoticed(json!({"kind": "throttle"}), true);
}

#[test]
fn a_late_answer_is_waited_for() {
    unnoticed(json!({"kind": "late", "delay_ms": 1500}), false);
}

#[test]
fn a_status_500_before_any_effect_is_looked_up_and_made_again() {
    told_again(json!({"kind": "status", "status": 500}));
}

#[test]
fn a_connection_cut_before_any_effect_is_looked_up_and_made_again() {
    told_again(json!({"kind": "cut_before"}));
}

#[test]
fn a_proxy_s_page_is_looked_up_and_made_again() {
    told_again(json!({"kind": "garbage"}));
}

#[test]
fn a_connection_cut_after_the_effect_loses_and_doubles_nothing() {
    looked_up(json!({"kind": "cut_after"}));
}

#[test]
fn half_an_answer_loses_and_doubles_nothing() {
    looked_up(json!({"kind": "truncate"}));
}

#[test]
fn a_refusal_is_told_with_its_request_and_the_next_apply_goes_on() {
    both(|order| {
        let code = "DTS.Msg.Odd";
        let writes = order.writes();
        let storm = storm(
            order,
            writes,
            &json!({"kind": "refuse", "code": code}),
            writes.len() + 1,
        );
        let calls = storm.bench.emulator.calls();
        let refused: Vec<_> = calls.iter().filter(|call| call.fault.is_some()).collect();
        let (last, failed) = storm.applies.split_last().unwrap();
        assert_eq!(last.diagnostics(), [], "{}", last.report());
        assert_eq!(failed.len(), writes.len());
        for (outcome, call) in failed.iter().zip(refused) {
            let error = outcome.error(code);
            assert!(error.summary.starts_with("Unable to "), "{error:?}");
            assert!(error.detail.contains(&call.request_id), "{error:?}");
            assert!(error.detail.contains(&call.action), "{error:?}");
            assert!(error.address.ends_with(".m"), "{error:?}");
        }
    });
}

#[test]
fn reads_that_get_no_answer_are_made_again() {
    for fault in [
        json!({"kind": "cut_before"}),
        json!({"kind": "status", "status": 503}),
    ] {
        both(|order| {
            let storm = storm(order, order.reads(), &fault, 1);
            assert_eq!(storm.warnings(), [""; 0], "{fault} {order:?}");
        });
    }
}

/// What follows a purchase may fail, but the instance stays and is no candidate for a replacement.
#[test]
fn a_read_refused_after_a_purchase_is_a_warning() {
    let bench = Bench::immediate();
    bench.write(&[&bought_first("MIGRATION", "")]);
    bench
        .emulator
        .add_faults(json!({"action": "DescribeDtsJobDetail", "kind": "refuse", "code": "DTS.Msg.Odd"}));
    let outcome = bench.apply().ok();
    bench.assert_nothing_lost("a refused read");
    let warnings = outcome.warnings();
    assert_eq!(warnings.len(), 1, "{}", outcome.report());
    assert!(warnings[0].summary.contains("is bought"), "{warnings:?}");
    assert!(warnings[0].detail.contains("DTS.Msg.Odd"), "{warnings:?}");
    bench.converge(1, |_| bench.assert_nothing_lost("the apply after"));
    assert_eq!(bench.emulator.instances().len(), 1);
}

/// A refresh that fails ends the plan and leaves the state as it is.
#[test]
fn a_read_that_fails_for_good_changes_nothing() {
    let bench = Bench::immediate();
    bench.write(&[&bought_first("SYNC", ""), &job_on_instance("SYNC", "")]);
    bench.apply().ok();
    let before = bench.workspace.state_file();
    let mark = bench.mark();
    bench.emulator.add_faults(
        json!({"action": "DescribeDtsJobDetail", "times": 2, "kind": "refuse", "code": "DTS.Msg.Odd"}),
    );
    let outcome = bench.apply().fails();
    for error in outcome.errors() {
        assert!(error.summary.starts_with("Unable to read DTS "), "{error:?}");
        assert!(
            error.detail.contains("DTS.Msg.Odd") && error.detail.contains("RequestId"),
            "{error:?}"
        );
    }
    assert_eq!(bench.changes_since(mark), [""; 0]);
    assert_eq!(bench.workspace.state_file(), before);
    bench.converge(2, |_| bench.assert_nothing_lost("after a failed read"));
}
