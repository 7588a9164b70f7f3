//! States as the alicloud provider leaves them, one for each of its eight types, written from its schemas: every argument of the type and
//! nothing else, what its reads fill in, and null where it never sets anything.

use serde_json::{Value, json};

use crate::support::bench::{DESTINATION_PASSWORD, SOURCE_PASSWORD};

pub(crate) const ALICLOUD: &str = "registry.terraform.io/aliyun/alicloud";

/// A state file of that provider: a resource `<type>.m` for each.
pub(crate) fn recorded(resources: &[(&str, Value)]) -> String {
    let resources: Vec<Value> = resources
        .iter()
        .map(|(type_name, attributes)| {
            json!({
                "mode": "managed", "type": type_name, "name": "m", "provider": format!("provider[\"{ALICLOUD}\"]"),
                "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": [], "private": "bnVsbA=="}],
            })
        })
        .collect();
    json!({"version": 4, "terraform_version": "1.8.0", "serial": 1, "lineage": "0c5b7f4e-0000-4000-8000-000000000000", "outputs": {},
        "resources": resources, "check_results": null})
    .to_string()
}

/// `base` with some of its members set otherwise. A name that the type does not have is a mistake of the test.
#[track_caller]
pub(crate) fn but(mut base: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        assert!(base.get(name).is_some(), "the type has no {name}");
        base[name] = value.clone();
    }
    base
}

/// `alicloud_dts_instance`: `type` and `payment_type` in words of its own, and `period` also of what is paid by use.
pub(crate) fn instance(id: &str, kind: &str) -> Value {
    json!({"id": id, "dts_instance_id": id, "type": kind, "payment_type": "PayAsYouGo", "instance_class": "small", "auto_pay": null,
        "auto_start": true, "compute_unit": null, "create_time": "2026-01-01T00:00:00Z", "database_count": 1, "du": null, "fee_type": null,
        "instance_name": "n", "job_id": null, "period": "Month", "resource_group_id": "rg", "source_endpoint_engine_name": "MySQL",
        "destination_endpoint_engine_name": "MySQL", "source_region": "cn-hangzhou", "destination_region": "cn-hangzhou",
        "status": "Running", "sync_architecture": null, "synchronization_direction": null, "tags": null, "used_time": null, "timeouts": null})
}

/// `alicloud_dts_synchronization_instance`: flags as text, and a status that is never set.
pub(crate) fn synchronization_instance(id: &str) -> Value {
    json!({"id": id, "auto_pay": "false", "auto_start": "true", "compute_unit": null, "database_count": null,
        "destination_endpoint_engine_name": "MySQL", "destination_endpoint_region": "cn-hangzhou", "instance_class": "small",
        "payment_duration": null, "payment_duration_unit": null, "payment_type": "PayAsYouGo", "quantity": null,
        "source_endpoint_engine_name": "MySQL", "source_endpoint_region": "cn-hangzhou", "status": null, "sync_architecture": null})
}

/// `alicloud_dts_migration_instance`
pub(crate) fn migration_instance(id: &str) -> Value {
    json!({"id": id, "dts_instance_id": id, "compute_unit": null, "database_count": null, "destination_endpoint_engine_name": "MySQL",
        "destination_endpoint_region": "cn-hangzhou", "instance_class": "small", "payment_type": "PayAsYouGo",
        "source_endpoint_engine_name": "MySQL", "source_endpoint_region": "cn-hangzhou", "status": "Migrating", "sync_architecture": null,
        "tags": {}})
}

/// What both types of job have.
fn job(id: &str, instance_id: &str) -> Value {
    let ends = [
        ("source", "rm-source", "dtsdb", SOURCE_PASSWORD),
        ("destination", "rm-destination", "", DESTINATION_PASSWORD),
    ];
    let mut job = json!({"id": id, "checkpoint": "1700000000", "data_initialization": true, "data_synchronization": true,
        "db_list": r#"{"dtsdb":{"name":"dtsdb_1","all":false,"Table":{"person":{"name":"person","all":true}}}}"#,
        "dest_primary_vswitch_id": null, "dest_secondary_vswitch_id": null, "dts_instance_id": instance_id, "dts_job_name": "job-m",
        "instance_class": "small", "src_primary_vswitch_id": null, "src_secondary_vswitch_id": null, "structure_initialization": true,
        "timeouts": null});
    for (end, instance, database, password) in ends {
        for (name, value) in [
            ("database_name", database),
            ("engine_name", "MySQL"),
            ("instance_id", instance),
            ("instance_type", "RDS"),
            ("ip", ""),
            ("oracle_sid", ""),
            ("password", password),
            ("port", ""),
            ("region", "cn-hangzhou"),
            ("ssl", "0"),
            ("user_name", "dtstest"),
        ] {
            job[format!("{end}_endpoint_{name}")] = value.into();
        }
    }
    job
}

