//! `terraform query -generate-config-out`: the import blocks that it writes apply without a change.

use crate::changes::subscribed::subscription;
use crate::support::Workspace;
use crate::support::bench::{Bench, bought_first};
use crate::support::outside;

/// Queries everything, and applies what was generated: the number of imports.
#[track_caller]
fn adopt(bench: &Bench, lists: &[&str]) -> (Workspace, usize) {
    let workspace = Workspace::new(Some(&bench.emulator.url())).at_least((1, 14));
    let query: String = lists
        .iter()
        .map(|resource| format!("list \"{resource}\" \"all\" {{\n  provider = dts\n}}\n"))
        .collect();
    workspace.write("all.tfquery.hcl", &query);
    workspace
        .run(&["query", "-no-color", "-generate-config-out=generated.tf"])
        .ok();
    let generated = std::fs::read_to_string(workspace.path().join("generated.tf")).unwrap();
    let mark = bench.mark();
    let outcome = workspace.apply(&[]);
    assert_eq!(outcome.status, Some(0), "{generated}{}", outcome.report());
    workspace.assert_plan_is_empty();
    assert_eq!(bench.changes_since(mark), [""; 0], "{generated}");
    (workspace, generated.matches("import {").count())
}

#[test]
fn of_jobs_and_instances_in_every_state() {
    let bench = Bench::immediate();
    outside::running(&bench, "MIGRATION", "migration");
    outside::running(&bench, "SYNC", "sync");
    outside::on_instance(&bench, "SYNC", "not started");
    outside::configured(&bench, "SYNC", "without an instance");
    let (_, imports) = adopt(&bench, &["dts_instance", "dts_job"]);
    assert_eq!(imports, 7);
}

/// DTS tells no region of a self-built database.
#[test]
fn of_jobs_of_self_built_databases() {
    let bench = Bench::immediate();
    for own_source in [true, false] {
        let made = outside::bought(&bench, "SYNC");
        let mut request = outside::configuration("SYNC", &format!("own source: {own_source}"));
        let end = if own_source {
            &mut request.source
        } else {
            &mut request.destination
        };
        end.instance_type = Some("OTHER".to_owned());
        (end.instance_id, end.region) = (None, None);
        (end.ip, end.port) = (Some("192.0.2.7".to_owned()), Some("3306".to_owned()));
        request.dts_job_id = Some(made.job_id.clone());
        request.dts_instance_id = Some(made.instance_id.clone());
        bench.with_client(async move |api| api.configure_dts_job(&request).await);
    }
    let (_, imports) = adopt(&bench, &["dts_instance", "dts_job"]);
    assert_eq!(imports, 4);
}

#[test]
fn of_an_instance_that_was_never_configured() {
    let bench = Bench::immediate();
    outside::bought(&bench, "SYNC");
    let (_, imports) = adopt(&bench, &["dts_instance", "dts_job"]);
    assert_eq!(imports, 1);
}

/// DTS tells no destination of one.
#[test]
fn of_an_instance_with_a_subscription() {
    let bench = Bench::immediate();
    let followed = subscription("dts_instance_id = dts_instance.m.id");
    bench
        .write(&[&bought_first("SUBSCRIBE", ""), &followed])
        .apply()
        .ok();
    let (_, imports) = adopt(&bench, &["dts_instance"]);
    assert_eq!(imports, 1);
}

/// What is paid, its dates tell.
#[test]
fn of_an_instance_that_is_paid_for_a_time() {
    let bench = Bench::immediate();
    for (name, time) in [
        ("month", "period = \"Month\"\n  used_time = 3"),
        ("year", "period = \"Year\"\n  used_time = 1"),
    ] {
        let bought = bought_first("SYNC", time)
            .replace("\"PostPaid\"", "\"PrePaid\"\n  on_destroy = \"keep\"")
            .replace("\"m\"", &format!("\"{name}\""));
        bench.workspace.write(&format!("{name}.tf"), &bought);
    }
    bench.apply().ok();
    let (_, imports) = adopt(&bench, &["dts_instance"]);
    assert_eq!(imports, 2);
}
