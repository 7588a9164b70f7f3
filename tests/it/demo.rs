//! `make demo` shows what it says: its script checks each of its own steps and fails when one comes out otherwise.

use std::path::Path;
use std::process::Command;

use crate::support::repository;

fn demo(built: &Path) -> (bool, String) {
    let output = Command::new("python3")
        .arg(repository().join("scripts/demo.py"))
        .env("DEMO_BUILT", built)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr]
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .concat();
    (output.status.success(), said)
}

#[test]
fn every_step_comes_out_as_said() {
    let built = Path::new(env!("CARGO_BIN_EXE_terraform-provider-dts"))
        .parent()
        .unwrap();
    let (success, said) = demo(built);
    assert!(success, "{said}");
    for part in [
        "CHECK_AUTH_DEST",
        "How to repair it",
        "Bill: nothing",
        "No changes.",
        "released",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn without_the_programs_it_says_what_to_do() {
    let (success, said) = demo(Path::new("/nonexistent"));
    assert!(!success && said.contains("make demo"), "{said}");
    assert!(!said.contains("Traceback"), "{said}");
}