fn and(mut base: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

/// `alicloud_dts_synchronization_job`: owner and role of the source are read of every job, and those settings that are not as DTS has them
/// by itself.
pub(crate) fn synchronization_job(id: &str, instance_id: &str) -> Value {
    and(
        job(id, instance_id),
        json!({"data_check_configure": null, "dedicated_cluster_id": null, "delay_notice": null, "delay_phone": null,
            "delay_rule_time": null, "destination_endpoint_owner_id": null, "destination_endpoint_role": null, "dts_bis_label": null,
            "error_notice": null, "error_phone": null, "job_parameters": "[]", "reserve": null,
            "source_endpoint_owner_id": "1406926474060000", "source_endpoint_role": "", "source_endpoint_vswitch_id": null,
            "status": "Synchronizing", "synchronization_direction": "Forward"}),
    )
}

/// `alicloud_dts_migration_job`: without alarms, settings, cluster, and accounts of others at the destination.
pub(crate) fn migration_job(id: &str, instance_id: &str) -> Value {
    and(
        job(id, instance_id),
        json!({"source_endpoint_owner_id": null, "source_endpoint_role": null, "status": "Migrating"}),
    )
}

/// `alicloud_dts_subscription_job`, which buys its instance itself.
pub(crate) fn subscription_job(id: &str, instance_id: &str) -> Value {
    json!({"id": id, "checkpoint": "1700000000", "compute_unit": null, "database_count": null,
        "db_list": r#"{"dtsdb":{"name":"dtsdb","all":true}}"#, "delay_notice": null, "delay_phone": null, "delay_rule_time": null,
        "destination_endpoint_engine_name": null, "destination_region": null, "dts_instance_id": instance_id, "dts_job_name": "orders",
        "error_notice": null, "error_phone": null, "instance_class": "small", "payment_duration": null, "payment_duration_unit": null,
        "payment_type": "PayAsYouGo", "reserve": "", "source_endpoint_database_name": "", "source_endpoint_engine_name": "MySQL",
        "source_endpoint_instance_id": "rm-source", "source_endpoint_instance_type": "RDS", "source_endpoint_ip": "",
        "source_endpoint_oracle_sid": "", "source_endpoint_owner_id": "1406926474060000", "source_endpoint_password": SOURCE_PASSWORD,
        "source_endpoint_port": "", "source_endpoint_region": "cn-hangzhou", "source_endpoint_role": "",
        "source_endpoint_user_name": "dtstest", "status": "Normal", "subscription_data_type_ddl": true, "subscription_data_type_dml": true,
        "subscription_instance_network_type": "vpc", "subscription_instance_vpc_id": "vpc-1", "subscription_instance_vswitch_id": "vsw-1",
        "sync_architecture": null, "synchronization_direction": null, "tags": {}, "timeouts": null})
}

/// `alicloud_dts_consumer_channel`
pub(crate) fn consumer_channel(instance_id: &str, group_id: &str) -> Value {
    json!({"id": format!("{instance_id}:{group_id}"), "dts_instance_id": instance_id, "consumer_group_id": group_id,
        "consumer_group_name": "billing", "consumer_group_user_name": "reader", "consumer_group_password": "group-Secret-1", "timeouts": null})
}

/// `alicloud_dts_job_monitor_rule`: two of one job have the same id, and each has a time.
pub(crate) fn monitor_rule(job_id: &str, kind: &str, phone: &str, time: &str) -> Value {
    json!({"id": job_id, "dts_job_id": job_id, "type": kind, "phone": phone, "delay_rule_time": time, "state": "Y"})
}
