//! Values that an argument cannot have.

use serde_json::json;

use super::{Case, ends, follower, kafka, mongodb, own, sync};

pub(super) fn of_values() -> Vec<Case> {
    vec![
        (
            "an unknown type",
            sync(json!({ "job_type": "SUBSCRIBE" })),
            "job_type",
            "MIGRATION, SYNC",
        ),
        (
            "an empty name",
            sync(json!({ "dts_job_name": "" })),
            "dts_job_name",
            "must not be empty",
        ),
        (
            "a wanted status that is none",
            sync(json!({ "desired_status": "started" })),
            "desired_status",
            "running",
        ),
        (
            "half a version",
            ends(
                "source_endpoint",
                json!({ "password": null, "password_wo": "p", "password_wo_version": 1.5 }),
            ),
            "source_endpoint.password_wo_version",
            "not a whole number",
        ),
        (
            "a wait that is none",
            sync(json!({ "wait_for": "done" })),
            "wait_for",
            "caught_up",
        ),
        (
            "a policy that is none",
            sync(json!({ "on_wait_failure": "ignore" })),
            "on_wait_failure",
            "error, warn",
        ),
        (
            "a delay of nothing",
            sync(json!({ "dts_instance_id": "dtsa", "wait_for": "caught_up", "max_delay_seconds": 0 })),
            "max_delay_seconds",
            "from 1",
        ),
        (
            "settings that are no JSON",
            sync(json!({ "reserve": "{" })),
            "reserve",
            "jsonencode",
        ),
        (
            "settings that are no object",
            sync(json!({ "reserve": "[]" })),
            "reserve",
            "no object",
        ),
        (
            "a start in the settings",
            sync(json!({ "reserve": r#"{"autoStartModulesAfterConfig":"auto"}"# })),
            "reserve",
            "desired_status",
        ),
        (
            "a table mode that is none",
            sync(json!({ "reserve": null, "target_table_mode": "1" })),
            "target_table_mode",
            "0, 2",
        ),
        (
            "a case that is none",
            sync(json!({ "db_list_case_change_mode": "upper" })),
            "db_list_case_change_mode",
            "dest_upper",
        ),
        (
            "a retry time of nothing",
            sync(json!({ "max_retry_time": 0 })),
            "max_retry_time",
            "from 1",
        ),
        (
            "a conflict policy that is none",
            sync(json!({ "conflict": "merge" })),
            "conflict",
            "overwrite",
        ),
        (
            "a trigger mode that is none",
            sync(json!({ "trigger_mode": "off" })),
            "trigger_mode",
            "manual, auto",
        ),
        (
            "a direction that is none",
            sync(json!({ "synchronization_direction": "Both" })),
            "synchronization_direction",
            "Forward, Reverse",
        ),
        (
            "a checkpoint in words",
            follower(json!({ "checkpoint": "now" })),
            "checkpoint",
            "seconds since 1970",
        ),
        (
            "a checkpoint in milliseconds",
            follower(json!({ "checkpoint": "1767323045000" })),
            "checkpoint",
            "not milliseconds",
        ),
        (
            "DUs that do not exist",
            sync(json!({ "min_du": 3 })),
            "min_du",
            "1, 2, 4, 8, 16",
        ),
        (
            "a limit of no DUs",
            sync(
                json!({ "dts_instance_id": null, "desired_status": "configured", "dedicated_cluster_id": "dtscl", "du_limit": 0 }),
            ),
            "du_limit",
            "from 1",
        ),
        (
            "a comparison that is no JSON",
            sync(json!({ "data_check_configure": "yes" })),
            "data_check_configure",
            "jsonencode",
        ),
        (
            "a phone that is none",
            sync(json!({ "error_notice": true, "error_phone": "me" })),
            "error_phone",
            "by commas",
        ),
        (
            "eleven phones",
            sync(json!({ "error_notice": true, "error_phone": "1,2,3,4,5,6,7,8,9,10,11" })),
            "error_phone",
            "10 at most",
        ),
        (
            "a label that is none",
            sync(json!({ "dts_bis_label": "test" })),
            "dts_bis_label",
            "normal, online",
        ),
        (
            "a setting without module",
            sync(json!({ "job_parameters": { "sink.batch.size.maximum": "1" } })),
            "job_parameters",
            "07/sink.batch.size.maximum",
        ),
        (
            "a check that is none",
            sync(json!({ "precheck": { "skip": ["same objects"] } })),
            "precheck.skip",
            "CHECK_SAME_OBJ",
        ),
        (
            "a policy for warnings that is none",
            sync(json!({ "precheck": { "on_warning": "stop" } })),
            "precheck.on_warning",
            "ignore, warn, error",
        ),
        (
            "a kind of database that is none",
            ends("source_endpoint", json!({ "instance_type": "EXCEL" })),
            "source_endpoint.instance_type",
            "Write one of: RDS",
        ),
        (
            "an engine that is none",
            ends("source_endpoint", json!({ "engine_name": "Access" })),
            "source_endpoint.engine_name",
            "Write one of: MYSQL",
        ),
        (
            "an engine that is only written",
            ends("source_endpoint", json!({ "engine_name": "KAFKA" })),
            "source_endpoint.engine_name",
            "Write one of: MYSQL",
        ),
        (
            "a region that is none",
            ends("source_endpoint", json!({ "region": "cn hangzhou" })),
            "source_endpoint.region",
            "such as cn-hangzhou",
        ),
        (
            "a port that is none",
            ends("source_endpoint", own("OTHER", json!({ "port": "65536" }))),
            "source_endpoint.port",
            "from 1 to 65535",
        ),
        (
            "encryption that is none",
            ends("source_endpoint", json!({ "ssl_solution": "TLS" })),
            "source_endpoint.ssl_solution",
            "ENABLE_WITH_CERTIFICATE",
        ),
        (
            "an architecture that is none",
            ends(
                "source_endpoint",
                mongodb(json!({ "engine_arch_type": "replica" })),
            ),
            "source_endpoint.engine_arch_type",
            "0, 1, 2",
        ),
        (
            "a version of Kafka that is none",
            ends(
                "destination_endpoint",
                kafka(json!({ "kafka": { "version": "3" } })),
            ),
            "destination_endpoint.kafka.version",
            "1.0",
        ),
        (
            "a duration that is none",
            sync(json!({ "timeouts": { "create": "soon" } })),
            "timeouts.create",
            "30m",
        ),
    ]
}
