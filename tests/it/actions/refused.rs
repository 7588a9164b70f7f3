//! Actions that cannot do what they are asked: which attribute is to blame, what the state is, which states are allowed, what to do.
//! Nothing is called then.

use serde_json::{Value, json};
use terraform_provider_dts::api;

use crate::support::bench::Bench;
use crate::support::outside::{self, invoke, validate};

/// One error, at this attribute, that says all this.
#[track_caller]
fn check(bench: &Bench, action: &str, config: &Value, attribute: &str, parts: &[&str]) {
    let mark = bench.mark();
    let (told, problems) = invoke(bench, action, config);
    assert_eq!(problems.len(), 1, "{action} {config}: {problems:?} {told:?}");
    let path = problems[0].path.as_ref().map(ToString::to_string);
    assert_eq!(path.as_deref(), Some(attribute), "{problems:?}");
    let text = format!("{} {}", problems[0].summary, problems[0].detail);
    for part in parts {
        assert!(text.contains(part), "{action}: {part:?} in {text}");
    }
    assert_eq!(bench.changes_since(mark), [""; 0], "{action} {config}");
}

const ACTIONS: [&str; 6] = [
    "dts_start_job",
    "dts_suspend_job",
    "dts_stop_job",
    "dts_reset_job",
    "dts_precheck",
    "dts_skip_precheck",
];

/// With what the action needs beside the job.
fn of(action: &str, job_id: &str) -> Value {
    match action {
        "dts_skip_precheck" => json!({"job_id": job_id, "items": ["CHECK_SAME_OBJ"]}),
        _ => json!({"job_id": job_id}),
    }
}

#[test]
fn a_job_that_is_not_there() {
    let bench = Bench::immediate();
    let made = outside::on_instance(&bench, "SYNC", "orders");
    for action in ACTIONS {
        let no_such = [
            "Unable to",
            "There is no such job in region cn-hangzhou",
            "InvalidJobId",
        ];
        check(&bench, action, &of(action, "nosuchjob"), "job_id", &no_such);
        let job = format!("Set `job_id` to that of its job, \"{}\"", made.job_id);
        check(
            &bench,
            action,
            &of(action, &made.instance_id),
            "job_id",
            &["is the id of an instance", &job],
        );
    }
}

#[test]
fn a_job_in_the_wrong_state() {
    let bench = Bench::immediate();
    let unconfigured = outside::bought(&bench, "SYNC").job_id;
    let unbought = outside::configured(&bench, "SYNC", "unbought").job_id;
    let not_started = outside::on_instance(&bench, "SYNC", "not started").job_id;
    let running = outside::running(&bench, "SYNC", "running").job_id;
    let migration = outside::running(&bench, "MIGRATION", "migration").job_id;
    let stopped = outside::running(&bench, "SYNC", "stopped").job_id;
    let stop = api::JobRef::job(&stopped);
    bench.with_client(async move |api| api.stop_dts_job(&stop).await);
    for (action, job, parts) in [
        (
            "dts_start_job",
            &unconfigured,
            [
                "status is NotConfigured",
                "NotStarted, PrecheckFailed",
                "Configure it first",
            ],
        ),
        (
            "dts_start_job",
            &stopped,
            ["status is Finished", "Suspending", "for good"],
        ),
        (
            "dts_start_job",
            &unbought,
            ["No instance was bought", "NotStarted", "dts_precheck"],
        ),
        (
            "dts_suspend_job",
            &unconfigured,
            ["NotConfigured", "Migrating, Synchronizing", "dts_start_job"],
        ),
        (
            "dts_suspend_job",
            &not_started,
            ["NotStarted", "Migrating, Synchronizing", "dts_start_job"],
        ),
        (
            "dts_suspend_job",
            &stopped,
            ["Finished", "Migrating, Synchronizing", "for good"],
        ),
        (
            "dts_stop_job",
            &not_started,
            ["NotStarted", "Suspending", "nothing to stop"],
        ),
        (
            "dts_reset_job",
            &migration,
            ["MIGRATION", "Migrating", "Replace its instance"],
        ),
        (
            "dts_reset_job",
            &unbought,
            ["No instance was bought", "NotStarted", "Delete it"],
        ),
        (
            "dts_precheck",
            &unconfigured,
            ["NotConfigured", "NotStarted, Prechecking", "Configure it first"],
        ),
        (
            "dts_precheck",
            &running,
            ["Synchronizing", "PreCheckPass", "passed its precheck"],
        ),
        (
            "dts_precheck",
            &not_started,
            ["has an instance", "also starts the job", "dts_start_job"],
        ),
        (
            "dts_skip_precheck",
            &unbought,
            ["NotStarted", "PrecheckFailed, PreCheckPass", "dts_precheck"],
        ),
    ] {
        check(&bench, action, &of(action, job), "job_id", &parts);
    }
}

