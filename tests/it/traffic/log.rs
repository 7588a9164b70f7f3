//! What is seen of the calls with `TF_LOG_PROVIDER=DEBUG`, and at the other end.

use std::collections::BTreeSet;

use serde_json::json;
use terraform_provider_dts::emulator::{Emulator, Options};

use crate::support::bench::{Bench, job};
use crate::support::{Outcome, Workspace};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn bench(variables: &[(&str, &str)]) -> Bench {
    let emulator = Emulator::start(Options::default()).unwrap();
    let workspace = variables.iter().fold(
        Workspace::new(Some(&emulator.url())),
        |workspace, (name, value)| workspace.with_env(name, value),
    );
    Bench { emulator, workspace }
}

/// The lines of the provider's log with this message, each with its fields as Terraform writes them.
fn lines<'a>(outcome: &'a Outcome, message: &str) -> Vec<&'a str> {
    let of_provider = |line: &&str| line.contains("[DEBUG] provider.terraform-provider-dts");
    let mut lines: Vec<&str> = outcome.stderr.lines().filter(of_provider).collect();
    lines.retain(|line| line.contains(&format!(": {message}:")));
    lines
}

/// The value of a field in a line.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let start = format!(" {name}=");
    let value = line
        .split(&start)
        .nth(1)
        .unwrap_or_else(|| panic!("no {name} in {line}"));
    value
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .trim_matches('"')
}

#[test]
fn each_call_is_a_line_and_each_process_has_a_summary() {
    let bench = bench(&[("TF_LOG_PROVIDER", "DEBUG")]);
    bench.emulator.add_faults(json!([
        {"action": "ConfigureDtsJob", "kind": "throttle", "retry_after_ms": 300},
        {"action": "DescribeDtsJobDetail", "kind": "status", "status": 503},
    ]));
    bench.write(&[&job("m", "MIGRATION", "")]);
    let outcome = bench.apply().ok();
    let told = lines(&outcome, "DTS call");
    let received = bench.emulator.calls();
    let of_lines: Vec<(&str, &str, &str)> = told
        .iter()
        .map(|line| {
            (
                field(line, "api_action"),
                field(line, "attempt"),
                field(line, "api_request_id"),
            )
        })
        .collect();
    let expected: Vec<(&str, &str, &str)> = received
        .iter()
        .zip(["1", "1", "2", "1", "2"])
        .map(|(call, attempt)| (call.action.as_str(), attempt, call.request_id.as_str()))
        .collect();
    assert_eq!(of_lines, expected, "{}", outcome.report());
    assert_eq!(of_lines.len(), 5, "{}", outcome.report());
    for line in &told {
        assert_eq!(field(line, "batch_size"), "1");
        field(line, "duration_ms").parse::<u64>().unwrap();
    }
    let waits: Vec<u64> = told
        .iter()
        .map(|line| field(line, "throttle_wait_ms").parse().unwrap())
        .collect();
    assert!(
        waits[1] == 0 && waits[2] >= 295,
        "as long as DTS asked for: {waits:?}"
    );

    // Terraform starts one process to validate, one to plan, and one to apply.
    let summaries = lines(&outcome, "DTS calls of this process");
    let calls: u64 = summaries
        .iter()
        .map(|line| field(line, "calls").parse::<u64>().unwrap())
        .sum();
    assert_eq!(calls, 5, "{}", outcome.report());
    let applied = summaries.iter().find(|line| field(line, "calls") == "5").unwrap();
    assert_eq!(
        [field(applied, "retries"), field(applied, "throttled")],
        ["2", "1"]
    );
    assert!(field(applied, "throttle_wait_ms").parse::<u64>().unwrap() >= 295);
}

#[test]
fn the_calls_of_a_run_have_one_trace_id() {
    let agents = |bench: &Bench| {
        bench.write(&[&job("m", "MIGRATION", "")]);
        bench.apply().ok();
        let agents = bench.emulator.calls().into_iter().map(|call| call.user_agent);
        agents.collect::<BTreeSet<String>>()
    };
    let one = agents(&bench(&[]));
    assert_eq!(one.len(), 1, "{one:?}");
    let agent = one.first().unwrap();
    let (product, id) = agent.split_once(" trace/").unwrap();
    assert!(
        product.contains("Terraform/") && product.contains("terraform-provider-dts/"),
        "{agent}"
    );
    assert!(
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{agent}"
    );
    assert_ne!(agents(&bench(&[])), one, "another run has another");

    let traceparent = format!("00-{TRACE_ID}-00f067aa0ba902b7-01");
    let given = bench(&[("TRACEPARENT", &traceparent)]);
    for agent in agents(&given) {
        assert!(agent.ends_with(&format!(" trace/{TRACE_ID}")), "{agent}");
    }
}

/// Terraform starts a process for each alias, and in one command one to plan with and another to apply with.
#[test]
fn all_processes_of_a_run_have_one_trace_id() {
    let bench = bench(&[("TF_LOG_PROVIDER", "DEBUG")]);
    let alias = format!(
        "provider \"dts\" {{\n  alias = \"other\"\n  region = \"cn-hangzhou\"\n  access_key = \"testAccessKeyId\"\n  secret_key =          \"testAccessKeySecret\"\n  endpoint = \"{}\"\n}}\n",
        bench.emulator.url()
    );
    let jobs = |name: &str| {
        let one = job("m", "MIGRATION", "").replace("job-m", &format!("{name}-m"));
        let other =
            job("other", "MIGRATION", "provider = dts.other").replace("job-other", &format!("{name}-other"));
        [alias.clone(), one, other].concat()
    };
    let ids = |since: usize| -> BTreeSet<String> {
        let calls = bench.emulator.calls();
        let id = |agent: &str| agent.split_once(" trace/").unwrap().1.to_owned();
        calls[since..].iter().map(|call| id(&call.user_agent)).collect()
    };
    bench.write(&[&jobs("job")]);
    bench.apply().ok();
    let first = ids(0);
    assert_eq!(first.len(), 1, "{first:?}");

    let mark = bench.mark();
    bench.write(&[&jobs("renamed")]);
    let outcome = bench.apply().ok();
    let calling = lines(&outcome, "DTS calls of this process");
    let calling = calling.iter().filter(|line| field(line, "calls") != "0").count();
    assert_eq!(
        calling,
        4,
        "two to plan with and two to apply with{}",
        outcome.report()
    );
    let second = ids(mark);
    assert_eq!(second.len(), 1, "{second:?}");
    assert_ne!(first, second, "another run has another");
}
