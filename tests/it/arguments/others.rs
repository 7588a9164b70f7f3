//! The same of the objects around jobs: subscriptions, consumer groups, alarm rules.

use serde_json::{Value as Json, json};

use super::table::{CALLED, Case, Expected, RECORDED, case};
use crate::changes::bed::{Bed, Managed};
use crate::changes::config::{self, SUBSCRIBE, SYNC, with};

const REPLACED: &[Expected] = &[Expected::Replaced];

/// A resource as `from` says, and the configuration to change it to; `None` where another table stages it.
pub(super) fn stage<'b>(
    bed: &'b Bed,
    type_name: &'static str,
    situation: usize,
    case: &Case,
    from: &Json,
    to: &Json,
) -> Option<(Managed<'b>, Json)> {
    match type_name {
        "dts_monitor_rule" => Some(rule_stage(bed, type_name, case, from, to)),
        "dts_consumer_group" => Some(group_stage(bed, type_name, case, from, to)),
        "dts_subscription" => Some(subscription_stage(bed, type_name, situation, case, from, to)),
        _ => None,
    }
}

fn rule_stage<'b>(
    bed: &'b Bed,
    type_name: &'static str,
    case: &Case,
    from: &Json,
    to: &Json,
) -> (Managed<'b>, Json) {
    let job = |name: &str| {
        let mut job = bed.job();
        job.settle(&with(&config::job(SYNC), json!({ "dts_job_name": name })));
        job.text("id")
    };
    let id = job("one");
    let mut managed = bed.resource(type_name);
    managed.settle(&with(from, json!({ "dts_job_id": id })));
    let id = if case.argument == "dts_job_id" {
        job("other")
    } else {
        id
    };
    (managed, with(to, json!({ "dts_job_id": id })))
}

/// A group of one subscription, and of another where the case is about that.
fn group_stage<'b>(
    bed: &'b Bed,
    type_name: &'static str,
    case: &Case,
    from: &Json,
    to: &Json,
) -> (Managed<'b>, Json) {
    let by = if case.argument == "dts_instance_id" {
        "dts_instance_id"
    } else {
        "dts_job_id"
    };
    let subscribed = |name: &str| {
        let (managed, _) = bed.subscribed(&with(&config::subscription(), json!({ "dts_job_name": name })));
        let id = managed.text(if by == "dts_job_id" { "id" } else { by });
        json!({ "dts_job_id": null, by: id })
    };
    let one = subscribed("one");
    let mut managed = bed.resource(type_name);
    managed.settle(&with(from, one.clone()));
    let other = if case.argument == by {
        subscribed("other")
    } else {
        one
    };
    (managed, with(to, other))
}

pub(super) fn consumer_group() -> Vec<Case> {
    let base = json!({
        "dts_job_id": "x", "consumer_group_name": "billing", "consumer_group_user_name": "reader",
        "consumer_group_password": "secret-Pass1",
    });
    let hidden = with(
        &base,
        json!({ "consumer_group_password": null, "consumer_group_password_wo": "first-Pass1", "consumer_group_password_wo_version": 1 }),
    );
    let called = |argument, to| case(argument, &base, to, CALLED, CALLED);
    let free = |argument, to| case(argument, &base, to, RECORDED, RECORDED);
    vec![
        case(
            "dts_job_id",
            &base,
            json!({ "dts_job_id": "y" }),
            REPLACED,
            REPLACED,
        ),
        case(
            "dts_instance_id",
            &base,
            json!({ "dts_instance_id": "y" }),
            REPLACED,
            REPLACED,
        ),
        called("consumer_group_name", json!({ "consumer_group_name": "other" })),
        called(
            "consumer_group_user_name",
            json!({ "consumer_group_user_name": "other" }),
        ),
        called(
            "consumer_group_password",
            json!({ "consumer_group_password": "other-Pass1" }),
        ),
        // Kept nowhere, so that only its version can tell of a change.
        case(
            "consumer_group_password_wo",
            &hidden,
            json!({ "consumer_group_password_wo": "second-Pass1" }),
            &[Expected::Kept],
            &[Expected::Kept],
        ),
        case(
            "consumer_group_password_wo_version",
            &hidden,
            json!({ "consumer_group_password_wo": "second-Pass1", "consumer_group_password_wo_version": 2 }),
            CALLED,
            CALLED,
        ),
        free("timeouts.create", json!({ "timeouts": { "create": "7m" } })),
        free("timeouts.update", json!({ "timeouts": { "update": "7m" } })),
        free("timeouts.delete", json!({ "timeouts": { "delete": "7m" } })),
    ]
}

/// Of a subscription: configured, running, suspended, configured first and checked.
const DESIRED: [&str; 4] = ["configured", "running", "suspended", "prechecked"];

