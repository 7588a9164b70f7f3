//! Reading: bringing a recorded state up to date, and data sources.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::apply::shield;
use super::bodies;
use super::conform::{self, Unknowns};
use super::datasource::{DataSource, Query};
use super::diagnostic::Diagnostics;
use super::moved::{self, MOVED};
use super::outcome;
use super::plan;
use super::private::Private;
use super::resource::{Read, Resource};
use super::schema::Block;
use super::timeouts;
use super::value::{Object, Value};

/// What is there.
#[derive(Debug)]
pub struct Response {
    /// The state; null when the object is gone.
    pub state: Value,
    /// Private state.
    pub private: Private,
    /// What there is to say.
    pub diagnostics: Diagnostics,
}

/// Brings `state` up to date. An error leaves it as it was.
pub async fn read<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    block: &Block,
    client: Arc<C>,
    cancel: CancellationToken,
    state: Object,
    private: Private,
) -> Response {
    let before = (state.clone(), private.clone());
    let mut read = Read {
        state,
        private,
        client,
        cancel,
        warnings: Diagnostics::new(),
    };
    let outcome = shield(resource.read(&mut read)).await;
    let mut diagnostics = std::mem::take(&mut read.warnings);
    let moved_from = read.private.remove(MOVED);
    let found = match outcome {
        Ok(true) => {
            let mut state = read.state;
            keep(block, None, Some(&before.0), &mut state);
            if before.0.contains(timeouts::BLOCK) {
                // It is of the configuration alone.
                state.set(timeouts::BLOCK, before.0.get(timeouts::BLOCK).clone());
            }
            Some(conform::conform(
                block,
                Value::Map(state),
                Unknowns::Refuse,
                &mut diagnostics,
            ))
        }
        Ok(false) => match moved_from.as_ref().and_then(|from| from.as_str()) {
            Some(from) => {
                diagnostics.push(moved::not_there(from, resource.type_name(), before.0.str("id")));
                None
            }
            None => Some(Value::Null),
        },
        Err(errors) => {
            diagnostics.extend(errors);
            None
        }
    };
    let (state, private) = match found {
        Some(Value::Null) => (Value::Null, Private::default()),
        Some(state) if !diagnostics.has_errors() => (state, read.private),
        _ => {
            let state = Value::Map(before.0);
            (
                conform::conform(block, state, Unknowns::Refuse, &mut Diagnostics::new()),
                before.1,
            )
        }
    };
    Response {
        state,
        private,
        diagnostics,
    }
}

/// Keeps the recorded spelling of what means the same: only what really differs is a change.
fn keep(block: &Block, _: Option<&Object>, before: Option<&Object>, state: &mut Object) {
    let Some(recorded) = before else { return };
    for attribute in &block.attributes {
        let (old, new) = (recorded.get(&attribute.name), state.get(&attribute.name));
        if let Some(same) = attribute.same_meaning
            && old != new
            && old.is_known()
            && new.is_known()
            && same(old, new)
        {
            state.set(&attribute.name, old.clone());
        }
    }
    bodies::each(block, None, before, state, keep);
}

/// Reads a data source.
pub async fn data_source<C: Send + Sync + 'static>(
    source: &dyn DataSource<C>,
    block: &Block,
    client: Arc<C>,
    cancel: CancellationToken,
    config: Object,
) -> (Value, Diagnostics) {
    let mut configured = config.clone();
    plan::settle(block, Some(&config), None, &mut configured);
    let mut planned = configured.clone();
    plan::unknown_computed(block, Some(&config), None, &mut planned);
    let mut query = Query {
        state: configured.clone(),
        client,
        cancel,
        warnings: Diagnostics::new(),
    };
    let answer = shield(source.read(&mut query)).await;
    let mut diagnostics = std::mem::take(&mut query.warnings);
    let state = match answer {
        Ok(()) => query.state,
        Err(errors) => {
            diagnostics.extend(errors);
            configured
        }
    };
    let state = conform::conform(block, Value::Map(state), Unknowns::Refuse, &mut diagnostics);
    let Value::Map(mut state) = state else {
        return (state, diagnostics);
    };
    outcome::as_planned(block, &planned, &mut state, &mut diagnostics);
    (Value::Map(state), diagnostics)
}
