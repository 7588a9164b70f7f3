//! Taking over by id what is there, in each kind and state.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::{NoOp, Update};

use crate::changes::bed::{Bed, Managed, operations_of};
use crate::changes::config::{MIGRATION, SYNC, fixtures, instance, instance_for, job, with};

/// Imports elsewhere: the first plan calls nothing and at most takes over passwords; then all is as if it had been made
/// there. And once more with a change at once, which is the only call.
fn import_job(bed: &Bed, made: &Managed<'_>, config: &Json) {
    let id = made.text("id");
    for change in [json!({}), json!({ "dts_job_name": "other" })] {
        let changed = with(config, change.clone());
        let mut elsewhere = bed.job();
        elsewhere
            .import(&id)
            .unwrap_or_else(|errors| panic!("{errors:#?}"));
        let expected: &[&str] = if change == json!({}) {
            &[]
        } else {
            &["ModifyDtsJobName"]
        };
        let mark = bed.mark();
        let planned = elsewhere.must_plan(&changed);
        let unchecked = planned
            .diagnostics
            .iter()
            .filter(|told| told.summary.contains("unchecked"));
        let paths: Vec<_> = unchecked
            .map(|told| told.path.clone().unwrap_or_default().to_string())
            .collect();
        if planned.action == Update {
            assert_eq!(
                paths,
                ["source_endpoint.password", "destination_endpoint.password"]
            );
        }
        assert!([NoOp, Update].contains(&planned.action), "{:?}", planned.replace);
        if planned.action == Update {
            assert_eq!(operations_of(&planned.planned), expected, "{config:#}");
        }
        let problems = elsewhere.apply(&planned, &changed);
        assert!(!problems.has_errors(), "{problems:#?}");
        assert_eq!(bed.changing_calls(mark), expected, "{config:#}");
        elsewhere.assert_plan_is_empty(&changed);
        // No longer an import: a password is rotated.
        let rotated = with(
            &changed,
            json!({ "source_endpoint": { "password": format!("new{change}") } }),
        );
        // Nothing logs in any more once the job has ended.
        let sent: &[&str] = match elsewhere.text("status").as_str() {
            "Finished" => &[],
            _ => &["ModifyDtsJobPassword"],
        };
        elsewhere.change(&rotated, Update, sent);
    }
}

fn import_instance(bed: &Bed, made: &Managed<'_>, config: &Json) {
    let mut elsewhere = bed.instance();
    let mark = bed.mark();
    elsewhere.import(&made.text("id")).unwrap();
    elsewhere.assert_plan_is_empty(config);
    assert_eq!(bed.changing_calls(mark), [""; 0]);
    elsewhere.change(
        &with(config, json!({ "instance_class": "medium" })),
        Update,
        &["TransferInstanceClass"],
    );
}

#[test]
fn jobs_and_instances_bought_first() {
    for (kind, follows, desired) in [
        (MIGRATION, false, &["configured"][..]),
        (MIGRATION, false, &["running"]),
        (MIGRATION, true, &["running"]),
        (MIGRATION, true, &["suspended"]),
        (MIGRATION, true, &["running", "stopped"]),
        (SYNC, true, &["configured"]),
        (SYNC, true, &["running"]),
        (SYNC, true, &["suspended"]),
        (SYNC, true, &["running", "stopped"]),
    ] {
        let bed = Bed::new();
        let config = with(
            &job(kind),
            json!({ "data_synchronization": follows, "desired_status": desired[0] }),
        );
        let (bought, mut managed, mut config) = bed.bought(&instance(kind), &config);
        for step in &desired[1..] {
            config["desired_status"] = json!(step);
            managed.settle(&config);
        }
        import_job(&bed, &managed, &config);
        if desired.last() != Some(&"stopped") && (follows || desired[0] == "configured") {
            import_instance(&bed, &bought, &instance(kind));
        }
    }
}

