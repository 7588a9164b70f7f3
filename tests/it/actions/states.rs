//! Every status of a job (dts-api.md 3.2) and every action: what is called, what needs no call, and what is an error before the call.

use serde_json::{Value, json};
use terraform_provider_dts::api;
use terraform_provider_dts::emulator::Lifecycle;

use crate::support::bench::{Bench, wrong_passwords};
use crate::support::outside::{self, Made, invoke};

const ACTIONS: [(&str, &str); 6] = [
    ("dts_start_job", "StartDtsJob"),
    ("dts_suspend_job", "SuspendDtsJob"),
    ("dts_stop_job", "StopDtsJob"),
    ("dts_reset_job", "ResetDtsJob"),
    ("dts_precheck", "StartDtsJob"),
    ("dts_skip_precheck", "SkipPreCheck"),
];

/// A job in this status; one without an instance for the actions that are for those.
fn in_status(bench: &Bench, status: &str, unbought: bool) -> Made {
    let emulator = &bench.emulator;
    emulator.reset();
    let configured = |kind: &str| match unbought {
        true => outside::configured(bench, kind, "orders"),
        false => outside::on_instance(bench, kind, "orders"),
    };
    let started = |made: Made| {
        let job = api::JobRef::job(&made.job_id);
        bench.with_client(async move |api| api.start_dts_job(&job).await);
        made
    };
    let script = |what: Value| {
        let mut script = json!({"job": "*"});
        script
            .as_object_mut()
            .unwrap()
            .extend(what.as_object().unwrap().clone());
        emulator.script_job(script);
    };
    let fails = |stage: &str| script(json!({"failure": {"stage": stage}}));
    let held = || emulator.set_lifecycle("seconds:3600".parse().unwrap());
    let running = |kind: &str| outside::running(bench, kind, "orders");
    match status {
        "NotConfigured" => outside::bought(bench, "SYNC"),
        "NotStarted" => configured("SYNC"),
        "Prechecking" => {
            emulator.set_lifecycle(Lifecycle::Reads(3));
            started(configured("SYNC"))
        }
        "PrecheckFailed" => {
            emulator.set_fixtures(wrong_passwords());
            started(configured("SYNC"))
        }
        "PreCheckPass" => {
            let made = started(outside::configured(bench, "SYNC", "orders"));
            if !unbought {
                let request = api::CreateDtsInstance {
                    job_id: Some(made.job_id.clone()),
                    pay_type: Some("PostPaid".to_owned()),
                    instance_class: Some("small".to_owned()),
                    ..api::CreateDtsInstance::default()
                };
                bench.with_client(async move |api| api.create_dts_instance(&request).await);
            }
            made
        }
        "Initializing" | "Migrating" => {
            script(json!({"progress": {"structure": 50}}));
            running(if status == "Migrating" {
                "MIGRATION"
            } else {
                "SYNC"
            })
        }
        "Synchronizing" => running("SYNC"),
        "InitializeFailed" => {
            fails("full");
            running("SYNC")
        }
        "MigrationFailed" => {
            fails("full");
            running("MIGRATION")
        }
        "Failed" => {
            fails("incremental");
            running("SYNC")
        }
        "Modifying" | "ModifyFailed" => {
            if status == "ModifyFailed" {
                fails("modify");
            }
            let made = running("SYNC");
            if status == "Modifying" {
                held();
            }
            let request = api::ModifyDtsJob {
                dts_instance_id: made.instance_id.clone(),
                db_list: Some(r#"{"dtsdb":{"name":"dtsdb_1","all":true}}"#.to_owned()),
                ..api::ModifyDtsJob::default()
            };
            bench.with_client(async move |api| api.modify_dts_job(&request).await);
            made
        }
        "Starting" | "Normal" | "Abnormal" => {
            let made = outside::bought(bench, "SUBSCRIBE");
            let configuration = outside::configuration("SUBSCRIBE", "orders");
            let text = |text: &str| Some(text.to_owned());
            let request = api::ConfigureSubscription {
                dts_job_id: Some(made.job_id.clone()),
                dts_job_name: "orders".to_owned(),
                source: api::Endpoint {
                    engine_name: text("MySQL"),
                    ..configuration.source
                },
                db_list: text(r#"{"dtsdb":{"name":"dtsdb","all":true}}"#),
                network_type: "vpc".to_owned(),
                vpc_id: text("vpc-1"),
                vswitch_id: text("vsw-1"),
                ..api::ConfigureSubscription::default()
            };
            bench.with_client(async move |api| api.configure_subscription(&request).await);
            // The precheck, and then half of what comes after it.
            if status == "Starting" {
                emulator.set_lifecycle(Lifecycle::Reads(1));
            }
            let made = started(made);
            if status == "Starting" {
                while outside::status(bench, &made.job_id) == "Prechecking" {}
                held();
            }
            if status == "Abnormal" {
                let job = api::JobRef::job(&made.job_id);
                bench.with_client(async move |api| api.suspend_dts_job(&job).await);
            }
            made
        }
        "Suspending" | "Finished" => {
            let made = running("SYNC");
            let job = api::JobRef::job(&made.job_id);
            bench.with_client(async move |api| match status {
                "Suspending" => api.suspend_dts_job(&job).await,
                _ => api.stop_dts_job(&job).await,
            });
            made
        }
        "Retrying" => {
            script(json!({"retrying": {}}));
            running("SYNC")
        }
        "Upgrade" | "Downgrade" => {
            let made = running("SYNC");
            held();
            let id = made.job_id.clone();
            let (class, order) = match status {
                "Upgrade" => ("medium", "UPGRADE"),
                _ => ("micro", "DOWNGRADE"),
            };
            bench.with_client(async move |api| api.transfer_instance_class(&id, class, order, None).await);
            made
        }
        "Locked" => {
            let made = running("SYNC");
            script(json!({"locked": true}));
            made
        }
        other => panic!("{other}"),
    }
}

/// What each of the actions does at the status: `call`s, leaves the job as it `is`, or is `wrong`.
fn check(bench: &Bench, status: &str, expected: [&str; 6], why: &str) {
    for ((action, call), expected) in ACTIONS.into_iter().zip(expected) {
        let made = in_status(bench, status, action.contains("precheck"));
        if status != "Prechecking" {
            assert_eq!(outside::status(bench, &made.job_id), status, "the test itself");
        }
        let mut config = json!({"job_id": made.job_id});
        match action {
            "dts_precheck" => config["rerun"] = json!(true),
            "dts_skip_precheck" => config["items"] = json!(["CHECK_SAME_OBJ"]),
            _ => config["wait_for"] = json!("none"),
        }
        let mark = bench.mark();
        let (told, problems) = invoke(bench, action, &config);
        let calls = bench.changes_since(mark);
        let context = format!("{action} at {status}: {calls:?} {told:?} {problems:?}");
        match expected {
            // What a check finds is told as errors, and is another matter.
            "call" => {
                assert_eq!(calls, [call], "{context}");
                assert!(
                    problems.iter().all(|one| one.summary.contains("failed: CHECK_")),
                    "{context}"
                );
            }
            "is" => assert!(calls.is_empty() && problems.is_empty(), "{context}"),
            _ => {
                assert!(calls.is_empty() && problems.len() == 1, "{context}");
                let text = &problems[0].detail;
                assert_eq!(problems[0].path.as_ref().unwrap().to_string(), "job_id");
                assert!(text.contains(&format!("status is {status}")), "{context}");
                assert!(text.contains("Nothing was called."), "{context}");
                if !why.is_empty() && !action.contains("precheck") && action != "dts_reset_job" {
                    assert!(text.contains(why), "{context}");
                }
            }
        }
    }
}

const WRONG: &str = "wrong";
const CALL: &str = "call";
const IS: &str = "is";

#[test]
fn before_it_runs() {
    let bench = Bench::immediate();
    //                       start  suspend stop   reset  precheck skip
    check(
        &bench,
        "NotConfigured",
        [WRONG, WRONG, WRONG, IS, WRONG, WRONG],
        "",
    );
    check(
        &bench,
        "NotStarted",
        [CALL, WRONG, WRONG, CALL, CALL, WRONG],
        "does not move data yet",
    );
    check(
        &bench,
        "Prechecking",
        [IS, WRONG, WRONG, CALL, IS, CALL],
        "does not move data yet",
    );
    check(
        &bench,
        "PrecheckFailed",
        [CALL, WRONG, WRONG, CALL, CALL, CALL],
        "does not move data yet",
    );
    check(
        &bench,
        "PreCheckPass",
        [CALL, WRONG, WRONG, CALL, CALL, CALL],
        "does not move data yet",
    );
}

#[test]
fn while_it_runs() {
    let bench = Bench::immediate();
    check(&bench, "Initializing", [IS, CALL, CALL, CALL, WRONG, WRONG], "");
    check(&bench, "Migrating", [IS, CALL, CALL, WRONG, WRONG, WRONG], "");
    check(&bench, "Synchronizing", [IS, CALL, CALL, CALL, WRONG, WRONG], "");
    check(&bench, "Retrying", [IS, CALL, CALL, CALL, WRONG, WRONG], "");
    check(
        &bench,
        "Starting",
        [IS, CALL, WRONG, CALL, WRONG, WRONG],
        "subscription",
    );
    check(
        &bench,
        "Normal",
        [IS, CALL, WRONG, CALL, WRONG, WRONG],
        "subscription",
    );
}

#[test]
fn while_dts_changes_it_or_does_not_let_it_run() {
    let bench = Bench::immediate();
    for status in ["Modifying", "Upgrade", "Downgrade"] {
        check(
            &bench,
            status,
            [WRONG, WRONG, WRONG, CALL, WRONG, WRONG],
            "DTS is changing it. Wait",
        );
    }
    check(
        &bench,
        "Locked",
        [WRONG, WRONG, WRONG, WRONG, WRONG, WRONG],
        "instance is locked",
    );
}

#[test]
fn after_it_ran() {
    let bench = Bench::immediate();
    check(
        &bench,
        "InitializeFailed",
        [CALL, WRONG, CALL, CALL, WRONG, WRONG],
        "has failed",
    );
    check(
        &bench,
        "MigrationFailed",
        [CALL, WRONG, CALL, WRONG, WRONG, WRONG],
        "has failed",
    );
    check(
        &bench,
        "Failed",
        [CALL, WRONG, CALL, CALL, WRONG, WRONG],
        "has failed",
    );
    check(
        &bench,
        "ModifyFailed",
        [CALL, WRONG, CALL, CALL, WRONG, WRONG],
        "has failed",
    );
    check(
        &bench,
        "Abnormal",
        [CALL, IS, WRONG, CALL, WRONG, WRONG],
        "subscription",
    );
    check(&bench, "Suspending", [CALL, IS, CALL, CALL, WRONG, WRONG], "");
    check(
        &bench,
        "Finished",
        [WRONG, WRONG, IS, CALL, WRONG, WRONG],
        "ended for good",
    );
}
