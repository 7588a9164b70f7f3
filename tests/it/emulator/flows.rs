//! How jobs live: the flows of the documentation, and every rule of their states.

use super::client::{Bench, text, with};
use crate::support::assert_nothing_paid_for;

const SYNC: [(&str, &str); 2] = [("JobType", "SYNC"), ("DataSynchronization", "true")];
const NONE: (&str, &str) = ("Reserve", r#"{"autoStartModulesAfterConfig":"none"}"#);

#[test]
fn buy_first() {
    for (reserve, settled, precheck) in [
        (
            r#"{"autoStartModulesAfterConfig":"none"}"#,
            "NotStarted",
            "NotStarted",
        ),
        (
            r#"{"autoStartModulesAfterConfig":"auto"}"#,
            "Finished",
            "Finished",
        ),
        ("", "Finished", "Finished"),
    ] {
        let bench = Bench::immediate();
        let (instance, job) = bench.buy("MIGRATION");
        assert_eq!(instance, format!("dts{job}"));
        assert!(
            job.len() == 16 && job.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
            "{job}"
        );
        assert_eq!(bench.status(&job), "NotConfigured");
        let changes = [("DtsInstanceId", instance.as_str()), ("Reserve", reserve)];
        let body = bench.ok(
            "ConfigureDtsJob",
            &with(&super::client::configuration(), &changes),
        );
        assert_eq!(
            (text(&body, "DtsJobId"), text(&body, "DtsInstanceId")),
            (job.clone(), instance)
        );
        assert_eq!(bench.status(&job), settled, "{reserve}");
        assert_eq!(
            bench.precheck(&job),
            (precheck.to_owned(), Vec::new()),
            "{reserve}"
        );
    }
}

#[test]
fn a_job_bought_and_not_started_runs_when_started() {
    let bench = Bench::new("reads:1", None);
    let (_, job) = bench.buy("MIGRATION");
    bench.configure(&[("DtsJobId", &job), ("DataSynchronization", "true"), NONE]);
    assert_eq!(bench.status(&job), "NotStarted");
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    let seen: Vec<_> = (0..4).map(|_| bench.status(&job)).collect();
    assert_eq!(seen, ["Prechecking", "Migrating", "Migrating", "Migrating"]);
    bench.ok("StopDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Migrating", "Finished"]
    );
}

