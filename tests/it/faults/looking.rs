//! A purchase whose outcome is unknown, and the ways in which looking it up can end.

use serde_json::json;

use crate::support::bench::{Bench, bought_first, bought_for_job, job};
use crate::support::{hosted, state_values};

/// Nothing was bought, twice: that is told, and nothing is claimed.
#[test]
fn a_purchase_lost_twice_is_an_error_and_not_a_third_one() {
    let bench = Bench::immediate();
    bench.write(&[&bought_first("MIGRATION", "")]);
    bench
        .emulator
        .add_faults(json!({"action": "CreateDtsInstance", "times": 2, "kind": "cut_before"}));
    let error = bench
        .apply()
        .fails()
        .error("Unable to tell whether a DTS instance was bought");
    assert_eq!(error.address, "dts_instance.m");
    assert!(error.detail.contains("most likely none was bought"), "{error:?}");
    assert_eq!(bench.count("CreateDtsInstance"), 2);
    bench.assert_nothing_lost("nothing was bought");
    bench.converge(1, |_| bench.assert_nothing_lost("at last"));
    assert_eq!(bench.emulator.instances().len(), 1);
}

/// Bought, the answer lost, and nobody to ask: the error says what to look for, and with a job the next apply finds it.
#[test]
fn a_purchase_that_cannot_be_looked_up_is_told_and_found_by_its_job() {
    let bench = Bench::immediate();
    let configured = job("m", "MIGRATION", "");
    bench.write(&[&configured]).apply().ok();
    bench.write(&[&configured, &bought_for_job("")]);
    bench
        .emulator
        .add_faults(json!({"action": "CreateDtsInstance", "kind": "cut_after"}));
    // Refresh, gate, look-up.
    bench.emulator.add_faults(
        json!({"action": "DescribeDtsJobDetail", "nth": 3, "kind": "refuse", "code": "DTS.Msg.Odd"}),
    );
    let outcome = bench.apply().fails();
    let errors = outcome.errors();
    assert_eq!(errors.len(), 2, "{}", outcome.report());
    assert!(errors[0].detail.contains("that one is taken over"), "{errors:?}");
    assert!(errors[1].detail.contains("DTS.Msg.Odd"), "{errors:?}");
    assert_eq!(bench.emulator.instances().len(), 1);
    let adopted = bench.apply().ok();
    assert!(
        adopted.warnings()[0].summary.contains("not bought again"),
        "{}",
        adopted.report()
    );
    bench.assert_nothing_lost("adopted");
    assert_eq!(bench.emulator.instances().len(), 1);
    bench.workspace.assert_plan_is_empty();
}

/// Two purchases of one shape in one apply, both answers lost: which is whose does not matter, but each has one.
#[test]
fn two_lost_purchases_of_one_shape_are_both_accounted_for() {
    let bench = Bench::immediate();
    let twin = bought_first("MIGRATION", "").replace("\"m\" {", "\"twin\" {");
    bench.write(&[&bought_first("MIGRATION", ""), &twin]);
    bench
        .emulator
        .add_faults(json!({"action": "CreateDtsInstance", "times": 2, "kind": "cut_after"}));
    let first = bench.apply();
    assert_eq!(bench.emulator.instances().len(), 2, "{}", first.report());
    if first.status == Some(0) {
        bench.assert_nothing_lost("both adopted");
        bench.workspace.assert_plan_is_empty();
        return;
    }
    // Where they cannot be told apart the user is asked, with both ids and the way to import them.
    for error in first.errors() {
        for instance in bench.emulator.instances() {
            assert!(error.detail.contains(&instance.instance_id), "{error:?}");
        }
        assert!(error.detail.contains("terraform import"), "{error:?}");
    }
    assert!(bench.all_recorded().is_empty());
    for (instance, address) in bench
        .emulator
        .instances()
        .iter()
        .zip(["dts_instance.m", "dts_instance.twin"])
    {
        bench.workspace.import(address, &instance.instance_id).ok();
    }
    bench.converge(1, |_| bench.assert_nothing_lost("imported"));
    assert_eq!(bench.count("CreateDtsInstance"), 2);
}

