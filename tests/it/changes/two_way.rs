//! The reverse job of a two-way synchronization waits for its forward job.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::Value;
use terraform_provider_dts::framework::rules::Action::{Create, Update};

use super::bed::Bed;
use super::config::{SYNC, fixtures, instance, job, with};

const CONFIGURE: &str = "ConfigureDtsJob";

/// Both jobs, on an instance that is bought.
fn halves(bed: &Bed) -> (Json, Json) {
    let mut bought = bed.instance();
    bought.settle(&with(
        &instance(SYNC),
        json!({ "sync_architecture": "bidirectional" }),
    ));
    let forward = with(&job(SYNC), json!({ "dts_instance_id": bought.text("id") }));
    let (from, to) = (
        forward["source_endpoint"].clone(),
        forward["destination_endpoint"].clone(),
    );
    let reverse = json!({
        "synchronization_direction": "Reverse", "structure_initialization": false, "data_initialization": false,
        "source_endpoint": to, "destination_endpoint": from,
    });
    (forward.clone(), with(&forward, reverse))
}

#[test]
fn it_is_configured_once_the_forward_job_follows_changes() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(2)] {
        let bed = Bed::with(lifecycle, None);
        let (forward, reverse) = halves(&bed);
        let mut one = bed.job();
        one.settle_once(&with(&forward, json!({ "wait_for": "none" })));
        let mark = bed.mark();
        let mut other = bed.job();
        other.change(&reverse, Create, &[CONFIGURE]);
        let calls = bed.emulator.calls();
        let looks = calls[mark..].iter().take_while(|call| call.action != CONFIGURE);
        let looks = looks.filter(|call| {
            call.params
                .get("SynchronizationDirection")
                .is_some_and(|it| it == "Forward")
        });
        let expected = if lifecycle == Lifecycle::Immediate { 1 } else { 4 };
        assert!(looks.count() >= expected, "it did not wait");
        assert_eq!(one.status(), "Synchronizing");
    }
}

/// No error can taint what was never made.
#[test]
fn nothing_is_configured_where_the_forward_job_does_not_run() {
    let bed = Bed::new();
    let (forward, reverse) = halves(&bed);
    let mut other = bed.job();
    other.fails(
        &reverse,
        "dts_instance_id",
        &["status NotConfigured", "depends_on"],
    );
    assert_eq!(other.core.value(), Value::Null);
    // Nothing is to run, so nothing has to be loaded.
    other.change(
        &with(&reverse, json!({ "desired_status": "configured" })),
        Create,
        &[CONFIGURE],
    );
    let mut one = bed.job();
    one.change(&forward, Create, &[CONFIGURE]);
    other.change(&reverse, Update, &["StartDtsJob"]);
}

#[test]
fn a_forward_job_that_failed_is_named() {
    let bed = Bed::new();
    let (forward, reverse) = halves(&bed);
    bed.emulator.script_job(
        json!({ "job": "*", "failure": { "stage": "full", "code": "DTS-1", "message": "no space" } }),
    );
    let mut one = bed.job();
    one.settle_once(&with(&forward, json!({ "wait_for": "none" })));
    let mut other = bed.job();
    let mark = bed.mark();
    other.fails(
        &reverse,
        "dts_instance_id",
        &["status InitializeFailed", "Nothing was configured"],
    );
    assert_eq!(bed.changing_calls(mark), [""; 0]);
}

#[test]
fn a_failed_check_of_the_forward_job_is_told_item_by_item() {
    let bed = Bed::with(Lifecycle::Immediate, Some(fixtures("source-password", "another")));
    let (forward, reverse) = halves(&bed);
    let mut one = bed.job();
    one.settle_once(&with(&forward, json!({ "wait_for": "none" })));
    let mut other = bed.job();
    let mark = bed.mark();
    other.fails(&reverse, "", &["its reverse job was not configured"]);
    assert_eq!(bed.changing_calls(mark), [""; 0]);
}
