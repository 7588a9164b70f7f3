//! What an apply that was cut off has made and no state knows: it is told or taken, and not made a second time. The apply that was
//! cut off is one whose state is gone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::json;

use crate::support::bench::{Bench, bought_first, job, job_on_instance};
use crate::support::hosted;

fn forget_everything(bench: &Bench) {
    std::fs::remove_file(bench.workspace.path().join("terraform.tfstate")).unwrap();
}

fn ids(bench: &Bench) -> Vec<String> {
    let instances = bench.emulator.instances().into_iter();
    instances.map(|instance| instance.instance_id).collect()
}

#[test]
fn an_instance_that_nobody_has_stops_the_purchase_and_can_be_imported() {
    let (bench, _provider) = hosted::bench();
    let configuration = bought_first("SYNC", "") + &job_on_instance("SYNC", "");
    bench.write(&[&bought_first("SYNC", "")]).apply().ok();
    forget_everything(&bench);
    bench.write(&[&configuration]);
    let id = &ids(&bench)[0];
    let error = bench
        .apply()
        .fails()
        .error("Unable to tell whether this DTS instance was bought before");
    assert!(error.summary.contains(id), "{error:?}");
    assert!(error.code.starts_with("type "), "{error:?}");
    for told in [
        format!("terraform import <address> {id}"),
        "`adopt = true`".to_owned(),
        "`adopt = false`".to_owned(),
        "No instance was bought now".to_owned(),
    ] {
        assert!(error.detail.contains(&told), "{told}: {error:?}");
    }
    assert_eq!(bench.count("CreateDtsInstance"), 1);
    bench.workspace.import("dts_instance.m", id).ok();
    bench.converge(1, |_| bench.assert_nothing_lost("imported"));
    assert_eq!(ids(&bench).len(), 1);
}

#[test]
fn an_instance_that_nobody_has_is_taken_on_request() {
    let (bench, _provider) = hosted::bench();
    bench.write(&[&bought_first("SYNC", "")]).apply().ok();
    forget_everything(&bench);
    let adopting = bought_first("SYNC", "adopt = true") + &job_on_instance("SYNC", "");
    let outcome = bench.write(&[&adopting]).apply().ok();
    let warnings = outcome.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].summary.contains("taken over, not bought"),
        "{warnings:?}"
    );
    bench.assert_nothing_lost("taken");
    assert_eq!(bench.count("CreateDtsInstance"), 1);
    bench.workspace.assert_plan_is_empty();
    // It has nothing more to say once the instance is there.
    bench.write(&[&adopting.replace("adopt = true", "adopt = false")]);
    let mark = bench.mark();
    bench.converge(1, |_| bench.assert_nothing_lost("said otherwise"));
    assert_eq!(bench.changes_since(mark), [""; 0]);
    // A second one is none that was left.
    let second = bought_first("SYNC", "adopt = true").replace("\"m\" {", "\"second\" {");
    bench.write(&[&adopting, &second]);
    bench.converge(1, |_| bench.assert_nothing_lost("a second one"));
    assert_eq!(ids(&bench).len(), 2);
}

#[test]
fn another_instance_is_bought_on_request() {
    let (bench, _provider) = hosted::bench();
    let configuration = bought_first("SYNC", "adopt = false");
    bench.write(&[&configuration]).apply().ok();
    forget_everything(&bench);
    bench.apply().ok();
    assert_eq!(ids(&bench).len(), 2);
    bench.workspace.assert_plan_is_empty();
}

#[test]
fn of_several_instances_none_is_taken_by_guess() {
    let (bench, _provider) = hosted::bench();
    let counted = |count: usize, adopt: &str| bought_first("SYNC", &format!("count = {count}\n  {adopt}"));
    bench.write(&[&counted(2, "")]).apply().ok();
    forget_everything(&bench);
    let outcome = bench.write(&[&counted(1, "adopt = true")]).apply().fails();
    let error = outcome.error("Unable to tell whether");
    for id in ids(&bench) {
        assert!(error.summary.contains(&id), "{error:?}");
    }
    assert_eq!(bench.count("CreateDtsInstance"), 2);
}

