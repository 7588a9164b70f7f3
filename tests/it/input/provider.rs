//! The provider block: its arguments, the environment behind them, several of it, and values not known yet.

use terraform_provider_dts::emulator::{Emulator, Options};

use super::body::{Body, bought_first, job};
use super::{one_error, terraform_block};
use crate::support::{Outcome, Workspace, assert_nothing_paid_for};

fn emulator() -> Emulator {
    Emulator::start(Options::default()).unwrap()
}

/// With this provider block, and nothing that has to be read.
fn plan(provider: &str) -> Outcome {
    let workspace = Workspace::new(None);
    workspace.write(
        "main.tf",
        &format!(
            "{}provider \"dts\" {{\n  {provider}\n}}\n{}",
            terraform_block(),
            job().resource("m")
        ),
    );
    workspace.plan(&[])
}

#[test]
fn validates_without_a_provider_block() {
    let workspace = Workspace::new(None);
    let precheck = Body::of_data("dts_precheck").set("job_id", "dts_job.m.id");
    let text = [
        terraform_block(),
        bought_first().resource("m"),
        job().set("dts_instance_id", "dts_instance.m.id").resource("m"),
        precheck.resource("m"),
    ]
    .concat();
    workspace.write("main.tf", &text);
    workspace.validate().ok();
    // Nor does a plan need one where nothing is to be read.
    workspace.plan(&[]).ok();
    // But an apply does, and says what.
    let outcome = workspace.apply(&[]).fails();
    one_error(
        &outcome,
        "The provider needs a region",
        &["Set `region` in the provider block"],
    );
}

#[test]
fn malformed_arguments() {
    for (line, summary, detail) in [
        (
            r#"endpoint = "dts.example.com""#,
            "Invalid endpoint",
            "with its scheme",
        ),
        (
            r#"endpoint = "localhost:8080""#,
            "Invalid endpoint",
            "neither http nor https",
        ),
        (
            r#"endpoint = "ftp://127.0.0.1""#,
            "Invalid endpoint",
            "neither http nor https",
        ),
        (
            r#"endpoint = "https://""#,
            "Invalid endpoint",
            "such as https://dts.example.com",
        ),
        (
            r#"endpoint = "https://dts.example.com/api""#,
            "Invalid endpoint",
            "Give scheme, host and port only",
        ),
        (
            r#"endpoint = "https://dts.example.com/?a=b""#,
            "Invalid endpoint",
            "Give scheme, host and port only",
        ),
        (
            r#"endpoint = "https://me:hunter2@dts.example.com""#,
            "Invalid endpoint",
            "holds a user name or password",
        ),
        (
            r#"endpoint = "http://dts.example.com""#,
            "Invalid endpoint",
            "insecure = true",
        ),
        (
            r#"endpoint = "http://10.0.0.1:8080""#,
            "Invalid endpoint",
            "insecure = true",
        ),
        (
            r#"endpoint = """#,
            "Invalid value for endpoint",
            "must not be empty",
        ),
        (
            r#"region = "cn hangzhou""#,
            "Invalid value for region",
            "such as cn-hangzhou",
        ),
        (
            r#"region = "CN-HANGZHOU""#,
            "Invalid value for region",
            "such as cn-hangzhou",
        ),
        (
            r#"secret_key = "hunter2""#,
            "access_key is missing",
            "Set `access_key` too",
        ),
        (
            r#"access_key = "id""#,
            "secret_key is missing",
            "Set `secret_key` too",
        ),
        (
            r#"security_token = "hunter2""#,
            "access_key is missing",
            "Set `access_key` too",
        ),
    ] {
        let outcome = plan(line).fails();
        let error = one_error(&outcome, summary, &[detail]);
        assert_eq!(error.code, line, "{}", outcome.report());
        assert!(
            !format!("{}{}", error.summary, error.detail).contains("hunter2"),
            "{error:?}"
        );
    }
    plan("endpoint = \"http://10.0.0.1:8080\"\n  insecure = true").ok();
}

/// Buys an instance with this environment and provider block.
#[track_caller]
fn buy(environment: &[(&str, &str)], provider: &str) -> Outcome {
    let workspace = environment
        .iter()
        .fold(Workspace::new(None), |workspace, (name, value)| {
            workspace.with_env(name, value)
        });
    workspace.write(
        "main.tf",
        &format!(
            "{}provider \"dts\" {{\n  {provider}\n}}\n{}",
            terraform_block(),
            bought_first().resource("m")
        ),
    );
    workspace.apply(&[])
}

#[test]
fn the_environment_in_every_family() {
    let emulator = emulator();
    let url = emulator.url();
    for (id, secret, region, endpoint) in [
        (
            "ALICLOUD_ACCESS_KEY",
            "ALICLOUD_SECRET_KEY",
            "ALICLOUD_REGION",
            "DTS_ENDPOINT",
        ),
        (
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "ALIBABA_CLOUD_REGION",
            "ALIBABA_CLOUD_ENDPOINT_DTS",
        ),
        (
            "ALIBABACLOUD_ACCESS_KEY_ID",
            "ALIBABACLOUD_ACCESS_KEY_SECRET",
            "ALIBABA_CLOUD_REGION",
            "ALIBABA_CLOUD_ENDPOINT_DTS",
        ),
    ] {
        emulator.reset();
        let environment = [
            (id, "testAccessKeyId"),
            (secret, "testAccessKeySecret"),
            (region, "cn-beijing"),
            (endpoint, &url),
        ];
        buy(&environment, "").ok();
        let regions: Vec<_> = emulator
            .calls()
            .iter()
            .filter_map(|call| call.params.get("RegionId").cloned())
            .collect();
        assert!(!regions.is_empty());
        assert!(regions.iter().all(|region| region == "cn-beijing"), "{regions:?}");
    }
}