#[test]
fn configure_first() {
    // Whether the job is started before it is bought, whether it is bought with a start, and where it ends.
    for (start, auto_start, before, after) in [
        (false, false, "NotStarted", "NotStarted"),
        (false, true, "NotStarted", "Finished"),
        (true, false, "PreCheckPass", "PreCheckPass"),
        (true, true, "PreCheckPass", "Finished"),
    ] {
        let bench = Bench::immediate();
        // The key that starts bought jobs has no effect on one that is not.
        let job = bench.configure(&[("Reserve", r#"{"autoStartModulesAfterConfig":"auto"}"#)]);
        assert_eq!(bench.status(&job), "NotStarted");
        if start {
            bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
        }
        assert_eq!(bench.status(&job), before);
        assert_eq!(bench.emulator.instances(), []);
        let instance = bench.buy_for(&job, auto_start);
        assert!(
            instance.starts_with("dts") && !instance.contains(&job),
            "{instance} for {job}"
        );
        assert_eq!(
            bench.status(&job),
            after,
            "started {start}, auto start {auto_start}"
        );
        let again = bench.refused(
            "CreateDtsInstance",
            &[
                ("JobId", &job),
                ("PayType", "PostPaid"),
                ("InstanceClass", "small"),
            ],
        );
        assert_eq!(again, (403, "OperationDenied".to_owned()));
        if after != "Finished" {
            bench.ok("StartDtsJob", &[("DtsInstanceId", &instance)]);
            assert_eq!(bench.status(&job), "Finished");
        }
    }
}

#[test]
fn a_purchase_while_the_precheck_runs_decides_what_follows() {
    for (auto_start, settled) in [(true, "Migrating"), (false, "PreCheckPass")] {
        let bench = Bench::new("reads:2", None);
        let job = bench.configure(&[("DataSynchronization", "true")]);
        bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
        assert_eq!(bench.status(&job), "Prechecking");
        bench.buy_for(&job, auto_start);
        assert_eq!([bench.status(&job), bench.status(&job)], ["Prechecking", settled]);
    }
}

#[test]
fn every_describe_of_the_job_counts() {
    let bench = Bench::new("reads:3", None);
    let job = bench.configure(&[]);
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    bench.ok("DescribeDtsJobs", &[("DtsJobId", &job)]);
    // Neither of these lists the job.
    bench.ok("DescribeDtsJobs", &[("DtsJobId", "another")]);
    bench.ok("DescribeDtsJobs", &[("DtsJobId", &job), ("PageNumber", "2")]);
    bench.ok("DescribePreCheckStatus", &[("DtsJobId", &job), ("JobCode", "01")]);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Prechecking", "PreCheckPass"]
    );
}

#[test]
fn by_seconds_jobs_follow_the_clock() {
    let bench = Bench::new("seconds:10", None);
    let (_, job) = bench.buy("SYNC");
    bench.configure(&[&[("DtsJobId", job.as_str())], &SYNC[..]].concat());
    let mut seen = Vec::new();
    for seconds in [0, 9, 1, 9, 1, 100] {
        bench.pass(seconds);
        seen.push(bench.status(&job));
    }
    assert_eq!(
        seen,
        [
            "Prechecking",
            "Prechecking",
            "Initializing",
            "Initializing",
            "Synchronizing",
            "Synchronizing"
        ]
    );

    // What the clock has passed over is not lost: two transitions in one step.
    let (_, job) = bench.buy("SYNC");
    bench.configure(&[&[("DtsJobId", job.as_str())], &SYNC[..]].concat());
    bench.pass(20);
    assert_eq!(bench.status(&job), "Synchronizing");
}

#[test]
fn suspend_resume_stop() {
    let bench = Bench::new("reads:1", None);
    let (instance, job) = bench.buy("SYNC");
    let id = [("DtsInstanceId", instance.as_str())];
    bench.configure(&[&id[..], &SYNC].concat());
    let seen: Vec<_> = (0..3).map(|_| bench.status(&job)).collect();
    assert_eq!(seen, ["Prechecking", "Initializing", "Synchronizing"]);
    bench.ok("SuspendDtsJob", &id);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Synchronizing", "Suspending"]
    );
    bench.ok("StartDtsJob", &id);
    assert_eq!(bench.status(&job), "Synchronizing");
    bench.ok("SuspendDtsJob", &id);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Synchronizing", "Suspending"]
    );
    bench.ok("StopDtsJob", &id);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Suspending", "Finished"]
    );
}

#[test]
fn a_job_suspended_in_the_full_load_takes_it_up_again() {
    let bench = Bench::new("reads:1", None);
    let (_, job) = bench.buy("MIGRATION");
    let id = [("DtsJobId", job.as_str())];
    bench.configure(&id);
    assert_eq!(bench.status(&job), "Prechecking");
    bench.ok("SuspendDtsJob", &id);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Migrating", "Suspending"]
    );
    bench.ok("StartDtsJob", &id);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Migrating", "Finished"]
    );
}

