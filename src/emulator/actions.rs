//! The operations that are served, one line each.

use super::{
    params::Params,
    reply::{Body, Envelope, Refusal},
    state::State,
};

/// What an operation does.
type Run = fn(&mut State, &Params) -> Result<Body, Refusal>;

/// One operation.
pub(crate) struct Action {
    name: &'static str,
    /// The envelope of its answers.
    pub(crate) envelope: Envelope,
    pub(crate) run: Run,
}

/// The operations. A further one is a function in the file of its family, and a line here.
const ACTIONS: &[Action] = &[];

/// The operation of that name.
pub(crate) fn find(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}
