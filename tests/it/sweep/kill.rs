//! `kill -9` at a call: nobody is left to write down what came of it. The next apply buys nothing a second time: it finds by itself
//! what was made, or names it with the way to take it.

use std::time::{Duration, Instant};

use serde_json::json;

use super::case::{Breach, Case, Checked, Stage, Undisturbed, holds};

/// Who is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Victim {
    /// Its provider ends by itself then.
    Terraform,
    Provider,
}

/// Runs the case, in which a call has been executed and nobody hears of it; and tells what did not hold.
pub(super) fn run(kill: &Case<'_>, victim: Victim, undisturbed: Undisturbed) -> Checked {
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
        holds(begin.elapsed() < Duration::from_secs(60), Breach::Stuck, || {
            "it never came so far".to_owned()
        })?;
        std::thread::sleep(Duration::from_millis(5));
    }
    match victim {
        Victim::Terraform => running.signal("KILL"),
        Victim::Provider => running.signal_children("KILL"),
    }
    let outcome = running.finish();
    bench.emulator.clear_faults();
    holds(outcome.status != Some(0), Breach::Stuck, || {
        format!("nobody was killed{}", outcome.report())
    })?;
    stage
        .bench
        .workspace
        .set_env("TF_REATTACH_PROVIDERS", Some(&stage.hosted.reattach()));
    let bench = &stage.bench;

    let mut again = bench.workspace.run(&Stage::arguments(kill.flow));
    if again.status != Some(0) {
        // Told, with the way to take it.
        let told = again.report();
        for (address, id) in stage.unknown() {
            let named = again.errors().iter().any(|error| {
                let text = format!("{} {}", error.summary, error.detail);
                text.contains(&id) && text.to_lowercase().contains("import")
            });
            holds(named, Breach::Lost, || {
                format!(
                    "{id} is not named with how to import it{}{told}",
                    outcome.report()
                )
            })?;
            let imported = bench.workspace.import(&address, &id);
            holds(imported.status == Some(0), Breach::Stuck, || {
                format!("{id} cannot be imported{}{told}", imported.report())
            })?;
        }
        again = bench.workspace.run(&Stage::arguments(kill.flow));
        if again
            .errors()
            .iter()
            .any(|error| error.detail.contains("apply again, and it is taken as set"))
        {
            // The password of the other end.
            again = bench.workspace.run(&Stage::arguments(kill.flow));
        }
        holds(again.status == Some(0), Breach::Stuck, || {
            format!("it does not go on{}{told}{}", outcome.report(), again.report())
        })?;
    }
    stage.settles(kill.flow, undisturbed, &outcome, &again)
}
