//! What only a plan can tell: where a job would have to go from where it is.

use super::body::{Body, bought_first, job};
use super::{Case, check, error, one_error, terraform_block};
use crate::support::Workspace;

const NEEDS: &str = "There is no instance to run it on. Set `dts_instance_id`";

#[test]
fn running_needs_an_instance() {
    let of = |desired: &str| job().set("desired_status", desired);
    check(&[
        Case::new(
            of(r#""running""#),
            [error(
                r#"desired_status = "running""#,
                "desired_status = \"running\" cannot be reached",
                NEEDS,
            )],
        ),
        Case::new(
            of(r#""suspended""#),
            [error(
                r#"desired_status = "suspended""#,
                "desired_status = \"suspended\" cannot be reached",
                NEEDS,
            )],
        ),
        Case::new(
            of(r#""stopped""#),
            [error(
                r#"desired_status = "stopped""#,
                "desired_status = \"stopped\" cannot be reached",
                NEEDS,
            )],
        ),
        Case::new(
            of(r#""stopped""#).set("dts_instance_id", r#""dtsabc""#),
            [error(
                r#"desired_status = "stopped""#,
                "desired_status = \"stopped\" cannot be reached",
                "nothing to stop. Set `configured`",
            )],
        ),
    ]);
}

/// By default a job without an instance is only configured.
#[test]
fn a_wait_that_cannot_come_true() {
    let of = |wait: &str| job().set("data_synchronization", "true").set("wait_for", wait);
    check(&[
        Case::new(of(r#""none""#), []),
        Case::new(
            of(r#""caught_up""#),
            [error(
                r#"wait_for = "caught_up""#,
                "wait_for = \"caught_up\" cannot come true",
                "Leave `wait_for` out",
            )],
        ),
        Case::new(
            of(r#""prechecked""#),
            [error(
                r#"wait_for = "prechecked""#,
                "wait_for = \"prechecked\" cannot come true",
                "Leave `wait_for` out",
            )],
        ),
    ]);
}

/// The instance is bought in the same apply, so its id is not known yet; that there is one is.
#[test]
fn prechecked_with_an_instance_to_be_bought() {
    let workspace = Workspace::new(None);
    let job = job()
        .set("dts_instance_id", "dts_instance.m.id")
        .set("desired_status", r#""prechecked""#);
    let text = [terraform_block(), bought_first().resource("m"), job.resource("m")].concat();
    workspace.write("main.tf", &text);
    let error = one_error(
        &workspace.plan(&[]).fails(),
        "desired_status = \"prechecked\" cannot be reached",
        &["Set `running` to start it, or `configured`"],
    );
    assert_eq!(error.address, "dts_job.m");
    assert_eq!(error.code, r#"desired_status = "prechecked""#);
}

/// A module hands on what it was given, and null for what it was not: nothing is known of either while Terraform
/// validates, so that no pair of arguments may be refused then.
#[test]
fn arguments_that_are_variables() {
    let wo = |body: Body, side: &str| {
        body.set(&format!("{side}.password"), "var.password")
            .set(&format!("{side}.password_wo_version"), "var.null")
    };
    let job = job()
        .set("dts_instance_id", "var.null")
        .set("desired_status", r#""prechecked""#)
        .set("db_list", "var.null")
        .set("max_delay_seconds", "var.null")
        .set("wait_for", "var.null");
    let job = wo(wo(job, "source_endpoint"), "destination_endpoint");
    let instance = bought_first()
        .set("job_id", "var.null")
        .set("period", "var.null")
        .set("used_time", "var.null")
        .set("auto_start", "var.null");
    let variables =
        "variable \"null\" {\n  default = null\n}\nvariable \"password\" {\n  default = \"x\"\n}\n";
    let provider = "provider \"dts\" {\n  region = \"cn-hangzhou\"\n  access_key = var.null\n}\n";
    let text = [
        terraform_block(),
        variables.to_owned(),
        provider.to_owned(),
        job.resource("m"),
        instance.resource("m"),
    ]
    .concat();
    let workspace = Workspace::new(None);
    workspace.write("main.tf", &text);
    workspace.validate().ok();
    workspace.plan(&[]).ok();

    // And when they are given after all, the plan knows it.
    workspace.write("main.tf", &text.replace("default = null", "default = \"1\""));
    workspace.validate().ok();
    let errors = workspace.plan(&[]).fails().errors();
    assert!(
        errors
            .iter()
            .any(|error| error.summary == "secret_key is missing"),
        "{errors:#?}"
    );
    workspace.write(
        "main.tf",
        &text
            .replace("default = null", "default = \"1\"")
            .replace("access_key = var.null", ""),
    );
    let outcome = workspace.plan(&[]).fails();
    for summary in [
        "db_list cannot be set together with database blocks",
        "period is for PrePaid instances",
        "desired_status = \"prechecked\" is for a job without an instance",
        "password_wo_version needs password_wo",
    ] {
        assert!(
            outcome.errors().iter().any(|error| error.summary == summary),
            "nobody says {summary:?}{}",
            outcome.report()
        );
    }
}

/// All of it given may be what Terraform generated for an instance that is there. For a new one it is refused in the plan.
#[test]
fn a_job_together_with_all_that_follows_from_it() {
    let instance = bought_first().set("job_id", "var.job_id");
    let variable = "variable \"job_id\" {\n  default = \"j1\"\n}\n";
    let provider = "provider \"dts\" {\n  region = \"cn-hangzhou\"\n}\n";
    let workspace = Workspace::new(None);
    let text = [
        terraform_block(),
        variable.to_owned(),
        provider.to_owned(),
        instance.resource("m"),
    ]
    .concat();
    workspace.write("main.tf", &text);
    let mut told: Vec<String> = workspace
        .plan(&[])
        .fails()
        .errors()
        .into_iter()
        .map(|error| error.summary)
        .collect();
    told.sort();
    let names = [
        "destination_endpoint_engine_name",
        "destination_region",
        "source_endpoint_engine_name",
        "source_region",
        "type",
    ];
    assert_eq!(
        told,
        names.map(|name| format!("{name} cannot be set together with job_id"))
    );
}
