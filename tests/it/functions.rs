//! `provider::dts::db_list` and `parse_db_list` with real Terraform (1.8), which calls them before any provider is configured.

use serde_json::{Value, json};
use terraform_provider_dts::emulator::Lifecycle;

use crate::support::bench::{Bench, job};
use crate::support::{PROVIDER_SOURCE, Workspace, state_values};

/// The first Terraform that has functions of providers.
const FUNCTIONS: (u32, u32) = (1, 8);

/// A folder without a provider block: a function needs none.
fn workspace(body: &str) -> Workspace {
    let workspace = Workspace::new(None).at_least(FUNCTIONS);
    workspace.write(
        "main.tf",
        &format!("terraform {{\n  required_providers {{\n    dts = {{ source = \"{PROVIDER_SOURCE}\" }}\n  }}\n}}\n{body}"),
    );
    workspace
}

fn output(body: &str) -> Value {
    let workspace = workspace(&format!("output \"it\" {{\n  value = {body}\n}}\n"));
    workspace.apply(&[]).ok();
    workspace.state_json()["values"]["outputs"]["it"]["value"].clone()
}

fn check_error(call: &str, argument: &str, part: &str) {
    let outcome = workspace(&format!("output \"it\" {{\n  value = {call}\n}}\n"))
        .plan(&[])
        .fails();
    let error = outcome.error("Invalid function argument");
    assert!(
        error
            .detail
            .contains(&format!("Invalid value for \"{argument}\" parameter")),
        "{error:?}"
    );
    let told = error.detail.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(part) && !told.contains(".."), "{told}");
}

#[test]
fn lists_are_built_from_maps() {
    let text = output(
        r#"provider::dts::db_list({
    dtsdb = { new_name = "dtsdb_1", tables = { for name in ["person", "orders"] : name => { new_name = "${name}_1" } } }
    crm   = {}
  })"#,
    );
    let list: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    let table = |name: &str| json!({"name": format!("{name}_1"), "all": true});
    assert_eq!(
        list,
        json!({
            "crm": {"name": "crm", "all": true},
            "dtsdb": {"name": "dtsdb_1", "all": false, "Table": {"person": table("person"), "orders": table("orders")}},
        })
    );
}

#[test]
fn lists_are_read_into_maps_and_back() {
    let maps = r#"{ dtsdb = { tables = { person = { filter = "id > 10", columns = { id = {}, name = { new_name = "n" } } } } } }"#;
    let read = output(&format!(
        "provider::dts::parse_db_list(provider::dts::db_list({maps}))"
    ));
    assert_eq!(
        read,
        json!({"dtsdb": {"tables": {"person": {"filter": "id > 10", "columns": {"id": {}, "name": {"new_name": "n"}}}}}})
    );
}

#[test]
fn what_is_not_known_yet_is_not_taken_for_a_text() {
    let body = "resource \"terraform_data\" \"x\" {}\n\noutput \"it\" {\n  value = provider::dts::db_list({ a = { extra = { x = terraform_data.x.id } } })\n}\n";
    let workspace = workspace(body);
    workspace.apply(&[]).ok();
    let list = workspace.state_json()["values"]["outputs"]["it"]["value"].to_string();
    assert!(!list.contains("unknown"), "{list}");
}

#[test]
fn errors_say_which_argument_and_where_in_it() {
    check_error(
        r#"provider::dts::db_list({ dtsdb = { tables = { person = { filter = 7 } } } })"#,
        "databases",
        "databases.dtsdb.tables.person: `filter` must be a text, and is a number.",
    );
    check_error(
        r#"provider::dts::db_list({ dtsdb = { table = ["person"] } })"#,
        "databases",
        "databases.dtsdb: `table` is not known here",
    );
    check_error(r#"provider::dts::db_list({})"#, "databases", "names no database");
    check_error(
        r#"provider::dts::db_list({ dtsdb = { tables = [for name in ["a"] : name if false] } })"#,
        "databases",
        "databases.dtsdb.tables: names no table. Without it all is moved",
    );
    check_error(
        r#"provider::dts::parse_db_list(jsonencode({ a = { all = false, View = { v = "v" } } }))"#,
        "db_list",
        "View \"v\" of database \"a\" is no object",
    );
    check_error(r#"provider::dts::parse_db_list("{")"#, "db_list", "It is no JSON");
    check_error(
        r#"provider::dts::parse_db_list("{\"a\":{\"all\":true},\"a\":{\"all\":true}}")"#,
        "db_list",
        "twice in one object",
    );
    check_error(
        r#"provider::dts::parse_db_list("{\"a\":{\"all\":\"perhaps\"}}")"#,
        "db_list",
        "`all` of database \"a\" is neither true nor false",
    );
}

#[test]
fn a_job_moves_what_the_function_lists() {
    let mut bench = Bench::new(Lifecycle::Immediate, None);
    bench.workspace = bench.workspace.at_least(FUNCTIONS);
    let listed = job("m", "MIGRATION", "desired_status = \"configured\"\n");
    let (before, _) = listed.split_once("  database {").unwrap();
    let with_list = format!(
        "{before}  db_list = provider::dts::db_list({{ dtsdb = {{ new_name = \"dtsdb_1\", tables = [\"person\"] }} }})\n}}\n"
    );
    bench.write(&[&with_list]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    let state = bench.workspace.state_json();
    let list = state_values(&state, "dts_job.m")["db_list"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(list.contains("\"dtsdb_1\""), "{list}");
}
