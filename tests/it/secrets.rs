//! No secret in what Terraform prints, logs or keeps beside the state: with everything logged, when it goes well and when
//! it fails, also where the service echoes what it was sent.

use std::process::Command;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use terraform_provider_dts::emulator::Lifecycle;

use crate::changes::subscribed::subscription;
use crate::support::bench::{Bench, PRECHECK, bought_first, bought_for_job, databases, job, job_on_instance};
use crate::support::{Outcome, PROVIDER_SOURCE, Workspace, cli_version};

/// Hard to find in a text, for it is encoded in several ways on its way.
const SOURCE: &str = "S0urce+/ pass=&%word";
const DESTINATION: &str = "D3st%ination pa+ss&=word";
const SECRET_KEY: &str = "testAccessKeySecret";
const TOKEN: &str = "t0ken+of/temporary=keys";

/// In each encoding that a request, a signature or JSON uses.
fn spellings(secret: &str) -> Vec<String> {
    let percent = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let once = percent(secret);
    let form = once.replace("%20", "+");
    let json = serde_json::to_string(secret).unwrap();
    let mut all = vec![
        secret.to_owned(),
        percent(&once),
        percent(&form),
        json.trim_matches('"').replace('&', "\\u0026"),
        once,
        form,
    ];
    all.sort();
    all.dedup();
    all
}

#[track_caller]
fn assert_without(text: &str, secrets: &[&str], what: &str) {
    for secret in secrets {
        for spelling in spellings(secret) {
            if let Some(at) = text.find(&spelling) {
                let from = text[..at].char_indices().rev().nth(300).map_or(0, |(at, _)| at);
                panic!("{what} has {spelling:?} after: {}", &text[from..at]);
            }
        }
    }
}

/// With its logs, of which there are some.
#[track_caller]
fn assert_quiet(outcome: &Outcome, secrets: &[&str]) {
    assert!(
        outcome.stderr.contains("DTS call"),
        "the provider has logged{}",
        outcome.report()
    );
    assert_without(&outcome.stdout, secrets, "stdout");
    assert_without(&outcome.stderr, secrets, "the log");
}

/// A provider with temporary keys, all of them variables; everything is logged.
fn bench(secret_key: &str) -> Bench {
    bench_with(secret_key, has_write_only())
}

fn bench_with(secret_key: &str, ephemeral: bool) -> Bench {
    let mut bench = Bench::new(Lifecycle::Immediate, {
        let mut fixtures = databases();
        fixtures["endpoints"][0]["accounts"]["dtstest"] = SOURCE.into();
        fixtures["endpoints"][1]["accounts"]["dtstest"] = DESTINATION.into();
        Some(fixtures)
    });
    let ephemeral = if ephemeral { "ephemeral = true" } else { "" };
    let mut workspace = Workspace::new(None);
    for (name, value) in [
        ("TF_LOG", "TRACE"),
        ("TF_VAR_source_password", SOURCE),
        ("TF_VAR_destination_password", DESTINATION),
        ("TF_VAR_secret_key", secret_key),
        ("TF_VAR_token", TOKEN),
    ] {
        workspace = workspace.with_env(name, value);
    }
    workspace.write(
        "provider.tf",
        &format!(
            r#"
terraform {{
  required_providers {{
    dts = {{ source = "{PROVIDER_SOURCE}" }}
  }}
}}
provider "dts" {{
  region         = "cn-hangzhou"
  access_key     = "testAccessKeyId"
  secret_key     = var.secret_key
  security_token = var.token
  endpoint       = "{}"
}}
variable "secret_key" {{
  sensitive = true
  {ephemeral}
}}
variable "token" {{
  sensitive = true
  {ephemeral}
}}
"#,
            bench.emulator.url()
        ),
    );
    bench.workspace = workspace;
    bench
}

/// Whether Terraform has ephemeral variables and write-only arguments.
fn has_write_only() -> bool {
    cli_version() >= (1, 11)
}

/// As [`job`], with its passwords from variables that Terraform keeps nowhere.
fn write_only(job: &str, version: u32) -> String {
    let argument = |name: &str| format!("password_wo = var.{name}\n    password_wo_version = {version}");
    let variable = |name: &str| {
        format!("variable \"{name}\" {{\n  type = string\n  sensitive = true\n  ephemeral = true\n}}\n")
    };
    with_passwords(
        job,
        &argument("source_password"),
        &argument("destination_password"),
    ) + &variable("source_password")
        + &variable("destination_password")
}

