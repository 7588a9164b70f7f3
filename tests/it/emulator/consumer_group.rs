//! Consumer groups of a subscription.

use serde_json::{Value, json};

use super::client::{Bench, text, with};

const GROUP: [(&str, &str); 4] = [
    ("RegionId", "cn-hangzhou"),
    ("ConsumerGroupName", "billing"),
    ("ConsumerGroupUserName", "reader_1"),
    ("ConsumerGroupPassword", "secret-Pass1"),
];

fn groups(bench: &Bench, instance: &str) -> Vec<Value> {
    let params = [("RegionId", "cn-hangzhou"), ("DtsInstanceId", instance)];
    bench.ok("DescribeConsumerChannel", &params)["ConsumerChannels"]
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn are_made_changed_listed_and_deleted() {
    let bench = Bench::immediate();
    let (instance, _) = bench.subscribe();
    let of = ("DtsInstanceId", instance.as_str());
    let body = bench.ok("CreateConsumerChannel", &with(&GROUP, &[of]));
    // The one reply that spells it so.
    let id = text(&body, "ConsumerGroupID");
    let group = ("ConsumerGroupId", id.as_str());
    assert_eq!(
        groups(&bench, &instance),
        [json!({
            "ConsumerGroupId": id, "ConsumerGroupName": "billing", "ConsumerGroupUserName": "reader_1",
            "ConsumptionCheckpoint": "", "MessageDelay": -1, "UnconsumedData": 0,
        })]
    );
    bench.ok(
        "ModifyConsumerChannel",
        &[GROUP[0], of, group, ("ConsumerGroupPassword", "other-Pass2")],
    );
    bench.ok(
        "ModifyConsumerChannel",
        &[GROUP[0], of, group, ("ConsumerGroupName", "invoices")],
    );
    assert_eq!(groups(&bench, &instance)[0]["ConsumerGroupName"], "invoices");
    assert_eq!(groups(&bench, &instance)[0]["ConsumerGroupUserName"], "reader_1");
    let calls = format!("{:?}", bench.emulator.calls());
    assert!(!calls.contains("secret-Pass1") && !calls.contains("other-Pass2"));

    for name in ["a", "b"] {
        bench.ok(
            "CreateConsumerChannel",
            &with(&GROUP, &[of, ("ConsumerGroupName", name)]),
        );
    }
    let page = |number: &str| {
        let params = [GROUP[0], of, ("PageSize", "2"), ("PageNumber", number)];
        let body = bench.ok("DescribeConsumerChannel", &params);
        (
            body["PageRecordCount"].as_u64().unwrap(),
            body["TotalRecordCount"].as_u64().unwrap(),
        )
    };
    assert_eq!([page("1"), page("2"), page("3")], [(2, 3), (1, 3), (0, 3)]);
    bench.ok("DeleteConsumerChannel", &[GROUP[0], of, group]);
    assert_eq!(groups(&bench, &instance).len(), 2);
    assert_eq!(
        bench.refused("DeleteConsumerChannel", &[GROUP[0], of, group]),
        (400, "InvalidConsumerGroupId".to_owned())
    );
}

#[test]
fn change_only_while_the_subscription_is_normal() {
    let bench = Bench::new("reads:1", None);
    let (instance, job) = bench.subscribe();
    let of = ("DtsInstanceId", instance.as_str());
    let denied = (403, "OperationDenied.JobStatus".to_owned());
    assert_eq!(
        bench.refused("CreateConsumerChannel", &with(&GROUP, &[of])),
        denied
    );
    assert_eq!(bench.statuses(&job, 3), ["Prechecking", "Starting", "Normal"]);
    let id = text(
        &bench.ok("CreateConsumerChannel", &with(&GROUP, &[of])),
        "ConsumerGroupID",
    );
    bench.ok("SuspendDtsJob", &[of]);
    bench.statuses(&job, 2);
    let group = [GROUP[0], of, ("ConsumerGroupId", id.as_str())];
    assert_eq!(bench.refused("ModifyConsumerChannel", &group), denied);
    assert_eq!(bench.refused("DeleteConsumerChannel", &group), denied);
    assert_eq!(groups(&bench, &instance).len(), 1, "they can be read at any time");
}

#[test]
fn are_refused_with_what_the_service_cannot_use() {
    let bench = Bench::immediate();
    let (instance, _) = bench.subscribe();
    let base = with(&GROUP, &[("DtsInstanceId", &instance)]);
    let long = "n".repeat(129);
    for (name, value, code) in [
        ("RegionId", "", "MissingRegionId"),
        ("ConsumerGroupName", "", "MissingConsumerGroupName"),
        ("ConsumerGroupName", long.as_str(), "InvalidConsumerGroupName"),
        ("ConsumerGroupUserName", "", "MissingConsumerGroupUserName"),
        (
            "ConsumerGroupUserName",
            "with-dash",
            "InvalidConsumerGroupUserName",
        ),
        (
            "ConsumerGroupUserName",
            "seventeen_letters",
            "InvalidConsumerGroupUserName",
        ),
        ("ConsumerGroupPassword", "", "MissingConsumerGroupPassword"),
        ("ConsumerGroupPassword", "short-1", "InvalidConsumerGroupPassword"),
        (
            "ConsumerGroupPassword",
            "onlylowercase",
            "InvalidConsumerGroupPassword",
        ),
    ] {
        let refused = bench.refused("CreateConsumerChannel", &with(&base, &[(name, value)]));
        assert_eq!(refused, (400, code.to_owned()), "{name} {value}");
    }
    assert_eq!(groups(&bench, &instance), [json!(null); 0]);
    let (sync, _) = bench.synchronize();
    let other = bench.refused("CreateConsumerChannel", &with(&base, &[("DtsInstanceId", &sync)]));
    assert_eq!(other, (400, "UnSupportedTaskType".to_owned()));
    let size = bench.refused(
        "DescribeConsumerChannel",
        &[GROUP[0], base[4], ("PageSize", "101")],
    );
    assert_eq!(size, (400, "InvalidPageSize".to_owned()));
}

#[test]
fn meta_of_a_subscription() {
    let bench = Bench::immediate();
    let (instance, job) = bench.subscribe();
    let of = ("DtsInstanceId", instance.as_str());
    let id = text(
        &bench.ok("CreateConsumerChannel", &with(&GROUP, &[of])),
        "ConsumerGroupID",
    );
    let topic = text(&bench.detail(&job), "SubscribeTopic");
    let base = [of, ("Sid", id.as_str())];
    let quoted = format!("[\"{topic}\"]");
    for (name, value, count) in [
        ("Topics", topic.as_str(), 1),
        ("Topics", &quoted, 1),
        ("SubMigrationJobIds", &job, 1),
        ("Topics", "other", 0),
    ] {
        let body = bench.ok("DescribeSubscriptionMeta", &with(&base, &[(name, value)]));
        let list = body["SubscriptionMetaList"].as_array().unwrap();
        assert_eq!(list.len(), count, "{name} {value}");
        assert!(
            list.iter()
                .all(|meta| meta["Topic"] == topic.as_str() && meta["Sid"] == id.as_str())
        );
    }
    assert_eq!(
        bench.refused("DescribeSubscriptionMeta", &base),
        (400, "MissingTopics".to_owned())
    );
    let odd = with(&base, &[("Sid", "dtsnone"), ("Topics", "t")]);
    assert_eq!(
        bench.refused("DescribeSubscriptionMeta", &odd),
        (400, "InvalidSid".to_owned())
    );
}
