//! Jobs and instances that somebody else changed, through raw calls of DTS.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::{Create, NoOp, Replace, Update};

use crate::changes::bed::{Bed, Managed, operations_of};
use crate::changes::config::{MIGRATION, SYNC, fixtures, instance, instance_for, job, with};

/// A job on an instance, as `changes` say, and what is then done to it.
struct Case {
    bed: Bed,
    kind: &'static str,
    changes: Json,
}

impl Case {
    fn new(kind: &'static str, changes: Json) -> Case {
        Case {
            bed: Bed::new(),
            kind,
            changes,
        }
    }

    fn start(&self) -> (Managed<'_>, Managed<'_>, Json) {
        self.bed
            .bought(&instance(self.kind), &with(&job(self.kind), self.changes.clone()))
    }
}

fn call_job(bed: &Bed, managed: &Managed<'_>, action: &str, more: &[(&str, &str)]) {
    let id = managed.text("id");
    bed.call(action, &[&[("DtsJobId", id.as_str())], more].concat());
}

/// Raw calls on a job, the plan that follows (its operations), and convergence.
fn check(kind: &'static str, changes: Json, calls: &[(&str, &[(&str, &str)])], operations: &[&str]) {
    let case = Case::new(kind, changes);
    let (mut bought, mut managed, config) = case.start();
    for (action, more) in calls {
        call_job(&case.bed, &managed, action, more);
    }
    if operations.is_empty() {
        managed.assert_plan_is_empty(&config);
    } else {
        managed.change(&config, Update, operations);
    }
    bought.assert_plan_is_empty(&instance(kind));
}

#[test]
fn renamed() {
    check(
        SYNC,
        json!({}),
        &[("ModifyDtsJobName", &[("DtsJobName", "theirs")])],
        &["ModifyDtsJobName"],
    );
}

#[test]
fn suspended_and_resumed() {
    let suspend: &[(&str, &[(&str, &str)])] = &[("SuspendDtsJob", &[])];
    check(SYNC, json!({}), suspend, &["StartDtsJob"]);
    check(
        MIGRATION,
        json!({ "data_synchronization": true }),
        suspend,
        &["StartDtsJob"],
    );
    check(
        SYNC,
        json!({ "desired_status": "suspended" }),
        &[("StartDtsJob", &[])],
        &["SuspendDtsJob"],
    );
}

/// Between the plan and its apply: the call is left out and told; a plan that was seen must come true, so that it stays listed.
#[test]
fn done_already_when_the_plan_is_applied() {
    let case = Case::new(SYNC, json!({ "desired_status": "suspended" }));
    let (_instance, mut managed, config) = case.start();
    let running = with(&config, json!({ "desired_status": "running" }));
    managed.settle(&running);
    managed.settle(&config);
    let planned = managed.must_plan(&running);
    assert_eq!(operations_of(&planned.planned), ["StartDtsJob"]);
    call_job(&case.bed, &managed, "StartDtsJob", &[]);
    let mark = case.bed.mark();
    let problems = managed.apply(&planned, &running);
    let told: Vec<_> = problems.iter().collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told[0].summary.contains("StartDtsJob was not needed"),
        "{told:#?}"
    );
    assert!(told[0].detail.contains("lists it all the same"), "{told:#?}");
    assert_eq!(case.bed.changing_calls(mark), [""; 0]);
    assert_eq!(operations_of(&managed.core.value()), ["StartDtsJob"]);
    managed.assert_plan_is_empty(&running);

    // With an error after it, nothing binds the state to the plan: it does not list what was not called.
    let (case, refused) = (
        Case::new(SYNC, json!({ "desired_status": "suspended" })),
        json!({ "action": "ModifyDtsJob", "kind": "refuse", "code": "DTS.Msg.Odd" }),
    );
    let (_instance, mut managed, config) = case.start();
    managed.settle(&with(&config, json!({ "desired_status": "running" })));
    managed.settle(&config);
    let more = json!({ "desired_status": "running", "database": [{ "name": "other" }] });
    let more = with(&config, more);
    let planned = managed.must_plan(&more);
    assert_eq!(operations_of(&planned.planned), ["StartDtsJob", "ModifyDtsJob"]);
    call_job(&case.bed, &managed, "StartDtsJob", &[]);
    case.bed.emulator.add_faults(refused);
    assert!(managed.apply(&planned, &more).has_errors());
    let recorded = operations_of(&managed.core.value());
    assert!(!recorded.contains(&"StartDtsJob".to_owned()), "{recorded:?}");
    managed.change(&more, Update, &["ModifyDtsJob"]);
}

