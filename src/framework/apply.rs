//! Applying a plan. Whatever happens, the answer is a state: what was recorded last, with the errors.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::conform::{self, Unknowns};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::import::IMPORTED;
use super::outcome;
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
pub(super) struct Checkpoint(Arc<Recorded>);

#[derive(Debug, Default)]
struct Recorded {
    last: Mutex<Option<(Object, Private)>>,
    for_good: AtomicBool,
}

impl Checkpoint {
    pub(super) fn record(&self, state: Object, private: Private) {
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((state, private));
    }

    fn take(&self) -> Option<(Object, Private)> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// See [`Apply::checkpoint_for_good`].
    pub(super) fn keep_for_good(&self) {
        self.0.for_good.store(true, Ordering::Relaxed);
    }

    fn is_for_good(&self) -> bool {
        self.0.for_good.load(Ordering::Relaxed)
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
        (Value::Null, Value::Null) => Response {
            state: Value::Null,
            private,
            diagnostics: Diagnostics::new(),
        },
        // Nothing is deleted but on a plan that says so.
        (prior, _) => Response {
            state: prior,
            private,
            diagnostics: Diagnostic::error(
                "Unable to apply a malformed plan",
                format!(
                    "The plan for {} is no object. Nothing was changed. Please report this.",
                    resource.type_name()
                ),
            )
            .into(),
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
    let plan = planned.clone();
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
    let prior = (!creates).then_some(&apply.prior);
    let mut diagnostics = std::mem::take(&mut apply.warnings);
    let (state, private) = match outcome {
        Ok(()) => {
            apply.private.remove(IMPORTED);
            let state = complete(block, prior, &plan, apply.state, &mut diagnostics);
            (state, apply.private)
        }
        Err(errors) => {
            diagnostics.extend(errors);
            match checkpoint.take() {
                // Terraform takes it for made as planned.
                Some((state, private)) if creates && checkpoint.is_for_good() => (
                    complete(block, prior, &plan, known(state), &mut diagnostics),
                    private,
                ),
                Some((state, private)) => (settled(block, prior, state), private),
                None => (Value::Null, apply.private),
            }
        }
    };
    if creates && checkpoint.is_for_good() {
        diagnostics = diagnostics.as_warnings();
    } else if creates && !state.is_null() {
        diagnostics = with_taint(diagnostics);
    }
    Response {
        state,
        private,
        diagnostics,
    }
}

/// What else the last error of a create comes to, if there is one and the object is in the state: Terraform itself says nothing of it before
/// the next plan.
fn with_taint(diagnostics: Diagnostics) -> Diagnostics {
    const TAINTED: &str = "Terraform takes what was created for tainted, and the next apply would destroy it and create it again. To keep it, run \
                           `terraform untaint` with its address first: the next plan then shows what is left to do in place.";
    let mut all: Vec<Diagnostic> = diagnostics.into_iter().collect();
    if let Some(last) = all.iter_mut().rfind(|problem| problem.is_error()) {
        let gap = if last.detail.is_empty() { "" } else { "\n\n" };
        last.detail = format!("{}{gap}{TAINTED}", last.detail);
    }
    let mut told = Diagnostics::new();
    told.extend(all);
    told
}

/// A recorded state, without what was not known of it yet.
fn known(mut state: Object) -> Object {
    outcome::forget_unknown(&mut state);
    state
}

/// The state after a success: complete, as planned, wholly known. What the handler left unknown or malformed is a bug,
/// told as an error; the rest of the state is kept.
fn complete(
    block: &Block,
    prior: Option<&Object>,
    planned: &Object,
    state: Object,
    diagnostics: &mut Diagnostics,
) -> Value {
    let mut complaints = Diagnostics::new();
    let state = conform::conform(block, Value::Map(state), Unknowns::Keep, &mut complaints);
    let Value::Map(mut state) = state else {
        return state;
    };
    let mut differences = Diagnostics::new();
    outcome::as_planned(block, planned, &mut state, &mut differences);
    if !state.is_wholly_known() {
        // Only for what there is to say of each unknown value.
        conform::conform(
            block,
            Value::Map(state.clone()),
            Unknowns::Refuse,
            &mut complaints,
        );
    }
    // What is malformed differs from the plan too: that is said once.
    diagnostics.extend(if complaints.is_empty() {
        differences
    } else {
        complaints
    });
    settled(block, prior, state)
}

/// A state with nothing unknown: an operation that ended early leaves values unknown, and the error has been told.
fn settled(block: &Block, prior: Option<&Object>, mut state: Object) -> Value {
    outcome::fill_unknown(block, None, prior, &mut state);
    conform::conform(
        block,
        Value::Map(state),
        Unknowns::Refuse,
        &mut Diagnostics::new(),
    )
}

async fn delete<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    block: &Block,
    client: Arc<C>,
    cancel: CancellationToken,
    prior: Object,
    mut private: Private,
) -> Response {
    // The marks are for this once: a delete that fails leaves an object which may be removed for good next time.
    let creates = private.remove(CREATES).is_some();
    let saw_prior = private.remove(SAW_PRIOR).is_some();
    let replacing = creates.then_some(if saw_prior {
        Replacement::Planned
    } else {
        Replacement::Tainted
    });
    let mut delete = Delete {
        state: prior.clone(),
        private,
        replacing,
        client,
        cancel,
        warnings: Diagnostics::new(),
    };
    let outcome = catch(resource.delete(&mut delete)).await;
    let mut diagnostics = std::mem::take(&mut delete.warnings);
    let left = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(errors)) => {
            diagnostics.extend(errors);
            Some(delete.state)
        }
        Err(panic) => {
            // Where it stopped nobody knows, nor what it had done to the state.
            diagnostics.push(panic);
            Some(prior.clone())
        }
    };
    Response {
        state: left.map_or(Value::Null, |state| settled(block, Some(&prior), state)),
        private: delete.private,
        diagnostics,
    }
}

