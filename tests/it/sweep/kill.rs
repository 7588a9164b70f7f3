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
/// killed in between has lost all of it, whatever a provider does.
fn until_written(configuration: &Path) -> Checked {
    let begin = Instant::now();
    let mut before = None;
    loop {
        let state = std::fs::read(configuration.join("terraform.tfstate")).ok();
        let is_whole = |state: &Vec<u8>| serde_json::from_slice::<serde_json::Value>(state).is_ok();
        if state.as_ref().is_none_or(is_whole) && before.as_ref() == Some(&state) {
            return Ok(());
        }
        holds(begin.elapsed() < Duration::from_secs(60), Breach::Missed, || {
            "Terraform never wrote its state".to_owned()
        })?;
        before = Some(state);
        std::thread::sleep(Duration::from_millis(50));
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
