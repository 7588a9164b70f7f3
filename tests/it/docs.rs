//! `docs/` is what `make generate` would write, and nothing in it is left over.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use prost::Message as _;

use terraform_provider_dts::api::Context;
use terraform_provider_dts::docs::{FOLDERS, Files, pages, permissions};
use terraform_provider_dts::dts::{Dts, ram};
use terraform_provider_dts::framework::describe::MEMBER;
use terraform_provider_dts::framework::schema::Mode;
use terraform_provider_dts::framework::{Block, Server, Service};
use terraform_provider_dts::plugin::proto::tfplugin5 as proto;
use terraform_provider_dts::plugin::proto::tfplugin5::provider_client::ProviderClient;
use terraform_provider_dts::plugin::proto::tfplugin5::provider_server::ProviderServer;
use terraform_provider_dts::plugin::rpc::Rpc;
use terraform_provider_dts::plugin::serve::MAX_MESSAGE;

use crate::emulator::catalogue::ACTIONS;
use crate::support::repository;

fn read(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            read(&entry.path(), &format!("{name}/"), files);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            files.insert(name, text);
        }
    }
}

fn server() -> Server<Dts> {
    Server::new(Dts::new(Context::system()))
}

#[test]
fn pages_are_fresh_and_complete() {
    let mut examples = Files::new();
    read(&repository().join("examples"), "", &mut examples);
    let mut made = pages(&server(), &examples);
    made.extend(permissions::guide(&ram::actions()));
    let mut written = Files::new();
    for folder in FOLDERS {
        read(
            &repository().join("docs").join(folder),
            &format!("{folder}/"),
            &mut written,
        );
    }
    let guide = "guides/ram-policy.md";
    let text = std::fs::read_to_string(repository().join("docs").join(guide)).unwrap_or_default();
    written.insert(guide.to_owned(), text);
    let index = std::fs::read_to_string(repository().join("docs/index.md")).unwrap_or_default();
    written.insert("index.md".to_owned(), index);
    let differing: Vec<&String> = made
        .keys()
        .chain(written.keys())
        .filter(|path| made.get(*path) != written.get(*path))
        .collect();
    assert!(differing.is_empty(), "stale, run `make generate`: {differing:?}");
    assert!(
        made.values().all(|page| page.len() < 500_000),
        "the registry takes no larger page"
    );
}

