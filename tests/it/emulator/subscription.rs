//! Subscriptions: both orders, states, and what a Kafka client needs.

use serde_json::{Value, json};

use super::client::{Bench, Changes, fixtures, subscription, text, with};

#[test]
fn bought_first() {
    let bench = Bench::new("reads:1", None);
    let (instance, job) = bench.buy("SUBSCRIBE");
    assert_eq!(bench.status(&job), "NotConfigured");
    let id = ("DtsInstanceId", instance.as_str());
    let body = bench.ok("ConfigureSubscription", &with(&subscription(), &[id]));
    assert_eq!(
        (text(&body, "DtsJobId"), text(&body, "DtsInstanceId")),
        (job.clone(), instance.clone())
    );
    assert_eq!(
        bench.statuses(&job, 2),
        ["NotStarted", "NotStarted"],
        "nothing starts by itself"
    );
    assert_eq!(bench.detail(&job).get("SubscribeTopic"), None);
    bench.ok("StartDtsJob", &[id]);
    assert_eq!(bench.statuses(&job, 3), ["Prechecking", "Starting", "Normal"]);

    let detail = bench.detail(&job);
    assert_eq!(
        (&detail["SubscribeTopic"], &detail["SubscriptionHost"]["VpcHost"]),
        (
            &json!("cn_hangzhou_rm_source_dtstest_version2"),
            &json!("dts-cn-hangzhou-vpc.aliyuncs.com:18001")
        )
    );
    assert_eq!(detail["SubscriptionDataType"], json!({"Ddl": true, "Dml": true}));
    let reserved: Value = serde_json::from_str(&text(&detail, "Reserved")).unwrap();
    assert_eq!(
        (&reserved["netType"], &reserved["vpcId"], &reserved["vswitchId"]),
        (&json!("VPC"), &json!("vpc-1"), &json!("vsw-1"))
    );
    let entry = bench.entry("SUBSCRIBE", &job);
    assert_eq!(
        (&entry["JobType"], &entry["Status"]),
        (&json!("subscribe"), &json!("Normal"))
    );
    assert!(!detail.to_string().contains("source-secret"));

    // Suspended is shown as Abnormal, and a start resumes from there.
    bench.ok("SuspendDtsJob", &[id]);
    assert_eq!(bench.statuses(&job, 2), ["Normal", "Abnormal"]);
    bench.ok("StartDtsJob", &[id]);
    assert_eq!(bench.statuses(&job, 2), ["Starting", "Normal"]);
    assert_eq!(
        bench.refused("StopDtsJob", &[id]),
        (403, "OperationDenied".to_owned())
    );
    let again = bench.refused("ConfigureSubscription", &with(&subscription(), &[id]));
    assert_eq!(again, (403, "OperationDenied".to_owned()));
    bench.ok("ResetDtsJob", &[id]);
    assert_eq!(bench.statuses(&job, 2), ["Normal", "NotConfigured"]);
    bench.ok("ConfigureSubscription", &with(&subscription(), &[id]));
    bench.ok("DeleteDtsJob", &[id, ("JobType", "SUBSCRIBE")]);
    assert!(bench.emulator.instances()[0].released);
}

#[test]
fn configured_first() {
    let bench = Bench::new("immediate", Some(fixtures()));
    let body = bench.ok("ConfigureSubscription", &subscription());
    assert_eq!(body.get("DtsInstanceId"), None);
    let job = text(&body, "DtsJobId");
    assert_eq!(bench.status(&job), "NotStarted");
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(bench.status(&job), "PreCheckPass", "the precheck alone");
    assert_eq!(bench.precheck(&job), ("Finished".to_owned(), vec![]));
    bench.buy_for(&job, true);
    assert_eq!(bench.status(&job), "Normal");
}