#[test]
fn jobs_configured_first_and_their_instances() {
    for (desired, auto_start) in [
        ("configured", None),
        ("prechecked", None),
        ("configured", Some(false)),
        ("prechecked", Some(false)),
        ("configured", Some(true)),
        ("prechecked", Some(true)),
    ] {
        let bed = Bed::new();
        let mut managed = bed.job();
        let config = with(&job(SYNC), json!({ "desired_status": desired }));
        managed.settle(&config);
        let mut bought = bed.instance();
        let instance = with(
            &instance_for(&managed.text("id")),
            json!({ "auto_start": auto_start }),
        );
        if auto_start.is_some() {
            bought.settle(&instance);
        }
        import_job(&bed, &managed, &config);
        if auto_start.is_some() {
            import_instance(&bed, &bought, &instance);
        }
    }
}

#[test]
fn a_job_whose_precheck_failed() {
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
    let mut elsewhere = bed.job();
    elsewhere.import(&managed.text("id")).unwrap();
    bed.emulator
        .set_fixtures(fixtures("source-password", "destination-password"));
    elsewhere.change(&config, Update, &["StartDtsJob"]);
}

#[test]
fn a_job_that_is_not_configured_yet() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let mut managed = bed.job();
    managed.import(&bought.text("job_id")).unwrap();
    let config = with(&job(SYNC), json!({ "dts_instance_id": bought.text("id") }));
    managed.change(&config, Update, &["ConfigureDtsJob"]);
    assert_eq!(managed.status(), "Synchronizing");
}

#[test]
fn objects_written_as_json() {
    let lists = [
        r#"{"dtsdb":{"name":"dtsdb_1","all":false,"Table":{"person":{"name":"person","all":true}}}}"#,
        r#"{"dtsdb":{"all":false,"Table":{"person":{"all":true,"filter":"id>1"}}}}"#,
    ];
    for list in lists {
        let bed = Bed::new();
        let config = with(&job(SYNC), json!({ "database": null, "db_list": list }));
        let (_instance, managed, config) = bed.bought(&instance(SYNC), &config);
        import_job(&bed, &managed, &config);
    }
}

