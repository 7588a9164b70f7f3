//! Upgrade of recorded state to the current schema version. Terraform asks on every read of a state.

use serde_json::Value as Json;

use super::apply::shield_pure;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::resource::Resource;
use super::schema::Schema;

/// The state as JSON in the current shape. Attributes that are missing or unknown to the schema are no concern here:
/// whoever decodes the JSON fills in and leaves out.
pub fn upgrade<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    schema: &Schema,
    version: i64,
    state: Json,
) -> Result<Json, Diagnostics> {
    let name = resource.type_name();
    if version == schema.version {
        return Ok(state);
    }
    if version > schema.version {
        return Err(Diagnostic::error(
            format!("Unable to read the state of {name}"),
            format!(
                "It was written by a newer version of this provider (schema version {version}, known is {}). \
                 Use that version or a newer one.",
                schema.version
            ),
        )
        .into());
    }
    shield_pure(|| resource.upgrade(version, state)).unwrap_or_else(|panic| Err(panic.into()))
}
