//! A changed value for every argument of each data source.

use serde_json::{Value as Json, json};

/// Filters that lists of jobs and of instances have alike.
fn listed(type_name: &'static str) -> Vec<(&'static str, Json)> {
    vec![
        (type_name, json!({ type_name: "SYNC" })),
        ("name", json!({ "name": "mysql" })),
        ("status", json!({ "status": "Synchronizing" })),
        ("dts_job_ids", json!({ "dts_job_ids": ["x"] })),
        ("dts_instance_ids", json!({ "dts_instance_ids": ["x"] })),
        ("source_instance_id", json!({ "source_instance_id": "rm-source" })),
        ("region", json!({ "region": "cn-beijing" })),
        ("dedicated_cluster_id", json!({ "dedicated_cluster_id": "x" })),
        ("resource_group_id", json!({ "resource_group_id": "rg-1" })),
        ("tags", json!({ "tags": { "env": "" } })),
    ]
}

/// A sound configuration of a data source.
pub(super) fn base(name: &str, argument: &str, job_id: &str, instance_id: &str) -> Json {
    let rds = |id: &str| json!({ "instance_type": "RDS", "instance_id": id });
    match name {
        "dts_precheck" | "dts_job_log" => json!({ "job_id": job_id }),
        "dts_job" if argument == "id" => json!({ "id": job_id }),
        "dts_job" => json!({ "dts_instance_id": instance_id }),
        "dts_ip_ranges" => json!({ "source_region": "cn-hangzhou" }),
        "dts_connection_status" => {
            json!({ "source_endpoint": rds("rm-source"), "destination_endpoint": rds("rm-destination") })
        }
        _ => json!({}),
    }
}

/// Changes of a data source's arguments.
pub(super) fn changes(name: &str) -> Vec<(&'static str, Json)> {
    match name {
        "dts_precheck" => vec![
            ("job_id", json!({})),
            ("job_code", json!({ "job_code": "01" })),
            ("struct_type", json!({ "struct_type": "after" })),
            (
                "struct_phase",
                json!({ "job_code": "02", "struct_phase": "before" }),
            ),
            ("name", json!({ "name": "CONN" })),
            ("wait", json!({ "wait": false })),
            ("require_pass", json!({ "require_pass": true })),
            ("timeouts.read", json!({ "timeouts": { "read": "1m" } })),
        ],
        "dts_job" => vec![
            ("id", json!({})),
            ("dts_instance_id", json!({})),
            (
                "synchronization_direction",
                json!({ "synchronization_direction": "Forward" }),
            ),
        ],
        "dts_jobs" => listed("job_type"),
        "dts_instances" => {
            let mut changes = listed("type");
            changes.push(("pay_type", json!({ "pay_type": "PrePaid" })));
            changes.push(("instance_class", json!({ "instance_class": "small" })));
            changes
        }
        "dts_job_log" => vec![
            ("job_id", json!({})),
            ("status", json!({ "status": "ERROR" })),
            ("keyword", json!({ "keyword": "precheck" })),
            ("sub_job_type", json!({ "sub_job_type": "01" })),
            ("start_time", json!({ "start_time": "2026-01-02T03:04:05Z" })),
            ("end_time", json!({ "end_time": "2036-01-02T03:04:05Z" })),
            ("limit", json!({ "limit": 1 })),
        ],
        "dts_ip_ranges" => {
            let mut changes = vec![
                ("source_region", json!({ "source_region": "cn-beijing" })),
                (
                    "destination_region",
                    json!({ "destination_region": "cn-beijing" }),
                ),
                ("type", json!({ "type": "internet" })),
            ];
            for argument in [
                "source_vpc.vpc_id",
                "source_vpc.primary_vswitch_id",
                "source_vpc.secondary_vswitch_id",
                "source_vpc.owner_id",
                "source_vpc.role",
                "destination_vpc.vpc_id",
                "destination_vpc.primary_vswitch_id",
                "destination_vpc.secondary_vswitch_id",
                "destination_vpc.owner_id",
                "destination_vpc.role",
            ] {
                let (block, name) = argument.split_once('.').unwrap_or_default();
                changes.push((argument, json!({ "type": "vpc", block: { name: "x" } })));
            }
            changes
        }
        "dts_dedicated_clusters" => vec![
            ("state", json!({ "state": "running" })),
            ("name", json!({ "name": "x" })),
            ("resource_group_id", json!({ "resource_group_id": "rg-1" })),
        ],
        "dts_connection_status" => {
            let mut changes = vec![("require_success", json!({ "require_success": true }))];
            for argument in [
                "source_endpoint.instance_type",
                "source_endpoint.engine_name",
                "source_endpoint.instance_id",
                "source_endpoint.region",
                "source_endpoint.ip",
                "source_endpoint.port",
                "source_endpoint.database_name",
                "source_endpoint.user_name",
                "source_endpoint.password",
                "source_endpoint.oracle_sid",
                "source_endpoint.architecture",
                "destination_endpoint.instance_type",
                "destination_endpoint.engine_name",
                "destination_endpoint.instance_id",
                "destination_endpoint.region",
                "destination_endpoint.ip",
                "destination_endpoint.port",
                "destination_endpoint.database_name",
                "destination_endpoint.user_name",
                "destination_endpoint.password",
                "destination_endpoint.oracle_sid",
                "destination_endpoint.architecture",
            ] {
                let (block, name) = argument.split_once('.').unwrap_or_default();
                let value = match name {
                    "instance_type" => "MongoDB",
                    "engine_name" => "Redis",
                    "architecture" => "SID",
                    "region" => "cn-beijing",
                    _ => "x",
                };
                changes.push((argument, json!({ block: { name: value } })));
            }
            changes
        }
        other => panic!("no changes for {other}"),
    }
}
