//! A changed value for every argument, what may come of it, and the situations in which it is changed.

use serde_json::{Value as Json, json};

use crate::changes::bed::{Bed, Managed};
use crate::changes::config::{self, MIGRATION, SYNC, instance_for, with};

/// What comes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Changed in place by calls, the planned ones.
    Called,
    /// Only recorded: it is about Terraform's own behaviour, so that DTS need not hear of it.
    Recorded,
    /// Another object takes its place.
    Replaced,
    /// The plan says why not.
    Refused,
    /// Means the same, or is documented to keep what is there when it is left out.
    Kept,
}
use Expected::{Called, Kept, Recorded, Refused, Replaced};

/// One argument changed: from one configuration to another, and back.
pub(super) struct Case {
    pub(super) argument: &'static str,
    pub(super) from: Json,
    pub(super) to: Json,
    /// What may come of it, by situation where there is more than one.
    pub(super) forth: &'static [Expected],
    pub(super) back: &'static [Expected],
}

/// In place or anew, depending on how far the job is, or refused where it is too far.
pub(super) const BY_STAGE: &[Expected] = &[Called, Replaced, Refused];

/// Which of [`BY_STAGE`] it is in a situation (the indices of [`DESIRED`]).
pub(super) fn by_stage(argument: &str, situation: usize) -> &'static [Expected] {
    match (argument, situation) {
        ("dts_instance_id", 4) => &[Called, Refused],
        ("dts_instance_id", _) | ("job_type", 4) => &[Replaced],
        ("job_type", _) => &[Refused],
        // One way the instance is missing, or has no such job.
        ("data_synchronization", 0 | 4) => &[Called, Refused],
        // Until it has started.
        (_, 0 | 4) => &[Called],
        ("data_synchronization", 1) => &[Replaced, Refused],
        (_, 1) => &[Called, Replaced],
        // What is moved while it runs is refused until it runs again.
        (_, 2) => BY_STAGE,
        // A migration that has ended is replaced only by hand.
        (_, _) => &[Refused],
    }
}

pub(super) const CALLED: &[Expected] = &[Called];
/// A job that has ended logs in nowhere.
const UNTIL_THE_END: &[Expected] = &[Called, Recorded];
pub(super) const RECORDED: &[Expected] = &[Recorded];

/// Of a job: configured, running, suspended, a one-time migration that has ended, configured first and checked.
const DESIRED: [&str; 5] = ["configured", "running", "suspended", "running", "prechecked"];

/// A resource as `from` says in that situation, and the configuration to change it to. `None` when the two do not fit the
/// situation.
pub(super) fn stage<'b>(
    bed: &'b Bed,
    type_name: &'static str,
    situation: usize,
    case: &Case,
    from: &Json,
    to: &Json,
) -> Option<(Managed<'b>, Json)> {
    let mut managed = bed.resource(type_name);
    let mut extra = if type_name == "dts_instance" {
        in_instance(bed, situation)?
    } else {
        in_job(bed, situation, case, from)
    };
    if case.argument == "du" && situation == 1 {
        bed.move_to_cluster(extra["job_id"].as_str()?);
    }
    // What the case itself is about stays as the case says.
    if ["job_type", "data_synchronization", "desired_status"].contains(&case.argument) {
        extra.as_object_mut()?.remove(case.argument);
    }
    let mut config = with(from, extra.clone());
    if config["job_id"] == "x" {
        let mut job = bed.job();
        job.settle(&config::job(SYNC));
        config["job_id"] = json!(job.text("id"));
    }
    // A job is paused only once it runs.
    let running = with(&config, json!({ "desired_status": "running" }));
    let first = if config["desired_status"] == "suspended" {
        &running
    } else {
        &config
    };
    for config in [first, &config] {
        let planned = managed.plan(config).ok()?;
        let problems = managed.apply(&planned, config);
        assert!(!problems.has_errors(), "{config:#}: {problems:#?}");
    }
    match case.argument {
        "dts_instance_id" => {
            let mut other = bed.instance();
            other.settle(&config::instance(if situation == 3 { MIGRATION } else { SYNC }));
            extra["dts_instance_id"] = json!(other.text("id"));
        }
        "job_id" if !to["job_id"].is_null() => {
            let mut other = bed.job();
            other.settle(&config::job(SYNC));
            extra["job_id"] = json!(other.text("id"));
        }
        _ => {}
    }
    Some((managed, with(to, extra)))
}

fn in_job(bed: &Bed, situation: usize, case: &Case, from: &Json) -> Json {
    let (kind, follows) = if situation == 3 {
        (MIGRATION, false)
    } else {
        (SYNC, true)
    };
    let mut extra = json!({
        "job_type": kind, "data_synchronization": follows, "desired_status": DESIRED[situation],
    });
    if DESIRED[situation] != "prechecked" {
        let mut bought = bed.instance();
        let kind = from["job_type"]
            .as_str()
            .filter(|_| case.argument == "job_type")
            .unwrap_or(kind);
        bought.settle(&config::instance(kind));
        extra["dts_instance_id"] = json!(bought.text("id"));
    }
    extra
}

