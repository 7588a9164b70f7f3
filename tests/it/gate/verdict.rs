//! Which verdict lets a purchase through, and what an apply says when it does not.

use serde_json::json;
use terraform_provider_dts::emulator::Lifecycle;

use crate::support::bench::{Bench, PRECHECK, bought_for, bought_for_job, databases, job, wrong_passwords};
use crate::support::{Outcome, planned_operations};

/// Checked, and judged by the purchase alone.
const CHECKED: &str = "desired_status = \"prechecked\"\n  wait_for = \"none\"";

/// One error at the instance for each failed check, with all that helps.
#[track_caller]
fn assert_told(outcome: &Outcome, codes: &[&str]) {
    let errors = outcome.errors();
    assert_eq!(errors.len(), codes.len(), "{}", outcome.report());
    for (error, code) in errors.iter().zip(codes) {
        assert_eq!(error.address, "dts_instance.m", "{error:?}");
        assert!(error.summary.ends_with(&format!("failed: {code}")), "{error:?}");
        let found = error.detail.split("\n\n").collect::<Vec<_>>();
        let [found, repair, consequence] = found[..] else {
            panic!("three paragraphs: {error:?}");
        };
        assert!(
            found.starts_with("CHECK__ERROR_") && found.contains(": "),
            "{error:?}"
        );
        assert!(
            repair.starts_with("How to repair it: ") && repair.len() > 25,
            "{error:?}"
        );
        assert!(consequence.starts_with("No instance was bought."), "{error:?}");
    }
}

#[test]
fn a_failed_check_buys_nothing_and_after_the_repair_all_goes_on_in_place() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(1)] {
        let bench = Bench::new(lifecycle, Some(wrong_passwords()));
        bench.write(&[
            &job("m", "MIGRATION", CHECKED),
            &bought_for_job("auto_start = true"),
            PRECHECK,
        ]);
        let failed = bench.apply().fails();
        assert_told(&failed, &["CHECK_AUTH_SRC", "CHECK_AUTH_DEST"]);
        assert_eq!(bench.count("CreateDtsInstance"), 0);
        bench.assert_nothing_lost("after a failed precheck");
        let before = bench.recorded("dts_job.m").unwrap();
        assert!(!before.tainted && bench.recorded("dts_instance.m").is_none());
        // The items are data too, though nothing could be bought.
        let data = bench.recorded("data.dts_precheck.m").unwrap().values;
        assert_eq!(data["passed"], false);
        assert_eq!(data["state"], "Failed");
        assert_eq!(data["failed"].as_array().unwrap().len(), 2);

        // Nothing repaired: the same again, no call too many.
        let mark = bench.mark();
        assert_told(&bench.apply().fails(), &["CHECK_AUTH_SRC", "CHECK_AUTH_DEST"]);
        assert_eq!(bench.changes_since(mark), ["StartDtsJob"]);

        bench.emulator.set_fixtures(databases());
        let changes = bench.plan(&[]);
        let expected = [("dts_instance.m", "create"), ("dts_job.m", "update")];
        assert_eq!(changes, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        let plan = bench.workspace.show_plan_json();
        assert_eq!(planned_operations(&plan, "dts_job.m"), ["StartDtsJob"]);
        assert_eq!(planned_operations(&plan, "dts_instance.m"), ["CreateDtsInstance"]);
        let mark = bench.mark();
        bench.workspace.apply_saved().ok();
        assert_eq!(bench.changes_since(mark), ["StartDtsJob", "CreateDtsInstance"]);
        bench.workspace.assert_plan_is_empty();
        bench.assert_nothing_lost("after the repair");
        let after = bench.recorded("dts_job.m").unwrap();
        assert_eq!(after.text("id"), before.text("id"));
        assert_eq!(
            bench.recorded("data.dts_precheck.m").unwrap().values["passed"],
            true
        );
    }
}