/// It would be waited for until the time is up: it does not run again by itself.
#[test]
fn paused_when_a_change_is_applied() {
    let case = Case::new(SYNC, json!({}));
    let (_instance, mut managed, config) = case.start();
    let more = with(
        &config,
        json!({ "dts_job_name": "renamed", "database": [{ "name": "other" }] }),
    );
    let planned = managed.must_plan(&more);
    assert_eq!(
        operations_of(&planned.planned),
        ["ModifyDtsJobName", "ModifyDtsJob"]
    );
    call_job(&case.bed, &managed, "SuspendDtsJob", &[]);
    let problems = managed.apply(&planned, &more);
    let told: Vec<_> = problems.iter().collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told[0].summary.contains("Unable to change the objects"),
        "{told:#?}"
    );
    assert!(
        told[0].detail.contains("paused since this was planned"),
        "{told:#?}"
    );
    managed.change(&more, Update, &["StartDtsJob", "ModifyDtsJob"]);
}

#[test]
fn started_where_only_configured_was_asked() {
    for kind in [SYNC, MIGRATION] {
        check(
            kind,
            json!({ "desired_status": "configured" }),
            &[("StartDtsJob", &[])],
            &[],
        );
        check(
            kind,
            json!({ "desired_status": "configured", "data_synchronization": true }),
            &[("StartDtsJob", &[]), ("SuspendDtsJob", &[])],
            &[],
        );
    }
}

#[test]
fn reset() {
    for desired in ["configured", "running"] {
        let stop: &[(&str, &[(&str, &str)])] = if desired == "running" {
            &[("StopDtsJob", &[])]
        } else {
            &[]
        };
        let calls = [stop, &[("ResetDtsJob", &[])]].concat();
        check(
            SYNC,
            json!({ "desired_status": desired }),
            &calls,
            &["ConfigureDtsJob"],
        );
    }
}

#[test]
fn stopped() {
    // A synchronization is reset and configured anew; a migration that follows changes cannot be.
    let case = Case::new(SYNC, json!({}));
    let (_instance, mut managed, config) = case.start();
    call_job(&case.bed, &managed, "StopDtsJob", &[]);
    managed.refresh();
    let planned = managed.must_plan(&config);
    let mut told = planned.diagnostics.iter();
    assert!(
        told.any(|told| told.summary.contains("was stopped") && told.detail.contains("loads all data again"))
    );
    managed.change_after(&config, Replace, &["ResetDtsJob"], &["ConfigureDtsJob"]);
    assert_eq!((case.bed.emulator.instances().len(), case.bed.paid()), (1, 1));

    let case = Case::new(MIGRATION, json!({ "data_synchronization": true }));
    let (_instance, mut managed, config) = case.start();
    call_job(&case.bed, &managed, "StopDtsJob", &[]);
    managed.refused(&config, "desired_status", "cannot be started again");
    managed.change(
        &with(&config, json!({ "desired_status": "stopped" })),
        Update,
        &[],
    );

    for desired in ["configured", "stopped"] {
        let case = Case::new(SYNC, json!({}));
        let (_instance, mut managed, config) = case.start();
        call_job(&case.bed, &managed, "StopDtsJob", &[]);
        let settled = with(&config, json!({ "desired_status": desired }));
        managed.change(&settled, Update, &[]);
    }
}