/// Bought first, or for a job.
fn in_instance(bed: &Bed, situation: usize) -> Option<Json> {
    match situation {
        0 => Some(json!({})),
        1 => {
            let mut job = bed.job();
            job.settle(&config::job(SYNC));
            let mut extra = instance_for(&job.text("id"));
            for name in ["instance_class", "pay_type"] {
                extra.as_object_mut()?.remove(name);
            }
            for name in SHAPE {
                extra[name] = Json::Null;
            }
            Some(extra)
        }
        _ => None,
    }
}

pub(super) const SHAPE: [&str; 5] = [
    "type",
    "source_endpoint_engine_name",
    "destination_endpoint_engine_name",
    "source_region",
    "destination_region",
];

pub(super) fn case(
    argument: &'static str,
    base: &Json,
    to: Json,
    forth: &'static [Expected],
    back: &'static [Expected],
) -> Case {
    Case {
        argument,
        from: base.clone(),
        to: with(base, to),
        forth,
        back,
    }
}

pub(super) fn instance() -> Vec<Case> {
    let base = config::instance(SYNC);
    let paid = json!({ "pay_type": "PrePaid", "period": "Month", "used_time": 1, "on_destroy": "keep" });
    let prepaid = with(&base, paid.clone());
    let serverless = with(&base, json!({ "min_du": 1, "max_du": 4 }));
    let free = |argument, to| case(argument, &base, to, RECORDED, RECORDED);
    // With a job they follow from it, and the situation leaves them out: nothing changes then.
    let shape = |argument, to| case(argument, &base, to, &[Replaced, Kept], &[Replaced, Kept]);
    let mut other_job = instance_for("x");
    for name in SHAPE {
        other_job[name] = Json::Null;
    }
    vec![
        // To another job, also from none. From one to none is another instance, unless nothing else is said.
        case("job_id", &base, other_job, &[Replaced], &[Replaced, Kept]),
        // Both are about a job; without one they are refused. Left out, the first keeps what it was.
        case(
            "auto_start",
            &base,
            json!({ "auto_start": true }),
            &[Called, Refused],
            &[Kept],
        ),
        case(
            "require_precheck",
            &base,
            json!({ "require_precheck": false }),
            &[Recorded, Refused],
            RECORDED,
        ),
        case(
            "adopt",
            &base,
            json!({ "adopt": true }),
            &[Recorded, Refused],
            RECORDED,
        ),
        shape("type", json!({ "type": MIGRATION })),
        shape(
            "source_endpoint_engine_name",
            json!({ "source_endpoint_engine_name": "PostgreSQL" }),
        ),
        shape(
            "destination_endpoint_engine_name",
            json!({ "destination_endpoint_engine_name": "Redis" }),
        ),
        shape("source_region", json!({ "source_region": "cn-beijing" })),
        shape(
            "destination_region",
            json!({ "destination_region": "cn-beijing" }),
        ),
        case(
            "instance_class",
            &base,
            json!({ "instance_class": "large" }),
            CALLED,
            CALLED,
        ),
        case("pay_type", &base, paid, CALLED, CALLED),
        // Time that is paid cannot be given back.
        case(
            "period",
            &prepaid,
            json!({ "period": "Year" }),
            CALLED,
            &[Refused],
        ),
        case(
            "used_time",
            &prepaid,
            json!({ "used_time": 3 }),
            CALLED,
            &[Refused],
        ),
        case(
            "auto_pay",
            &prepaid,
            json!({ "auto_pay": true }),
            &[Refused],
            &[Refused],
        ),
        case("min_du", &serverless, json!({ "min_du": 2 }), CALLED, CALLED),
        case("max_du", &serverless, json!({ "max_du": 8 }), CALLED, CALLED),
        // Only of a job on a dedicated cluster; left out, it stays.
        case("du", &base, json!({ "du": 2 }), &[Refused, Called], &[Kept]),
        case(
            "sync_architecture",
            &with(&base, json!({ "sync_architecture": "oneway" })),
            json!({ "sync_architecture": "bidirectional" }),
            // It does not synchronize yet.
            &[Refused],
            // For a job that stays there can be no other.
            &[Replaced, Refused],
        ),
        case(
            "database_count",
            &with(&base, json!({ "source_endpoint_engine_name": "DRDS" })),
            json!({ "database_count": 3 }),
            CALLED,
            CALLED,
        ),
        case(
            "compute_unit",
            &base,
            json!({ "compute_unit": 2 }),
            &[Replaced, Refused],
            &[Replaced, Refused],
        ),
        case(
            "fee_type",
            &with(
                &base,
                json!({ "type": "SUBSCRIBE", "fee_type": "ONLY_CONFIGURATION_FEE" }),
            ),
            json!({ "fee_type": "CONFIGURATION_FEE_AND_DATA_FEE" }),
            &[Replaced, Refused],
            &[Replaced, Refused],
        ),
        case(
            "resource_group_id",
            &with(&base, json!({ "resource_group_id": "rg-1" })),
            json!({ "resource_group_id": "rg-2" }),
            CALLED,
            CALLED,
        ),
        case(
            "tags",
            &base,
            json!({ "tags": { "env": "test" } }),
            CALLED,
            CALLED,
        ),
        free("on_destroy", json!({ "on_destroy": "keep" })),
        free("timeouts.create", json!({ "timeouts": { "create": "7m" } })),
        free("timeouts.update", json!({ "timeouts": { "update": "7m" } })),
        free("timeouts.delete", json!({ "timeouts": { "delete": "7m" } })),
    ]
}

