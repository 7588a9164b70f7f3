//! Reading: bringing a recorded state up to date, and data sources.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::apply::shield;
use super::conform::{self, Unknowns};
use super::datasource::{DataSource, Query};
use super::diagnostic::Diagnostics;
use super::private::Private;
use super::resource::{Read, Resource};
use super::schema::Block;
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
    let (state, private) = match outcome {
        Ok(true) => (Value::Map(read.state), read.private),
        Ok(false) => (Value::Null, Private::default()),
        Err(errors) => {
            diagnostics.extend(errors);
            (Value::Map(before.0), before.1)
        }
    };
    let state = conform::conform(block, state, Unknowns::Refuse, &mut diagnostics);
    Response {
        state,
        private,
        diagnostics,
    }
}

/// Reads a data source.
pub async fn data_source<C: Send + Sync + 'static>(
    source: &dyn DataSource<C>,
    block: &Block,
    client: Arc<C>,
    cancel: CancellationToken,
    config: Object,
) -> (Value, Diagnostics) {
    let mut query = Query {
        state: config.clone(),
        client,
        cancel,
        warnings: Diagnostics::new(),
    };
    let outcome = shield(source.read(&mut query)).await;
    let mut diagnostics = std::mem::take(&mut query.warnings);
    let mut state = query.state;
    if let Err(errors) = outcome {
        diagnostics.extend(errors);
        state = config;
    }
    let state = conform::conform(block, Value::Map(state), Unknowns::Refuse, &mut diagnostics);
    (state, diagnostics)
}
