//! The examples that users copy, each applied as it stands on the emulator: a second plan is empty, what it made can be
//! imported, and a destroy leaves nothing bought.

use std::path::{Path, PathBuf};

use serde_json::Value;
use terraform_provider_dts::emulator::{Emulator, Lifecycle, Options};

use crate::support::{
    PROVIDER_SOURCE, Workspace, assert_nothing_paid_for, planned_operations, repository, state_values,
};

/// How examples name the provider; Terraform's own registry is understood.
const SHORT_SOURCE: &str = "\"dts-community/dts\"";

/// Its first block of configuration is an example too.
const README: &str = "README.md";

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The entries of a folder below `examples/`, sorted.
fn entries(folder: &str) -> Vec<PathBuf> {
    let folder = repository().join("examples").join(folder);
    let found = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = found.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// Since when Terraform has what an example uses.
fn needs(text: &str) -> (u32, u32) {
    [("provider::dts::", (1, 8)), ("password_wo", (1, 11))]
        .into_iter()
        .filter(|(used, _)| text.contains(used))
        .fold((1, 6), |most, (_, since)| most.max(since))
}

/// A folder with this example, told where the emulator is by the environment. An example that is not complete in itself
/// gets the provider of `examples/provider`, and the variables beside it.
fn workspace(emulator: &Emulator, example: &Path) -> Workspace {
    let workspace = Workspace::new(None)
        .at_least(needs(&read(example)))
        .with_env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testAccessKeyId")
        .with_env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testAccessKeySecret")
        .with_env("ALIBABA_CLOUD_ENDPOINT_DTS", &emulator.url())
        .with_env("TF_VAR_password", "the-secret")
        .with_env("TF_VAR_source_password", "the-source-secret")
        .with_env("TF_VAR_destination_password", "the-destination-secret");
    let with_full_source = |text: &str| {
        assert!(text.contains(SHORT_SOURCE));
        text.replace(SHORT_SOURCE, &format!("\"{PROVIDER_SOURCE}\""))
    };
    if name(example) == README {
        let readme = read(example);
        let block = readme.split("```hcl\n").nth(1).unwrap().split("```").next();
        workspace.write("main.tf", &with_full_source(block.unwrap()));
        return workspace;
    }
    let provider = read(&repository().join("examples/provider/provider.tf"));
    workspace.write("provider.tf", &with_full_source(&provider));
    workspace.write("main.tf", &read(example));
    let variables = example.with_file_name("variables.tf");
    if variables.exists() {
        workspace.write("variables.tf", &read(&variables));
    }
    workspace
}

/// Address and id of each resource in a state.
fn resources(state: &Value) -> Vec<(String, String)> {
    // An example of a function has outputs only.
    let all = state["values"]["root_module"]["resources"].as_array();
    all.into_iter()
        .flatten()
        .filter(|resource| resource["mode"] == "managed")
        .map(|resource| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&resource["address"]), text(&resource["values"]["id"]))
        })
        .collect()
}

fn changing_calls(emulator: &Emulator) -> usize {
    let calls = emulator.calls();
    calls
        .iter()
        .filter(|call| crate::support::changes(&call.action))
        .count()
}

/// What is imported may take passwords into the state, and calls nothing; then there is nothing left to change.
#[track_caller]
fn settles(emulator: &Emulator, elsewhere: &Workspace) {
    let before = changing_calls(emulator);
    let plan = elsewhere.plan(&[]).ok();
    let shown = elsewhere.show_plan_json();
    for (address, action) in plan.planned_changes() {
        if !address.starts_with("data.") && action != "import" {
            assert_eq!(action, "update", "{address}{}", plan.report());
            assert_eq!(planned_operations(&shown, &address), [""; 0], "{address}");
        }
    }
    elsewhere.apply_saved().ok();
    elsewhere.assert_plan_is_empty();
    assert_eq!(changing_calls(emulator), before, "an import calls nothing");
}

/// The whole life of one example; `import`: the folder that says how its first resource is imported.
#[track_caller]
fn check(example: &Path, import: Option<&Path>) {
    let emulator = Emulator::start(Options {
        lifecycle: Lifecycle::Reads(1),
        ..Options::default()
    })
    .unwrap();
    let workspace = workspace(&emulator, example);
    let applied = workspace.apply(&[]).ok();
    assert_eq!(applied.warnings(), [], "{}", applied.report());
    workspace.assert_plan_is_empty();
    let state = workspace.state_json();
    for secret in ["the-secret", "the-source-secret", "the-destination-secret"] {
        let stored = workspace.state_file().contains(secret);
        let write_only = name(example).contains("without_stored_passwords");
        assert!(!(stored && write_only), "{secret} is in the state");
    }

    let made = resources(&state);
    let elsewhere = self::workspace(&emulator, example);
    for (address, id) in &made {
        elsewhere.import(address, id).ok();
    }
    settles(&emulator, &elsewhere);
    if let Some(folder) = import {
        imports_as_documented(&emulator, example, folder, &made);
    }

    workspace.destroy().ok();
    assert_eq!(resources(&workspace.state_json()), []);
    assert_nothing_paid_for(&emulator);
}

