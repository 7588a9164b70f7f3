//! What an instance was bought as, once a job with other ends is configured on it: DTS then tells the ends of the job.

use crate::support::bench::{Bench, bought_first, endless, job_on_instance};
use crate::support::{Workspace, state_values};

/// An instance and a job on it, with `change` made to the job.
fn configuration(change: (&str, &str)) -> String {
    let job = endless(&job_on_instance("SYNC", ""));
    assert!(job.contains(change.0));
    format!(
        "{}{}",
        bought_first("SYNC", ""),
        job.replacen(change.0, change.1, 1)
    )
}

const OTHER_ENDS: [(&str, &str); 3] = [
    (
        "region        = \"cn-hangzhou\"",
        "region        = \"cn-beijing\"",
    ),
    ("engine_name   = \"MYSQL\"", "engine_name   = \"MARIADB\""),
    (
        "instance_type = \"RDS\"\n    engine_name   = \"MYSQL\"",
        "instance_type = \"POLARDBX20\"\n    engine_name   = \"POLARDBX20\"",
    ),
];

#[test]
fn an_instance_stays_what_it_was_bought_as() {
    for change in OTHER_ENDS {
        let bench = Bench::immediate();
        bench.write(&[&configuration(change)]);
        bench.apply().ok();
        bench.workspace.assert_plan_is_empty();
        let state = bench.workspace.state_json();
        let instance = state_values(&state, "dts_instance.m");
        assert_eq!(instance["source_region"], "cn-hangzhou", "{change:?}");
        assert_eq!(instance["source_endpoint_engine_name"], "MySQL", "{change:?}");
        bench.workspace.destroy().ok();
    }
}

/// An import sees the ends of the job only: what the configuration says of the purchase is taken over, and told.
#[test]
fn an_imported_instance_is_not_replaced_for_them() {
    for change in OTHER_ENDS {
        let bench = Bench::immediate();
        bench.write(&[&configuration(change)]);
        bench.apply().ok();
        let elsewhere = Workspace::new(Some(&bench.emulator.url()));
        elsewhere.write("main.tf", &configuration(change));
        for address in ["dts_instance.m", "dts_job.m"] {
            let id = bench.recorded(address).unwrap().text("id");
            elsewhere.import(address, &id).ok();
        }
        let before = bench.mark();
        let apply = elsewhere.apply(&[]).ok();
        let told: Vec<String> = apply
            .warnings()
            .into_iter()
            .map(|warning| warning.summary)
            .collect();
        assert!(
            told.iter()
                .any(|summary| summary.contains("is taken from the configuration")),
            "{told:?}"
        );
        elsewhere.assert_plan_is_empty();
        assert_eq!(bench.changes_since(before), [""; 0], "{change:?}");
    }
}
