//! What else can be read of jobs: counts, sums, logs, sub-tasks, modules item by item.

use serde_json::json;

use super::client::{Bench, text, with};

const OBJECTS: &str = r#"{"dtsdb":{"name":"dtsdb_1","all":false,
    "Table":{"person":{"name":"person_2","all":true},"city":{"name":"city","all":true}},
    "View":{"v_person":{"name":"v_person"}}},"whole":{"name":"whole","all":true}}"#;

#[test]
fn modules_item_by_item() {
    let bench = Bench::immediate();
    let (instance, job) = bench.buy("MIGRATION");
    bench.configure(&[
        ("DtsInstanceId", &instance),
        ("DataSynchronization", "true"),
        ("DbList", OBJECTS),
    ]);
    bench
        .emulator
        .script_job(json!({"job": job, "progress": {"full": 50}}));
    let (second, held) = bench.buy("MIGRATION");
    bench
        .emulator
        .script_job(json!({"job": held, "progress": {"full": 50}}));
    bench.configure(&[
        ("DtsInstanceId", &second),
        ("DataSynchronization", "true"),
        ("DbList", OBJECTS),
    ]);
    let items = |job: &str, code: &str| {
        let body = bench.ok("DescribePreCheckStatus", &[("DtsJobId", job), ("JobCode", code)]);
        let items: Vec<String> = body["JobProgress"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                format!(
                    "{} {} {}",
                    text(item, "Item"),
                    text(item, "Names"),
                    text(item, "State")
                )
            })
            .collect();
        (text(&body, "State"), items)
    };
    let all = |state: &str, words: &[&str], own: &str| {
        let items = words.iter().map(|words| format!("{words} {own}")).collect();
        (state.to_owned(), items)
    };
    let tables = ["Table city", "Table person", "Database whole"];
    let objects = ["Table city", "Table person", "View v_person", "Database whole"];
    let databases = ["Database dtsdb", "Database whole"];
    // A job that was held only after its load is not held.
    assert_eq!(items(&job, "02"), all("Finished", &objects, "Success"));
    assert_eq!(items(&job, "03"), all("Finished", &tables, "Success"));
    assert_eq!(items(&job, "04"), all("Catched", &databases, "Success"));
    // Half way through the load: what comes first is done first.
    assert_eq!(
        items(&held, "03"),
        (
            "Migrating".to_owned(),
            vec![
                "Table city Success".to_owned(),
                "Table person Migrating".to_owned(),
                "Database whole Migrating".to_owned()
            ]
        )
    );
    assert_eq!(items(&held, "04"), all("NotStarted", &databases, "NotStarted"));

    let body = bench.ok(
        "DescribePreCheckStatus",
        &[
            ("DtsJobId", &job),
            ("JobCode", "02"),
            ("Name", "person"),
            ("PageSize", "1"),
            ("PageNo", "2"),
        ],
    );
    assert_eq!(
        (&body["Total"], &body["JobProgress"][0]["Names"]),
        (&json!(2), &json!("v_person"))
    );
    assert_eq!(
        body["JobProgress"][0]["DdlSql"],
        "CREATE VIEW `dtsdb_1`.`v_person`"
    );
    let sums = bench.ok("SummaryJobDetail", &[("DtsJobId", &job), ("JobCode", "02")]);
    assert_eq!(
        sums["ProgressSummaryDetails"],
        json!([
            {"Key": "Database", "State": 0, "TotalCount": 1},
            {"Key": "Table", "State": 0, "TotalCount": 2},
            {"Key": "View", "State": 0, "TotalCount": 1},
        ])
    );
    let sums = bench.ok("SummaryJobDetail", &[("DtsJobId", &held), ("JobCode", "03")]);
    assert_eq!(sums["ProgressSummaryDetails"][0]["State"], 3);
    let wrong = bench.refused("SummaryJobDetail", &[("DtsJobId", &job), ("JobCode", "01")]);
    assert_eq!(wrong, (400, "InvalidJobCode".to_owned()));
}

#[test]
fn counts() {
    let bench = Bench::immediate();
    bench.configure(&[]);
    bench.configure(&[("SourceEndpointEngineName", "MARIADB")]);
    let base = [("RegionId", "cn-hangzhou"), ("Region", "cn-hangzhou")];
    let count = |changes: &[(&str, &str)]| {
        bench.ok("CountJobByCondition", &with(&base, changes))["TotalRecordCount"].clone()
    };
    for (changes, expected) in [
        (vec![], 2),
        (vec![("SrcDbType", "mariadb")], 1),
        (vec![("DestDbType", "ORACLE")], 0),
        (vec![("Status", "NotStarted")], 2),
        (vec![("JobType", "SYNC")], 0),
        (vec![("Region", "cn-beijing")], 0),
        (vec![("Type", "name"), ("Params", "rdsmysql")], 2),
    ] {
        assert_eq!(count(&changes), expected, "{changes:?}");
    }
    assert_eq!(
        bench.refused("CountJobByCondition", &base[..1]),
        (400, "MissingRegion".to_owned())
    );
}

