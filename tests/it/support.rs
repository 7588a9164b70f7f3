//! What the tests share: real Terraform in a folder of its own, and how to read what it says.

pub(crate) mod bench;
mod cli;
mod document;
pub(crate) mod hosted;
mod outcome;
pub(crate) mod outside;
mod process;
mod workspace;

pub(crate) use cli::{cli, cli_version, newest, repository};
pub(crate) use document::{planned_operations, state_operations, state_values};
pub(crate) use outcome::{Diagnostic, Outcome};
pub(crate) use process::Running;
pub(crate) use workspace::{PROVIDER_SOURCE, Workspace};

use terraform_provider_dts::emulator::Emulator;

/// Whether a call of this action changes something; all that only read are named like this.
pub(crate) fn changes(action: &str) -> bool {
    !["Describe", "List", "WhiteIpList"]
        .iter()
        .any(|read| action.starts_with(read))
}

/// Fails with the first instance that was bought and not released.
#[track_caller]
pub(crate) fn assert_nothing_paid_for(emulator: &Emulator) {
    for instance in emulator.instances() {
        assert!(instance.released, "{instance:?} is still paid for");
    }
}
