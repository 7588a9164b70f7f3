//! Changes in place: each by its own call, planned, recorded and received alike, and then the plan is empty.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::Update;

use super::bed::Bed;
use super::config::{MIGRATION, SYNC, fixtures, instance, instance_for, job, with};

const CONFIGURE: &str = "ConfigureDtsJob";
const START: &str = "StartDtsJob";
const MODIFY: &str = "ModifyDtsJob";
const RENAME: &str = "ModifyDtsJobName";
const PASSWORD: &str = "ModifyDtsJobPassword";
const CLASS: &str = "TransferInstanceClass";

/// The last call of an action.
fn sent(bed: &Bed, action: &str) -> std::collections::BTreeMap<String, String> {
    let calls = bed.emulator.calls().into_iter().rev();
    let mut of_action = calls.filter(|call| call.action == action);
    of_action.next().unwrap().params
}

#[test]
fn a_name_whatever_the_job_does() {
    for (kind, desired) in [
        (MIGRATION, "configured"),
        (MIGRATION, "running"),
        (SYNC, "configured"),
        (SYNC, "running"),
        (SYNC, "suspended"),
    ] {
        let bed = Bed::new();
        let (_instance, mut managed, config) = bed.bought(
            &instance(kind),
            &with(&job(kind), json!({ "desired_status": desired })),
        );
        managed.change(
            &with(&config, json!({ "dts_job_name": "other" })),
            Update,
            &[RENAME],
        );
        assert_eq!(sent(&bed, RENAME)["DtsJobName"], "other");
    }
}

#[test]
fn passwords_on_both_sides_reach_the_job() {
    let bed = Bed::with(
        Lifecycle::Immediate,
        Some(fixtures("source-password", "destination-password")),
    );
    let configured = with(&job(SYNC), json!({ "desired_status": "configured" }));
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &configured);
    bed.emulator
        .set_fixtures(fixtures("new-source", "new-destination"));
    let source = with(
        &config,
        json!({ "source_endpoint": { "password": "new-source" } }),
    );
    managed.change(&source, Update, &[PASSWORD]);
    assert_eq!(sent(&bed, PASSWORD)["Endpoint"], "src");
    let both = with(
        &source,
        json!({ "destination_endpoint": { "password": "new-destination" } }),
    );
    managed.change(&both, Update, &[PASSWORD]);
    assert_eq!(sent(&bed, PASSWORD)["Endpoint"], "dest");
    // The precheck logs in with what the job has.
    managed.change(
        &with(&both, json!({ "desired_status": "running" })),
        Update,
        &[START],
    );
    assert_eq!(managed.status(), "synchronizing");
    // While it runs, and both at once.
    let again = with(
        &both,
        json!({
            "desired_status": "running",
            "source_endpoint": { "password": "third" }, "destination_endpoint": { "password": "fourth" },
        }),
    );
    managed.change(&again, Update, &[PASSWORD, PASSWORD]);
}

#[test]
fn a_write_only_password_is_rotated_by_its_version() {
    let bed = Bed::with(
        Lifecycle::Immediate,
        Some(fixtures("source-password", "destination-password")),
    );
    let write_only = |version: i64, source: &str| {
        with(
            &job(SYNC),
            json!({
                "desired_status": "configured",
                "source_endpoint": { "password": null, "password_wo": source, "password_wo_version": version },
            }),
        )
    };
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &write_only(1, "wrong"));
    let id = json!({ "dts_instance_id": config["dts_instance_id"] });
    // Another value alone is not seen: it is in no state.
    managed.assert_plan_is_empty(&with(&write_only(1, "source-password"), id.clone()));
    let raised = with(&write_only(2, "source-password"), id);
    managed.change(&raised, Update, &[PASSWORD]);
    managed.change(
        &with(&raised, json!({ "desired_status": "running" })),
        Update,
        &[START],
    );
    assert!(
        !managed
            .core
            .value()
            .reveal()
            .to_string()
            .contains("source-password")
    );
}