#[test]
fn a_log_tells_what_happened_newest_first() {
    let bench = Bench::immediate();
    let (_, job) = bench.synchronize();
    bench.pass(60);
    bench.ok("SuspendDtsJob", &[("DtsJobId", &job)]);
    bench.pass(60);
    let log = |changes: &[(&str, &str)]| {
        let body = bench.ok("DescribeDtsServiceLog", &with(&[("DtsJobId", &job)], changes));
        let lines: Vec<(String, String)> = body["ServiceLogContexts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| (text(line, "Time"), text(line, "Context")))
            .collect();
        (body["TotalRecordCount"].as_u64().unwrap(), lines)
    };
    let (total, lines) = log(&[("PageSize", "2")]);
    assert_eq!((total, lines.len()), (5, 2));
    assert_eq!(lines[0].1, "The task is suspended.");
    assert_eq!(
        lines[1],
        (
            "2026-01-02T03:04:05Z".to_owned(),
            "Structure and full load are done.".to_owned()
        )
    );
    assert_eq!(log(&[("PageSize", "2"), ("PageNumber", "3")]).1.len(), 1);
    assert_eq!(log(&[("Keyword", "precheck")]).0, 2);
    assert_eq!(log(&[("Status", "ERROR")]).0, 0);
    assert_eq!(log(&[("EndTime", "1767323046000")]).0, 4);
    assert_eq!(log(&[("StartTime", "1767323046000")]).0, 1);
}

#[test]
fn a_change_of_objects_is_a_sub_task() {
    let bench = Bench::new("reads:1", None);
    let (instance, job) = bench.synchronize();
    bench.statuses(&job, 3);
    let change = [
        ("DtsInstanceId", instance.as_str()),
        ("DbList", r#"{"d":{"all":true}}"#),
    ];
    let task = text(&bench.ok("ModifyDtsJob", &change), "DtsJobId");
    let subs = |changes: &[(&str, &str)]| {
        let body = bench.ok("DescribeDtsJobDetail", &with(&[("DtsJobId", &job)], changes));
        let subs = body["SubSyncJob"].as_array().unwrap().clone();
        subs.iter()
            .map(|sub| (text(sub, "DtsJobId"), text(sub, "Status")))
            .collect::<Vec<_>>()
    };
    assert_eq!(subs(&[]), [(task.clone(), "Initializing".to_owned())]);
    assert_eq!(subs(&[]), [], "it has ended");
    assert_eq!(
        subs(&[("SyncSubJobHistory", "true")]),
        [(task, "Finished".to_owned())]
    );
}

#[test]
fn older_words_for_a_load_and_a_shield() {
    let bench = Bench::new(
        "immediate",
        Some(json!({"precheck": [{"item": "CHECK_SAME_OBJ", "state": "Failed"}]})),
    );
    let (instance, job) = bench.synchronize();
    let id = ("DtsInstanceId", instance.as_str());
    let shield = [id, ("PrecheckItems", "CHECK_CONN_SRC")];
    assert_eq!(
        bench.refused("ShieldPrecheck", &shield),
        (403, "OperationDenied".to_owned()),
        "that one cannot be skipped"
    );
    bench
        .emulator
        .set_fixtures(json!({"precheck": [{"item": "CHECK_SAME_OBJ", "state": "Failed"}], "endpoints": []}));
    bench.ok("ShieldPrecheck", &[id, ("PrecheckItems", "CHECK_SAME_OBJ")]);
    bench.emulator.set_fixtures(json!(null));
    bench.ok("StartDtsJob", &[id]);
    assert_eq!(bench.status(&job), "Synchronizing");
    let body = bench.ok(
        "DescribeInitializationStatus",
        &[("SynchronizationJobId", &instance)],
    );
    for (part, name) in [
        ("StructureInitializationDetails", "ObjectName"),
        ("DataInitializationDetails", "TableName"),
        ("DataSynchronizationDetails", "TableName"),
    ] {
        let item = &body[part][0];
        let expected = if part.starts_with("DataSync") {
            "dtsdb"
        } else {
            "person"
        };
        assert_eq!(
            (&item[name], &item["SourceOwnerDBName"]),
            (&json!(expected), &json!("dtsdb")),
            "{part}"
        );
    }
}
