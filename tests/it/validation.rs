//! What a configuration alone can tell, in this process: one table, each line with the argument that is blamed and what it is told
//! to write instead. The same with real Terraform, for the lines that it shows, is in `input`.

mod endpoints;
mod jobs;
mod objects;
mod values;

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value as Json, json};
use terraform_provider_dts::api::Context;
use terraform_provider_dts::dts::Dts;
use terraform_provider_dts::framework::{Diagnostics, Server, Service};

use crate::changes::config::{MIGRATION, SYNC, job, with};
use crate::lifecycle::complete;

/// What is wrong, the argument that is blamed, and a part of the text.
type Case = (&'static str, Json, &'static str, &'static str);

fn validated(config: &Json) -> Diagnostics {
    let server = Server::new(Dts::new(Context::system()));
    let schema = server.resource_schema("dts_job").unwrap();
    server.validate_resource("dts_job", complete(&schema.block, config), true)
}

/// A synchronization with `changes`.
fn sync(changes: Json) -> Json {
    with(&job(SYNC), changes)
}

fn migration(changes: Json) -> Json {
    with(&job(MIGRATION), changes)
}

/// A synchronization that moves nothing first.
fn follower(changes: Json) -> Json {
    with(
        &sync(json!({ "structure_initialization": false, "data_initialization": false })),
        changes,
    )
}

/// With another source, or destination.
fn ends(side: &str, changes: Json) -> Json {
    sync(json!({ side: changes }))
}

const OWN: &str = "10.0.0.1";

fn own(kind: &str, more: Json) -> Json {
    with(
        &json!({ "instance_type": kind, "instance_id": null, "region": null, "ip": OWN, "port": "3306" }),
        more,
    )
}

fn kafka(more: Json) -> Json {
    with(
        &own(
            "ECS",
            json!({
                "instance_id": "i-1", "region": "cn-hangzhou", "engine_name": "KAFKA",
                "kafka": { "topic": "orders", "version": "1.0", "record_format": "canal_json" },
            }),
        ),
        more,
    )
}

fn mongodb(more: Json) -> Json {
    with(
        &json!({ "instance_type": "MONGODB", "engine_name": "MONGODB", "database_name": "admin", "engine_arch_type": "1" }),
        more,
    )
}

fn objects(database: Json) -> Json {
    sync(json!({ "database": [database] }))
}

fn destination_is_source(database: Json) -> Json {
    sync(json!({ "destination_endpoint": { "instance_id": "rm-source" }, "database": [database] }))
}

/// One error each, at that argument.
fn check(cases: &[Case]) -> usize {
    let mut wrong = Vec::new();
    for (what, config, path, part) in cases {
        let found = validated(config);
        let errors: Vec<_> = found.iter().filter(|told| told.is_error()).collect();
        let fits = |one: &&terraform_provider_dts::framework::Diagnostic| {
            let at = one.path.clone().unwrap_or_default().to_string();
            at == *path && format!("{}\n{}", one.summary, one.detail).contains(part)
        };
        if errors.len() != 1 || !errors.iter().all(fits) {
            wrong.push(format!("{what}: expected {path}, {part:?}; found {errors:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    cases.len()
}

#[test]
fn each_mistake_is_told_where_it_is() {
    let tables = [
        values::of_values(),
        jobs::of_jobs(),
        endpoints::of_endpoints(),
        objects::of_objects(),
    ];
    let names: Vec<&str> = tables.iter().flatten().map(|(what, ..)| *what).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), distinct.len(), "each mistake once");
    let count: usize = tables.iter().map(|cases| check(cases)).sum();
    assert!(count >= 60, "{count}");
}

/// What is sound in itself, though it looks like one of the above.
#[test]
fn what_is_right_is_taken() {
    for config in [
        job(SYNC),
        job(MIGRATION),
        ends(
            "source_endpoint",
            own("CEN", json!({ "instance_id": "vpc-1", "cen_id": "cen-1" })),
        ),
        sync(json!({
            "reserve": r#"{"srcInstanceId":"cen-1"}"#, "source_endpoint": own("CEN", json!({ "instance_id": "vpc-1" })),
        })),
        ends(
            "source_endpoint",
            own("OTHER", json!({ "engine_name": "ORACLE", "oracle_sid": "orcl" })),
        ),
        sync(json!({
            "reserve": r#"{"srcOracleType":"rac"}"#, "source_endpoint": own("OTHER", json!({ "engine_name": "oracle" })),
        })),
        ends("source_endpoint", mongodb(json!({}))),
        sync(json!({ "source_endpoint": mongodb(json!({})), "destination_endpoint": mongodb(json!({})) })),
        ends(
            "destination_endpoint",
            json!({ "instance_type": "REDIS", "engine_name": "REDIS" }),
        ),
        ends(
            "destination_endpoint",
            kafka(json!({ "ssl_solution": "ENABLE_ONLY_4_KAFKA_SCRAM_SHA_256" })),
        ),
        ends("destination_endpoint", json!({ "owner_id": "1", "role": "dts" })),
        sync(
            json!({ "any_sink_table_engine_type": "innodb", "destination_endpoint": { "instance_type": "PolarDB", "engine_name": "PolarDB" } }),
        ),
        sync(
            json!({ "structure_initialization": false, "data_initialization": false, "checkpoint": "1767323045" }),
        ),
        sync(
            json!({ "dts_instance_id": "dtsa", "synchronization_direction": "Reverse", "conflict": "overwrite", "filter_ddl": false }),
        ),
        sync(
            json!({ "desired_status": "prechecked", "dedicated_cluster_id": "dtscl", "du_limit": 2, "precheck": { "on_warning": "error" } }),
        ),
        sync(
            json!({ "delay_notice": true, "delay_rule_time": 60, "delay_phone": "1,2", "error_notice": true, "error_phone": "1" }),
        ),
        sync(json!({ "job_parameters": { "07/sink.batch.size.maximum": "2048" }, "min_du": 2, "max_du": 8 })),
        destination_is_source(json!({ "name": "dtsdb", "new_name": "copy" })),
        objects(
            json!({ "name": "a", "object": [{ "kind": "View", "name": "x" }, { "kind": "Function", "name": "x" }] }),
        ),
    ] {
        let found = validated(&config);
        assert!(!found.has_errors(), "{config:#}: {found:#?}");
    }
}

/// Nothing is refused for what is not known yet, whichever argument it is.
#[test]
fn unknown_values_are_never_wrong() {
    let server = Server::new(Dts::new(Context::system()));
    let block = server.resource_schema("dts_job").unwrap().block.clone();
    for config in [
        job(SYNC),
        ends(
            "source_endpoint",
            own("CEN", json!({ "instance_id": "vpc-1", "cen_id": "cen-1" })),
        ),
        ends(
            "source_endpoint",
            own("OTHER", json!({ "engine_name": "ORACLE", "oracle_sid": "orcl" })),
        ),
        ends("source_endpoint", mongodb(json!({}))),
        ends("destination_endpoint", kafka(json!({}))),
        ends("destination_endpoint", json!({ "owner_id": "1", "role": "dts" })),
        follower(json!({ "checkpoint": "1767323045", "delay_notice": true, "delay_rule_time": 60 })),
        sync(
            json!({ "desired_status": "prechecked", "dedicated_cluster_id": "dtscl", "du_limit": 2, "precheck": { "on_warning": "error" } }),
        ),
    ] {
        for path in known(&config, &mut Vec::new()) {
            let mut changed = config.clone();
            *changed.pointer_mut(&path).unwrap() = json!("?");
            let found = server.validate_resource("dts_job", complete(&block, &changed), true);
            assert!(!found.has_errors(), "{path} unknown: {found:#?}");
        }
    }
}

/// Where in a configuration there is a value, or a block as a whole.
fn known(config: &Json, at: &mut Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    let inner: Vec<(String, &Json)> = match config {
        Json::Object(members) => members
            .iter()
            .map(|(name, inner)| (name.clone(), inner))
            .collect(),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, inner)| (index.to_string(), inner))
            .collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        if value.is_null() {
            continue;
        }
        at.push(name);
        // An element of a list is there, though what is in it may be unknown.
        if !at.last().unwrap().bytes().all(|byte| byte.is_ascii_digit()) {
            found.push(format!("/{}", at.join("/")));
        }
        found.extend(known(value, at));
        at.pop();
    }
    found
}

/// A list of two thousand tables is looked through in no time.
#[test]
fn long_lists_are_looked_through_quickly() {
    let tables: Json = (0..2000)
        .map(|n| json!({ "name": format!("table_{n:04}") }))
        .collect();
    let config = objects(json!({ "name": "a", "table": tables }));
    let begin = Instant::now();
    assert!(!validated(&config).has_errors());
    assert!(begin.elapsed().as_millis() < 3000, "{:?}", begin.elapsed());
}