#[test]
fn a_migration_that_ends_is_no_drift() {
    let bed = Bed::with(Lifecycle::Reads(3), None);
    let mut bought = bed.instance();
    bought.settle(&instance(MIGRATION));
    let mut managed = bed.job();
    let config = with(&job(MIGRATION), json!({ "dts_instance_id": bought.text("id") }));
    managed.settle(&config);
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(managed.status());
        managed.assert_plan_is_empty(&config);
        bought.assert_plan_is_empty(&instance(MIGRATION));
    }
    assert_eq!(seen.last().unwrap(), "Finished");
}

#[test]
fn deleted() {
    // Without an instance.
    let bed = Bed::new();
    let mut managed = bed.job();
    managed.settle(&job(MIGRATION));
    call_job(&bed, &managed, "DeleteDtsJob", &[]);
    managed.change(&job(MIGRATION), Create, &["ConfigureDtsJob"]);
    // Deleting a job with an instance releases that.
    let case = Case::new(SYNC, json!({}));
    let (mut bought, mut managed, config) = case.start();
    call_job(&case.bed, &managed, "DeleteDtsJob", &[]);
    bought.change(&instance(SYNC), Create, &["CreateDtsInstance"]);
    let config = with(&config, json!({ "dts_instance_id": bought.text("id") }));
    managed.change(&config, Create, &["ConfigureDtsJob"]);
    assert_eq!((case.bed.emulator.instances().len(), case.bed.paid()), (2, 1));
    // Removing what is gone is success.
    call_job(&case.bed, &managed, "DeleteDtsJob", &[]);
    managed.settle(&Json::Null);
    bought.settle(&Json::Null);
}

const OTHER: &str = r#"{"dtsdb":{"name":"dtsdb_1","all":true},"other":{"name":"other","all":true}}"#;
const FILTERED: &str =
    r#"{"dtsdb":{"name":"dtsdb_1","all":false,"Table":{"person":{"all":true,"filter":"id>1"}}}}"#;

#[test]
fn other_objects() {
    for list in [OTHER, FILTERED] {
        let case = Case::new(SYNC, json!({}));
        let (bought, mut managed, config) = case.start();
        let id = bought.text("id");
        case.bed
            .call("ModifyDtsJob", &[("DtsInstanceId", &id), ("DbList", list)]);
        managed.change(&config, Update, &["ModifyDtsJob"]);
        // Written as JSON, and the other way about: what is configured is another thing than what is there.
        let as_json = with(&config, json!({ "database": null, "db_list": OTHER }));
        managed.change(&as_json, Update, &["ModifyDtsJob"]);
        case.bed
            .call("ModifyDtsJob", &[("DtsInstanceId", &id), ("DbList", FILTERED)]);
        managed.change(&as_json, Update, &["ModifyDtsJob"]);
    }
}