/// One of three was bought by the apply that was cut off: it is taken by one, and two are bought.
#[test]
fn what_was_left_is_taken_by_one_of_several() {
    let (bench, _provider) = hosted::bench();
    let counted = |count: usize| bought_first("MIGRATION", &format!("count = {count}\n  adopt = true"));
    bench.write(&[&counted(1)]).apply().ok();
    forget_everything(&bench);
    bench.write(&[&counted(3)]);
    bench.converge(1, |_| bench.assert_nothing_lost("one taken"));
    assert_eq!(ids(&bench).len(), 3);
}

#[test]
fn what_is_an_hour_old_stops_nothing() {
    let behind = Arc::new(AtomicI64::new(3590));
    let (bench, _provider) = hosted::bench_behind(&behind);
    bench.write(&[&bought_first("SYNC", "")]).apply().ok();
    forget_everything(&bench);
    behind.store(60, Ordering::SeqCst);
    bench.apply().fails().error("Unable to tell whether");
    behind.store(-60, Ordering::SeqCst);
    bench.apply().ok();
    assert_eq!(ids(&bench).len(), 2);
}

/// Of another shape, or with a job on it: nobody's purchase that was cut off.
#[test]
fn what_differs_stops_nothing_and_costs_one_list() {
    let (bench, _provider) = hosted::bench();
    bench
        .write(&[&bought_first("SYNC", "").replace("small", "large")])
        .apply()
        .ok();
    forget_everything(&bench);
    bench
        .write(&[&bought_first("SYNC", ""), &job_on_instance("SYNC", "")])
        .apply()
        .ok();
    forget_everything(&bench);
    let mark = bench.count("DescribeDtsJobs");
    bench.write(&[&bought_first("SYNC", "")]).apply().ok();
    assert_eq!(bench.count("DescribeDtsJobs") - mark, 1);
    assert_eq!(ids(&bench).len(), 3);
}

/// Five of one shape at once, and answers lost in either way: each has one of its own.
#[test]
fn purchases_of_one_apply_never_take_each_other_s_instance() {
    for faults in [
        json!([{"action": "CreateDtsInstance", "nth": 2, "times": 3, "kind": "cut_after"}]),
        json!([{"action": "CreateDtsInstance", "times": 5, "kind": "cut_after"}]),
        json!([
            {"action": "CreateDtsInstance", "nth": 1, "kind": "cut_before"},
            {"action": "CreateDtsInstance", "nth": 2, "kind": "truncate"},
            {"action": "CreateDtsInstance", "nth": 4, "kind": "cut_after"},
            {"action": "CreateDtsInstance", "nth": 5, "kind": "late", "delay_ms": 30_000},
        ]),
    ] {
        let (bench, _provider) = hosted::bench();
        bench.write(&[&bought_first("MIGRATION", "count = 5")]);
        bench.emulator.add_faults(faults.clone());
        bench.converge(1, |_| bench.assert_nothing_lost(&faults.to_string()));
        let bought: BTreeSet<String> = ids(&bench).into_iter().collect();
        assert_eq!(bought.len(), 5, "{faults}");
    }
}

#[test]
fn a_job_that_nobody_has_stops_another_like_it() {
    let (bench, _provider) = hosted::bench();
    let configuration = job("m", "MIGRATION", "");
    bench.write(&[&configuration]).apply().ok();
    let id = bench.recorded("dts_job.m").unwrap().text("id");
    forget_everything(&bench);
    let error = bench.apply().fails().error("Unable to tell whether DTS job");
    assert!(error.summary.contains(&id), "{error:?}");
    assert!(error.code.starts_with("dts_job_name "), "{error:?}");
    assert!(error.detail.contains("terraform import <address>"), "{error:?}");
    assert_eq!(bench.jobs().len(), 1);
    bench.workspace.import("dts_job.m", &id).ok();
    bench.converge(1, |_| bench.assert_nothing_lost("imported"));
    // Of the same name, for other objects.
    let other = configuration
        .replace("\"m\" {", "\"other\" {")
        .replace("\"person\"", "\"city\"");
    bench.write(&[&configuration, &other]);
    bench.converge(1, |_| bench.assert_nothing_lost("another one"));
    assert_eq!(bench.jobs().len(), 2);
}