/// As [`job`], with sensitive passwords that the state keeps.
fn kept(job: &str) -> String {
    let variable = |name: &str| format!("variable \"{name}\" {{\n  type = string\n  sensitive = true\n}}\n");
    with_passwords(
        job,
        "password = var.source_password",
        "password = var.destination_password",
    ) + &variable("source_password")
        + &variable("destination_password")
}

fn with_passwords(job: &str, source: &str, destination: &str) -> String {
    use crate::support::bench::{DESTINATION_PASSWORD, SOURCE_PASSWORD};
    let changed = job
        .replace(&format!("password      = \"{SOURCE_PASSWORD}\""), source)
        .replace(
            &format!("password      = \"{DESTINATION_PASSWORD}\""),
            destination,
        );
    assert_ne!(changed, job);
    changed
}

/// All that is in a saved plan, unpacked.
fn unpacked(workspace: &Workspace, known: &str) -> String {
    let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nfor n in z.namelist(): sys.stdout.buffer.write(z.read(n))";
    let output = Command::new("python3")
        .args(["-c", script, "saved.tfplan"])
        .current_dir(workspace.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains(known), "the plan was unpacked");
    text
}

#[test]
fn write_only_passwords_are_nowhere() {
    let secrets = [SOURCE, DESTINATION, SECRET_KEY, TOKEN];
    let mut bench = bench_with(SECRET_KEY, true);
    bench.workspace = bench.workspace.at_least((1, 11));
    let checked = job(
        "m",
        "SYNC",
        "desired_status = \"prechecked\"\n  wait_for = \"none\"",
    );
    bench.write(&[
        &write_only(&checked, 1),
        &bought_for_job("auto_start = true"),
        PRECHECK,
    ]);

    let planned = bench.workspace.plan(&[]).ok();
    assert_without(&(planned.stdout + &planned.stderr), &secrets, "the plan's output");
    assert_without(
        &unpacked(&bench.workspace, "rm-destination"),
        &secrets,
        "the saved plan",
    );
    assert_without(
        &bench.workspace.show_plan_json().to_string(),
        &secrets,
        "the plan as JSON",
    );
    assert_quiet(&bench.workspace.apply_saved().ok(), &secrets);
    assert_without(&bench.workspace.state_file(), &secrets, "the state");
    assert_without(
        &bench.workspace.state_json().to_string(),
        &secrets,
        "the state as JSON",
    );
    assert_eq!(
        bench
            .recorded("dts_instance.m")
            .unwrap()
            .text("status")
            .to_lowercase(),
        "synchronizing"
    );

    // A new version is sent, refused (for it is the password that is there), and still nowhere.
    bench.write(&[
        &write_only(&checked, 2),
        &bought_for_job("auto_start = true"),
        PRECHECK,
    ]);
    let refused = bench.apply().fails();
    assert_eq!(bench.count("ModifyDtsJobPassword"), 1);
    assert_quiet(&refused, &secrets);
    assert_without(&bench.workspace.state_file(), &secrets, "the state");
}

const GROUP: &str = "Gr0up+/ pass=&%word";

/// A subscription of a database and a group that reads it, each with its password.
fn subscribing(password: &str, group_password: &str) -> String {
    use crate::support::bench::SOURCE_PASSWORD;
    let text = subscription("dts_instance_id = dts_instance.m.id");
    let changed = text.replace(&format!("password      = \"{SOURCE_PASSWORD}\""), password);
    assert_ne!(changed, text);
    format!(
        "{changed}\nresource \"dts_consumer_group\" \"m\" {{\n  dts_job_id = dts_subscription.m.id\n  consumer_group_name = \"billing\"\n  \
         consumer_group_user_name = \"reader\"\n  {group_password}\n}}\n"
    )
}