#[test]
fn import_then_another_configuration() {
    let bed = Bed::new();
    let (_instance, managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let mut elsewhere = bed.job();
    elsewhere.import(&managed.text("id")).unwrap();
    let changed = with(
        &config,
        json!({ "database": [{ "name": "other" }], "reserve": r#"{"targetTableMode":"2"}"#, "desired_status": "suspended" }),
    );
    elsewhere.change(
        &changed,
        Update,
        &["ModifyDtsJob", "ModifyDtsJob", "SuspendDtsJob"],
    );
}

/// Nobody can tell whether DTS has it already: a way that works in either case is an import.
#[test]
fn a_password_that_is_there_already_is_taken_over_by_an_import() {
    let bed = Bed::new();
    let hidden =
        json!({ "source_endpoint": { "password": null, "password_wo": "there", "password_wo_version": 1 } });
    let shown = json!({ "source_endpoint": { "password": "there" } });
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &with(&job(SYNC), hidden));
    let bare = json!({ "source_endpoint": { "password_wo": null, "password_wo_version": null } });
    let config = with(&with(&config, bare), shown);
    managed.fails(
        &config,
        "source_endpoint.password",
        &["terraform state rm", "terraform import"],
    );
    let mut again = bed.job();
    again.import(&managed.text("id")).unwrap();
    let mark = bed.mark();
    again.settle(&config);
    assert_eq!(bed.changing_calls(mark), [""; 0]);
}

/// Without `reserve`, what DTS has of it stays out of the plans, also once the import is over.
#[test]
fn settings_that_an_import_brought_along_stay() {
    let bed = Bed::new();
    let (_instance, managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let mut elsewhere = bed.job();
    elsewhere.import(&managed.text("id")).unwrap();
    let bare = with(&config, json!({ "reserve": null }));
    elsewhere.settle(&bare);
    elsewhere.change(
        &with(&bare, json!({ "dts_job_name": "other" })),
        Update,
        &["ModifyDtsJobName"],
    );
    // Once they are written, they are the user's.
    let written = with(&bare, json!({ "reserve": r#"{"targetTableMode":"0"}"# }));
    elsewhere.settle(&written);
    let planned = elsewhere.must_plan(&bare);
    Managed::warned(&planned, "reserve", "targetTableMode");
}

#[test]
fn what_is_not_there_and_what_is_another_thing() {
    let bed = Bed::new();
    let (bought, managed, _) = bed.bought(&instance(SYNC), &job(SYNC));
    let (instance_id, job_id) = (bought.text("id"), managed.text("id"));
    for (type_name, id, part) in [
        ("dts_job", "nosuchjob", "There is no job"),
        ("dts_instance", "dtsnosuch", "There is no instance"),
        ("dts_job", &instance_id, "id of an instance"),
        ("dts_instance", &job_id, "id of a job"),
        ("dts_job", "", "empty"),
        ("dts_instance", " ", "empty"),
    ] {
        let mark = bed.mark();
        let errors = bed.resource(type_name).import(id).unwrap_err();
        assert_eq!(errors.len(), 1);
        let error = errors.iter().next().unwrap();
        let said = format!("{}\n{}", error.summary, error.detail);
        assert!(said.contains(part), "{type_name} {id}: {said}");
        assert!(said.contains("Unable to import"), "{said}");
        assert_eq!(bed.changing_calls(mark), [""; 0]);
    }
    let mut subscription = bed.instance();
    subscription.settle(&with(&instance(SYNC), json!({ "type": "SUBSCRIBE" })));
    let errors = bed.job().import(&subscription.text("job_id")).unwrap_err();
    assert!(
        errors
            .iter()
            .any(|error| error.detail.contains("Import it as a `dts_subscription`")),
        "{errors:?}"
    );
    let errors = bed.job().import(&subscription.text("id")).unwrap_err();
    assert!(
        errors
            .iter()
            .any(|error| error.detail.contains("as a `dts_subscription`")),
        "{errors:?}"
    );
}

/// What DTS does not tell of an instance is taken over, and the plan says so.
#[test]
fn what_nobody_can_check_is_told() {
    for (change, path) in [
        (json!({ "auto_pay": true }), "auto_pay"),
        (
            json!({ "sync_architecture": "bidirectional" }),
            "sync_architecture",
        ),
        (json!({ "compute_unit": 2 }), "compute_unit"),
    ] {
        let bed = Bed::new();
        let prepaid = with(
            &instance(SYNC),
            json!({ "pay_type": "PrePaid", "period": "Month", "used_time": 1, "on_destroy": "keep" }),
        );
        let mut bought = bed.instance();
        bought.settle(&prepaid);
        let mut elsewhere = bed.instance();
        elsewhere.import(&bought.text("id")).unwrap();
        let config = with(&prepaid, change);
        let planned = elsewhere.must_plan(&config);
        Managed::warned(&planned, path, "taken over unchecked");
        elsewhere.change(&config, Update, &[]);
        assert!(
            elsewhere.must_plan(&config).diagnostics.is_empty(),
            "it is told once"
        );
    }
}

#[test]
fn how_an_imported_instance_was_paid_is_taken_over() {
    let bed = Bed::new();
    let prepaid = with(
        &instance(SYNC),
        json!({ "pay_type": "PrePaid", "period": "Month", "used_time": 1, "on_destroy": "keep" }),
    );
    let mut bought = bed.instance();
    bought.settle(&prepaid);
    let mut elsewhere = bed.instance();
    elsewhere.import(&bought.text("id")).unwrap();
    // Its dates tell, but not that it is to be kept.
    elsewhere.assert_plan_is_empty(&prepaid);
    let renewed = with(&prepaid, json!({ "used_time": 9 }));
    let planned = elsewhere.must_plan(&renewed);
    Managed::warned(&planned, "used_time", "pays for the difference: 8 times Month");
    elsewhere.change(&renewed, Update, &["RenewInstance"]);
    elsewhere.refused(&prepaid, "used_time", "take back");
    elsewhere.refused(&prepaid, "used_time", "used_time = 9");
    // Forgotten, not released.
    elsewhere.settle(&Json::Null);
    assert_eq!(bed.paid(), 1);
}

const RULE: &str = "CreateJobMonitorRule";
const SETTINGS: &str = "ModifyDtsJobConfig";

fn told_and_tuned() -> Json {
    json!({ "delay_notice": true, "delay_rule_time": 60, "delay_phone": "1,2", "error_notice": true,
        "job_parameters": { "07/sink.batch.size.maximum": "2048" } })
}

/// What other calls tell than those that tell the job is compared as well: what holds is not set again, what differs is.
#[test]
fn alarms_and_settings_are_compared_with_what_dts_has() {
    let none = json!({ "delay_notice": null, "delay_rule_time": null, "delay_phone": null, "error_notice": null,
        "job_parameters": null });
    for (made, change, expected) in [
        (told_and_tuned(), json!({}), &[][..]),
        // The same in other words, or less of it.
        (told_and_tuned(), json!({ "delay_phone": "2, 1" }), &[]),
        (told_and_tuned(), none.clone(), &[]),
        (told_and_tuned(), json!({ "delay_rule_time": 90 }), &[RULE]),
        (told_and_tuned(), json!({ "delay_phone": null }), &[RULE]),
        (
            told_and_tuned(),
            json!({ "delay_notice": false, "delay_rule_time": null, "delay_phone": null, "error_phone": "3" }),
            &[RULE, RULE],
        ),
        (
            told_and_tuned(),
            json!({ "job_parameters": { "07/sink.batch.size.maximum": "4096" } }),
            &[SETTINGS],
        ),
        // One that is as DTS has it by itself.
        (
            told_and_tuned(),
            json!({ "job_parameters": { "07/sink.batch.size.minimum": "1" } }),
            &[],
        ),
        (
            none.clone(),
            json!({ "job_parameters": { "07/sink.batch.size.minimum": "1" } }),
            &[],
        ),
        (
            none.clone(),
            json!({ "job_parameters": { "07/sink.batch.size.minimum": "2" } }),
            &[SETTINGS],
        ),
        (
            none,
            json!({ "delay_notice": true, "delay_rule_time": 60, "error_notice": false }),
            &[RULE],
        ),
    ] {
        let bed = Bed::new();
        let (_instance, managed, config) = bed.bought(&instance(SYNC), &with(&job(SYNC), made));
        let mut elsewhere = bed.job();
        elsewhere.import(&managed.text("id")).unwrap();
        // Its passwords are always taken over.
        elsewhere.change(&with(&config, change), Update, expected);
    }
}

/// What the user never says is no drift, whoever sets it: a `dts_monitor_rule` of its own has it.
#[test]
fn alarms_of_their_own_do_not_fight_with_an_imported_job() {
    let bed = Bed::new();
    let (_instance, managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let id = managed.text("id");
    let late = json!({ "dts_job_id": id, "type": "delay", "delay_rule_time": 60, "phone": "1" });
    bed.resource("dts_monitor_rule").settle(&late);
    let set = r#"[{"module":"07","name":"sink.batch.size.maximum","value":"2048"}]"#;
    bed.call(SETTINGS, &[("DtsJobId", &id), ("Parameters", set)]);

    let mut elsewhere = bed.job();
    elsewhere.import(&id).unwrap();
    let mut rule = bed.resource("dts_monitor_rule");
    rule.import(&format!("{id}:delay")).unwrap();
    let mark = bed.mark();
    elsewhere.settle(&config);
    rule.settle(&late);
    assert_eq!(bed.changing_calls(mark), [""; 0]);
    rule.settle(&with(&late, json!({ "delay_rule_time": 90 })));
    elsewhere.assert_plan_is_empty(&config);
    elsewhere.change(
        &with(&config, json!({ "dts_job_name": "other" })),
        Update,
        &["ModifyDtsJobName"],
    );
    // Once they are written, they are the user's.
    let written = with(&config, told_and_tuned());
    elsewhere.change(
        &with(&written, json!({ "dts_job_name": "other" })),
        Update,
        &[RULE, RULE],
    );
    elsewhere.change(&config, Update, &["ModifyDtsJobName", RULE, RULE]);
}

/// DTS documents no call that tells the settings.
#[test]
fn settings_that_cannot_be_read_are_set_once_more() {
    let bed = Bed::new();
    let (_instance, managed, config) = bed.bought(&instance(SYNC), &with(&job(SYNC), told_and_tuned()));
    bed.emulator.add_faults(
        json!({ "action": "DescribeDtsJobConfig", "kind": "status", "status": 404, "code": "InvalidAction.NotFound" }),
    );
    let mut elsewhere = bed.job();
    elsewhere.import(&managed.text("id")).unwrap();
    elsewhere.change(&config, Update, &[SETTINGS]);
}
