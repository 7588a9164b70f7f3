//! What names a job or an instance for good: its id, and the region that the id is of.

use super::provider::Client;
use crate::framework::identity::{Identity, IdentityAttribute};
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Type};

/// The schema. `id` says what the id is.
pub(super) fn schema(id: &str) -> Identity {
    let attribute = |name, required_for_import, description: &str| IdentityAttribute {
        name,
        ty: Type::String,
        required_for_import,
        description: description.to_owned(),
    };
    Identity {
        version: 0,
        attributes: vec![
            attribute("id", true, id),
            attribute(
                "region",
                false,
                "Region of the DTS endpoint that knows it. Default: the provider's region.",
            ),
        ],
    }
}

/// The identity of what has this state.
pub(super) fn of(state: &Object, client: &Client) -> Object {
    let identity = Object::new().with("id", state.get("id").clone());
    match client.region() {
        Some(region) => identity.with("region", region),
        None => identity,
    }
}

/// The id to import by. An id is of one region: asking another would find nothing, or something else.
pub(super) fn id<'a>(what: &str, identity: &'a Object, client: &Client) -> Result<&'a str, Diagnostics> {
    let id = identity.str("id").unwrap_or_default();
    match (identity.str("region"), client.region()) {
        (Some(wanted), ours) if wanted.trim().is_empty() => Err(Diagnostic::error(
            format!("Unable to import {what} {id}"),
            format!(
                "`region` in the identity is empty. Leave it out for the region that the provider is configured for{}, or write the one that the \
                 id is of.",
                ours.map(|ours| format!(" ({ours})")).unwrap_or_default()
            ),
        )
        .at(Path::attribute("region"))
        .into()),
        (Some(wanted), Some(ours)) if wanted != ours => Err(Diagnostic::error(
            format!("Unable to import {what} {id}"),
            format!(
                "Its identity is of region {wanted:?}, and the provider is configured for {ours:?}. Add a provider block with \
                 `alias` and `region = {wanted:?}`, and set `provider` in the `import` block (and in the resource) to it; or correct `region` in the identity."
            ),
        )
        .at(Path::attribute("region"))
        .into()),
        _ => Ok(id),
    }
}
