//! `--debug`: Terraform uses a provider that a person has started, told by the line that the provider prints.

use std::process::Command;

use serde_json::Value;
use terraform_provider_dts::emulator::{Emulator, Options};

use crate::support::bench::bought_first;
use crate::support::{PROVIDER_SOURCE, Running, Workspace, assert_nothing_paid_for};

#[test]
fn terraform_works_with_a_provider_that_runs_already() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let mut provider = Running::start(
        Command::new(env!("CARGO_BIN_EXE_terraform-provider-dts"))
            .arg("--debug")
            .env_remove("TF_REATTACH_PROVIDERS"),
    );
    let line = provider.wait_for("TF_REATTACH_PROVIDERS=");
    let quoted = line.split_once("TF_REATTACH_PROVIDERS='").unwrap().1;
    let reattach = quoted.strip_suffix('\'').unwrap().replace(r"'\''", "'");
    let told: Value = serde_json::from_str(&reattach).unwrap();
    assert!(told[PROVIDER_SOURCE].is_object(), "{told}");

    let workspace = Workspace::new(Some(&emulator.url())).with_env("TF_REATTACH_PROVIDERS", &reattach);
    // There is no other that could do the work.
    std::fs::remove_file(workspace.provider()).unwrap();
    workspace.write("main.tf", &bought_first("SYNC", ""));
    let planned = workspace.plan(&[]).ok();
    assert_eq!(
        planned.planned_changes(),
        [("dts_instance.m".to_owned(), "create".to_owned())]
    );
    workspace.apply_saved().ok();
    workspace.assert_plan_is_empty();
    assert!(emulator.instances().iter().any(|instance| !instance.released));
    workspace.destroy().ok();
    assert_nothing_paid_for(&emulator);

    // It outlives them all, and ends when its person says so.
    provider.signal("INT");
    let ended = provider.finish();
    assert_eq!(ended.status, Some(0), "{}", ended.report());
}
