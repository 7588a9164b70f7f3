//! What the author of a resource implements. Only [`Resource::type_name`], [`Resource::schema`] and the four
//! operations must be there; the rest is opt-in.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::apply::Checkpoint;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::identity::Identity;
use super::moved::{Moved, Source};
use super::path::Path;
use super::private::Private;
use super::schema::Schema;
use super::timeouts::{self, Operation};
use super::value::{Object, Value};

/// A managed resource. `C` is the provider's client.
#[async_trait]
pub trait Resource<C: Send + Sync + 'static>: Send + Sync {
    /// The full type name, `<provider>_<thing>`.
    fn type_name(&self) -> &'static str;

    /// Called once in a process.
    fn schema(&self) -> Schema;

    /// What the configuration alone can tell, beyond the checks of single attributes. Unknown values are
    /// never wrong.
    fn validate(&self, _config: &Object, _diagnostics: &mut Diagnostics) {}

    /// Completes the plan of a create or an update. The engine has put in defaults, kept what means the same and
    /// made computed attributes unknown. Pure: no clock, no call, for Terraform plans twice and compares.
    fn plan(&self, _plan: &mut Plan<'_, C>) {}

    /// May refuse or comment on a destroy, also on the one that is the first half of a replacement (but not of what
    /// Terraform replaces of its own: tainted objects, `-replace` and `replace_triggered_by`). Pure; the client is there where the
    /// provider is configured, for its settings only.
    fn plan_destroy(
        &self,
        _prior: &Object,
        _private: &Private,
        _client: Option<&C>,
        _diagnostics: &mut Diagnostics,
    ) {
    }

    /// Makes the object. `apply.state` is the plan, with unknown values to fill in. Call
    /// [`Apply::checkpoint`] as soon as it has an id: what was recorded survives any later error or panic,
    /// and nothing recorded means nothing was made. What differs from the plan at the end is told as a warning and
    /// recorded as planned: Terraform would take it for an error, and taint the object.
    async fn create(&self, apply: &mut Apply<C>) -> Result<(), Diagnostics>;

    /// Brings `read.state` up to date; `Ok(false)` when the object is gone.
    async fn read(&self, read: &mut Read<C>) -> Result<bool, Diagnostics>;

    /// Changes the object in place. `apply.state` is the plan; what was recorded last, at first the prior
    /// state, is what an error leaves behind; where it is unknown, it stays as it was. A difference to the plan is a
    /// warning, as with [`Resource::create`].
    async fn update(&self, apply: &mut Apply<C>) -> Result<(), Diagnostics>;

    /// Removes the object; already gone is success.
    async fn delete(&self, delete: &mut Delete<C>) -> Result<(), Diagnostics>;

    /// Starts an import: a state with as much as the id tells, which Terraform then has read.
    async fn import(&self, id: &str, _client: Arc<C>) -> Result<Object, Diagnostics> {
        Ok(Object::new().with("id", id))
    }

    /// What names an object of this type for good. With one, objects can be imported by it and listed.
    fn identity(&self) -> Option<Identity> {
        None
    }

    /// The identity of the object with this state; attributes that are not known yet are left out.
    fn identify(&self, _state: &Object, _client: &C) -> Object {
        Object::new()
    }

    /// Starts an import by identity, as [`Resource::import`] does by id.
    async fn import_by_identity(&self, identity: &Object, client: Arc<C>) -> Result<Object, Diagnostics> {
        self.import(identity.str("id").unwrap_or_default(), client).await
    }

    /// The types that [`Resource::move_state`] knows a way from, for who comes from another one.
    fn moves_from(&self) -> &'static [&'static str] {
        &[]
    }

    /// Makes a state from that of another type: `None` where there is no way from that type.
    fn move_state(&self, _source: &Source) -> Option<Result<Moved, Diagnostics>> {
        None
    }

    /// Turns state of an older schema version, as JSON, into the current shape.
    fn upgrade(&self, version: i64, _state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        Err(Diagnostic::error(
            format!("Unable to upgrade the state of {}", self.type_name()),
            format!("There is no way from schema version {version}. Use the provider version that wrote it."),
        )
        .into())
    }
}

/// A plan of a create or an update in the making.
#[derive(Debug)]
pub struct Plan<'a, C> {
    /// The state before; `None` for a create.
    pub prior: Option<&'a Object>,
    /// The configuration, unknown values and write-only values included.
    pub config: &'a Object,
    /// What the apply will leave: change it.
    pub planned: Object,
    /// The object's private state; what is put in goes to the apply.
    pub private: &'a mut Private,
    /// The client, where the provider is configured. For its settings only: a plan makes no call.
    pub client: Option<&'a C>,
    /// What to say.
    pub diagnostics: &'a mut Diagnostics,
    pub(super) replace: Vec<Path>,
}