fn subscription_stage<'b>(
    bed: &'b Bed,
    type_name: &'static str,
    situation: usize,
    case: &Case,
    from: &Json,
    to: &Json,
) -> (Managed<'b>, Json) {
    // What is about an instance needs one.
    let needs_one = case.argument == "dts_instance_id" || from["desired_status"] == "running";
    let situation = if needs_one { situation % 3 } else { situation };
    let mut extra = json!({ "desired_status": DESIRED[situation] });
    let bought = || {
        let mut bought = bed.instance();
        bought.settle(&config::instance(SUBSCRIBE));
        bought.text("id")
    };
    if DESIRED[situation] != "prechecked" && case.argument != "dedicated_cluster_id" {
        extra["dts_instance_id"] = json!(bought());
    }
    if case.argument == "dedicated_cluster_id" && DESIRED[situation] != "prechecked" {
        extra["desired_status"] = json!("configured");
    }
    // What the case itself is about stays as the case says.
    if case.argument == "desired_status" {
        extra["desired_status"] = from["desired_status"].clone();
    }
    let mut managed = bed.resource(type_name);
    if extra["desired_status"] == "suspended" {
        managed.settle(&with(
            &with(from, extra.clone()),
            json!({ "desired_status": "running" }),
        ));
    }
    managed.settle(&with(from, extra.clone()));
    match case.argument {
        "dts_instance_id" => extra["dts_instance_id"] = json!(bought()),
        "desired_status" => extra["desired_status"] = to["desired_status"].clone(),
        _ => {}
    }
    (managed, with(to, extra))
}

/// In place, after a reset, or refused where it is suspended.
const BY_STAGE: &[Expected] = &[Expected::Called, Expected::Refused];

