//! Import: from an id to a first state, which Terraform then has read.

use std::sync::Arc;

use super::apply::shield;
use super::conform::{self, Unknowns};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::path::Path;
use super::private::Private;
use super::resource::Resource;
use super::schema::Block;
use super::value::{Object, Value};

/// The private key that an imported object has until its first change: nothing is known yet of what cannot be read
/// back, such as passwords.
pub const IMPORTED: &str = "_imported";

/// By what an object is imported.
#[derive(Clone, Debug)]
pub enum Key {
    /// By its id.
    Id(String),
    /// By its identity (Terraform 1.12).
    Identity(Object),
}

/// Starts an import: the state to read (null with errors) and its private state.
pub async fn import<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    block: &Block,
    client: Arc<C>,
    key: &Key,
) -> (Value, Private, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut private = Private::default();
    let outcome = match key {
        Key::Id(id) if id.trim().is_empty() => {
            let what = format!("Unable to import {}", resource.type_name());
            let empty = Diagnostic::error(
                what,
                "The import id is empty. Give the id of the object to import.",
            );
            Err(Diagnostics::from(empty))
        }
        Key::Id(id) => shield(resource.import(id, client)).await,
        Key::Identity(identity) => match empty_attribute(resource, identity) {
            Some(empty) => Err(empty.into()),
            None => shield(resource.import_by_identity(identity, client)).await,
        },
    };
    match outcome {
        Ok(state) => {
            private.set(IMPORTED, true);
            let state = conform::conform(block, Value::Map(state), Unknowns::Refuse, &mut diagnostics);
            (state, private, diagnostics)
        }
        Err(errors) => {
            diagnostics.extend(errors);
            (Value::Null, private, diagnostics)
        }
    }
}

/// What has to be given and is an empty text.
fn empty_attribute<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    identity: &Object,
) -> Option<Diagnostic> {
    let schema = resource.identity()?;
    let is_empty = |name: &str| identity.str(name).is_some_and(|text| text.trim().is_empty());
    let empty = schema
        .attributes
        .iter()
        .find(|attribute| attribute.required_for_import && is_empty(attribute.name))?;
    Some(
        Diagnostic::error(
            format!("Unable to import {}", resource.type_name()),
            format!(
                "`{}` in the identity is empty. Give that of the object to import.",
                empty.name
            ),
        )
        .at(Path::attribute(empty.name)),
    )
}
