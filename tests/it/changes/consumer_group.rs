//! Consumer groups: made once, changed in place, waiting for their subscription, found again after a lost answer.

use serde_json::{Value as Json, json};
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::rules::Action::{Create, Replace, Update};

use super::bed::{Bed, Managed};
use super::config::{subscription, with};
use super::in_place::sent;

const CREATE: &str = "CreateConsumerChannel";
const MODIFY: &str = "ModifyConsumerChannel";
const DELETE: &str = "DeleteConsumerChannel";

fn group(job_id: &str) -> Json {
    json!({
        "dts_job_id": job_id,
        "consumer_group_name": "billing",
        "consumer_group_user_name": "reader_1",
        "consumer_group_password": "secret-Pass1",
    })
}

fn resource(bed: &Bed) -> Managed<'_> {
    bed.resource("dts_consumer_group")
}

/// The id of a subscription that can be consumed, and that of its instance.
fn running(bed: &Bed) -> (String, String) {
    let (managed, _) = bed.subscribed(&subscription());
    (managed.text("id"), managed.text("dts_instance_id"))
}

fn there(bed: &Bed, job_id: &str) -> Vec<Json> {
    let params = [("DtsJobId", job_id), ("RegionId", "cn-hangzhou")];
    let listed = bed.call("DescribeConsumerChannel", &params);
    listed["ConsumerChannels"].as_array().unwrap().clone()
}

#[test]
fn a_group_is_made_changed_and_deleted() {
    for lifecycle in [Lifecycle::Immediate, Lifecycle::Reads(2)] {
        let bed = Bed::with(lifecycle, None);
        let (job, instance) = running(&bed);
        let mut managed = resource(&bed);
        let config = group(&job);
        managed.change(&config, Create, &[CREATE]);
        let id = managed.text("consumer_group_id");
        assert_eq!(managed.text("id"), format!("{instance}:{id}"));
        assert_eq!(managed.text("dts_instance_id"), instance);
        for change in [
            json!({ "consumer_group_name": "invoices" }),
            json!({ "consumer_group_user_name": "reader_2" }),
            json!({ "consumer_group_password": "other-Pass2" }),
            json!({ "consumer_group_name": "all", "consumer_group_user_name": "three", "consumer_group_password": "other-Pass2" }),
        ] {
            let changed = with(&config, change.clone());
            managed.change(&changed, Update, &[MODIFY]);
            // What did not change is not said.
            for name in ["ConsumerGroupName", "ConsumerGroupUserName"] {
                let argument = if name.ends_with("UserName") {
                    "consumer_group_user_name"
                } else {
                    "consumer_group_name"
                };
                assert_eq!(
                    sent(&bed, MODIFY).contains_key(name),
                    !change[argument].is_null(),
                    "{change} {name}"
                );
            }
            managed.change(&config, Update, &[MODIFY]);
        }
        assert_eq!(managed.text("consumer_group_id"), id);
        let mark = bed.mark();
        managed.settle(&Json::Null);
        assert_eq!(bed.changing_calls(mark), [DELETE]);
        assert_eq!(there(&bed, &job), [Json::Null; 0]);
    }
}

#[test]
fn a_write_only_password_is_set_by_its_version() {
    let bed = Bed::new();
    let (job, _) = running(&bed);
    let hidden = |password: &str, version: i64| {
        with(
            &group(&job),
            json!({ "consumer_group_password": null, "consumer_group_password_wo": password, "consumer_group_password_wo_version": version }),
        )
    };
    let mut managed = resource(&bed);
    managed.settle(&hidden("secret-Pass1", 1));
    managed.assert_plan_is_empty(&hidden("another-Pass1", 1));
    managed.change(&hidden("another-Pass1", 2), Update, &[MODIFY]);
    let state = managed.core.value().reveal().to_string();
    assert!(!state.contains("Pass1"), "{state}");
    // Out of the state, and into it.
    let mut managed = resource(&bed);
    let named = json!({ "consumer_group_name": "second" });
    managed.settle(&with(&group(&job), named.clone()));
    managed.change(&with(&hidden("secret-Pass1", 1), named), Update, &[]);
}

/// DTS takes changes of groups only of a subscription that is `Normal`.
#[test]
fn a_subscription_that_does_not_run_takes_no_group() {
    let bed = Bed::new();
    let (managed, _) = bed.subscribed(&with(&subscription(), json!({ "desired_status": "configured" })));
    let job = managed.text("id");
    resource(&bed).fails(&group(&job), "", &["NotStarted", "desired_status = \"running\""]);
    resource(&bed).fails(&group("nowhere"), "dts_job_id", &["nowhere"]);
    // On its way, it is waited for.
    let bed = Bed::with(Lifecycle::Reads(2), None);
    let (managed, _) = bed.subscribed(&with(&subscription(), json!({ "wait_for": "none" })));
    let job = managed.text("id");
    resource(&bed).settle(&group(&job));
    assert_eq!(there(&bed, &job).len(), 1);
}