#[test]
fn passwords_of_subscriptions_and_their_readers_are_nowhere() {
    let secrets = [SOURCE, GROUP, SECRET_KEY, TOKEN];
    let mut bench = bench_with(SECRET_KEY, true);
    bench.workspace = bench
        .workspace
        .at_least((1, 11))
        .with_env("TF_VAR_group_password", GROUP);
    let variables: String = ["source_password", "group_password"]
        .map(|name| format!("variable \"{name}\" {{\n  sensitive = true\n  ephemeral = true\n}}\n"))
        .concat();
    let configuration = |version: u32| {
        let source = format!("password_wo = var.source_password\n    password_wo_version = {version}");
        let group = format!(
            "consumer_group_password_wo = var.group_password\n  consumer_group_password_wo_version = {version}"
        );
        subscribing(&source, &group)
    };
    bench.write(&[&bought_first("SUBSCRIBE", ""), &configuration(1), &variables]);
    let planned = bench.workspace.plan(&[]).ok();
    assert_without(&(planned.stdout + &planned.stderr), &secrets, "the plan's output");
    assert_without(
        &unpacked(&bench.workspace, "rm-source"),
        &secrets,
        "the saved plan",
    );
    let shown = bench.workspace.show_plan_json().to_string();
    assert_without(&shown, &secrets, "the plan as JSON");
    assert_quiet(&bench.workspace.apply_saved().ok(), &secrets);
    let sent = format!("{:?}", bench.emulator.calls());
    assert!(sent.contains("CreateConsumerChannel"), "the group was made");

    // Set anew, which the service refuses for the group: it has that password.
    bench.write(&[&bought_first("SUBSCRIBE", ""), &configuration(2), &variables]);
    assert_quiet(&bench.apply(), &secrets);
    assert_without(&bench.workspace.state_file(), &secrets, "the state");
    let state = bench.workspace.state_json().to_string();
    assert_without(&state, &secrets, "the state as JSON");
    assert_quiet(&bench.workspace.destroy(), &secrets);
}

#[test]
fn passwords_of_subscriptions_and_their_readers_in_the_state_are_in_no_output() {
    let secrets = [SOURCE, GROUP, SECRET_KEY, TOKEN];
    let mut bench = bench(SECRET_KEY);
    bench.workspace = bench.workspace.with_env("TF_VAR_group_password", GROUP);
    let variables: String = ["source_password", "group_password"]
        .map(|name| format!("variable \"{name}\" {{\n  sensitive = true\n}}\n"))
        .concat();
    let group = "consumer_group_password = var.group_password";
    let configuration = subscribing("password = var.source_password", group);
    bench.write(&[&bought_first("SUBSCRIBE", ""), &configuration, &variables]);
    let planned = bench.workspace.plan(&[]).ok();
    assert_without(&(planned.stdout + &planned.stderr), &secrets, "the plan's output");
    assert_quiet(&bench.workspace.apply_saved().ok(), &secrets);
    // The keys are in no state; the passwords are, for they are compared with it.
    assert_without(&bench.workspace.state_file(), &[SECRET_KEY, TOKEN], "the state");
    assert_quiet(&bench.workspace.destroy().ok(), &secrets);
}

#[test]
fn passwords_in_the_state_are_in_no_output() {
    let secrets = [SOURCE, DESTINATION, SECRET_KEY, TOKEN];
    let bench = bench(SECRET_KEY);
    bench.write(&[
        &kept(&job_on_instance("MIGRATION", "")),
        &bought_first("MIGRATION", ""),
    ]);
    let planned = bench.workspace.plan(&[]).ok();
    assert_without(&(planned.stdout + &planned.stderr), &secrets, "the plan's output");
    assert_quiet(&bench.workspace.apply_saved().ok(), &secrets);
    // The keys are in no state; the passwords are, for they are compared with it.
    let state = bench.workspace.state_file();
    assert_without(&state, &[SECRET_KEY, TOKEN], "the state");
    assert_quiet(&bench.workspace.destroy().ok(), &secrets);
}

#[test]
fn a_failing_apply_tells_no_password() {
    let secrets = [SOURCE, DESTINATION, SECRET_KEY, TOKEN];
    let bench = bench(SECRET_KEY);
    bench.emulator.set_fixtures(databases());
    bench.write(&[
        &kept(&job_on_instance("MIGRATION", "")),
        &bought_first("MIGRATION", ""),
    ]);
    let failed = bench.apply().fails();
    assert_eq!(failed.errors().len(), 2, "{}", failed.report());
    assert_quiet(&failed, &secrets);
}

/// The service answers a wrong signature with the text that was to be signed, which holds all parameters.
#[test]
fn an_echo_of_the_request_is_not_shown() {
    let wrong = "wr0ng+secret/key=";
    let secrets = [SOURCE, DESTINATION, wrong, TOKEN];
    let bench = bench(wrong);
    let mut jobs = vec![kept(&job("m", "MIGRATION", ""))];
    if has_write_only() {
        jobs.push(write_only(&job("m", "MIGRATION", ""), 1));
    }
    for job in jobs {
        bench.write(&[&job]);
        let failed = bench.apply().fails();
        let error = failed.error("SignatureDoesNotMatch");
        assert_eq!(error.address, "dts_job.m");
        assert!(error.detail.contains("secret_key"), "{error:?}");
        assert_quiet(&failed, &secrets);
    }
}
