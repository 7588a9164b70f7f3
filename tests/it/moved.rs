//! `moved` blocks from the alicloud provider's resources (Terraform 1.8): their recorded state becomes ours, nothing is called that
//! changes anything, and the matching configuration plans empty.

use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::bench::{
    Bench, DESTINATION_PASSWORD, SOURCE_PASSWORD, bought_first, endless, job_on_instance,
};

pub(crate) const ALICLOUD: &str = "registry.terraform.io/aliyun/alicloud";

/// A state file as that provider leaves it, by its schemas: a resource `<type>.m` for each.
pub(crate) fn recorded(resources: &[(&str, Value)]) -> String {
    let resources: Vec<Value> = resources
        .iter()
        .map(|(type_name, attributes)| {
            json!({
                "mode": "managed", "type": type_name, "name": "m", "provider": format!("provider[\"{ALICLOUD}\"]"),
                "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": [], "private": "bnVsbA=="}],
            })
        })
        .collect();
    json!({"version": 4, "terraform_version": "1.8.0", "serial": 1, "lineage": "0c5b7f4e-0000-4000-8000-000000000000", "outputs": {},
        "resources": resources, "check_results": null})
    .to_string()
}

pub(crate) fn moved(from: &str, to: &str) -> String {
    format!("moved {{\n  from = {from}.m\n  to   = {to}.m\n}}\n")
}

/// What was made with this provider, in a workspace whose state another provider wrote.
fn moving(bench: &Bench, configuration: &str, blocks: &[(&str, &str)], state: &str) -> Workspace {
    let workspace = Workspace::new(Some(&bench.emulator.url()))
        .at_least((1, 8))
        .standing_in_for(ALICLOUD);
    let blocks: String = blocks.iter().map(|(from, to)| moved(from, to)).collect();
    workspace.write("main.tf", &format!("{configuration}{blocks}"));
    workspace.write("terraform.tfstate", state);
    workspace
}

pub(crate) fn instance(id: &str, kind: &str) -> Value {
    json!({"id": id, "dts_instance_id": id, "type": kind, "payment_type": "PayAsYouGo", "instance_class": "small", "auto_pay": null,
        "auto_start": true, "compute_unit": null, "create_time": "2026-01-01T00:00:00Z", "database_count": 1, "du": null, "fee_type": null,
        "instance_name": "n", "job_id": null, "period": "Month", "resource_group_id": "rg", "source_endpoint_engine_name": "MySQL",
        "destination_endpoint_engine_name": "MySQL", "source_region": "cn-hangzhou", "destination_region": "cn-hangzhou",
        "status": "Running", "sync_architecture": null, "synchronization_direction": null, "tags": null, "used_time": null, "timeouts": null})
}

pub(crate) fn synchronization_job(id: &str, instance_id: &str) -> Value {
    json!({"id": id, "dts_instance_id": instance_id, "dts_job_name": "job-m", "structure_initialization": true, "data_initialization": true,
        "data_synchronization": true, "synchronization_direction": "Forward", "checkpoint": "1700000000",
        "db_list": "{\"dtsdb\":{\"name\":\"dtsdb_1\",\"all\":false,\"Table\":{\"person\":{\"name\":\"person\",\"all\":true}}}}",
        "source_endpoint_instance_type": "RDS", "source_endpoint_engine_name": "MySQL", "source_endpoint_instance_id": "rm-source",
        "source_endpoint_region": "cn-hangzhou", "source_endpoint_database_name": "dtsdb", "source_endpoint_user_name": "dtstest",
        "source_endpoint_password": SOURCE_PASSWORD, "source_endpoint_ip": "", "source_endpoint_port": "", "source_endpoint_oracle_sid": "",
        "destination_endpoint_instance_type": "RDS", "destination_endpoint_engine_name": "MySQL",
        "destination_endpoint_instance_id": "rm-destination", "destination_endpoint_region": "cn-hangzhou",
        "destination_endpoint_user_name": "dtstest", "destination_endpoint_password": DESTINATION_PASSWORD,
        "instance_class": "small", "reserve": null, "status": "Synchronizing", "delay_notice": null, "timeouts": null})
}

