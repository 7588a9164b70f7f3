//! The official Python SDK, unmodified, against the emulator, in both signature versions.

use std::process::Command;

use serde_json::{Value, json};
use terraform_provider_dts::emulator::{Emulator, Lifecycle, Options};

use crate::support::repository;

/// A Python with the SDK. That it cannot be had fails the test: a skipped test proves nothing.
fn python() -> String {
    let output = Command::new(repository().join("scripts/sdk.sh"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn check(signature: &str) {
    let everything = json!({"endpoints": [
        {"instance_id": "rm-source", "engine": "MySQL", "accounts": {"dtstest": "p@ss w0rd+&=*~é"}, "databases": {"dtsdb": ["person"]}},
        {"instance_id": "rm-destination", "engine": "MySQL", "accounts": {"dtstest": "p@ss w0rd+&=*~é"}},
    ]});
    let options = Options {
        lifecycle: Lifecycle::Reads(2),
        fixtures: Some(everything),
        ..Options::default()
    };
    let emulator = Emulator::start(options).unwrap();
    emulator.add_faults(json!({"action": "SuspendDtsJob", "kind": "refuse", "code": "DTS.Msg.Odd"}));
    let output = Command::new(python())
        .arg(repository().join("tests/sdk/flow.py"))
        .args([emulator.url().trim_start_matches("http://"), signature])
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let calls = emulator.calls();
    let brief: Vec<_> = calls
        .iter()
        .map(|call| (call.action.as_str(), call.status, call.code.as_deref()))
        .collect();
    assert!(
        output.status.success(),
        "{}\n{brief:#?}",
        String::from_utf8_lossy(&output.stderr)
    );

    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(made["precheck"], json!(["Checking", "Checking", "Finished"]));
    let bill = emulator.instances();
    assert_eq!(
        (bill.len(), json!(bill[0].job_id), json!(bill[0].instance_id)),
        (1, made["job"].clone(), made["instance"].clone())
    );
    assert!(calls.iter().all(|call| call.signature == signature), "{calls:#?}");
    let mut changes: Vec<_> = brief
        .into_iter()
        .filter(|(action, ..)| !action.starts_with("Describe"))
        .collect();
    changes.dedup();
    let start = |status, code| ("StartDtsJob", status, code);
    assert_eq!(
        changes,
        [
            ("ConfigureDtsJob", 200, None),
            start(200, None),
            ("CreateDtsInstance", 200, None),
            start(404, Some("InvalidJobId")),
            start(400, Some("MissingDtsJobId")),
            start(400, Some("SignatureDoesNotMatch")),
            start(404, Some("InvalidAccessKeyId.NotFound")),
            start(404, Some("InvalidJobId")),
            ("SuspendDtsJob", 200, Some("DTS.Msg.Odd")),
        ]
    );
}

#[test]
fn configure_precheck_buy_and_run_with_signature_v1() {
    check("v1");
}

#[test]
fn configure_precheck_buy_and_run_with_signature_v3() {
    check("v3");
}
