//! What is not there: on import, and where it was deleted behind Terraform's back.

use terraform_provider_dts::emulator::{Emulator, Options};

use super::body::{bought_first, job};
use crate::support::Workspace;

fn start() -> (Emulator, Workspace) {
    let emulator = Emulator::start(Options::default()).unwrap();
    let workspace = Workspace::new(Some(&emulator.url()));
    (emulator, workspace)
}

#[test]
fn nothing_to_import() {
    let (_emulator, workspace) = start();
    workspace.write(
        "main.tf",
        &[job().resource("m"), bought_first().resource("m")].concat(),
    );
    for (address, id, parts) in [
        (
            "dts_job.m",
            "j0123456789",
            [
                "Unable to import DTS job j0123456789",
                "There is no job with the id \"j0123456789\"",
            ],
        ),
        (
            "dts_instance.m",
            "dts0123456789",
            [
                "Unable to import DTS instance dts0123456789",
                "There is no instance with the id \"dts0123456789\"",
            ],
        ),
        (
            "dts_job.m",
            " ",
            ["Unable to import dts_job", "The import id is empty"],
        ),
    ] {
        let outcome = workspace.import(address, id).fails();
        // Terraform breaks lines to fit a terminal.
        let said = outcome.stderr.replace(['│', '╷', '╵', '\n'], " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(said.contains(part), "{part:?} is not said{}", outcome.report());
        }
    }
    assert_eq!(workspace.state_json().get("values"), None);
}

/// An id of the other kind: a job's where an instance's is meant, and the other way round.
#[test]
fn the_id_of_the_other() {
    let (_emulator, workspace) = start();
    workspace.write("main.tf", &job().resource("m"));
    workspace.apply(&[]).ok();
    let state = workspace.state_json();
    let id = crate::support::state_values(&state, "dts_job.m")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    workspace.write(
        "main.tf",
        &[job().resource("m"), bought_first().resource("m")].concat(),
    );
    let outcome = workspace.import("dts_instance.m", &id).fails();
    assert!(
        outcome
            .stderr
            .contains(&format!("Unable to import DTS instance {id}")),
        "{}",
        outcome.report()
    );
}

#[test]
fn deleted_behind_our_back() {
    let (emulator, workspace) = start();
    workspace.write("main.tf", &job().resource("m"));
    workspace.apply(&[]).ok();
    workspace.assert_plan_is_empty();
    // Forgets every job.
    emulator.reset();
    let plan = workspace.plan(&[]).ok();
    assert_eq!(
        plan.planned_changes(),
        [("dts_job.m".to_owned(), "create".to_owned())]
    );
    workspace.apply_saved().ok();
    workspace.assert_plan_is_empty();
    // What is gone already is destroyed without a word.
    emulator.reset();
    workspace
        .run(&["destroy", "-refresh=false", "-auto-approve", "-no-color"])
        .ok();

    workspace.write("main.tf", &bought_first().resource("m"));
    workspace.apply(&[]).ok();
    emulator.reset();
    let plan = workspace.plan(&[]).ok();
    assert_eq!(
        plan.planned_changes(),
        [("dts_instance.m".to_owned(), "create".to_owned())]
    );
}