/// What the Terraform of `bench` made: the configuration, the ids of instance and job.
fn made(kind: &str) -> (Bench, String, String, String) {
    let bench = Bench::immediate();
    // The list as JSON, as the other provider has it.
    let job = endless(&job_on_instance(kind, ""));
    let (before, _) = job.split_once("  database {").unwrap();
    let list = r#"db_list = jsonencode({ dtsdb = { name = "dtsdb_1", all = false, Table = { person = { name = "person", all = true } } } })"#;
    let configuration = format!("{}{before}  {list}\n}}\n", bought_first(kind, ""));
    bench.write(&[&configuration]);
    bench.apply().ok();
    let instance = bench.recorded("dts_instance.m").unwrap().text("id");
    let job = bench.recorded("dts_job.m").unwrap().text("id");
    (bench, configuration, instance, job)
}

#[track_caller]
fn assert_taken_over(bench: &Bench, workspace: &Workspace) {
    let before = bench.mark();
    let plan = workspace.plan(&[]).ok();
    let mut others = plan.planned_changes();
    others.retain(|(_, action)| action != "move");
    assert_eq!(others, [], "{}", plan.report());
    workspace.apply_saved().ok();
    workspace.assert_plan_is_empty();
    assert_eq!(bench.changes_since(before), [""; 0]);
    assert!(
        !workspace.state_file().contains("alicloud"),
        "{}",
        workspace.state_file()
    );
}

#[test]
fn jobs_and_instances_are_moved_here() {
    let (bench, configuration, instance_id, job_id) = made("SYNC");
    let mut other_type = instance(&instance_id, "sync");
    for name in ["source", "destination"] {
        other_type[format!("{name}_endpoint_region")] = "cn-hangzhou".into();
    }
    for type_name in ["alicloud_dts_instance", "alicloud_dts_synchronization_instance"] {
        let state = recorded(&[
            (type_name, other_type.clone()),
            (
                "alicloud_dts_synchronization_job",
                synchronization_job(&job_id, &instance_id),
            ),
        ]);
        let blocks = [
            (type_name, "dts_instance"),
            ("alicloud_dts_synchronization_job", "dts_job"),
        ];
        assert_taken_over(&bench, &moving(&bench, &configuration, &blocks, &state));
    }
}

#[test]
fn migrations_are_moved_here() {
    let (bench, configuration, instance_id, job_id) = made("MIGRATION");
    let mut job = synchronization_job(&job_id, &instance_id);
    job["status"] = "Migrating".into();
    let state = recorded(&[
        (
            "alicloud_dts_migration_instance",
            instance(&instance_id, "migration"),
        ),
        ("alicloud_dts_migration_job", job),
    ]);
    let blocks = [
        ("alicloud_dts_migration_instance", "dts_instance"),
        ("alicloud_dts_migration_job", "dts_job"),
    ];
    assert_taken_over(&bench, &moving(&bench, &configuration, &blocks, &state));
}

/// Two rules of a job, which that provider knows by the same id.
#[test]
fn monitor_rules_are_moved_here() {
    let (bench, configuration, instance_id, job_id) = made("SYNC");
    let rules = |arguments: [&str; 2]| {
        let [delay, error] = arguments;
        format!(
            "resource \"dts_monitor_rule\" \"m\" {{\n  dts_job_id = \"{job_id}\"\n  type = \"delay\"\n  {delay}\n}}\n\
             resource \"dts_monitor_rule\" \"n\" {{\n  dts_job_id = \"{job_id}\"\n  type = \"error\"\n  {error}\n}}\n"
        )
    };
    let rules = rules(["delay_rule_time = 60\n  phone = \"1,2\"", "phone = \"3\""]);
    bench.write(&[&configuration, &rules]).apply().ok();
    let recorded_rule = |kind: &str, phone: &str, time: &str| json!({"id": job_id, "dts_job_id": job_id, "type": kind, "phone": phone, "delay_rule_time": time, "state": "Y"});
    let mut state: Value = serde_json::from_str(&recorded(&[
        ("alicloud_dts_instance", instance(&instance_id, "sync")),
        (
            "alicloud_dts_synchronization_job",
            synchronization_job(&job_id, &instance_id),
        ),
        (
            "alicloud_dts_job_monitor_rule",
            recorded_rule("delay", "1,2", "60"),
        ),
        ("alicloud_dts_job_monitor_rule", recorded_rule("error", "3", "0")),
    ]))
    .unwrap();
    state["resources"][3]["name"] = "n".into();
    let blocks = [
        ("alicloud_dts_instance", "dts_instance"),
        ("alicloud_dts_synchronization_job", "dts_job"),
        ("alicloud_dts_job_monitor_rule", "dts_monitor_rule"),
    ];
    let other = "moved {\n  from = alicloud_dts_job_monitor_rule.n\n  to   = dts_monitor_rule.n\n}\n";
    let configuration = format!("{configuration}{rules}{other}");
    assert_taken_over(
        &bench,
        &moving(&bench, &configuration, &blocks, &state.to_string()),
    );
}

