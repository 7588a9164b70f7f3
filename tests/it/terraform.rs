//! The helpers for real Terraform, tried on what is built into Terraform: no provider is started here.

use serde_json::json;

use crate::support::{Diagnostic, PROVIDER_SOURCE, Workspace, cli_version, state_values};

const GREETING: &str = r#"
variable "name" {
  default = "world"
}
resource "terraform_data" "greeting" {
  input = "hello ${var.name}"
}
"#;

#[test]
fn a_life() {
    let workspace = Workspace::new(None);
    workspace.write("main.tf", GREETING);
    workspace.validate().ok();
    assert!(!workspace.plan_is_empty());

    let planned = workspace.plan(&["-var=name=plan"]).ok();
    assert_eq!(
        planned.planned_changes(),
        [("terraform_data.greeting".to_owned(), "create".to_owned())]
    );
    let plan = workspace.show_plan_json();
    assert_eq!(
        plan["resource_changes"][0]["change"]["after"],
        json!({"input": "hello plan", "triggers_replace": null})
    );

    workspace.apply_saved().ok();
    let state = workspace.state_json();
    assert_eq!(
        state_values(&state, "terraform_data.greeting")["output"],
        "hello plan"
    );
    assert!(workspace.state_file().contains("hello plan"));

    workspace.apply(&["-var=name=world"]).ok();
    assert!(workspace.plan_is_empty());
    workspace.assert_plan_is_empty();

    workspace.destroy().ok();
    assert_eq!(workspace.state_json().get("values"), None);
    workspace.import("terraform_data.greeting", "some-id").ok();
    assert_eq!(
        state_values(&workspace.state_json(), "terraform_data.greeting")["id"],
        "some-id"
    );
}

#[test]
fn diagnostics_are_told() {
    let workspace = Workspace::new(None);
    workspace.write(
        "main.tf",
        r#"
variable "holds" {
  default = false
}
check "warned" {
  assert {
    condition     = var.holds
    error_message = "only a warning"
  }
}
resource "terraform_data" "bad" {
  lifecycle {
    precondition {
      condition     = var.holds
      error_message = "this must hold"
    }
  }
}
"#,
    );
    let outcome = workspace.plan(&[]).fails();
    let error = outcome.error("this must hold");
    let expected = Diagnostic {
        severity: "error".to_owned(),
        summary: "Resource precondition failed".to_owned(),
        detail: "this must hold".to_owned(),
        address: error.address.clone(),
        code: "condition     = var.holds".to_owned(),
    };
    assert_eq!(error, expected);
    let warnings = outcome.warnings();
    assert_eq!(warnings.len(), 1, "{}", outcome.report());
    assert_eq!(warnings[0].detail, "only a warning");
}

#[test]
#[should_panic(expected = "exit status Some(1)")]
fn a_failed_command_is_not_ok() {
    let workspace = Workspace::new(None);
    workspace.write("main.tf", "resource {}");
    workspace.plan(&[]).ok();
}

#[test]
#[should_panic(expected = "the plan is not empty")]
fn a_plan_with_a_change_is_not_empty() {
    let workspace = Workspace::new(None);
    workspace.write("main.tf", GREETING).assert_plan_is_empty();
}

#[test]
fn nothing_of_the_users_environment_gets_in() {
    let workspace = Workspace::new(None).with_env("TF_VAR_seen", "given");
    workspace.write(
        "main.tf",
        r#"
variable "seen" {}
resource "terraform_data" "environment" {
  provisioner "local-exec" {
    command = "env > environment.txt"
  }
}
output "seen" {
  value = var.seen
}
"#,
    );
    workspace.apply(&[]).ok();
    assert_eq!(
        workspace.state_json()["values"]["outputs"]["seen"]["value"],
        "given"
    );
    let environment = std::fs::read_to_string(workspace.path().join("environment.txt")).unwrap();
    let mut names: Vec<_> = environment
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    names.retain(|name| name.starts_with("ALI") || name.starts_with("TF_") || *name == "HOME");
    names.sort_unstable();
    assert_eq!(
        names,
        ["HOME", "TF_CLI_CONFIG_FILE", "TF_IN_AUTOMATION", "TF_VAR_seen"]
    );
    assert!(!environment.contains(&format!("\nHOME={}\n", std::env::var("HOME").unwrap_or_default())));
}

#[test]
fn the_version_is_one_that_the_provider_can_work_with() {
    assert!(cli_version() >= (1, 6), "{:?}", cli_version());
}

#[test]
fn the_provider_of_this_build_needs_no_init() {
    let workspace = Workspace::new(Some("http://127.0.0.1:1"));
    let outcome = workspace.run(&["providers"]).ok();
    assert!(
        outcome.stdout.contains(&format!("provider[{PROVIDER_SOURCE}]")),
        "{}",
        outcome.report()
    );
    assert!(!workspace.path().join(".terraform").exists());
}
