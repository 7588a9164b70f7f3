//! Parameters that the service does not accept, each with its code.

use super::client::{Bench, configuration, purchase, with};

/// Calls an action with changed parameters, and compares the code; nothing may have come of a refused call.
fn check(action: &str, base: &[(&str, &str)], cases: &[(&[(&str, &str)], &str)]) {
    let bench = Bench::immediate();
    for (changes, expected) in cases {
        let (status, body) = bench.call(action, &with(base, changes));
        if expected.is_empty() {
            assert_eq!(status, 200, "{changes:?}: {body}");
        } else {
            assert_eq!(
                (status, body["Code"].as_str()),
                (400, Some(*expected)),
                "{changes:?}: {body}"
            );
            assert_eq!(body["Message"].as_str().map(str::is_empty), Some(false));
        }
    }
    let went_well = cases.iter().filter(|(_, expected)| expected.is_empty()).count();
    let made = if action == "CreateDtsInstance" {
        bench.emulator.instances().len()
    } else {
        let jobs = |kind| {
            bench.ok("DescribeDtsJobs", &[("JobType", kind)])["TotalRecordCount"]
                .as_u64()
                .unwrap()
        };
        usize::try_from(jobs("MIGRATION") + jobs("SYNC")).unwrap()
    };
    assert_eq!(made, went_well, "refused calls leave nothing behind");
}

#[test]
fn a_purchase() {
    check(
        "CreateDtsInstance",
        &purchase("MIGRATION"),
        &[
            (&[], ""),
            (&[("Type", "migration")], ""),
            (&[("PayType", "")], "MissingPayType"),
            (&[("PayType", "Free")], "InvalidPayType"),
            (&[("PayType", "PrePaid")], "InvalidPayType"),
            (&[("Type", "")], "MissingType"),
            (&[("Type", "CHECK")], "InvalidType"),
            (&[("SourceRegion", "")], "MissingSourceRegion"),
            (&[("DestinationRegion", "")], "MissingDestinationRegion"),
            (
                &[
                    ("Type", "SUBSCRIBE"),
                    ("DestinationRegion", ""),
                    ("InstanceClass", ""),
                ],
                "",
            ),
            (
                &[("SourceEndpointEngineName", "MYSQL")],
                "InvalidSourceEndpointEngineName",
            ),
            (&[("SourceEndpointEngineName", "OceanBase")], ""),
            (
                &[("DestinationEndpointEngineName", "OceanBase")],
                "InvalidDestinationEndpointEngineName",
            ),
            (
                &[
                    ("SourceEndpointEngineName", ""),
                    ("DestinationEndpointEngineName", ""),
                ],
                "",
            ),
            (&[("InstanceClass", "")], "MissingInstanceClass"),
            (&[("InstanceClass", "micro")], "InvalidInstanceClass"),
            (&[("Type", "SYNC"), ("InstanceClass", "micro")], ""),
            (
                &[("Type", "SYNC"), ("InstanceClass", "xxlarge")],
                "InvalidInstanceClass",
            ),
            (&[("InstanceClass", ""), ("MinDu", "1"), ("MaxDu", "4")], ""),
            (&[("DtsRegion", "cn-beijing")], "InvalidDtsRegion"),
            (&[("DtsRegion", "cn-hangzhou")], ""),
            (&[("AutoStart", "yes")], "InvalidAutoStart"),
            (&[("AutoStart", "True")], ""),
            (&[("Quantity", "2")], "InvalidQuantity"),
            (&[("Du", "101")], "InvalidDu"),
            (&[("ComputeUnit", "1")], "InvalidComputeUnit"),
            (&[("FeeType", "FREE")], "InvalidFeeType"),
            (
                &[("SyncArchitecture", "bidirectional")],
                "InvalidSyncArchitecture",
            ),
            (&[("Type", "SYNC"), ("PayType", "PrePaid")], "MissingPeriod"),
            (
                &[("Type", "SYNC"), ("PayType", "PrePaid"), ("Period", "Month")],
                "MissingUsedTime",
            ),
            (
                &[
                    ("Type", "SYNC"),
                    ("PayType", "PrePaid"),
                    ("Period", "Week"),
                    ("UsedTime", "1"),
                ],
                "InvalidPeriod",
            ),
            (
                &[
                    ("Type", "SYNC"),
                    ("PayType", "PrePaid"),
                    ("Period", "Month"),
                    ("UsedTime", "10"),
                ],
                "InvalidUsedTime",
            ),
            (
                &[
                    ("Type", "SYNC"),
                    ("PayType", "PrePaid"),
                    ("Period", "Year"),
                    ("UsedTime", "4"),
                ],
                "InvalidUsedTime",
            ),
            (
                &[
                    ("Type", "SYNC"),
                    ("PayType", "PrePaid"),
                    ("Period", "Year"),
                    ("UsedTime", "5"),
                ],
                "",
            ),
            (&[("NoSuchParameter", "is ignored")], ""),
        ],
    );
    let bench = Bench::immediate();
    let for_nobody = [
        ("JobId", "nosuchjob"),
        ("PayType", "PostPaid"),
        ("InstanceClass", "small"),
    ];
    assert_eq!(
        bench.refused("CreateDtsInstance", &for_nobody),
        (404, "InvalidJobId".to_owned())
    );
    // What the job is decides, whatever the order says besides.
    let job = bench.configure(&[("JobType", "SYNC")]);
    let order = [
        ("JobId", job.as_str()),
        ("Type", "MIGRATION"),
        ("PayType", "PostPaid"),
        ("InstanceClass", "micro"),
    ];
    bench.ok("CreateDtsInstance", &order);
}