#[test]
fn a_password_that_moves_out_of_the_state_is_not_sent_again() {
    // DTS refuses a password that is the present one.
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let moved = json!({ "source_endpoint": {
        "password": null, "password_wo": "source-password", "password_wo_version": 1,
    } });
    managed.change(&with(&config, moved), Update, &[]);
    let other = json!({ "destination_endpoint": {
        "password": null, "password_wo": "another", "password_wo_version": 1,
    } });
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    managed.change(&with(&config, other), Update, &[PASSWORD]);
}

#[test]
fn a_password_cannot_be_taken_away() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let without = json!({ "source_endpoint": { "password": null } });
    managed.refused(&with(&config, without), "source_endpoint.password", "password_wo");
}

#[test]
fn the_class_goes_up_and_down() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(2)] {
        let bed = Bed::with(lifecycle, None);
        let (mut bought, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
        for (class, order) in [
            ("large", "UPGRADE"),
            ("medium", "DOWNGRADE"),
            ("micro", "DOWNGRADE"),
            ("small", "UPGRADE"),
        ] {
            let config = with(&instance(SYNC), json!({ "instance_class": class }));
            bought.change(&config, Update, &[CLASS]);
            assert_eq!(sent(&bed, CLASS)["OrderType"], order, "{class}");
            assert_eq!(bed.emulator.instances()[0].instance_class, class);
        }
        managed.assert_plan_is_empty(&config);
    }
}

#[test]
fn the_class_of_an_instance_for_a_job() {
    let bed = Bed::new();
    let mut configured = bed.job();
    configured.settle(&job(MIGRATION));
    let mut bought = bed.instance();
    let config = instance_for(&configured.text("id"));
    bought.settle(&config);
    bought.change(
        &with(&config, json!({ "instance_class": "xxlarge" })),
        Update,
        &[CLASS],
    );
    bought.change(
        &with(&config, json!({ "instance_class": "medium" })),
        Update,
        &[CLASS],
    );
    assert_eq!(sent(&bed, CLASS)["OrderType"], "DOWNGRADE");
}

#[test]
fn auto_start_starts_once_and_never_stops() {
    for desired in ["configured", "prechecked"] {
        let bed = Bed::new();
        let mut configured = bed.job();
        let job = with(&job(SYNC), json!({ "desired_status": desired }));
        configured.settle(&job);
        let mut bought = bed.instance();
        let config = instance_for(&configured.text("id"));
        bought.settle(&with(&config, json!({ "auto_start": false })));
        bought.change(&with(&config, json!({ "auto_start": true })), Update, &[START]);
        assert_eq!(configured.status(), "synchronizing");
        configured.assert_plan_is_empty(&job);
        bought.change(&with(&config, json!({ "auto_start": false })), Update, &[]);
        // The job runs already.
        bought.change(&with(&config, json!({ "auto_start": true })), Update, &[]);
    }
}