/// Guides, most of which are written by hand, have the head that the registry wants.
#[test]
fn guides_can_be_shown() {
    let mut guides = Files::new();
    read(&repository().join("docs/guides"), "", &mut guides);
    assert!(guides.len() > 2, "{:?}", guides.keys());
    for (name, text) in guides {
        let head = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"));
        let (head, body) = head.unwrap_or_else(|| panic!("{name} has no head"));
        for part in ["page_title: \"", "description: |-\n  "] {
            assert!(head.contains(part), "{name}: the head has no {part:?}");
        }
        let title = head
            .split("page_title: \"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let heading = body.lines().find(|line| line.starts_with("# "));
        assert_eq!(
            heading,
            title.map(|title| format!("# {title}")).as_deref(),
            "{name}"
        );
        assert!(name.ends_with(".md") && text.len() < 500_000, "{name}");
    }
}

/// Every page can be used: an example, and for resources the ways to import.
#[test]
fn pages_have_examples() {
    let mut examples = Files::new();
    read(&repository().join("examples"), "", &mut examples);
    for (path, page) in pages(&server(), &examples) {
        assert!(
            page.contains("## Example Usage\n\n```terraform\n"),
            "{path} has no example"
        );
        if path.starts_with("resources/") {
            for part in ["`identity` attribute", "`id` attribute", "terraform import"] {
                assert!(page.contains(part), "{path} does not say how to import: {part}");
            }
        }
    }
}

/// Of each argument: what it is, its allowed values, its default, what a change does, and what it is in the API. All but the first are
/// written by the framework, so they are true where the schema is: its names of parameters are held against the catalogue of the
/// official SDK here, what a change does against what follows in `arguments`.
#[test]
fn everything_is_described() {
    let server = server();
    let mut wrong = Vec::new();
    let provider = server.provider_schema();
    described(&provider.block, "provider", &BTreeSet::new(), false, &mut wrong);
    let kinds = [
        ("", server.resource_schemas()),
        ("data.", server.data_source_schemas()),
        ("action.", server.action_schemas()),
        ("list.", server.list_schemas()),
    ];
    for (kind, schemas) in kinds {
        for (name, schema) in schemas {
            let object = format!("{kind}{name}");
            let calls = ram::PERMISSIONS.iter().find(|known| known.object == object);
            let calls = calls.map_or(&[][..], |known| known.operations);
            let parameters = calls
                .iter()
                .filter_map(|call| ACTIONS.get(*call))
                .flat_map(|call| call.params.keys().map(String::as_str))
                .collect();
            described(&schema.block, &object, &parameters, kind.is_empty(), &mut wrong);
        }
    }
    for (name, signature) in server.functions() {
        let texts = [&signature.summary, &signature.description];
        let of_parameters = signature
            .parameters
            .iter()
            .map(|parameter| &parameter.description);
        for text in texts.into_iter().chain(of_parameters) {
            if !text.ends_with('.') {
                wrong.push(format!("{name}: {text:?} is no sentence"));
            }
        }
        for parameter in &signature.parameters {
            if !parameter.description.contains("`DbList`") {
                wrong.push(format!(
                    "{name}({}) does not say what it is in the API",
                    parameter.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn described(block: &Block, at: &str, parameters: &BTreeSet<&str>, changes: bool, wrong: &mut Vec<String>) {
    if block.description.is_empty() {
        wrong.push(format!("{at} has no description"));
    }
    for attribute in &block.attributes {
        let text = attribute.full_description();
        let mut lacks = |what: &str| wrong.push(format!("{at}.{} {what}: {text}", attribute.name));
        if !attribute.description.ends_with('.') || attribute.description.len() < 4 {
            lacks("is not said in a sentence");
        }
        if attribute.mode == Mode::Computed {
            continue;
        }
        let allowed = attribute.checks.iter().flat_map(|check| &check.allowed);
        for value in allowed.filter(|value| !text.contains(*value)) {
            lacks(&format!("does not tell the value {value}"));
        }
        let ranges = attribute.checks.iter().filter_map(|check| check.range);
        for least in ranges
            .map(|range| range.0)
            .filter(|least| !text.contains(&least.to_string()))
        {
            lacks(&format!("does not tell the least, {least}"));
        }
        if attribute.mode != Mode::Required && !text.contains("Default:") {
            lacks("tells no default");
        }
        if changes && attribute.on_change().is_none() {
            lacks("does not say what a change does");
        }
        match attribute.api_name() {
            // A member of a parameter that is JSON, such as a key of `Reserve`.
            Some(name)
                if name
                    .split_once(MEMBER)
                    .is_some_and(|(json, _)| parameters.contains(json)) => {}
            Some(name) if !parameters.contains(name.as_str()) => {
                lacks(&format!("is said to become {name}, which its calls do not have"));
            }
            _ => {}
        }
    }
    for nested in &block.blocks {
        described(
            &nested.block,
            &format!("{at}.{}", nested.name),
            parameters,
            changes,
            wrong,
        );
    }
}

/// Terraform reads all of it at each start.
#[tokio::test]
async fn the_schema_is_no_larger_than_two_megabytes() {
    let rpc = Rpc::new(Arc::new(server()));
    let mut client = ProviderClient::new(ProviderServer::new(rpc).max_decoding_message_size(MAX_MESSAGE))
        .max_decoding_message_size(MAX_MESSAGE);
    let answer = client
        .get_schema(proto::get_provider_schema::Request {})
        .await
        .unwrap();
    let size = answer.into_inner().encoded_len();
    assert!((50_000..1_000_000).contains(&size), "{size}");
}
