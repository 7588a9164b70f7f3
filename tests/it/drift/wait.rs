//! `wait_for` and `max_delay_seconds`: how far an apply follows the job.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};
use terraform_provider_dts::api::{Clock, Context, HttpRequest, HttpResponse, Transport, TransportError};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action;
use tokio::time::Instant;

use crate::changes::bed::{Bed, Managed, operations_of};
use crate::changes::config::{MIGRATION, SUBSCRIBE, SYNC, instance, job, subscription, with};

/// Every passing state shows for so many reads.
const READS: Lifecycle = Lifecycle::Reads(3);

/// Configures with a wait and gives back the status that the apply recorded.
fn recorded(kind: &str, changes: Json) -> String {
    let bed = Bed::with(READS, None);
    let mut managed = bed.job();
    let mut config = with(&job(kind), changes);
    if config["desired_status"] != "prechecked" {
        let mut bought = bed.instance();
        bought.settle(&instance(kind));
        config["dts_instance_id"] = json!(bought.text("id"));
    }
    managed.settle_once(&config);
    managed.text("status")
}

#[test]
fn each_wait_follows_the_job_so_far_and_no_farther() {
    for (kind, follows, wait, statuses) in [
        (SYNC, true, json!("none"), &["Prechecking"][..]),
        (SYNC, true, json!("prechecked"), &["Initializing"]),
        (SYNC, true, json!("running"), &["Initializing"]),
        (SYNC, true, Json::Null, &["Initializing"]),
        (SYNC, true, json!("initialized"), &["Synchronizing"]),
        (SYNC, true, json!("caught_up"), &["Synchronizing"]),
        (MIGRATION, true, json!("none"), &["Prechecking"]),
        (MIGRATION, true, json!("running"), &["Migrating"]),
        (MIGRATION, true, json!("caught_up"), &["Migrating"]),
        (MIGRATION, false, json!("running"), &["Migrating"]),
        (MIGRATION, false, json!("initialized"), &["Finished"]),
        (MIGRATION, false, json!("finished"), &["Finished"]),
    ] {
        let changes = json!({ "data_synchronization": follows, "wait_for": wait });
        let status = recorded(kind, changes);
        assert!(
            statuses.contains(&status.as_str()),
            "{kind} {follows} {wait}: {status}"
        );
    }
    for (wait, status) in [
        (Json::Null, "PreCheckPass"),
        (json!("prechecked"), "PreCheckPass"),
        (json!("none"), "Prechecking"),
    ] {
        let found = recorded(SYNC, json!({ "desired_status": "prechecked", "wait_for": wait }));
        assert_eq!(found, status, "{wait}");
    }
    // Not started only to be paused.
    assert_eq!(
        recorded(SYNC, json!({ "desired_status": "suspended" })),
        "NotStarted"
    );
}

#[test]
fn a_wait_that_takes_too_long_names_what_to_raise_and_loses_nothing() {
    for (wait, status) in [("running", "Prechecking"), ("initialized", "Prechecking")] {
        let bed = Bed::with(Lifecycle::Reads(1_000_000), None);
        let mut bought = bed.instance();
        bought.settle(&instance(SYNC));
        let config = with(
            &job(SYNC),
            json!({ "dts_instance_id": bought.text("id"), "wait_for": wait, "timeouts": { "create": "3s" } }),
        );
        let mut managed = bed.job();
        let planned = managed.must_plan(&config);
        let problems = managed.apply(&planned, &config);
        let error = problems.iter().find(|problem| problem.is_error()).unwrap();
        for part in ["timeouts.create", status, "3s"] {
            assert!(error.detail.contains(part), "{}", error.detail);
        }
        assert_eq!(managed.text("dts_instance_id"), bought.text("id"));
        assert!(managed.core.state.as_ref().unwrap().tainted);
        assert!(!managed.text("id").is_empty());
    }
}

/// A clock that only moves by what is waited, and a network that notes when by that clock each call was sent.
#[derive(Debug)]
struct Noting {
    begin: Instant,
    slept: Mutex<Duration>,
    real: Arc<dyn Transport>,
    sent: Mutex<Vec<Duration>>,
}

#[async_trait::async_trait]
impl Clock for Noting {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn instant(&self) -> Instant {
        self.begin + *self.slept.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.slept.lock().unwrap() += duration;
    }
}

#[async_trait::async_trait]
impl Transport for Noting {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.sent.lock().unwrap().push(*self.slept.lock().unwrap());
        self.real.send(request).await
    }
}

