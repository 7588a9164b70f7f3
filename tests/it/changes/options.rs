//! What else a job is configured with, and how it changes: endpoints, cluster, notices, settings of engines and modules, and both
//! directions of a two-way synchronization.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::{Create, Replace, Update};

use super::bed::{Bed, Managed};
use super::config::{MIGRATION, SYNC, instance, job, with};
use super::in_place::sent;

const CONFIGURE: &str = "ConfigureDtsJob";
const ENDPOINT: &str = "ModifyDtsJobEndpoint";
const MODIFY: &str = "ModifyDtsJob";
const PASSWORD: &str = "ModifyDtsJobPassword";
const RULE: &str = "CreateJobMonitorRule";

fn reserve_of(bed: &Bed, action: &str, parameter: &str) -> Json {
    serde_json::from_str(&sent(bed, action)[parameter]).unwrap()
}

#[test]
fn a_database_is_exchanged_while_its_job_goes_on() {
    for kind in [SYNC, MIGRATION] {
        for desired in ["running", "suspended"] {
            let bed = Bed::new();
            let config = with(&job(kind), json!({ "data_synchronization": true }));
            let (_instance, mut managed, config) = bed.bought(&instance(kind), &config);
            let config = with(&config, json!({ "desired_status": desired }));
            managed.settle(&config);
            let other = with(
                &config,
                json!({ "source_endpoint": { "instance_id": "rm-other" } }),
            );
            managed.change(&other, Update, &[ENDPOINT]);
            let call = sent(&bed, ENDPOINT);
            let of = |name: &str| call.get(name).map(String::as_str);
            assert_eq!(
                (
                    of("Endpoint"),
                    of("EndpointInstanceId"),
                    of("ModifyAccount"),
                    of("Username")
                ),
                (Some("src"), Some("rm-other"), Some("false"), None)
            );
            // With another account, in the same call.
            let account = json!({ "destination_endpoint": { "region": "cn-shanghai", "user_name": "me", "password": "other" } });
            let both = with(&other, account);
            managed.change(&both, Update, &[ENDPOINT]);
            assert_eq!(sent(&bed, ENDPOINT)["Username"], "me");
            // To one's own.
            let own = json!({ "source_endpoint": {
                "instance_type": "OTHER", "instance_id": null, "region": null, "ip": "10.0.0.1", "port": "3306",
            } });
            managed.change(&with(&both, own), Update, &[ENDPOINT]);
        }
    }
}

#[test]
fn another_account_of_the_same_database_comes_with_its_password() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
    let other = with(
        &config,
        json!({ "source_endpoint": { "user_name": "me", "password": "new" } }),
    );
    managed.change(&other, Update, &[PASSWORD]);
    assert_eq!(sent(&bed, PASSWORD)["UserName"], "me");
    managed.change(
        &with(&other, json!({ "source_endpoint": { "user_name": "you" } })),
        Update,
        &[PASSWORD],
    );
}

#[test]
fn what_cannot_be_exchanged_is_configured_anew() {
    for change in [
        json!({ "source_endpoint": { "engine_name": "MARIADB" } }),
        json!({ "source_endpoint": { "vswitch_id": "vsw-1" } }),
        json!({ "source_endpoint": {
            "instance_type": "CEN", "instance_id": "vpc-1", "region": null, "ip": "10.0.0.1", "port": "3306", "cen_id": "cen-1" } }),
    ] {
        let bed = Bed::new();
        let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &job(SYNC));
        managed.change_after(
            &with(&config, change),
            Replace,
            &["StopDtsJob", "ResetDtsJob"],
            &[CONFIGURE],
        );
    }
}

#[test]
fn settings_are_arguments_or_keys() {
    let bed = Bed::new();
    let settings = json!({
        "reserve": r#"{"srcHostPorts":""}"#, "target_table_mode": "2", "max_retry_time": 720, "filter_ddl": false,
        "source_endpoint": { "ssl_solution": "ENABLE_WITH_CERTIFICATE" },
    });
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &with(&job(SYNC), settings));
    assert_eq!(
        reserve_of(&bed, CONFIGURE, "Reserve"),
        json!({ "srcHostPorts": "", "targetTableMode": "2", "maxRetryTime": "720", "filterDDL": "false", "srcSSL": "1" })
    );
    // The same as keys.
    let keys = json!({
        "reserve": r#"{"srcHostPorts":"","targetTableMode":2,"maxRetryTime":"720"}"#, "target_table_mode": null, "max_retry_time": null,
    });
    managed.change(&with(&config, keys), Update, &[]);
    managed.change(&config, Update, &[]);
    let more = json!({ "source_endpoint": { "ssl_solution": "DISABLE" }, "max_retry_time": 1440 });
    let more = with(&config, more);
    managed.change(&more, Update, &[MODIFY]);
    assert_eq!(reserve_of(&bed, MODIFY, "Reserved")["srcSSL"], "0");
    // Behind our back.
    let instance_id = managed.text("dts_instance_id");
    let reserved = ("Reserved", r#"{"maxRetryTime":"60"}"#);
    bed.call(
        MODIFY,
        &[
            ("DtsInstanceId", &instance_id),
            ("ModifyTypeEnum", "UPDATE_RESERVED"),
            reserved,
        ],
    );
    managed.change(&more, Update, &[MODIFY]);
}