/// Each change of the configuration that only ConfigureDtsJob can make.
fn reconfigurations() -> Vec<Json> {
    vec![
        json!({ "source_endpoint": { "instance_id": "rm-other" } }),
        json!({ "source_endpoint": { "user_name": "somebody", "password": "else" } }),
        json!({ "destination_endpoint": { "region": "cn-shanghai" } }),
        json!({ "database": [{ "name": "other" }] }),
        json!({ "database": null, "db_list": r#"{"other":{"name":"other","all":true}}"# }),
        json!({ "structure_initialization": false }),
        json!({ "reserve": r#"{"targetTableMode":"2"}"# }),
        json!({ "data_initialization": false, "dts_job_name": "other", "reserve": r#"{"targetTableMode":"2"}"# }),
    ]
}

#[test]
fn before_the_start_a_job_is_configured_again() {
    for change in reconfigurations() {
        for kind in [MIGRATION, SYNC] {
            let bed = Bed::new();
            let configured = with(&job(kind), json!({ "desired_status": "configured" }));
            // On an instance.
            let (_instance, mut managed, config) = bed.bought(&instance(kind), &configured);
            managed.change(&with(&config, change.clone()), Update, &[CONFIGURE]);
            assert_eq!(managed.status(), "NotStarted");
            assert!(sent(&bed, CONFIGURE)["Reserve"].contains(r#""autoStartModulesAfterConfig":"none""#));
            let both = with(&change, json!({ "desired_status": "running" }));
            let back = with(&config, json!({ "desired_status": "running" }));
            managed.change(&back, Update, &[CONFIGURE]);
            assert!(!sent(&bed, CONFIGURE)["Reserve"].contains("autoStart"));
            assert!(
                ["Finished", "synchronizing"].contains(&managed.status().as_str()),
                "{both}"
            );
            // Without one.
            let mut alone = bed.job();
            alone.settle(&configured);
            alone.change(&with(&configured, change.clone()), Update, &[CONFIGURE]);
            let prechecked = with(&configured, json!({ "desired_status": "prechecked" }));
            alone.change(&prechecked, Update, &[CONFIGURE, START]);
            assert_eq!(alone.status(), "PreCheckPass");
            alone.change(&with(&prechecked, change.clone()), Update, &[CONFIGURE, START]);
            assert_eq!(alone.status(), "PreCheckPass");
        }
    }
}

#[test]
fn a_checked_job_with_an_instance_is_configured_again_and_waits() {
    // Checked, then bought for; another precheck would start it, which nobody asked for.
    let bed = Bed::new();
    let config = with(&job(SYNC), json!({ "desired_status": "prechecked" }));
    let mut managed = bed.job();
    managed.settle(&config);
    bed.instance().settle(&instance_for(&managed.text("id")));
    let changed = with(&config, json!({ "database": [{ "name": "other" }] }));
    managed.change(&changed, Update, &[CONFIGURE]);
    assert_eq!(managed.status(), "NotStarted");
    managed.change(
        &with(&changed, json!({ "desired_status": "running" })),
        Update,
        &[START],
    );
}

#[test]
fn a_failed_precheck_is_repaired_by_a_change() {
    for (change, operations) in [
        (
            json!({ "source_endpoint": { "password": "right" } }),
            &[PASSWORD, START][..],
        ),
        (
            json!({ "source_endpoint": { "user_name": "root", "password": "right" } }),
            &[CONFIGURE][..],
        ),
    ] {
        let mut databases = fixtures("right", "destination-password");
        databases["endpoints"][0]["accounts"]["root"] = json!("right");
        let bed = Bed::with(Lifecycle::Immediate, Some(databases));
        let configured = with(&job(SYNC), json!({ "desired_status": "configured" }));
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &configured);
        let running = with(&config, json!({ "desired_status": "running" }));
        let planned = managed.must_plan(&running);
        let problems = managed.apply(&planned, &running);
        assert!(problems.has_errors());
        assert_eq!(managed.status(), "PrecheckFailed");
        managed.change(&with(&running, change), Update, operations);
        assert_eq!(managed.status(), "synchronizing");
    }
}

#[test]
fn objects_and_settings_of_a_synchronization_that_runs() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(2)] {
        let bed = Bed::with(lifecycle, None);
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
        let more = with(
            &config,
            json!({ "database": [{ "name": "dtsdb" }, { "name": "other" }] }),
        );
        managed.change(&more, Update, &[MODIFY]);
        let objects: Json = serde_json::from_str(&sent(&bed, MODIFY)["DbList"]).unwrap();
        assert_eq!(objects.as_object().unwrap().len(), 2);
        let settings = with(&more, json!({ "reserve": r#"{"targetTableMode":"2"}"# }));
        managed.change(&settings, Update, &[MODIFY]);
        assert_eq!(sent(&bed, MODIFY)["ModifyTypeEnum"], "UPDATE_RESERVED");
        let both = with(
            &settings,
            json!({ "database": [{ "name": "other" }], "reserve": r#"{"targetTableMode":"0"}"# }),
        );
        managed.change(&both, Update, &[MODIFY, MODIFY]);
        // And then paused, and the other way about.
        let paused = with(
            &both,
            json!({ "database": [{ "name": "dtsdb" }], "desired_status": "suspended" }),
        );
        managed.change(&paused, Update, &[MODIFY, "SuspendDtsJob"]);
        managed.change(&both, Update, &[START, MODIFY]);
    }
}

#[test]
fn objects_of_a_paused_or_ended_synchronization_are_refused() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let objects = json!({ "database": [{ "name": "other" }] });
    let suspended = with(&config, json!({ "desired_status": "suspended" }));
    managed.settle(&suspended);
    managed.refused(&with(&suspended, objects.clone()), "database", "running");
    let list = json!({ "database": null, "db_list": r#"{"other":{"all":true}}"# });
    managed.refused(&with(&suspended, list), "db_list", "running");
    let stopped = with(&config, json!({ "desired_status": "stopped" }));
    managed.settle(&stopped);
    managed.refused(&with(&stopped, objects), "database", "stopped");
    managed.refused(
        &with(&stopped, json!({ "reserve": r#"{"targetTableMode":"2"}"# })),
        "reserve",
        "stopped",
    );
    managed.refused(
        &with(
            &stopped,
            json!({ "source_endpoint": { "region": "cn-shanghai" } }),
        ),
        "source_endpoint.region",
        "stopped",
    );
}

#[test]
fn settings_of_a_migration_that_runs() {
    let bed = Bed::new();
    let follows = with(&job(MIGRATION), json!({ "data_synchronization": true }));
    let (_instance, mut managed, config) = bed.bought(&instance(MIGRATION), &follows);
    assert_eq!(managed.status(), "Migrating");
    let reserve = json!({ "reserve": r#"{"targetTableMode":"2"}"# });
    managed.change(&with(&config, reserve), Update, &[MODIFY]);
}

#[test]
fn a_migration_that_has_run_is_not_configured_again() {
    for follows in [false, true] {
        let bed = Bed::new();
        let config = with(&job(MIGRATION), json!({ "data_synchronization": follows }));
        let (_instance, mut managed, config) = bed.bought(&instance(MIGRATION), &config);
        for (change, path) in [
            (
                json!({ "source_endpoint": { "instance_id": "rm-other" } }),
                "source_endpoint.instance_id",
            ),
            (
                json!({ "destination_endpoint": { "user_name": "x" } }),
                "destination_endpoint.user_name",
            ),
            (json!({ "data_initialization": false }), "data_initialization"),
            (json!({ "database": [{ "name": "other" }] }), "database"),
            (
                json!({ "database": null, "db_list": r#"{"other":{"all":true}}"# }),
                "db_list",
            ),
        ] {
            managed.refused(&with(&config, change), path, "replace_triggered_by");
        }
        if !follows {
            let reserve = json!({ "reserve": r#"{"targetTableMode":"2"}"# });
            managed.refused(&with(&config, reserve), "reserve", "replace_triggered_by");
        }
    }
}

#[test]
fn other_words_for_the_same_call_nothing() {
    for change in [
        json!({ "reserve": "{ \"targetTableMode\": 0 }" }),
        json!({ "source_endpoint": { "engine_name": "mysql", "instance_type": "rds" } }),
    ] {
        let bed = Bed::new();
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
        managed.assert_plan_is_empty(&with(&config, change));
    }
    for change in [
        json!({ "wait_for": "initialized" }),
        json!({ "wait_for": "caught_up", "max_delay_seconds": 5 }),
        json!({ "timeouts": { "update": "7m" } }),
        json!({ "database": null, "db_list": r#"{"dtsdb":{"name":"dtsdb_1","all":"false","Table":{"person":{}}}}"# }),
        json!({ "desired_status": "configured" }),
    ] {
        let bed = Bed::new();
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
        managed.change(&with(&config, change), Update, &[]);
    }
}

#[test]
fn several_changes_at_once() {
    let bed = Bed::new();
    let (mut bought, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let all = with(
        &config,
        json!({
            "dts_job_name": "other",
            "source_endpoint": { "password": "new-source" },
            "destination_endpoint": { "password": "new-destination" },
            "database": [{ "name": "dtsdb" }],
            "reserve": r#"{"targetTableMode":"2"}"#,
            "desired_status": "suspended",
        }),
    );
    managed.change(
        &all,
        Update,
        &[RENAME, PASSWORD, PASSWORD, MODIFY, MODIFY, "SuspendDtsJob"],
    );
    let changed = json!({ "instance_class": "medium", "on_destroy": "keep", "timeouts": { "delete": "3m" } });
    bought.change(&with(&instance(SYNC), changed), Update, &[CLASS]);
}
