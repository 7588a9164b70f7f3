//! The sweep: every flow through real Terraform, with each call of it going wrong in each way. Whatever goes wrong, whenever:
//! no id is lost, nothing is bought twice, the error names the cause, the next apply converges, and a removal leaves nothing.
//!
//! `make sweep` runs the [`whole`] of it, `make test` a [`sample`].

mod case;
mod flow;
mod kill;
mod stage;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use self::case::{Case, Disturbance, FAULTS, MAKING, SHOWN_LATE};
use self::flow::Flow;
use self::kill::Victim;
use self::stage::{Breach, Stage, Undisturbed};
use crate::support::changes;
use crate::support::hosted::Moment;

/// More than processors, for much of a case is waiting. `SWEEP_WORKERS` says otherwise.
const WORKERS: usize = 4;

fn workers() -> usize {
    let asked = std::env::var("SWEEP_WORKERS").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(WORKERS)
}

/// Does `work` on each item, several at a time; the results in the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    let result = work(item);
                    done.lock().unwrap().insert(index, result);
                }
            });
        }
    });
    done.into_inner().unwrap().into_values().collect()
}

fn text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

/// A case, and how its flow goes without it.
type Planned<'f> = (Case<'f>, &'f Undisturbed);

/// Runs the cases, and gives back what did not hold.
fn run(cases: &[Planned<'_>]) -> Vec<(Breach, String)> {
    let results = in_parallel(cases, |(case, undisturbed)| {
        let ran = std::panic::catch_unwind(AssertUnwindSafe(|| case::run(case, undisturbed)));
        let checked = ran.unwrap_or_else(|panic| Err((Breach::Stuck, text(panic.as_ref()))));
        let breach = checked
            .err()
            .map(|(breach, why)| (breach, format!("{case}: {why}")));
        let mut err = std::io::stderr().lock();
        match &breach {
            Some((breach, why)) => writeln!(err, "{breach:?}: {why}").unwrap(),
            None => writeln!(err, "ok: {case}").unwrap(),
        }
        breach
    });
    results.into_iter().flatten().collect()
}

/// Each kind once, each at another call, and some pairs.
fn sample<'f>(flows: &'f [Flow], runs: &'f [Undisturbed]) -> Vec<Planned<'f>> {
    let pairs = pairs(0).step_by(3);
    FAULTS
        .map(Disturbance::Once)
        .into_iter()
        .chain(others())
        .chain(pairs)
        .chain([Disturbance::Once(SHOWN_LATE)])
        .enumerate()
        .map(|(index, disturbance)| {
            let (flow, undisturbed) = (&flows[index % flows.len()], &runs[index % flows.len()]);
            let making = undisturbed
                .actions
                .iter()
                .position(|action| MAKING.contains(&action.as_str()));
            let nth = match (disturbance, making) {
                (Disturbance::Once(fault), Some(making)) if fault.name == SHOWN_LATE.name => making + 1,
                _ => 1 + (index * 5) % undisturbed.actions.len(),
            };
            let case = Case {
                flow,
                nth,
                disturbance,
            };
            (case, undisturbed)
        })
        .collect()
}

/// Each kind at each call of each flow.
fn whole<'f>(flows: &'f [Flow], runs: &'f [Undisturbed]) -> Vec<Planned<'f>> {
    let mut cases = Vec::new();
    for (flow, undisturbed) in flows.iter().zip(runs) {
        for (nth, action) in (1..).zip(&undisturbed.actions) {
            let lost = changes(action).then(lost_for_good).into_iter().flatten();
            let late = MAKING.contains(&action.as_str()).then_some(SHOWN_LATE);
            let all = FAULTS
                .into_iter()
                .chain(late)
                .map(Disturbance::Once)
                .chain(others());
            for disturbance in all.chain(pairs(nth)).chain(lost) {
                let case = Case {
                    flow,
                    nth,
                    disturbance,
                };
                cases.push((case, undisturbed));
            }
        }
    }
    cases
}

/// Two in a row: at each call each kind is the first of one pair and the second of another, and from call to call the pairs are
/// others.
fn pairs(nth: usize) -> impl Iterator<Item = Disturbance> {
    let second = move |index: usize| FAULTS[(index + nth) % FAULTS.len()];
    (0..FAULTS.len()).map(move |index| Disturbance::Pair(FAULTS[index], second(index)))
}

/// A change whose answer is lost, and that is then not to be looked up.
fn lost_for_good() -> impl Iterator<Item = Disturbance> {
    let lost = FAULTS
        .into_iter()
        .find(|fault| fault.name == "cut after")
        .unwrap();
    let last = FAULTS.into_iter().filter(|fault| fault.is_final);
    last.map(move |fault| Disturbance::Pair(lost, fault))
}

fn others() -> impl Iterator<Item = Disturbance> {
    let panics = [Moment::InPlace, Moment::Answered].map(Disturbance::Panic);
    let kills = [Victim::Terraform, Victim::Provider].map(Disturbance::Kill);
    [Disturbance::CtrlC].into_iter().chain(panics).chain(kills)
}

/// Where the text names flows, no other need run.
fn narrow(flows: &mut Vec<Flow>, text: &str) {
    let is_named = |flow: &Flow| flow.name.contains(text) || text.contains(flow.name);
    if flows.iter().any(is_named) {
        flows.retain(is_named);
    }
}

/// Those cases whose name holds the text.
fn only<'f>(cases: Vec<Planned<'f>>, text: &str) -> Result<Vec<Planned<'f>>, String> {
    let mut names: Vec<&str> = cases.iter().map(|(case, _)| case.flow.name).collect();
    names.dedup();
    let found: Vec<_> = cases
        .into_iter()
        .filter(|(case, _)| case.to_string().contains(text))
        .collect();
    if found.is_empty() {
        return Err(format!(
            "SWEEP_ONLY={text:?} is in the name of no case, such as \"{}, call 1: 500\". The flows are:\n  {}",
            names[0],
            names.join("\n  ")
        ));
    }
    Ok(found)
}

