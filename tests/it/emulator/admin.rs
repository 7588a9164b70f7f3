//! The admin routes, in the JSON that users' tests rely on.

use serde_json::{Value, json};

use super::client::{Bench, Reply, fixtures};

fn get(bench: &Bench, route: &str) -> Value {
    let (status, body) = bench
        .send(
            bench
                .http()
                .get(format!("{}/_emulator/{route}", bench.emulator.url())),
        )
        .unwrap();
    assert_eq!(status, 200, "{body}");
    body
}

fn send(bench: &Bench, method: &str, route: &str, body: &str) -> Reply {
    let url = format!("{}/_emulator/{route}", bench.emulator.url());
    bench
        .send(
            bench
                .http()
                .request(method.parse().unwrap(), url)
                .body(body.to_owned()),
        )
        .unwrap()
}

#[test]
fn calls_are_kept_in_order_and_without_secrets() {
    let bench = Bench::immediate();
    let job = bench.configure(&[("RegionId", "cn-hangzhou")]);
    bench.call("StartDtsJob", &[("DtsJobId", "nosuchjob")]);
    bench
        .emulator
        .add_faults(json!({"action": "StartDtsJob", "kind": "refuse", "code": "Odd"}));
    bench.call("StartDtsJob", &[("DtsJobId", &job)]);
    let calls = get(&bench, "calls");
    let calls = calls["calls"].as_array().unwrap();
    let brief: Vec<_> = calls
        .iter()
        .map(|call| {
            (
                call["seq"].as_u64().unwrap(),
                call["action"].as_str().unwrap(),
                call["status"].as_u64().unwrap(),
                call["code"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        brief,
        [
            (1, "ConfigureDtsJob", 200, None),
            (2, "StartDtsJob", 404, Some("InvalidJobId")),
            (3, "StartDtsJob", 200, Some("Odd"))
        ]
    );
    assert_eq!(calls[0]["signature"], "v1");
    assert_eq!(calls[0]["request_id"].as_str().unwrap().len(), 36);
    assert_eq!(calls[1]["params"], json!({"DtsJobId": "nosuchjob"}));
    assert_eq!(calls[2]["fault"], "refuse");
    assert_eq!(calls[0]["params"]["SourceEndpointPassword"], "******");
    assert_eq!(calls[0]["params"]["SourceEndpointUserName"], "dtstest");
    let shown = get(&bench, "calls").to_string();
    for secret in [
        "source-secret",
        "destination-secret",
        "testAccessKeySecret",
        "Signature\"",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    // The library shows the same.
    assert_eq!(bench.emulator.calls().len(), 3);
    assert_eq!(bench.emulator.calls()[1].code.as_deref(), Some("InvalidJobId"));
}

#[test]
fn the_bill_lists_what_was_bought() {
    let bench = Bench::immediate();
    assert_eq!(get(&bench, "instances"), json!({"instances": []}));
    let (first, first_job) = bench.buy("MIGRATION");
    let (second, second_job) = bench.buy("SYNC");
    bench.ok("DeleteDtsJob", &[("DtsJobId", &first_job)]);
    assert_eq!(
        get(&bench, "instances"),
        json!({"instances": [
            {"instance_id": first, "job_id": first_job, "pay_type": "PostPaid", "instance_class": "small", "released": true},
            {"instance_id": second, "job_id": second_job, "pay_type": "PostPaid", "instance_class": "small", "released": false},
        ]})
    );
}

#[test]
fn fixtures_faults_and_clock_are_set() {
    let bench = Bench::immediate();
    assert_eq!(send(&bench, "PUT", "fixtures", &fixtures().to_string()).0, 200);
    let job = bench.configure(&[("SourceEndpointPassword", "wrong")]);
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(bench.status(&job), "PrecheckFailed");
    assert_eq!(send(&bench, "PUT", "fixtures", "null").0, 200);
    assert_eq!(send(&bench, "PUT", "clock", r#"{"lifecycle":"reads:1"}"#).0, 200);
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Prechecking", "PreCheckPass"]
    );
    assert_eq!(
        send(&bench, "POST", "faults", r#"[{"action":"*","kind":"status"}]"#).0,
        200
    );
    assert_eq!(bench.call("DescribeDtsJobs", &[]).0, 500);

    for (method, route, body, status, error) in [
        ("PUT", "fixtures", "{", 400, "the body is not JSON"),
        (
            "PUT",
            "fixtures",
            r#"{"endpoint":[]}"#,
            400,
            "unknown field `endpoint`",
        ),
        (
            "POST",
            "faults",
            r#"[{"action":"*"}]"#,
            400,
            "missing field `kind`",
        ),
        (
            "PUT",
            "clock",
            r#"{"lifecycle":"slow"}"#,
            400,
            "unknown lifecycle \"slow\"",
        ),
        ("PUT", "clock", "{}", 400, "the clock is set by"),
        (
            "POST",
            "fixtures",
            "null",
            405,
            "POST is not a method of /_emulator/fixtures",
        ),
        ("GET", "weather", "", 404, "there is no route /_emulator/weather"),
    ] {
        let (seen, body) = send(&bench, method, route, body);
        assert_eq!(seen, status, "{method} {route}");
        assert!(
            body["error"].as_str().unwrap().contains(error),
            "{method} {route}: {body}"
        );
    }
}

#[test]
fn a_reset_forgets_everything_but_what_the_start_said() {
    let bench = Bench::new("reads:1", Some(fixtures()));
    let (_, first) = bench.buy("SYNC");
    bench.emulator.set_fixtures(Value::Null);
    bench.emulator.set_lifecycle("immediate".parse().unwrap());
    bench
        .emulator
        .add_faults(json!({"action": "*", "kind": "status"}));
    assert_eq!(send(&bench, "POST", "reset", "").0, 200);
    assert_eq!(
        (bench.emulator.calls().len(), bench.emulator.instances().len()),
        (0, 0)
    );
    assert_eq!(
        bench.refused("DescribeDtsJobDetail", &[("DtsJobId", &first)]).1,
        "InvalidJobId"
    );
    let job = bench.configure(&[("SourceEndpointPassword", "wrong")]);
    assert_ne!(job, first, "ids are not given out twice");
    bench.ok("StartDtsJob", &[("DtsJobId", &job)]);
    assert_eq!(
        [bench.status(&job), bench.status(&job)],
        ["Prechecking", "PrecheckFailed"]
    );
    assert_eq!(bench.emulator.calls()[0].seq, 1);
}

#[test]
fn ids_are_the_same_in_every_run() {
    let ids = || {
        let bench = Bench::immediate();
        bench.ok("DescribeDtsJobs", &[]);
        (bench.buy("SYNC"), bench.configure(&[]))
    };
    assert_eq!(ids(), ids());
}

#[test]
fn calls_above_the_rate_are_throttled_and_change_nothing() {
    let bench = Bench::immediate();
    let job = bench.configure(&[("RegionId", "cn-hangzhou")]);
    bench.pass(1);
    let (status, _) = send(&bench, "PUT", "limits", r#"{"calls_per_second": 2}"#);
    assert_eq!(status, 200);
    let describe = || bench.call("DescribeDtsJobDetail", &[("DtsJobId", &job)]).0;
    assert_eq!([describe(), describe()], [200, 200]);
    let (status, body) = bench.call("DeleteDtsJob", &[("DtsJobId", &job)]);
    assert_eq!((status, &body["Code"]), (400, &json!("Throttling.User")));
    bench.pass(1);
    assert_eq!(describe(), 200, "it was not deleted");
    send(&bench, "POST", "reset", "");
    for _ in 0..9 {
        bench.configure(&[("RegionId", "cn-hangzhou")]);
    }
    for body in [r#"{"calls_per_second": -1}"#, r#"{"calls": 1}"#] {
        let (status, body) = send(&bench, "PUT", "limits", body);
        assert!(
            status == 400 && body["error"].as_str().unwrap().contains("calls_per_second"),
            "{body}"
        );
    }
}

#[test]
fn copies_of_a_job_are_jobs_with_ids_of_their_own() {
    let bench = Bench::immediate();
    let job = bench.configure(&[("RegionId", "cn-hangzhou")]);
    let request = json!({"like": job, "count": 3}).to_string();
    let (status, body) = send(&bench, "POST", "jobs", &request);
    assert_eq!(status, 200, "{body}");
    let copies: Vec<&str> = body["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|copy| copy["job_id"].as_str().unwrap())
        .collect();
    assert_eq!(copies.len(), 3);
    let (_, original) = bench.call("DescribeDtsJobDetail", &[("DtsJobId", &job)]);
    for id in copies {
        let (status, copy) = bench.call("DescribeDtsJobDetail", &[("DtsJobId", id)]);
        assert_eq!((status, &copy["DtsJobId"]), (200, &json!(id)));
        assert_eq!(copy["DbObject"], original["DbObject"]);
    }
    assert_eq!(
        send(&bench, "POST", "jobs", r#"{"like": "nosuchjob", "count": 1}"#).0,
        400
    );
    assert_eq!(send(&bench, "POST", "jobs", r#"{"like": 1}"#).0, 400);
}

#[test]
fn copies_of_a_bought_job_have_instances_of_their_own() {
    let bench = Bench::immediate();
    let (_, bought) = bench.call(
        "CreateDtsInstance",
        &[
            ("RegionId", "cn-hangzhou"),
            ("Type", "MIGRATION"),
            ("PayType", "PostPaid"),
            ("InstanceClass", "small"),
            ("SourceEndpointEngineName", "MySQL"),
            ("DestinationEndpointEngineName", "MySQL"),
            ("SourceRegion", "cn-hangzhou"),
            ("DestinationRegion", "cn-hangzhou"),
        ],
    );
    let copies = bench.emulator.copy_job(bought["JobId"].as_str().unwrap(), 2);
    for copy in &copies {
        let instance = copy.instance_id.as_deref().unwrap();
        let (_, detail) = bench.call("DescribeDtsJobDetail", &[("DtsInstanceID", instance)]);
        assert_eq!(detail["DtsJobId"], json!(copy.job_id));
    }
    assert_eq!(bench.emulator.instances().len(), 3);
}