#[test]
fn the_provider_block_goes_before_the_environment() {
    let emulator = emulator();
    let url = emulator.url();
    let environment = [
        ("ALICLOUD_ACCESS_KEY", "wrong"),
        ("ALICLOUD_SECRET_KEY", "wrong"),
        ("ALICLOUD_REGION", "cn-wrong"),
        ("DTS_ENDPOINT", "http://127.0.0.1:1"),
        ("ALIBABA_CLOUD_ENDPOINT_DTS", "http://127.0.0.1:1"),
    ];
    let keys =
        "region = \"cn-beijing\"\n  access_key = \"testAccessKeyId\"\n  secret_key = \"testAccessKeySecret\"";
    buy(&environment, &format!("{keys}\n  endpoint = \"{url}\"")).ok();
    assert!(emulator.calls().iter().all(|call| {
        call.params
            .get("RegionId")
            .is_none_or(|region| region == "cn-beijing")
    }));
    // No state knows what was bought.
    emulator.reset();
    // Of the environment the older names go first, as in Alibaba Cloud's own provider; an empty one is none.
    let environment = [
        ("ALICLOUD_ACCESS_KEY", "testAccessKeyId"),
        ("ALICLOUD_SECRET_KEY", "testAccessKeySecret"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "wrong"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong"),
        ("ALICLOUD_REGION", ""),
        ("ALIBABA_CLOUD_REGION", "cn-beijing"),
        ("DTS_ENDPOINT", &url),
        ("ALIBABA_CLOUD_ENDPOINT_DTS", ""),
    ];
    buy(&environment, "").ok();
}

#[test]
fn a_bad_environment_is_named() {
    let region = [
        ("ALICLOUD_REGION", "Hangzhou"),
        ("ALICLOUD_ACCESS_KEY", "id"),
        ("ALICLOUD_SECRET_KEY", "hunter2"),
    ];
    one_error(&buy(&region, "").fails(), "Invalid region", &["ALICLOUD_REGION"]);
    let endpoint = [
        ("ALICLOUD_REGION", "cn-hangzhou"),
        ("DTS_ENDPOINT", "http://10.0.0.1"),
        ("ALICLOUD_ACCESS_KEY", "id"),
        ("ALICLOUD_SECRET_KEY", "hunter2"),
    ];
    one_error(
        &buy(&endpoint, "").fails(),
        "Invalid endpoint",
        &["DTS_ENDPOINT", "insecure"],
    );
    let half = [("ALICLOUD_REGION", "cn-hangzhou"), ("ALICLOUD_ACCESS_KEY", "id")];
    one_error(
        &buy(&half, "").fails(),
        "Unable to buy a DTS instance",
        &["ALICLOUD_ACCESS_KEY is set, ALICLOUD_SECRET_KEY is not"],
    );
}

#[test]
fn two_regions_in_one_configuration() {
    let emulator = emulator();
    let block = |region: &str, more: &str| {
        format!(
            "provider \"dts\" {{\n  {more}\n  region = \"{region}\"\n  access_key = \"testAccessKeyId\"\n  \
             secret_key = \"testAccessKeySecret\"\n  endpoint = \"{}\"\n}}\n",
            emulator.url()
        )
    };
    let workspace = Workspace::new(None);
    let text = [
        terraform_block(),
        block("cn-hangzhou", ""),
        block("cn-beijing", "alias = \"north\""),
        bought_first().resource("here"),
        bought_first().set("provider", "dts.north").resource("north"),
    ]
    .concat();
    workspace.write("main.tf", &text);
    workspace.apply(&[]).ok();
    workspace.assert_plan_is_empty();
    let mut regions: Vec<_> = emulator
        .calls()
        .iter()
        .filter(|call| call.action == "CreateDtsInstance")
        .map(|call| call.params["RegionId"].clone())
        .collect();
    regions.sort();
    assert_eq!(regions, ["cn-beijing", "cn-hangzhou"]);
    workspace.destroy().ok();
    assert_nothing_paid_for(&emulator);
}

#[test]
fn values_not_known_yet() {
    let emulator = emulator();
    let text = |more: &str| {
        format!(
            "{}resource \"terraform_data\" \"url\" {{\n  input = \"{}\"\n  {more}\n}}\nprovider \"dts\" {{\n  region = \"cn-hangzhou\"\n  \
             access_key = \"testAccessKeyId\"\n  secret_key = \"testAccessKeySecret\"\n  endpoint = terraform_data.url.output\n}}\n{}",
            terraform_block(),
            emulator.url(),
            bought_first().resource("m")
        )
    };
    let workspace = Workspace::new(None);
    workspace.write("main.tf", &text(""));
    // Nothing is to be read, so nothing is missing; when it is bought, all is known.
    workspace.plan(&[]).ok();
    workspace.apply_saved().ok();
    assert_eq!(emulator.instances().len(), 1);
    workspace.assert_plan_is_empty();
    // Now there is something to read, from an endpoint that is not known.
    workspace.write("main.tf", &text("triggers_replace = \"again\""));
    let error = one_error(
        &workspace.plan(&[]).fails(),
        "The provider's configuration is not known yet",
        &["`endpoint`", "-target"],
    );
    assert_eq!(error.address, "dts_instance.m");
}
