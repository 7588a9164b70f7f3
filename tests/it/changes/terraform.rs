//! Changes by real Terraform: both resources in one configuration, planned and made in the order of their dependence.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::{Emulator, Options};

use super::bed::removal;
use super::config::{MIGRATION, SYNC, fixtures, instance, instance_for, job, with};
use super::raw;
use crate::support::{Workspace, planned_operations};

const INSTANCE: &str = "dts_instance.m";
const JOB: &str = "dts_job.m";

/// One workspace, one emulator.
struct Scene {
    emulator: Emulator,
    workspace: Workspace,
}

/// What a plan says of a resource: `create`, `update`, `replace`, and its operations.
type Change<'a> = (&'a str, &'a str, &'a [&'a str]);

impl Scene {
    fn new(databases: Option<Json>) -> Scene {
        let emulator = Emulator::start(Options {
            fixtures: databases,
            ..Options::default()
        })
        .unwrap();
        let workspace = Workspace::new(Some(&emulator.url()));
        Scene { emulator, workspace }
    }

    fn write(&self, instance: &Json, job: &Json) {
        let mut resources = json!({});
        if !instance.is_null() {
            resources["dts_instance"] = json!({ "m": instance });
        }
        if !job.is_null() {
            resources["dts_job"] = json!({ "m": job });
        }
        let text = json!({ "resource": resources }).to_string();
        self.workspace.write("main.tf.json", &text);
    }

    /// Applies both for the first time.
    fn begin(&self, instance: &Json, job: &Json) {
        self.write(instance, job);
        self.workspace.apply(&[]).ok();
    }

    /// Changes the configuration: `changes` in the plan and in the state, `calls` received; then the plan is empty.
    #[track_caller]
    fn change(&self, instance: &Json, job: &Json, changes: &[Change<'_>], calls: &[&str]) {
        self.write(instance, job);
        self.converge(changes, calls);
    }

    #[track_caller]
    fn converge(&self, changes: &[Change<'_>], calls: &[&str]) {
        let mark = self.emulator.calls().len();
        let outcome = self.workspace.plan(&[]).ok();
        let mut expected: Vec<(String, String)> = changes
            .iter()
            .map(|(address, action, _)| ((*address).to_owned(), (*action).to_owned()))
            .collect();
        expected.sort();
        assert_eq!(outcome.planned_changes(), expected, "{}", outcome.report());
        let plan = self.workspace.show_plan_json();
        // Whether a job has to be configured on the new instance is only known when that is there.
        let rebought = changes
            .iter()
            .any(|change| change.0 == INSTANCE && change.1 == "replace");
        for (address, action, operations) in changes {
            if *address == JOB && *action == "update" && rebought {
                let all = plan["resource_changes"].as_array().unwrap();
                let job = all.iter().find(|change| change["address"] == JOB).unwrap();
                assert_eq!(job["change"]["after_unknown"]["operations"], true, "{plan:#}");
            } else if *action != "delete" {
                assert_eq!(
                    planned_operations(&plan, address),
                    *operations,
                    "planned for {address}"
                );
            }
        }
        assert_eq!(raw::changing_calls(&self.emulator, mark), [""; 0]);
        self.workspace.apply_saved().ok();
        for (address, action, operations) in changes {
            if *action != "delete" {
                assert_eq!(
                    self.recorded(address)["operations"],
                    json!(operations),
                    "{address}"
                );
            }
        }
        assert_eq!(raw::changing_calls(&self.emulator, mark), calls, "received");
        self.workspace.assert_plan_is_empty();
    }

    /// The attributes of a resource in the state file.
    fn recorded(&self, address: &str) -> Json {
        let state: Json = serde_json::from_str(&self.workspace.state_file()).unwrap();
        let (kind, _) = address.split_once('.').unwrap();
        let resources = state["resources"].as_array().unwrap();
        let found = resources.iter().find(|resource| resource["type"] == kind);
        found.unwrap()["instances"][0]["attributes"].clone()
    }

    fn behind(&self, action: &str, params: &[(&str, &str)]) {
        raw::call(&self.emulator.url(), action, params);
    }

    fn paid(&self) -> usize {
        let instances = self.emulator.instances();
        instances.iter().filter(|instance| !instance.released).count()
    }
}

/// A job on the instance of the same configuration.
fn on_instance(kind: &str) -> Json {
    with(
        &job(kind),
        json!({ "dts_instance_id": format!("${{{INSTANCE}.id}}") }),
    )
}

#[test]
fn in_place_and_anew_on_the_same_instance() {
    let mut scene = Scene::new(Some(fixtures("source-password", "destination-password")));
    scene.workspace = scene.workspace.at_least((1, 11));
    let (bought, configured) = (instance(SYNC), on_instance(SYNC));
    scene.begin(&bought, &configured);

    // Each by its own call, the instance first.
    let larger = with(&bought, json!({ "instance_class": "large" }));
    let renamed = with(
        &configured,
        json!({
            "dts_job_name": "other",
            "source_endpoint": { "password": "new-source" },
            "destination_endpoint": { "password": null, "password_wo": "new-destination", "password_wo_version": 1 },
            "reserve": r#"{"targetTableMode":"2"}"#,
        }),
    );
    let operations = &[
        "ModifyDtsJobName",
        "ModifyDtsJobPassword",
        "ModifyDtsJobPassword",
        "ModifyDtsJob",
    ];
    scene.change(
        &larger,
        &renamed,
        &[
            (INSTANCE, "update", &["TransferInstanceClass"]),
            (JOB, "update", operations),
        ],
        &[&["TransferInstanceClass"], &operations[..]].concat(),
    );
    let smaller = with(&bought, json!({ "instance_class": "micro" }));
    let paused = with(&renamed, json!({ "desired_status": "suspended" }));
    scene.change(
        &smaller,
        &paused,
        &[
            (INSTANCE, "update", &["TransferInstanceClass"]),
            (JOB, "update", &["SuspendDtsJob"]),
        ],
        &["TransferInstanceClass", "SuspendDtsJob"],
    );
    // Nothing to call.
    let patient = with(&paused, json!({ "timeouts": { "update": "7m" } }));
    scene.change(&smaller, &patient, &[(JOB, "update", &[])], &[]);

    // Another table: the job is configured anew, with the passwords that it has by now.
    scene
        .emulator
        .set_fixtures(fixtures("new-source", "new-destination"));
    let elsewhere = with(
        &patient,
        json!({ "desired_status": "running", "structure_initialization": false }),
    );
    scene.change(
        &smaller,
        &elsewhere,
        &[(JOB, "replace", &["ConfigureDtsJob"])],
        &["StopDtsJob", "ResetDtsJob", "ConfigureDtsJob"],
    );
    assert_eq!((scene.emulator.instances().len(), scene.paid()), (1, 1));

    // The job alone is removed.
    scene.change(
        &smaller,
        &Json::Null,
        &[(JOB, "delete", &[])],
        &["StopDtsJob", "ResetDtsJob"],
    );
    assert_eq!(scene.paid(), 1);
    scene.workspace.destroy().ok();
    assert_eq!(scene.paid(), 0);
}

#[test]
fn the_calls_of_a_removal_are_told() {
    let scene = Scene::new(None);
    let bought = instance(SYNC);
    scene.begin(&bought, &on_instance(SYNC));
    let told = |arguments: &[&str], calls: &[&str]| {
        let planned = scene.workspace.plan(arguments).ok();
        let mut warnings = planned.warnings();
        warnings.retain(|told| told.summary.contains("Removing a DTS job"));
        assert_eq!(warnings.len(), 1, "{}", planned.report());
        assert!(warnings[0].detail.contains(&removal(calls)), "{warnings:?}");
    };
    let calls = ["StopDtsJob", "ResetDtsJob"];
    let other = json!({ "source_endpoint": { "engine_name": "MARIADB" } });
    scene.write(&bought, &with(&on_instance(SYNC), other));
    told(&[], &calls);
    let mark = scene.emulator.calls().len();
    scene.workspace.apply_saved().ok();
    let made = raw::changing_calls(&scene.emulator, mark);
    assert_eq!(made, ["StopDtsJob", "ResetDtsJob", "ConfigureDtsJob"]);
    told(&["-destroy"], &calls);
}

#[test]
fn a_job_of_another_type_than_the_instance_is_refused_in_the_plan() {
    let scene = Scene::new(None);
    scene.write(&instance(MIGRATION), &Json::Null);
    scene.workspace.apply(&[]).ok();
    scene.write(&instance(MIGRATION), &on_instance(SYNC));
    let error = scene
        .workspace
        .plan(&[])
        .fails()
        .error("was bought for MIGRATION");
    assert_eq!(error.address, JOB);
    assert_eq!(scene.emulator.instances().len(), 1);
}

#[test]
fn another_instance_takes_the_job_with_it() {
    let scene = Scene::new(None);
    scene.begin(&instance(SYNC), &on_instance(SYNC));
    let migration = with(&on_instance(MIGRATION), json!({ "desired_status": "configured" }));
    scene.change(
        &instance(MIGRATION),
        &migration,
        &[
            (INSTANCE, "replace", &["CreateDtsInstance"]),
            (JOB, "update", &["ConfigureDtsJob"]),
        ],
        &["DeleteDtsJob", "CreateDtsInstance", "ConfigureDtsJob"],
    );
    assert_eq!(scene.paid(), 1);
    // Not started: configured again in place. Started: refused, until the instance is replaced with it.
    let other = with(
        &migration,
        json!({ "source_endpoint": { "instance_id": "rm-other" } }),
    );
    scene.change(
        &instance(MIGRATION),
        &other,
        &[(JOB, "update", &["ConfigureDtsJob"])],
        &["ConfigureDtsJob"],
    );
    let running = with(&other, json!({ "desired_status": "running" }));
    scene.change(
        &instance(MIGRATION),
        &running,
        &[(JOB, "update", &["StartDtsJob"])],
        &["StartDtsJob"],
    );
    let back = with(
        &running,
        json!({ "source_endpoint": { "instance_id": "rm-source" } }),
    );
    scene.write(&instance(MIGRATION), &back);
    let mark = scene.emulator.calls().len();
    let error = scene.workspace.plan(&[]).fails().error("replace_triggered_by");
    assert_eq!(error.address, JOB);
    assert_eq!(raw::changing_calls(&scene.emulator, mark), [""; 0]);
    // As the refusal says.
    scene.workspace.apply(&["-replace", INSTANCE]).ok();
    assert_eq!(
        raw::changing_calls(&scene.emulator, mark),
        ["DeleteDtsJob", "CreateDtsInstance", "ConfigureDtsJob"]
    );
    scene.workspace.assert_plan_is_empty();
}

#[test]
fn configured_first_then_checked_bought_and_started() {
    let scene = Scene::new(None);
    let bought = instance_for(&format!("${{{JOB}.id}}"));
    let configured = with(&job(SYNC), json!({ "desired_status": "configured" }));
    scene.begin(&Json::Null, &configured);
    let other = with(
        &configured,
        json!({ "desired_status": "prechecked", "database": [{ "name": "other" }] }),
    );
    scene.change(
        &Json::Null,
        &other,
        &[(JOB, "update", &["ConfigureDtsJob", "StartDtsJob"])],
        &["ConfigureDtsJob", "StartDtsJob"],
    );
    scene.change(
        &bought,
        &other,
        &[(INSTANCE, "create", &["CreateDtsInstance"])],
        &["CreateDtsInstance"],
    );
    let started = with(&bought, json!({ "auto_start": true, "instance_class": "medium" }));
    scene.change(
        &started,
        &other,
        &[(INSTANCE, "update", &["TransferInstanceClass", "StartDtsJob"])],
        &["TransferInstanceClass", "StartDtsJob"],
    );
    // Removing the job means replacing or removing what was bought for it: here both go, and only once.
    let mark = scene.emulator.calls().len();
    scene.workspace.destroy().ok();
    assert_eq!(raw::changing_calls(&scene.emulator, mark), ["DeleteDtsJob"]);
    assert_eq!(scene.paid(), 0);
}

#[test]
fn what_was_released_behind_our_back_is_made_again() {
    let scene = Scene::new(None);
    let (bought, configured) = (instance(SYNC), on_instance(SYNC));
    scene.begin(&bought, &configured);
    let id = scene.recorded(INSTANCE)["id"].as_str().unwrap().to_owned();
    scene.behind("DeleteDtsJob", &[("DtsInstanceId", &id)]);
    scene.converge(
        &[
            (INSTANCE, "create", &["CreateDtsInstance"]),
            (JOB, "create", &["ConfigureDtsJob"]),
        ],
        &["CreateDtsInstance", "ConfigureDtsJob"],
    );
    assert_eq!(scene.paid(), 1);
    // Stopped and reset: what DTS has lost is configured again in place.
    let id = scene.recorded(INSTANCE)["id"].as_str().unwrap().to_owned();
    scene.behind("StopDtsJob", &[("DtsInstanceId", &id)]);
    scene.behind("ResetDtsJob", &[("DtsInstanceId", &id)]);
    scene.converge(&[(JOB, "update", &["ConfigureDtsJob"])], &["ConfigureDtsJob"]);
    scene.behind("SuspendDtsJob", &[("DtsInstanceId", &id)]);
    scene.converge(&[(JOB, "update", &["StartDtsJob"])], &["StartDtsJob"]);
}
