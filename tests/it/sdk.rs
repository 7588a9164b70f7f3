//! The official Python SDK, unmodified, against the emulator, in both signature versions.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::{Value, json};
use terraform_provider_dts::emulator::{Emulator, Lifecycle, Options};

use crate::{emulator::catalogue, support::repository};

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

/// Every operation that is served and that the SDK models, each at least once with success.
fn check_every(signature: &str) {
    let emulator = Emulator::start(Options::default()).unwrap();
    let account = json!({"dtstest": "secret+&= é"});
    let servers = ["rm-source", "rm-destination", "rm-other"]
        .map(|id| json!({"instance_id": id, "accounts": account, "databases": {"dtsdb": ["t"], "d": ["t"]}}));
    let elsewhere = json!({"ip": "10.0.0.1"});
    let clusters = ["dtscluster_1", "dtscluster_2"].map(|id| json!({"id": id, "region": "cn-hangzhou"}));
    emulator.set_fixtures(json!({
        "clusters": clusters,
        "endpoints": [servers[0], servers[1], servers[2], elsewhere],
        // Tables of the same names are at both ends.
        "precheck": [{"item": "CHECK_SAME_OBJ", "state": "Warning"}, {"item": "CHECK_DEST_TABLE_EMPTY", "state": "Warning"}],
    }));
    let output = Command::new(python())
        .arg(repository().join("tests/sdk/every.py"))
        .args([emulator.url().trim_start_matches("http://"), signature])
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let calls = emulator.calls();
    assert!(
        output.status.success(),
        "{}\n{:#?}",
        String::from_utf8_lossy(&output.stderr),
        calls.last()
    );
    assert!(calls.iter().all(|call| call.signature == signature));
    let driven: BTreeSet<&str> = calls
        .iter()
        .filter(|call| call.code.is_none())
        .map(|call| call.action.as_str())
        .collect();
    let served: BTreeSet<&str> = Emulator::actions()
        .filter(|action| catalogue::ACTIONS.contains_key(*action))
        .collect();
    assert_eq!(driven, served);
}

#[test]
fn every_operation_served_with_signature_v1() {
    check_every("v1");
}

#[test]
fn every_operation_served_with_signature_v3() {
    check_every("v3");
}

/// A new release of the SDK that knows more is noticed here first, and then by `coverage`.
#[test]
fn the_catalogue_has_the_parameters_of_the_sdk() {
    let output = Command::new(python())
        .arg(repository().join("tests/sdk/parameters.py"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let of_the_sdk: BTreeMap<String, BTreeSet<String>> = serde_json::from_slice(&output.stdout).unwrap();
    let mut differing = Vec::new();
    for (action, parameters) in &of_the_sdk {
        let known = catalogue::ACTIONS.get(action).map(|known| &known.params);
        let known: BTreeSet<String> = known.into_iter().flat_map(BTreeMap::keys).cloned().collect();
        if known != *parameters {
            let other: Vec<&String> = known.symmetric_difference(parameters).collect();
            differing.push(format!("{action}: {other:?}"));
        }
    }
    assert!(
        differing.is_empty(),
        "bring tests/golden/actions.json up to date: {differing:#?}"
    );
    assert_eq!(of_the_sdk.len(), catalogue::ACTIONS.len());
}