#[test]
fn what_is_done_behind_our_back_is_seen() {
    let bed = Bed::new();
    let (job, _) = running(&bed);
    let mut managed = resource(&bed);
    let config = group(&job);
    managed.settle(&config);
    let id = managed.text("consumer_group_id");
    let of = [
        ("RegionId", "cn-hangzhou"),
        ("DtsJobId", job.as_str()),
        ("ConsumerGroupId", id.as_str()),
    ];
    bed.call(MODIFY, &[&of[..], &[("ConsumerGroupName", "elsewhere")]].concat());
    managed.change(&config, Update, &[MODIFY]);
    bed.call(DELETE, &of);
    managed.refresh();
    assert!(managed.core.state.is_none());
    managed.change(&config, Create, &[CREATE]);
    // With its subscription, which is removed first: nothing is left to delete.
    bed.call("ResetDtsJob", &[("DtsJobId", &job)]);
    managed.settle(&Json::Null);
}

#[test]
fn it_is_imported_by_instance_or_subscription() {
    let bed = Bed::new();
    let (job, instance) = running(&bed);
    let config = group(&job);
    let mut managed = resource(&bed);
    managed.settle(&config);
    let group_id = managed.text("consumer_group_id");
    for place in [&instance, &job] {
        let mut imported = resource(&bed);
        imported.import(&format!("{place}:{group_id}")).unwrap();
        let planned = imported.must_plan(&config);
        Managed::warned(&planned, "consumer_group_password", "taken over unchecked");
        imported.change(&config, Update, &[]);
        assert_eq!(imported.text("id"), format!("{instance}:{group_id}"));
    }
    let mut sync = bed.instance();
    sync.settle(&super::config::instance(super::config::SYNC));
    for (wrong, part) in [
        (
            group_id.clone(),
            "is one id, and a consumer group is imported by two",
        ),
        (
            instance.clone(),
            "is one id, and a consumer group is imported by two",
        ),
        (format!("nowhere:{group_id}"), "There is no subscription"),
        (
            format!("{instance}:nowhere"),
            &format!("Write one of its groups after the colon: {group_id} (billing)."),
        ),
        (
            format!("{}:{group_id}", sync.text("id")),
            "is the id of a SYNC job or its instance. Only a subscription has consumer groups",
        ),
    ] {
        let errors = resource(&bed).import(&wrong).unwrap_err();
        let told = errors.iter().next().unwrap();
        assert!(told.detail.contains(part), "{wrong}: {}", told.detail);
    }
}

#[test]
fn another_subscription_has_another_group() {
    let bed = Bed::new();
    let (job, _) = running(&bed);
    let (other, _) = running(&bed);
    let mut managed = resource(&bed);
    managed.settle(&group(&job));
    managed.change_after(&group(&other), Replace, &[DELETE], &[CREATE]);
    assert_eq!((there(&bed, &job).len(), there(&bed, &other).len()), (0, 1));
}

#[test]
fn a_lost_answer_is_looked_up_and_nothing_is_made_twice() {
    for (kind, calls) in [("cut_after", 1), ("cut_before", 2), ("garbage", 2)] {
        let bed = Bed::new();
        let (job, _) = running(&bed);
        bed.emulator
            .add_faults(json!([{ "action": CREATE, "nth": 1, "times": 1, "kind": kind }]));
        let mut managed = resource(&bed);
        let config = group(&job);
        let planned = managed.must_plan(&config);
        let problems = managed.apply(&planned, &config);
        assert!(!problems.has_errors(), "{kind}: {problems:#?}");
        let found = there(&bed, &job);
        assert_eq!(found.len(), 1, "{kind}");
        assert_eq!(
            found[0]["ConsumerGroupId"],
            managed.text("consumer_group_id").as_str()
        );
        let mark = bed.mark();
        managed.assert_plan_is_empty(&config);
        assert_eq!(bed.changing_calls(mark), [""; 0]);
        let made = bed
            .emulator
            .calls()
            .iter()
            .filter(|call| call.action == CREATE)
            .count();
        assert_eq!(made, calls, "{kind}");
    }
}

/// Left by an apply that was killed, or somebody else's.
#[test]
fn one_of_that_name_is_named_and_not_made_again() {
    let bed = Bed::new();
    let (job, instance) = running(&bed);
    let mut first = resource(&bed);
    first.settle(&group(&job));
    let id = first.text("id");
    resource(&bed).fails(
        &group(&job),
        "consumer_group_name",
        &["terraform import <address>", &id, &instance],
    );
    assert_eq!(there(&bed, &job).len(), 1);
}

#[test]
fn what_dts_refuses_is_refused_in_the_plan() {
    let bed = Bed::new();
    let mut managed = resource(&bed);
    for (change, path, text) in [
        (json!({ "dts_job_id": null }), "dts_job_id", "Neither dts_job_id"),
        (
            json!({ "consumer_group_name": "n".repeat(129) }),
            "consumer_group_name",
            "128 at most",
        ),
        (
            json!({ "consumer_group_user_name": "no-hyphens" }),
            "consumer_group_user_name",
            "letters, digits and underscores",
        ),
        (
            json!({ "consumer_group_password": "simple" }),
            "consumer_group_password",
            "8 to 32 characters",
        ),
        (
            json!({ "consumer_group_password": null }),
            "consumer_group_password",
            "is missing",
        ),
    ] {
        managed.refused(&with(&group("j1"), change), path, text);
    }
}
