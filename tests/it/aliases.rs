//! Several providers in one configuration: each with its own region, and what each tells DTS of who calls.

use serde_json::json;
use terraform_provider_dts::emulator::{Call, Emulator, Lifecycle, Options};

use crate::support::bench::{bought_first, endless, job_on_instance};
use crate::support::{PROVIDER_SOURCE, Workspace, assert_nothing_paid_for};

/// The providers of two regions, and what each makes.
fn configuration(endpoint: &str) -> String {
    let provider = |more: &str| {
        format!(
            "provider \"dts\" {{\n  access_key = \"testAccessKeyId\"\n  secret_key = \"testAccessKeySecret\"\n  endpoint = \"{endpoint}\"\n  \
             {more}\n}}\n"
        )
    };
    let of = |text: &str, name: &str, meta: &str| {
        text.replace(" \"m\" {", &format!(" \"{name}\" {{\n  {meta}"))
            .replace("dts_instance.m", &format!("dts_instance.{name}"))
    };
    let made = [bought_first("SYNC", ""), endless(&job_on_instance("SYNC", ""))].concat();
    let beijing = made.replace("cn-hangzhou", "cn-beijing");
    [
        format!("terraform {{\n  required_providers {{\n    dts = {{ source = \"{PROVIDER_SOURCE}\" }}\n  }}\n}}\n"),
        provider("region = \"cn-hangzhou\"\n  configuration_source = \"acme/dts-east\""),
        provider("alias = \"beijing\"\n  region = \"cn-beijing\""),
        of(&made, "hangzhou", ""),
        of(&beijing, "beijing", "provider = dts.beijing"),
    ]
    .concat()
}

#[test]
fn one_configuration_spans_regions() {
    let emulator = Emulator::start(Options {
        lifecycle: Lifecycle::Immediate,
        ..Options::default()
    })
    .unwrap();
    let workspace = Workspace::new(None)
        .with_env("TF_APPEND_USER_AGENT", "ci/7 team/db")
        .at_least((1, 14));
    workspace.write("main.tf", &configuration(&emulator.url()));
    workspace.apply(&[]).ok();
    workspace.assert_plan_is_empty();

    let calls = emulator.calls();
    let region = |call: &Call| call.params["RegionId"].clone();
    for action in ["CreateDtsInstance", "ConfigureDtsJob", "DescribeDtsJobDetail"] {
        let mut regions: Vec<_> = calls
            .iter()
            .filter(|call| call.action == action)
            .map(region)
            .collect();
        regions.sort_by_key(ToString::to_string);
        regions.dedup();
        assert_eq!(json!(regions), json!(["cn-beijing", "cn-hangzhou"]), "{action}");
    }
    for call in &calls {
        let agent = &call.user_agent;
        let ours = format!("terraform-provider-dts/{}", env!("CARGO_PKG_VERSION"));
        assert!(
            agent.starts_with("Terraform/1.") && agent.contains(&ours),
            "{agent}"
        );
        assert!(agent.contains(" ci/7 team/db trace/"), "{agent}");
        let named = agent.contains(" Module/acme/dts-east ");
        assert_eq!(named, region(call) == "cn-hangzhou", "{agent}");
    }

    // Identities tell the region, and a query asks that of its provider.
    let state: serde_json::Value = serde_json::from_str(&workspace.state_file()).unwrap();
    for resource in state["resources"].as_array().unwrap() {
        let expected = format!("cn-{}", resource["name"].as_str().unwrap());
        assert_eq!(resource["instances"][0]["identity"]["region"], expected.as_str());
    }
    workspace.write(
        "beijing.tfquery.hcl",
        "list \"dts_job\" \"all\" {\n  provider = dts.beijing\n}\n",
    );
    let outcome = workspace.run(&["query", "-json", "-no-color"]).ok();
    let found: Vec<_> = outcome
        .messages()
        .filter(|message| message["type"] == "list_resource_found")
        .map(|message| message["list_resource_found"]["identity"]["region"].clone())
        .collect();
    assert_eq!(json!(found), json!(["cn-beijing"]), "{}", outcome.report());

    // By a provider for another region they are found as well, with a warning that it cannot import them.
    workspace.write(
        "beijing.tfquery.hcl",
        "list \"dts_job\" \"all\" {\n  provider = dts\n  config {\n    region = \"cn-beijing\"\n  }\n}\n",
    );
    let outcome = workspace.run(&["query", "-json", "-no-color"]).ok();
    assert!(
        outcome.stdout.contains("\"region\":\"cn-beijing\""),
        "{}",
        outcome.report()
    );
    assert_eq!(outcome.warnings().len(), 1, "{}", outcome.report());
    assert!(
        outcome.warnings()[0]
            .summary
            .contains("cannot be imported by a provider for cn-hangzhou")
    );
    workspace.destroy().ok();
    assert_nothing_paid_for(&emulator);
}
