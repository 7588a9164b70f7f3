//! Import by identity (Terraform 1.12), on the newest Terraform: of jobs and instances however they were made.

use serde_json::json;

use crate::support::Workspace;
use crate::support::bench::{Bench, bought_first, endless, job_on_instance};

fn made() -> (Bench, String, String, String) {
    let bench = Bench::immediate();
    let configuration = format!(
        "{}{}",
        bought_first("SYNC", ""),
        endless(&job_on_instance("SYNC", ""))
    );
    bench.write(&[&configuration]);
    bench.apply().ok();
    let instance = bench.recorded("dts_instance.m").unwrap().text("id");
    let job = bench.recorded("dts_job.m").unwrap().text("id");
    (bench, configuration, instance, job)
}

fn import(to: &str, identity: &str) -> String {
    format!("import {{\n  to = {to}.m\n  identity = {identity}\n}}\n")
}

fn elsewhere(bench: &Bench, text: &str) -> Workspace {
    let workspace = Workspace::new(Some(&bench.emulator.url())).at_least((1, 12));
    workspace.write("main.tf", text);
    workspace
}

#[test]
fn objects_are_imported_by_identity() {
    let (bench, configuration, instance, job) = made();
    let imports = import("dts_instance", &format!("{{ id = \"{instance}\" }}"))
        + &import(
            "dts_job",
            &format!("{{ id = \"{job}\", region = \"cn-hangzhou\" }}"),
        );
    let workspace = elsewhere(&bench, &(configuration + &imports));
    let before = bench.mark();
    workspace.apply(&[]).ok();
    workspace.assert_plan_is_empty();
    assert_eq!(bench.changes_since(before), [""; 0], "an import changes nothing");
    let state: serde_json::Value = serde_json::from_str(&workspace.state_file()).unwrap();
    let identities: Vec<_> = state["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| resource["instances"][0]["identity"].clone())
        .collect();
    assert_eq!(
        identities,
        [
            json!({"id": instance, "region": "cn-hangzhou"}),
            json!({"id": job, "region": "cn-hangzhou"})
        ]
    );
}

#[test]
fn an_identity_of_elsewhere_is_refused() {
    let (bench, configuration, instance, job) = made();
    let only_instance = configuration.split("resource \"dts_job\"").next().unwrap();
    for (identity, part) in [
        (
            format!("{{ id = \"{instance}\", region = \"cn-beijing\" }}"),
            "is of region \"cn-beijing\", and the provider is configured for \"cn-hangzhou\"",
        ),
        (format!("{{ id = \"{job}\" }}"), "is the id of a job"),
        (
            "{ id = \"dtsnowhere\" }".to_owned(),
            "of another region or of another account",
        ),
        ("{ id = \"\" }".to_owned(), "`id` in the identity is empty"),
        (
            format!("{{ id = \"{instance}\", region = \"\" }}"),
            "`region` in the identity is empty",
        ),
    ] {
        let workspace = elsewhere(
            &bench,
            &format!("{only_instance}{}", import("dts_instance", &identity)),
        );
        let plan = workspace.plan(&[]).fails();
        let told = format!("{:?}", plan.errors())
            .replace("\\n", " ")
            .replace("\\\"", "\"");
        assert!(told.contains(part), "{told}");
    }
}

/// Whatever changes, the identity that Terraform recorded stays that of the object.
#[test]
fn an_object_keeps_its_identity_through_its_life() {
    let bench = Bench::immediate();
    let workspace = elsewhere(&bench, &bought_first("SYNC", ""));
    workspace.apply(&[]).ok();
    workspace.assert_plan_is_empty();
    workspace.write(
        "main.tf",
        &bought_first("SYNC", "").replace("\"small\"", "\"medium\""),
    );
    workspace.apply(&[]).ok();
    workspace.assert_plan_is_empty();
    workspace.apply(&["-replace=dts_instance.m"]).ok();
    workspace.assert_plan_is_empty();
    workspace.destroy().ok();
}

/// A job that is configured anew on a new instance has another id: Terraform takes that for a change of the same object.
#[test]
fn a_job_whose_instance_is_replaced_gets_another_identity() {
    let bench = Bench::immediate();
    let configuration = format!(
        "{}{}",
        bought_first("SYNC", ""),
        endless(&job_on_instance("SYNC", ""))
    );
    let workspace = elsewhere(&bench, &configuration);
    workspace.apply(&[]).ok();
    workspace.apply(&["-replace=dts_instance.m"]).ok();
    workspace.assert_plan_is_empty();
    workspace.destroy().ok();
}
