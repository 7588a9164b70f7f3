//! A `job_id` that is not known, or is another: what an instance costs makes its replacement the user's decision.

use terraform_provider_dts::api;
use terraform_provider_dts::emulator::Lifecycle;

use crate::support::bench::{Bench, PRECHECK, bought_first, bought_for, bought_for_job, databases, job};

const CHECKED: &str = "desired_status = \"prechecked\"\n  wait_for = \"none\"";

/// Job and instance, where the instance takes the job's id only once the data source has seen a pass.
fn by_data(name: &str) -> [String; 3] {
    [
        job("m", "SYNC", CHECKED).replace("job-m", name),
        PRECHECK.to_owned(),
        bought_for(
            "m",
            "data.dts_precheck.m.passed ? dts_job.m.id : null",
            "auto_start = true",
        ),
    ]
}

fn pairs(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = changes.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
    owned.collect()
}

#[test]
fn an_unknown_job_id_that_turns_out_the_same_changes_nothing() {
    let bench = Bench::new(Lifecycle::Immediate, Some(databases()));
    bench.write(&by_data("first").each_ref().map(String::as_str));
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    let id = bench.recorded("dts_instance.m").unwrap().text("id");

    // A pending change of the job puts the data source off, and with it the job's id.
    bench.write(&by_data("second").each_ref().map(String::as_str));
    let changes = bench.plan(&[]);
    assert_eq!(
        changes,
        pairs(&[("dts_instance.m", "update"), ("dts_job.m", "update")])
    );
    let mark = bench.mark();
    bench.workspace.apply_saved().ok();
    assert_eq!(bench.changes_since(mark), ["ModifyDtsJobName"]);
    bench.workspace.assert_plan_is_empty();
    assert_eq!(bench.recorded("dts_instance.m").unwrap().text("id"), id);
    assert_eq!(bench.emulator.instances().len(), 1);
}

#[test]
fn a_replaced_job_never_takes_its_instance_along_unasked() {
    let bench = Bench::new(Lifecycle::Immediate, Some(databases()));
    bench.write(&[&job("m", "SYNC", CHECKED), &bought_for_job("auto_start = true")]);
    bench.apply().ok();
    let before = bench.recorded("dts_instance.m").unwrap().text("id");

    // Replacing the job alone: the instance belongs to it, so that is refused before anything is lost.
    let changes = bench.plan(&["-replace=dts_job.m"]);
    assert_eq!(
        changes,
        pairs(&[("dts_instance.m", "update"), ("dts_job.m", "replace")])
    );
    let mark = bench.mark();
    let refused = bench.workspace.apply_saved().fails();
    let error = refused.error("replace_triggered_by");
    assert!(error.detail.contains("Nothing was changed"), "{error:?}");
    assert_eq!(bench.changes_since(mark), [""; 0]);
    bench.assert_nothing_lost("after the refusal");
    bench.workspace.assert_plan_is_empty();

    // Both together.
    let changes = bench.plan(&["-replace=dts_job.m", "-replace=dts_instance.m"]);
    assert_eq!(
        changes,
        pairs(&[("dts_instance.m", "replace"), ("dts_job.m", "replace")])
    );
    bench.workspace.apply_saved().ok();
    bench.assert_nothing_lost("after replacing both");
    let after = bench.recorded("dts_instance.m").unwrap().text("id");
    assert_ne!(after, before);
    bench.workspace.assert_plan_is_empty();

    // And so that the job takes its instance along when asked once and for all.
    let triggered =
        bought_for_job("auto_start = true\n  lifecycle {\n    replace_triggered_by = [dts_job.m.id]\n  }");
    bench.write(&[&job("m", "SYNC", CHECKED), &triggered]);
    let changes = bench.plan(&["-replace=dts_job.m"]);
    assert_eq!(
        changes,
        pairs(&[("dts_instance.m", "replace"), ("dts_job.m", "replace")])
    );
    bench.workspace.apply_saved().ok();
    bench.assert_nothing_lost("after the trigger");
    assert_ne!(bench.recorded("dts_instance.m").unwrap().text("id"), after);
    bench.workspace.assert_plan_is_empty();
    assert_eq!(bench.emulator.instances().len(), 3);
}

