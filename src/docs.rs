//! The registry's documentation, made from the schemas and the examples: one page for each object, in the form that HashiCorp's
//! generator writes, so that the registry shows ours like any other. Pure: files come in and go out as text.

pub mod permissions;

mod page;
mod schema;

use std::collections::BTreeMap;

use crate::framework::Service;
use page::{Kind, Page};

/// Files by path, with `/` between the parts.
pub type Files = BTreeMap<String, String>;

/// Folders below `docs/` whose pages are all made here. Guides are written by hand, but for that of [`permissions`].
pub const FOLDERS: [&str; 5] = [
    "resources",
    "data-sources",
    "functions",
    "actions",
    "list-resources",
];

/// All pages, by path below `docs/`. `examples` are the files below `examples/`.
pub fn pages(service: &dyn Service, examples: &Files) -> Files {
    let provider = service.name();
    let mut pages = Files::new();
    let mut add = |page: Page<'_>| {
        pages.insert(page.path(), page.render(examples));
    };
    add(Page {
        provider,
        name: provider,
        kind: Kind::Provider(service.provider_schema()),
    });
    for (name, schema) in service.resource_schemas() {
        let kind = Kind::Resource(schema, service.identity_schema(name));
        add(Page { provider, name, kind });
    }
    for (name, schema) in service.data_source_schemas() {
        let kind = Kind::DataSource(schema);
        add(Page { provider, name, kind });
    }
    for (name, schema) in service.action_schemas() {
        let kind = Kind::Action(schema);
        add(Page { provider, name, kind });
    }
    for (name, schema) in service.list_schemas() {
        let kind = Kind::List(schema);
        add(Page { provider, name, kind });
    }
    for (name, signature) in service.functions() {
        let kind = Kind::Function(&signature);
        add(Page { provider, name, kind });
    }
    pages
}
