//! Arguments of a job that are settings, or options beside its objects and endpoints.

use serde_json::{Value as Json, json};

use super::table::{BY_STAGE, CALLED, Case, RECORDED, case, leaked};
use crate::changes::config::with;

/// Settings of `Reserve`, each from one value to another.
pub(super) fn settings(base: &Json) -> Vec<Case> {
    let bare = with(base, json!({ "reserve": null }));
    let mut cases = Vec::new();
    for (name, one, other) in [
        ("target_table_mode", json!("0"), json!("2")),
        ("db_list_case_change_mode", json!("source"), json!("dest_lower")),
        ("max_retry_time", json!(720), json!(1440)),
        ("retry_blind_seconds", json!(600), json!(60)),
        ("conflict", json!("ignore"), json!("overwrite")),
        ("filter_ddl", json!(true), json!(false)),
        ("trigger_mode", json!("manual"), json!("auto")),
    ] {
        cases.push(case(
            name,
            &with(&bare, json!({ name: one })),
            json!({ name: other }),
            BY_STAGE,
            BY_STAGE,
        ));
    }
    let polardb = json!({
        "any_sink_table_engine_type": "innodb", "destination_endpoint": { "instance_type": "PolarDB", "engine_name": "PolarDB" },
    });
    let to = json!({ "any_sink_table_engine_type": "xengine" });
    cases.push(case(
        "any_sink_table_engine_type",
        &with(&bare, polardb),
        to,
        BY_STAGE,
        BY_STAGE,
    ));
    let kafka = json!({
        "topic": "a", "version": "1.0", "record_format": "avro", "partition_key": "none", "schema_registry": "yes",
        "schema_registry_url": "http://10.0.0.2", "compression_type": "lz4", "ddl_topic": "a",
    });
    let kafka = with(
        &bare,
        json!({ "destination_endpoint": {
        "instance_type": "ECS", "engine_name": "KAFKA", "instance_id": "i-1", "port": "9092", "kafka": kafka,
    } }),
    );
    for (name, other) in [
        ("topic", "b"),
        ("version", "0.10"),
        ("record_format", "canal_json"),
        ("partition_key", "primary_key"),
        ("schema_registry", "no"),
        ("schema_registry_url", "http://10.0.0.3"),
        ("compression_type", "gzip"),
        ("ddl_topic", "b"),
    ] {
        let argument = leaked(format!("destination_endpoint.kafka.{name}"));
        let to = json!({ "destination_endpoint": { "kafka": { name: other } } });
        cases.push(case(argument, &kafka, to, BY_STAGE, BY_STAGE));
    }
    cases
}

/// What a job is configured with beside.
pub(super) fn options(base: &Json) -> Vec<Case> {
    let staged = |argument, from: &Json, to| case(argument, from, to, BY_STAGE, BY_STAGE);
    let called = |argument, from: Json, to| case(argument, &with(base, from), to, CALLED, CALLED);
    let changes = with(
        base,
        json!({ "structure_initialization": false, "data_initialization": false, "checkpoint": "1767323045" }),
    );
    let cluster = json!({ "dedicated_cluster_id": "dtscl1", "du_limit": 2 });
    let delay = json!({ "delay_notice": true, "delay_rule_time": 60, "delay_phone": "1" });
    let error = json!({ "error_notice": true, "error_phone": "1" });
    let parameters = json!({ "job_parameters": { "07/sink.batch.size.maximum": "1" } });
    vec![
        // Forward is what is meant where it is left out.
        case(
            "synchronization_direction",
            base,
            json!({ "synchronization_direction": "Forward" }),
            RECORDED,
            RECORDED,
        ),
        staged("checkpoint", &changes, json!({ "checkpoint": "1767323046" })),
        called(
            "dedicated_cluster_id",
            cluster.clone(),
            json!({ "dedicated_cluster_id": "dtscl2" }),
        ),
        called("du_limit", cluster, json!({ "du_limit": 4 })),
        staged("min_du", base, json!({ "min_du": 2 })),
        staged("max_du", base, json!({ "max_du": 4 })),
        staged(
            "data_check_configure",
            base,
            json!({ "data_check_configure": r#"{"fullDataCheck":true}"# }),
        ),
        called(
            "delay_notice",
            delay.clone(),
            json!({ "delay_notice": false, "delay_rule_time": null, "delay_phone": null }),
        ),
        called("delay_phone", delay.clone(), json!({ "delay_phone": "2" })),
        called("delay_rule_time", delay, json!({ "delay_rule_time": 90 })),
        called(
            "error_notice",
            error.clone(),
            json!({ "error_notice": false, "error_phone": null }),
        ),
        called("error_phone", error, json!({ "error_phone": "2" })),
        staged(
            "dts_bis_label",
            &with(base, json!({ "dts_bis_label": "normal" })),
            json!({ "dts_bis_label": "online" }),
        ),
        staged(
            "disaster_recovery_job",
            base,
            json!({ "disaster_recovery_job": true }),
        ),
        called(
            "job_parameters",
            parameters,
            json!({ "job_parameters": { "07/sink.batch.size.maximum": "2" } }),
        ),
    ]
}
