//! What actions do: the calls they make, and the lines that they tell on the way.

use serde_json::{Value, json};
use terraform_provider_dts::api;
use terraform_provider_dts::emulator::Lifecycle;

use crate::support::bench::{Bench, databases, wrong_passwords};
use crate::support::outside::{self, Made, invoke};

/// Invokes an action, which must have nothing to complain of: the calls that change something, and the lines told.
#[track_caller]
fn check(bench: &Bench, action: &str, config: &Value, calls: &[&str], lines: &[&str]) -> Vec<String> {
    let mark = bench.mark();
    let (told, problems) = invoke(bench, action, config);
    assert_eq!(problems, [], "{action} {config}: {told:?}");
    assert_eq!(bench.changes_since(mark), calls, "{action} {config}: {told:?}");
    for part in lines {
        assert!(
            told.iter().any(|line| line.contains(part)),
            "{action} {config}: {part} in {told:#?}"
        );
    }
    told
}

fn of(made: &Made) -> Value {
    json!({"job_id": made.job_id})
}

fn with(made: &Made, more: Value) -> Value {
    let mut config = of(made);
    config
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    config
}

#[test]
fn a_job_is_started_suspended_resumed_and_stopped() {
    let bench = Bench::new(Lifecycle::Reads(2), None);
    let made = outside::on_instance(&bench, "SYNC", "orders");
    let caught_up = with(&made, json!({"wait_for": "caught_up"}));
    let told = check(
        &bench,
        "dts_start_job",
        &caught_up,
        &["StartDtsJob"],
        &[
            "calling StartDtsJob",
            "status Prechecking",
            "status Initializing, structure ",
            "delay ",
            "caught up",
        ],
    );
    assert!(
        told.iter()
            .all(|line| line.starts_with(&format!("DTS job {}: ", made.job_id))),
        "{told:?}"
    );
    check(
        &bench,
        "dts_start_job",
        &of(&made),
        &[],
        &["started already (status Synchronizing)", "running"],
    );
    check(
        &bench,
        "dts_suspend_job",
        &of(&made),
        &["SuspendDtsJob"],
        &["status Synchronizing", "suspended"],
    );
    check(
        &bench,
        "dts_suspend_job",
        &of(&made),
        &[],
        &["suspended already (status Suspending)"],
    );
    check(
        &bench,
        "dts_start_job",
        &of(&made),
        &["StartDtsJob"],
        &["running"],
    );
    check(&bench, "dts_stop_job", &of(&made), &["StopDtsJob"], &["stopped"]);
    check(&bench, "dts_stop_job", &of(&made), &[], &["has ended already"]);
    check(&bench, "dts_reset_job", &of(&made), &["ResetDtsJob"], &["reset"]);
    check(
        &bench,
        "dts_reset_job",
        &of(&made),
        &[],
        &["not configured already"],
    );
}

#[test]
fn how_far_a_start_is_followed() {
    for (wait_for, last) in [
        ("prechecked", "precheck passed"),
        ("running", "running"),
        ("initialized", "structure and data are moved"),
        ("caught_up", "caught up"),
    ] {
        let bench = Bench::new(Lifecycle::Reads(1), None);
        let made = outside::on_instance(&bench, "SYNC", "orders");
        let config = with(&made, json!({"wait_for": wait_for}));
        let told = check(&bench, "dts_start_job", &config, &["StartDtsJob"], &[]);
        assert!(told.last().unwrap().ends_with(last), "{told:?}");
    }
    let bench = Bench::new("seconds:3600".parse().unwrap(), None);
    let made = outside::on_instance(&bench, "SYNC", "orders");
    let told = check(
        &bench,
        "dts_start_job",
        &with(&made, json!({"wait_for": "none"})),
        &["StartDtsJob"],
        &[],
    );
    assert_eq!(told.len(), 1, "{told:?}");
    // It is prechecked for an hour.
    let (_, problems) = invoke(
        &bench,
        "dts_start_job",
        &with(&made, json!({"timeout": "1500ms"})),
    );
    let detail = &problems[0].detail;
    assert!(
        detail.contains("Last seen: status Prechecking") && detail.contains("Raise `timeout`"),
        "{detail}"
    );
    assert!(!detail.contains("state"), "an action has none: {detail}");
}

#[test]
fn a_migration_that_ends_by_itself_is_not_started_again() {
    let bench = Bench::immediate();
    let made = outside::bought(&bench, "MIGRATION");
    let source = outside::configuration("MIGRATION", "orders");
    let request = api::ConfigureDtsJob {
        dts_job_id: Some(made.job_id.clone()),
        data_synchronization: false,
        ..source
    };
    bench.with_client(async move |api| api.configure_dts_job(&request).await);
    let config = with(&made, json!({"wait_for": "finished"}));
    check(&bench, "dts_start_job", &config, &["StartDtsJob"], &["finished"]);
    check(&bench, "dts_start_job", &config, &[], &["has ended already"]);
    check(&bench, "dts_suspend_job", &of(&made), &[], &["has ended already"]);
    check(&bench, "dts_stop_job", &of(&made), &[], &["has ended already"]);
}

