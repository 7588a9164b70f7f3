//! Ends of a job: exchanged, tried, let in. And settings of a job, and clusters that it runs on.

use serde_json::{Value, json};

use super::client::{Bench, Refused, fixtures, text, with};

#[test]
fn a_database_is_exchanged_for_one_that_answers() {
    let mut exist = fixtures();
    exist["endpoints"].as_array_mut().unwrap().push(json!({
        "ip": "10.0.0.9", "port": 3306, "engine": "MySQL", "accounts": {"writer": "new-secret"},
    }));
    let bench = Bench::new("immediate", Some(exist));
    let (instance, job) = bench.synchronize();
    let base = [
        ("DtsInstanceId", instance.as_str()),
        ("Endpoint", "dest"),
        ("EndpointInstanceType", "Other"),
        ("EndpointIp", "10.0.0.9"),
        ("EndpointPort", "3306"),
        ("ModifyAccount", "true"),
        ("Username", "writer"),
        ("Password", "new-secret"),
    ];
    bench.ok("ModifyDtsJobEndpoint", &with(&base, &[("DryRun", "true")]));
    assert_eq!(
        bench.detail(&job)["DestinationEndpoint"]["InstanceID"],
        "rm-destination"
    );
    bench.ok("ModifyDtsJobEndpoint", &base);
    let end = bench.detail(&job)["DestinationEndpoint"].clone();
    assert_eq!(
        [
            text(&end, "InstanceType"),
            text(&end, "Ip"),
            text(&end, "UserName")
        ],
        ["OTHER", "10.0.0.9", "writer"]
    );
    assert_eq!(end.get("InstanceID"), None);
    let cases: [Refused<'_>; 9] = [
        (&[("EndpointIp", "10.9.9.9")], 403, "DTS.Msg.InvalidEndpoint"),
        (&[("Password", "wrong")], 403, "DTS.Msg.InvalidEndpoint"),
        (&[("Endpoint", "source")], 400, "InvalidEndpoint"),
        (
            &[("EndpointInstanceType", "")],
            400,
            "MissingEndpointInstanceType",
        ),
        (
            &[("EndpointInstanceType", "CEN")],
            400,
            "InvalidEndpointInstanceType",
        ),
        (&[("EndpointPort", "")], 400, "MissingEndpointPort"),
        (&[("Username", "")], 400, "MissingUsername"),
        (&[("AliyunUid", "1")], 400, "MissingRoleName"),
        (
            &[("EndpointInstanceType", "rds")],
            400,
            "MissingEndpointInstanceId",
        ),
    ];
    for (changes, status, code) in cases {
        let refused = bench.refused("ModifyDtsJobEndpoint", &with(&base, changes));
        assert_eq!(refused, (status, code.to_owned()), "{changes:?}");
    }
    bench.ok("StopDtsJob", &[base[0]]);
    assert_eq!(
        bench.refused("ModifyDtsJobEndpoint", &base),
        (403, "OperationDenied.JobStatus".to_owned())
    );
}

#[test]
fn connections_are_tried_before_anything_is_configured() {
    let bench = Bench::new("immediate", Some(fixtures()));
    let base = [
        ("SourceEndpointInstanceType", "RDS"),
        ("SourceEndpointInstanceID", "rm-source"),
        ("SourceEndpointUserName", "dtstest"),
        ("SourceEndpointPassword", "source-secret"),
        ("DestinationEndpointInstanceType", "LocalInstance"),
        ("DestinationEndpointIP", "10.9.9.9"),
        ("DestinationEndpointPort", "3306"),
    ];
    let tried = |changes: &[(&str, &str)]| {
        let body = bench.ok("DescribeConnectionStatus", &with(&base, changes));
        ["SourceConnectionStatus", "DestinationConnectionStatus"].map(|side| {
            let tests: Vec<bool> = body[side]["connectDetail"]
                .as_array()
                .unwrap()
                .iter()
                .map(|test| test["testSuccess"].as_bool().unwrap())
                .collect();
            assert_eq!(
                body[side]["connectAdvice"] == "",
                body[side]["connectRes"] == true
            );
            tests
        })
    };
    assert_eq!(tried(&[]), [vec![true; 3], vec![false; 3]]);
    assert_eq!(
        tried(&[("SourceEndpointPassword", "wrong")])[0],
        [true, true, false],
        "the server answers, and refuses the account"
    );
    let refused = bench.refused(
        "DescribeConnectionStatus",
        &with(&base, &[("SourceEndpointInstanceType", "OTHER")]),
    );
    assert_eq!(refused, (400, "InvalidSourceEndpointInstanceType".to_owned()));
    assert!(!format!("{:?}", bench.emulator.calls()).contains("source-secret"));
}