#[test]
fn one_failed_check_and_a_warning_is_one_error() {
    let mut fixtures = databases();
    fixtures["precheck"] = json!([
        {"item": "CHECK_SQL_MODE", "state": "Warning", "message": "not strict", "repair_method": "Set it"},
        {"item": "CHECK_ODD", "state": "Failed", "message": "odd thing", "repair_method": "Make the odd thing even"},
    ]);
    let bench = Bench::new(Lifecycle::Immediate, Some(fixtures));
    bench.write(&[&job("m", "SYNC", CHECKED), &bought_for_job("")]);
    let failed = bench.apply().fails();
    assert_told(&failed, &["CHECK_ODD"]);
    let error = failed.error("odd thing");
    assert!(error.detail.contains("Make the odd thing even"), "{error:?}");
    assert_eq!(bench.count("CreateDtsInstance"), 0);
    // Warnings alone do not hold anything up.
    let mut fixtures = databases();
    fixtures["precheck"] = json!([{"item": "CHECK_SQL_MODE", "state": "Warning"}]);
    bench.emulator.set_fixtures(fixtures);
    bench.converge(1, |_| bench.assert_nothing_lost("with a warning"));
}

#[test]
fn a_running_precheck_is_waited_for() {
    let bench = Bench::new(Lifecycle::Reads(6), Some(databases()));
    bench.write(&[&job("m", "MIGRATION", CHECKED), &bought_for_job("")]);
    bench.apply().ok();
    let calls = bench.emulator.calls();
    let bought = calls
        .iter()
        .position(|call| call.action == "CreateDtsInstance")
        .unwrap();
    let asked = calls[..bought]
        .iter()
        .filter(|call| call.action == "DescribePreCheckStatus");
    assert!(asked.count() > 1, "the precheck has run for several describes");
    bench.emulator.set_lifecycle(Lifecycle::Immediate);
    bench.workspace.assert_plan_is_empty();

    // And a failure that shows only then buys nothing.
    let bench = Bench::new(Lifecycle::Reads(6), Some(wrong_passwords()));
    bench.write(&[&job("m", "MIGRATION", CHECKED), &bought_for_job("")]);
    assert_told(&bench.apply().fails(), &["CHECK_AUTH_SRC", "CHECK_AUTH_DEST"]);
    assert_eq!(bench.count("CreateDtsInstance"), 0);
}

#[test]
fn require_precheck_decides_about_what_did_not_pass() {
    let bench = Bench::new(Lifecycle::Immediate, Some(wrong_passwords()));
    let never = "desired_status = \"configured\"";
    bench.write(&[
        &job("never", "MIGRATION", never),
        &bought_for("never", "dts_job.never.id", ""),
        &job("unlooked", "MIGRATION", CHECKED),
        &bought_for("unlooked", "dts_job.unlooked.id", "require_precheck = false"),
        &job("asked", "MIGRATION", never),
        &bought_for("asked", "dts_job.asked.id", "require_precheck = true"),
        &job("failed", "MIGRATION", CHECKED),
        &bought_for("failed", "dts_job.failed.id", "require_precheck = true"),
    ]);
    let outcome = bench.apply().fails();
    bench.assert_nothing_lost("with some bought");
    let recorded = bench.all_recorded();
    for (name, bought) in [
        ("never", true),
        ("unlooked", true),
        ("asked", false),
        ("failed", false),
    ] {
        let address = format!("dts_instance.{name}");
        assert_eq!(
            recorded.contains_key(&address),
            bought,
            "{address}{}",
            outcome.report()
        );
    }
    assert!(recorded.values().all(|recorded| !recorded.tainted));
    let errors = outcome.errors();
    assert_eq!(errors.len(), 3, "{}", outcome.report());
    let asked = errors
        .iter()
        .find(|error| error.address == "dts_instance.asked")
        .unwrap();
    assert!(asked.summary.contains("has not been run"), "{asked:?}");
    assert!(asked.code.starts_with("require_precheck = true"), "{asked:?}");
    assert!(
        asked.detail.contains("desired_status = \"prechecked\""),
        "{asked:?}"
    );

    // With a pass, `true` buys.
    bench.emulator.set_fixtures(databases());
    bench.write(&[
        &job("failed", "MIGRATION", CHECKED),
        &bought_for("failed", "dts_job.failed.id", "require_precheck = true"),
    ]);
    bench.converge(1, |_| bench.assert_nothing_lost("with a pass"));
}

