//! The examples that users copy, each invoked as it stands on a job that somebody else made.

use std::path::PathBuf;

use terraform_provider_dts::api;

use crate::support::bench::Bench;
use crate::support::outside::{self, Made};
use crate::support::{PROVIDER_SOURCE, Workspace, repository};

fn folder(action: &str) -> PathBuf {
    repository().join("examples/actions").join(action)
}

fn workspace(bench: &Bench, action: &str, file: &str, made: &Made) -> Workspace {
    let workspace = Workspace::new(None)
        .with_env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testAccessKeyId")
        .with_env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testAccessKeySecret")
        .with_env("ALIBABA_CLOUD_ENDPOINT_DTS", &bench.emulator.url())
        .with_env("TF_VAR_job_id", &made.job_id)
        .at_least((1, 14));
    let read = |path: PathBuf| {
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let provider = read(repository().join("examples/provider/provider.tf"));
    let source = format!("\"{PROVIDER_SOURCE}\"");
    workspace.write("provider.tf", &provider.replace("\"dts-community/dts\"", &source));
    workspace.write("main.tf", &read(folder(action).join(file)));
    workspace.write("variables.tf", &read(folder(action).join("variables.tf")));
    workspace
}

/// Invokes `action.<each>.orders` of `action.tf`: the calls that follow, and the status that the job is left in. A second time calls
/// nothing.
#[track_caller]
fn check(bench: &Bench, made: &Made, action: &str, invoked: &[&str], calls: &[&str], status: &str) {
    let workspace = workspace(bench, action, "action.tf", made);
    workspace.assert_plan_is_empty();
    for (round, calls) in [calls, &[]].into_iter().enumerate() {
        let mark = bench.mark();
        for each in invoked {
            let invoke = format!("-invoke=action.{each}.orders");
            let outcome = workspace.apply(&[&invoke]).ok();
            assert!(
                outcome.stdout.contains(&format!("DTS job {}: ", made.job_id)),
                "progress is shown{}",
                outcome.report()
            );
        }
        assert_eq!(bench.changes_since(mark), calls, "round {round}");
        assert_eq!(outside::status(bench, &made.job_id), status, "round {round}");
    }
    workspace.assert_plan_is_empty();
}

#[test]
fn dts_start_job() {
    let bench = Bench::immediate();
    let made = outside::running(&bench, "SYNC", "orders");
    let job = api::JobRef::job(&made.job_id);
    bench.with_client(async move |api| api.suspend_dts_job(&job).await);
    check(
        &bench,
        &made,
        "dts_start_job",
        &["dts_start_job"],
        &["StartDtsJob"],
        "Synchronizing",
    );
}

#[test]
fn dts_start_job_after_a_change() {
    let bench = Bench::immediate();
    let made = outside::on_instance(&bench, "SYNC", "orders");
    let workspace = workspace(&bench, "dts_start_job", "action_after_a_change.tf", &made);
    let mark = bench.mark();
    workspace.apply(&[]).ok();
    assert_eq!(bench.changes_since(mark), ["StartDtsJob"]);
    assert_eq!(outside::status(&bench, &made.job_id), "Synchronizing");
    workspace.assert_plan_is_empty();
    workspace.destroy().ok();
    assert_eq!(bench.changes_since(mark), ["StartDtsJob"]);
}

#[test]
fn dts_suspend_job() {
    let bench = Bench::immediate();
    let made = outside::running(&bench, "SYNC", "orders");
    check(
        &bench,
        &made,
        "dts_suspend_job",
        &["dts_suspend_job"],
        &["SuspendDtsJob"],
        "Suspending",
    );
}

#[test]
fn dts_stop_job() {
    let bench = Bench::immediate();
    let made = outside::running(&bench, "MIGRATION", "orders");
    check(
        &bench,
        &made,
        "dts_stop_job",
        &["dts_stop_job"],
        &["StopDtsJob"],
        "Finished",
    );
}

#[test]
fn dts_reset_job() {
    let bench = Bench::immediate();
    let made = outside::running(&bench, "SYNC", "orders");
    check(
        &bench,
        &made,
        "dts_reset_job",
        &["dts_reset_job"],
        &["ResetDtsJob"],
        "NotConfigured",
    );
}

#[test]
fn dts_precheck() {
    let bench = Bench::immediate();
    let made = outside::configured(&bench, "SYNC", "orders");
    check(
        &bench,
        &made,
        "dts_precheck",
        &["dts_precheck"],
        &["StartDtsJob"],
        "PreCheckPass",
    );
}

#[test]
fn dts_skip_precheck() {
    // The table is at the destination already.
    let mut databases = crate::support::bench::databases();
    databases["endpoints"][1]["databases"] = serde_json::json!({"dtsdb_1": ["person"]});
    let bench = Bench::new(
        terraform_provider_dts::emulator::Lifecycle::Immediate,
        Some(databases),
    );
    let made = outside::configured(&bench, "SYNC", "orders");
    let (_, told) = outside::invoke(
        &bench,
        "dts_precheck",
        &serde_json::json!({"job_id": made.job_id}),
    );
    assert!(told[0].summary.ends_with("failed: CHECK_SAME_OBJ"), "{told:?}");
    check(
        &bench,
        &made,
        "dts_skip_precheck",
        &["dts_skip_precheck", "dts_precheck"],
        &["SkipPreCheck", "StartDtsJob"],
        "PreCheckPass",
    );
}