#[test]
fn a_precheck_tells_each_check_as_it_is_decided() {
    let bench = Bench::new(Lifecycle::Reads(3), None);
    let made = outside::configured(&bench, "SYNC", "orders");
    let told = check(
        &bench,
        "dts_precheck",
        &of(&made),
        &["StartDtsJob"],
        &["precheck passed"],
    );
    let checks: Vec<&String> = told.iter().filter(|line| line.contains(": Success")).collect();
    assert!(checks.len() >= 5, "{told:#?}");
    assert!(
        checks[0].contains(" 1 of ") && checks[1].contains(" 2 of "),
        "{told:#?}"
    );
    // What has passed is told and not run again, unless that is asked for.
    let told = check(
        &bench,
        "dts_precheck",
        &of(&made),
        &[],
        &["passed already", "precheck passed"],
    );
    assert_eq!(
        told.iter().filter(|line| line.contains(": Success")).count(),
        checks.len()
    );
    let again = with(&made, json!({"rerun": true}));
    check(
        &bench,
        "dts_precheck",
        &again,
        &["StartDtsJob"],
        &["precheck passed"],
    );
}

/// What fails where the destination has the table already.
const TAKEN: [&str; 2] = ["CHECK_SAME_OBJ", "CHECK_DEST_TABLE_EMPTY"];

#[test]
fn a_check_that_fails_is_an_error_with_its_repair_and_may_be_skipped() {
    let mut taken = databases();
    taken["endpoints"][1]["databases"] = json!({"dtsdb_1": ["person"]});
    let bench = Bench::new(Lifecycle::Reads(1), Some(taken));
    let made = outside::configured(&bench, "SYNC", "orders");
    for round in 0..2 {
        let mark = bench.mark();
        let (told, problems) = invoke(&bench, "dts_precheck", &of(&made));
        assert_eq!(bench.changes_since(mark), ["StartDtsJob"], "round {round}");
        assert!(
            told.iter().any(|line| line.contains("CHECK_SAME_OBJ: Failed (")),
            "{told:#?}"
        );
        let failed: Vec<&str> = problems
            .iter()
            .filter_map(|problem| problem.summary.split("failed: ").nth(1))
            .collect();
        assert_eq!(failed, TAKEN);
        for part in ["How to repair it", "dts_skip_precheck"] {
            assert!(problems[0].detail.contains(part), "{problems:?}");
        }
    }
    let skip = |items: Value, skip: bool| with(&made, json!({"items": items, "skip": skip}));
    check(
        &bench,
        "dts_skip_precheck",
        &skip(json!(TAKEN), true),
        &["SkipPreCheck"],
        &["CHECK_DEST_TABLE_EMPTY, CHECK_SAME_OBJ skipped"],
    );
    check(
        &bench,
        "dts_skip_precheck",
        &skip(json!(TAKEN), true),
        &[],
        &["skipped already"],
    );
    check(
        &bench,
        "dts_precheck",
        &of(&made),
        &["StartDtsJob"],
        &["precheck passed"],
    );
    check(
        &bench,
        "dts_skip_precheck",
        &skip(json!(TAKEN), false),
        &["SkipPreCheck"],
        &["not skipped"],
    );
    let again = with(&made, json!({"rerun": true}));
    let (_, problems) = invoke(&bench, "dts_precheck", &again);
    assert!(problems[0].summary.contains("CHECK_SAME_OBJ"), "{problems:?}");
}

#[test]
fn a_start_tells_which_checks_fail() {
    let bench = Bench::new(Lifecycle::Immediate, Some(wrong_passwords()));
    let made = outside::on_instance(&bench, "SYNC", "orders");
    let (_, problems) = invoke(&bench, "dts_start_job", &of(&made));
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].detail.contains("invoke the action again"),
        "{problems:?}"
    );
    bench.emulator.set_fixtures(databases());
    check(
        &bench,
        "dts_start_job",
        &of(&made),
        &["StartDtsJob"],
        &["running"],
    );
}

