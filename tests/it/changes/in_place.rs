//! Changes in place: each by its own call, planned, recorded and received alike, and then the plan is empty.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::Value;
use terraform_provider_dts::framework::rules::Action::Update;

use super::bed::{Bed, operations_of};
use super::config::{MIGRATION, SYNC, fixtures, instance, instance_for, job, with};

pub(super) const START: &str = "StartDtsJob";
const MODIFY: &str = "ModifyDtsJob";
const RENAME: &str = "ModifyDtsJobName";
pub(super) const PASSWORD: &str = "ModifyDtsJobPassword";
const CLASS: &str = "TransferInstanceClass";

/// The last call of an action.
pub(crate) fn sent(bed: &Bed, action: &str) -> std::collections::BTreeMap<String, String> {
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
    assert_eq!(managed.status(), "Synchronizing");
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
fn a_write_only_password_without_a_version_is_a_password() {
    for (password, operations) in [("source-password", &[][..]), ("another", &[PASSWORD])] {
        let bed = Bed::new();
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
        let moved = json!({ "source_endpoint": { "password": null, "password_wo": password } });
        let moved = with(&config, moved);
        managed.change(&moved, Update, operations);
        let versioned = json!({ "source_endpoint": { "password_wo": "third", "password_wo_version": 1 } });
        managed.change(&with(&moved, versioned), Update, &[PASSWORD]);
    }
}

#[test]
fn a_version_raised_without_a_new_password_says_how_to_go_back() {
    let bed = Bed::new();
    let hidden = |password: &str, version: Json| json!({ "source_endpoint": { "password": null, "password_wo": password, "password_wo_version": version } });
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    // Without a version first, and then with one.
    for (before, raised, back) in [
        (Json::Null, json!(1), "remove `password_wo_version`"),
        (json!(2), json!(3), "set `password_wo_version` back to 2"),
    ] {
        let before = with(&config, hidden(&format!("with {before}"), before.clone()));
        managed.settle(&before);
        let raised = with(
            &before,
            json!({ "source_endpoint": { "password_wo_version": raised } }),
        );
        let planned = managed.must_plan(&raised);
        let problems = managed.apply(&planned, &raised);
        let errors: Vec<_> = problems.iter().filter(|problem| problem.is_error()).collect();
        assert_eq!(errors.len(), 1, "{problems:#?}");
        let path = errors[0].path.clone().unwrap_or_default().to_string();
        assert_eq!(path, "source_endpoint.password_wo");
        assert!(errors[0].detail.contains(back), "{}", errors[0].detail);
        // As it says, and then a new password with the version that was refused.
        managed.assert_plan_is_empty(&before);
        let fresh = with(&raised, json!({ "source_endpoint": { "password_wo": "fresh" } }));
        managed.change(&fresh, Update, &[PASSWORD]);
    }
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
        assert_eq!(configured.status(), "Synchronizing");
        configured.assert_plan_is_empty(&job);
        bought.change(&with(&config, json!({ "auto_start": false })), Update, &[]);
        // The job runs already.
        bought.change(&with(&config, json!({ "auto_start": true })), Update, &[]);
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

#[test]
fn a_job_that_has_ended_is_given_no_other_class() {
    let bed = Bed::new();
    let (mut bought, mut managed, _) = bed.bought(&instance(MIGRATION), &job(MIGRATION));
    assert_eq!(managed.status(), "Finished");
    bought.refresh();
    let larger = with(&instance(MIGRATION), json!({ "instance_class": "large" }));
    bought.refused(&larger, "instance_class", "whose job has ended");
    bought.refused(&larger, "instance_class", "terraform destroy -refresh=false");
    bought.assert_plan_is_empty(&instance(MIGRATION));
}

/// A class in another spelling is the same class, as it is for DTS.
#[test]
fn another_spelling_of_a_class_is_no_change() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let id = bought.text("id");
    let mut imported = bed.instance();
    imported.import(&id).unwrap();
    if let Some(Value::Map(state)) = imported.core.state.as_mut().map(|stored| &mut stored.value) {
        state.set("instance_class", "SMALL");
        state.set("pay_type", "POSTPAID");
    }
    let planned = imported.must_plan(&instance(SYNC));
    assert_eq!(operations_of(&planned.planned), [""; 0]);
}

/// An error would taint the instance: Terraform would release it and buy another.
#[test]
fn a_panic_after_the_purchase_taints_nothing() {
    let bed = Bed::that_panics_when_it_waits(Lifecycle::Reads(3));
    let mut configured = bed.job();
    configured.settle_once(&with(&job(SYNC), json!({ "desired_status": "configured" })));
    let config = with(
        &instance_for(&configured.text("id")),
        json!({ "auto_start": true }),
    );
    let mut bought = bed.instance();
    let planned = bought.must_plan(&config);
    let told = bought.apply(&planned, &config);
    assert!(!told.has_errors(), "{told:#?}");
    assert!(
        told.iter()
            .any(|one| one.summary.contains("panicked") && one.detail.contains("out of patience")),
        "{told:#?}"
    );
    assert!(!bought.core.state.as_ref().unwrap().tainted);
    assert_eq!(bought.text("id"), bed.emulator.instances()[0].instance_id);
    assert_eq!(bed.paid(), 1);
}