pub(super) fn subscription() -> Vec<Case> {
    let base = config::subscription();
    let staged = |argument, to| case(argument, &base, to, BY_STAGE, BY_STAGE);
    let called = |argument, to| case(argument, &base, to, CALLED, CALLED);
    let free = |argument, to| case(argument, &base, to, RECORDED, RECORDED);
    let list = with(
        &base,
        json!({ "database": null, "db_list": r#"{"dtsdb":{"all":true}}"# }),
    );
    let late = with(&base, json!({ "delay_notice": true, "delay_rule_time": 60 }));
    let failed = with(&base, json!({ "error_notice": true }));
    let mut cases = vec![
        // Both ways to another instance, which the situation buys.
        case(
            "dts_instance_id",
            &base,
            json!({ "dts_instance_id": "x" }),
            REPLACED,
            REPLACED,
        ),
        called("dts_job_name", json!({ "dts_job_name": "other" })),
        case(
            "desired_status",
            &with(&base, json!({ "desired_status": "configured" })),
            json!({ "desired_status": "running" }),
            &[Expected::Called, Expected::Refused],
            RECORDED,
        ),
        free("wait_for", json!({ "wait_for": "none" })),
        free("on_wait_failure", json!({ "on_wait_failure": "warn" })),
        called(
            "subscription_instance_vpc_id",
            json!({ "subscription_instance_vpc_id": "vpc-2" }),
        ),
        called(
            "subscription_instance_vswitch_id",
            json!({ "subscription_instance_vswitch_id": "vsw-2" }),
        ),
        staged(
            "subscription_data_type_ddl",
            json!({ "subscription_data_type_ddl": false }),
        ),
        staged(
            "subscription_data_type_dml",
            json!({ "subscription_data_type_dml": false }),
        ),
        case(
            "db_list",
            &list,
            json!({ "db_list": r#"{"other":{"all":true}}"# }),
            BY_STAGE,
            BY_STAGE,
        ),
        // Of one that has started, a setting that is taken away stays, which is told.
        case(
            "reserve",
            &base,
            json!({ "reserve": r#"{"startTime":"1"}"# }),
            BY_STAGE,
            &[Expected::Called, Expected::Recorded],
        ),
        case(
            "subscription_instance_network_type",
            &base,
            json!({ "subscription_instance_network_type": "vpc" }),
            &[Expected::Kept],
            &[Expected::Kept],
        ),
        called(
            "dedicated_cluster_id",
            json!({ "dedicated_cluster_id": "dtscluster_1" }),
        ),
        called("checkpoint", json!({ "checkpoint": "1700000000" })),
        called("min_du", json!({ "min_du": 1 })),
        called("max_du", json!({ "max_du": 16 })),
        called(
            "delay_notice",
            json!({ "delay_notice": true, "delay_rule_time": 60 }),
        ),
        case(
            "delay_phone",
            &late,
            json!({ "delay_phone": "1" }),
            CALLED,
            CALLED,
        ),
        case(
            "delay_rule_time",
            &late,
            json!({ "delay_rule_time": 61 }),
            CALLED,
            CALLED,
        ),
        called("error_notice", json!({ "error_notice": true })),
        case(
            "error_phone",
            &failed,
            json!({ "error_phone": "1" }),
            CALLED,
            CALLED,
        ),
        called("dts_bis_label", json!({ "dts_bis_label": "online" })),
        called("resource_group_id", json!({ "resource_group_id": "rg-1" })),
        staged("database.name", json!({ "database": [{ "name": "other" }] })),
        staged(
            "database.table.name",
            json!({ "database": [{ "name": "dtsdb", "table": [{ "name": "city" }] }] }),
        ),
        free("timeouts.create", json!({ "timeouts": { "create": "7m" } })),
        free("timeouts.update", json!({ "timeouts": { "update": "7m" } })),
        free("timeouts.delete", json!({ "timeouts": { "delete": "7m" } })),
    ];
    cases.extend(source(&base));
    cases
}

fn source(base: &Json) -> Vec<Case> {
    let block = |inner: Json| json!({ "source_endpoint": inner });
    let other = json!({
        "instance_type": "LocalInstance", "instance_id": null, "region": null, "ip": "10.0.0.1", "port": "3306",
    });
    let own = with(base, block(other.clone()));
    let hidden = json!({ "password": null, "password_wo": "first", "password_wo_version": 1 });
    let hidden = with(base, block(hidden));
    let account = with(base, block(json!({ "owner_id": "17", "role": "reader" })));
    let called = |argument, base: &Json, to| case(argument, base, block(to), CALLED, CALLED);
    let oracle = with(
        &own,
        block(json!({ "engine_name": "Oracle", "oracle_sid": "orcl" })),
    );
    vec![
        called("source_endpoint.instance_type", base, other),
        called(
            "source_endpoint.engine_name",
            base,
            json!({ "engine_name": "PostgreSQL", "database_name": "db" }),
        ),
        called(
            "source_endpoint.instance_id",
            base,
            json!({ "instance_id": "rm-other" }),
        ),
        called("source_endpoint.region", base, json!({ "region": "cn-shanghai" })),
        called("source_endpoint.ip", &own, json!({ "ip": "10.0.0.2" })),
        called("source_endpoint.port", &own, json!({ "port": "3307" })),
        called(
            "source_endpoint.oracle_sid",
            &oracle,
            json!({ "oracle_sid": "other" }),
        ),
        called(
            "source_endpoint.database_name",
            base,
            json!({ "database_name": "another" }),
        ),
        called(
            "source_endpoint.user_name",
            base,
            json!({ "user_name": "somebody" }),
        ),
        called("source_endpoint.owner_id", &account, json!({ "owner_id": "18" })),
        called("source_endpoint.role", &account, json!({ "role": "writer" })),
        called("source_endpoint.password", base, json!({ "password": "new" })),
        // Kept nowhere, so that only its version can tell of a change.
        case(
            "source_endpoint.password_wo",
            &hidden,
            block(json!({ "password_wo": "second" })),
            &[Expected::Kept],
            &[Expected::Kept],
        ),
        called(
            "source_endpoint.password_wo_version",
            &hidden,
            json!({ "password_wo": "second", "password_wo_version": 2 }),
        ),
    ]
}

pub(super) fn monitor_rule() -> Vec<Case> {
    let base = json!({ "dts_job_id": "x", "type": "delay", "delay_rule_time": 60 });
    let called = |argument, to| case(argument, &base, to, CALLED, CALLED);
    vec![
        case(
            "dts_job_id",
            &base,
            json!({ "dts_job_id": "y" }),
            REPLACED,
            REPLACED,
        ),
        case(
            "type",
            &base,
            json!({ "type": "full_timeout" }),
            REPLACED,
            REPLACED,
        ),
        called("state", json!({ "state": "N" })),
        called("delay_rule_time", json!({ "delay_rule_time": 61 })),
        called("phone", json!({ "phone": "1,2" })),
        called("period", json!({ "period": 5 })),
        called("times", json!({ "times": 2 })),
        called("notice_value", json!({ "notice_value": 3 })),
    ]
}

pub(super) fn is_of_subscriptions(name: &str) -> bool {
    ["dts_consumer_groups", "dts_subscription_meta"].contains(&name)
}

/// Each argument of a data source of subscriptions: it reads, and changes nothing.
pub(super) fn data_source(bed: &Bed, name: &str, arguments: &[String]) {
    let (subscribed, _) = bed.subscribed(&config::subscription());
    let (job, instance) = (subscribed.text("id"), subscribed.text("dts_instance_id"));
    let mut group = bed.resource("dts_consumer_group");
    group.settle(&with(&consumer_group()[0].from, json!({ "dts_job_id": job })));
    let topic = subscribed.text("subscribe_topic");
    let sid = group.text("consumer_group_id");
    let meta = json!({ "dts_instance_id": instance, "sid": sid });
    let (configs, list): (Vec<Json>, &str) = match name {
        "dts_consumer_groups" => (
            vec![
                json!({ "dts_job_id": job }),
                json!({ "dts_instance_id": instance }),
            ],
            "consumer_groups",
        ),
        _ => (
            vec![
                with(&meta, json!({ "topics": [topic] })),
                with(&meta, json!({ "sub_migration_job_ids": [job] })),
            ],
            "subscription_meta_list",
        ),
    };
    for argument in arguments {
        assert!(
            configs.iter().any(|config| !config[argument].is_null()),
            "{argument} is set by a case"
        );
    }
    for config in configs {
        let mark = bed.mark();
        let (state, problems) = bed.read_data(name, &config);
        assert!(!problems.has_errors(), "{problems:?}");
        assert_eq!(state.as_map().unwrap().list(list).len(), 1, "{config}");
        assert_eq!(bed.changing_calls(mark), [""; 0], "it changes nothing");
        assert!(bed.mark() > mark, "it reads");
    }
}