/// A two-way synchronization has two jobs: the direction is sent with every call, and the half is the one that moves.
#[test]
fn a_half_of_a_two_way_synchronization() {
    let bench = Bench::immediate();
    let request = api::CreateDtsInstance {
        sync_architecture: Some("bidirectional".to_owned()),
        ..outside::purchase("SYNC")
    };
    let bought = bench.with_client(async move |api| api.create_dts_instance(&request).await);
    let forward = bought.job_id.unwrap();
    for direction in ["Forward", "Reverse"] {
        let request = api::ConfigureDtsJob {
            dts_instance_id: Some(bought.instance_id.clone()),
            synchronization_direction: Some(direction.to_owned()),
            ..outside::configuration("SYNC", "orders")
        };
        bench.with_client(async move |api| api.configure_dts_job(&request).await);
    }
    let reverse = api::JobRef::job(&forward).direction("Reverse");
    let reverse = bench.with_client(async move |api| api.describe_dts_job_detail(&reverse).await);
    let reverse = reverse.dts_job_id.unwrap();
    assert_ne!(forward, reverse);

    let half = json!({"job_id": forward, "synchronization_direction": "Reverse"});
    let before = outside::status(&bench, &forward);
    let mark = bench.mark();
    check(&bench, "dts_start_job", &half, &["StartDtsJob"], &["running"]);
    let named = format!("DTS job {reverse}: suspended");
    let told = check(&bench, "dts_suspend_job", &half, &["SuspendDtsJob"], &[&named]);
    assert!(!told.iter().any(|line| line.contains(&forward)), "{told:?}");
    let wrong = json!({"job_id": forward, "synchronization_direction": "Forward"});
    let (_, problems) = invoke(&bench, "dts_suspend_job", &wrong);
    assert!(problems[0].summary.ends_with(&forward), "{problems:?}");
    let wrong = json!({"job_id": reverse, "synchronization_direction": "Forward"});
    let (_, problems) = invoke(&bench, "dts_suspend_job", &wrong);
    assert!(problems[0].summary.ends_with(&forward), "{problems:?}");
    assert_eq!(outside::status(&bench, &reverse), "Suspending");
    assert_eq!(
        outside::status(&bench, &forward),
        before,
        "the other half is as it was"
    );
    let calls = bench.emulator.calls();
    for call in calls[mark..]
        .iter()
        .filter(|call| !call.action.starts_with("Describe"))
    {
        assert_eq!(call.params["SynchronizationDirection"], "Reverse", "{call:?}");
    }
    check(&bench, "dts_stop_job", &half, &["StopDtsJob"], &["stopped"]);
    check(&bench, "dts_reset_job", &half, &["ResetDtsJob"], &["reset"]);
}

/// The job is looked at for a while; where it never shows the call, the next invocation does not call what is done.
#[test]
fn a_lost_call_is_looked_for_again() {
    let bench = Bench::immediate();
    let made = outside::running(&bench, "SYNC", "orders");
    bench
        .emulator
        .add_faults(json!([{"action": "SuspendDtsJob", "nth": 1, "times": 1, "kind": "cut_before"}]));
    let mark = bench.mark();
    let (told, problems) = invoke(&bench, "dts_suspend_job", &of(&made));
    assert_eq!(problems.len(), 1, "{told:?}");
    let text = &problems[0].detail;
    assert!(text.contains("Invoke the action again: it looks first"), "{text}");
    let calls = bench.emulator.calls();
    let looks = calls[mark..]
        .iter()
        .skip_while(|call| call.action != "SuspendDtsJob");
    assert_eq!(looks.count(), 4, "the call and three looks");
    let (told, problems) = invoke(&bench, "dts_suspend_job", &of(&made));
    assert_eq!(problems, [], "{told:?}");
    assert_eq!(outside::status(&bench, &made.job_id), "Suspending");
}

/// A job that goes one way has no other half.
#[test]
fn a_half_that_is_not_there() {
    let bench = Bench::immediate();
    let made = outside::running(&bench, "SYNC", "orders");
    let half = json!({"job_id": made.job_id, "synchronization_direction": "Reverse"});
    let mark = bench.mark();
    let (_, problems) = invoke(&bench, "dts_suspend_job", &half);
    let path = problems[0].path.as_ref().map(ToString::to_string);
    assert_eq!(path.as_deref(), Some("synchronization_direction"));
    assert!(
        problems[0].detail.contains("Remove `synchronization_direction`"),
        "{problems:?}"
    );
    assert_eq!(bench.changes_since(mark), [""; 0]);
}

/// An answer that is lost is no reason to fail: the job tells whether the call was taken.
#[test]
fn a_lost_answer_is_looked_up() {
    let bench = Bench::immediate();
    let made = outside::running(&bench, "SYNC", "orders");
    bench
        .emulator
        .add_faults(json!([{"action": "SuspendDtsJob", "nth": 1, "times": 1, "kind": "cut_after"}]));
    let (told, problems) = invoke(&bench, "dts_suspend_job", &of(&made));
    assert_eq!(problems, [], "{told:?}");
    assert_eq!(outside::status(&bench, &made.job_id), "Suspending");
}
