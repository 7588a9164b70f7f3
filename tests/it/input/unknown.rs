//! Values that are known only after an apply: anywhere in a configuration, they fail no plan, neither of what is new nor of
//! what exists; and when they turn out to be what they were, nothing is called.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use terraform_provider_dts::api::Context;
use terraform_provider_dts::dts::Dts;
use terraform_provider_dts::emulator::{Emulator, Options};
use terraform_provider_dts::framework::{Block, Server, Service};

use super::body::{Body, bought_first, bought_for_job, job};
use crate::support::{Workspace, cli_version};

/// Every argument that a configuration may set, at every depth; blocks that may be repeated stand for their first.
fn arguments(block: &Block, at: &str, found: &mut Vec<String>) {
    for attribute in &block.attributes {
        if attribute.mode != terraform_provider_dts::framework::schema::Mode::Computed {
            found.push(format!("{at}{}", attribute.name));
        }
    }
    for nested in &block.blocks {
        arguments(&nested.block, &format!("{at}{}.", nested.name), found);
    }
}

fn arguments_of(type_name: &str) -> Vec<String> {
    static ALL: OnceLock<BTreeMap<String, Vec<String>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let server = Server::new(Dts::new(Context::system()));
        // Of one name, the resource counts.
        let schemas = server
            .data_source_schemas()
            .into_iter()
            .chain(server.resource_schemas());
        schemas
            .map(|(name, schema)| {
                let mut found = Vec::new();
                arguments(&schema.block, "", &mut found);
                (name.to_owned(), found)
            })
            .collect()
    });
    let mut found = all[type_name].clone();
    assert!(found.len() > 5, "{found:?}");
    if cli_version() < (1, 11) {
        found.retain(|name| !name.contains("password_wo"));
    }
    found
}

const KAFKA: &str = "destination_endpoint.kafka.";