/// A job that follows changes has no end to wait for.
#[test]
fn an_end_that_does_not_come() {
    let bench = Bench::immediate();
    for kind in ["SYNC", "MIGRATION"] {
        for made in [
            outside::on_instance(&bench, kind, "new"),
            outside::running(&bench, kind, "old"),
        ] {
            let config = json!({"job_id": made.job_id, "wait_for": "finished"});
            let parts = [
                "wait_for = \"finished\" cannot come true",
                &made.job_id,
                "`caught_up` or `initialized`",
            ];
            check(&bench, "dts_start_job", &config, "wait_for", &parts);
        }
    }
}

#[test]
fn checks_that_cannot_be_skipped() {
    let bench = Bench::immediate();
    let made = outside::configured(&bench, "SYNC", "orders");
    let (_, problems) = invoke(&bench, "dts_precheck", &json!({"job_id": made.job_id}));
    assert_eq!(problems, []);
    for (item, part) in [
        (
            "CHECK_NOTHING",
            "The precheck of the job has no such check. It has: CHECK_",
        ),
        ("CHECK_CONN_SRC", "DTS does not let it be skipped"),
    ] {
        let config = json!({"job_id": made.job_id, "items": [item]});
        check(&bench, "dts_skip_precheck", &config, "items", &[item, part]);
    }
}

#[test]
fn what_the_configuration_alone_can_tell() {
    for (action, more, attribute, part) in [
        (
            "dts_start_job",
            json!({"job_id": ""}),
            "job_id",
            "must not be empty",
        ),
        (
            "dts_start_job",
            json!({"wait_for": "suspended"}),
            "wait_for",
            "prechecked, running, initialized, caught_up, finished, none",
        ),
        (
            "dts_suspend_job",
            json!({"wait_for": "running"}),
            "wait_for",
            "suspended, none",
        ),
        (
            "dts_stop_job",
            json!({"wait_for": "finished"}),
            "wait_for",
            "stopped, none",
        ),
        (
            "dts_stop_job",
            json!({"timeout": "5 minutes"}),
            "timeout",
            "`1h30m`",
        ),
        (
            "dts_stop_job",
            json!({"synchronization_direction": "reverse"}),
            "synchronization_direction",
            "Forward, Reverse",
        ),
        (
            "dts_start_job",
            json!({"max_delay_seconds": 5}),
            "max_delay_seconds",
            "caught_up",
        ),
        (
            "dts_start_job",
            json!({"max_delay_seconds": -1, "wait_for": "caught_up"}),
            "max_delay_seconds",
            "from 0 to 86400",
        ),
        (
            "dts_skip_precheck",
            json!({"items": []}),
            "items",
            "Name the checks",
        ),
        (
            "dts_skip_precheck",
            json!({"items": ["same objects"]}),
            "items",
            "capital letters",
        ),
    ] {
        let mut config = of(action, "some-job");
        config
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let told = validate(action, &config);
        assert_eq!(told.len(), 1, "{action} {config}: {told:?}");
        assert_eq!(told[0].path.as_ref().unwrap().to_string(), attribute, "{told:?}");
        assert!(told[0].detail.contains(part), "{part} in {told:?}");
    }
    for action in ACTIONS {
        assert_eq!(validate(action, &of(action, "some-job")), [], "{action}");
    }
}

/// `Finished`, and not at its end: it is nothing that a start or a pause would find done already.
#[test]
fn a_migration_that_was_stopped_half_way() {
    let bench = Bench::immediate();
    bench
        .emulator
        .script_job(json!({"job": "*", "progress": {"structure": 100, "full": 40}}));
    let once = |bench: &Bench| {
        let made = outside::bought(bench, "MIGRATION");
        let request = api::ConfigureDtsJob {
            data_synchronization: false,
            dts_instance_id: Some(made.instance_id.clone()),
            ..outside::configuration("MIGRATION", "orders")
        };
        bench.with_client(async move |api| api.configure_dts_job(&request).await);
        let job = api::JobRef::job(&made.job_id);
        bench.with_client(async move |api| api.start_dts_job(&job).await);
        made
    };
    let made = once(&bench);
    let job = api::JobRef::job(&made.job_id);
    bench.with_client(async move |api| api.stop_dts_job(&job).await);
    bench.emulator.script_job(json!({"job": "*"}));
    for action in ["dts_start_job", "dts_suspend_job"] {
        let told = ["ended for good", "It was stopped at structure 100%, data 40%."];
        check(&bench, action, &of(action, &made.job_id), "job_id", &told);
    }
    // One that came to its end has what was asked for.
    let made = once(&bench);
    for action in ["dts_start_job", "dts_suspend_job", "dts_stop_job"] {
        let (told, problems) = invoke(&bench, action, &of(action, &made.job_id));
        assert_eq!(problems, [], "{action}: {told:?}");
    }
}
