//! Paying: prepaid, by use, serverless; renewal; resource groups; lists of instances.

use serde_json::json;

use super::client::{Bench, Refused, purchase, text, with};
use crate::support::assert_nothing_paid_for;

#[test]
fn the_way_of_paying_changes_and_what_is_prepaid_is_renewed() {
    let bench = Bench::immediate();
    let (instance, job) = bench.synchronize();
    let id = ("DtsJobId", job.as_str());
    let prepaid = [
        id,
        ("ChargeType", "PrePaid"),
        ("Period", "Month"),
        ("BuyCount", "2"),
    ];
    let body = bench.ok("TransferPayType", &prepaid);
    assert_eq!(
        [
            text(&body, "ChargeType"),
            text(&body, "EndTime"),
            text(&body, "InstanceId")
        ],
        ["PREPAY", "2026-03-02T03:04:05Z", &instance]
    );
    let detail = bench.detail(&job);
    assert_eq!(
        (&detail["PayType"], &detail["ExpireTime"]),
        (&json!("PrePaid"), &json!("2026-03-02T03:04:05Z"))
    );
    let denied = (403, "OperationDenied".to_owned());
    assert_eq!(bench.refused("DeleteDtsJob", &[id]), denied);
    assert_eq!(
        bench.refused("TransferPayType", &prepaid),
        denied,
        "it is so already"
    );
    let renew = [id, ("ChargeType", "PREPAY"), ("Period", "Year")];
    let body = bench.ok("RenewInstance", &renew);
    assert_eq!(
        text(&body, "EndTime"),
        "2027-03-02T03:04:05Z",
        "one year by default, from the old end"
    );
    assert_eq!(
        text(&bench.ok("RenewInstance", &renew[..2]), "EndTime"),
        "2027-04-02T03:04:05Z"
    );

    bench.ok("TransferPayType", &[id, ("ChargeType", "PostPaid")]);
    assert_eq!(bench.detail(&job).get("ExpireTime"), None);
    assert_eq!(bench.refused("RenewInstance", &renew), denied);
    bench.ok(
        "TransferPayType",
        &[
            id,
            ("ChargeType", "sync_serverless"),
            ("MinDu", "1"),
            ("MaxDu", "8"),
        ],
    );
    let detail = bench.detail(&job);
    assert_eq!(
        (&detail["MinDu"], &detail["MaxDu"], &detail["PayType"]),
        (&json!(1), &json!(8), &json!("sync_serverless"))
    );
}

#[test]
fn orders_are_refused() {
    let bench = Bench::immediate();
    let (_, sync) = bench.synchronize();
    let (_, migration) = bench.buy("MIGRATION");
    let unbought = bench.configure(&[]);
    let base = [
        ("DtsJobId", sync.as_str()),
        ("ChargeType", "PrePaid"),
        ("Period", "Year"),
        ("BuyCount", "1"),
    ];
    let cases: [Refused<'_>; 9] = [
        (&[("DtsJobId", &migration)], 403, "OperationDenied"),
        (&[("DtsJobId", &unbought)], 403, "OperationDenied"),
        (&[("DtsJobId", "none")], 404, "InvalidJobId"),
        (&[("ChargeType", "PREPAY")], 400, "InvalidChargeType"),
        (&[("ChargeType", "")], 400, "MissingChargeType"),
        (&[("Period", "")], 400, "MissingPeriod"),
        (&[("BuyCount", "6")], 400, "InvalidBuyCount"),
        (&[("ChargeType", "sync_serverless")], 400, "MissingMinDu"),
        (
            &[("ChargeType", "sync_serverless"), ("MinDu", "3"), ("MaxDu", "8")],
            400,
            "InvalidMinDu",
        ),
    ];
    for (changes, status, code) in cases {
        let refused = bench.refused("TransferPayType", &with(&base, changes));
        assert_eq!(refused, (status, code.to_owned()), "{changes:?}");
    }
    let renew = bench.refused("RenewInstance", &[base[0], ("ChargeType", "PrePaid")]);
    assert_eq!(renew, (400, "InvalidChargeType".to_owned()));
}

