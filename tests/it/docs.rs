//! `docs/` is what `make generate` would write, and nothing in it is left over.

use std::path::Path;

use terraform_provider_dts::api::Context;
use terraform_provider_dts::docs::{FOLDERS, Files, pages, permissions};
use terraform_provider_dts::dts::{Dts, ram};
use terraform_provider_dts::framework::{Block, Server, Service};

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

#[test]
fn everything_is_described() {
    fn check(block: &Block, at: &str) {
        assert!(!block.description.is_empty(), "{at} has no description");
        for attribute in &block.attributes {
            let text = &attribute.description;
            assert!(
                text.ends_with('.'),
                "{at}.{}: {text:?} is no sentence",
                attribute.name
            );
        }
        for nested in &block.blocks {
            check(&nested.block, &format!("{at}.{}", nested.name));
        }
    }
    let server = server();
    check(&server.provider_schema().block, "provider");
    let schemas = [
        server.resource_schemas(),
        server.data_source_schemas(),
        server.action_schemas(),
        server.list_schemas(),
    ];
    for (name, schema) in schemas.into_iter().flatten() {
        check(&schema.block, name);
    }
}
