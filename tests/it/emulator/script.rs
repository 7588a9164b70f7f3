//! What happens to jobs though no call asks for it, and how every describe tells it.

use serde_json::json;

use super::client::{Bench, text};

/// Steps of a job: name, state and percent.
fn steps(bench: &Bench, job: &str) -> Vec<String> {
    let body = bench.ok("ListJobStep", &[("DtsJobId", job)]);
    let steps = body["JobSteps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| {
            format!(
                "{} {} {}",
                text(step, "JobStepName"),
                text(step, "State"),
                step["Progress"]
            )
        })
        .collect()
}

#[test]
fn a_migration_fails_in_its_load_and_is_resumed() {
    let bench = Bench::immediate();
    // Before the job is there: it is named as it will be.
    bench.emulator.script_job(json!({
        "job": "rdsmysql_to_rdsmysql", "progress": {"full": 40},
        "failure": {"stage": "full", "code": "DTS-1020042", "message": "no space left"},
    }));
    let (instance, job) = bench.buy("MIGRATION");
    bench.configure(&[("DtsInstanceId", &instance), ("DataSynchronization", "true")]);
    assert_eq!(bench.status(&job), "MigrationFailed");
    let detail = bench.detail(&job);
    assert_eq!(detail["ErrorMessage"], "DTS-1020042: no space left");
    let entry = bench.entry("MIGRATION", &job);
    assert_eq!(
        entry["DataInitializationStatus"],
        json!({"Status": "Failed", "Percent": "40", "Progress": "0", "ErrorMessage": "DTS-1020042: no space left"})
    );
    assert_eq!(
        (
            &entry["StructureInitializationStatus"]["Status"],
            &entry["MigrationErrCode"]
        ),
        (&json!("Finished"), &json!("DTS-1020042"))
    );
    assert_eq!(
        entry["ErrorDetails"],
        json!([{"ErrorCode": "DTS-1020042", "HelpUrl": ""}])
    );
    assert_eq!(
        steps(&bench, &job),
        [
            "Precheck Finished 100",
            "dts.step.struct.load Finished 100",
            "dts.step.data.load Failed 40",
            "Incremental data service Init 0",
        ]
    );
    let items = bench.ok("DescribePreCheckStatus", &[("DtsJobId", &job), ("JobCode", "03")]);
    assert_eq!(
        (
            &items["State"],
            &items["ErrorItem"],
            &items["JobProgress"][0]["ErrDetail"]
        ),
        (&json!("Failed"), &json!(1), &json!("DTS-1020042: no space left"))
    );
    let log = bench.ok(
        "DescribeDtsServiceLog",
        &[("DtsJobId", &job), ("Status", "ERROR")],
    );
    assert_eq!(
        log["ServiceLogContexts"][0]["Context"],
        "DTS-1020042: no space left"
    );

    // It struck once. The load goes on where it was, as long as it is told to.
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(bench.statuses(&job, 2), ["Migrating", "Migrating"]);
    let entry = bench.entry("MIGRATION", &job);
    assert_eq!(
        (
            &entry["DataInitializationStatus"]["Percent"],
            &entry["ErrorMessage"]
        ),
        (&json!("40"), &json!(""))
    );
    bench.emulator.script_job(json!({"job": "rdsmysql_to_rdsmysql"}));
    assert_eq!(
        bench.entry("MIGRATION", &job)["DataInitializationStatus"]["Status"],
        "Finished"
    );
}

/// `Finished` says that a job has ended, not that it was through: its modules stay where they were.
#[test]
fn a_job_that_is_stopped_stays_where_it_was() {
    for (structure, full, expected) in [
        (100, 40, [("Finished", "100"), ("Migrating", "40")]),
        (30, 0, [("Migrating", "30"), ("NotStarted", "0")]),
    ] {
        for paused in [false, true] {
            let bench = Bench::immediate();
            bench
                .emulator
                .script_job(json!({"job": "*", "progress": {"structure": structure, "full": full}}));
            let (instance, job) = bench.buy("MIGRATION");
            bench.configure(&[("DtsInstanceId", &instance), ("DataSynchronization", "false")]);
            if paused {
                bench.ok("SuspendDtsJob", &[("DtsJobId", &job)]);
                assert_eq!(bench.status(&job), "Suspending");
            }
            bench.ok("StopDtsJob", &[("DtsJobId", &job)]);
            bench.emulator.script_job(json!({"job": "*"}));
            assert_eq!(bench.status(&job), "Finished");
            let entry = bench.entry("MIGRATION", &job);
            let found = ["StructureInitializationStatus", "DataInitializationStatus"]
                .map(|name| (text(&entry[name], "Status"), text(&entry[name], "Percent")));
            let expected = expected.map(|(status, percent)| (status.to_owned(), percent.to_owned()));
            assert_eq!(found, expected, "{paused}");
        }
    }
}