/// What was asked for differently is not exchanged, whether DTS tells the difference (the second direction) or not (who pays the
/// order).
#[test]
fn lost_purchases_of_different_instances_are_not_exchanged() {
    for (difference, parameter) in [
        ("sync_architecture = \"bidirectional\"", "SyncArchitecture"),
        ("auto_pay = false", "AutoPay"),
    ] {
        let (bench, _provider) = hosted::bench();
        let other = bought_first("SYNC", difference).replace("\"m\" {", "\"other\" {");
        bench.write(&[&bought_first("SYNC", ""), &other]);
        bench
            .emulator
            .add_faults(json!({"action": "CreateDtsInstance", "times": 2, "kind": "cut_after"}));
        let outcome = bench.apply();
        let instances = bench.emulator.instances();
        assert_eq!(instances.len(), 2, "{difference}");
        let recorded = bench.all_recorded();
        // In the order of the calls that bought them.
        let calls = bench.emulator.calls().into_iter();
        let orders = calls.filter(|call| call.action == "CreateDtsInstance");
        for (order, instance) in orders.zip(&instances) {
            let address = match order.params.get(parameter) {
                Some(_) => "dts_instance.other",
                None => "dts_instance.m",
            };
            match recorded.get(address) {
                Some(there) => assert_eq!(there.text("id"), instance.instance_id, "{difference}"),
                // Where it cannot be told, both are named.
                None => assert!(
                    outcome
                        .errors()
                        .iter()
                        .any(|error| error.detail.contains(&instance.instance_id)),
                    "{}",
                    outcome.report()
                ),
            }
        }
        if parameter == "SyncArchitecture" {
            assert_eq!(outcome.status, Some(0), "{}", outcome.report());
        }
    }
}

/// What is there has to be known before anything is bought.
#[test]
fn nothing_is_bought_while_nobody_can_look() {
    for fault in [
        json!({"action": "DescribeDtsJobs", "times": 20, "kind": "status", "status": 503}),
        json!({"action": "DescribeDtsJobs", "times": 20, "kind": "status", "status": 403, "code": "Forbidden.RAM"}),
        json!({"action": "DescribeDtsJobs", "times": 20, "kind": "throttle"}),
    ] {
        let (bench, _provider) = hosted::bench();
        bench.write(&[&bought_first("SYNC", "timeouts {\n    create = \"1m\"\n  }")]);
        bench.emulator.add_faults(fault.clone());
        let error = bench.apply().fails().error("Unable to buy a DTS instance");
        assert!(error.detail.contains("Nothing was made"), "{fault}: {error:?}");
        assert!(bench.emulator.instances().is_empty(), "{fault}");
        assert!(bench.all_recorded().is_empty(), "{fault}");
        bench.emulator.clear_faults();
        bench.converge(1, |_| bench.assert_nothing_lost(&fault.to_string()));
    }
}

/// Without a job nothing leads to a lost instance but the user, who is told what to look for.
#[test]
fn a_purchase_without_a_job_that_cannot_be_looked_up_is_told() {
    let bench = Bench::immediate();
    bench.write(&[&bought_first("MIGRATION", "")]);
    bench
        .emulator
        .add_faults(json!({"action": "CreateDtsInstance", "kind": "cut_after"}));
    bench
        .emulator
        // What was there before, then the look-up.
        .add_faults(json!({"action": "DescribeDtsJobs", "nth": 2, "kind": "refuse", "code": "DTS.Msg.Odd"}));
    let outcome = bench.apply().fails();
    let errors = outcome.errors();
    assert_eq!(errors.len(), 2, "{}", outcome.report());
    assert!(errors[0].detail.contains("before you apply again"), "{errors:?}");
    assert!(errors[0].detail.contains("terraform import"), "{errors:?}");
    let id = bench.emulator.instances()[0].instance_id.clone();
    bench.workspace.import("dts_instance.m", &id).ok();
    bench.assert_nothing_lost("imported");
    bench.converge(1, |_| bench.assert_nothing_lost("after the import"));
    assert_eq!(bench.emulator.instances().len(), 1);
}

/// What an earlier apply bought a moment ago is none that this one lost.
#[test]
fn a_lost_purchase_never_takes_an_older_neighbour_of_the_same_shape() {
    let bench = Bench::immediate();
    let first = bought_first("MIGRATION", "adopt = false");
    bench.write(&[&first]).apply().ok();
    let twin = first.replace("\"m\" {", "\"twin\" {");
    bench.write(&[&first, &twin]);
    bench
        .emulator
        .add_faults(json!({"action": "CreateDtsInstance", "kind": "cut_before"}));
    bench.apply().ok();
    assert_eq!(bench.emulator.instances().len(), 2);
    bench.assert_nothing_lost("bought after all");
    bench.workspace.assert_plan_is_empty();
}

/// And a job of the same name that was configured a moment ago is none that this apply made.
#[test]
fn a_lost_configuration_never_takes_an_older_job_of_the_same_name() {
    let bench = Bench::immediate();
    let first = job("m", "MIGRATION", "");
    bench.write(&[&first]).apply().ok();
    let twin = first
        .replace("\"dts_job\" \"m\" {", "\"dts_job\" \"twin\" {")
        .replace("\"person\"", "\"city\"");
    bench.write(&[&first, &twin]);
    bench
        .emulator
        .add_faults(json!({"action": "ConfigureDtsJob", "kind": "cut_before"}));
    bench.apply().ok();
    bench.assert_nothing_lost("configured after all");
    let state = bench.workspace.state_json();
    let id = |address: &str| state_values(&state, address)["id"].as_str().unwrap().to_owned();
    assert_ne!(id("dts_job.m"), id("dts_job.twin"));
    bench.workspace.assert_plan_is_empty();
}
