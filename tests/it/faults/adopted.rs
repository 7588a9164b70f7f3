//! `adopt = true` where the instance that looks left over is another resource's of the same state, and where it is not what is
//! ordered.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::Outcome;
use crate::support::bench::{Bench, bought_first};
use crate::support::hosted;

fn adopting(name: &str) -> String {
    bought_first("SYNC", "adopt = true").replace("\"m\" {", &format!("\"{name}\" {{"))
}

fn ids(bench: &Bench) -> BTreeSet<String> {
    let recorded = bench.all_recorded().into_values();
    recorded.map(|resource| resource.text("id")).collect()
}

fn warned_of(outcome: &Outcome, text: &str) -> bool {
    let mut warnings = outcome.warnings().into_iter();
    warnings.any(|warning| warning.summary.contains(text))
}

/// `dts_instance.m`, bare, and `dts_instance.j` beside it, which would take what looks left over.
fn two() -> Bench {
    let bench = Bench::immediate();
    bench.write(&[&bought_first("SYNC", "")]).apply().ok();
    bench.write(&[&bought_first("SYNC", ""), &adopting("j")]);
    bench
}

/// A plan that does not read the state's instances is told them all the same.
#[test]
fn what_the_state_has_is_not_taken_without_a_refresh() {
    let bench = two();
    let outcome = bench.workspace.apply(&["-refresh=false"]).ok();
    assert_eq!(outcome.warnings().len(), 0, "{}", outcome.report());
    bench.assert_nothing_lost("another one is bought");
    assert_eq!((ids(&bench).len(), bench.count("CreateDtsInstance")), (2, 2));
    bench.workspace.assert_plan_is_empty();
}

/// The apply of a saved plan does not know what the plan knew: it takes nothing, and tells who to ask and what to do.
#[test]
fn what_the_state_has_is_not_taken_by_a_saved_plan() {
    let bench = two();
    bench.workspace.plan(&[]).ok();
    let outcome = bench.workspace.apply_saved().fails();
    let error = outcome.error("Unable to tell whether this DTS instance was bought before");
    let id = bench.recorded("dts_instance.m").unwrap().text("id");
    for told in [
        format!("`terraform state list -id={id}`"),
        "`adopt = false`".to_owned(),
        "this is a saved plan".to_owned(),
    ] {
        assert!(error.detail.contains(&told), "{told}: {error:?}");
    }
    let listed = bench.workspace.run(&["state", "list", &format!("-id={id}")]).ok();
    assert_eq!(listed.stdout.trim(), "dts_instance.m");
    assert_eq!(bench.count("CreateDtsInstance"), 1);
    bench.assert_nothing_lost("nothing was taken");
    // In one command it is known.
    bench.converge(1, |_| bench.assert_nothing_lost("bought by the next apply"));
    assert_eq!((ids(&bench).len(), bench.count("CreateDtsInstance")), (2, 2));
}

/// With `-target` nobody tells the provider of the other resource. What then has two owners is told by the next plan, and nothing
/// releases it until one of them is out of the state.
#[test]
fn what_two_resources_have_is_told_and_not_released() {
    let bench = two();
    let taken = bench.workspace.apply(&["-target=dts_instance.j"]).ok();
    assert!(warned_of(&taken, "taken over, not bought"), "{}", taken.report());
    let id = bench.recorded("dts_instance.m").unwrap().text("id");
    let advice = format!("`terraform state list -id={id}` must name this resource and no other");
    let warnings = taken.warnings();
    assert!(
        warnings.iter().any(|warning| warning.detail.contains(&advice)),
        "{warnings:?}"
    );
    assert_eq!(ids(&bench).len(), 1);
    let told = format!("Two dts_instance resources have DTS instance {id}");
    let without_j = bought_first("SYNC", "");
    for parts in [vec![without_j.as_str(), &adopting("j")], vec![&without_j], vec![]] {
        bench.write(&parts);
        for arguments in [&[][..], &["-refresh=false"]] {
            let outcome = bench.workspace.apply(arguments).fails();
            for error in outcome.errors() {
                assert_eq!(error.summary, told, "{}", outcome.report());
                assert!(error.detail.contains("terraform state rm"), "{error:?}");
            }
        }
    }
    assert_eq!(bench.count("DeleteDtsJob"), 0);
    // The way out that it names.
    bench.workspace.run(&["state", "rm", "dts_instance.j"]).ok();
    bench.write(&[&without_j]);
    bench.workspace.assert_plan_is_empty();
    bench.assert_nothing_lost("one owner");
    assert!(bench.workspace.destroy().status == Some(0));
    assert!(
        bench
            .emulator
            .instances()
            .iter()
            .all(|instance| instance.released)
    );
}