#[test]
fn a_kafka_destination() {
    let bed = Bed::new();
    let destination = json!({
        "instance_type": "ECS", "instance_id": "i-1", "port": "9092", "engine_name": "KAFKA",
        "kafka": { "topic": "orders", "version": "1.0", "record_format": "canal_json", "partition_key": "primary_key" },
    });
    let config = with(&job(SYNC), json!({ "destination_endpoint": destination }));
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &config);
    let reserve = reserve_of(&bed, CONFIGURE, "Reserve");
    assert_eq!(
        (&reserve["destTopic"], &reserve["kafkaRecordFormat"]),
        (&json!("orders"), &json!("canal_json"))
    );
    let other = json!({ "destination_endpoint": { "kafka": { "partition_key": "none" } } });
    managed.change(&with(&config, other), Update, &[MODIFY]);
}

#[test]
fn notices_are_set_with_the_job_and_changed_in_place() {
    let bed = Bed::new();
    let notices =
        json!({ "delay_notice": true, "delay_rule_time": 60, "delay_phone": "1,2", "error_notice": true });
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &with(&job(SYNC), notices));
    managed.change(&with(&config, json!({ "delay_rule_time": 90 })), Update, &[RULE]);
    let call = sent(&bed, RULE);
    assert_eq!(
        (
            call["Type"].as_str(),
            call["DelayRuleTime"].as_str(),
            call["Phone"].as_str()
        ),
        ("delay", "90", "1,2")
    );
    let config = with(&config, json!({ "delay_rule_time": 90 }));
    let quiet =
        json!({ "delay_notice": null, "delay_rule_time": null, "delay_phone": null, "error_phone": "3" });
    managed.change(&with(&config, quiet), Update, &[RULE, RULE]);
    // Behind our back.
    managed.change(&config, Update, &[RULE, RULE]);
    let id = managed.text("id");
    bed.call(RULE, &[("DtsJobId", &id), ("Type", "error"), ("State", "N")]);
    managed.change(&config, Update, &[RULE]);
}

#[test]
fn settings_of_modules_come_before_the_start() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let config = with(
        &job(SYNC),
        json!({ "dts_instance_id": bought.text("id"), "job_parameters": { "07/sink.batch.size.maximum": "2048" } }),
    );
    let mut managed = bed.job();
    managed.change(&config, Create, &[CONFIGURE, "ModifyDtsJobConfig", "StartDtsJob"]);
    assert_eq!(
        reserve_of(&bed, CONFIGURE, "Reserve")["autoStartModulesAfterConfig"],
        "none"
    );
    let more = json!({ "job_parameters": { "07/sink.batch.size.minimum": "8" } });
    managed.change(&with(&config, more.clone()), Update, &["ModifyDtsJobConfig"]);
    assert!(
        !sent(&bed, "ModifyDtsJobConfig")["Parameters"].contains("maximum"),
        "only what differs"
    );
    let id = managed.text("id");
    let theirs = r#"[{"module":"07","name":"sink.batch.size.maximum","value":"1"}]"#;
    bed.call("ModifyDtsJobConfig", &[("DtsJobId", &id), ("Parameters", theirs)]);
    managed.change(&with(&config, more.clone()), Update, &["ModifyDtsJobConfig"]);
    // One that is taken out.
    let less = with(&with(&config, json!({ "job_parameters": null })), more);
    let planned = managed.must_plan(&less);
    Managed::warned(
        &planned,
        "job_parameters",
        "`07/sink.batch.size.maximum` is no longer set",
    );
    managed.change(&less, Update, &[]);
}

#[test]
fn a_dedicated_cluster_and_a_share_of_it() {
    let bed = Bed::new();
    let config = with(
        &job(SYNC),
        json!({ "desired_status": "prechecked", "dedicated_cluster_id": "dtscl1", "du_limit": 2 }),
    );
    let mut managed = bed.job();
    managed.change(
        &config,
        Create,
        &[CONFIGURE, "ModifyDtsJobDuLimit", "StartDtsJob"],
    );
    let other = json!({ "dedicated_cluster_id": "dtscl2", "du_limit": 4 });
    managed.change(
        &with(&config, other),
        Update,
        &["ModifyDtsJobDedicatedCluster", "ModifyDtsJobDuLimit"],
    );
    managed.change(
        &with(&config, json!({ "dedicated_cluster_id": null, "du_limit": null })),
        Update,
        &[CONFIGURE, "StartDtsJob"],
    );
}

