//! What describes give back: all that was configured, in the service's own manner, and never a password.

use serde_json::{Value, json};

use super::client::{Bench, Params, text};

#[test]
fn a_job_as_configured() {
    let bench = Bench::immediate();
    let (instance, job) = bench.buy("SYNC");
    bench.configure(&[
        ("DtsJobId", &job),
        ("JobType", "SYNC"),
        ("DataSynchronization", "true"),
        ("Checkpoint", "1700000000"),
        (
            "Reserve",
            r#"{"targetTableMode":"2","maxRetryTime":43200,"autoStartModulesAfterConfig":"none"}"#,
        ),
        ("DestinationEndpointInstanceType", "EXPRESS"),
        ("DestinationEndpointInstanceID", "vpc-1"),
        ("DestinationEndpointIP", "10.0.0.9"),
        ("DestinationEndpointPort", "5433"),
        ("DestinationEndpointEngineName", "PostgreSQL"),
        ("DestinationEndpointDataBaseName", "app"),
    ]);
    let detail = bench.ok("DescribeDtsJobDetail", &[("DtsInstanceID", &instance)]);
    for (name, expected) in [
        ("DtsJobId", json!(job)),
        ("DtsInstanceID", json!(instance)),
        ("DtsJobName", json!("rdsmysql_to_rdsmysql")),
        ("DtsJobClass", json!("small")),
        ("PayType", json!("PostPaid")),
        ("Status", json!("NotStarted")),
        ("CreateTime", json!("2026-01-02T03:04:05Z")),
        ("Checkpoint", json!("1700000000")),
        ("Delay", json!(-1)),
        ("HttpStatusCode", json!(200)),
        ("Success", json!(true)),
        ("JobType", json!("SYNC")),
        (
            "MigrationMode",
            json!({"StructureInitialization": true, "DataInitialization": true, "DataSynchronization": true}),
        ),
        (
            "SourceEndpoint",
            json!({
                "InstanceType": "RDS", "InstanceID": "rm-source", "EngineName": "MySQL", "Region": "cn-hangzhou",
                "Port": "3306", "DatabaseName": "dtsdb", "UserName": "dtstest", "RoleName": "",
                "AliyunUid": "1406926474060000", "SslSolutionEnum": "DISABLE", "CanModifyPassword": true,
            }),
        ),
        (
            "DestinationEndpoint",
            json!({
                "InstanceType": "EXPRESS", "InstanceID": "vpc-1", "EngineName": "PostgreSQL", "Region": "cn-shanghai",
                "Ip": "10.0.0.9", "Port": "5433", "DatabaseName": "app", "UserName": "dtstest", "RoleName": "",
                "SslSolutionEnum": "DISABLE", "CanModifyPassword": true,
            }),
        ),
    ] {
        assert_eq!(detail[name], expected, "{name}");
    }
    assert_eq!(
        text(&detail, "DbObject"),
        r#"{"dtsdb":{"Table":{"person":{"all":true,"name":"person_2","state":"normal"}},"all":false,"name":"dtsdb_1","state":"normal"}}"#
    );
    let reserved: Value = serde_json::from_str(&text(&detail, "Reserved")).unwrap();
    assert_eq!(
        (
            &reserved["targetTableMode"],
            &reserved["maxRetryTime"],
            &reserved["srcNetType"]
        ),
        (&json!("2"), &json!(43200), &json!("VPC"))
    );
    let listed = bench.ok("DescribeDtsJobs", &[("JobType", "SYNC")]);
    for body in [&detail, &listed] {
        let shown = body.to_string();
        assert!(
            !shown.contains("source-secret") && !shown.contains("destination-secret"),
            "{shown}"
        );
    }
    let item = &listed["DtsJobList"][0];
    assert_eq!(
        (&item["JobType"], &item["Status"], &item["DbObject"]),
        (&json!("sync"), &json!("NotStarted"), &detail["DbObject"])
    );
    assert_eq!(item["SourceEndpoint"].get("AliyunUid"), None);

    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    bench.pass(60);
    let detail = bench.ok("DescribeDtsJobDetail", &[("DtsJobId", &job)]);
    assert_eq!(
        (
            &detail["Status"],
            &detail["Delay"],
            &detail["Checkpoint"],
            &detail["DataSynchronizationStatus"]["Status"]
        ),
        (
            &json!("synchronizing"),
            &json!(20),
            &json!("1767323105"),
            &json!("Catched")
        )
    );
    let item = &bench.ok("DescribeDtsJobs", &[("JobType", "SYNC")])["DtsJobList"][0];
    assert_eq!(
        (&item["Status"], &item["Delay"]),
        (&json!("Synchronizing"), &json!(0))
    );
}

