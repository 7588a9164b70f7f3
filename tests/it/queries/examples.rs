//! The examples that users copy, each queried as it stands.

use crate::support::bench::Bench;
use crate::support::outside;
use crate::support::{PROVIDER_SOURCE, Workspace, repository};
use terraform_provider_dts::api;

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names that the query of each file in the folder of a resource finds, by file.
#[track_caller]
fn check(bench: &Bench, resource: &str, expected: &[(&str, &[&str])]) {
    let folder = repository().join("examples/list-resources").join(resource);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let named: Vec<&str> = expected.iter().map(|(file, _)| *file).collect();
    assert_eq!(files, named, "each is tried");
    for (file, names) in expected {
        let workspace = Workspace::new(None)
            .with_env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testAccessKeyId")
            .with_env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testAccessKeySecret")
            .with_env("ALIBABA_CLOUD_ENDPOINT_DTS", &bench.emulator.url())
            .at_least((1, 14));
        let provider = read(&repository().join("examples/provider/provider.tf"));
        let source = format!("\"{PROVIDER_SOURCE}\"");
        workspace.write("provider.tf", &provider.replace("\"dts-community/dts\"", &source));
        workspace.write("main.tfquery.hcl", &read(&folder.join(file)));
        let outcome = workspace.run(&["query", "-json", "-no-color"]).ok();
        let mut found: Vec<String> = outcome
            .messages()
            .filter(|message| message["type"] == "list_resource_found")
            .map(|message| {
                message["list_resource_found"]["display_name"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        found.sort();
        assert_eq!(found, *names, "{file}{}", outcome.report());
    }
}

fn tag(bench: &Bench, instance_id: &str) {
    let params = api::Params::new()
        .set("ResourceType", "ALIYUN::DTS::INSTANCE")
        .set("ResourceId.1", instance_id)
        .set("Tag.1.Key", "team")
        .set("Tag.1.Value", "shop");
    bench.with_client(async move |api| api.call("TagResources", params, api::Safety::Repeatable).await);
}

#[test]
fn list_of_dts_job() {
    let bench = Bench::immediate();
    for name in ["orders-eu", "orders-us", "billing"] {
        tag(&bench, &outside::running(&bench, "SYNC", name).instance_id);
    }
    outside::running(&bench, "SYNC", "orders-untagged");
    tag(
        &bench,
        &outside::running(&bench, "MIGRATION", "orders-migration").instance_id,
    );
    outside::configured(&bench, "MIGRATION", "unbought");
    outside::bought(&bench, "SYNC");
    let all = [
        "billing",
        "orders-eu",
        "orders-migration",
        "orders-untagged",
        "orders-us",
        "unbought",
    ];
    check(
        &bench,
        "dts_job",
        &[
            ("list-resource.tfquery.hcl", &["orders-eu", "orders-us"]),
            ("list-resource_all.tfquery.hcl", &all),
        ],
    );
}

#[test]
fn list_of_dts_instance() {
    let bench = Bench::immediate();
    outside::running(&bench, "SYNC", "orders");
    let unused = outside::bought(&bench, "MIGRATION").instance_id;
    check(
        &bench,
        "dts_instance",
        &[("list-resource.tfquery.hcl", &[&unused])],
    );
}