#[test]
fn a_precheck_that_takes_too_long_buys_nothing_and_the_next_apply_goes_on() {
    let bench = Bench::new("seconds:3600".parse().unwrap(), Some(databases()));
    bench.write(&[
        &job("m", "MIGRATION", CHECKED),
        &bought_for_job("timeouts {\n    create = \"2s\"\n  }"),
    ]);
    let outcome = bench.apply().fails();
    let error = outcome.error("timeouts.create");
    assert_eq!(error.address, "dts_instance.m");
    assert!(error.detail.contains("longer than 2s"), "{error:?}");
    assert!(error.detail.contains("precheck Checking, 0 of 9"), "{error:?}");
    assert_eq!(bench.count("CreateDtsInstance"), 0);
    assert!(!bench.recorded("dts_job.m").unwrap().tainted);
    bench.emulator.set_lifecycle(Lifecycle::Immediate);
    let mark = bench.mark();
    bench.converge(1, |_| bench.assert_nothing_lost("after the wait"));
    assert_eq!(bench.changes_since(mark), ["CreateDtsInstance"]);
}

/// A job that is waited for by its own apply (the default) fails itself, is tainted, and made anew: nothing was bought.
#[test]
fn a_job_that_waits_for_its_own_precheck_is_made_anew_after_the_repair() {
    let bench = Bench::new(Lifecycle::Immediate, Some(wrong_passwords()));
    bench.write(&[
        &job("m", "MIGRATION", "desired_status = \"prechecked\""),
        &bought_for_job("auto_start = true"),
    ]);
    let failed = bench.apply().fails();
    let at: Vec<String> = failed.errors().into_iter().map(|error| error.address).collect();
    assert_eq!(at, ["dts_job.m", "dts_job.m"], "{}", failed.report());
    bench.assert_nothing_lost("after its own wait");
    assert_eq!(bench.count("CreateDtsInstance"), 0);
    bench.emulator.set_fixtures(databases());
    bench.converge(1, |_| bench.assert_nothing_lost("after the repair"));
    assert_eq!(bench.emulator.instances().len(), 1);
}

/// Bought without a look at the precheck: the failure is told, the instance stays, and the start is made after the repair.
#[test]
fn a_purchase_past_a_failed_check_starts_the_job_after_the_repair() {
    let bench = Bench::new(Lifecycle::Immediate, Some(wrong_passwords()));
    bench.write(&[
        &job("m", "SYNC", CHECKED),
        &bought_for_job("auto_start = true\n  require_precheck = false"),
    ]);
    let bought = bench.apply().ok();
    let warnings = bought.warnings();
    assert_eq!(warnings.len(), 2, "{}", bought.report());
    for (warning, code) in warnings.iter().zip(["CHECK_AUTH_SRC", "CHECK_AUTH_DEST"]) {
        assert_eq!(warning.address, "dts_instance.m");
        assert!(warning.summary.contains("is bought"), "{warning:?}");
        assert!(
            warning.detail.contains(code) && warning.detail.contains("How to repair it: "),
            "{warning:?}"
        );
    }
    bench.assert_nothing_lost("past a failed check");
    // Not repaired: the start in place fails, and takes nothing along.
    let again = bench.apply().fails();
    assert_eq!(again.errors().len(), 2, "{}", again.report());
    assert!(
        again
            .errors()
            .iter()
            .all(|error| error.address == "dts_instance.m")
    );
    bench.assert_nothing_lost("still failing");
    bench.emulator.set_fixtures(databases());
    let mark = bench.mark();
    bench.converge(1, |_| bench.assert_nothing_lost("after the repair"));
    assert_eq!(bench.changes_since(mark), ["StartDtsJob"]);
    assert_eq!(bench.emulator.instances().len(), 1);
}