/// An import makes two owners as well.
#[test]
fn what_is_imported_twice_is_told() {
    let (mut bench, _provider) = hosted::bench();
    // `removed` came with 1.7.
    bench.workspace = bench.workspace.at_least((1, 7));
    let mine = bought_first("SYNC", "");
    bench.write(&[&mine]).apply().ok();
    let id = bench.recorded("dts_instance.m").unwrap().text("id");
    bench.write(&[&mine, &mine.replace("\"m\" {", "\"j\" {")]);
    bench.workspace.import("dts_instance.j", &id).ok();
    let outcome = bench.workspace.plan(&[]).fails();
    assert!(!outcome.errors().is_empty());
    for error in outcome.errors() {
        assert!(
            error.summary.starts_with("Two dts_instance resources have"),
            "{error:?}"
        );
    }
    // A name that is given up for another one, by a block that forgets and one that imports, makes none.
    bench.workspace.run(&["state", "rm", "dts_instance.j"]).ok();
    bench.write(&[
        &mine.replace("\"m\" {", "\"j\" {"),
        "removed {\n  from = dts_instance.m\n  lifecycle {\n    destroy = false\n  }\n}\n",
        &format!("import {{\n  to = dts_instance.j\n  id = \"{id}\"\n}}\n"),
    ]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    assert_eq!(bench.count("DeleteDtsJob"), 0);
}

/// What was taken says so when it is to be released: a plan with `-target` sees no other owner.
#[test]
fn what_was_taken_is_told_before_it_is_released() {
    let (bench, _provider) = hosted::bench();
    bench.write(&[&bought_first("SYNC", "")]).apply().ok();
    std::fs::remove_file(bench.workspace.path().join("terraform.tfstate")).unwrap();
    bench.write(&[&adopting("m")]).apply().ok();
    assert_eq!(bench.count("CreateDtsInstance"), 1);
    let planned = bench.workspace.plan(&["-destroy"]).ok();
    assert!(
        warned_of(&planned, "was not bought by this resource"),
        "{}",
        planned.report()
    );
    // What is bought in its place is nothing that was taken.
    bench.workspace.apply(&["-replace=dts_instance.m"]).ok();
    let planned = bench.workspace.plan(&["-destroy"]).ok();
    assert!(
        !warned_of(&planned, "was not bought by this resource"),
        "{}",
        planned.report()
    );
}

fn paid(months: i64, more: &str) -> String {
    bought_first(
        "SYNC",
        &format!(
            "period = \"Month\"\n  used_time = {months}\n  on_destroy = \"keep\"\n  auto_pay = true\n  {more}"
        ),
    )
    .replace("PostPaid", "PrePaid")
}

/// An instance that is paid for another time is another one. Of one that fits it is said what nobody could see.
#[test]
fn what_is_paid_for_another_time_is_not_taken() {
    let (bench, _provider) = hosted::bench();
    bench.write(&[&paid(3, "")]).apply().ok();
    let first = bench.recorded("dts_instance.m").unwrap();
    let state = bench.workspace.path().join("terraform.tfstate");
    std::fs::remove_file(&state).unwrap();
    bench.write(&[&paid(9, "adopt = true")]).apply().ok();
    let second = bench.recorded("dts_instance.m").unwrap();
    assert_ne!(first.text("id"), second.text("id"));
    assert!(first.text("expire_time") < second.text("expire_time"));
    bench.workspace.assert_plan_is_empty();
    std::fs::remove_file(&state).unwrap();
    let taken = bench.write(&[&paid(3, "adopt = true")]).apply().ok();
    assert_eq!(
        bench.recorded("dts_instance.m").unwrap().text("id"),
        first.text("id")
    );
    let warnings = taken.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].detail.contains("DTS does not tell `auto_pay` of it"),
        "{warnings:?}"
    );
    assert_eq!(bench.count("CreateDtsInstance"), 2);
}

/// What lists do not tell is looked up before an instance is taken.
#[test]
fn what_is_for_another_number_of_databases_is_not_taken() {
    let (bench, _provider) = hosted::bench();
    let counting = |count: i64| {
        bought_first("SYNC", &format!("database_count = {count}\n  adopt = true"))
            .replacen("MySQL", "DRDS", 1)
    };
    for (count, bought) in [(3, 1), (4, 2), (3, 2)] {
        bench.write(&[&counting(count)]).apply().ok();
        assert_eq!(bench.count("CreateDtsInstance"), bought);
        bench.workspace.assert_plan_is_empty();
        std::fs::remove_file(bench.workspace.path().join("terraform.tfstate")).unwrap();
    }
}

/// Nor is it taken for what a call has bought whose answer was lost: that is told, for nobody can tell.
#[test]
fn a_lost_purchase_is_not_taken_for_one_of_another_time() {
    let (bench, _provider) = hosted::bench();
    bench.write(&[&paid(3, ""), &paid(9, "").replace("\"m\" {", "\"other\" {")]);
    bench
        .emulator
        .add_faults(json!({"action": "CreateDtsInstance", "times": 2, "kind": "cut_after"}));
    let outcome = bench.apply();
    assert_eq!(bench.emulator.instances().len(), 2);
    assert_eq!(bench.count("CreateDtsInstance"), 2);
    for (address, recorded) in bench.all_recorded() {
        let id = recorded.text("id");
        let calls = bench.emulator.calls();
        let mut orders = calls.iter().filter(|call| call.action == "CreateDtsInstance");
        let instances = bench.emulator.instances();
        let bought = instances.iter().position(|instance| instance.instance_id == id);
        let order = orders.nth(bought.unwrap()).unwrap();
        assert_eq!(
            order.params["UsedTime"],
            recorded.values["used_time"].to_string(),
            "{address}"
        );
    }
    for instance in bench.emulator.instances() {
        let known = ids(&bench).contains(&instance.instance_id)
            || outcome
                .errors()
                .iter()
                .any(|error| error.detail.contains(&instance.instance_id));
        assert!(known, "{} {}", instance.instance_id, outcome.report());
    }
}