#[test]
fn addresses_to_let_in() {
    let bench = Bench::immediate();
    let body = bench.ok(
        "DescribeDTSIP",
        &[
            ("SourceEndpointRegion", "cn-hangzhou"),
            ("DestinationEndpointRegion", "cn-shanghai"),
        ],
    );
    let list = text(&body, "DynamicMessage");
    assert_eq!(list.split(',').count(), 4);
    let white = [
        ("Region", "cn-hangzhou"),
        ("DestinationRegion", "cn-shanghai"),
        ("Type", "vpc"),
    ];
    let body = bench.ok("WhiteIpList", &white);
    assert_eq!(text(&body, "IpList"), list);
    assert_eq!(
        format!("{},{}", text(&body, "SrcIpList"), text(&body, "DestIpList")),
        list
    );
    for (action, params, code) in [
        ("DescribeDTSIP", vec![], "MissingSourceEndpointRegion"),
        ("WhiteIpList", vec![white[2]], "MissingRegion"),
        ("WhiteIpList", vec![white[0], ("Type", "public")], "InvalidType"),
    ] {
        assert_eq!(bench.refused(action, &params), (400, code.to_owned()));
    }
}

#[test]
fn settings_and_limits() {
    let bench = Bench::immediate();
    let (_, job) = bench.synchronize();
    let id = ("DtsJobId", job.as_str());
    let running = |name: &str| -> Vec<Value> {
        let body = bench.ok_bare("DescribeDtsJobConfig", &[id]);
        let all = body["Parameters"].as_array().unwrap();
        all.iter()
            .filter(|item| item["Name"] == name)
            .map(|item| item["RunningValue"].clone())
            .collect()
    };
    assert_eq!(running("sink.batch.size.maximum"), ["1024", "1024"]);
    let change = r#"[{"module":"07","name":"sink.batch.size.maximum","value":"512"},{"module":"60","name":"odd","value":7}]"#;
    bench.ok_bare("ModifyDtsJobConfig", &[id, ("Parameters", change)]);
    assert_eq!(running("sink.batch.size.maximum"), ["1024", "512"]);
    assert_eq!(running("odd"), ["7"]);
    let only = bench.ok_bare("DescribeDtsJobConfig", &[id, ("Module", "60")]);
    assert_eq!(only["Parameters"].as_array().unwrap().len(), 1);
    for wrong in ["{}", r#"[{"module":"01","name":"a","value":"b"}]"#, "x"] {
        let refused = bench.refused("ModifyDtsJobConfig", &[id, ("Parameters", wrong)]);
        assert_eq!(refused, (400, "InvalidParameters".to_owned()), "{wrong}");
    }
    let limit = [
        id,
        ("JobCode", "03"),
        ("EnableLimit", "true"),
        ("ConfigList", r#"{"dts.datamove.source.bps.max":1048576}"#),
    ];
    bench.ok("ModifyDynamicConfig", &limit);
    let reserved =
        |job: &str| -> Value { serde_json::from_str(&text(&bench.detail(job), "Reserved")).unwrap() };
    assert_eq!(
        reserved(&job)["fullDynamicConfig"],
        json!({"dts.datamove.source.bps.max": 1_048_576})
    );
    bench.ok("ModifyDynamicConfig", &with(&limit, &[("EnableLimit", "false")]));
    assert_eq!(reserved(&job).get("fullDynamicConfig"), None);
    for (changes, code) in [
        (("EnableLimit", ""), "MissingEnableLimit"),
        (("JobCode", "01"), "InvalidJobCode"),
        (("ConfigList", r#"{"odd":1}"#), "InvalidConfigList"),
    ] {
        let refused = bench.refused("ModifyDynamicConfig", &with(&limit, &[changes]));
        assert_eq!(refused, (400, code.to_owned()));
    }
}

#[test]
fn dedicated_clusters() {
    let bench = Bench::new(
        "immediate",
        Some(json!({"clusters": [
            {"id": "dtscluster_1", "name": "first", "region": "cn-hangzhou", "du": 20},
            {"id": "dtscluster_2", "name": "second", "region": "cn-hangzhou"},
            {"id": "dtscluster_3", "name": "far", "region": "cn-beijing", "state": "locked"},
        ]})),
    );
    let job = bench.configure(&[("DedicatedClusterId", "dtscluster_1")]);
    let id = ("DtsJobId", job.as_str());
    bench.ok("ModifyDtsJobDuLimit", &[id, ("DuLimit", "5")]);
    let cluster = |id: &str| bench.ok("DescribeDedicatedCluster", &[("DedicatedClusterId", id)]);
    assert_eq!(
        (
            &cluster("dtscluster_1")["UsedDu"],
            &cluster("dtscluster_1")["DuUtilization"]
        ),
        (&json!(5), &json!(25))
    );
    let to = |cluster: &'static str| [("DtsJobIds", job.as_str()), ("DedicatedClusterId", cluster)];
    bench.ok("ModifyDtsJobDedicatedCluster", &to("dtscluster_2"));
    assert_eq!(bench.detail(&job)["DedicatedClusterId"], "dtscluster_2");
    assert_eq!(cluster("dtscluster_1")["UsedDu"], 0);
    let list = bench.ok(
        "ListDedicatedCluster",
        &[("RegionId", "cn-hangzhou"), ("PageSize", "1")],
    );
    assert_eq!(
        (&list["TotalRecordCount"], &list["PageRecordCount"]),
        (&json!(2), &json!(1))
    );
    let locked = bench.ok("ListDedicatedCluster", &[("State", "locked")]);
    let found = &locked["DedicatedClusterStatusList"]["DedicatedClusterStatus"];
    assert_eq!(found[0]["DedicatedClusterId"], "dtscluster_3");
    let invalid = (400, "InvalidDedicatedClusterId".to_owned());
    assert_eq!(
        bench.refused("ModifyDtsJobDedicatedCluster", &to("none")),
        invalid
    );
    assert_eq!(
        bench.refused("ModifyDtsJobDedicatedCluster", &to("dtscluster_3")),
        invalid
    );
    assert_eq!(
        bench.refused("DescribeDedicatedCluster", &[("DedicatedClusterId", "none")]),
        invalid
    );
    let (_, shared) = bench.synchronize();
    assert_eq!(
        bench.refused("ModifyDtsJobDuLimit", &[("DtsJobId", &shared), ("DuLimit", "5")]),
        (403, "OperationDenied".to_owned())
    );
    assert_eq!(
        bench.refused("ModifyDtsJobDuLimit", &[id, ("DuLimit", "0")]),
        (400, "InvalidDuLimit".to_owned())
    );
    let order = [("JobId", job.as_str()), ("PayType", "PostPaid"), ("Du", "7")];
    bench.ok("CreateDtsInstance", &order);
    assert_eq!(cluster("dtscluster_2")["UsedDu"], 7);
    let filtered = bench.ok("DescribeDtsJobs", &[("DedicatedClusterId", "dtscluster_2")]);
    assert_eq!(filtered["TotalRecordCount"], 1);
}
