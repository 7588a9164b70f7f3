//! Alert rules: one for each job and type.

use serde_json::{Value, json};

use super::client::{Bench, Refused, with};

fn rules(bench: &Bench, job: &str) -> Value {
    bench.ok("DescribeJobMonitorRule", &[("DtsJobId", job)])["MonitorRules"].clone()
}

#[test]
fn are_kept_by_job_and_type() {
    let bench = Bench::immediate();
    let (_, job) = bench.synchronize();
    let id = ("DtsJobId", job.as_str());
    assert_eq!(rules(&bench, &job), json!([]));
    let delay = [
        id,
        ("Type", "delay"),
        ("DelayRuleTime", "60"),
        ("Phone", "1390000, 1390001"),
    ];
    let body = bench.ok("CreateJobMonitorRule", &delay);
    assert_eq!(body["DtsJobId"], job.as_str());
    // Without a type it is `error`.
    bench.ok(
        "CreateJobMonitorRule",
        &[id, ("State", "Y"), ("Phone", "1390002")],
    );
    bench.ok(
        "CreateJobMonitorRule",
        &[
            id,
            ("Type", "full_timeout"),
            ("DelayRuleTime", "2"),
            ("Period", "5"),
            ("Times", "3"),
        ],
    );
    let delay_rule = json!({
        "JobId": job, "JobType": "sync", "Type": "delay", "State": "Y", "Phone": "1390000,1390001", "DelayRuleTime": 60,
    });
    let error_rule =
        json!({"JobId": job, "JobType": "sync", "Type": "error", "State": "Y", "Phone": "1390002"});
    let timeout_rule = json!({
        "JobId": job, "JobType": "sync", "Type": "full_timeout", "State": "Y", "Phone": "", "DelayRuleTime": 2,
        "Period": 5, "Times": 3,
    });
    assert_eq!(rules(&bench, &job), json!([delay_rule, error_rule, timeout_rule]));

    // Switched off, and contacts that are not given any more are gone; the other rules stay.
    bench.ok("CreateJobMonitorRule", &[id, ("Type", "delay"), ("State", "N")]);
    let off = json!({"JobId": job, "JobType": "sync", "Type": "delay", "State": "N", "Phone": ""});
    assert_eq!(rules(&bench, &job), json!([off, error_rule, timeout_rule]));
    let (_, other) = bench.synchronize();
    assert_eq!(rules(&bench, &other), json!([]));
}

#[test]
fn come_with_a_configuration_too() {
    let bench = Bench::immediate();
    let job = bench.configure(&[
        ("DelayNotice", "true"),
        ("DelayRuleTime", "30"),
        ("DelayPhone", "1390000"),
        ("ErrorNotice", "false"),
    ]);
    assert_eq!(
        rules(&bench, &job),
        json!([
            {"JobId": job, "JobType": "online", "Type": "delay", "State": "Y", "Phone": "1390000", "DelayRuleTime": 30},
            {"JobId": job, "JobType": "online", "Type": "error", "State": "N", "Phone": ""},
        ])
    );
}

#[test]
fn are_refused() {
    let bench = Bench::immediate();
    let (_, job) = bench.synchronize();
    let base = [
        ("DtsJobId", job.as_str()),
        ("Type", "delay"),
        ("DelayRuleTime", "1"),
    ];
    let phones = "1,2,3,4,5,6,7,8,9,10,11";
    let cases: [Refused<'_>; 8] = [
        (&[("DtsJobId", "")], 400, "MissingDtsJobId"),
        (&[("DtsJobId", "none")], 404, "InvalidJobId"),
        (&[("Type", "warn")], 400, "InvalidType"),
        (&[("State", "yes")], 400, "InvalidState"),
        (&[("DelayRuleTime", "")], 400, "MissingDelayRuleTime"),
        (&[("DelayRuleTime", "soon")], 400, "InvalidDelayRuleTime"),
        (&[("Period", "7")], 400, "InvalidPeriod"),
        (&[("Phone", phones)], 400, "InvalidPhone"),
    ];
    for (changes, status, code) in cases {
        let refused = bench.refused("CreateJobMonitorRule", &with(&base, changes));
        assert_eq!(refused, (status, code.to_owned()), "{changes:?}");
    }
    assert_eq!(rules(&bench, &job), json!([]));
}
