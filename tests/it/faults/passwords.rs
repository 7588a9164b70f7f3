//! A wrong password, found by the precheck of a job on an instance that is paid for.

use serde_json::json;
use terraform_provider_dts::emulator::Lifecycle;

use crate::support::bench::{
    Bench, DESTINATION_PASSWORD, SOURCE_PASSWORD, bought_first, databases, job_on_instance, wrong_passwords,
};
use crate::support::{assert_nothing_paid_for, hosted};

fn repaired_at_the_database(kind: &str, lifecycle: Lifecycle) {
    let bench = Bench::new(lifecycle, Some(wrong_passwords()));
    bench.write(&[&bought_first(kind, ""), &job_on_instance(kind, "")]);
    let outcome = bench.apply().fails();
    let errors = outcome.errors();
    let told: Vec<_> = errors
        .iter()
        .map(|error| (error.address.as_str(), &error.summary))
        .collect();
    assert_eq!(errors.len(), 2, "{}", outcome.report());
    for ((address, summary), code) in told.iter().zip(["CHECK_AUTH_SRC", "CHECK_AUTH_DEST"]) {
        assert_eq!(*address, "dts_job.m");
        assert!(summary.ends_with(code), "{summary}");
    }
    assert!(errors[0].detail.contains("How to repair it: "), "{errors:?}");
    bench.assert_nothing_lost("after the failed precheck");
    let job = bench.recorded("dts_job.m").unwrap();
    assert_eq!(job.text("status"), "PrecheckFailed");
    assert_eq!(job.operations(), ["ConfigureDtsJob"]);
    let instance = bench.recorded("dts_instance.m").unwrap().text("id");

    bench.emulator.set_fixtures(databases());
    bench.converge(1, |_| bench.assert_nothing_lost("after the repair"));
    assert_eq!(bench.recorded("dts_instance.m").unwrap().text("id"), instance);
    assert_eq!(bench.emulator.instances().len(), 1);
    assert_eq!(bench.count("DeleteDtsJob"), 0, "nothing was released");
    bench.workspace.destroy().ok();
    assert_nothing_paid_for(&bench.emulator);
}

#[test]
fn a_migration_repaired_at_the_database_runs_on_the_same_instance() {
    repaired_at_the_database("MIGRATION", Lifecycle::Immediate);
}

#[test]
fn a_synchronization_repaired_at_the_database_runs_on_the_same_instance() {
    repaired_at_the_database("SYNC", Lifecycle::Reads(1));
}

/// The other way: the configuration was wrong.
#[test]
fn passwords_repaired_in_the_configuration_are_used() {
    for kind in ["MIGRATION", "SYNC"] {
        let bench = Bench::new(Lifecycle::Immediate, Some(databases()));
        let (instance, job) = (bought_first(kind, ""), job_on_instance(kind, ""));
        let wrong = job
            .replace(SOURCE_PASSWORD, "wrong")
            .replace(DESTINATION_PASSWORD, "wrong too");
        bench.write(&[&instance, &wrong]);
        assert_eq!(bench.apply().fails().errors().len(), 2);
        bench.assert_nothing_lost("with wrong passwords");
        bench.write(&[&instance, &job]);
        bench.converge(1, |_| bench.assert_nothing_lost("with the right ones"));
        assert_eq!(bench.emulator.instances().len(), 1);
        assert_eq!(bench.count("DeleteDtsJob"), 0);
    }
}

