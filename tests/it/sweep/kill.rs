//! `kill -9` at a call: nobody is left to write down what came of it. The next apply buys nothing a second time: it finds by itself
//! what was made, or names it with the way to take it.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::case::Case;
use super::stage::{Breach, Checked, Stage, Undisturbed, holds};

/// Who is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Victim {
    /// Its provider ends by itself then.
    Terraform,
    Provider,
}

/// Until Terraform has written down what came of the calls before: it empties its local state file to write it anew, and one that is
/// killed in between has lost all of it, whatever a provider does. Before the first thing is written the file is empty, too: but
/// stays so.
fn until_written(configuration: &Path) -> Checked {
    let begin = Instant::now();
    let (mut before, mut since) = (None, begin);
    loop {
        let state = std::fs::read(configuration.join("terraform.tfstate")).unwrap_or_default();
        if before.as_ref() != Some(&state) {
            since = Instant::now();
        }
        let settled = match serde_json::from_slice::<serde_json::Value>(&state) {
            Ok(_) => Some(Duration::from_millis(50)),
            Err(_) if state.is_empty() => Some(Duration::from_secs(1)),
            Err(_) => None,
        };
        if settled.is_some_and(|long| since.elapsed() >= long) {
            return Ok(());
        }
        holds(begin.elapsed() < Duration::from_secs(30), Breach::Missed, || {
            "Terraform never wrote its state".to_owned()
        })?;
        before = Some(state);
        std::thread::sleep(Duration::from_millis(25));
    }
}

/// Runs the case, in which a call has been executed and nobody hears of it; and tells what did not hold.
pub(super) fn run(kill: &Case<'_>, victim: Victim, undisturbed: &Undisturbed) -> Checked {
    let mut stage = Stage::set(kill.flow);
    // A process of its own, to be killed.
    stage.bench.workspace.set_env("TF_REATTACH_PROVIDERS", None);
    let bench = &stage.bench;
    bench
        .emulator
        .add_faults(json!({"action": "*", "nth": kill.nth, "kind": "late", "delay_ms": 60_000}));
    let before = bench.mark();
    let running = bench.workspace.start(&Stage::arguments(kill.flow));
    let begin = Instant::now();
    while bench.mark() < before + kill.nth {
        holds(begin.elapsed() < Duration::from_secs(60), Breach::Missed, || {
            "it never came so far".to_owned()
        })?;
        std::thread::sleep(Duration::from_millis(5));
    }
    match victim {
        Victim::Terraform => {
            until_written(&bench.workspace.path())?;
            running.signal("KILL");
        }
        Victim::Provider => running.signal_children("KILL"),
    }
    let outcome = running.finish();
    bench.emulator.clear_faults();
    holds(outcome.status != Some(0), Breach::Missed, || {
        format!("nobody was killed{}", outcome.report())
    })?;
    stage
        .bench
        .workspace
        .set_env("TF_REATTACH_PROVIDERS", Some(&stage.hosted.reattach()));

    let again = stage.go_on(kill.flow, &outcome)?;
    stage.settles(kill.flow, undisturbed, &outcome, &again)
}