#[test]
fn an_instance_without_a_configuration_shows_what_was_bought() {
    let bench = Bench::immediate();
    let (_, job) = bench.buy("MIGRATION");
    let detail = bench.ok("DescribeDtsJobDetail", &[("DtsJobId", &job)]);
    assert_eq!(
        detail["SourceEndpoint"],
        json!({"EngineName": "MySQL", "Region": "cn-hangzhou"})
    );
    assert_eq!(
        detail["DestinationEndpoint"],
        json!({"EngineName": "MySQL", "Region": "cn-shanghai"})
    );
    assert_eq!(
        (&detail["DbObject"], &detail["Reserved"]),
        (&json!(""), &json!("{}"))
    );
    let unbought = bench.configure(&[]);
    let detail = bench.ok("DescribeDtsJobDetail", &[("DtsJobId", &unbought)]);
    for absent in ["DtsInstanceID", "PayType", "DtsJobClass"] {
        assert_eq!(detail.get(absent), None, "{absent}");
    }
}

#[test]
fn modules_say_how_far_they_are() {
    let bench = Bench::new("reads:1", None);
    let (_, job) = bench.buy("MIGRATION");
    bench.configure(&[("DtsJobId", &job), ("DataSynchronization", "true")]);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let item = bench.ok("DescribeDtsJobs", &[])["DtsJobList"][0].clone();
        let status = |name: &str| text(&item[name], "Status");
        seen.push([
            text(&item, "Status"),
            status("PrecheckStatus"),
            status("StructureInitializationStatus"),
            status("DataInitializationStatus"),
            status("DataSynchronizationStatus"),
            item["Delay"].to_string(),
        ]);
    }
    assert_eq!(
        seen,
        [
            [
                "Prechecking",
                "Checking",
                "NotStarted",
                "NotStarted",
                "NotStarted",
                "-1"
            ],
            [
                "Migrating",
                "Finished",
                "Finished",
                "Migrating",
                "NotStarted",
                "-1"
            ],
            ["Migrating", "Finished", "Finished", "Finished", "Catched", "20"],
        ]
    );
}

#[test]
fn lists_are_filtered_ordered_and_paged() {
    let bench = Bench::immediate();
    let (instance, first) = bench.buy("MIGRATION");
    bench.pass(1);
    let second = bench.configure(&[
        ("DtsJobName", "other name"),
        ("SourceEndpointInstanceID", "rm-else"),
    ]);
    bench.pass(1);
    let third = bench.configure(&[("RegionId", "cn-beijing")]);
    bench.buy("SYNC");
    bench.buy("SUBSCRIBE");
    let pair = format!("{first},{third}");
    let list = |params: &[(&str, &str)]| {
        let body = bench.ok("DescribeDtsJobs", params);
        let ids: Vec<_> = body["DtsJobList"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| text(item, "DtsJobId"))
            .collect();
        (ids, body["TotalRecordCount"].as_u64().unwrap())
    };
    let all = [&third, &second, &first];
    let cases: Vec<(Params<'_>, Vec<&String>)> = vec![
        (vec![], all.to_vec()),
        (
            vec![("JobType", "migration"), ("OrderDirection", "ASC")],
            vec![&first, &second, &third],
        ),
        (vec![("Region", "cn-beijing")], vec![&third]),
        // The parameter that looks like the filter is none.
        (vec![("RegionId", "cn-beijing")], all.to_vec()),
        (vec![("DtsJobId", &pair)], vec![&third, &first]),
        (vec![("DtsInstanceId", &instance)], vec![&first]),
        (vec![("Type", "instance"), ("Params", &instance)], vec![&first]),
        (vec![("Type", "name"), ("Params", "other")], vec![&second]),
        (vec![("Type", "srcRds"), ("Params", "rm-else")], vec![&second]),
        (
            vec![("Type", "rds"), ("Params", "rm-destination")],
            vec![&third, &second],
        ),
        (vec![("Status", "notconfigured")], vec![&first]),
        (vec![("Tags", r#"[{"TagKey":"a"}]"#)], vec![]),
        (vec![("DtsJobId", "nosuchjob")], vec![]),
    ];
    for (params, expected) in cases {
        let (ids, total) = list(&params);
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{params:?}");
        assert_eq!(total, expected.len() as u64, "{params:?}");
    }
    assert_eq!(list(&[("JobType", "SYNC")]).1, 1);
    assert_eq!(list(&[("JobType", "SUBSCRIBE")]).1, 1);
    assert_eq!(
        list(&[("PageSize", "2"), ("PageNumber", "2")]),
        (vec![first.clone()], 3)
    );
    let body = bench.ok("DescribeDtsJobs", &[("PageSize", "2"), ("WithoutDbList", "true")]);
    assert_eq!(
        (&body["PageRecordCount"], body["DtsJobList"][0].get("DbObject")),
        (&json!(2), None)
    );
    for (name, value) in [
        ("JobType", "CHECK"),
        ("Type", "odd"),
        ("OrderColumn", "Name"),
        ("PageNumber", "0"),
        ("PageSize", "1000"),
    ] {
        assert_eq!(
            bench.refused("DescribeDtsJobs", &[(name, value)]).1,
            format!("Invalid{name}")
        );
    }
}
