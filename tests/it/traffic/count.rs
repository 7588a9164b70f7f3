//! How many calls Terraform's operations cost.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use terraform_provider_dts::emulator::Limits;

use crate::support::bench::{Bench, bought_first, job};
use crate::support::hosted;

/// `count` jobs like `dts_job.m`.
fn many(count: usize) -> String {
    job("m", "MIGRATION", &format!("count = {count}"))
}

/// A state with `count` unchanged jobs, of which the first is real and the others are its copies.
fn with_jobs(bench: &Bench, count: usize) {
    bench.write(&[&many(1)]);
    bench.apply().ok();
    let mut state: Value = serde_json::from_str(&bench.workspace.state_file()).unwrap();
    let instances = state["resources"][0]["instances"].as_array_mut().unwrap();
    let first = instances[0].clone();
    let id = first["attributes"]["id"].as_str().unwrap();
    for (number, copy) in bench.emulator.copy_job(id, count - 1).iter().enumerate() {
        let mut instance = first.clone();
        instance["index_key"] = json!(number + 1);
        instance["attributes"]["id"] = json!(copy.job_id);
        instances.push(instance);
    }
    bench.workspace.write("terraform.tfstate", &state.to_string());
    bench.write(&[&many(count)]);
}

#[test]
fn a_plan_of_many_unchanged_jobs_costs_few_calls() {
    let bench = Bench::immediate();
    with_jobs(&bench, 300);
    let mark = bench.mark();
    bench.workspace.assert_plan_is_empty();
    let calls = bench.mark() - mark;
    // On a busy machine what was fetched ahead grows old before all is read, and is fetched once more.
    assert!(calls <= 40, "{calls} calls for 300 jobs");
}

#[test]
fn a_plan_of_three_jobs_in_a_full_account_costs_no_more_than_three_calls() {
    let bench = Bench::immediate();
    with_jobs(&bench, 3);
    let id = bench.recorded("dts_job.m[0]").unwrap().text("id");
    bench.emulator.copy_job(&id, 4997);
    let mark = bench.mark();
    bench.workspace.assert_plan_is_empty();
    let calls = bench.mark() - mark;
    assert!(calls <= 3, "{calls} calls for three jobs");
}

/// Their tags come with the lists that tell their status.
#[test]
fn a_plan_of_many_unchanged_instances_costs_few_calls() {
    let bench = Bench::immediate();
    let many = "count = 40\n  adopt = false\n  tags  = { env = \"test\" }";
    bench.write(&[&bought_first("SYNC", many)]);
    bench.apply().ok();
    let mark = bench.mark();
    bench.workspace.assert_plan_is_empty();
    let calls = bench.mark() - mark;
    assert!(calls <= 20, "{calls} calls for 40 instances");
}

/// Sharing must not make an outage worse: what one read has tried for long enough the others do not try as long again.
#[test]
fn a_plan_while_dts_is_down_costs_few_calls_and_says_why() {
    let (bench, _hosted) = hosted::bench();
    with_jobs(&bench, 60);
    bench
        .emulator
        .add_faults(json!({ "action": "*", "kind": "status", "status": 503, "times": 100_000 }));
    let mark = bench.mark();
    let outcome = bench.workspace.run(&["plan", "-json", "-input=false"]).fails();
    let calls = bench.mark() - mark;
    // Five attempts for each ten that Terraform reads at once; a few more where they come apart on a busy machine.
    assert!(calls < 60, "{calls} calls for 60 jobs");
    let errors = outcome.errors();
    let told: BTreeSet<&str> = errors.iter().map(|error| error.address.as_str()).collect();
    assert_eq!(told.len(), 60);
    assert!(
        errors
            .iter()
            .all(|error| error.detail.contains("ServiceUnavailable")),
        "{errors:?}"
    );
    bench.emulator.clear_faults();
    bench.workspace.assert_plan_is_empty();
}

/// Each purchase looks at what is there, and the more there is the more there is to look at: what was listed before is not listed
/// again, and who asks at the same time is answered by one list.
#[test]
fn many_purchases_cost_as_many_lists_at_most() {
    let bench = Bench::immediate();
    // More than two pages of them are there already.
    bench.write(&[&bought_first("SYNC", "count = 65\n  adopt = false")]);
    bench.apply().ok();
    let more = bought_first("SYNC", "count = 60\n  adopt = false").replace("\"m\" {", "\"more\" {");
    bench.write(&[&bought_first("SYNC", "count = 65\n  adopt = false"), &more]);
    let mark = bench.mark();
    bench.apply().ok();
    assert_eq!(bench.emulator.instances().len(), 125);
    let calls = bench.emulator.calls();
    let of_purchases = |call: &&terraform_provider_dts::emulator::Call| {
        call.action == "DescribeDtsJobs"
            && call
                .params
                .get("Status")
                .is_some_and(|status| status == "NotConfigured")
    };
    let lists = calls[mark..].iter().filter(of_purchases).count();
    // One for each, and three pages for the first.
    assert!(lists <= 60 + 5, "{lists} lists for 60 purchases");
}

/// Nothing fails for the rate of calls, and nothing is made twice.
#[test]
fn an_apply_on_an_account_with_a_low_rate_goes_well() {
    let bench = Bench::immediate();
    bench.emulator.set_limits(Limits {
        calls_per_second: Some(10),
        ..Limits::default()
    });
    bench.write(&[&many(20).replace("\"job-m\"", "\"job-${count.index}\"")]);
    bench.apply().ok();
    let refused =
        |call: &terraform_provider_dts::emulator::Call| call.code.as_deref() == Some("Throttling.User");
    let calls = bench.emulator.calls();
    assert!(calls.iter().any(refused), "the rate was met");
    let made = calls
        .iter()
        .filter(|call| call.action == "ConfigureDtsJob" && !refused(call));
    assert_eq!(made.count(), 20);
    bench.emulator.set_limits(Limits::default());
    bench.workspace.assert_plan_is_empty();
}
