//! What only real Terraform shows: triggers, errors at their line, and the end of a wait by Ctrl-C.

use std::time::{Duration, Instant};

use crate::support::Workspace;
use crate::support::bench::{Bench, bought_first, job_on_instance};
use crate::support::outside;

fn newest(bench: &Bench, parts: &[&str]) -> Workspace {
    let workspace = Workspace::new(Some(&bench.emulator.url())).at_least((1, 14));
    workspace.write("main.tf", &parts.join("\n"));
    workspace
}

fn action(kind: &str, job_id: &str, more: &str) -> String {
    format!("action \"{kind}\" \"m\" {{\n  config {{\n    job_id = {job_id}\n    {more}\n  }}\n}}\n")
}

/// A job that Terraform has just made is prechecked by a trigger, before anything is bought for it.
#[test]
fn a_trigger_runs_after_its_resource_was_made() {
    let bench = Bench::immediate();
    let job = crate::support::bench::job(
        "m",
        "SYNC",
        "lifecycle {\n    action_trigger {\n      events  = [after_create]\n      actions = [action.dts_precheck.m]\n    }\n  }",
    );
    let workspace = newest(&bench, &[&job, &action("dts_precheck", "dts_job.m.id", "")]);
    let mark = bench.mark();
    let outcome = workspace.apply(&[]).ok();
    assert_eq!(bench.changes_since(mark), ["ConfigureDtsJob", "StartDtsJob"]);
    assert!(
        outcome.stdout.contains("CHECK_CONN_SRC: Success"),
        "{}",
        outcome.report()
    );
    workspace.assert_plan_is_empty();
    workspace.destroy().ok();
}

#[test]
fn errors_are_told_at_their_line() {
    let bench = Bench::immediate();
    for (text, code, part) in [
        (
            action("dts_suspend_job", "\"nosuchjob\"", ""),
            // Terraform keeps no place of what an invocation has to say.
            "",
            "There is no such job",
        ),
        (
            action("dts_suspend_job", "\"j\"", "timeout = \"soon\""),
            "timeout = \"soon\"",
            "not a duration",
        ),
        (
            action("dts_start_job", "\"j\"", "max_delay_seconds = 3"),
            "max_delay_seconds = 3",
            "no effect",
        ),
    ] {
        let kind = text.split('"').nth(1).unwrap().to_owned();
        let workspace = newest(&bench, &[&text]);
        let outcome = workspace.apply(&[&format!("-invoke=action.{kind}.m")]).fails();
        let error = outcome
            .errors()
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("{}", outcome.report()));
        assert!(
            format!("{} {}", error.summary, error.detail).contains(part),
            "{}",
            outcome.report()
        );
        assert_eq!(error.code, code, "{}", outcome.report());
    }
}

/// The job of a resource that is suspended by an action is drift of the resource: `desired_status` says what is wanted.
#[test]
fn what_an_action_did_to_a_managed_job_shows_in_the_next_plan() {
    let bench = Bench::immediate();
    let parts = [bought_first("SYNC", ""), job_on_instance("SYNC", "")];
    let suspend = action("dts_suspend_job", "dts_job.m.id", "");
    let workspace = newest(&bench, &[&parts[0], &parts[1], &suspend]);
    workspace.apply(&[]).ok();
    workspace.apply(&["-invoke=action.dts_suspend_job.m"]).ok();
    let plan = workspace.plan(&[]).ok();
    assert_eq!(
        plan.planned_changes(),
        [("dts_job.m".to_owned(), "update".to_owned())]
    );
    let suspended = job_on_instance("SYNC", "desired_status = \"suspended\"");
    workspace.write("main.tf", &[parts[0].as_str(), &suspended, &suspend].join("\n"));
    let mark = bench.mark();
    workspace.apply(&[]).ok();
    workspace.assert_plan_is_empty();
    assert_eq!(bench.changes_since(mark), [""; 0]);
}

#[test]
fn ctrl_c_ends_the_wait() {
    let bench = Bench::new("seconds:3600".parse().unwrap(), None);
    let made = outside::on_instance(&bench, "SYNC", "orders");
    let job_id = format!("{:?}", made.job_id);
    let workspace = newest(&bench, &[&action("dts_start_job", &job_id, "")]);
    let mut invoking = workspace.start(&[
        "apply",
        "-json",
        "-auto-approve",
        "-input=false",
        "-invoke=action.dts_start_job.m",
    ]);
    invoking.wait_for("status Prechecking");
    invoking.signal("INT");
    let asked = Instant::now();
    let outcome = invoking.finish();
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "{:?}{}",
        asked.elapsed(),
        outcome.report()
    );
    assert_ne!(outcome.status, Some(0));
    assert!(outcome.stdout.contains("asked to stop"), "{}", outcome.report());
    assert_eq!(bench.count("StartDtsJob"), 1);
}
