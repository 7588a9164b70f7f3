//! `terraform plan -generate-config-out` for what was made elsewhere: the configuration that it writes plans empty, but for secrets.

use crate::changes::subscribed::subscription;
use crate::support::Workspace;
use crate::support::bench::{Bench, bought_first, bought_for_job, endless, job, job_on_instance};

const JOB: [&str; 2] = ["dts_instance.m", "dts_job.m"];

#[track_caller]
fn check(configuration: &str, addresses: &[&str]) {
    let bench = Bench::immediate();
    bench.write(&[configuration]);
    bench.apply().ok();
    let elsewhere = Workspace::new(Some(&bench.emulator.url()));
    let imports: String = addresses
        .iter()
        .map(|address| {
            let id = bench.recorded(address).unwrap().text("id");
            format!("import {{\n  to = {address}\n  id = \"{id}\"\n}}\n")
        })
        .collect();
    elsewhere.write("import.tf", &imports);
    let generated = elsewhere.run(&[
        "plan",
        "-no-color",
        "-input=false",
        "-generate-config-out=generated.tf",
    ]);
    let text = std::fs::read_to_string(elsewhere.path().join("generated.tf")).unwrap_or_default();
    assert_eq!(generated.status, Some(0), "{text}\n{}", generated.report());
    let before = bench.mark();
    elsewhere.apply(&[]).ok();
    elsewhere.assert_plan_is_empty();
    assert_eq!(bench.changes_since(before), [""; 0], "{text}");
}

#[test]
fn of_an_instance_that_was_bought_first() {
    let more = "delay_notice = true\n  delay_rule_time = 60\n  job_parameters = { \"07/sink.batch.size.maximum\" = \"2048\" }";
    for more in ["", more] {
        let configuration = bought_first("SYNC", "") + &endless(&job_on_instance("SYNC", more));
        check(&configuration, &JOB);
    }
}

#[test]
fn of_an_instance_that_is_paid_for_a_time() {
    let bought = bought_first(
        "SYNC",
        "period = \"Month\"\n  used_time = 3\n  on_destroy = \"keep\"",
    );
    check(
        &bought.replace("\"PostPaid\"", "\"PrePaid\""),
        &["dts_instance.m"],
    );
}

#[test]
fn of_a_subscription_and_its_instance() {
    let configuration = bought_first("SUBSCRIBE", "") + &subscription("dts_instance_id = dts_instance.m.id");
    check(&configuration, &["dts_instance.m", "dts_subscription.m"]);
}

#[test]
fn of_an_instance_that_was_bought_for_a_job() {
    let job = endless(&job("m", "SYNC", "desired_status = \"prechecked\"\n"));
    check(&format!("{job}{}", bought_for_job("auto_start = true")), &JOB);
}

/// DTS tells no region of a self-built database.
#[test]
fn of_an_instance_whose_job_is_of_a_self_built_database() {
    let of_rds = |end: &str| format!("instance_id   = \"rm-{end}\"\n    region        = \"cn-hangzhou\"");
    for end in ["source", "destination"] {
        let own = "ip = \"192.0.2.7\"\n    port = \"3306\"";
        let block = format!("{end}_endpoint {{\n    instance_type = \"RDS\"");
        let at = |job: String| {
            let job = endless(&job);
            assert!(job.contains(&block) && job.contains(&of_rds(end)), "{job}");
            job.replace(&block, &block.replace("RDS", "OTHER"))
                .replace(&of_rds(end), own)
        };
        check(
            &(bought_first("SYNC", "") + &at(job_on_instance("SYNC", ""))),
            &JOB,
        );
        let job = at(job("m", "SYNC", "desired_status = \"prechecked\"\n"));
        check(&format!("{job}{}", bought_for_job("auto_start = true")), &JOB);
    }
}