/// What an argument is in the end, and what else it needs.
fn value(type_name: &str, argument: &str) -> (String, Vec<(String, &'static str)>) {
    let last = argument.rsplit('.').next().unwrap();
    let beside = |name: &str, value: &'static str| (argument.replace(last, name), value);
    let is_instance = type_name == "dts_instance";
    let also = match last {
        "password_wo" => vec![beside("password", "null")],
        "password_wo_version" => vec![
            beside("password", "null"),
            beside("password_wo", r#""pass-word""#),
        ],
        "max_delay_seconds" => vec![
            beside("wait_for", r#""caught_up""#),
            beside("data_synchronization", "true"),
            beside("dts_instance_id", "dts_instance.here.id"),
        ],
        "used_time" => vec![
            beside("pay_type", r#""PrePaid""#),
            beside("type", r#""SYNC""#),
            beside("period", r#""Year""#),
            beside("on_destroy", r#""keep""#),
        ],
        "auto_pay" => vec![
            beside("pay_type", r#""PrePaid""#),
            beside("type", r#""SYNC""#),
            beside("period", r#""Year""#),
            beside("used_time", "1"),
            beside("on_destroy", r#""keep""#),
        ],
        "min_du" if is_instance => vec![beside("max_du", "4"), beside("type", r#""SYNC""#)],
        "max_du" if is_instance => vec![beside("min_du", "1"), beside("type", r#""SYNC""#)],
        "database_count" => vec![beside("source_endpoint_engine_name", r#""DRDS""#)],
        "fee_type" => vec![beside("type", r#""SUBSCRIBE""#)],
        "period" => vec![
            beside("pay_type", r#""PrePaid""#),
            beside("type", r#""SYNC""#),
            beside("used_time", "1"),
            beside("on_destroy", r#""keep""#),
        ],
        "checkpoint" => vec![
            beside("structure_initialization", "false"),
            beside("data_initialization", "false"),
            beside("data_synchronization", "true"),
        ],
        "du_limit" => vec![beside("dedicated_cluster_id", r#""dtscl""#)],
        "delay_notice" => vec![beside("delay_rule_time", "60")],
        "delay_phone" => vec![beside("delay_notice", "true"), beside("delay_rule_time", "60")],
        "delay_rule_time" => vec![beside("delay_notice", "true")],
        "error_phone" => vec![beside("error_notice", "true")],
        "conflict" | "filter_ddl" => vec![
            beside("job_type", r#""SYNC""#),
            beside("data_synchronization", "true"),
        ],
        "any_sink_table_engine_type" => vec![
            beside("destination_endpoint.instance_type", r#""PolarDB""#),
            beside("destination_endpoint.engine_name", r#""PolarDB""#),
        ],
        "owner_id" => vec![beside("role", r#""dts""#)],
        "role" => vec![beside("owner_id", r#""1""#)],
        _ if argument.starts_with(KAFKA) => [
            ("instance_type", r#""ECS""#),
            ("engine_name", r#""KAFKA""#),
            ("port", r#""9092""#),
            ("kafka.topic", r#""orders""#),
            ("kafka.version", r#""1.0""#),
            ("kafka.record_format", r#""canal_json""#),
        ]
        .map(|(name, value)| (format!("destination_endpoint.{name}"), value))
        .into(),
        _ => Vec::new(),
    };
    let value = match last {
        "dts_instance_id" => "dts_instance.there.id",
        "dts_job_name" => r#""job""#,
        "job_id" => "dts_job.here.id",
        "job_type" | "type" => r#""MIGRATION""#,
        "structure_initialization" | "data_initialization" => "true",
        "data_synchronization" | "auto_start" | "require_pass" | "wait" => "false",
        // To set it needs a `job_id`.
        "require_precheck" => "null",
        // It says nothing where nothing was left.
        "adopt" => "true",
        "desired_status" => r#""configured""#,
        "wait_for" => r#""none""#,
        "max_delay_seconds" => "5",
        "reserve" => r#"jsonencode({ targetTableMode = "0" })"#,
        "db_list" => r#"jsonencode({ dtsdb = { name = "dtsdb", all = true } })"#,
        "instance_type" => r#""RDS""#,
        "engine_name" => r#""MYSQL""#,
        "instance_id" if argument.starts_with("destination") => r#""rm-destination""#,
        "instance_id" => r#""rm-source""#,
        "region" | "source_region" | "destination_region" => r#""cn-hangzhou""#,
        "ip" => r#""10.0.0.1""#,
        "port" => r#""3306""#,
        "oracle_sid" => r#""ORCL""#,
        "database_name" | "new_name" => r#""other""#,
        "name" if argument.contains("table") => r#""person""#,
        "name" => r#""dtsdb""#,
        "user_name" => r#""dtstest""#,
        "password" | "password_wo" => r#""pass-word""#,
        "password_wo_version" | "used_time" => "1",
        "create" | "update" | "delete" | "read" => r#""5m""#,
        "source_endpoint_engine_name" | "destination_endpoint_engine_name" => r#""MySQL""#,
        "instance_class" => r#""small""#,
        "pay_type" => r#""PostPaid""#,
        "period" => r#""Year""#,
        "on_destroy" => r#""release""#,
        "auto_pay" => "true",
        "min_du" | "database_count" => "1",
        "max_du" => "4",
        // To set it needs a `job_id`.
        "du" => "null",
        "sync_architecture" => r#""oneway""#,
        "compute_unit" => "2",
        "fee_type" => r#""ONLY_CONFIGURATION_FEE""#,
        "resource_group_id" => r#""rg-1""#,
        "tags" => "{ env = \"test\" }",
        "struct_phase" => r#""before""#,
        "synchronization_direction" => r#""Forward""#,
        "checkpoint" => r#""1767323045""#,
        "dedicated_cluster_id" => r#""dtscl""#,
        "du_limit" => "2",
        "data_check_configure" => "jsonencode({})",
        "delay_notice" | "error_notice" | "disaster_recovery_job" | "filter_ddl" => "true",
        "delay_phone" | "error_phone" | "owner_id" | "engine_arch_type" => r#""1""#,
        "delay_rule_time" | "retry_blind_seconds" | "max_retry_time" => "60",
        "dts_bis_label" => r#""normal""#,
        "job_parameters" => r#"{ "07/sink.batch.size.maximum" = "1" }"#,
        "target_table_mode" => r#""0""#,
        "db_list_case_change_mode" => r#""source""#,
        "conflict" => r#""ignore""#,
        "trigger_mode" => r#""auto""#,
        "any_sink_table_engine_type" => r#""innodb""#,
        "role" => r#""dts""#,
        "vswitch_id" | "primary_vsw_id" | "secondary_vsw_id" => r#""vsw-1""#,
        "ssl_solution" => r#""DISABLE""#,
        "cen_id" => r#""cen-1""#,
        "topic" | "ddl_topic" | "partition_key" | "compression_type" => r#""orders""#,
        "version" => r#""1.0""#,
        "record_format" => r#""canal_json""#,
        "schema_registry" => r#""no""#,
        "schema_registry_url" => r#""http://10.0.0.2""#,
        "dml_op" | "ddl_op" => r#""insert""#,
        "filter" => r#""id > 1""#,
        "kind" => r#""View""#,
        "job_code" => r#""01""#,
        "struct_type" => r#""before""#,
        "on_wait_failure" | "on_warning" => r#""warn""#,
        "skip" => r#"["CHECK_SAME_OBJ"]"#,
        _ => panic!("say what {type_name}.{argument} is in the end"),
    };
    (value.to_owned(), also)
}

/// One object for each argument, in which that one is not known.
fn objects(type_name: &str, sound: &Body) -> String {
    let mut text = String::new();
    for (index, argument) in arguments_of(type_name).iter().enumerate() {
        let (value, also) = value(type_name, argument);
        let mut body = sound.clone();
        for block in ["timeouts", "precheck"] {
            if argument.starts_with(&format!("{block}.")) {
                body = body.with_block(Body::block(block));
            }
        }
        if argument.starts_with(KAFKA) {
            body = body.with_block_in("destination_endpoint", Body::block("kafka"));
        }
        if argument.starts_with("database.table.column.") {
            body = body.with_block_in("database.table", Body::block("column").set("name", r#""id""#));
        }
        if argument.starts_with("database.object.") {
            let view = Body::block("object")
                .set("kind", r#""View""#)
                .set("name", r#""v""#);
            body = body.with_block_in("database", view);
        }
        if argument == "db_list" {
            body = body.without("database");
        }
        if argument == "job_id" && type_name == "dts_instance" {
            body = bought_for_job();
        }
        for (name, value) in also {
            body = body.set(&name, value);
        }
        // Unknown in a plan of the first round and of the second, and the same after both.
        let label = format!("{index}_{}", argument.replace('.', "_"));
        text.push_str(&format!(
            "resource \"terraform_data\" \"{type_name}_{label}\" {{\n  input = {value}\n  triggers_replace = var.round\n}}\n"
        ));
        body = body.set(argument, &format!("terraform_data.{type_name}_{label}.output"));
        text.push_str(&body.resource(&format!("r{label}")));
    }
    text
}

const ROUND: &str = "variable \"round\" {\n  default = \"1\"\n}\n";

/// Applies a configuration, plans it with its values unknown again, and applies that: nothing is called.
#[track_caller]
fn twice(text: &str) {
    let emulator = Emulator::start(Options::default()).unwrap();
    let workspace = Workspace::new(Some(&emulator.url()));
    workspace.write("main.tf", text);
    let changing = || {
        let calls = emulator.calls().into_iter();
        calls
            .map(|call| call.action)
            .filter(|action| crate::support::changes(action))
            .collect::<Vec<_>>()
    };
    workspace.plan(&[]).ok();
    workspace.apply_saved().ok();
    workspace.assert_plan_is_empty();
    let before = changing();
    assert!(!before.is_empty());
    let plan = workspace.plan(&["-var=round=2"]).ok();
    for (address, action) in plan.planned_changes() {
        assert!(
            address.starts_with("terraform_data.") || ["update", "read"].contains(&action.as_str()),
            "{action} of {address}{}",
            plan.report()
        );
    }
    workspace.apply_saved().ok();
    assert_eq!(changing()[before.len()..], [""; 0]);
    let outcome = workspace.run(&[
        "plan",
        "-no-color",
        "-input=false",
        "-detailed-exitcode",
        "-var=round=2",
    ]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.report());
}

#[test]
fn in_a_job() {
    let text = [
        ROUND.to_owned(),
        bought_first().resource("here"),
        bought_first().resource("there"),
        objects("dts_job", &job()),
    ]
    .concat();
    twice(&text);
}

#[test]
fn in_an_instance() {
    let text = [
        ROUND.to_owned(),
        job().resource("here"),
        objects("dts_instance", &bought_first()),
    ]
    .concat();
    twice(&text);
}

#[test]
fn in_a_precheck() {
    let checked = job().set("desired_status", r#""prechecked""#);
    let text = [
        ROUND.to_owned(),
        checked.resource("here"),
        objects(
            "dts_precheck",
            &Body::of_data("dts_precheck").set("job_id", "dts_job.here.id"),
        ),
    ]
    .concat();
    twice(&text);
}

/// A block for each element of a collection that is not known.
#[test]
fn in_how_many_blocks_there_are() {
    let dynamic = |name: &str, content: &str| {
        Body::block(&format!("dynamic \"{name}\""))
            .set("for_each", "terraform_data.names.output")
            .with_block(Body::block("content").set("name", content))
    };
    let databases = job()
        .without("database")
        .with_block(dynamic("database", "database.value"));
    let tables = job()
        .without("database.table")
        .with_block_in("database", dynamic("table", "table.value"));
    let timeouts = job().with_block(
        Body::block("dynamic \"timeouts\"")
            .set("for_each", "terraform_data.names.output")
            .with_block(Body::block("content").set("create", r#""5m""#)),
    );
    let text = [
        ROUND.to_owned(),
        "resource \"terraform_data\" \"names\" {\n  input = toset([\"one\"])\n  triggers_replace = var.round\n}\n".to_owned(),
        databases.resource("databases"),
        tables.resource("tables"),
        timeouts.resource("timeouts"),
    ]
    .concat();
    twice(&text);
}
