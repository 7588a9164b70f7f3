//! What long object lists cost: planning a change of one table among two thousand, and encoding and comparing a list of 1 MB.
//!
//! `cargo bench --bench objects`, and part of `make bench`, which puts the rows into `docs/benchmarks.md`. A time passes or fails
//! nothing, the targets are printed beside it; a plan that is not what it should be ends the run.

#![expect(clippy::print_stdout, reason = "the numbers are what it is for")]

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use terraform_provider_dts::api::Context;
use terraform_provider_dts::dts::Dts;
use terraform_provider_dts::framework::plan::Request;
use terraform_provider_dts::framework::private::Private;
use terraform_provider_dts::framework::{Block, Nesting, Object, Server, Service, Value};

const ROUNDS: usize = 9;

fn endpoint(id: &str) -> Object {
    Object::new()
        .with("instance_type", "RDS")
        .with("engine_name", "MYSQL")
        .with("instance_id", id)
        .with("region", "cn-hangzhou")
        .with("user_name", "dts")
        .with("password", "unused")
}

/// A synchronization that runs.
fn job() -> Object {
    Object::new()
        .with("dts_instance_id", "dtsa")
        .with("dts_job_name", "long")
        .with("job_type", "SYNC")
        .with("structure_initialization", true)
        .with("data_initialization", true)
        .with("data_synchronization", true)
        .with("source_endpoint", endpoint("rm-a"))
        .with("destination_endpoint", endpoint("rm-b"))
}

fn of_tables(names: impl Iterator<Item = String>) -> Object {
    let empty = Vec::<Value>::new();
    let table = |name: String| Object::new().with("name", name).with("column", empty.clone());
    let tables: Vec<Object> = names.map(table).collect();
    let database = Object::new()
        .with("name", "shop")
        .with("table", tables)
        .with("object", empty.clone());
    job().with("database", vec![database])
}

fn of_list(list: &Json) -> Object {
    job().with("db_list", list.to_string())
}

/// With all that the schema has, as Terraform sends it.
fn complete(block: &Block, object: &Object) -> Object {
    let mut all = object.clone();
    for attribute in &block.attributes {
        all.set(&attribute.name, object.get(&attribute.name).clone());
    }
    for nested in &block.blocks {
        let inner = |value: &Value| value.as_map().map(|value| complete(&nested.block, value));
        let value = match (nested.nesting, object.get(&nested.name)) {
            (Nesting::Single, value) => inner(value).map_or(Value::Null, Value::Map),
            (Nesting::Map, _) => Value::Map(Object::new()),
            (_, value) => {
                let items = value.as_list().unwrap_or_default();
                Value::List(items.iter().filter_map(inner).map(Value::Map).collect())
            }
        };
        all.set(&nested.name, value);
    }
    all
}

/// What an apply left.
fn state(config: &Object) -> Value {
    let state = config
        .clone()
        .with("id", "j1")
        .with("desired_status", "running")
        .with("status", "Synchronizing")
        .with("operations", vec!["ConfigureDtsJob"]);
    Value::Map(state)
}

/// How long the plan of a change from one configuration to another takes, at best. It has to list `operations`.
#[expect(
    clippy::expect_used,
    reason = "a benchmark without its resource measures nothing"
)]
fn plan(server: &Server<Dts>, from: &Object, to: &Object, operations: &[&str]) -> Duration {
    let operations = Value::from(operations.to_vec());
    let schema = server.resource_schema("dts_job").expect("there is dts_job");
    let (from, to) = (&complete(&schema.block, from), &complete(&schema.block, to));
    let request = || Request {
        prior: state(from),
        proposed: Value::Map(
            to.clone()
                .with("id", "j1")
                .with("desired_status", "running")
                .with("status", "Synchronizing")
                .with("operations", vec!["ConfigureDtsJob"]),
        ),
        config: Value::Map(to.clone()),
        private: Private::default(),
    };
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let request = request();
        let begin = Instant::now();
        let planned = server.plan("dts_job", request);
        best = best.min(begin.elapsed());
        let told: Vec<&str> = planned
            .diagnostics
            .iter()
            .map(|told| told.summary.as_str())
            .collect();
        assert_eq!(told, Vec::<&str>::new(), "what the plan says");
        let found = planned.planned.as_map().map(|planned| planned.get("operations"));
        assert_eq!(found, Some(&operations));
    }
    best
}

/// A row of the table.
fn tell(what: &str, took: Duration, target: u64) {
    println!("| {what} | {:.1} ms | {target} ms |", took.as_secs_f64() * 1000.0);
}

fn main() {
    let server = Server::new(Dts::new(Context::system()));
    // The schema is made once.
    let _ = server.resource_schema("dts_job");

    let name = |n: usize| format!("table_{n:04}");
    let tables = of_tables((0..2000).map(name));
    let one_more = of_tables((0..2000).map(name).chain(["orders".to_owned()]));
    // What the last apply called stays where nothing is to be called.
    const SAME: &[&str] = &["ConfigureDtsJob"];
    tell(
        "provider's part of a plan: one table more than 2,000",
        plan(&server, &tables, &one_more, &["ModifyDtsJob"]),
        300,
    );
    tell(
        "  2,000 tables and no change",
        plan(&server, &tables, &tables, SAME),
        300,
    );

    // Some 1 MB each.
    let entries = |extra: Json| -> Json {
        (0..12_000)
            .map(|n| {
                let name = format!("a_table_with_a_long_name_{n:06}");
                let mut entry = json!({ "name": name, "all": true });
                if !extra.is_null() {
                    entry["state"] = extra.clone();
                    entry["all"] = json!("true");
                }
                (name, entry)
            })
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let list = |extra: Json| json!({ "shop": { "name": "shop", "all": false, "Table": entries(extra) } });
    let (mine, theirs) = (list(Json::Null), list(json!("normal")));
    assert!(mine.to_string().len() > 1_000_000, "shorter than 1 MB");
    tell(
        "  the same list of 1 MB as DTS returns it",
        plan(&server, &of_list(&theirs), &of_list(&mine), SAME),
        50,
    );
    let long = |n: usize| format!("a_table_with_a_long_name_{n:06}");
    let blocks = of_tables((0..12_000).map(long));
    tell(
        "  1 MB of blocks, encoded and compared with the same as JSON",
        // Another way to say the same: recorded, and nothing is called.
        plan(&server, &of_list(&mine), &blocks, &[]),
        50,
    );
}