impl<C> Plan<'_, C> {
    /// Whether the object is made new.
    pub fn is_create(&self) -> bool {
        self.prior.is_none()
    }

    /// Whether the planned value of a root attribute or block differs from the prior one. For a create: whether it is set.
    pub fn changes(&self, name: &str) -> bool {
        match self.prior {
            Some(prior) => prior.get(name) != self.planned.get(name),
            None => !self.planned.get(name).is_null(),
        }
    }

    /// Whether anything at all differs from the prior state.
    pub fn has_changes(&self) -> bool {
        self.prior != Some(&self.planned)
    }

    /// Whether the configuration holds a value that is known only later: what is planned now as a change may then turn out
    /// to be none.
    pub fn has_unknown_input(&self) -> bool {
        self.config.iter().any(|(_, value)| !value.is_wholly_known())
    }

    /// The prior value of a root attribute is kept.
    pub fn keep(&mut self, name: &str) {
        if let Some(prior) = self.prior {
            self.planned.set(name, prior.get(name).clone());
        }
    }

    /// The value is only known after the apply.
    pub fn unknown(&mut self, name: &str) {
        self.planned.set(name, Value::Unknown);
    }

    /// The change at `path` cannot be made in place. It counts only where the value there differs between the prior
    /// state and the plan, or is write-only. A path into a set is taken as the set.
    pub fn replace(&mut self, path: Path) {
        self.replace.push(path);
    }

    /// Whether the change, as far as planned, replaces the object.
    pub fn replaces(&self) -> bool {
        !self.replace.is_empty()
    }

    /// What cannot work is refused here.
    pub fn refuse(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// A create or an update in progress.
#[derive(Debug)]
pub struct Apply<C> {
    /// The state before; empty for a create.
    pub prior: Object,
    /// What will be the state: the plan at first.
    pub state: Object,
    /// What was planned, unchanged.
    pub planned: Object,
    /// The configuration: the only place of write-only values.
    pub config: Object,
    /// The object's private state.
    pub private: Private,
    /// The provider's client.
    pub client: Arc<C>,
    /// Tripped when Terraform asks to stop.
    pub cancel: CancellationToken,
    /// Warnings along the way (errors are returned).
    pub warnings: Diagnostics,
    pub(super) operation: Operation,
    pub(super) checkpoint: Checkpoint,
}

impl<C> Apply<C> {
    /// Records `state` and `private`: from now on this is what an error or a panic leaves behind.
    pub fn checkpoint(&mut self) {
        self.checkpoint.record(self.state.clone(), self.private.clone());
    }

    /// As [`Apply::checkpoint`], of an object that must not be tainted, as an error at the end of its creation would: from now
    /// on whatever goes wrong in this create, a panic and a malformed answer included, is told by a warning.
    pub fn checkpoint_for_good(&mut self) {
        self.checkpoint();
        self.checkpoint.keep_for_good();
    }

    /// How long this operation may take: from the `timeouts` block, else `default`.
    pub fn timeout(&self, default: Duration) -> Duration {
        timeouts::of(&self.config, self.operation).unwrap_or(default)
    }
}

/// A read in progress.
#[derive(Debug)]
pub struct Read<C> {
    /// The state as recorded: change it to what is there.
    pub state: Object,
    /// The object's private state.
    pub private: Private,
    /// The provider's client.
    pub client: Arc<C>,
    /// Tripped when Terraform asks to stop.
    pub cancel: CancellationToken,
    /// Warnings along the way.
    pub warnings: Diagnostics,
}

impl<C> Read<C> {
    /// How long this may take: from the `timeouts` block in the state, else `default`.
    pub fn timeout(&self, default: Duration) -> Duration {
        timeouts::of(&self.state, Operation::Read).unwrap_or(default)
    }
}

/// Why an object is removed to be made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// A plan that saw the object demanded it: by a change that cannot be made in place, or by the user's own wish.
    Planned,
    /// The object is tainted: its creation failed half-way, and no plan has looked at it since.
    Tainted,
}

/// A removal in progress.
#[derive(Debug)]
pub struct Delete<C> {
    /// The state as recorded. A failed removal keeps it, with what was changed here.
    pub state: Object,
    /// The object's private state.
    pub private: Private,
    /// Set when the object is removed to be made anew: `private` is then what the plan of its successor left.
    pub replacing: Option<Replacement>,
    /// The provider's client.
    pub client: Arc<C>,
    /// Tripped when Terraform asks to stop.
    pub cancel: CancellationToken,
    /// Warnings along the way.
    pub warnings: Diagnostics,
}

impl<C> Delete<C> {
    /// How long this may take: from the `timeouts` block in the state, else `default`.
    pub fn timeout(&self, default: Duration) -> Duration {
        timeouts::of(&self.state, Operation::Delete).unwrap_or(default)
    }
}
