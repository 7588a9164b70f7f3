//! Arguments of a job that do not go together.

use serde_json::{Value as Json, json};

use super::{Case, migration, sync};
use crate::changes::config::with;

pub(super) fn of_jobs() -> Vec<Case> {
    let configured = |more: Json| sync(with(&json!({ "desired_status": "configured" }), more));
    let only_changes = json!({ "structure_initialization": false, "data_initialization": false });
    vec![
        (
            "nothing to do",
            migration(only_changes.clone()),
            "data_initialization",
            "Set at least one",
        ),
        (
            "a synchronization that does not follow",
            sync(json!({ "data_synchronization": false })),
            "data_synchronization",
            "MIGRATION",
        ),
        (
            "checked on an instance",
            sync(json!({ "dts_instance_id": "dtsa", "desired_status": "prechecked" })),
            "desired_status",
            "Set `running`",
        ),
        (
            "a wait beyond what is wanted",
            configured(json!({ "wait_for": "running" })),
            "wait_for",
            "Leave `wait_for` out",
        ),
        (
            "an end that never comes",
            sync(json!({ "dts_instance_id": "dtsa", "wait_for": "finished" })),
            "wait_for",
            "caught_up",
        ),
        (
            "catching up with nothing",
            migration(json!({ "dts_instance_id": "dtsa", "wait_for": "caught_up" })),
            "wait_for",
            "finished",
        ),
        (
            "a delay that nothing waits for",
            sync(json!({ "dts_instance_id": "dtsa", "max_delay_seconds": 5 })),
            "max_delay_seconds",
            "Remove it",
        ),
        (
            "a warning that comes too late",
            sync(json!({ "dts_instance_id": "dtsa", "precheck": { "on_warning": "error" } })),
            "precheck.on_warning",
            "desired_status = \"prechecked\"",
        ),
        (
            "a setting said twice",
            sync(json!({ "target_table_mode": "0" })),
            "target_table_mode",
            "Remove it there",
        ),
        (
            "a conflict in a migration",
            migration(json!({ "conflict": "ignore" })),
            "conflict",
            "SYNC",
        ),
        (
            "filtered structure in a migration",
            migration(json!({ "filter_ddl": true })),
            "filter_ddl",
            "SYNC",
        ),
        (
            "a reverse migration",
            migration(json!({ "dts_instance_id": "dtsa", "synchronization_direction": "Reverse" })),
            "synchronization_direction",
            "SYNC",
        ),
        (
            "a reverse job without an instance",
            sync(json!({ "synchronization_direction": "Reverse" })),
            "synchronization_direction",
            "dts_instance_id",
        ),
        (
            "a checkpoint of a full load",
            sync(json!({ "checkpoint": "1767323045" })),
            "checkpoint",
            "Set it to false",
        ),
        (
            "a checkpoint of nothing",
            migration(
                json!({ "structure_initialization": null, "data_initialization": null, "checkpoint": "1767323045" }),
            ),
            "checkpoint",
            "Set it to true",
        ),
        (
            "a cluster for a bought instance",
            sync(json!({ "dts_instance_id": "dtsa", "dedicated_cluster_id": "dtscl" })),
            "dedicated_cluster_id",
            "Remove `dts_instance_id`",
        ),
        (
            "a cluster for two regions",
            configured(
                json!({ "dedicated_cluster_id": "dtscl", "destination_endpoint": { "region": "cn-beijing" } }),
            ),
            "dedicated_cluster_id",
            "Remove `dedicated_cluster_id`",
        ),
        (
            "a limit without a cluster",
            configured(json!({ "du_limit": 2 })),
            "du_limit",
            "Set `dedicated_cluster_id`",
        ),
        (
            "less at most than at least",
            sync(json!({ "min_du": 8, "max_du": 4 })),
            "max_du",
            "Write 8 or more",
        ),
        (
            "a delay notice without a delay",
            sync(json!({ "delay_notice": true })),
            "delay_notice",
            "Set `delay_rule_time`",
        ),
        (
            "a delay that nobody is told of",
            sync(json!({ "delay_rule_time": 60 })),
            "delay_rule_time",
            "Set `delay_notice = true`",
        ),
        (
            "phones that nobody calls",
            sync(json!({ "error_notice": false, "error_phone": "1" })),
            "error_phone",
            "Set `error_notice = true`",
        ),
    ]
}
