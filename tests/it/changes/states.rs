//! What a job is beside where it is wanted: why it failed, how far it is, and what an apply makes of its precheck.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::{Create, NoOp, Update};

use super::bed::{Bed, Managed, operations_of};
use super::config::{MIGRATION, SYNC, fixtures, instance, instance_for, job, with};

const CONFIGURE: &str = "ConfigureDtsJob";
const START: &str = "StartDtsJob";
const SKIP: &str = "SkipPreCheck";

fn attribute(managed: &Managed<'_>, name: &str) -> Json {
    managed.core.get(name)
}

/// Databases at whose destination the table is there already, with an account whose password is `password`.
fn occupied(password: &str) -> Json {
    with(
        &fixtures("source-password", password),
        json!({ "endpoints": [
            fixtures("source-password", password)["endpoints"][0],
            { "instance_id": "rm-destination", "engine": "MySQL", "accounts": { "dtstest": password },
              "databases": { "dtsdb_1": [{ "name": "person", "empty": true }] } },
        ]}),
    )
}

fn skipping(codes: &[&str]) -> Json {
    json!({ "precheck": { "skip": codes } })
}

#[test]
fn progress_is_read_and_is_no_change() {
    for (kind, follows) in [(SYNC, true), (MIGRATION, true), (MIGRATION, false)] {
        let bed = Bed::new();
        bed.emulator
            .script_job(json!({ "job": "*", "progress": { "structure": 100, "full": 45 } }));
        let config = with(&job(kind), json!({ "data_synchronization": follows }));
        let (_instance, mut managed, config) = bed.bought(&instance(kind), &config);
        assert_eq!(
            attribute(&managed, "progress"),
            json!({ "structure": 100, "data": 45, "delay_seconds": null }),
            "{kind}"
        );
        assert!(attribute(&managed, "failure").is_null());
        bed.emulator
            .script_job(json!({ "job": "*", "progress": { "structure": 100, "full": 46 } }));
        managed.assert_plan_is_empty(&config);
        assert_eq!(attribute(&managed, "progress")["data"], 46);
        bed.emulator.script_job(json!({ "job": "*", "delay_ms": 2500 }));
        managed.assert_plan_is_empty(&config);
        let delay = if follows { json!(2) } else { Json::Null };
        let done = json!({ "structure": 100, "data": 100, "delay_seconds": delay });
        // A migration's status does not tell that it is past its load, and the phases do.
        assert_eq!(attribute(&managed, "progress"), done, "{kind} {follows}");
    }
}

#[test]
fn a_job_that_failed_behind_our_back_is_drift_with_the_reason() {
    for (kind, stage, told) in [
        (SYNC, "full", "data_initialization"),
        (SYNC, "structure", "structure_initialization"),
        (MIGRATION, "full", "data_initialization"),
        (SYNC, "incremental", "data_synchronization"),
        (MIGRATION, "incremental", "data_synchronization"),
    ] {
        let bed = Bed::new();
        let hold = json!({ "job": "*", "progress": { "structure": 1, "full": 1 } });
        bed.emulator.script_job(hold);
        let config = with(&job(kind), json!({ "data_synchronization": true }));
        let (_instance, mut managed, config) = bed.bought(&instance(kind), &config);
        bed.emulator.script_job(json!({ "job": "*", "failure": {
            "stage": stage, "code": "DTS-30019", "message": "the table is full" } }));
        managed.refresh();
        let failure = attribute(&managed, "failure");
        assert_eq!(failure["stage"], told, "{kind} {stage}");
        assert_eq!(failure["code"], "DTS-30019");
        assert!(failure["message"].as_str().unwrap().contains("the table is full"));
        assert!(failure["suggestion"].as_str().unwrap().contains("started again"));
        let planned = managed.must_plan(&config);
        assert_eq!(operations_of(&planned.planned), [START]);
        Managed::warned(&planned, "desired_status", "the table is full");
        managed.change(&config, Update, &[START]);
        assert!(attribute(&managed, "failure").is_null());
    }
}

#[test]
fn who_paused_a_job_behind_our_back_is_told() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    bed.call("SuspendDtsJob", &[("DtsJobId", &managed.text("id"))]);
    let planned = managed.must_plan(&config);
    assert_eq!(operations_of(&planned.planned), [START]);
    Managed::warned(&planned, "desired_status", "paused by somebody else");
    // Wanted, it is not told; what a pause costs is.
    managed.change(&config, Update, &[START]);
    let paused = with(&config, json!({ "desired_status": "suspended" }));
    let planned = managed.must_plan(&paused);
    Managed::warned(&planned, "desired_status", "six hours");
    managed.change(&paused, Update, &["SuspendDtsJob"]);
    let planned = managed.must_plan(&config);
    assert!(planned.diagnostics.is_empty(), "{:?}", planned.diagnostics);
}