/// From the first poll to what is recorded after the last one, whether the wait ends well or not.
#[test]
fn one_object_is_not_read_twice_within_a_second() {
    let job_on_instance = with(&job(SYNC), json!({ "wait_for": "running" }));
    for (type_name, kind, config) in [
        ("dts_job", SYNC, job_on_instance),
        ("dts_subscription", SUBSCRIBE, subscription()),
    ] {
        for (reads, succeeds) in [(1_000_000, false), (4, true)] {
            let system = Context::system();
            let noting = Arc::new(Noting {
                begin: Instant::now(),
                slept: Mutex::default(),
                real: Arc::clone(&system.transport),
                sent: Mutex::default(),
            });
            let context = Context::new(noting.clone(), system.env, noting.clone());
            let bed = Bed::in_context(Lifecycle::Reads(reads), None, context);
            let mut bought = bed.instance();
            bought.settle(&instance(kind));
            let more = json!({ "dts_instance_id": bought.text("id"), "desired_status": "running", "timeouts": { "create": "11s" } });
            let config = with(&config, more);
            let mut managed = bed.resource(type_name);
            let planned = managed.must_plan(&config);
            noting.sent.lock().unwrap().clear();
            let mark = bed.mark();
            let problems = managed.apply(&planned, &config);
            assert_eq!(problems.has_errors(), !succeeds, "{problems:#?}");

            let calls = bed.emulator.calls();
            let sent = noting.sent.lock().unwrap().clone();
            let of_calls: Vec<_> = calls[mark..]
                .iter()
                .map(|call| call.action.as_str())
                .zip(sent)
                .collect();
            let polls = of_calls
                .rsplit(|(action, _)| !action.starts_with("Describe"))
                .next()
                .unwrap();
            assert!(polls.len() > 3, "{of_calls:?}");
            for pair in polls.windows(2) {
                assert!(
                    pair[1].1 - pair[0].1 >= Duration::from_secs(1),
                    "{type_name}: {of_calls:?}"
                );
            }
        }
    }
}

/// What was asked for and did not come true is asked for again.
#[test]
fn a_wait_that_failed_in_an_update_is_taken_up_again() {
    let bed = Bed::new();
    let (_instance, mut managed, config) = bed.bought(
        &instance(SYNC),
        &with(&job(SYNC), json!({ "desired_status": "configured" })),
    );
    bed.emulator.set_lifecycle("seconds:3600".parse().unwrap());
    let changes =
        json!({ "desired_status": "running", "wait_for": "initialized", "timeouts": { "update": "3s" } });
    let running = with(&config, changes);
    for operations in [&["StartDtsJob"][..], &[]] {
        let planned = managed.must_plan(&running);
        assert_eq!(planned.action, Action::Update);
        assert_eq!(operations_of(&planned.planned), operations);
        if operations.is_empty() {
            Managed::warned(&planned, "wait_for", "has not come true yet");
        }
        let mark = bed.mark();
        assert!(managed.apply(&planned, &running).has_errors());
        assert_eq!(bed.changing_calls(mark), operations);
        assert!(!managed.core.state.as_ref().unwrap().tainted);
    }
    // The user gives up, and takes it up again.
    let patient = with(&running, json!({ "wait_for": "none" }));
    managed.settle(&patient);
    let planned = managed.must_plan(&running);
    assert!(managed.apply(&planned, &running).has_errors());
    bed.emulator.set_lifecycle(Lifecycle::Immediate);
    managed.refresh();
    assert_eq!(
        managed.must_plan(&running).action,
        Action::Update,
        "only a wait tells that all is moved"
    );
    managed.settle(&running);
    assert_eq!(managed.text("status").to_ascii_lowercase(), "synchronizing");
}

#[test]
fn a_wait_that_is_added_later_is_followed_in_place() {
    let bed = Bed::with(READS, None);
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let config = with(
        &job(SYNC),
        json!({ "dts_instance_id": bought.text("id"), "wait_for": "none" }),
    );
    let mut managed = bed.job();
    managed.settle_once(&config);
    assert_eq!(managed.text("status"), "Prechecking");
    let mark = bed.mark();
    managed.settle_once(&with(
        &config,
        json!({ "wait_for": "caught_up", "max_delay_seconds": 1 }),
    ));
    assert_eq!(managed.text("status"), "Synchronizing");
    assert_eq!(bed.changing_calls(mark), [""; 0]);
}

/// A create that gave up taints; who untaints goes on to wait, and is not told that all is well.
#[test]
fn a_subscription_that_was_not_seen_to_run_is_waited_for_again() {
    let bed = Bed::new();
    let mut bought = bed.instance();
    bought.settle(&instance(SUBSCRIBE));
    bed.emulator.set_lifecycle("seconds:3600".parse().unwrap());
    let config = with(
        &subscription(),
        json!({ "dts_instance_id": bought.text("id"), "timeouts": { "create": "3s", "update": "3s" } }),
    );
    let mut managed = bed.resource("dts_subscription");
    let planned = managed.must_plan(&config);
    assert!(managed.apply(&planned, &config).has_errors());
    managed.core.state.as_mut().unwrap().tainted = false;
    for _ in 0..2 {
        let planned = managed.must_plan(&config);
        assert_eq!(
            (planned.action, operations_of(&planned.planned).len()),
            (Action::Update, 0)
        );
        Managed::warned(&planned, "desired_status", "has not come true yet");
        assert!(managed.apply(&planned, &config).has_errors());
    }
    bed.emulator.set_lifecycle(Lifecycle::Immediate);
    managed.settle(&config);
    assert_eq!(managed.text("status"), "Normal");
}
