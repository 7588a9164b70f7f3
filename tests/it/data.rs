//! Data sources: what they find, on how many pages ever, and that none of them changes anything.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use terraform_provider_dts::dts::ram::PERMISSIONS;
use terraform_provider_dts::emulator::Lifecycle;
use terraform_provider_dts::framework::Diagnostics;

use crate::changes::bed::Bed;
use crate::changes::config::{MIGRATION, SYNC, fixtures, instance, instance_for, job, subscription, with};
use crate::support::bench::{Bench, bought_first, endless, job_on_instance};
use crate::support::changes;

/// What a data source tells; it must be sound, and change nothing.
#[track_caller]
fn read(bed: &Bed, type_name: &str, config: Json) -> Json {
    let mark = bed.mark();
    let (value, problems) = bed.read_data(type_name, &config);
    assert!(problems.is_empty(), "{problems:#?}");
    assert_eq!(bed.changing_calls(mark), [""; 0]);
    value.reveal()
}

/// The one error that it gives, at `path`.
#[track_caller]
fn refused(bed: &Bed, type_name: &str, config: Json, path: &str, text: &str) {
    let (_, problems): (_, Diagnostics) = bed.read_data(type_name, &config);
    let errors: Vec<_> = problems.iter().filter(|problem| problem.is_error()).collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let found = errors[0].path.clone().unwrap_or_default().to_string();
    assert_eq!(found, path, "{errors:#?}");
    let said = format!("{}\n{}", errors[0].summary, errors[0].detail);
    assert!(said.contains(text), "{said}");
}