#[test]
fn an_unknown_job_id_that_turns_out_another_is_refused() {
    let bench = Bench::new(Lifecycle::Immediate, Some(databases()));
    let picked = |name: &str| {
        format!(
            "resource \"terraform_data\" \"pick\" {{\n  input = dts_job.{name}.id\n  triggers_replace = \"{name}\"\n}}\n"
        )
    };
    let jobs = [job("a", "SYNC", CHECKED), job("b", "SYNC", CHECKED)];
    let instance = bought_for("m", "terraform_data.pick.output", "");
    bench.write(&[&jobs[0], &jobs[1], &picked("a"), &instance]);
    bench.apply().ok();
    let before = bench.recorded("dts_instance.m").unwrap();

    bench.write(&[&jobs[0], &jobs[1], &picked("b"), &instance]);
    let changes = bench.plan(&[]);
    assert!(
        changes.contains(&("dts_instance.m".to_owned(), "update".to_owned())),
        "{changes:?}"
    );
    let mark = bench.mark();
    let error = bench.workspace.apply_saved().fails().error("plan again");
    assert_eq!(error.address, "dts_instance.m");
    assert!(error.code.starts_with("job_id"), "{error:?}");
    assert_eq!(bench.changes_since(mark), [""; 0]);
    bench.assert_nothing_lost("after the refusal");

    // Now that it is known, the plan says what it costs.
    let changes = bench.plan(&[]);
    assert_eq!(changes, pairs(&[("dts_instance.m", "replace")]));
    bench.workspace.apply_saved().ok();
    let after = bench.recorded("dts_instance.m").unwrap();
    assert_ne!(after.text("id"), before.text("id"));
    assert_eq!(
        after.text("job_id"),
        bench.recorded("dts_job.b").unwrap().text("id")
    );
}

#[test]
fn a_job_that_already_has_an_instance_gives_it_back() {
    let bench = Bench::new(Lifecycle::Immediate, Some(databases()));
    let configured = job("m", "MIGRATION", CHECKED);
    bench.write(&[&configured]).apply().ok();
    let job_id = bench.recorded("dts_job.m").unwrap().text("id");
    let order = api::CreateDtsInstance {
        job_id: Some(job_id),
        instance_class: Some("small".to_owned()),
        pay_type: Some("PostPaid".to_owned()),
        ..api::CreateDtsInstance::default()
    };
    let bought = bench.with_client(async move |api| api.create_dts_instance(&order).await);
    bench.write(&[&configured, &bought_for_job("")]);
    let outcome = bench.apply().ok();
    let warnings = outcome.warnings();
    assert_eq!(warnings.len(), 1, "{}", outcome.report());
    assert!(warnings[0].summary.contains(&bought.instance_id), "{warnings:?}");
    assert!(warnings[0].summary.contains("not bought again"), "{warnings:?}");
    assert_eq!(bench.count("CreateDtsInstance"), 1);
    assert_eq!(
        bench.recorded("dts_instance.m").unwrap().text("id"),
        bought.instance_id
    );
    bench.workspace.assert_plan_is_empty();
}

/// What was asked for and is not so of an instance that was there already is shown by the next plan, and made so.
#[test]
fn an_adopted_instance_is_brought_to_what_was_asked() {
    let bench = Bench::new(Lifecycle::Immediate, Some(databases()));
    let configured = job("m", "SYNC", CHECKED);
    bench.write(&[&configured]).apply().ok();
    let order = api::CreateDtsInstance {
        job_id: Some(bench.recorded("dts_job.m").unwrap().text("id")),
        instance_class: Some("micro".to_owned()),
        pay_type: Some("PostPaid".to_owned()),
        ..api::CreateDtsInstance::default()
    };
    bench.with_client(async move |api| api.create_dts_instance(&order).await);
    // `auto_start` was not part of that purchase, and the class was another.
    let timeout = "timeouts {\n    create = \"4s\"\n  }";
    bench.write(&[
        &configured,
        &bought_for_job(&format!("auto_start = true\n  {timeout}")),
    ]);
    bench.apply().ok();
    bench.assert_nothing_lost("adopted");
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    assert_eq!(bench.count("CreateDtsInstance"), 1);
    let instance = bench.recorded("dts_instance.m").unwrap();
    assert_eq!(instance.text("instance_class"), "small");
    assert_eq!(instance.text("status").to_lowercase(), "synchronizing");
}

