//! Changes that need another object, and removals: no instance is ever released by a job.

use serde_json::json;
use terraform_provider_dts::framework::rules::Action::Replace;

use super::bed::Bed;
use super::config::{MIGRATION, SYNC, instance, instance_for, job, with};
use crate::lifecycle::core::Planned;

const CONFIGURE: &str = "ConfigureDtsJob";

#[test]
fn a_synchronization_that_runs_is_configured_anew_on_its_instance() {
    for change in [
        json!({ "source_endpoint": { "engine_name": "MARIADB" } }),
        json!({ "destination_endpoint": { "oracle_sid": "orcl" } }),
        json!({ "structure_initialization": false }),
    ] {
        let bed = Bed::new();
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
        managed.change_after(
            &with(&config, change.clone()),
            Replace,
            &["StopDtsJob", "ResetDtsJob"],
            &[CONFIGURE],
        );
        // Not started only to be paused: then it can be configured again.
        let suspended = with(&config, json!({ "desired_status": "suspended" }));
        managed.change_after(&suspended, Replace, &["StopDtsJob", "ResetDtsJob"], &[CONFIGURE]);
        let configured = with(&with(&config, change), json!({ "desired_status": "configured" }));
        managed.change(
            &configured,
            terraform_provider_dts::framework::rules::Action::Update,
            &[CONFIGURE],
        );
        assert_eq!(managed.status(), "NotStarted");
        assert_eq!((bed.emulator.instances().len(), bed.paid()), (1, 1));
    }
}

#[test]
fn another_type_is_another_job() {
    let bed = Bed::new();
    let mut managed = bed.job();
    managed.settle(&job(MIGRATION));
    managed.change_after(&job(SYNC), Replace, &["DeleteDtsJob"], &[CONFIGURE]);
}

#[test]
fn another_instance_is_another_job() {
    for (kind, before) in [
        (SYNC, &["StopDtsJob", "ResetDtsJob"][..]),
        (MIGRATION, &["StopDtsJob"]),
    ] {
        let bed = Bed::new();
        let follows = with(&job(kind), json!({ "data_synchronization": true }));
        let (_instance, mut managed, config) = bed.bought(&instance(kind), &follows);
        let mut other = bed.instance();
        other.settle(&instance(kind));
        let there = with(&config, json!({ "dts_instance_id": other.text("id") }));
        managed.change_after(&there, Replace, before, &[CONFIGURE]);
        assert_eq!(bed.paid(), 2);
    }
}

#[test]
fn an_instance_of_another_shape_is_another_instance() {
    for change in [
        json!({ "type": SYNC }),
        json!({ "source_region": "cn-shanghai" }),
        json!({ "destination_endpoint_engine_name": "PostgreSQL" }),
    ] {
        let bed = Bed::new();
        let mut bought = bed.instance();
        bought.settle(&instance(MIGRATION));
        bought.change_after(
            &with(&instance(MIGRATION), change),
            Replace,
            &["DeleteDtsJob"],
            &["CreateDtsInstance"],
        );
        assert_eq!(bed.paid(), 1);
    }
}

