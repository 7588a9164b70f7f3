//! State of another resource type, of this provider or another, made into ours: a `moved` block across types (Terraform 1.8).

use serde_json::Value as Json;

use super::apply::shield_pure;
use super::conform::{self, Unknowns};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::import::IMPORTED;
use super::path::Path;
use super::private::Private;
use super::resource::Resource;
use super::schema::Block;
use super::value::{Object, Value};

/// The private key of an object that was moved from another type and not read yet: the type that it was.
pub const MOVED: &str = "_moved_from";

/// Where a state comes from.
#[derive(Clone)]
pub struct Source {
    /// The provider that wrote it, as `<host>/<namespace>/<name>`.
    pub provider: String,
    /// The type of the object there.
    pub type_name: String,
    /// The version of the schema it was written with.
    pub schema_version: i64,
    /// The state as stored. Secret: it holds whatever that provider stored.
    pub state: Json,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("provider", &self.provider)
            .field("type_name", &self.type_name)
            .field("schema_version", &self.schema_version)
            .finish_non_exhaustive()
    }
}

/// What becomes of a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The state here.
    pub state: Object,
    /// What the user has to know of the move.
    pub warnings: Diagnostics,
}

impl From<Object> for Moved {
    fn from(state: Object) -> Moved {
        Moved {
            state,
            warnings: Diagnostics::new(),
        }
    }
}

/// Makes the state of `resource` from that of another type, with warnings. The source is left as it is by an error: Terraform then moves
/// nothing.
pub fn moved<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    block: &Block,
    source: &Source,
) -> Result<(Value, Private, Diagnostics), Diagnostics> {
    let made = shield_pure(|| resource.move_state(source)).map_err(Diagnostics::from)?;
    let Some(made) = made else {
        return Err(no_way(resource.type_name(), resource.moves_from(), source).into());
    };
    let Moved {
        state,
        warnings: mut diagnostics,
    } = made?;
    let state = conform::conform(block, Value::Map(state), Unknowns::Refuse, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let mut private = Private::default();
    // What the other type did not record is taken over from the configuration, as after an import.
    private.set(IMPORTED, true);
    private.set(MOVED, source.type_name.as_str());
    Ok((state, private, diagnostics))
}

/// What was moved here is not there. Were it taken for gone, the plan would make another one where the user moves one that is there.
pub(super) fn not_there(from: &str, to: &str, id: Option<&str>) -> Diagnostic {
    let named = id.map_or(String::new(), |id| format!(" {id:?}"));
    Diagnostic::error(
        format!("Unable to move {from} to {to}: there is none{named}"),
        format!(
            "The state of `{from}` records it, and with the `region` and credentials of this provider block it is not found. Nothing was moved, \
             and nothing is made in its place. It may be of another region or account: then set `provider` of the resource to a provider block \
             with that `region` and those credentials. If it is gone for good, remove the `moved` block, take the old object out of the state \
             with a `removed` block (or `terraform state rm`), and plan again: a new one is made then."
        ),
    )
    .at(Path::attribute("id"))
}

fn no_way(type_name: &str, from: &[&str], source: &Source) -> Diagnostic {
    let known = match from {
        [] => format!("Nothing can be moved to `{type_name}`."),
        _ => format!("What can be moved to `{type_name}`: `{}`.", from.join("`, `")),
    };
    Diagnostic::error(
        format!("Unable to move {} to {type_name}", source.type_name),
        format!(
            "There is no way from `{}` of the provider {}. {known} Correct the `moved` block, or remove it; then take the object out of the \
             state with a `removed` block and import it here.",
            source.type_name, source.provider
        ),
    )
}