/// A job that was fine and fails its precheck when it is started later is not tainted, and started again in place.
#[test]
fn a_start_that_fails_in_an_update_is_repeated_in_place() {
    let bench = Bench::new(Lifecycle::Immediate, Some(wrong_passwords()));
    let configured = job_on_instance("MIGRATION", "desired_status = \"configured\"");
    bench.write(&[&bought_first("MIGRATION", ""), &configured]);
    bench.apply().ok();
    let id = bench.recorded("dts_job.m").unwrap().text("id");
    bench.write(&[&bought_first("MIGRATION", ""), &job_on_instance("MIGRATION", "")]);
    assert_eq!(bench.apply().fails().errors().len(), 2);
    bench.assert_nothing_lost("after the failed start");
    assert!(!bench.recorded("dts_job.m").unwrap().tainted);
    bench.emulator.set_fixtures(databases());
    let mark = bench.mark();
    bench.converge(1, |_| ());
    assert_eq!(bench.changes_since(mark), ["StartDtsJob"]);
    assert_eq!(bench.recorded("dts_job.m").unwrap().text("id"), id);
}

/// The next apply succeeds, tells that nobody saw the password taken, and leaves nothing to do.
#[track_caller]
fn assert_taken_as_set(bench: &Bench) {
    let again = bench.apply().ok();
    assert!(
        again.warnings()[0].summary.contains("is taken as set"),
        "{}",
        again.report()
    );
    bench.workspace.assert_plan_is_empty();
}

/// The apply that set it was cut off, so that the state has the old one. DTS refuses it now, as it may refuse any other.
#[test]
fn a_password_that_dts_has_already_is_taken_as_set_when_it_is_applied_again() {
    let (bench, _provider) = hosted::bench();
    let (instance, job) = (bought_first("SYNC", ""), job_on_instance("SYNC", ""));
    bench.write(&[&instance, &job]).apply().ok();
    let before = bench.workspace.state_file();
    let changed = |password: &str| job.replace(SOURCE_PASSWORD, password);
    bench.write(&[&instance, &changed("new")]).apply().ok();
    std::fs::write(bench.workspace.path().join("terraform.tfstate"), before).unwrap();

    let error = bench.apply().fails().error("apply again");
    assert!(error.detail.contains("the present one"), "{error:?}");
    let state: serde_json::Value = serde_json::from_str(&bench.workspace.state_file()).unwrap();
    assert!(
        !state.to_string().contains("\"new\""),
        "it is not set as far as is known"
    );
    assert_taken_as_set(&bench);

    // Another one is no second time.
    bench.write(&[&instance, &changed("newer")]).apply().ok();
    bench.workspace.assert_plan_is_empty();
}

/// It is none that DTS could have, however often it is applied.
#[test]
fn a_password_whose_form_is_refused_is_never_taken_as_set() {
    let (bench, _provider) = hosted::bench();
    let (instance, job) = (bought_first("SYNC", ""), job_on_instance("SYNC", ""));
    bench.write(&[&instance, &job]).apply().ok();
    bench.write(&[&instance, &job.replace(SOURCE_PASSWORD, "new")]);
    bench.emulator.add_faults(
        json!({"action": "ModifyDtsJobPassword", "times": 9, "kind": "refuse",
        "code": "InvalidPassword.Format"}),
    );
    for _ in 0..3 {
        let error = bench.apply().fails().error("InvalidPassword.Format");
        assert!(!error.detail.contains("taken as set"), "{error:?}");
    }
}

/// The call took effect and its answer was lost; the one that was to clear it up was refused for something else.
#[test]
fn a_password_of_a_lost_call_is_taken_as_set_by_the_next_apply() {
    let (bench, _provider) = hosted::bench();
    let (instance, job) = (bought_first("SYNC", ""), job_on_instance("SYNC", ""));
    bench.write(&[&instance, &job]).apply().ok();
    bench.write(&[&instance, &job.replace(SOURCE_PASSWORD, "new")]);
    bench.emulator.add_faults(json!([
        {"action": "ModifyDtsJobPassword", "kind": "cut_after"},
        {"action": "ModifyDtsJobPassword", "nth": 2, "kind": "refuse", "code": "Forbidden.RAM"},
    ]));
    let error = bench.apply().fails().error("Forbidden.RAM");
    assert!(error.detail.contains("the password may be set"), "{error:?}");
    assert_taken_as_set(&bench);
}
