//! The configuration in a module's README, as a user copies it, on a DTS with the databases of the module's tests.

use std::path::Path;

use serde_json::Value;

use super::{block, emulator, fixtures, folder, install, read};
use crate::support::bench::Bench;
use crate::support::{Outcome, PROVIDER_SOURCE, Workspace, newest};

/// Runs what a README has for its shell, line by line as it stands: each line has to go well, the second plan, if it has one, has to
/// be empty.
#[track_caller]
pub(super) fn runs(module: &str) -> Outcome {
    let bin = tempfile::tempdir().unwrap();
    let emulator = Path::new(env!("CARGO_BIN_EXE_dts-emulator"));
    for (name, program) in [("terraform", newest()), ("dts-emulator", emulator)] {
        std::os::unix::fs::symlink(program, bin.path().join(name)).unwrap();
    }
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    let workspace = Workspace::new(None)
        .with_mirror()
        .with_env("PATH", &path)
        .with_env("TF_CLI_ARGS", "-no-color");
    write(&workspace, module);
    let readme = read(folder(module).join("README.md"));
    let commands = block(&readme, "shell");
    let shell = workspace.start_program(Path::new("bash"), &["-euo", "pipefail", "-c", commands]);
    let ran = shell.finish().ok();
    for (command, said) in [
        ("", "Apply complete!"),
        (
            "terraform plan",
            "No changes. Your infrastructure matches the configuration.",
        ),
        ("", "Destroy complete!"),
    ] {
        if !commands.contains(command) {
            continue;
        }
        assert!(ran.stdout.contains(said), "no {said:?}{}", ran.report());
    }
    ran
}

pub(super) fn write(workspace: &Workspace, module: &str) {
    install(workspace, module, &format!("modules/{module}"));
    let readme = read(folder(module).join("README.md"));
    let main = block(&readme, "hcl").replace("\"dts-community/dts\"", &format!("\"{PROVIDER_SOURCE}\""));
    workspace.write("main.tf", &main);
}

/// To be applied, changed and destroyed by a test, with write-only arguments.
pub(super) struct Copied {
    pub(super) bench: Bench,
}

impl Copied {
    pub(super) fn new(module: &str, variables: &[(&str, &str)]) -> Copied {
        let emulator = emulator(fixtures(module));
        let mut workspace = Workspace::new(None)
            .at_least((1, 11))
            .with_env("DTS_ENDPOINT", &emulator.url())
            .with_env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testAccessKeyId")
            .with_env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testAccessKeySecret");
        for (name, value) in variables {
            workspace.set_env(&format!("TF_VAR_{name}"), Some(value));
        }
        write(&workspace, module);
        workspace.run(&["get"]).ok();
        Copied {
            bench: Bench { emulator, workspace },
        }
    }

    /// Changes the configuration: `old` has to be there.
    #[track_caller]
    pub(super) fn edit(&self, old: &str, new: &str) -> &Self {
        let workspace = &self.bench.workspace;
        let main = std::fs::read_to_string(workspace.path().join("main.tf")).unwrap();
        assert_eq!(main.matches(old).count(), 1, "{old:?} in {main}");
        workspace.write("main.tf", &main.replace(old, new));
        self
    }

    /// Another argument of the module.
    #[track_caller]
    pub(super) fn add(&self, argument: &str) -> &Self {
        self.edit("\n  databases = {", &format!("\n  {argument}\n  databases = {{"))
    }

    /// Applies, then the plan is empty; the calls that changed something, in order, those of two-way halves with their direction.
    #[track_caller]
    pub(super) fn apply(&self) -> Vec<String> {
        let mark = self.bench.mark();
        self.bench.apply().ok();
        self.bench.workspace.assert_plan_is_empty();
        self.calls_since(mark)
    }

    pub(super) fn calls_since(&self, mark: usize) -> Vec<String> {
        let calls = self.bench.emulator.calls().into_iter().skip(mark);
        let changing = calls.filter(|call| crate::support::changes(&call.action));
        changing
            .map(|call| match call.params.get("SynchronizationDirection") {
                Some(direction) => format!("{} {direction}", call.action),
                None => call.action,
            })
            .collect()
    }

    /// What the outputs of the module tell.
    #[track_caller]
    pub(super) fn output(&self, name: &str) -> Value {
        self.bench.workspace.state_json()["values"]["outputs"][name]["value"].clone()
    }

    /// The text of a recorded object.
    #[track_caller]
    pub(super) fn recorded(&self, address: &str, name: &str) -> String {
        let recorded = self.bench.recorded(address);
        recorded
            .unwrap_or_else(|| panic!("no {address} in the state"))
            .text(name)
    }

    /// Nothing to change, and what the plan says besides.
    #[track_caller]
    pub(super) fn told(&self) -> String {
        let plan = self.bench.plan(&[]);
        assert_eq!(plan, [], "the plan is not empty");
        let planned = self.bench.workspace.plan(&[]).ok();
        let told = planned.warnings();
        told.iter()
            .map(|one| format!("{}: {}\n", one.summary, one.detail))
            .collect()
    }

    /// Nothing is paid for any more, and no job is left.
    #[track_caller]
    pub(super) fn destroy(&self) {
        self.bench.workspace.destroy().ok();
        crate::support::assert_nothing_paid_for(&self.bench.emulator);
        assert!(self.bench.jobs().is_empty(), "{:?}", self.bench.jobs());
        assert_eq!(self.bench.subscriptions().len(), 0);
    }
}