#[test]
fn what_a_state_refuses() {
    let denied = (403, "OperationDenied.JobStatus");
    let cases = [
        (
            "NotConfigured",
            "StartDtsJob",
            (403, "UpdateJob.OperationDenied.InitStatus"),
        ),
        ("NotConfigured", "SuspendDtsJob", denied),
        ("NotConfigured", "StopDtsJob", denied),
        ("NotStarted", "SuspendDtsJob", denied),
        ("NotStarted", "StopDtsJob", denied),
        ("Prechecking", "StartDtsJob", denied),
        ("Prechecking", "ConfigureDtsJob", denied),
        ("Prechecking", "SuspendDtsJob", denied),
        ("Migrating", "StartDtsJob", denied),
        ("Migrating", "ConfigureDtsJob", (403, "OperationDenied")),
        ("Migrating", "ResetDtsJob", (403, "OperationDenied")),
        ("Suspending", "SuspendDtsJob", denied),
        ("Suspending", "ConfigureDtsJob", (403, "OperationDenied")),
        ("Finished", "StartDtsJob", denied),
        ("Finished", "SuspendDtsJob", denied),
        ("Finished", "StopDtsJob", denied),
        ("Finished", "ConfigureDtsJob", (403, "OperationDenied")),
        ("Finished", "ResetDtsJob", (403, "OperationDenied")),
    ];
    for (state, action, (status, code)) in cases {
        let bench = Bench::immediate();
        let (_, job) = bench.buy("MIGRATION");
        let id = [("DtsJobId", job.as_str())];
        let replicating = [("DtsJobId", job.as_str()), ("DataSynchronization", "true")];
        match state {
            "NotConfigured" => {}
            "NotStarted" => drop(bench.configure(&[id[0], NONE])),
            "Finished" => drop(bench.configure(&id)),
            "Prechecking" => {
                bench.emulator.set_lifecycle("reads:9".parse().unwrap());
                bench.configure(&id);
            }
            "Migrating" => drop(bench.configure(&replicating)),
            _ => {
                bench.configure(&replicating);
                bench.ok("SuspendDtsJob", &id);
            }
        }
        assert_eq!(bench.status(&job), state);
        let params = if action == "ConfigureDtsJob" {
            with(&super::client::configuration(), &id)
        } else {
            id.to_vec()
        };
        assert_eq!(
            bench.refused(action, &params),
            (status, code.to_owned()),
            "{action} of {state}"
        );
        assert_eq!(bench.status(&job), state, "{action} changed nothing");
    }
}

#[test]
fn a_job_that_has_not_run_is_configured_again() {
    let bench = Bench::new("immediate", Some(super::client::fixtures()));
    let wrong = ("SourceEndpointPassword", "wrong");
    // Not bought: the verdict is forgotten, and nothing starts.
    let job = bench.configure(&[wrong]);
    let id = ("DtsJobId", job.as_str());
    bench.ok("StartDtsJob", &[id]);
    assert_eq!(bench.status(&job), "PrecheckFailed");
    assert_eq!(bench.configure(&[id, ("DtsJobName", "renamed")]), job);
    assert_eq!(
        (bench.status(&job), bench.precheck(&job).0),
        ("NotStarted".to_owned(), "NotStarted".to_owned())
    );
    bench.ok("StartDtsJob", &[id]);
    assert_eq!(bench.status(&job), "PreCheckPass");
    // Bought: the rules of a bought job.
    bench.buy_for(&job, false);
    bench.configure(&[id, NONE]);
    assert_eq!(bench.status(&job), "NotStarted");
    bench.configure(&[id, wrong]);
    assert_eq!(bench.status(&job), "PrecheckFailed");
    bench.configure(&[id]);
    assert_eq!(bench.status(&job), "Finished");
}

#[test]
fn a_purchase_for_a_job_whose_precheck_failed_is_made_and_starts_nothing() {
    let bench = Bench::new("immediate", Some(super::client::fixtures()));
    let job = bench.configure(&[("SourceEndpointPassword", "wrong")]);
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    bench.buy_for(&job, true);
    assert_eq!(bench.status(&job), "PrecheckFailed");
    // The password is set right, and the job started: precheck and modules.
    bench.ok(
        "ModifyDtsJobPassword",
        &[
            ("DtsJobId", &job),
            ("Endpoint", "src"),
            ("Password", "source-secret"),
        ],
    );
    assert_eq!(bench.status(&job), "PrecheckFailed");
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(bench.status(&job), "Finished");
}