#[test]
fn a_choice_of_nothing_is_refused_with_what_there_is() {
    let undisturbed = Undisturbed::default();
    let chosen = |text: &str| {
        let mut flows = flow::all();
        narrow(&mut flows, text);
        let case = |flow| {
            let disturbance = Disturbance::CtrlC;
            let case = Case {
                flow,
                nth: 1,
                disturbance,
            };
            (case, &undisturbed)
        };
        let found = only(flows.iter().map(case).collect(), text);
        found.map(|found| (flows.len(), found.len()))
    };
    assert_eq!(chosen("both ways, call 1: Ctrl"), Ok((1, 1)));
    assert_eq!(chosen("Ctrl-C"), Ok((flow::all().len(), flow::all().len())));
    for nothing in ["typo", "both ways, call 77"] {
        let refused = chosen(nothing).unwrap_err();
        assert!(
            refused.contains(nothing) && refused.contains("both ways"),
            "{refused}"
        );
    }
    let refused = chosen("typo").unwrap_err();
    assert!(
        flow::all().iter().all(|flow| refused.contains(flow.name)),
        "{refused}"
    );
}

/// `SWEEP=whole` runs all (`make sweep`), `SWEEP_ONLY=text` those of them whose name holds the text; without, the sample.
#[test]
fn whatever_goes_wrong_nothing_is_lost_and_nothing_bought_twice() {
    let begin = Instant::now();
    let is_whole = std::env::var("SWEEP").as_deref() == Ok("whole");
    let mut flows = flow::all();
    flows.retain(|flow| is_whole || flow.is_sampled());
    let text = std::env::var("SWEEP_ONLY").ok();
    if let Some(text) = &text {
        narrow(&mut flows, text);
    }
    let runs = in_parallel(&flows, Stage::run_undisturbed);
    let mut cases = if is_whole {
        whole(&flows, &runs)
    } else {
        sample(&flows, &runs)
    };
    if let Some(text) = &text {
        cases = only(cases, text).unwrap_or_else(|refusal| panic!("{refusal}"));
    }
    let breaches = run(&cases);
    let count = |breach: Breach| breaches.iter().filter(|(found, _)| *found == breach).count();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "sweep: {} flows, {} cases in {} s: {} lost, {} bought twice, {} silent, {} stuck, {} missed",
        flows.len(),
        cases.len(),
        begin.elapsed().as_secs(),
        count(Breach::Lost),
        count(Breach::Double),
        count(Breach::Silent),
        count(Breach::Stuck),
        count(Breach::Missed)
    )
    .unwrap();
    assert!(breaches.is_empty(), "{} cases, see above", breaches.len());
}