/// Another change of its objects is under way: DTS refuses anything else meanwhile.
#[test]
fn a_job_is_not_paused_while_it_is_modified() {
    let bed = Bed::with(Lifecycle::Reads(3), None);
    let (_instance, mut managed, config) = bed.bought(
        &instance(SYNC),
        &with(&job(SYNC), json!({ "wait_for": "initialized" })),
    );
    let id = managed.text("id");
    let objects =
        r#"{"dtsdb":{"name":"dtsdb_1","all":false,"Table":{"person":{"name":"person","all":true}}}}"#;
    let instance_id = managed.text("dts_instance_id");
    let paused = with(
        &config,
        json!({ "desired_status": "suspended", "wait_for": null }),
    );
    let planned = managed.must_plan(&paused);
    bed.call(
        "ModifyDtsJob",
        &[
            ("DtsJobId", &id),
            ("DtsInstanceId", &instance_id),
            ("DbList", objects),
        ],
    );
    let problems = managed.apply(&planned, &paused);
    assert!(!problems.has_errors(), "{problems:#?}");
    assert_eq!(managed.status(), "Suspending");
}

#[test]
fn a_locked_job_is_left_alone() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    bed.emulator.script_job(json!({ "job": "*", "locked": true }));
    // What is as it was wanted keeps nothing else from being applied.
    let planned = managed.must_plan(&config);
    assert_eq!(planned.action, NoOp);
    Managed::warned(&planned, "desired_status", "Pay what is owed");
    assert_eq!(attribute(&managed, "failure")["stage"], "locked");
    let renamed = with(&config, json!({ "dts_job_name": "other" }));
    managed.refused(&renamed, "desired_status", "Pay what is owed");
    bed.emulator.script_job(json!({ "job": "*" }));
    managed.assert_plan_is_empty(&config);
}

#[test]
fn a_wait_that_fails_may_be_a_warning() {
    let bed = Bed::with(
        Lifecycle::Immediate,
        Some(fixtures("another", "destination-password")),
    );
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let wanted = json!({ "dts_instance_id": bought.text("id"), "on_wait_failure": "warn" });
    let config = with(&job(SYNC), wanted);
    let mut managed = bed.job();
    let planned = managed.must_plan(&config);
    let told = managed.apply(&planned, &config);
    assert!(!told.has_errors(), "{told:#?}");
    assert!(
        told.iter().any(|one| one.summary.contains("CHECK_AUTH_SRC")),
        "{told:#?}"
    );
    assert!(!managed.core.state.as_ref().unwrap().tainted);
    let failure = attribute(&managed, "failure");
    assert_eq!(
        (&failure["stage"], &failure["code"]),
        (&json!("precheck"), &json!("CHECK_AUTH_SRC"))
    );
    // It is still wanted: the next plan says what it would do, and why.
    let planned = managed.must_plan(&config);
    assert_eq!(operations_of(&planned.planned), [START]);
    Managed::warned(&planned, "desired_status", "CHECK_AUTH_SRC");
    bed.emulator
        .set_fixtures(fixtures("source-password", "destination-password"));
    managed.change(&config, Update, &[START]);
    assert!(attribute(&managed, "failure").is_null());
}

/// A wait that ran out is not gone on with.
#[test]
fn a_warning_is_not_waited_for_again() {
    let bed = Bed::new();
    bed.emulator
        .script_job(json!({ "job": "*", "progress": { "full": 10 } }));
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let config = with(
        &job(SYNC),
        json!({ "dts_instance_id": bought.text("id"), "on_wait_failure": "warn", "wait_for": "initialized",
                "timeouts": { "create": "5s" } }),
    );
    let mut managed = bed.job();
    let planned = managed.must_plan(&config);
    let told = managed.apply(&planned, &config);
    assert!(!told.has_errors(), "{told:#?}");
    assert!(
        told.iter().any(|one| one.detail.contains("timeouts.create")),
        "{told:#?}"
    );
    managed.assert_plan_is_empty(&config);
}

#[test]
fn checks_that_fail_are_skipped_and_the_precheck_runs_again() {
    let skip = skipping(&["CHECK_SAME_OBJ", "CHECK_SRC"]);
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(2)] {
        // Bought first.
        let bed = Bed::with(lifecycle, Some(occupied("destination-password")));
        let mut bought = bed.instance();
        bought.settle(&instance(SYNC));
        let on_instance = json!({ "dts_instance_id": bought.text("id") });
        let mut managed = bed.job();
        managed.change(
            &with(&with(&job(SYNC), on_instance), skip.clone()),
            Create,
            &[CONFIGURE, SKIP, START],
        );
        let sent = super::in_place::sent(&bed, SKIP);
        assert_eq!(
            (sent["Skip"].as_str(), sent["SkipPreCheckItems"].as_str()),
            ("true", r#"["CHECK_SAME_OBJ"]"#)
        );
        // Configured first.
        let bed = Bed::with(lifecycle, Some(occupied("destination-password")));
        let config = with(
            &with(&job(SYNC), json!({ "desired_status": "prechecked" })),
            skip.clone(),
        );
        let mut managed = bed.job();
        managed.change(&config, Create, &[CONFIGURE, START, SKIP, START]);
        assert_eq!(managed.status(), "PreCheckPass");
        bed.instance().settle(&with(
            &instance_for(&managed.text("id")),
            json!({ "auto_start": true }),
        ));
        managed.assert_plan_is_empty(&config);
    }
}

