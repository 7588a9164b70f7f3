//! One disturbed apply: what is done to it, and what must hold afterwards.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::flow::Flow;
use super::kill::{self, Victim};
use super::stage::{Breach, Checked, Stage, Undisturbed, holds};
use crate::support::Outcome;
use crate::support::hosted::{Moment, PANIC};

/// How a call goes wrong. `says` is what an error must say of it, where the apply ends in one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    json: &'static str,
    says: &'static str,
    /// Whether it would come again: no call is repeated after it.
    pub(crate) is_final: bool,
    /// Whether the call took effect, unseen.
    is_executed: bool,
}

/// One of each kind.
pub(crate) const FAULTS: [Fault; 13] = [
    lost_answer(
        "late",
        r#"{"kind": "late", "delay_ms": 20000}"#,
        "no complete answer",
    ),
    fault("throttled", r#"{"kind": "throttle"}"#, "Throttling.User"),
    fault(
        "throttled for a while",
        r#"{"kind": "throttle", "retry_after_ms": 2500}"#,
        "Throttling.User",
    ),
    fault("500", r#"{"kind": "status", "status": 500}"#, "InternalError"),
    fault(
        "503",
        r#"{"kind": "status", "status": 503}"#,
        "ServiceUnavailable",
    ),
    fault("cut before", r#"{"kind": "cut_before"}"#, "no answer"),
    lost_answer("cut after", r#"{"kind": "cut_after"}"#, "no answer"),
    lost_answer("truncated", r#"{"kind": "truncate"}"#, "no answer"),
    final_fault("HTML", r#"{"kind": "garbage"}"#, "does not answer as DTS does"),
    fault(
        "HTML 502",
        r#"{"kind": "garbage", "status": 502}"#,
        "does not answer as DTS does",
    ),
    final_fault(
        "Success=false",
        r#"{"kind": "refuse", "code": "DTS.Msg.Odd"}"#,
        "DTS.Msg.Odd",
    ),
    final_fault(
        "expired token",
        r#"{"kind": "status", "status": 403, "code": "InvalidSecurityToken.Expired"}"#,
        "InvalidSecurityToken.Expired",
    ),
    final_fault(
        "403",
        r#"{"kind": "status", "status": 403, "code": "Forbidden.RAM"}"#,
        "Forbidden.RAM",
    ),
];

/// Only of a call that makes something: its answer is lost, and DTS shows a moment late what it made.
pub(crate) const SHOWN_LATE: Fault =
    lost_answer("shown late", r#"{"kind": "shown_late", "reads": 2}"#, "no answer");

const fn fault(name: &'static str, json: &'static str, says: &'static str) -> Fault {
    Fault {
        name,
        json,
        says,
        is_final: false,
        is_executed: false,
    }
}

const fn lost_answer(name: &'static str, json: &'static str, says: &'static str) -> Fault {
    Fault {
        is_executed: true,
        ..fault(name, json, says)
    }
}

const fn final_fault(name: &'static str, json: &'static str, says: &'static str) -> Fault {
    Fault {
        is_final: true,
        ..fault(name, json, says)
    }
}

/// What is done at a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Disturbance {
    Once(Fault),
    /// This call, and the one after it.
    Pair(Fault, Fault),
    CtrlC,
    Panic(Moment),
    Kill(Victim),
}

impl Disturbance {
    /// What is to be read of it where it cost something.
    fn says(self) -> Vec<&'static str> {
        match self {
            Self::Once(fault) => vec![fault.says],
            Self::Pair(first, second) => vec![first.says, second.says],
            Self::Panic(_) => vec![PANIC],
            // It may hit where nothing minds; what minds says that it was asked to stop.
            Self::CtrlC | Self::Kill(_) => Vec::new(),
        }
    }
}

/// The `nth` call (from 1) of a flow's apply, disturbed.
#[derive(Clone, Copy)]
pub(crate) struct Case<'f> {
    pub(crate) flow: &'f Flow,
    pub(crate) nth: usize,
    pub(crate) disturbance: Disturbance,
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, call {}: ", self.flow.name, self.nth)?;
        match self.disturbance {
            Disturbance::Once(fault) => f.write_str(fault.name),
            Disturbance::Pair(first, second) => write!(f, "{}, then {}", first.name, second.name),
            Disturbance::CtrlC => f.write_str("Ctrl-C"),
            Disturbance::Panic(Moment::InPlace) => f.write_str("panic"),
            Disturbance::Panic(Moment::Answered) => f.write_str("panic with the answer"),
            Disturbance::Kill(victim) => write!(f, "kill -9 of {victim:?}"),
        }
    }
}

/// Runs the case, and tells what did not hold.
pub(crate) fn run(case: &Case<'_>, undisturbed: &Undisturbed) -> Checked {
    if let Disturbance::Kill(victim) = case.disturbance {
        return kill::run(case, victim, undisturbed);
    }
    let stage = Stage::set(case.flow);
    let mark = stage.bench.mark();
    let outcome = disturb(&stage, case);
    holds(has_struck(&stage, case, mark), Breach::Missed, || {
        format!("nothing was disturbed{}", outcome.report())
    })?;
    holds(matches!(outcome.status, Some(0 | 1)), Breach::Stuck, || {
        format!("it did not end of itself{}", outcome.report())
    })?;
    let unrecorded = may_be_unrecorded(&stage, case, mark);
    if !unrecorded {
        stage.nothing_is_lost(&outcome)?;
    }
    // A bug at any place may leave to the user what the next apply tells.
    let again = if unrecorded || matches!(case.disturbance, Disturbance::Panic(_)) {
        stage.go_on(case.flow, &outcome)?
    } else {
        let again = stage.run(case.flow);
        holds(again.status == Some(0), Breach::Stuck, || {
            format!("the next one fails{}{}", outcome.report(), again.report())
        })?;
        again
    };
    tells(case, undisturbed, &outcome, &again)?;
    stage.settles(case.flow, undisturbed, &outcome, &again)
}

/// Runs the flow, with its disturbance.
fn disturb(stage: &Stage, case: &Case<'_>) -> Outcome {
    let emulator = &stage.bench.emulator;
    let add = |fault: &str, nth: usize| {
        let mut fault: Value = serde_json::from_str(fault).unwrap();
        fault["action"] = json!("*");
        fault["nth"] = json!(nth);
        emulator.add_faults(fault);
    };
    match case.disturbance {
        Disturbance::Once(fault) => add(fault.json, case.nth),
        Disturbance::Pair(first, second) => {
            add(first.json, case.nth);
            add(second.json, case.nth + 1);
        }
        Disturbance::Panic(moment) => stage.hosted.panic_at(case.nth, moment),
        Disturbance::Kill(_) => unreachable!("killed elsewhere"),
        Disturbance::CtrlC => {
            // Long enough for the signal to arrive before the answer.
            add(r#"{"kind": "late", "delay_ms": 300}"#, case.nth);
            let before = stage.bench.mark();
            let running = stage.bench.workspace.start(&Stage::arguments(case.flow));
            let begin = Instant::now();
            while stage.bench.mark() < before + case.nth && begin.elapsed() < Duration::from_secs(60) {
                std::thread::sleep(Duration::from_millis(5));
            }
            running.signal("INT");
            let outcome = running.finish();
            emulator.clear_faults();
            return outcome;
        }
    }
    let outcome = stage.run(case.flow);
    emulator.clear_faults();
    outcome
}

/// Whether the disturbance came. Of a pair the second may not: the first may have ended the run.
fn has_struck(stage: &Stage, case: &Case<'_>, mark: usize) -> bool {
    match case.disturbance {
        Disturbance::Panic(_) => stage.hosted.has_panicked(),
        _ => stage.bench.emulator.calls()[mark..]
            .iter()
            .any(|call| call.fault.is_some()),
    }
}

/// What makes something that has an id.
pub(crate) const MAKING: [&str; 4] = [
    "CreateDtsInstance",
    "ConfigureDtsJob",
    "ConfigureSubscription",
    "CreateConsumerChannel",
];

/// Whether nobody could write down what a call has made: after a panic with its answer, which is as bad as a kill, and where its answer
/// was lost and then nobody may look.
fn may_be_unrecorded(stage: &Stage, case: &Case<'_>, mark: usize) -> bool {
    let is_hidden = match case.disturbance {
        Disturbance::Panic(moment) => moment == Moment::Answered,
        Disturbance::Pair(first, second) => first.is_executed && second.is_final,
        Disturbance::Once(_) | Disturbance::CtrlC | Disturbance::Kill(_) => false,
    };
    let struck = stage.bench.emulator.calls().into_iter().nth(mark + case.nth - 1);
    is_hidden && struck.is_some_and(|call| MAKING.contains(&call.action.as_str()))
}

/// The cause is named where it cost something: by an error, or by a warning where the run went well (as it does after a purchase)
/// and yet said or left more than an undisturbed one.
fn tells(case: &Case<'_>, undisturbed: &Undisturbed, outcome: &Outcome, again: &Outcome) -> Checked {
    let says = case.disturbance.says();
    let told = if outcome.status == Some(1) {
        outcome.errors()
    } else {
        outcome.warnings()
    };
    let is_due = outcome.status == Some(1)
        || told.len() > undisturbed.warnings
        || case.flow.swept.is_some() && !again.planned_changes().is_empty();
    let named = |text: &&str| {
        told.iter()
            .any(|told| told.summary.contains(*text) || told.detail.contains(*text))
    };
    holds(
        !is_due || says.is_empty() || says.iter().any(named),
        Breach::Silent,
        || {
            format!(
                "nothing says one of {says:?}{}{}",
                outcome.report(),
                again.report()
            )
        },
    )
}