#[test]
fn a_configuration() {
    check(
        "ConfigureDtsJob",
        &configuration(),
        &[
            (&[], ""),
            (&[("DtsJobName", "")], "MissingDtsJobName"),
            (&[("JobType", "")], "MissingJobType"),
            (&[("JobType", "COPY")], "InvalidJobType"),
            (&[("JobType", "CHECK")], "UnSupportedTaskType"),
            (
                &[("StructureInitialization", "")],
                "MissingStructureInitialization",
            ),
            (&[("DataInitialization", "")], "MissingDataInitialization"),
            (&[("DataSynchronization", "")], "MissingDataSynchronization"),
            (&[("DataSynchronization", "1")], "InvalidDataSynchronization"),
            (
                &[
                    ("StructureInitialization", "false"),
                    ("DataInitialization", "false"),
                ],
                "InvalidParameter",
            ),
            (
                &[("SourceEndpointInstanceType", "")],
                "MissingSourceEndpointInstanceType",
            ),
            (
                &[("SourceEndpointInstanceType", "rds")],
                "InvalidSourceEndpointInstanceType",
            ),
            (
                &[("SourceEndpointInstanceType", "ODPS")],
                "InvalidSourceEndpointInstanceType",
            ),
            (
                &[("DestinationEndpointInstanceType", "")],
                "MissingDestinationEndpointInstanceType",
            ),
            (
                &[("DestinationEndpointInstanceType", "KAFKA")],
                "InvalidDestinationEndpointInstanceType",
            ),
            (
                &[("SourceEndpointEngineName", "MySQL")],
                "InvalidSourceEndpointEngineName",
            ),
            (&[("SourceEndpointEngineName", "")], ""),
            (
                &[("DestinationEndpointEngineName", "POSTGRESQL")],
                "InvalidDestinationEndpointEngineName",
            ),
            (
                &[("DestinationEndpointEngineName", "PostgreSQL")],
                "MissingDestinationEndpointDataBaseName",
            ),
            (
                &[
                    ("DestinationEndpointEngineName", "PostgreSQL"),
                    ("DestinationEndpointDataBaseName", "d"),
                ],
                "",
            ),
            (
                &[
                    ("SourceEndpointEngineName", "POSTGRESQL"),
                    ("SourceEndpointDatabaseName", ""),
                ],
                "MissingSourceEndpointDatabaseName",
            ),
            (
                &[("SourceEndpointInstanceID", "")],
                "MissingSourceEndpointInstanceID",
            ),
            (
                &[("DestinationEndpointRegion", "")],
                "MissingDestinationEndpointRegion",
            ),
            (
                &[("SourceEndpointInstanceType", "OTHER")],
                "MissingSourceEndpointIP",
            ),
            (
                &[
                    ("SourceEndpointInstanceType", "OTHER"),
                    ("SourceEndpointIP", "10.0.0.1"),
                ],
                "MissingSourceEndpointPort",
            ),
            (
                &[
                    ("SourceEndpointInstanceType", "OTHER"),
                    ("SourceEndpointIP", "10.0.0.1"),
                    ("SourceEndpointPort", "no"),
                ],
                "InvalidSourceEndpointPort",
            ),
            (
                &[
                    ("SourceEndpointInstanceType", "OTHER"),
                    ("SourceEndpointIP", "10.0.0.1"),
                    ("SourceEndpointPort", "3306"),
                    ("SourceEndpointInstanceID", ""),
                    ("SourceEndpointRegion", ""),
                ],
                "",
            ),
            (
                &[("SourceEndpointInstanceType", "ECS")],
                "MissingSourceEndpointPort",
            ),
            (
                &[
                    ("SourceEndpointInstanceType", "ECS"),
                    ("SourceEndpointPort", "3306"),
                ],
                "",
            ),
            (
                &[
                    ("SourceEndpointInstanceType", "EXPRESS"),
                    ("SourceEndpointIP", "10.0.0.1"),
                    ("SourceEndpointPort", "3306"),
                    ("SourceEndpointInstanceID", ""),
                ],
                "MissingSourceEndpointInstanceID",
            ),
            (
                &[
                    ("SourceEndpointInstanceType", "CEN"),
                    ("SourceEndpointIP", "10.0.0.1"),
                    ("SourceEndpointPort", "3306"),
                ],
                "InvalidReserve",
            ),
            (
                &[
                    ("SourceEndpointInstanceType", "CEN"),
                    ("SourceEndpointIP", "10.0.0.1"),
                    ("SourceEndpointPort", "3306"),
                    ("Reserve", r#"{"srcInstanceId":"cen-1"}"#),
                ],
                "",
            ),
            (
                &[("SourceEndpointEngineName", "ORACLE")],
                "MissingSourceEndpointOracleSID",
            ),
            (
                &[
                    ("SourceEndpointEngineName", "ORACLE"),
                    ("SourceEndpointOracleSID", "orcl"),
                ],
                "",
            ),
            (&[("SourceEndpointOwnerID", "1")], "MissingSourceEndpointRole"),
            (&[("SourceEndpointRole", "r")], "MissingSourceEndpointOwnerID"),
            (&[("SourceEndpointOwnerID", "1"), ("SourceEndpointRole", "r")], ""),
            (&[("DbList", "")], "MissingDbList"),
            (&[("DbList", ""), ("FileOssUrl", "bucket/file")], ""),
            (&[("DbList", "{")], "InvalidDbList"),
            (&[("DbList", r#"{"d":{"all":false}}"#)], "InvalidDbList"),
            (&[("Reserve", "x")], "InvalidReserve"),
            (&[("Reserve", "[]")], "InvalidReserve"),
            (&[("Reserve", r#"{"targetTableMode":"1"}"#)], "InvalidReserve"),
            (
                &[("Reserve", r#"{"autoStartModulesAfterConfig":"all"}"#)],
                "InvalidReserve",
            ),
            (&[("Checkpoint", "2026-01-01")], "InvalidCheckpoint"),
            (&[("Checkpoint", "1767323045")], ""),
            (&[("DelayNotice", "true")], "MissingDelayRuleTime"),
            (&[("DelayNotice", "true"), ("DelayRuleTime", "60")], ""),
            (&[("DtsBisLabel", "odd")], "InvalidDtsBisLabel"),
            (
                &[("SynchronizationDirection", "Reverse")],
                "InvalidSynchronizationDirection",
            ),
            (&[("SynchronizationDirection", "Forward")], ""),
        ],
    );
}

#[test]
fn ids() {
    let bench = Bench::immediate();
    let (instance, job) = bench.buy("SYNC");
    let (other, _) = bench.buy("SYNC");
    let configure =
        |changes: &[(&str, &str)]| bench.refused("ConfigureDtsJob", &with(&configuration(), changes));
    assert_eq!(
        configure(&[("DtsJobId", "nosuchjob")]),
        (404, "InvalidJobId".to_owned())
    );
    assert_eq!(
        configure(&[("DtsInstanceId", "dtsnosuch")]),
        (403, "Forbidden.InstanceNotFound".to_owned())
    );
    let crossed = [
        ("DtsJobId", job.as_str()),
        ("DtsInstanceId", &other),
        ("JobType", "SYNC"),
    ];
    assert_eq!(configure(&crossed), (400, "InvalidParameter".to_owned()));
    assert_eq!(
        configure(&[("DtsInstanceId", &instance)]),
        (400, "UnSupportedTaskType".to_owned()),
        "a migration on a SYNC instance"
    );
    bench.configure(&[
        ("DtsJobId", &job),
        ("DtsInstanceId", &instance),
        ("JobType", "SYNC"),
    ]);
    for action in [
        "StartDtsJob",
        "SuspendDtsJob",
        "StopDtsJob",
        "ResetDtsJob",
        "DeleteDtsJob",
        "DescribeDtsJobDetail",
    ] {
        assert_eq!(
            bench.refused(action, &[]),
            (400, "MissingDtsJobId".to_owned()),
            "{action}"
        );
        assert_eq!(
            bench.refused(action, &[("DtsJobId", "no")]),
            (404, "InvalidJobId".to_owned()),
            "{action}"
        );
        let reverse = [
            ("DtsJobId", job.as_str()),
            ("SynchronizationDirection", "Reverse"),
        ];
        assert_eq!(
            bench.refused(action, &reverse),
            (400, "InvalidSynchronizationDirection".to_owned()),
            "{action}"
        );
    }
    assert_eq!(
        bench
            .refused("DeleteDtsJob", &[("DtsJobId", &job), ("JobType", "MIGRATION")])
            .1,
        "InvalidJobType"
    );
}

#[test]
fn changes_in_place() {
    let bench = Bench::immediate();
    let (_, job) = bench.buy("SYNC");
    let id = ("DtsJobId", job.as_str());
    let password = |params: &[(&str, &str)]| bench.refused("ModifyDtsJobPassword", &[&[id], params].concat());
    let source = ("Endpoint", "src");
    assert_eq!(
        password(&[source, ("Password", "new")]),
        (403, "UpdateJob.OperationDenied.InitStatus".to_owned())
    );
    bench.configure(&[
        id,
        ("JobType", "SYNC"),
        ("Reserve", r#"{"autoStartModulesAfterConfig":"none"}"#),
    ]);
    for (params, code) in [
        (vec![("Password", "new")], "MissingEndpoint"),
        (vec![source], "MissingPassword"),
        (
            vec![("Endpoint", "source"), ("Password", "new")],
            "InvalidEndpoint",
        ),
        (vec![source, ("Password", "source-secret")], "InvalidPassword"),
    ] {
        assert_eq!(password(&params), (400, code.to_owned()), "{params:?}");
    }
    bench.ok(
        "ModifyDtsJobPassword",
        &[id, source, ("Password", "new"), ("UserName", "other")],
    );
    bench.ok(
        "ModifyDtsJobPassword",
        &[id, ("Endpoint", "dest"), ("Password", "new")],
    );
    bench.ok("ModifyDtsJobName", &[id, ("DtsJobName", "renamed")]);
    assert_eq!(bench.refused("ModifyDtsJobName", &[id]).1, "MissingDtsJobName");
    let detail = bench.ok("DescribeDtsJobDetail", &[id]);
    assert_eq!(
        (&detail["DtsJobName"], &detail["SourceEndpoint"]["UserName"]),
        (&"renamed".into(), &"other".into())
    );

    let instance = format!("dts{job}");
    let of = ("DtsInstanceId", instance.as_str());
    for (params, code) in [
        (vec![], "MissingDtsInstanceId"),
        (vec![of], "MissingDbList"),
        (vec![of, ("DbList", "x")], "InvalidDbList"),
        (vec![of, ("ModifyTypeEnum", "ODD")], "InvalidModifyTypeEnum"),
        (
            vec![of, ("ModifyTypeEnum", "UPDATE_RESERVED"), ("Reserved", "x")],
            "InvalidReserved",
        ),
        (vec![of, ("ClientToken", "é")], "InvalidClientToken"),
    ] {
        assert_eq!(
            bench.refused("ModifyDtsJob", &params),
            (400, code.to_owned()),
            "{params:?}"
        );
    }
    // A job that has not started takes new objects without passing through anything.
    bench.ok("ModifyDtsJob", &[of, ("DbList", r#"{"d":{"all":true}}"#)]);
    assert_eq!(bench.status(&job), "NotStarted");
}
