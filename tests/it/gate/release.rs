//! A plan that releases an instance says what goes with it, and one that cannot be carried out is no plan.

use terraform_provider_dts::emulator::Lifecycle;

use crate::changes::raw;
use crate::support::bench::{Bench, bought_first, bought_for_job, databases, job};
use crate::support::{Diagnostic, Outcome};

const CHECKED: &str = "desired_status = \"prechecked\"\n  wait_for = \"none\"";

/// What the plan says of a release.
#[track_caller]
fn release_told(outcome: &Outcome, parts: &[&str]) -> Diagnostic {
    let warnings = outcome.warnings();
    assert_eq!(warnings.len(), 1, "{}", outcome.report());
    assert_eq!(warnings[0].summary, "Releasing a DTS instance deletes its job");
    for part in parts {
        assert!(
            warnings[0].detail.contains(part),
            "{part:?} is not in {:?}",
            warnings[0]
        );
    }
    warnings.into_iter().next().unwrap()
}

fn prepaid(more: &str) -> String {
    let more = format!("period = \"Month\"\n  used_time = 1\n  {more}");
    bought_first("SYNC", &more).replace("\"PostPaid\"", "\"PrePaid\"")
}

#[test]
fn removing_only_the_instance_names_the_job_that_goes_with_it() {
    let bench = Bench::new(Lifecycle::Immediate, Some(databases()));
    let configured = job("m", "SYNC", CHECKED);
    bench.write(&[&configured, &bought_for_job("auto_start = true")]);
    bench.apply().ok();
    let job_id = bench.recorded("dts_job.m").unwrap().text("id");
    let instance_id = bench.recorded("dts_instance.m").unwrap().text("id");

    bench.write(&[&configured]);
    let planned = bench.workspace.plan(&[]).ok();
    release_told(
        &planned,
        &[&job_id, &instance_id, "`moved`", "on_destroy = \"keep\""],
    );
    let mark = bench.mark();
    bench.workspace.apply_saved().ok();
    assert_eq!(bench.changes_since(mark), ["DeleteDtsJob"]);
    // As the warning says.
    let changes = bench.plan(&[]);
    assert_eq!(changes, [("dts_job.m".to_owned(), "create".to_owned())]);
    bench.workspace.apply_saved().ok();
    bench.workspace.assert_plan_is_empty();
    bench.workspace.destroy().ok();
    assert!(bench.jobs().is_empty() && bench.all_recorded().is_empty());
}

#[test]
fn what_is_kept_is_no_release() {
    let bench = Bench::immediate();
    let kept = bought_first("SYNC", "on_destroy = \"keep\"");
    bench.write(&[&kept]).apply().ok();
    bench.write(&[]);
    assert_eq!(bench.workspace.plan(&[]).ok().warnings(), []);
    bench.workspace.apply_saved().ok();
    assert!(!bench.emulator.instances()[0].released);
}

#[test]
fn a_prepaid_instance_is_neither_replaced_nor_destroyed_by_any_plan() {
    let bench = Bench::immediate();
    let by_use = |more: &str| bought_first("SYNC", more);
    bench.write(&[&by_use("")]).apply().ok();
    let job_id = bench.recorded("dts_instance.m").unwrap().text("job_id");
    // In the console: no configuration says so.
    let order = [
        ("RegionId", "cn-hangzhou"),
        ("DtsJobId", job_id.as_str()),
        ("ChargeType", "PrePaid"),
        ("Period", "Month"),
        ("BuyCount", "1"),
    ];
    raw::call(&bench.emulator.url(), "TransferPayType", &order);
    let mark = bench.mark();
    let refused = |outcome: Outcome| {
        let error = outcome.fails().error("Unable to release PrePaid DTS instance");
        assert!(error.detail.contains("on_destroy = \"keep\""), "{error:?}");
    };
    refused(bench.workspace.plan(&["-replace=dts_instance.m"]));
    refused(bench.workspace.plan(&["-destroy"]));
    refused(bench.workspace.destroy());
    let triggered = "lifecycle {\n    replace_triggered_by = [terraform_data.t]\n  }";
    let trigger =
        |version: u32| format!("resource \"terraform_data\" \"t\" {{\n  triggers_replace = {version}\n}}\n");
    bench.write(&[&by_use(triggered), &trigger(1)]);
    bench.workspace.apply(&["-target=terraform_data.t"]).ok();
    bench.write(&[&by_use(triggered), &trigger(2)]);
    refused(bench.workspace.plan(&[]));
    assert_eq!(bench.changes_since(mark), [""; 0]);

    // The way out that the refusal names.
    bench.write(&[&prepaid("on_destroy = \"keep\"")]).apply().ok();
    let destroyed = bench.workspace.destroy().ok();
    let warnings = destroyed.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].summary.ends_with("was kept"),
        "{}",
        destroyed.report()
    );
    assert_eq!(bench.changes_since(mark), [""; 0]);
    assert!(!bench.emulator.instances()[0].released);
}

/// Nothing is lost by another name in the configuration.
#[test]
fn a_renamed_instance_needs_a_moved_block() {
    let moved = "moved {\n  from = dts_instance.m\n  to   = dts_instance.n\n}\n";
    let renamed = |text: &str| text.replace("\"dts_instance\" \"m\"", "\"dts_instance\" \"n\"");

    // Bought first: it would be bought again, and the plan says what to write.
    let bench = Bench::immediate();
    let bought = bought_first("SYNC", "");
    bench.write(&[&bought]).apply().ok();
    bench.write(&[&renamed(&bought)]);
    release_told(&bench.workspace.plan(&[]).ok(), &["`moved`"]);
    bench.write(&[&renamed(&bought), moved]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();

    // Bought for a job: that is gone before another could be bought for it.
    let bench = Bench::immediate();
    let (configured, bought) = (job("m", "SYNC", ""), bought_for_job(""));
    bench.write(&[&configured, &bought]).apply().ok();
    bench.write(&[&configured, &renamed(&bought)]);
    let error = bench.workspace.plan(&[]).fails().error("`moved`");
    assert!(
        error.summary.starts_with("Two dts_instance resources"),
        "{error:?}"
    );
    bench.write(&[&configured, &renamed(&bought), moved]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    let bill = bench.emulator.instances();
    assert!(bill.len() == 1 && !bill[0].released, "{bill:?}");
}