#[test]
fn reset_keeps_the_id_and_forgets_the_configuration() {
    let bench = Bench::new("reads:1", None);
    let (instance, job) = bench.buy("SYNC");
    let id = ("DtsJobId", job.as_str());
    bench.configure(&[&[id], &SYNC[..]].concat());
    for _ in 0..3 {
        bench.status(&job);
    }
    // A job on its way to an end can be reset as well: that is how one is taken off its instance.
    bench.ok("StopDtsJob", &[id]);
    bench.ok("ResetDtsJob", &[id]);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Synchronizing", "NotConfigured"]
    );
    let detail = bench.ok("DescribeDtsJobDetail", &[("DtsInstanceID", &instance)]);
    assert_eq!(
        (
            text(&detail, "DtsJobId"),
            text(&detail, "DbObject"),
            text(&detail, "DtsJobName")
        ),
        (job.clone(), String::new(), String::new())
    );
    assert_eq!(detail["SourceEndpoint"]["EngineName"], "MySQL");
    assert!(!bench.emulator.instances()[0].released);
    // And it can be configured anew.
    bench.configure(&[&[id, NONE], &SYNC[..]].concat());
    assert_eq!(bench.status(&job), "NotStarted");

    // A job that was configured first shows what it was configured for when it was bought.
    let unbought = bench.configure(&SYNC);
    let first = bench.configure(&SYNC);
    bench.buy_for(&first, false);
    bench.ok("ResetDtsJob", &[("DtsJobId", &first)]);
    assert_eq!(
        [bench.status(&first), bench.status(&first)],
        ["NotStarted", "NotConfigured"]
    );
    let detail = bench.ok("DescribeDtsJobDetail", &[("DtsJobId", &first)]);
    assert_eq!(
        detail["DestinationEndpoint"],
        serde_json::json!({"EngineName": "MySQL", "Region": "cn-shanghai"})
    );
    assert_eq!(bench.refused("ResetDtsJob", &[("DtsJobId", &unbought)]).0, 403);
}

#[test]
fn deleting_releases_what_was_bought_for_the_job() {
    let bench = Bench::immediate();
    let unbought = bench.configure(&[]);
    let (first, first_job) = bench.buy("MIGRATION");
    let (second, second_job) = bench.buy("SYNC");
    bench.ok("DeleteDtsJob", &[("DtsJobId", &unbought)]);
    bench.ok("DeleteDtsJob", &[("DtsInstanceId", &first)]);
    bench.ok("DeleteDtsJob", &[("DtsJobId", &second_job), ("JobType", "SYNC")]);
    assert_nothing_paid_for(&bench.emulator);
    for job in [&unbought, &first_job, &second_job] {
        for action in ["DescribeDtsJobDetail", "StartDtsJob", "DeleteDtsJob"] {
            assert_eq!(
                bench.refused(action, &[("DtsJobId", job)]),
                (404, "InvalidJobId".to_owned()),
                "{action}"
            );
        }
        assert_eq!(
            bench.ok("DescribeDtsJobs", &[("DtsJobId", job)])["TotalRecordCount"],
            0
        );
    }
    for instance in [&first, &second] {
        let gone = (403, "Forbidden.InstanceNotFound".to_owned());
        assert_eq!(
            bench.refused("DescribeDtsJobDetail", &[("DtsInstanceID", instance)]),
            gone
        );
        assert_eq!(
            bench.refused("DeleteDtsJob", &[("DtsInstanceId", instance)]),
            gone
        );
    }
}

#[test]
fn a_prepaid_instance_is_released_only_after_it_expires() {
    let bench = Bench::immediate();
    let mut order = super::client::purchase("SYNC");
    order.retain(|(name, _)| *name != "PayType");
    order.extend([("PayType", "PrePaid"), ("Period", "Month"), ("UsedTime", "1")]);
    let instance = text(&bench.ok("CreateDtsInstance", &order), "InstanceId");
    let id = [("DtsInstanceId", instance.as_str())];
    assert_eq!(
        bench.refused("DeleteDtsJob", &id),
        (403, "OperationDenied".to_owned())
    );
    assert!(!bench.emulator.instances()[0].released);
    bench.pass(31 * 24 * 3600);
    bench.ok("DeleteDtsJob", &id);
    assert!(bench.emulator.instances()[0].released);
}
