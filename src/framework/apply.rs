//! Applying a plan. Whatever happens, the answer is a state: what was recorded last, with the errors.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::conform::{self, Unknowns};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::plan::{CREATES, SAW_PRIOR};
use super::private::Private;
use super::resource::{Apply, Delete, Replacement, Resource};
use super::schema::Block;
use super::timeouts::Operation;
use super::value::{Object, Value};

/// What Terraform wants done.
#[derive(Debug)]
pub struct Request {
    /// The state before; null for a create.
    pub prior: Value,
    /// The plan; null for a destroy.
    pub planned: Value,
    /// The configuration; null for a destroy.
    pub config: Value,
    /// What the plan left.
    pub private: Private,
}

/// What was done.
#[derive(Debug)]
pub struct Response {
    /// The state after; null when there is no object.
    pub state: Value,
    /// Private state.
    pub private: Private,
    /// What there is to say.
    pub diagnostics: Diagnostics,
}

/// The last recorded state, outside of the handler so that a panic leaves it.
#[derive(Clone, Debug, Default)]
pub(super) struct Checkpoint(Arc<Mutex<Option<(Object, Private)>>>);

impl Checkpoint {
    pub(super) fn record(&self, state: Object, private: Private) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((state, private));
    }

    fn take(&self) -> Option<(Object, Private)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Creates, updates or deletes.
pub async fn apply<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    block: &Block,
    client: Arc<C>,
    cancel: CancellationToken,
    request: Request,
) -> Response {
    let Request {
        prior,
        planned,
        config,
        private,
    } = request;
    match (prior, planned) {
        (Value::Map(prior), Value::Null) => delete(resource, block, client, cancel, prior, private).await,
        (prior, Value::Map(planned)) => {
            let config = config.as_map().cloned().unwrap_or_default();
            let prior = prior.as_map().cloned();
            change(resource, block, client, cancel, prior, planned, config, private).await
        }
        (_, planned) => Response {
            state: planned,
            private,
            diagnostics: Diagnostics::new(),
        },
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one request, taken apart by the caller"
)]
async fn change<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    block: &Block,
    client: Arc<C>,
    cancel: CancellationToken,
    prior: Option<Object>,
    planned: Object,
    config: Object,
    mut private: Private,
) -> Response {
    private.remove(CREATES);
    private.remove(SAW_PRIOR);
    let checkpoint = Checkpoint::default();
    let creates = prior.is_none();
    if let Some(prior) = &prior {
        checkpoint.record(prior.clone(), private.clone());
    }
    let mut apply = Apply {
        prior: prior.unwrap_or_default(),
        state: planned.clone(),
        planned,
        config,
        private,
        client,
        cancel,
        warnings: Diagnostics::new(),
        operation: if creates {
            Operation::Create
        } else {
            Operation::Update
        },
        checkpoint: checkpoint.clone(),
    };
    let outcome = if creates {
        shield(resource.create(&mut apply)).await
    } else {
        shield(resource.update(&mut apply)).await
    };
    let mut diagnostics = std::mem::take(&mut apply.warnings);
    let (state, private, unknowns_are_bugs) = match outcome {
        Ok(()) => (Value::Map(apply.state), apply.private, true),
        Err(errors) => {
            diagnostics.extend(errors);
            match checkpoint.take() {
                Some((state, private)) => (Value::Map(state), private, false),
                None => (Value::Null, apply.private, false),
            }
        }
    };
    // After an error some values may well be unknown still: they are null then, and the error has been told.
    let mut complaints = Diagnostics::new();
    let state = conform::conform(block, state, Unknowns::Refuse, &mut complaints);
    if unknowns_are_bugs {
        diagnostics.extend(complaints);
    }
    Response {
        state,
        private,
        diagnostics,
    }
}

async fn delete<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    block: &Block,
    client: Arc<C>,
    cancel: CancellationToken,
    prior: Object,
    private: Private,
) -> Response {
    let replacing = private.is_set(CREATES).then(|| {
        if private.is_set(SAW_PRIOR) {
            Replacement::Planned
        } else {
            Replacement::Tainted
        }
    });
    let mut delete = Delete {
        state: prior,
        private,
        replacing,
        client,
        cancel,
        warnings: Diagnostics::new(),
    };
    let outcome = shield(resource.delete(&mut delete)).await;
    let mut diagnostics = std::mem::take(&mut delete.warnings);
    let state = match outcome {
        Ok(()) => Value::Null,
        Err(errors) => {
            diagnostics.extend(errors);
            conform::conform(
                block,
                Value::Map(delete.state),
                Unknowns::Refuse,
                &mut Diagnostics::new(),
            )
        }
    };
    Response {
        state,
        private: delete.private,
        diagnostics,
    }
}

/// Runs a handler; a panic in it becomes an error.
pub(super) async fn shield<T>(
    handler: impl Future<Output = Result<T, Diagnostics>>,
) -> Result<T, Diagnostics> {
    AssertUnwindSafe(handler)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(panicked(panic.as_ref()).into()))
}

/// Runs a pure step; a panic in it becomes an error.
pub(super) fn shield_pure<T>(step: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    std::panic::catch_unwind(AssertUnwindSafe(step)).map_err(|panic| panicked(panic.as_ref()))
}

fn panicked(panic: &(dyn Any + Send)) -> Diagnostic {
    // The text may hold any value: only what was written in the source as a constant is shown.
    let what = panic
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("see the provider's log");
    Diagnostic::error(
        "The provider panicked",
        format!(
            "A bug in the provider stopped this operation: {what}. What was known of the object is in the state. \
             Please report it with the output of TF_LOG=TRACE; applying again is safe."
        ),
    )
}