/// Runs a handler; a panic in it becomes an error.
pub(super) async fn shield<T>(
    handler: impl Future<Output = Result<T, Diagnostics>>,
) -> Result<T, Diagnostics> {
    catch(handler).await.unwrap_or_else(|panic| Err(panic.into()))
}

/// Runs a handler and tells its own error from a panic in it.
async fn catch<T>(handler: impl Future<Output = T>) -> Result<T, Diagnostic> {
    AssertUnwindSafe(handler)
        .catch_unwind()
        .await
        .map_err(|panic| panicked(panic.as_ref()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::resource::Read;
    use crate::framework::schema::{Attribute, Schema};
    use async_trait::async_trait;

    /// Does nothing but to tell that it was asked.
    struct Asked;

    #[async_trait]
    impl Resource<()> for Asked {
        fn type_name(&self) -> &'static str {
            "test_asked"
        }

        fn schema(&self) -> Schema {
            let text = |name: &str| Attribute::string(name).describe("Text.");
            Schema::new(Block::new("").attributes([text("id").computed(), text("did").computed()]))
        }

        async fn create(&self, apply: &mut Apply<()>) -> Result<(), Diagnostics> {
            apply.state.set("did", "create");
            Ok(())
        }

        async fn read(&self, _read: &mut Read<()>) -> Result<bool, Diagnostics> {
            Ok(true)
        }

        async fn update(&self, apply: &mut Apply<()>) -> Result<(), Diagnostics> {
            apply.state.set("did", "update");
            Ok(())
        }

        async fn delete(&self, delete: &mut Delete<()>) -> Result<(), Diagnostics> {
            delete.warnings.push(Diagnostic::warning("Deleted", ""));
            Ok(())
        }
    }

    async fn run(prior: Value, planned: Value) -> Response {
        let block = Asked.schema().block;
        let config = Value::Map(Object::new());
        let request = Request {
            prior,
            planned,
            config,
            private: Private::default(),
        };
        apply(&Asked, &block, Arc::new(()), CancellationToken::new(), request).await
    }

    #[tokio::test]
    async fn what_is_asked_for_follows_from_prior_and_plan() {
        let object = || Value::Map(Object::new().with("id", "i").with("did", Value::Unknown));
        let check = async |prior: Value, planned: Value, did: Option<&str>, errors: bool| {
            let response = run(prior, planned).await;
            assert_eq!(response.state.as_map().and_then(|state| state.str("did")), did);
            assert_eq!(response.diagnostics.has_errors(), errors);
            response
        };
        check(Value::Null, object(), Some("create"), false).await;
        check(object(), object(), Some("update"), false).await;
        let deleted = check(object(), Value::Null, None, false).await;
        assert!(deleted.state.is_null() && deleted.diagnostics.len() == 1);
        let nothing = check(Value::Null, Value::Null, None, false).await;
        assert!(nothing.state.is_null() && nothing.diagnostics.is_empty());
        // Only a plan that is null deletes.
        let malformed = check(object(), Value::Unknown, None, true).await;
        assert_eq!(malformed.state, object());
    }

    /// What a create that recorded its object for good can come to.
    #[derive(Clone, Copy, Debug)]
    enum End {
        Error,
        Panic,
        LeftUnknown,
        Malformed,
        PlanTakenThenPanic,
    }

    struct Bought {
        end: End,
        for_good: bool,
    }

    #[async_trait]
    impl Resource<()> for Bought {
        fn type_name(&self) -> &'static str {
            "test_bought"
        }

        fn schema(&self) -> Schema {
            Asked.schema()
        }

        async fn create(&self, apply: &mut Apply<()>) -> Result<(), Diagnostics> {
            apply.state.set("id", "i");
            if self.for_good {
                apply.checkpoint_for_good();
            } else {
                apply.checkpoint();
            }
            match self.end {
                End::Error => return Err(Diagnostic::error("Late", "").into()),
                End::Panic => panic!("late"),
                End::LeftUnknown => {}
                End::Malformed => apply.state.set("did", vec!["a", "list"]),
                End::PlanTakenThenPanic => {
                    apply.planned = Object::new();
                    apply.state = Object::new();
                    panic!("late");
                }
            }
            Ok(())
        }

        async fn read(&self, _read: &mut Read<()>) -> Result<bool, Diagnostics> {
            Ok(true)
        }

        async fn update(&self, apply: &mut Apply<()>) -> Result<(), Diagnostics> {
            self.create(apply).await
        }

        async fn delete(&self, _delete: &mut Delete<()>) -> Result<(), Diagnostics> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_is_recorded_for_good_ends_in_no_error_but_is_told() {
        let block = Asked.schema().block;
        for end in [
            End::Error,
            End::Panic,
            End::LeftUnknown,
            End::Malformed,
            End::PlanTakenThenPanic,
        ] {
            for (for_good, creates) in [(true, true), (false, true), (true, false)] {
                let planned = Object::new()
                    .with("id", Value::Unknown)
                    .with("did", Value::Unknown);
                let prior = Object::new().with("id", "i").with("did", "before");
                let request = Request {
                    prior: if creates { Value::Null } else { Value::Map(prior) },
                    planned: Value::Map(planned),
                    config: Value::Map(Object::new()),
                    private: Private::default(),
                };
                let bought = Bought { end, for_good };
                let response = apply(&bought, &block, Arc::new(()), CancellationToken::new(), request).await;
                let state = response.state.as_map().unwrap();
                assert_eq!(state.str("id"), Some("i"), "{end:?}");
                assert!(state.is_wholly_known(), "{end:?} {state:?}");
                assert!(!response.diagnostics.is_empty(), "{end:?}");
                // An update that fails taints nothing.
                let expected = !(for_good && creates);
                assert_eq!(
                    response.diagnostics.has_errors(),
                    expected,
                    "{end:?} {for_good} {creates} {:?}",
                    response.diagnostics
                );
                let told = response
                    .diagnostics
                    .iter()
                    .filter(|told| told.detail.contains("`terraform untaint`"));
                assert_eq!(
                    told.count(),
                    usize::from(creates && !for_good),
                    "{end:?} {for_good}"
                );
            }
        }
    }

    #[test]
    fn only_the_constant_text_of_a_panic_is_shown() {
        let constant = shield_pure(|| panic!("in the source")).unwrap_err();
        assert!(constant.detail.contains("in the source"), "{}", constant.detail);
        let secret = String::from("hunter2");
        let made: Diagnostic = shield_pure(|| panic!("made of {secret}")).unwrap_err();
        assert!(!made.detail.contains("hunter2"), "{}", made.detail);
    }
}