#[test]
fn a_check_may_be_skipped_after_it_failed() {
    let bed = Bed::with(Lifecycle::Immediate, Some(occupied("destination-password")));
    let (_instance, mut managed, config) = bed.bought(
        &instance(SYNC),
        &with(&job(SYNC), json!({ "desired_status": "configured" })),
    );
    let running = with(&config, json!({ "desired_status": "running" }));
    managed.fails(&running, "", &["objects of the same name"]);
    managed.change(
        &with(&running, skipping(&["CHECK_SAME_OBJ"])),
        Update,
        &[SKIP, START],
    );
    // Once it has run, that list is only recorded.
    managed.change(&running, Update, &[]);
}

/// `path` of the error, and a part of its text.
#[test]
fn what_may_not_be_skipped_is_told() {
    for (code, path, text) in [
        (
            "CHECK_AUTH_DEST",
            "precheck.skip",
            "does not let this check be skipped",
        ),
        ("CHECK_SAME_OBJ", "", "add the check to `skip`"),
    ] {
        let bed = Bed::with(Lifecycle::Immediate, Some(fixtures("source-password", "another")));
        let configured = with(&job(SYNC), json!({ "desired_status": "configured" }));
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &configured);
        let running = with(
            &with(&config, json!({ "desired_status": "running" })),
            skipping(&[code]),
        );
        managed.fails(&running, path, &[text]);
        let calls = bed.changing_calls(0);
        assert!(!calls.contains(&SKIP.to_owned()), "{calls:?}");
    }
}

#[test]
fn a_skip_that_is_not_needed_is_left_out() {
    let bed = Bed::with(
        Lifecycle::Immediate,
        Some(fixtures("source-password", "destination-password")),
    );
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let config = with(&job(SYNC), json!({ "dts_instance_id": bought.text("id") }));
    let config = with(&config, skipping(&["CHECK_SAME_OBJ"]));
    let mut managed = bed.job();
    let mark = bed.mark();
    let planned = managed.must_plan(&config);
    let told = managed.apply(&planned, &config);
    let told: Vec<_> = told.iter().collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told[0].summary.contains("SkipPreCheck was not needed"),
        "{told:#?}"
    );
    assert_eq!(bed.changing_calls(mark), [CONFIGURE]);
    managed.assert_plan_is_empty(&config);
}

#[test]
fn a_check_counts_again() {
    let bed = Bed::with(Lifecycle::Immediate, Some(occupied("destination-password")));
    let config = with(&job(SYNC), json!({ "desired_status": "prechecked" }));
    let mut managed = bed.job();
    managed.settle(&with(&config, skipping(&["CHECK_SAME_OBJ"])));
    let planned = managed.must_plan(&config);
    assert_eq!(operations_of(&planned.planned), [SKIP, START]);
    assert!(managed.apply(&planned, &config).has_errors());
    assert_eq!(super::in_place::sent(&bed, SKIP)["Skip"], "false");
    assert_eq!(managed.status(), "PrecheckFailed");
}

#[test]
fn what_a_warning_of_the_precheck_means() {
    let warns = with(
        &fixtures("source-password", "destination-password"),
        json!({ "precheck": [{ "item": "CHECK_TIME_ZONE", "state": "Warning", "message": "They differ." }] }),
    );
    let with_policy = |policy: &str| {
        with(
            &job(SYNC),
            json!({ "desired_status": "prechecked", "precheck": { "on_warning": policy } }),
        )
    };
    for (policy, warnings) in [("ignore", 0), ("warn", 1)] {
        let bed = Bed::with(Lifecycle::Immediate, Some(warns.clone()));
        let mut managed = bed.job();
        let planned = managed.must_plan(&with_policy(policy));
        let told = managed.apply(&planned, &with_policy(policy));
        assert!(!told.has_errors(), "{told:#?}");
        assert_eq!(
            told.iter()
                .filter(|one| one.summary.contains("CHECK_TIME_ZONE"))
                .count(),
            warnings
        );
        managed.assert_plan_is_empty(&with_policy(policy));
    }
    // An error, and the next apply checks again.
    let bed = Bed::with(Lifecycle::Immediate, Some(warns));
    let mut managed = bed.job();
    managed.settle(&with(&job(SYNC), json!({ "desired_status": "configured" })));
    managed.fails(&with_policy("error"), "precheck.on_warning", &["They differ."]);
    assert_eq!(managed.status(), "PreCheckPass");
    bed.emulator
        .set_fixtures(fixtures("source-password", "destination-password"));
    managed.change(&with_policy("error"), Update, &[START]);
}