pub(super) fn job() -> Vec<Case> {
    let base = config::job(SYNC);
    let staged = |argument, to| case(argument, &base, to, BY_STAGE, BY_STAGE);
    let free = |argument, to| case(argument, &base, to, RECORDED, RECORDED);
    let tables =
        |tables: Json| json!({ "database": [{ "name": "dtsdb", "new_name": "dtsdb_1", "table": tables }] });
    let list = with(
        &base,
        json!({ "database": null, "db_list": r#"{"dtsdb":{"all":true}}"# }),
    );
    let mut cases = vec![
        // Both ways to another instance, which the situation buys; a migration that has run there is left behind.
        staged("dts_instance_id", json!({ "dts_instance_id": "x" })),
        case(
            "dts_job_name",
            &base,
            json!({ "dts_job_name": "other" }),
            CALLED,
            CALLED,
        ),
        // A job of another type needs another instance too.
        staged("job_type", json!({ "job_type": MIGRATION })),
        staged(
            "structure_initialization",
            json!({ "structure_initialization": false }),
        ),
        staged("data_initialization", json!({ "data_initialization": false })),
        staged("data_synchronization", json!({ "data_synchronization": false })),
        case(
            "desired_status",
            &with(&base, json!({ "desired_status": "configured" })),
            json!({ "desired_status": "running" }),
            &[Called, Recorded, Refused],
            &[Recorded],
        ),
        free("wait_for", json!({ "wait_for": "none" })),
        free("on_wait_failure", json!({ "on_wait_failure": "warn" })),
        // Taken out of a precheck that passed by it, it has to run again.
        case(
            "precheck.skip",
            &base,
            json!({ "precheck": { "skip": ["CHECK_SAME_OBJ"] } }),
            RECORDED,
            &[Recorded, Called],
        ),
        free(
            "precheck.on_warning",
            json!({ "precheck": { "on_warning": "ignore" } }),
        ),
        case(
            "max_delay_seconds",
            &with(&base, json!({ "wait_for": "caught_up" })),
            json!({ "max_delay_seconds": 5 }),
            RECORDED,
            RECORDED,
        ),
        staged("reserve", json!({ "reserve": r#"{"targetTableMode":"2"}"# })),
        case(
            "db_list",
            &list,
            json!({ "db_list": r#"{"other":{"all":true}}"# }),
            BY_STAGE,
            BY_STAGE,
        ),
        staged("database.name", json!({ "database": [{ "name": "other" }] })),
        staged(
            "database.new_name",
            json!({ "database": [{ "name": "dtsdb", "new_name": "new" }] }),
        ),
        staged("database.table.name", tables(json!([{ "name": "city" }]))),
        staged(
            "database.table.new_name",
            tables(json!([{ "name": "person", "new_name": "people" }])),
        ),
        free("timeouts.create", json!({ "timeouts": { "create": "7m" } })),
        free("timeouts.update", json!({ "timeouts": { "update": "7m" } })),
        free("timeouts.delete", json!({ "timeouts": { "delete": "7m" } })),
        staged(
            "database.dml_op",
            json!({ "database": [{ "name": "dtsdb", "dml_op": "insert" }] }),
        ),
        staged(
            "database.ddl_op",
            json!({ "database": [{ "name": "dtsdb", "ddl_op": "none" }] }),
        ),
    ];
    for name in ["filter", "dml_op", "ddl_op"] {
        let name = leaked(format!("database.table.{name}"));
        let last = name.rsplit('.').next().unwrap();
        cases.push(staged(
            name,
            tables(json!([{ "name": "person", last: "id > 1" }])),
        ));
    }
    let column = |column: Json| tables(json!([{ "name": "person", "column": [column] }]));
    let object = |object: Json| json!({ "database": [{ "name": "dtsdb", "object": [object] }] });
    let view = json!({ "kind": "View", "name": "v" });
    let with_column = with(&base, column(json!({ "name": "id" })));
    let with_object = with(&base, object(view.clone()));
    for (argument, from, to) in [
        (
            "database.table.column.name",
            &with_column,
            column(json!({ "name": "at" })),
        ),
        (
            "database.table.column.new_name",
            &with_column,
            column(json!({ "name": "id", "new_name": "key" })),
        ),
        (
            "database.object.kind",
            &with_object,
            object(with(&view, json!({ "kind": "Function" }))),
        ),
        (
            "database.object.name",
            &with_object,
            object(with(&view, json!({ "name": "w" }))),
        ),
        (
            "database.object.new_name",
            &with_object,
            object(with(&view, json!({ "new_name": "w" }))),
        ),
    ] {
        cases.push(case(argument, from, to, BY_STAGE, BY_STAGE));
    }
    for side in ["source_endpoint", "destination_endpoint"] {
        cases.extend(endpoint(&base, side));
    }
    cases.extend(super::job::settings(&base));
    cases.extend(super::job::options(&base));
    cases
}

pub(super) fn leaked(name: String) -> &'static str {
    Box::leak(name.into_boxed_str())
}

fn endpoint(base: &Json, side: &'static str) -> Vec<Case> {
    let block = |inner: Json| json!({ side: inner });
    let other = json!({
        "instance_type": "OTHER", "instance_id": null, "region": null, "ip": "10.0.0.1", "port": "3306",
    });
    let own = with(base, block(other.clone()));
    let hidden = json!({ "password": null, "password_wo": "first", "password_wo_version": 1 });
    let hidden = with(base, block(hidden));
    let name = |name: &str| leaked(format!("{side}.{name}"));
    let staged = |argument, base: &Json, to| case(name(argument), base, block(to), BY_STAGE, BY_STAGE);
    let bare = with(base, json!({ "reserve": null }));
    let cen = json!({
        "instance_type": "CEN", "instance_id": "vpc-1", "region": null, "ip": "10.0.0.1", "port": "3306", "cen_id": "cen-1",
    });
    let mongodb = json!({ "instance_type": "MONGODB", "engine_name": "MONGODB", "database_name": "admin", "engine_arch_type": "1" });
    let ssl = with(&bare, block(json!({ "ssl_solution": "DISABLE" })));
    let account = json!({ "owner_id": "1", "role": "dts" });
    let mut cases = Vec::new();
    if side == "source_endpoint" {
        cases.push(staged("vswitch_id", base, json!({ "vswitch_id": "vsw-1" })));
    }
    cases.extend([
        staged("instance_type", base, other),
        staged("engine_name", base, json!({ "engine_name": "MARIADB" })),
        staged("instance_id", base, json!({ "instance_id": "rm-other" })),
        staged("region", base, json!({ "region": "cn-shanghai" })),
        staged("ip", &own, json!({ "ip": "10.0.0.2" })),
        staged("port", &own, json!({ "port": "3307" })),
        staged("oracle_sid", base, json!({ "oracle_sid": "orcl" })),
        staged("database_name", base, json!({ "database_name": "another" })),
        staged("user_name", base, json!({ "user_name": "somebody" })),
        case(
            name("password"),
            base,
            block(json!({ "password": "new" })),
            UNTIL_THE_END,
            UNTIL_THE_END,
        ),
        // Kept nowhere, so that only its version can tell of a change.
        case(
            name("password_wo"),
            &hidden,
            block(json!({ "password_wo": "second" })),
            &[Kept],
            &[Kept],
        ),
        case(
            name("password_wo_version"),
            &hidden,
            block(json!({ "password_wo": "second", "password_wo_version": 2 })),
            UNTIL_THE_END,
            UNTIL_THE_END,
        ),
        staged(
            "owner_id",
            &with(base, block(account.clone())),
            json!({ "owner_id": "2" }),
        ),
        staged("role", &with(base, block(account)), json!({ "role": "other" })),
        staged("primary_vsw_id", base, json!({ "primary_vsw_id": "vsw-1" })),
        staged("secondary_vsw_id", base, json!({ "secondary_vsw_id": "vsw-2" })),
        staged(
            "ssl_solution",
            &ssl,
            json!({ "ssl_solution": "ENABLE_WITH_CERTIFICATE" }),
        ),
        staged("cen_id", &with(&bare, block(cen)), json!({ "cen_id": "cen-2" })),
        staged(
            "engine_arch_type",
            // A MongoDB is written from a MongoDB.
            &with(
                &with(&bare, json!({ "source_endpoint": mongodb })),
                block(mongodb.clone()),
            ),
            json!({ "engine_arch_type": "0" }),
        ),
    ]);
    cases
}