/// Releasing an instance ends the job that it was bought for, so replacing it alone can only lose the job.
#[test]
fn an_instance_is_not_replaced_without_its_job() {
    let bench = Bench::new(Lifecycle::Immediate, Some(databases()));
    bench.write(&[&job("m", "SYNC", CHECKED), &bought_for_job("auto_start = true")]);
    bench.apply().ok();
    let mark = bench.mark();
    let refused = bench.workspace.plan(&["-replace=dts_instance.m"]).fails();
    let error = refused.error("Replace the job together with it");
    assert_eq!(error.address, "dts_instance.m");
    assert!(error.code.starts_with("job_id"), "{error:?}");
    // A tainted one is planned without a look at it, so the apply refuses.
    bench.workspace.run(&["taint", "dts_instance.m"]).ok();
    bench.apply().fails().error("terraform untaint");
    assert_eq!(bench.changes_since(mark), [""; 0]);
    bench.workspace.run(&["untaint", "dts_instance.m"]).ok();
    bench.workspace.assert_plan_is_empty();
    // Both together are fine, tainted or not.
    bench.workspace.run(&["taint", "dts_instance.m"]).ok();
    bench.workspace.apply(&["-replace=dts_job.m"]).ok();
    bench.assert_nothing_lost("both replaced");
    bench.workspace.assert_plan_is_empty();
}

/// Two resources with one instance: removing one of them would release it from under the other.
#[test]
fn a_second_instance_for_a_job_is_refused_in_the_plan() {
    let bench = Bench::immediate();
    let (configured, bought) = (job("m", "MIGRATION", ""), bought_for_job(""));
    bench.write(&[&configured, &bought]).apply().ok();
    let second = bought.replace("\"m\" {", "\"second\" {");
    bench.write(&[&configured, &bought, &second]);
    for _ in 0..2 {
        let refused = bench.apply().fails();
        let error = refused.error("Two dts_instance resources for DTS job");
        assert!(error.code.contains("job_id"), "{error:?}");
    }
    let bill = bench.emulator.instances();
    assert!(bill.len() == 1 && !bill[0].released, "{bill:?}");
    bench.write(&[&configured, &bought]);
    bench.workspace.assert_plan_is_empty();
}

/// Before the job is there no plan can tell that two resources want an instance for it.
#[test]
fn a_second_instance_for_a_job_of_the_same_apply_is_refused() {
    let bench = Bench::new(Lifecycle::Immediate, Some(databases()));
    let (configured, bought) = (job("m", "SYNC", CHECKED), bought_for_job("auto_start = true"));
    bench.write(&[&configured, &bought, &bought.replace("\"m\" {", "\"second\" {")]);
    let refused = bench.apply().fails();
    let error = refused.error("Unable to buy a second DTS instance for a job");
    assert!(error.code.starts_with("job_id"), "{error:?}");
    let bill = bench.emulator.instances();
    assert_eq!(bill.len(), 1, "{bill:?}");
    assert!(error.detail.contains(&bill[0].instance_id), "{error:?}");
    assert_eq!(bench.count("CreateDtsInstance"), 1, "DTS was not asked in vain");
    bench.assert_nothing_lost("after the refusal");
    // Whichever came first stays.
    let kept = if bench.recorded("dts_instance.m").is_some() {
        bought
    } else {
        bought.replace("\"m\" {", "\"second\" {")
    };
    bench.write(&[&configured, &kept]);
    bench.workspace.assert_plan_is_empty();
}

/// What the configuration alone cannot tell, for it is only known in the apply.
#[test]
fn what_only_means_something_with_a_job_is_refused_in_the_apply_too() {
    let bench = Bench::immediate();
    let flag = "resource \"terraform_data\" \"flag\" {\n  input = true\n}\n";
    for name in ["auto_start", "require_precheck"] {
        let bought = bought_first("SYNC", &format!("{name} = terraform_data.flag.output"));
        bench.write(&[flag, &bought]);
        bench.workspace.plan(&[]).ok();
        let error = bench
            .workspace
            .apply_saved()
            .fails()
            .error(&format!("{name} needs job_id"));
        assert!(error.code.starts_with(name), "{error:?}");
        bench.write(&[]).apply().ok();
    }
    assert_eq!(bench.count("CreateDtsInstance"), 0);
}
