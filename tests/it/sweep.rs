//! The sweep: every flow through real Terraform, with each call of it going wrong in each way. Whatever goes wrong, whenever:
//! no id is lost, nothing is bought twice, the error names the cause, the next apply converges, and a removal leaves nothing.
//!
//! `make sweep` runs the [`whole`] of it, `make test` a [`sample`].

mod case;
mod flow;
mod kill;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use self::case::{Breach, Case, Disturbance, FAULTS, Stage, Undisturbed};
use self::flow::Flow;
use self::kill::Victim;

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

/// Runs the cases, and gives back what did not hold.
fn run(cases: &[(Case<'_>, Undisturbed)]) -> Vec<(Breach, String)> {
    let results = in_parallel(cases, |(case, undisturbed)| {
        let ran = std::panic::catch_unwind(AssertUnwindSafe(|| case::run(case, *undisturbed)));
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

/// Each kind once, each at another call.
fn sample<'f>(flows: &'f [Flow]) -> Vec<(Case<'f>, Undisturbed)> {
    let chosen: Vec<&Flow> = flows
        .iter()
        .filter(|flow| flow.before.is_empty() && flow.name.contains("buy"))
        .collect();
    let runs: Vec<Undisturbed> = in_parallel(&chosen, |flow| Stage::run_undisturbed(flow));
    kinds()
        .into_iter()
        .enumerate()
        .map(|(index, disturbance)| {
            let (flow, undisturbed) = (chosen[index % chosen.len()], runs[index % chosen.len()]);
            let nth = 1 + (index * 5) % undisturbed.calls;
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
fn whole(flows: &[Flow]) -> Vec<(Case<'_>, Undisturbed)> {
    let runs = in_parallel(flows, Stage::run_undisturbed);
    let mut cases = Vec::new();
    for (flow, undisturbed) in flows.iter().zip(runs) {
        for disturbance in kinds() {
            for nth in 1..=undisturbed.calls {
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

fn kinds() -> Vec<Disturbance> {
    let singles = FAULTS.map(Disturbance::Once).into_iter();
    let pairs = [FAULTS[3], FAULTS[6]].map(Disturbance::Twice);
    let kills = [Victim::Terraform, Victim::Provider].map(Disturbance::Kill);
    let others = [Disturbance::CtrlC, Disturbance::Panic];
    singles.chain(pairs).chain(others).chain(kills).collect()
}

/// `SWEEP=whole` runs all (`make sweep`), `SWEEP_ONLY=text` those of them whose name holds the text; without, the sample.
#[test]
fn whatever_goes_wrong_nothing_is_lost_and_nothing_bought_twice() {
    let begin = Instant::now();
    let flows = flow::all();
    let mut cases = match std::env::var("SWEEP").as_deref() {
        Ok("whole") => whole(&flows),
        _ => sample(&flows),
    };
    if let Ok(only) = std::env::var("SWEEP_ONLY") {
        cases.retain(|(case, _)| case.to_string().contains(&only));
    }
    let breaches = run(&cases);
    let count = |breach: Breach| breaches.iter().filter(|(found, _)| *found == breach).count();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "sweep: {} flows, {} cases in {} s: {} lost, {} bought twice, {} silent, {} stuck",
        flows.len(),
        cases.len(),
        begin.elapsed().as_secs(),
        count(Breach::Lost),
        count(Breach::Double),
        count(Breach::Silent),
        count(Breach::Stuck)
    )
    .unwrap();
    assert!(breaches.is_empty(), "{} cases, see above", breaches.len());
}
