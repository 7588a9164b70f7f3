//! `data.dts_precheck`: what it tells, and when it is an error.

use serde_json::{Value, json};
use terraform_provider_dts::emulator::Lifecycle;

use crate::support::bench::{Bench, databases, job, wrong_passwords};

const CHECKED: &str = "desired_status = \"prechecked\"\n  wait_for = \"none\"";

fn data(name: &str, job: &str, more: &str) -> String {
    format!(
        "data \"dts_precheck\" \"{name}\" {{\n  job_id = dts_job.{job}.id\n  {more}\n  depends_on = [dts_job.{job}]\n}}\n"
    )
}

fn codes(items: &Value) -> Vec<&str> {
    let items = items.as_array().unwrap().iter();
    items.map(|item| item["code"].as_str().unwrap()).collect()
}

#[test]
fn every_attribute_is_told_over_all_pages() {
    // More than two pages of the client (30 items) and of the service (20).
    let mut fixtures = wrong_passwords();
    let mut more: Vec<Value> = (0..70)
        .map(|number| json!({"item": format!("CHECK_MORE_{number}"), "state": "Warning"}))
        .collect();
    more[69] = json!({"item": "CHECK_LAST", "state": "Failed", "message": "the very last", "repair_method": "Look at the end"});
    fixtures["precheck"] = more.into();
    let bench = Bench::new(Lifecycle::Immediate, Some(fixtures));
    bench.write(&[&job("m", "MIGRATION", CHECKED), &data("m", "m", "")]);
    bench.apply().ok();

    let precheck = bench.recorded("data.dts_precheck.m").unwrap().values;
    assert_eq!(precheck["state"], "Failed");
    assert_eq!(precheck["passed"], false);
    assert_eq!(precheck["job_code"], "01");
    assert_eq!(precheck["struct_type"], "before");
    assert_eq!(codes(&precheck["items"]).len(), 9 + 70);
    assert_eq!(codes(&precheck["warnings"]).len(), 69);
    assert_eq!(
        codes(&precheck["failed"]),
        ["CHECK_AUTH_SRC", "CHECK_AUTH_DEST", "CHECK_LAST"]
    );
    assert_eq!(
        precheck["failed"][2],
        json!({"code": "CHECK_LAST", "name": "CHECK_LAST_DETAIL", "state": "Failed",
               "message": "CHECK__ERROR_LAST: the very last", "repair_method": "Look at the end", "can_skip": false,
               "source_schema": null, "destination_schema": null, "target_name": null, "parent": null, "ddl": null,
               "diff_rows": null, "delay_seconds": null})
    );
    let item = |code: &str| {
        let items = precheck["items"].as_array().unwrap();
        items.iter().find(|item| item["code"] == code).unwrap().clone()
    };
    assert_eq!(item("CHECK_CONN_SRC")["state"], "Success");
    assert_eq!(item("CHECK_CONN_SRC")["message"], Value::Null);
    assert_eq!(item("CHECK_SAME_OBJ")["can_skip"], true);
    let pages: Vec<String> = bench
        .emulator
        .calls()
        .into_iter()
        .filter(|call| call.action == "DescribePreCheckStatus")
        .filter_map(|call| call.params.get("PageNo").cloned())
        .collect();
    assert!(pages.contains(&"3".to_owned()), "{pages:?}");
}

#[test]
fn it_waits_for_the_verdict_unless_told_not_to() {
    let bench = Bench::new("seconds:3600".parse().unwrap(), Some(databases()));
    bench.write(&[
        &job("m", "MIGRATION", CHECKED),
        &data("now", "m", "wait = false"),
        &data("later", "m", "timeouts {\n    read = \"2s\"\n  }"),
        &data("must", "m", "wait = false\n  require_pass = true"),
    ]);
    let outcome = bench.apply().fails();
    let now = bench.recorded("data.dts_precheck.now").unwrap().values;
    assert_eq!(now["state"], "Checking", "{}", outcome.report());
    assert_eq!(now["passed"], false);
    let errors = outcome.errors();
    let at = |name: &str| {
        errors
            .iter()
            .find(|error| error.address == format!("data.dts_precheck.{name}"))
    };
    assert_eq!(errors.len(), 2, "{}", outcome.report());
    let later = at("later").unwrap();
    assert!(
        later.detail.contains("timeouts.read") && later.detail.contains("precheck Checking"),
        "{later:?}"
    );
    let must = at("must").unwrap();
    assert!(must.detail.contains("still running"), "{must:?}");
    assert!(must.code.starts_with("require_pass"), "{must:?}");
    assert!(!bench.recorded("dts_job.m").unwrap().tainted);

    // It ends, and so does the wait.
    bench.emulator.set_lifecycle("reads:3".parse().unwrap());
    bench.write(&[
        &job("m", "MIGRATION", CHECKED),
        &data("m", "m", "require_pass = true"),
    ]);
    bench.apply().ok();
    assert_eq!(
        bench.recorded("data.dts_precheck.m").unwrap().values["passed"],
        true
    );
}

#[test]
fn require_pass_makes_each_failed_check_an_error() {
    let bench = Bench::new(Lifecycle::Immediate, Some(wrong_passwords()));
    bench.write(&[
        &job("m", "MIGRATION", CHECKED),
        &data("failed", "m", "require_pass = true"),
        &job("never", "MIGRATION", "desired_status = \"configured\""),
        &data("told", "never", "require_pass = false"),
        &data("never", "never", "require_pass = true"),
        "data \"dts_precheck\" \"nothing\" {\n  job_id = \"nosuchjob\"\n}\n",
    ]);
    let plan = bench.workspace.plan(&[]).fails();
    // Known from the beginning, so known in the plan.
    let error = plan.error("nosuchjob");
    assert_eq!(error.address, "data.dts_precheck.nothing");
    assert!(error.code.starts_with("job_id"), "{error:?}");
    assert!(error.detail.contains("RequestId"), "{error:?}");

    bench.write(&[
        &job("m", "MIGRATION", CHECKED),
        &data("failed", "m", "require_pass = true"),
        &job("never", "MIGRATION", "desired_status = \"configured\""),
        &data("told", "never", "require_pass = false"),
        &data("never", "never", "require_pass = true"),
    ]);
    let outcome = bench.apply().fails();
    let errors = outcome.errors();
    let failed: Vec<&str> = errors
        .iter()
        .filter(|error| error.address == "data.dts_precheck.failed")
        .map(|error| error.summary.as_str())
        .collect();
    assert_eq!(failed.len(), 2, "{}", outcome.report());
    assert!(
        failed[0].ends_with("CHECK_AUTH_SRC") && failed[1].ends_with("CHECK_AUTH_DEST"),
        "{failed:?}"
    );
    let never = errors
        .iter()
        .find(|error| error.address == "data.dts_precheck.never")
        .unwrap();
    assert!(never.detail.contains("has not been run"), "{never:?}");
    assert_eq!(errors.len(), 3, "{}", outcome.report());
    let told = bench.recorded("data.dts_precheck.told").unwrap().values;
    assert_eq!(
        (&told["state"], &told["passed"]),
        (&json!("NotStarted"), &json!(false))
    );
    assert_eq!(told["items"], json!([]));
}