#[test]
fn each_kind_of_job_has_its_own_word_for_failed() {
    let bench = Bench::immediate();
    let fails = |job: &str, stage: &str| {
        bench
            .emulator
            .script_job(json!({"job": job, "failure": {"stage": stage}}));
        bench.status(job)
    };
    let (_, sync) = bench.synchronize();
    assert_eq!(fails(&sync, "full"), "Synchronizing", "that is over");
    assert_eq!(fails(&sync, "incremental"), "Failed");
    bench.ok("StartDtsJob", &[("DtsJobId", &sync)]);
    assert_eq!(bench.status(&sync), "Synchronizing");
    bench
        .emulator
        .script_job(json!({"job": sync, "failure": {"stage": "modify"}}));
    let instance = text(&bench.detail(&sync), "DtsInstanceID");
    let change = [
        ("DtsInstanceId", instance.as_str()),
        ("DbList", r#"{"d":{"all":true}}"#),
    ];
    bench.ok("ModifyDtsJob", &change);
    assert_eq!(bench.status(&sync), "ModifyFailed");
    bench.ok("StopDtsJob", &[("DtsJobId", &sync)]);
    assert_eq!(bench.status(&sync), "Finished");

    let (_, subscription) = bench.subscribe();
    assert_eq!(fails(&subscription, "incremental"), "Abnormal");
    assert!(text(&bench.detail(&subscription), "ErrorMessage").starts_with("DTS-070211: "));

    // Every job from now on, twice.
    bench
        .emulator
        .script_job(json!({"job": "*", "failure": {"stage": "structure", "times": 2}}));
    let (_, other) = bench.synchronize();
    assert_eq!(bench.status(&other), "InitializeFailed");
    bench.ok("StartDtsJob", &[("DtsJobId", &other)]);
    assert_eq!(bench.status(&other), "InitializeFailed");
    bench.ok("StartDtsJob", &[("DtsJobId", &other)]);
    assert_eq!(bench.status(&other), "Synchronizing");
}

#[test]
fn a_job_falls_behind_retries_and_is_locked() {
    let bench = Bench::immediate();
    let (_, job) = bench.synchronize();
    let states = || {
        let entry = bench.entry("SYNC", &job);
        let module = text(&entry["DataSynchronizationStatus"], "Status");
        (
            bench.detail(&job)["Delay"].as_i64().unwrap(),
            entry["Delay"].as_i64().unwrap(),
            module,
        )
    };
    assert_eq!(states(), (20, 0, "Catched".to_owned()));
    bench.emulator.script_job(json!({"job": job, "delay_ms": 90_000}));
    // Milliseconds here, seconds there.
    assert_eq!(states(), (90_000, 90, "Migrating".to_owned()));
    bench
        .emulator
        .script_job(json!({"job": job, "retrying": {"message": "no answer", "count": 3}}));
    let detail = bench.detail(&job);
    assert_eq!(
        (
            &detail["Status"],
            &detail["RetryState"]["Retrying"],
            &detail["RetryState"]["ErrMessage"]
        ),
        (&json!("Retrying"), &json!(true), &json!("no answer"))
    );
    bench.emulator.script_job(json!({"job": job, "locked": true}));
    assert_eq!(bench.status(&job), "Locked");
    let locked = bench.ok("DescribeDtsJobs", &[("JobType", "SYNC"), ("Status", "Locked")]);
    assert_eq!(locked["TotalRecordCount"], 1);
    for action in ["StartDtsJob", "SuspendDtsJob", "StopDtsJob"] {
        assert_eq!(
            bench.refused(action, &[("DtsJobId", &job)]),
            (403, "OperationDenied.JobStatus".to_owned()),
            "{action}"
        );
    }
    bench.emulator.script_job(json!({"job": job}));
    assert_eq!(bench.status(&job), "Synchronizing");
}

#[test]
fn by_the_admin_route() {
    let bench = Bench::immediate();
    let (_, job) = bench.synchronize();
    let put = |script: serde_json::Value| {
        let url = format!("{}/_emulator/jobs", bench.emulator.url());
        bench
            .send(bench.http().put(url).body(script.to_string()))
            .unwrap()
    };
    assert_eq!(
        put(json!({"job": job, "failure": {"stage": "incremental"}})),
        (200, json!({"ok": true}))
    );
    assert_eq!(bench.status(&job), "Failed");
    let (status, body) = put(json!({"job": job, "failure": {"stage": "never"}}));
    assert_eq!(status, 400);
    assert!(text(&body, "error").contains("unknown variant `never`"));
    put(json!({"job": "*", "locked": true}));
    bench.emulator.reset();
    let (_, job) = bench.synchronize();
    assert_eq!(
        bench.status(&job),
        "Synchronizing",
        "a reset forgets what was written down"
    );
}
