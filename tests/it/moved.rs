//! `moved` blocks from the alicloud provider's resources (Terraform 1.8): their recorded state becomes ours, nothing is called that
//! changes anything, and the matching configuration plans empty; what differs from DTS is planned.

mod alicloud;

use serde_json::{Value, json};
use terraform_provider_dts::api;

pub(crate) use alicloud::{ALICLOUD, recorded, synchronization_instance, synchronization_job};
use alicloud::{
    but, consumer_channel, instance, migration_instance, migration_job, monitor_rule, subscription_job,
};

use crate::changes::subscribed::subscription;
use crate::support::bench::{Bench, bought_first, endless, job_on_instance};
use crate::support::{Workspace, assert_nothing_paid_for, planned_operations};

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

/// An instance and a job on it, made by the Terraform of `bench`.
struct Made {
    bench: Bench,
    configuration: String,
    instance: String,
    job: String,
}

/// `bought` and `more` are further arguments of the instance and of the job.
fn made(kind: &str, bought: &[(&str, &str)], more: &str) -> Made {
    let bench = Bench::immediate();
    // The list as JSON, as the other provider has it.
    let job = endless(&job_on_instance(kind, more));
    let (before, _) = job.split_once("  database {").unwrap();
    let list = r#"db_list = jsonencode({ dtsdb = { name = "dtsdb_1", all = false, Table = { person = { name = "person", all = true } } } })"#;
    let mut instance = bought_first(kind, "");
    for (from, to) in bought {
        instance = instance.replace(from, to);
    }
    let configuration = format!("{instance}{before}  {list}\n}}\n");
    bench.write(&[&configuration]);
    bench.apply().ok();
    Made {
        instance: bench.recorded("dts_instance.m").unwrap().text("id"),
        job: bench.recorded("dts_job.m").unwrap().text("id"),
        bench,
        configuration,
    }
}

impl Made {
    /// The same, changed by an apply of its own.
    fn then(mut self, from: &str, to: &str) -> Made {
        self.configuration = self.configuration.replace(from, to);
        self.bench.write(&[&self.configuration]).apply().ok();
        self
    }

