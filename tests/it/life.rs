//! The provider installed as users install it, and everything that Terraform does with it, on one configuration.

use serde_json::json;

use crate::support::bench::{Bench, SOURCE_PASSWORD, bought_first, job_on_instance};
use crate::support::{assert_nothing_paid_for, cli_version, state_values};

/// Passwords that are in no state, where this Terraform can have them.
fn configuration(name: &str) -> String {
    let job = job_on_instance("SYNC", "").replace("\"job-m\"", &format!("\"{name}\""));
    let job = if cli_version() >= (1, 11) {
        job.replace(
            "    password      =",
            "    password_wo_version = 1\n    password_wo =",
        )
    } else {
        job
    };
    format!("{}{job}", bought_first("SYNC", ""))
}

/// `init` takes it from a mirror in the file system, into the lock file; every later command checks it against that.
#[test]
fn from_a_mirror_to_the_end() {
    let mut bench = Bench::immediate();
    bench.workspace = bench.workspace.with_mirror();
    let workspace = &bench.workspace;
    bench.write(&[&configuration("first")]);
    workspace.run(&["init", "-no-color", "-input=false"]).ok();
    let lock = std::fs::read_to_string(workspace.path().join(".terraform.lock.hcl")).unwrap();
    assert!(lock.contains("dts-community/dts"), "{lock}");
    workspace.validate().ok();

    workspace.plan(&[]).ok();
    workspace.apply_saved().ok();
    workspace.assert_plan_is_empty();
    let state = workspace.state_file();
    assert_eq!(state.contains(SOURCE_PASSWORD), cli_version() < (1, 11));
    let id = |address: &str| state_values(&workspace.state_json(), address)["id"].clone();
    let (job, instance) = (id("dts_job.m"), id("dts_instance.m"));

    bench.write(&[&configuration("second")]);
    bench.apply().ok();
    workspace.assert_plan_is_empty();
    assert_eq!((id("dts_job.m"), id("dts_instance.m")), (job, instance.clone()));

    workspace.apply(&["-replace=dts_job.m"]).ok();
    workspace.assert_plan_is_empty();
    workspace.run(&["taint", "dts_instance.m"]).ok();
    bench.apply().ok();
    workspace.assert_plan_is_empty();
    let replaced = id("dts_instance.m");
    assert_ne!(replaced, instance);

    // Another name, and then forgotten and taken in again.
    let renamed = configuration("second").replace("dts_instance\" \"m\"", "dts_instance\" \"n\"");
    let renamed = renamed.replace("dts_instance.m.id", "dts_instance.n.id");
    bench.write(&[
        &renamed,
        "moved {\n  from = dts_instance.m\n  to   = dts_instance.n\n}\n",
    ]);
    bench.apply().ok();
    assert_eq!(id("dts_instance.n"), replaced);
    workspace.run(&["state", "rm", "dts_instance.n"]).ok();
    workspace
        .import("dts_instance.n", replaced.as_str().unwrap())
        .ok();
    // What only the configuration says is taken over, and nothing is called for it.
    let mark = bench.mark();
    bench.apply().ok();
    assert_eq!(bench.changes_since(mark), [""; 0]);
    workspace.assert_plan_is_empty();

    workspace.destroy().ok();
    assert_eq!(workspace.state_json().get("values"), None);
    assert_nothing_paid_for(&bench.emulator);
}

/// `TF_DISABLE_PLUGIN_TLS`: Terraform announces no certificate, and the provider speaks plain text on its private socket.
#[test]
fn without_encryption() {
    let mut bench = Bench::immediate();
    bench.workspace.set_env("TF_DISABLE_PLUGIN_TLS", Some("1"));
    bench.write(&[&bought_first("SYNC", "")]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    let state = bench.workspace.state_json();
    assert_eq!(
        state_values(&state, "dts_instance.m")["pay_type"],
        json!("PostPaid")
    );
    bench.workspace.destroy().ok();
    assert_nothing_paid_for(&bench.emulator);
}