#[test]
fn instances_are_listed_with_their_group_and_tags() {
    let bench = Bench::immediate();
    let serverless = [
        ("MinDu", "1"),
        ("MaxDu", "2.5"),
        ("ResourceGroupId", "rg-1"),
        ("InstanceClass", ""),
    ];
    let body = bench.ok("CreateDtsInstance", &with(&purchase("SYNC"), &serverless));
    let (one, job) = (text(&body, "InstanceId"), text(&body, "JobId"));
    assert_eq!(bench.detail(&job)["MaxDu"], json!(2.5));
    let (two, other) = bench.buy("MIGRATION");
    bench.ok(
        "ConvertInstanceResourceGroup",
        &[("ResourceId", &two), ("NewResourceGroupId", "rg-2")],
    );
    assert_eq!(bench.detail(&other)["ResourceGroupId"], "rg-2");
    let tag = [
        ("RegionId", "r"),
        ("ResourceId.1", two.as_str()),
        ("Tag.1.Key", "env"),
        ("Tag.1.Value", "prod"),
    ];
    bench.ok("TagResources", &tag);
    let detail = bench.ok("DescribeDtsInstanceDetail", &[("DtsInstanceId", &two)]);
    assert_eq!(
        detail["DtsInstanceStatus"],
        json!({
            "DtsInstanceId": two, "InstanceName": "", "Type": "migration", "InstanceClass": "small",
            "PayType": "POSTPAY", "CreateTime": "2026-01-02T03:04:05Z", "RegionId": "cn-hangzhou",
            "SourceEndpointEngineType": "MySQL", "SourceEndpointRegion": "cn-hangzhou",
            "DestEndpointEngineType": "MySQL", "DestEndpointRegion": "cn-shanghai",
            "ResourceGroupId": "rg-2", "Status": "NotConfigured",
            "Tags": [{"TagKey": "env", "TagValue": "prod"}],
        })
    );
    let list = |params: &[(&str, &str)]| {
        let body = bench.ok("DescribeDtsInstances", params);
        let ids: Vec<String> = body["DtsInstanceStatusList"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| text(item, "DtsInstanceId"))
            .collect();
        (ids, body["TotalRecordCount"].as_u64().unwrap())
    };
    assert_eq!(list(&[("PageSize", "50")]), (vec![one.clone(), two.clone()], 2));
    assert_eq!(
        list(&[("PageSize", "1"), ("PageNum", "2")]),
        (vec![two.clone()], 2)
    );
    assert_eq!(list(&[("Type", "sync")]), (vec![one.clone()], 1));
    assert_eq!(list(&[("ResourceGroupId", "rg-2")]), (vec![two.clone()], 1));
    assert_eq!(list(&[("Tags", r#"[{"Key":"env"}]"#)]), (vec![two.clone()], 1));
    bench.ok("DeleteDtsJob", &[("DtsInstanceId", &two)]);
    assert_eq!(list(&[]), (vec![one], 1));
    for (action, name) in [
        ("DescribeDtsInstanceDetail", "DtsInstanceId"),
        ("ConvertInstanceResourceGroup", "ResourceId"),
    ] {
        let gone = bench.refused(action, &[(name, &two), ("NewResourceGroupId", "rg")]);
        assert_eq!(gone, (403, "Forbidden.InstanceNotFound".to_owned()), "{action}");
    }
}

#[test]
fn several_jobs_in_one_call() {
    let bench = Bench::immediate();
    let jobs = [bench.synchronize().1, bench.synchronize().1];
    let ids = ("DtsJobIds", &*jobs.join(","));
    let states = || jobs.each_ref().map(|job| bench.status(job));
    bench.ok("SuspendDtsJobs", &[ids]);
    assert_eq!(states(), ["Suspending", "Suspending"]);
    bench.ok("StartDtsJobs", &[ids]);
    assert_eq!(states(), ["Synchronizing", "Synchronizing"]);
    bench.ok("StopDtsJobs", &[ids]);
    assert_eq!(states(), ["Finished", "Finished"]);
    let eleven = [jobs[0].as_str(); 11].join(",");
    assert_eq!(
        bench.refused("DeleteDtsJobs", &[("DtsJobIds", &eleven)]),
        (400, "InvalidDtsJobIds".to_owned())
    );
    let unknown = format!("{},none", jobs[0]);
    assert_eq!(
        bench.refused("DeleteDtsJobs", &[("DtsJobIds", &unknown)]),
        (404, "InvalidJobId".to_owned())
    );
    assert_eq!(
        states(),
        ["Finished", "Finished"],
        "an unknown one keeps all of them"
    );
    bench.ok("DeleteDtsJobs", &[ids]);
    assert_nothing_paid_for(&bench.emulator);
    assert_eq!(
        bench.refused("StopDtsJobs", &[]),
        (400, "MissingDtsJobIds".to_owned())
    );
}