    /// In a workspace of its own, with these states of the other provider.
    fn moving(&self, recorded_as: &[(&str, &str, Value)]) -> Workspace {
        let blocks: Vec<(&str, &str)> = recorded_as.iter().map(|(from, to, _)| (*from, *to)).collect();
        let states: Vec<(&str, Value)> = recorded_as
            .iter()
            .map(|(from, _, state)| (*from, state.clone()))
            .collect();
        moving(&self.bench, &self.configuration, &blocks, &recorded(&states))
    }
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

const TOLD_AND_TUNED: &str = "delay_notice = true\n  delay_rule_time = 60\n  delay_phone = \"1,2\"\n  error_notice = true\n  \
     job_parameters = { \"07/sink.batch.size.maximum\" = \"2048\" }\n";

fn told_and_tuned() -> Value {
    json!({"delay_notice": true, "delay_rule_time": "60", "delay_phone": "1,2", "error_notice": true,
        "job_parameters": r#"[{"module":"07","name":"sink.batch.size.maximum","value":"2048"}]"#})
}

#[test]
fn synchronizations_are_moved_here() {
    let made = made("SYNC", &[], "");
    for (type_name, bought) in [
        ("alicloud_dts_instance", instance(&made.instance, "sync")),
        (
            "alicloud_dts_synchronization_instance",
            synchronization_instance(&made.instance),
        ),
    ] {
        let job = synchronization_job(&made.job, &made.instance);
        let workspace = made.moving(&[
            (type_name, "dts_instance", bought),
            ("alicloud_dts_synchronization_job", "dts_job", job),
        ]);
        assert_taken_over(&made.bench, &workspace);
    }
}

#[test]
fn a_paused_job_with_alarms_and_settings_on_a_prepaid_instance_is_moved_here() {
    let prepaid = (
        "\"PostPaid\"",
        "\"PrePaid\"\n  period = \"Month\"\n  used_time = 2\n  auto_pay = true\n  on_destroy = \"keep\"\n  sync_architecture = \"oneway\"",
    );
    let made = made("SYNC", &[prepaid], TOLD_AND_TUNED);
    let made = made.then("job_type ", "desired_status = \"suspended\"\n  job_type ");
    let job = but(
        but(synchronization_job(&made.job, &made.instance), told_and_tuned()),
        json!({"status": "Suspending"}),
    );
    let general = json!({"payment_type": "Subscription", "period": "Month", "used_time": 2, "auto_pay": true,
        "sync_architecture": "oneway"});
    let of_sync = json!({"payment_type": "Subscription", "payment_duration_unit": "Month", "payment_duration": 2, "auto_pay": "true",
        "sync_architecture": "oneway"});
    for (type_name, bought) in [
        (
            "alicloud_dts_instance",
            but(instance(&made.instance, "sync"), general),
        ),
        (
            "alicloud_dts_synchronization_instance",
            but(synchronization_instance(&made.instance), of_sync),
        ),
    ] {
        let workspace = made.moving(&[
            (type_name, "dts_instance", bought),
            ("alicloud_dts_synchronization_job", "dts_job", job.clone()),
        ]);
        assert_taken_over(&made.bench, &workspace);
    }
}

/// That provider never reads alarms: what it has recorded of them may long be otherwise.
#[test]
fn alarms_and_settings_that_differ_are_planned() {
    let made = made("SYNC", &[], TOLD_AND_TUNED);
    let job = made.job.clone();
    made.bench.with_client(async move |client| {
        let rule = api::CreateJobMonitorRule {
            dts_job_id: job.clone(),
            type_: "delay".to_owned(),
            delay_rule_time: Some(90),
            ..api::CreateJobMonitorRule::default()
        };
        client.create_job_monitor_rule(&rule).await?;
        let other = api::JobParameter {
            module: "07".to_owned(),
            name: "sink.batch.size.maximum".to_owned(),
            value: "4096".to_owned(),
        };
        client.modify_dts_job_config(&job, &[other]).await
    });
    let workspace = made.moving(&[
        (
            "alicloud_dts_instance",
            "dts_instance",
            instance(&made.instance, "sync"),
        ),
        (
            "alicloud_dts_synchronization_job",
            "dts_job",
            but(synchronization_job(&made.job, &made.instance), told_and_tuned()),
        ),
    ]);
    let mark = made.bench.mark();
    workspace.plan(&[]).ok();
    let expected = ["CreateJobMonitorRule", "ModifyDtsJobConfig"];
    assert_eq!(
        planned_operations(&workspace.show_plan_json(), "dts_job.m"),
        expected
    );
    workspace.apply_saved().ok();
    assert_eq!(made.bench.changes_since(mark), expected);
    workspace.assert_plan_is_empty();
}

#[test]
fn migrations_are_moved_here() {
    let made = made("MIGRATION", &[], "");
    let moves = |status: &str| {
        let [instance, job] = [
            migration_instance(&made.instance),
            migration_job(&made.job, &made.instance),
        ]
        .map(|state| but(state, json!({ "status": status })));
        [
            ("alicloud_dts_migration_instance", "dts_instance", instance),
            ("alicloud_dts_migration_job", "dts_job", job),
        ]
    };
    assert_taken_over(&made.bench, &made.moving(&moves("Migrating")));
    let paused = moves("Suspending");
    let made = made.then("job_type ", "desired_status = \"suspended\"\n  job_type ");
    assert_taken_over(&made.bench, &made.moving(&paused));
}

/// Two rules of a job, which that provider knows by the same id.
#[test]
fn monitor_rules_are_moved_here() {
    let made = made("SYNC", &[], "");
    let job_id = &made.job;
    let rules = |arguments: [&str; 2]| {
        let [delay, error] = arguments;
        format!(
            "resource \"dts_monitor_rule\" \"m\" {{\n  dts_job_id = \"{job_id}\"\n  type = \"delay\"\n  {delay}\n}}\n\
             resource \"dts_monitor_rule\" \"n\" {{\n  dts_job_id = \"{job_id}\"\n  type = \"error\"\n  {error}\n}}\n"
        )
    };
    let rules = rules(["delay_rule_time = 60\n  phone = \"1,2\"", "phone = \"3\""]);
    made.bench.write(&[&made.configuration, &rules]).apply().ok();
    let mut state: Value = serde_json::from_str(&recorded(&[
        ("alicloud_dts_instance", instance(&made.instance, "sync")),
        (
            "alicloud_dts_synchronization_job",
            synchronization_job(job_id, &made.instance),
        ),
        (
            "alicloud_dts_job_monitor_rule",
            monitor_rule(job_id, "delay", "1,2", "60"),
        ),
        (
            "alicloud_dts_job_monitor_rule",
            monitor_rule(job_id, "error", "3", "0"),
        ),
    ]))
    .unwrap();
    state["resources"][3]["name"] = "n".into();
    let blocks = [
        ("alicloud_dts_instance", "dts_instance"),
        ("alicloud_dts_synchronization_job", "dts_job"),
        ("alicloud_dts_job_monitor_rule", "dts_monitor_rule"),
    ];
    let other = "moved {\n  from = alicloud_dts_job_monitor_rule.n\n  to   = dts_monitor_rule.n\n}\n";
    let configuration = format!("{}{rules}{other}", made.configuration);
    assert_taken_over(
        &made.bench,
        &moving(&made.bench, &configuration, &blocks, &state.to_string()),
    );
}

/// A subscription and a consumer group on `dts_instance.m`, made by the Terraform of a bench.
struct Subscribed {
    bench: Bench,
    instance: String,
    id: String,
    group: String,
}

fn bought_to_subscribe() -> String {
    bought_first("SUBSCRIBE", "")
}

/// Subscription and group, with the list as JSON, as the other provider has it.
fn subscribing(instance: &str, more: &str) -> String {
    let text = subscription(&format!("dts_instance_id = {instance}\n  {more}"));
    let (before, _) = text.split_once("  database {").unwrap();
    format!(
        "{before}  db_list = jsonencode({{ dtsdb = {{ name = \"dtsdb\", all = true }} }})\n}}\n\
         resource \"dts_consumer_group\" \"m\" {{\n  dts_instance_id = dts_subscription.m.dts_instance_id\n  \
         consumer_group_name = \"billing\"\n  consumer_group_user_name = \"reader\"\n  consumer_group_password = \"group-Secret-1\"\n}}\n"
    )
}

fn subscribed(more: &str) -> Subscribed {
    let bench = Bench::immediate();
    let on_instance = |more: &str| subscribing("dts_instance.m.id", more);
    bench
        .write(&[&bought_to_subscribe(), &on_instance("")])
        .apply()
        .ok();
    if !more.is_empty() {
        bench
            .write(&[&bought_to_subscribe(), &on_instance(more)])
            .apply()
            .ok();
    }
    let text = |address: &str, name: &str| bench.recorded(address).unwrap().text(name);
    Subscribed {
        instance: text("dts_instance.m", "id"),
        id: text("dts_subscription.m", "id"),
        group: text("dts_consumer_group.m", "consumer_group_id"),
        bench,
    }
}

impl Subscribed {
    fn moving(&self, configuration: &str, subscription: Value) -> Workspace {
        let state = recorded(&[
            ("alicloud_dts_subscription_job", subscription),
            (
                "alicloud_dts_consumer_channel",
                consumer_channel(&self.instance, &self.group),
            ),
        ]);
        let blocks = [
            ("alicloud_dts_subscription_job", "dts_subscription"),
            ("alicloud_dts_consumer_channel", "dts_consumer_group"),
        ];
        moving(&self.bench, configuration, &blocks, &state)
    }
}

#[test]
fn subscriptions_and_consumer_channels_are_moved_here() {
    let paused = "desired_status = \"suspended\"\n  delay_notice = true\n  delay_rule_time = 60\n  delay_phone = \"1\"";
    let recorded_paused = json!({"status": "Abnormal", "delay_notice": true, "delay_rule_time": "60", "delay_phone": "1",
        "error_notice": false});
    for (more, differing) in [
        ("", json!({})),
        (
            &format!("{paused}\n  error_notice = false"),
            recorded_paused.clone(),
        ),
    ] {
        let made = subscribed(more);
        let configuration = subscribing(&format!("\"{}\"", made.instance), more);
        let state = but(subscription_job(&made.id, &made.instance), differing);
        assert_taken_over(&made.bench, &made.moving(&configuration, state));
    }
}

/// The other provider's subscription job bought its instance and released it with itself.
#[test]
fn who_moves_a_subscription_is_told_to_import_its_instance() {
    let made = subscribed("");
    let id = &made.instance;
    let state = subscription_job(&made.id, id);
    let block = format!("import {{\n  to = dts_instance.<name>\n  id = \"{id}\"\n}}");

    let alone = made.moving(&subscribing(&format!("\"{id}\""), ""), state.clone());
    let plan = alone.plan(&[]).ok();
    let told = plan.warnings();
    assert_eq!(told.len(), 1, "{}", plan.report());
    assert_eq!(
        told[0].summary,
        format!("DTS instance {id} needs a resource of its own")
    );
    assert!(told[0].detail.contains(&block), "{}", told[0].detail);
    alone.apply_saved().ok();
    assert_eq!(alone.plan(&[]).ok().warnings(), []);
    let stays = format!("DTS instance {id} stays, and goes on to be paid for");
    let plan = alone.plan(&["-destroy"]).ok();
    let told = plan.warnings();
    let told = told.iter().find(|told| told.summary == stays);
    assert!(told.unwrap().detail.contains(&block), "{}", plan.report());

    let import = block.replace("<name>", "m") + "\n";
    let configuration = bought_to_subscribe() + &subscribing("dts_instance.m.id", "") + &import;
    let with_instance = made.moving(&configuration, state);
    with_instance.plan(&[]).ok();
    with_instance.apply_saved().ok();
    with_instance.assert_plan_is_empty();
    let destroyed = with_instance.destroy().ok();
    assert!(
        !destroyed.warnings().iter().any(|told| told.summary == stays),
        "{}",
        destroyed.report()
    );
    assert_nothing_paid_for(&made.bench.emulator);
}

/// Bought for the subscription, the instance is removed before it.
#[test]
fn an_instance_that_goes_with_its_subscription_is_not_said_to_stay() {
    let bench = Bench::immediate();
    let checked = subscription("desired_status = \"prechecked\"");
    let bought = "resource \"dts_instance\" \"m\" {\n  job_id = dts_subscription.m.id\n  instance_class = \"small\"\n  pay_type = \"PostPaid\"\n}\n";
    bench.write(&[&checked, bought]).apply().ok();
    let plan = bench.workspace.plan(&["-destroy"]).ok();
    let stays: Vec<_> = plan
        .warnings()
        .into_iter()
        .filter(|told| told.summary.contains("stays"))
        .collect();
    assert_eq!(stays, [], "{}", plan.report());
}

/// Were it taken for gone, as a resource is that somebody deleted, the apply would buy another.
#[test]
fn what_is_not_found_is_not_made_anew() {
    let made = made("SYNC", &[], "");
    let recorded_as = [
        (
            "alicloud_dts_instance",
            "dts_instance",
            instance("dtsnosuchinstance", "sync"),
        ),
        (
            "alicloud_dts_synchronization_job",
            "dts_job",
            synchronization_job("nosuchjob", "dtsnosuchinstance"),
        ),
    ];
    let workspace = made.moving(&recorded_as);
    let (state, before) = (workspace.state_file(), made.bench.mark());
    for arguments in [
        &["plan", "-no-color", "-input=false"][..],
        &["apply", "-no-color", "-input=false", "-auto-approve"],
    ] {
        let outcome = workspace.run(arguments);
        assert_eq!(outcome.status, Some(1), "{}", outcome.report());
        let text = outcome.report();
        for part in [
            "Unable to move alicloud_dts_instance to dts_instance",
            "dtsnosuchinstance",
            "Nothing was moved",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    assert_eq!(made.bench.changes_since(before), [""; 0]);
    assert_eq!(workspace.state_file(), state);

    // A state that was moved and seen is as any other: what is gone then is planned anew.
    let workspace = made.moving(&[
        (
            "alicloud_dts_instance",
            "dts_instance",
            instance(&made.instance, "sync"),
        ),
        (
            "alicloud_dts_synchronization_job",
            "dts_job",
            synchronization_job(&made.job, &made.instance),
        ),
    ]);
    assert_taken_over(&made.bench, &workspace);
    let job = made.job.clone();
    made.bench
        .with_client(async move |api| api.delete_dts_job(&api::JobRef::job(&job), None).await);
    let plan = workspace.plan(&[]).ok();
    let actions = plan.planned_changes();
    assert!(
        actions.iter().any(|(_, action)| action == "create"),
        "{actions:?}"
    );
}

#[test]
fn what_cannot_be_moved_is_told_and_left() {
    let made = made("SYNC", &[], "");
    let only_instance = made.configuration.split("resource \"dts_job\"").next().unwrap();
    for (type_name, attributes, part) in [
        (
            "alicloud_dts_instance",
            json!({"id": "", "type": "sync"}),
            "has no `dts_instance_id`",
        ),
        (
            "alicloud_vpc",
            json!({"id": made.instance}),
            "What can be moved to `dts_instance`: `alicloud_dts_instance`, `alicloud_dts_synchronization_instance`, \
             `alicloud_dts_migration_instance`.",
        ),
    ] {
        let state = recorded(&[(type_name, attributes)]);
        let workspace = moving(&made.bench, only_instance, &[(type_name, "dts_instance")], &state);
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