#[test]
fn other_settings() {
    let case = Case::new(SYNC, json!({}));
    let (bought, mut managed, config) = case.start();
    let id = bought.text("id");
    let modify = |reserved: &str| {
        let params = [
            ("DtsInstanceId", id.as_str()),
            ("ModifyTypeEnum", "UPDATE_RESERVED"),
            ("Reserved", reserved),
        ];
        case.bed.call("ModifyDtsJob", &params);
    };
    // Settings that the user did not write are not the user's.
    modify(r#"{"srcSSL":"1"}"#);
    managed.assert_plan_is_empty(&config);
    modify(r#"{"targetTableMode":"2"}"#);
    managed.change(&config, Update, &["ModifyDtsJob"]);
}

#[test]
fn configured_otherwise() {
    for (change, kind) in [
        (json!({ "source_endpoint": { "instance_id": "rm-other" } }), SYNC),
        (json!({ "structure_initialization": false }), MIGRATION),
        (json!({ "database": [{ "name": "other" }] }), MIGRATION),
        (
            json!({ "destination_endpoint": { "user_name": "somebody" } }),
            SYNC,
        ),
    ] {
        // A second workspace has imported the job, and configures it in its own way.
        let case = Case::new(kind, json!({ "desired_status": "configured" }));
        let (_instance, mut managed, config) = case.start();
        let mut elsewhere = case.bed.job();
        elsewhere.import(&managed.text("id")).unwrap();
        elsewhere.settle(&with(&config, change.clone()));
        managed.change(&config, Update, &["ConfigureDtsJob"]);
    }
}

#[test]
fn another_class() {
    let case = Case::new(SYNC, json!({}));
    let (mut bought, managed, _) = case.start();
    let params = [("InstanceClass", "large"), ("OrderType", "UPGRADE")];
    call_job(&case.bed, &managed, "TransferInstanceClass", &params);
    bought.change(&instance(SYNC), Update, &["TransferInstanceClass"]);
    assert_eq!(case.bed.emulator.instances()[0].instance_class, "small");
}

#[test]
fn a_precheck_that_fails_now() {
    let databases = || fixtures("source-password", "destination-password");
    for desired in ["prechecked", "configured"] {
        let bed = Bed::with(Lifecycle::Immediate, Some(databases()));
        let mut managed = bed.job();
        let config = with(&job(MIGRATION), json!({ "desired_status": desired }));
        managed.settle(&config);
        bed.emulator
            .set_fixtures(fixtures("another", "destination-password"));
        call_job(&bed, &managed, "StartDtsJob", &[]);
        assert_eq!(managed.status(), "PrecheckFailed");
        if desired == "configured" {
            managed.assert_plan_is_empty(&config);
            continue;
        }
        // Run again in place: fails as long as the cause is there.
        let planned = managed.must_plan(&config);
        assert_eq!(
            (planned.action, operations_of(&planned.planned)),
            (Update, vec!["StartDtsJob".to_owned()])
        );
        let problems = managed.apply(&planned, &config);
        assert!(
            problems
                .iter()
                .any(|problem| problem.summary.contains("CHECK_AUTH_SRC")),
            "{problems:?}"
        );
        assert_eq!(operations_of(&managed.core.value()), ["StartDtsJob"]);
        bed.emulator.set_fixtures(databases());
        managed.change(&config, Update, &["StartDtsJob"]);
        assert_eq!(managed.status(), "PreCheckPass");
    }
}

#[test]
fn a_failed_precheck_with_an_instance_since_leaves_both_plans_possible() {
    // Bought past the verdict: the job stays as it is, the instance still wants it started, and the plan says so.
    let bed = Bed::with(
        Lifecycle::Immediate,
        Some(fixtures("another", "destination-password")),
    );
    let mut managed = bed.job();
    let config = with(
        &job(SYNC),
        json!({ "desired_status": "prechecked", "wait_for": "none" }),
    );
    managed.settle_once(&config);
    let mut bought = bed.instance();
    let wanted = with(
        &instance_for(&managed.text("id")),
        json!({ "require_precheck": false, "auto_start": true }),
    );
    let planned = bought.must_plan(&wanted);
    let problems = bought.apply(&planned, &wanted);
    assert!(!problems.has_errors(), "{problems:?}");
    assert_eq!(managed.must_plan(&config).action, NoOp);
    bed.emulator
        .set_fixtures(fixtures("source-password", "destination-password"));
    bought.change(&wanted, Update, &["StartDtsJob"]);
    managed.assert_plan_is_empty(&config);
    assert_eq!(managed.status(), "Synchronizing");
}

#[test]
fn bought_for_by_somebody_else() {
    let bed = Bed::new();
    let mut managed = bed.job();
    let config = job(SYNC);
    managed.settle(&config);
    let id = managed.text("id");
    let bought = bed.call(
        "CreateDtsInstance",
        &[
            ("JobId", &id),
            ("PayType", "PostPaid"),
            ("InstanceClass", "small"),
        ],
    );
    managed.assert_plan_is_empty(&config);
    assert_eq!(managed.core.get("dts_instance_id"), bought["InstanceId"]);
    managed.change(
        &with(&config, json!({ "desired_status": "running" })),
        Update,
        &["StartDtsJob"],
    );
}
