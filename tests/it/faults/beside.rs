//! Two providers of one configuration are two processes that make things in one account: neither takes what the other has made.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::bench::{Bench, bought_first, job};

/// A provider for the same account and region under another name.
fn another(bench: &Bench) -> String {
    format!(
        "provider \"dts\" {{\n  alias = \"other\"\n  region = \"cn-hangzhou\"\n  access_key = \"testAccessKeyId\"\n  \
         secret_key = \"testAccessKeySecret\"\n  endpoint = \"{}\"\n}}\n",
        bench.emulator.url()
    )
}

/// The same made by the other provider.
fn by_the_other(resource: &str, more: &str) -> String {
    resource.replace(
        "\"m\" {",
        &format!("\"other\" {{\n  provider = dts.other\n  {more}"),
    )
}

fn ids(bench: &Bench) -> BTreeSet<String> {
    let recorded = bench.all_recorded().into_values();
    recorded.map(|resource| resource.text("id")).collect()
}

#[test]
fn a_lost_purchase_never_takes_the_instance_of_another_provider() {
    for faults in [
        json!({"action": "CreateDtsInstance", "nth": 1, "kind": "cut_before"}),
        json!({"action": "CreateDtsInstance", "times": 2, "kind": "cut_after"}),
    ] {
        let bench = Bench::immediate();
        let mine = bought_first("MIGRATION", "");
        bench.write(&[&another(&bench), &mine, &by_the_other(&mine, "")]);
        bench.emulator.add_faults(faults.clone());
        bench.converge(1, |_| bench.assert_nothing_lost(&faults.to_string()));
        assert_eq!(ids(&bench).len(), 2, "{faults}");
        assert_eq!(bench.emulator.instances().len(), 2, "{faults}");
    }
}

#[test]
fn a_lost_configuration_never_takes_the_job_of_another_provider() {
    let bench = Bench::immediate();
    let mine = job("m", "MIGRATION", "");
    bench.write(&[&another(&bench), &mine, &by_the_other(&mine, "")]);
    bench
        .emulator
        .add_faults(json!({"action": "ConfigureDtsJob", "nth": 1, "kind": "cut_before"}));
    bench.converge(1, |_| bench.assert_nothing_lost("two jobs"));
    assert_eq!(ids(&bench).len(), 2);
    assert_eq!(bench.jobs().len(), 2);
}

/// What is in the state, or was bought by the same apply, was left over by nobody.
#[test]
fn what_this_run_has_is_no_left_over() {
    let bench = Bench::immediate();
    let mine = bought_first("SYNC", "");
    let later = by_the_other(&mine, "depends_on = [dts_instance.m]");
    bench.write(&[&another(&bench), &mine, &later]);
    bench.converge(1, |_| bench.assert_nothing_lost("one after the other"));
    let more = bought_first("SYNC", "count = 2").replace("\"m\" {", "\"more\" {");
    bench.write(&[&another(&bench), &mine, &later, &more]);
    bench.converge(1, |_| bench.assert_nothing_lost("more of them"));
    assert_eq!(bench.emulator.instances().len(), 4);
}