/// `import.sh` and `import-by-string-id.tf` name a resource of the example, and work once the id is a real one.
#[track_caller]
fn imports_as_documented(emulator: &Emulator, example: &Path, folder: &Path, made: &[(String, String)]) {
    let command = read(&folder.join("import.sh"));
    let words: Vec<&str> = command.split_whitespace().collect();
    let ["terraform", "import", address, sample] = words[..] else {
        panic!("{command:?} is not one import");
    };
    let block = read(&folder.join("import-by-string-id.tf"));
    assert!(
        block.contains(address) && block.contains(sample),
        "{address} {sample}: {block}"
    );
    let by_identity = read(&folder.join("import-by-identity.tf"));
    assert!(
        by_identity.contains(address) && by_identity.contains(sample),
        "{by_identity}"
    );
    let (_, id) = made
        .iter()
        .find(|(there, _)| there == address)
        .unwrap_or_else(|| panic!("{address} is not in {}", example.display()));
    let on_newest = workspace(emulator, example).on_newest();
    for (elsewhere, block) in [(workspace(emulator, example), block), (on_newest, by_identity)] {
        for (other, id) in made.iter().filter(|(other, _)| other != address) {
            elsewhere.import(other, id).ok();
        }
        elsewhere.write("import.tf", &block.replace(sample, id));
        settles(emulator, &elsewhere);
        assert_eq!(state_values(&elsewhere.state_json(), address)["id"], id.as_str());
    }
}

/// The files of one object that are applied, each on its own: `resource.tf`, `resource_more.tf`.
fn applied(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let below = folder.strip_prefix(repository().join("examples")).unwrap();
    let mut files = entries(below.to_str().unwrap());
    files.retain(|file| name(file).starts_with(prefix) && name(file).ends_with(".tf"));
    assert!(
        files.iter().any(|file| name(file) == format!("{prefix}.tf")),
        "{} has no {prefix}.tf",
        folder.display()
    );
    files
}

fn check_resource(type_name: &str) {
    let folder = repository().join("examples/resources").join(type_name);
    for example in applied(&folder, "resource") {
        let first = name(&example) == "resource.tf";
        check(&example, first.then_some(&folder));
    }
}

// One test for each object, so that they run beside each other.

#[test]
fn dts_instance() {
    check_resource("dts_instance");
}

#[test]
fn dts_job() {
    check_resource("dts_job");
    check_data_source("dts_job");
}

#[track_caller]
fn check_data_source(type_name: &str) {
    let folder = repository().join("examples/data-sources").join(type_name);
    for example in applied(&folder, "data-source") {
        check(&example, None);
    }
}

#[test]
fn dts_connection_status() {
    check_data_source("dts_connection_status");
}

#[test]
fn dts_dedicated_clusters() {
    check_data_source("dts_dedicated_clusters");
}

#[test]
fn dts_instances() {
    check_data_source("dts_instances");
}

#[test]
fn dts_ip_ranges() {
    check_data_source("dts_ip_ranges");
}

#[test]
fn dts_job_log() {
    check_data_source("dts_job_log");
}

#[test]
fn dts_jobs() {
    check_data_source("dts_jobs");
}

#[test]
fn dts_monitor_rule() {
    check_resource("dts_monitor_rule");
}

#[test]
fn dts_subscription() {
    check_resource("dts_subscription");
}

#[test]
fn dts_consumer_group() {
    check_resource("dts_consumer_group");
}

#[test]
fn dts_consumer_groups() {
    check_data_source("dts_consumer_groups");
}

#[test]
fn dts_subscription_meta() {
    check_data_source("dts_subscription_meta");
}

#[test]
fn dts_precheck() {
    check_data_source("dts_precheck");
}

#[track_caller]
fn check_function(name: &str) {
    let folder = repository().join("examples/functions").join(name);
    for example in applied(&folder, "function") {
        check(&example, None);
    }
}

#[test]
fn db_list() {
    check_function("db_list");
}

#[test]
fn parse_db_list() {
    check_function("parse_db_list");
}

#[test]
fn the_configuration_in_the_readme() {
    check(&repository().join(README), None);
}

#[test]
fn every_object_has_examples_and_they_are_tested() {
    let tests = ["examples.rs", "actions/examples.rs", "queries/examples.rs"];
    let tests: String = tests
        .iter()
        .map(|file| read(&repository().join("tests/it").join(file)))
        .collect();
    for (folder, schemas) in [
        ("resources", "resource_schemas"),
        ("data-sources", "data_source_schemas"),
        ("functions", "functions"),
        ("actions", "action_schemas"),
        ("list-resources", "list_resource_schemas"),
    ] {
        let workspace = Workspace::new(Some("http://127.0.0.1:1")).on_newest();
        let schema = workspace.run(&["providers", "schema", "-json"]).ok();
        let schema: Value = serde_json::from_str(&schema.stdout).unwrap();
        let objects: Vec<&String> = schema["provider_schemas"][PROVIDER_SOURCE][schemas]
            .as_object()
            .unwrap()
            .keys()
            .collect();
        let folders = entries(folder);
        let folders: Vec<&str> = folders.iter().map(|path| name(path)).collect();
        assert_eq!(folders, objects, "examples/{folder}");
        for object in objects {
            let test = match folder {
                "list-resources" => format!("\nfn list_of_{object}() {{"),
                _ => format!("\nfn {object}() {{"),
            };
            assert!(
                tests.contains(&test),
                "no test tries the example of {object} in {folder}"
            );
        }
    }
}