#[test]
fn both_directions_of_a_synchronization() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(1)] {
        let bed = Bed::with(lifecycle, None);
        let bought = bed.call(
            "CreateDtsInstance",
            &[
                ("Type", "SYNC"),
                ("PayType", "PostPaid"),
                ("InstanceClass", "small"),
                ("SyncArchitecture", "bidirectional"),
                ("SourceRegion", "cn-hangzhou"),
                ("DestinationRegion", "cn-hangzhou"),
            ],
        );
        let on_it = json!({ "dts_instance_id": bought["InstanceId"], "reserve": r#"{"targetTableMode":"2"}"#, "conflict": "overwrite" });
        let forward = with(
            &job(SYNC),
            with(&on_it, json!({ "synchronization_direction": "Forward" })),
        );
        let mut one = bed.job();
        one.change(&forward, Create, &[CONFIGURE]);
        let (from, to) = (
            forward["source_endpoint"].clone(),
            forward["destination_endpoint"].clone(),
        );
        let reverse = with(
            &job(SYNC),
            with(
                &on_it,
                json!({ "synchronization_direction": "Reverse", "source_endpoint": to, "destination_endpoint": from }),
            ),
        );
        let mut other = bed.job();
        other.change(&reverse, Create, &[CONFIGURE]);
        assert_eq!(sent(&bed, CONFIGURE)["SynchronizationDirection"], "Reverse");
        assert_ne!(one.text("id"), other.text("id"));
        one.assert_plan_is_empty(&forward);
        // Each call says of which it is.
        let wider = with(
            &reverse,
            json!({ "database": [{ "name": "dtsdb" }], "wait_for": "initialized" }),
        );
        other.settle(&with(&reverse, json!({ "wait_for": "initialized" })));
        other.change(&wider, Update, &[MODIFY]);
        assert_eq!(sent(&bed, MODIFY)["SynchronizationDirection"], "Reverse");
        let wider = with(&wider, json!({ "source_endpoint": { "password": "another" } }));
        other.change(&wider, Update, &[PASSWORD]);
        assert_eq!(sent(&bed, PASSWORD)["SynchronizationDirection"], "Reverse");
        let paused = with(&wider, json!({ "desired_status": "suspended", "wait_for": null }));
        other.change(&paused, Update, &["SuspendDtsJob"]);
        assert_eq!(sent(&bed, "SuspendDtsJob")["SynchronizationDirection"], "Reverse");
        assert_eq!(one.status(), "Synchronizing", "the other one goes on");
        // Imported, it knows which it is.
        let mut imported = bed.job();
        imported.import(&other.text("id")).unwrap();
        assert_eq!(imported.text("synchronization_direction"), "Reverse");
        other.settle(&Json::Null);
        one.assert_plan_is_empty(&forward);
        one.settle(&Json::Null);
        assert_eq!(bed.paid(), 1);
    }
}

#[test]
fn columns_filters_and_other_objects() {
    let bed = Bed::new();
    let table = |more: Json| {
        json!({ "database": [{
            "name": "dtsdb", "new_name": "dtsdb_1", "dml_op": "insert,update",
            "table": [with(&json!({ "name": "person", "filter": "id > 10", "column": [{ "name": "id" }, { "name": "at", "new_name": "time" }] }), more)],
            "object": [{ "kind": "View", "name": "people" }, { "kind": "Procedure", "name": "clean", "new_name": "sweep" }],
        }] })
    };
    let (_instance, mut managed, config) = bed.bought(&instance(SYNC), &with(&job(SYNC), table(json!({}))));
    let listed: Json = serde_json::from_str(&sent(&bed, CONFIGURE)["DbList"]).unwrap();
    assert_eq!(
        listed,
        json!({ "dtsdb": { "name": "dtsdb_1", "all": false, "dml_op": "insert,update",
            "Table": { "person": { "name": "person", "all": false, "filter": "id > 10",
                "column": { "id": { "name": "id" }, "at": { "name": "time" } } } },
            "View": { "people": { "name": "people", "all": true } }, "Procedure": { "clean": { "name": "sweep", "all": true } } } })
    );
    // In another order they are the same.
    let reordered = table(json!({ "column": [{ "name": "at", "new_name": "time" }, { "name": "id" }] }));
    managed.assert_plan_is_empty(&with(&config, reordered));
    managed.change(
        &with(&config, table(json!({ "filter": "id > 20" }))),
        Update,
        &[MODIFY],
    );
}