#[test]
fn removing_a_job_releases_nothing() {
    for (kind, follows, desired, calls) in [
        (MIGRATION, false, "configured", &[][..]),
        (MIGRATION, true, "running", &["StopDtsJob"]),
        (MIGRATION, true, "suspended", &["StopDtsJob"]),
        (MIGRATION, false, "running", &[]),
        (SYNC, true, "configured", &["ResetDtsJob"]),
        (SYNC, true, "running", &["StopDtsJob", "ResetDtsJob"]),
        (SYNC, true, "suspended", &["StopDtsJob", "ResetDtsJob"]),
    ] {
        // Bought first.
        let bed = Bed::new();
        let config = with(
            &job(kind),
            json!({ "data_synchronization": follows, "desired_status": desired }),
        );
        let running = if desired == "suspended" {
            "running"
        } else {
            desired
        };
        let first = with(&config, json!({ "desired_status": running }));
        let (_instance, mut managed, on_it) = bed.bought(&instance(kind), &first);
        managed.settle(&with(&on_it, json!({ "desired_status": desired })));
        let mark = bed.mark();
        let planned = managed.must_plan(&serde_json::Value::Null);
        managed.assert_removal(&planned, calls);
        managed.settle(&serde_json::Value::Null);
        assert_eq!(bed.changing_calls(mark), calls, "{kind} {desired}");
        assert_eq!(bed.paid(), 1);
        // Configured first.
        let bed = Bed::new();
        let mut managed = bed.job();
        managed.settle(&with(&config, json!({ "desired_status": "configured" })));
        let mut bought = bed.instance();
        bought.settle(&instance_for(&managed.text("id")));
        if desired != "configured" {
            managed.settle(&first);
            managed.settle(&config);
        }
        let mark = bed.mark();
        let planned = managed.must_plan(&serde_json::Value::Null);
        managed.assert_removal(&planned, calls);
        managed.settle(&serde_json::Value::Null);
        assert_eq!(bed.changing_calls(mark), calls, "{kind} {desired}");
        assert_eq!(bed.paid(), 1);
    }
}

#[test]
fn a_job_without_an_instance_is_deleted() {
    let bed = Bed::new();
    let mut managed = bed.job();
    managed.settle(&job(SYNC));
    let planned = managed.must_plan(&serde_json::Value::Null);
    managed.assert_removal(&planned, &["DeleteDtsJob"]);
    let mark = bed.mark();
    managed.settle(&serde_json::Value::Null);
    assert_eq!(bed.changing_calls(mark), ["DeleteDtsJob"]);
}

/// The plan cannot know the instance's type where nothing of it is in this configuration.
#[test]
fn a_job_of_another_type_than_its_instance_is_blamed() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&instance(MIGRATION));
    let config = with(&job(SYNC), json!({ "dts_instance_id": bought.text("id") }));
    bed.job()
        .fails(&config, "job_type", &["UnSupportedTaskType", "bought for"]);
}

#[test]
fn a_class_that_is_not_sold_for_the_job_is_blamed() {
    let bed = Bed::new();
    let mut managed = bed.job();
    managed.settle(&job(MIGRATION));
    let config = with(
        &instance_for(&managed.text("id")),
        json!({ "instance_class": "micro" }),
    );
    bed.instance()
        .fails(&config, "instance_class", &["InvalidInstanceClass", "xxlarge"]);
    assert_eq!(bed.paid(), 0);
}

#[test]
fn another_type_on_the_same_instance_is_refused() {
    // The job would be gone before DTS says no.
    for (kind, other) in [(SYNC, MIGRATION), (MIGRATION, SYNC)] {
        let bed = Bed::new();
        let config = with(&job(kind), json!({ "data_synchronization": true }));
        let (_instance, mut managed, config) = bed.bought(&instance(kind), &config);
        managed.refused(
            &with(&config, json!({ "job_type": other })),
            "job_type",
            "dts_instance",
        );
    }
}

/// Before it is bought, not after.
#[test]
fn an_instance_that_is_kept_is_told_when_another_is_bought() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    let kept = with(&instance(SYNC), json!({ "on_destroy": "keep" }));
    bought.settle(&kept);
    let elsewhere = with(&kept, json!({ "destination_region": "cn-beijing" }));
    let planned = bought.must_plan(&elsewhere);
    assert_eq!(planned.action, Replace);
    let beside = |planned: &Planned| {
        let mut told = planned.diagnostics.iter();
        told.any(|told| told.summary.contains("bought beside"))
    };
    assert!(beside(&planned));
    assert!(!bought.apply(&planned, &elsewhere).has_errors());
    assert_eq!(bed.paid(), 2);
    // It is said once.
    let larger = with(&elsewhere, json!({ "instance_class": "large" }));
    assert!(!beside(&bought.must_plan(&larger)));
}
