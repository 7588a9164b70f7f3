//! Prechecks: what they find in the databases that exist, how they proceed, and how items are skipped.

use serde_json::{Value, json};

use super::client::{Bench, Params, fixtures, text};

const SYNC: [(&str, &str); 2] = [("JobType", "SYNC"), ("DataSynchronization", "true")];

/// Configures and prechecks a job; gives back the failed items, and those that could not be looked at.
fn find(fixtures: Value, changes: &[(&str, &str)]) -> (String, Vec<String>, Vec<String>) {
    let bench = Bench::new("immediate", Some(fixtures));
    let job = bench.configure(changes);
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    let (state, items) = bench.precheck(&job);
    let of = |wanted: &str| {
        items
            .iter()
            .filter(|(_, state)| state == wanted)
            .map(|(code, _)| code.clone())
            .collect()
    };
    let (failed, unchecked): (Vec<String>, Vec<String>) = (of("Failed"), of("NotStarted"));
    assert_eq!(failed.len() + unchecked.len(), items.len(), "{items:?}");
    assert_eq!(
        bench.status(&job),
        if failed.is_empty() {
            "PreCheckPass"
        } else {
            "PrecheckFailed"
        }
    );
    (state, failed, unchecked)
}

#[test]
fn each_mistake_fails_its_own_item() {
    let edit = |edit: &dyn Fn(&mut Value)| {
        let mut fixtures = fixtures();
        edit(&mut fixtures["endpoints"]);
        fixtures
    };
    let destination_has = |table: Value| edit(&|e| e[1]["databases"] = json!({"dtsdb_1": [table]}));
    let source_variable = |name: &str, value: &str| edit(&|e| e[0]["variables"] = json!({name: value}));
    let cases: Vec<(Value, Params<'_>, &[&str])> = vec![
        (fixtures(), vec![], &[]),
        (
            fixtures(),
            vec![("SourceEndpointPassword", "wrong")],
            &["CHECK_AUTH_SRC"],
        ),
        (
            fixtures(),
            vec![("SourceEndpointUserName", "nobody")],
            &["CHECK_AUTH_SRC"],
        ),
        (
            fixtures(),
            vec![("SourceEndpointUserName", "")],
            &["CHECK_AUTH_SRC"],
        ),
        (
            fixtures(),
            vec![("DestinationEndpointPassword", "wrong")],
            &["CHECK_AUTH_DEST"],
        ),
        (
            fixtures(),
            vec![("SourceEndpointInstanceID", "rm-other")],
            &["CHECK_CONN_SRC"],
        ),
        (
            fixtures(),
            vec![("DestinationEndpointInstanceID", "rm-other")],
            &["CHECK_CONN_DEST"],
        ),
        (
            edit(&|e| e[0]["engine"] = json!("PostgreSQL")),
            vec![],
            &["CHECK_SRC"],
        ),
        (
            edit(&|e| e[1]["engine"] = json!("PostgreSQL")),
            vec![],
            &["CHECK_CONN_DEST"],
        ),
        (
            edit(&|e| e[0]["region"] = json!("cn-beijing")),
            vec![],
            &["CHECK_CONN_SRC"],
        ),
        (
            fixtures(),
            vec![("DbList", r#"{"nodb":{"all":true}}"#)],
            &["CHECK_SCHEMA_EXIST"],
        ),
        (
            fixtures(),
            vec![("DbList", r#"{"dtsdb":{"Table":{"nobody":{}}}}"#)],
            &["CHECK_SCHEMA_EXIST"],
        ),
        (
            destination_has(json!("person_2")),
            vec![],
            &["CHECK_SAME_OBJ", "CHECK_DEST_TABLE_EMPTY"],
        ),
        (
            destination_has(json!({"name": "person_2", "empty": true})),
            vec![],
            &["CHECK_SAME_OBJ"],
        ),
        (
            destination_has(json!("person_2")),
            vec![("StructureInitialization", "false")],
            &["CHECK_DEST_TABLE_EMPTY"],
        ),
        (
            destination_has(json!("person_2")),
            vec![("DataInitialization", "false")],
            &["CHECK_SAME_OBJ"],
        ),
        (destination_has(json!("person")), vec![], &[]),
        (
            destination_has(json!("person_2")),
            vec![("Reserve", r#"{"targetTableMode":"2"}"#)],
            &[],
        ),
        (
            destination_has(json!("person_2")),
            vec![("Reserve", r#"{"targetTableMode":0}"#)],
            &["CHECK_SAME_OBJ", "CHECK_DEST_TABLE_EMPTY"],
        ),
        (
            destination_has(json!("city")),
            vec![("DbList", r#"{"dtsdb":{"all":true,"name":"dtsdb_1"}}"#)],
            &["CHECK_SAME_OBJ", "CHECK_DEST_TABLE_EMPTY"],
        ),
        (
            edit(&|e| {
                e[0]["accounts"] = json!({"dtstest": {"password": "source-secret", "privileges": ["select"]}})
            }),
            vec![],
            &[],
        ),
        (
            edit(&|e| {
                e[0]["accounts"] = json!({"dtstest": {"password": "source-secret", "privileges": ["SELECT"]}})
            }),
            SYNC.to_vec(),
            &["CHECK_AUTH_SRC"],
        ),
        (
            edit(&|e| {
                e[1]["accounts"] =
                    json!({"dtstest": {"password": "destination-secret", "privileges": ["SELECT"]}})
            }),
            vec![],
            &["CHECK_AUTH_DEST"],
        ),
        (source_variable("log_bin", "OFF"), vec![], &[]),
        (
            source_variable("log_bin", "OFF"),
            SYNC.to_vec(),
            &["CHECK_BINLOG_ON"],
        ),
        (
            source_variable("binlog_format", "STATEMENT"),
            SYNC.to_vec(),
            &["CHECK_BINLOG_MODE"],
        ),
        (
            source_variable("binlog_row_image", "MINIMAL"),
            SYNC.to_vec(),
            &["CHECK_BINLOG_ROW_IMAGE"],
        ),
        (
            source_variable("binlog_files", "PURGED"),
            SYNC.to_vec(),
            &["CHECK_BINLOG_EXIST"],
        ),
        (
            source_variable("server_id", "1"),
            SYNC.to_vec(),
            &["CHECK_SERVER_ID"],
        ),
        (source_variable("server_id", "7"), SYNC.to_vec(), &[]),
        (
            edit(&|e| e[0]["accounts"]["dtstest"] = json!("wrong")),
            vec![("DestinationEndpointPassword", "wrong")],
            &["CHECK_AUTH_SRC", "CHECK_AUTH_DEST"],
        ),
    ];
    for (fixtures, changes, expected) in cases {
        let (state, failed, unchecked) = find(fixtures.clone(), &changes);
        assert_eq!(failed, expected, "{changes:?} in {fixtures}");
        assert_eq!(state, if expected.is_empty() { "Finished" } else { "Failed" });
        let blind = expected.iter().any(|code| code.starts_with("CHECK_CONN")) && !changes.is_empty();
        assert_eq!(
            !unchecked.is_empty(),
            blind || expected == ["CHECK_CONN_SRC"],
            "{changes:?}: {unchecked:?}"
        );
    }
}

#[test]
fn an_object_is_not_written_onto_itself() {
    let same = [
        ("DestinationEndpointInstanceID", "rm-source"),
        ("DestinationEndpointRegion", "cn-hangzhou"),
        ("DestinationEndpointPassword", "source-secret"),
    ];
    let onto_itself = [&same[..], &[("DbList", r#"{"dtsdb":{"all":true}}"#)]].concat();
    let (_, failed, _) = find(fixtures(), &onto_itself);
    assert!(failed.contains(&"CHECK_TOPOLOGY".to_owned()), "{failed:?}");
    let (_, failed, _) = find(fixtures(), &same);
    assert_eq!(failed, [""; 0]);
}

#[test]
fn self_managed_databases_are_found_by_address() {
    let fixtures = json!({"endpoints": [
        {"ip": "10.0.0.1", "port": 3306, "accounts": {"dtstest": "source-secret"}, "databases": {"dtsdb": ["person"]}},
        {"instance_id": "i-ecs", "port": "3307", "accounts": {"dtstest": "destination-secret"}},
    ]});
    let side = [
        ("SourceEndpointInstanceType", "OTHER"),
        ("SourceEndpointInstanceID", ""),
        ("SourceEndpointIP", "10.0.0.1"),
        ("SourceEndpointPort", "3306"),
        ("DestinationEndpointInstanceType", "ECS"),
        ("DestinationEndpointInstanceID", "i-ecs"),
        ("DestinationEndpointPort", "3307"),
    ];
    assert_eq!(find(fixtures.clone(), &side).1, [""; 0]);
    for (name, value, expected) in [
        ("SourceEndpointPort", "3399", "CHECK_CONN_SRC"),
        ("SourceEndpointIP", "10.0.0.2", "CHECK_CONN_SRC"),
        ("DestinationEndpointPort", "3306", "CHECK_CONN_DEST"),
    ] {
        let changes: Vec<_> = side
            .iter()
            .map(|&(n, v)| if n == name { (n, value) } else { (n, v) })
            .collect();
        assert_eq!(find(fixtures.clone(), &changes).1, [expected], "{name} {value}");
    }
}

#[test]
fn a_failed_item_tells_a_person_what_to_do_and_no_password() {
    let bench = Bench::new("immediate", Some(fixtures()));
    let job = bench.configure(&[("SourceEndpointPassword", "typed-wrongly")]);
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    let body = bench.ok("DescribePreCheckStatus", &[("DtsJobId", &job), ("JobCode", "01")]);
    let items = body["JobProgress"].as_array().unwrap();
    let item = items.iter().find(|item| item["State"] == "Failed").unwrap();
    assert_eq!(text(item, "Item"), "CHECK_AUTH_SRC");
    assert_eq!(text(item, "Names"), "CHECK_AUTH_SRC_DETAIL");
    assert_eq!(text(item, "ErrMsg"), "CHECK__ERROR_SRC_AUTH");
    for part in ["RDS rm-source (cn-hangzhou)", "\"dtstest\""] {
        assert!(text(item, "ErrDetail").contains(part), "{item}");
    }
    assert!(
        text(item, "RepairMethod").starts_with("Correct the password"),
        "{item}"
    );
    assert_eq!(
        (&item["CanSkip"], &item["Skip"], &item["IgnoreFlag"]),
        (&false.into(), &false.into(), &"N".into())
    );
    assert_eq!(
        (&body["Total"], &body["ErrorItem"], &body["JobId"]),
        (&9.into(), &1.into(), &job.as_str().into())
    );
    for secret in ["typed-wrongly", "source-secret", "destination-secret"] {
        assert!(!body.to_string().contains(secret), "{body}");
    }
    let listed = bench.ok("DescribeDtsJobs", &[("DtsJobId", &job)]);
    let status = &listed["DtsJobList"][0]["PrecheckStatus"];
    assert_eq!(
        (&status["Status"], &status["Percent"]),
        (&"Failed".into(), &"100".into())
    );
    let failed = status["Detail"]
        .as_array()
        .unwrap()
        .iter()
        .find(|detail| detail["CheckResult"] == "Failed")
        .unwrap();
    assert_eq!(failed["CheckItem"], "CHECK_AUTH_SRC");
}

#[test]
fn items_are_decided_one_after_another() {
    let bench = Bench::new("reads:2", Some(fixtures()));
    let job = bench.configure(&[("DestinationEndpointPassword", "wrong")]);
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let body = bench.ok("DescribePreCheckStatus", &[("DtsJobId", &job), ("JobCode", "01")]);
        let items = body["JobProgress"].as_array().unwrap();
        let count = |state: &str| items.iter().filter(|item| item["State"] == state).count();
        seen.push((
            text(&body, "State"),
            count("Success"),
            count("Failed"),
            count("Checking"),
            count("NotStarted"),
        ));
    }
    let state = |name: &str| name.to_owned();
    assert_eq!(
        seen,
        [
            (state("Checking"), 3, 0, 1, 5),
            (state("Checking"), 5, 1, 1, 2),
            (state("Failed"), 8, 1, 0, 0)
        ]
    );
    assert_eq!(bench.status(&job), "PrecheckFailed");
}

#[test]
fn the_precheck_sees_the_databases_as_they_are_when_it_starts() {
    let bench = Bench::new("immediate", Some(fixtures()));
    let mut broken = fixtures();
    broken["endpoints"][0]["accounts"]["dtstest"] = json!("changed");
    bench.emulator.set_fixtures(broken);
    let job = bench.configure(&[]);
    let id = [("DtsJobId", job.as_str())];
    bench.ok("StartDtsJob", &id);
    assert_eq!(bench.status(&job), "PrecheckFailed");
    bench.emulator.set_fixtures(Value::Null);
    assert_eq!(
        bench.status(&job),
        "PrecheckFailed",
        "a repair alone changes no verdict"
    );
    bench.ok("StartDtsJob", &id);
    assert_eq!(bench.status(&job), "PreCheckPass");
    // A passed precheck of a job that is not bought can be run again.
    bench.emulator.set_fixtures(json!({}));
    bench.ok("StartDtsJob", &id);
    assert_eq!(bench.status(&job), "PrecheckFailed");
}

#[test]
fn without_fixtures_everything_passes() {
    let bench = Bench::immediate();
    let job = bench.configure(&SYNC);
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(bench.precheck(&job), ("Finished".to_owned(), Vec::new()));
    assert_eq!(
        bench.ok("DescribePreCheckStatus", &[("DtsJobId", &job), ("JobCode", "01")])["Total"],
        14
    );
}

#[test]
fn pages() {
    let bench = Bench::immediate();
    let job = bench.configure(&[]);
    let page = |number: &str| {
        let params = [
            ("DtsJobId", job.as_str()),
            ("JobCode", "01"),
            ("PageNo", number),
            ("PageSize", "4"),
        ];
        let body = bench.ok("DescribePreCheckStatus", &params);
        let items = body["JobProgress"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| text(item, "Item"))
            .collect::<Vec<_>>();
        (
            body["Total"].as_i64().unwrap(),
            body["PageNumber"].as_i64().unwrap(),
            items,
        )
    };
    assert_eq!(page("1"), (0, 1, vec![]), "before any precheck");
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    let pages = [page("1"), page("2"), page("3"), page("4")];
    assert_eq!(
        pages
            .each_ref()
            .map(|(total, number, items)| (*total, *number, items.len())),
        [(9, 1, 4), (9, 2, 4), (9, 3, 1), (9, 4, 0)]
    );
    let mut all: Vec<_> = pages.into_iter().flat_map(|(.., items)| items).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 9);
}

#[test]
fn an_item_is_shielded_and_the_job_started_again() {
    let mut fixtures = fixtures();
    fixtures["endpoints"][1]["databases"] = json!({"dtsdb_1": [{"name": "person_2", "empty": true}]});
    let bench = Bench::new("immediate", Some(fixtures));
    let job = bench.configure(&[]);
    let id = ("DtsJobId", job.as_str());
    let item = ("SkipPreCheckItems", r#"["CHECK_SAME_OBJ"]"#);
    assert_eq!(
        bench.refused("SkipPreCheck", &[id, ("Skip", "true"), item]),
        (403, "OperationDenied.JobStatus".to_owned())
    );
    bench.ok("StartDtsJob", &[id]);
    assert_eq!(
        bench.precheck(&job).1,
        [("CHECK_SAME_OBJ".to_owned(), "Failed".to_owned())]
    );
    for (params, expected) in [
        (vec![item], (400, "MissingSkip")),
        (vec![("Skip", "true")], (400, "MissingSkipPreCheckItems")),
        (
            vec![("Skip", "true"), ("SkipPreCheckItems", "CHECK_SAME_OBJ")],
            (400, "InvalidSkipPreCheckItems"),
        ),
        (
            vec![("Skip", "true"), ("SkipPreCheckItems", r#"["CHECK_AUTH_SRC"]"#)],
            (403, "OperationDenied"),
        ),
        (
            vec![("Skip", "true"), ("SkipPreCheckItems", r#"["CHECK_WEATHER"]"#)],
            (403, "OperationDenied"),
        ),
        (
            vec![("Skip", "true"), item, ("JobId", "another")],
            (400, "InvalidJobId"),
        ),
    ] {
        let refused = bench.refused("SkipPreCheck", &[&[id], &params[..]].concat());
        assert_eq!(refused, (expected.0, expected.1.to_owned()), "{params:?}");
    }
    let body = bench.ok(
        "SkipPreCheck",
        &[
            id,
            ("JobId", &job),
            ("Skip", "True"),
            item,
            ("SkipPreCheckNames", r#"["CHECK_SAME_OBJ_DETAIL"]"#),
        ],
    );
    assert_eq!(text(&body, "SkipItems"), r#"["CHECK_SAME_OBJ"]"#);
    assert_eq!(text(&body, "SkipNames"), r#"["CHECK_SAME_OBJ_DETAIL"]"#);
    assert_eq!(bench.status(&job), "PrecheckFailed", "nothing runs by itself");
    bench.ok("StartDtsJob", &[id]);
    assert_eq!(bench.status(&job), "PreCheckPass");
    assert_eq!(
        bench.precheck(&job),
        (
            "Finished".to_owned(),
            vec![("CHECK_SAME_OBJ".to_owned(), "Warning".to_owned())]
        )
    );
    bench.emulator.set_lifecycle("reads:9".parse().unwrap());
    bench.ok("StartDtsJob", &[id]);
    assert_eq!(
        bench.refused("SkipPreCheck", &[id, ("Skip", "true"), item]).1,
        "OperationDenied.JobStatus"
    );
    bench.emulator.set_lifecycle("immediate".parse().unwrap());
    bench.ok("SkipPreCheck", &[id, ("Skip", "false"), item]);
    bench.ok("StartDtsJob", &[id]);
    assert_eq!(bench.status(&job), "PrecheckFailed");
    // The same by the reserve.
    bench.configure(&[id, ("Reserve", r#"{"skipPrechecks":"CHECK_SAME_OBJ"}"#)]);
    bench.ok("StartDtsJob", &[id]);
    assert_eq!(bench.status(&job), "PreCheckPass");
}

#[test]
fn a_verdict_can_be_decreed() {
    let mut fixtures = fixtures();
    fixtures["precheck"] = json!([
        {"item": "CHECK_SRC", "state": "Warning", "message": "5.5 is old", "repair_method": "Upgrade"},
        {"item": "CHECK_SQL_MODE", "state": "Failed"},
    ]);
    let bench = Bench::new("immediate", Some(fixtures));
    let job = bench.configure(&[]);
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    let pair = |code: &str, state: &str| (code.to_owned(), state.to_owned());
    let expected = vec![pair("CHECK_SRC", "Warning"), pair("CHECK_SQL_MODE", "Failed")];
    assert_eq!(bench.precheck(&job), ("Failed".to_owned(), expected));
}

#[test]
fn other_modules_have_items_per_table() {
    let bench = Bench::new("reads:1", None);
    let (_, job) = bench.buy("MIGRATION");
    bench.configure(&[("DtsJobId", &job)]);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let body = bench.ok(
            "DescribePreCheckStatus",
            &[("DtsJobId", &job), ("JobCode", "02"), ("StructType", "before")],
        );
        let item = &body["JobProgress"][0];
        assert_eq!(
            (text(item, "SourceSchema"), text(item, "TargetNames")),
            ("dtsdb".to_owned(), "person_2".to_owned())
        );
        seen.push(text(&body, "State"));
    }
    assert_eq!(seen, ["NotStarted", "Finished", "Finished"]);
    assert_eq!(
        bench
            .refused("DescribePreCheckStatus", &[("DtsJobId", &job), ("JobCode", "99")])
            .1,
        "InvalidJobCode"
    );
}