fn texts(list: &Json, name: &str) -> Vec<String> {
    let items = list.as_array().unwrap().iter();
    items
        .map(|item| item[name].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn jobs_and_instances_by_their_filters_from_all_pages() {
    let bed = Bed::new();
    let tagged = with(&instance(SYNC), json!({ "tags": { "env": "prod", "team": "x" } }));
    let (bought, configured, _) = bed.bought(&tagged, &job(SYNC));
    let mut unbought = bed.job();
    unbought.settle(&with(&job(MIGRATION), json!({ "dts_job_name": "lonely" })));
    bed.emulator.copy_job(&unbought.text("id"), 40);

    let all = read(&bed, "dts_jobs", json!({}));
    assert_eq!(all["jobs"].as_array().unwrap().len(), 42);
    let ids: BTreeSet<String> = texts(&all["jobs"], "id").into_iter().collect();
    assert_eq!(ids.len(), 42, "each once");
    assert_eq!(json!(texts(&all["jobs"], "id")), all["ids"]);
    for (filter, expected) in [
        (json!({ "job_type": "sync" }), 1),
        (json!({ "job_type": MIGRATION }), 41),
        (json!({ "name": "mysql" }), 1),
        (json!({ "status": "Synchronizing" }), 1),
        (json!({ "tags": { "env": "prod" } }), 1),
        (json!({ "tags": { "env": "", "team": "x" } }), 1),
        (json!({ "tags": { "env": "test" } }), 0),
        (
            json!({ "dts_job_ids": [configured.text("id"), unbought.text("id")] }),
            2,
        ),
        (json!({ "dts_job_ids": [] }), 0),
        (json!({ "dts_instance_ids": [bought.text("id")] }), 1),
        (json!({ "region": "cn-beijing" }), 0),
    ] {
        let found = read(&bed, "dts_jobs", filter.clone());
        assert_eq!(found["jobs"].as_array().unwrap().len(), expected, "{filter}");
    }
    let one = &read(&bed, "dts_jobs", json!({ "job_type": SYNC }))["jobs"][0];
    assert_eq!(one["dts_instance_id"], bought.text("id"));
    assert_eq!(one["source_endpoint"]["instance_id"], "rm-source");
    assert_eq!(one["tags"], json!({ "env": "prod", "team": "x" }));
    assert!(one["delay"].is_number(), "{one}");

    let found = read(&bed, "dts_instances", json!({}));
    assert_eq!(
        found["ids"],
        json!([bought.text("id")]),
        "what is not bought is none"
    );
    let one = &found["instances"][0];
    assert_eq!(one["job_id"], configured.text("id"));
    assert_eq!(
        [&one["type"], &one["pay_type"], &one["instance_class"]],
        [SYNC, "PostPaid", "small"]
    );
    for (filter, expected) in [
        (json!({ "pay_type": "PrePaid" }), 0),
        (json!({ "instance_class": "small", "pay_type": "PostPaid" }), 1),
        (json!({ "type": "MIGRATION" }), 0),
    ] {
        let found = read(&bed, "dts_instances", filter.clone());
        assert_eq!(found["ids"].as_array().unwrap().len(), expected, "{filter}");
    }
}

#[test]
fn both_directions_are_jobs_of_one_instance() {
    let bed = Bed::new();
    let both = with(&instance(SYNC), json!({ "sync_architecture": "bidirectional" }));
    let mut bought = bed.instance();
    bought.settle(&both);
    let found = read(
        &bed,
        "dts_jobs",
        json!({ "dts_instance_ids": [bought.text("id")] }),
    );
    assert_eq!(
        texts(&found["jobs"], "synchronization_direction"),
        ["Forward", "Reverse"]
    );
    let id = bought.text("id");
    assert_eq!(
        texts(&found["jobs"], "dts_instance_id"),
        [id.as_str(), id.as_str()]
    );
    let instances = read(&bed, "dts_instances", json!({}));
    assert_eq!(instances["instances"][0]["reverse_job_id"], found["ids"][1]);
    let by_direction =
        json!({ "dts_instance_id": bought.text("id"), "synchronization_direction": "Reverse" });
    assert_eq!(read(&bed, "dts_job", by_direction)["id"], found["ids"][1]);

    // Each is found by what it has itself, by the same number of calls.
    let on_it = with(
        &job(SYNC),
        json!({ "dts_instance_id": bought.text("id"), "desired_status": "configured", "synchronization_direction": "Reverse" }),
    );
    let (from, to) = (
        on_it["source_endpoint"].clone(),
        on_it["destination_endpoint"].clone(),
    );
    let back = json!({ "dts_job_name": "back", "source_endpoint": to, "destination_endpoint": from });
    bed.job().settle(&with(&on_it, back));
    let mark = bed.mark();
    for (filter, expected) in [
        (json!({ "name": "back" }), &["Reverse"][..]),
        (json!({ "status": "NotStarted" }), &["Reverse"]),
        (json!({ "status": "notconfigured" }), &["Forward"]),
        (json!({ "dts_job_ids": [found["ids"][1].clone()] }), &["Reverse"]),
        (json!({ "source_instance_id": "rm-destination" }), &["Reverse"]),
        (json!({ "source_instance_id": "rm-source" }), &[]),
        (json!({ "name": "back", "status": "NotConfigured" }), &[]),
    ] {
        let jobs = read(
            &bed,
            "dts_jobs",
            with(&json!({ "job_type": SYNC }), filter.clone()),
        );
        assert_eq!(
            texts(&jobs["jobs"], "synchronization_direction"),
            expected,
            "{filter}"
        );
    }
    assert_eq!(bed.mark() - mark, 7);
}

#[test]
fn one_job_by_either_id() {
    let bed = Bed::new();
    let tagged = with(&instance(SYNC), json!({ "tags": { "env": "prod" } }));
    let (bought, configured, _) = bed.bought(&tagged, &job(SYNC));
    let by_job = read(&bed, "dts_job", json!({ "id": configured.text("id") }));
    let by_instance = read(&bed, "dts_job", json!({ "dts_instance_id": bought.text("id") }));
    assert_eq!(by_job, by_instance);
    assert_eq!([&by_job["job_type"], &by_job["status"]], [SYNC, "Synchronizing"]);
    assert_eq!(by_job["source_endpoint"]["engine_name"], "MySQL");
    assert_eq!(
        texts(&by_job["phases"], "name"),
        ["structure", "data", "synchronization"]
    );
    assert_eq!(by_job["phases"][0]["percent"], 100);
    assert_eq!(by_job["tags"], json!({ "env": "prod" }));
    assert!(by_job["db_list"].as_str().unwrap().contains("person"));
    refused(&bed, "dts_job", json!({ "id": "none" }), "id", "none");
    refused(
        &bed,
        "dts_job",
        json!({ "dts_instance_id": "none" }),
        "dts_instance_id",
        "none",
    );
}

/// A subscription that was configured first has its brokers only after the purchase: whoever needs them in the same apply reads them.
#[test]
fn a_job_tells_where_a_subscription_is_consumed() {
    let bed = Bed::new();
    let mut managed = bed.resource("dts_subscription");
    managed.settle(&with(&subscription(), json!({ "desired_status": "prechecked" })));
    let found = |bed: &Bed| {
        let found = read(bed, "dts_job", json!({ "id": managed.text("id") }));
        [
            found["subscribe_topic"].clone(),
            found["subscription_host"].clone(),
        ]
    };
    assert_eq!(found(&bed), [Json::Null, Json::Null]);
    let mut bought = bed.instance();
    bought.settle(&with(
        &instance_for(&managed.text("id")),
        json!({ "auto_start": true }),
    ));
    let [topic, hosts] = found(&bed);
    managed.refresh();
    assert_eq!(topic, managed.text("subscribe_topic"));
    assert_eq!(hosts["vpc_host"], "dts-cn-hangzhou-vpc.aliyuncs.com:18001");
}

#[test]
fn a_log_is_read_to_its_limit() {
    let bed = Bed::new();
    let (_bought, configured, _) = bed.bought(&instance(SYNC), &job(SYNC));
    let id = configured.text("id");
    let all = read(&bed, "dts_job_log", json!({ "job_id": id }));
    let total = all["total"].as_i64().unwrap();
    assert!(total > 1, "{all}");
    assert_eq!(
        all["entries"].as_array().unwrap().len(),
        usize::try_from(total).unwrap()
    );
    assert!(all["entries"][0]["time"].as_str().unwrap().ends_with('Z'));
    let first = read(&bed, "dts_job_log", json!({ "job_id": id, "limit": 1 }));
    assert_eq!(
        (&first["entries"][0], &first["total"]),
        (&all["entries"][0], &all["total"])
    );
    for (filter, expected) in [
        (json!({ "job_id": id, "start_time": "2099-01-01T00:00:00Z" }), 0),
        (
            json!({ "job_id": id, "end_time": "2099-01-01T00:00:00+08:00" }),
            total,
        ),
        (json!({ "job_id": id, "keyword": "no such word" }), 0),
        (json!({ "job_id": id, "status": "NORMAL" }), total),
    ] {
        assert_eq!(
            read(&bed, "dts_job_log", filter.clone())["total"],
            expected,
            "{filter}"
        );
    }
    refused(&bed, "dts_job_log", json!({ "job_id": "none" }), "job_id", "none");
}

#[test]
fn a_connection_is_tried_before_anything_is_there() {
    let bed = Bed::with(Lifecycle::Immediate, Some(fixtures("right", "right")));
    let config = |password: &str, required: bool| {
        let end = |id: &str, password: &str| json!({ "instance_type": "RDS", "instance_id": id, "user_name": "dtstest", "password": password });
        json!({ "source_endpoint": end("rm-source", password), "destination_endpoint": end("rm-destination", "right"), "require_success": required })
    };
    let good = read(&bed, "dts_connection_status", config("right", true));
    assert_eq!([&good["connected"], &good["source_connected"]], [true, true]);
    let bad = read(&bed, "dts_connection_status", config("wrong-secret", false));
    assert_eq!(
        [
            &bad["connected"],
            &bad["source_connected"],
            &bad["destination_connected"]
        ],
        [false, false, true]
    );
    assert_eq!(bad["source_tests"][0], json!({ "name": "Ping", "success": true }));
    let required = config("wrong-secret", true);
    refused(
        &bed,
        "dts_connection_status",
        required.clone(),
        "source_endpoint",
        "JDBC Connect",
    );
    let (_, problems) = bed.read_data("dts_connection_status", &required);
    assert!(!format!("{problems:?}").contains("wrong-secret"));
}

#[test]
fn what_to_let_in_and_where_to_put_it() {
    let bed = Bed::with(
        Lifecycle::Immediate,
        Some(json!({ "endpoints": [], "clusters": [
            { "id": "dtscluster-1", "name": "orders", "region": "cn-hangzhou", "du": 8 },
            { "id": "dtscluster-2", "name": "other", "region": "cn-hangzhou", "state": "locked" },
            { "id": "dtscluster-3", "name": "orders", "region": "cn-beijing" },
        ] })),
    );
    let regions = json!({ "source_region": "cn-hangzhou", "destination_region": "cn-beijing" });
    let all = read(&bed, "dts_ip_ranges", regions.clone());
    assert_eq!(all["ip_ranges"].as_array().unwrap().len(), 4);
    assert_eq!(all["source_ip_ranges"], all["ip_ranges"]);
    let inside = with(
        &regions,
        json!({ "type": "vpc", "source_vpc": { "vpc_id": "vpc-1" } }),
    );
    let inside = read(&bed, "dts_ip_ranges", inside);
    assert_eq!(inside["source_ip_ranges"].as_array().unwrap().len(), 2);
    assert_eq!(crate::changes::sent(&bed, "WhiteIpList")["SrcVpcId"], "vpc-1");

    let found = read(&bed, "dts_dedicated_clusters", json!({}));
    assert_eq!(found["ids"], json!(["dtscluster-1", "dtscluster-2"]));
    assert_eq!(
        [&found["clusters"][0]["du"], &found["clusters"][0]["used_du"]],
        [8, 0]
    );
    for filter in [json!({ "state": "locked" }), json!({ "name": "oth" })] {
        let found = read(&bed, "dts_dedicated_clusters", filter);
        assert_eq!(found["ids"], json!(["dtscluster-2"]));
    }
}

#[test]
fn the_objects_of_each_module() {
    let bed = Bed::new();
    let (_bought, configured, _) = bed.bought(&instance(SYNC), &job(SYNC));
    for (code, state) in [("02", "Finished"), ("03", "Finished"), ("04", "Catched")] {
        let config = json!({ "job_id": configured.text("id"), "job_code": code, "require_pass": true });
        let found = read(&bed, "dts_precheck", config);
        assert_eq!(
            [&found["state"], &found["passed"]],
            [&json!(state), &json!(true)],
            "{code}"
        );
        let item = &found["items"][0];
        assert_eq!(
            [&item["source_schema"], &item["destination_schema"]],
            ["dtsdb", "dtsdb_1"],
            "{code}"
        );
        assert_eq!(item["delay_seconds"].is_number(), code == "04");
        assert_eq!(item["ddl"].is_string(), code == "02", "{item}");
    }
    let named = json!({ "job_id": configured.text("id"), "job_code": "02", "name": "nothing of this name" });
    assert_eq!(read(&bed, "dts_precheck", named)["items"], json!([]));
}

/// While a module runs there is nothing to wait for, unless somebody asks.
#[test]
fn a_module_that_runs_is_told_as_it_is() {
    let bed = Bed::with(Lifecycle::Reads(50), None);
    let started = with(&job(SYNC), json!({ "wait_for": "none" }));
    let mut bought = bed.instance();
    bought.settle(&instance(SYNC));
    let mut configured = bed.job();
    configured.settle_once(&with(&started, json!({ "dts_instance_id": bought.text("id") })));
    let config = json!({ "job_id": configured.text("id"), "job_code": "03" });
    let found = read(&bed, "dts_precheck", config);
    assert_eq!(found["passed"], false, "{found}");
}

/// All of them with real Terraform: what they call is what their permissions say, and a second plan is empty.
#[test]
fn their_calls_are_documented_and_change_nothing() {
    let bench = Bench::immediate();
    let objects = [bought_first("SYNC", ""), endless(&job_on_instance("SYNC", ""))];
    bench.write(&[&objects[0], &objects[1]]);
    bench.apply().ok();
    let mark = bench.mark();
    let end = |name: &str, id: &str| {
        format!("  {name} {{\n    instance_type = \"RDS\"\n    instance_id = \"{id}\"\n  }}\n")
    };
    let data = [
        "data \"dts_job\" \"m\" {\n  id = dts_job.m.id\n}\n".to_owned(),
        "data \"dts_jobs\" \"m\" {}\n".to_owned(),
        "data \"dts_instances\" \"m\" {}\n".to_owned(),
        "data \"dts_job_log\" \"m\" {\n  job_id = dts_job.m.id\n}\n".to_owned(),
        "data \"dts_precheck\" \"m\" {\n  job_id = dts_job.m.id\n  job_code = \"02\"\n}\n".to_owned(),
        "data \"dts_dedicated_clusters\" \"m\" {}\n".to_owned(),
        "data \"dts_ip_ranges\" \"m\" {\n  source_region = \"cn-hangzhou\"\n}\n".to_owned(),
        "data \"dts_ip_ranges\" \"n\" {\n  source_region = \"cn-hangzhou\"\n  type = \"internet\"\n}\n"
            .to_owned(),
        format!(
            "data \"dts_connection_status\" \"m\" {{\n{}{}}}\n",
            end("source_endpoint", "rm-source"),
            end("destination_endpoint", "rm-destination")
        ),
    ]
    .concat();
    bench.write(&[&objects[0], &objects[1], &data]);
    bench.apply().ok();
    bench.workspace.assert_plan_is_empty();
    let called: BTreeSet<String> = bench.emulator.calls()[mark..]
        .iter()
        .map(|call| call.action.clone())
        .collect();
    let changing: Vec<&String> = called.iter().filter(|action| changes(action)).collect();
    assert_eq!(changing, [""; 0]);
    let names = [
        "data.dts_job",
        "data.dts_jobs",
        "data.dts_instances",
        "data.dts_job_log",
        "data.dts_precheck",
        "data.dts_dedicated_clusters",
        "data.dts_ip_ranges",
        "data.dts_connection_status",
    ];
    let documented: BTreeSet<String> = PERMISSIONS
        .iter()
        .filter(|one| names.contains(&one.object))
        .flat_map(|one| one.operations)
        .map(|name| (*name).to_owned())
        .collect();
    assert_eq!(called, documented);
}

#[test]
fn what_is_wrong_with_a_configuration() {
    let bench = Bench::immediate();
    for (config, text) in [
        (
            "data \"dts_job\" \"m\" {}\n",
            "Neither id nor dts_instance_id is set",
        ),
        (
            "data \"dts_job\" \"m\" {\n  id = \"a\"\n  dts_instance_id = \"b\"\n}\n",
            "dts_instance_id cannot be set together with id",
        ),
        (
            "data \"dts_jobs\" \"m\" {\n  name = \"a\"\n  source_instance_id = \"b\"\n}\n",
            "source_instance_id cannot be set together with name",
        ),
        (
            "data \"dts_jobs\" \"m\" {\n  job_type = \"COPY\"\n}\n",
            "MIGRATION, SYNC, SUBSCRIBE",
        ),
        (
            "data \"dts_job_log\" \"m\" {\n  job_id = \"a\"\n  start_time = \"yesterday\"\n}\n",
            "2026-01-02T03:04:05Z",
        ),
        (
            "data \"dts_ip_ranges\" \"m\" {\n  source_region = \"cn-hangzhou\"\n  source_vpc {\n    vpc_id = \"a\"\n  }\n}\n",
            "source_vpc needs type = \"vpc\"",
        ),
        (
            "data \"dts_connection_status\" \"m\" {\n  source_endpoint {\n    instance_type = \"LocalInstance\"\n    ip = \"10.0.0.1\"\n  }\n  destination_endpoint {\n    instance_type = \"RDS\"\n    instance_id = \"a\"\n  }\n}\n",
            "port is missing",
        ),
    ] {
        bench.write(&[config]);
        let outcome = bench.workspace.plan(&[]).fails();
        let errors = outcome.errors();
        assert_eq!(errors.len(), 1, "{}", outcome.report());
        let said = format!("{}\n{}", errors[0].summary, errors[0].detail);
        assert!(said.contains(text), "{said}");
    }
    assert_eq!(bench.mark(), 0, "nothing was called");
}