/// A subscription, whose instance that provider has no resource of its own for, and a consumer channel.
#[test]
fn subscriptions_and_consumer_channels_are_moved_here() {
    let bench = Bench::immediate();
    let bought = crate::support::bench::bought_first("SUBSCRIBE", "");
    let group = |instance: &str| {
        format!(
            "resource \"dts_consumer_group\" \"m\" {{\n  dts_instance_id = {instance}\n  consumer_group_name = \"billing\"\n  \
             consumer_group_user_name = \"reader\"\n  consumer_group_password = \"group-Secret-1\"\n}}\n"
        )
    };
    let list = r#"db_list = jsonencode({ dtsdb = { name = "dtsdb", all = true } })"#;
    let written = |instance: &str| {
        let text = crate::changes::subscribed::subscription(&format!("dts_instance_id = {instance}"));
        let (before, _) = text.split_once("  database {").unwrap();
        format!(
            "{before}  {list}\n}}\n{}",
            group("dts_subscription.m.dts_instance_id")
        )
    };
    bench
        .write(&[&bought, &written("dts_instance.m.id")])
        .apply()
        .ok();
    let id = bench.recorded("dts_subscription.m").unwrap().text("id");
    let instance_id = bench.recorded("dts_instance.m").unwrap().text("id");
    let group_id = bench
        .recorded("dts_consumer_group.m")
        .unwrap()
        .text("consumer_group_id");
    let subscription = json!({"id": id, "dts_instance_id": instance_id, "dts_job_name": "orders", "payment_type": "PayAsYouGo",
        "instance_class": "small", "db_list": "{\"dtsdb\":{\"name\":\"dtsdb\",\"all\":true}}", "checkpoint": "1700000000", "reserve": "",
        "source_endpoint_instance_type": "RDS", "source_endpoint_engine_name": "MySQL", "source_endpoint_instance_id": "rm-source",
        "source_endpoint_region": "cn-hangzhou", "source_endpoint_user_name": "dtstest", "source_endpoint_password": SOURCE_PASSWORD,
        "source_endpoint_owner_id": "17", "source_endpoint_role": "", "source_endpoint_ip": "", "source_endpoint_port": "",
        "subscription_data_type_ddl": true, "subscription_data_type_dml": true, "subscription_instance_network_type": "vpc",
        "subscription_instance_vpc_id": "vpc-1", "subscription_instance_vswitch_id": "vsw-1", "status": "Normal", "tags": {},
        "delay_notice": null, "error_notice": null, "delay_rule_time": "0", "timeouts": null});
    let channel = json!({"id": format!("{instance_id}:{group_id}"), "dts_instance_id": instance_id, "consumer_group_id": group_id,
        "consumer_group_name": "billing", "consumer_group_user_name": "reader", "consumer_group_password": "group-Secret-1"});
    let state = recorded(&[
        ("alicloud_dts_subscription_job", subscription),
        ("alicloud_dts_consumer_channel", channel),
    ]);
    let blocks = [
        ("alicloud_dts_subscription_job", "dts_subscription"),
        ("alicloud_dts_consumer_channel", "dts_consumer_group"),
    ];
    let configuration = written(&format!("\"{instance_id}\""));
    assert_taken_over(&bench, &moving(&bench, &configuration, &blocks, &state));
}

#[test]
fn what_cannot_be_moved_is_told_and_left() {
    let (bench, configuration, instance_id, _) = made("SYNC");
    let only_instance = configuration.split("resource \"dts_job\"").next().unwrap();
    for (type_name, attributes, part) in [
        (
            "alicloud_dts_instance",
            json!({"id": "", "type": "sync"}),
            "has no `dts_instance_id`",
        ),
        (
            "alicloud_vpc",
            json!({"id": instance_id}),
            "There is no way from `alicloud_vpc`",
        ),
    ] {
        let state = recorded(&[(type_name, attributes)]);
        let workspace = moving(&bench, only_instance, &[(type_name, "dts_instance")], &state);
        let plan = workspace.plan(&[]).fails();
        let error = plan.error("Unable to move");
        assert!(
            error
                .detail
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(part),
            "{error:?}"
        );
        assert!(
            workspace.state_file().contains(type_name),
            "the state is as it was"
        );
    }
}