#[test]
fn a_precheck_looks_at_the_source_alone() {
    let bench = Bench::new("immediate", Some(fixtures()));
    let wrong = with(
        &subscription(),
        &[
            ("SourceEndpointPassword", "wrong"),
            ("DbList", r#"{"nodb":{"all":true}}"#),
        ],
    );
    let job = text(&bench.ok("ConfigureSubscription", &wrong), "DtsJobId");
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(bench.status(&job), "PrecheckFailed");
    let (state, odd) = bench.precheck(&job);
    let failed = |code: &str| (code.to_owned(), "Failed".to_owned());
    assert_eq!(
        (state.as_str(), odd),
        (
            "Failed",
            vec![failed("CHECK_AUTH_SRC"), failed("CHECK_SCHEMA_EXIST")]
        )
    );
}

#[test]
fn every_kind_of_source() {
    let bench = Bench::immediate();
    let cleared = [
        ("SourceEndpointInstanceID", ""),
        ("SourceEndpointIP", "10.0.0.1"),
        ("SourceEndpointPort", "3306"),
    ];
    let cases: [(&str, Changes<'_>, &str); 14] = [
        ("LocalInstance", &cleared, ""),
        (
            "LocalInstance",
            &[("SourceEndpointPort", "3306")],
            "MissingSourceEndpointIP",
        ),
        (
            "Express",
            &[cleared[1], cleared[2], ("SourceEndpointInstanceID", "vpc-1")],
            "",
        ),
        ("Express", &cleared, "MissingSourceEndpointInstanceID"),
        (
            "dg",
            &[cleared[1], cleared[2], ("SourceEndpointInstanceID", "dg-1")],
            "",
        ),
        ("ECS", &[cleared[2]], ""),
        ("ECS", &[], "MissingSourceEndpointPort"),
        (
            "CEN",
            &[
                cleared[1],
                cleared[2],
                ("Reserve", r#"{"srcInstanceId":"cen-1"}"#),
            ],
            "",
        ),
        ("CEN", &[cleared[1], cleared[2]], "InvalidReserve"),
        ("PolarDB", &[], ""),
        (
            "DRDS",
            &[("SourceEndpointRegion", "")],
            "MissingSourceEndpointRegion",
        ),
        (
            "RDS",
            &[("SourceEndpointOwnerID", "1"), ("SourceEndpointRole", "dts")],
            "",
        ),
        (
            "RDS",
            &[("SourceEndpointOwnerID", "1")],
            "MissingSourceEndpointRole",
        ),
        // As ConfigureDtsJob spells it.
        ("EXPRESS", &cleared, "InvalidSourceEndpointInstanceType"),
    ];
    for (kind, changes, expected) in cases {
        let changes = [&[("SourceEndpointInstanceType", kind)], changes].concat();
        let params = with(&subscription(), &changes);
        if expected.is_empty() {
            let job = text(&bench.ok("ConfigureSubscription", &params), "DtsJobId");
            assert_eq!(bench.detail(&job)["SourceEndpoint"]["InstanceType"], kind);
        } else {
            let refused = bench.refused("ConfigureSubscription", &params);
            assert_eq!(refused, (400, expected.to_owned()), "{changes:?}");
        }
    }
}

#[test]
fn what_cannot_be_configured() {
    let bench = Bench::immediate();
    let renamed = r#"{"dtsdb":{"name":"other","all":true}}"#;
    let table = r#"{"d":{"all":false,"Table":{"t":{"name":"u","all":true}}}}"#;
    let filtered = r#"{"d":{"all":false,"Table":{"t":{"filter":"id>1"}}}}"#;
    let cases: [(&[(&str, &str)], &str); 14] = [
        (&[("RegionId", "")], "MissingRegionId"),
        (&[("DtsJobName", "")], "MissingDtsJobName"),
        (&[("DbList", "")], "MissingDbList"),
        (&[("DbList", renamed)], "InvalidDbList"),
        (&[("DbList", table)], "InvalidDbList"),
        (&[("DbList", filtered)], "InvalidDbList"),
        (
            &[("SubscriptionInstanceNetworkType", "")],
            "MissingSubscriptionInstanceNetworkType",
        ),
        (
            &[("SubscriptionInstanceNetworkType", "classic")],
            "InvalidSubscriptionInstanceNetworkType",
        ),
        (
            &[("SubscriptionInstanceVPCId", "")],
            "MissingSubscriptionInstanceVPCId",
        ),
        (
            &[("SubscriptionInstanceVSwitchId", "")],
            "MissingSubscriptionInstanceVSwitchId",
        ),
        (
            &[
                ("SubscriptionDataTypeDDL", "false"),
                ("SubscriptionDataTypeDML", "False"),
            ],
            "InvalidParameter",
        ),
        (
            &[("SourceEndpointEngineName", "MYSQL")],
            "InvalidSourceEndpointEngineName",
        ),
        (&[("DelayNotice", "true")], "MissingDelayRuleTime"),
        (&[("Checkpoint", "now")], "InvalidCheckpoint"),
    ];
    for (changes, expected) in cases {
        let refused = bench.refused("ConfigureSubscription", &with(&subscription(), changes));
        assert_eq!(refused, (400, expected.to_owned()), "{changes:?}");
    }
    let count = bench.ok("DescribeDtsJobs", &[("JobType", "SUBSCRIBE")]);
    assert_eq!(count["TotalRecordCount"], 0, "refused calls leave nothing behind");
    let (sync, _) = bench.buy("SYNC");
    let other = bench.refused(
        "ConfigureSubscription",
        &with(&subscription(), &[("DtsInstanceId", &sync)]),
    );
    assert_eq!(other, (400, "UnSupportedTaskType".to_owned()));
}

#[test]
fn objects_and_kinds_of_changes_are_replaced() {
    let bench = Bench::immediate();
    let (instance, job) = bench.subscribe();
    let change = [
        ("DtsInstanceId", instance.as_str()),
        ("DtsJobId", job.as_str()),
        ("DbList", r#"{"dtsdb":{"name":"dtsdb","all":true}}"#),
        ("SubscriptionDataTypeDDL", "False"),
        ("SubscriptionDataTypeDML", "True"),
    ];
    bench.ok("ModifySubscription", &change);
    let detail = bench.detail(&job);
    assert_eq!(
        (&detail["Status"], &detail["SubscriptionDataType"]),
        (&json!("Normal"), &json!({"Ddl": false, "Dml": true}))
    );
    assert_eq!(
        text(&detail, "DbObject"),
        r#"{"dtsdb":{"all":true,"name":"dtsdb","state":"normal"}}"#
    );
    bench.ok("SuspendDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(
        bench.refused("ModifySubscription", &change),
        (403, "DTS.Msg.ModifyDenied.JobStatusNotRunning".to_owned())
    );
}
