//! What all calls share: a shield against panics, the shape of an object by its schema, and how
//! errors are told.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::watch;
use tonic::{Response, Status};
use tracing::Instrument as _;

use super::super::proto::tfplugin5 as proto;
use super::super::{convert, log, wire};
use crate::framework::conform::Unknowns;
use crate::framework::{Block, Diagnostic, Diagnostics, Schema, Service, Type, Value};

/// What goes back to Terraform.
pub(super) type Answer<T> = Result<Response<T>, Status>;

/// Diagnostics as they are sent.
pub(super) type Told = Vec<proto::Diagnostic>;

/// What the calls of one provider have in common.
pub(super) struct Calls {
    pub(super) service: Arc<dyn Service>,
    /// The type of each schema's objects, made once: the calls of one command are of few types.
    types: Mutex<HashMap<(Kind, String), Arc<Type>>>,
    requests: AtomicU64,
    running: watch::Sender<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Provider,
    Resource,
    DataSource,
    Action,
    List,
}

/// A call that is being answered.
struct Running<'a>(&'a watch::Sender<usize>);

impl<'a> Running<'a> {
    fn begin(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|running| *running += 1);
        Self(count)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

impl Calls {
    pub(super) fn new(service: Arc<dyn Service>) -> Self {
        Self {
            service,
            types: Mutex::new(HashMap::new()),
            requests: AtomicU64::new(0),
            running: watch::Sender::new(0),
        }
    }

    pub(super) fn running(&self) -> watch::Receiver<usize> {
        self.running.subscribe()
    }

    fn shape<'a>(&self, kind: Kind, type_name: &str, schema: &'a Schema) -> Shape<'a> {
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        let made = types.entry((kind, type_name.to_owned()));
        let ty = made
            .or_insert_with(|| Arc::new(schema.block.implied_type()))
            .clone();
        Shape {
            block: &schema.block,
            ty,
        }
    }

    /// The shape of the provider block.
    pub(super) fn provider(&self) -> Shape<'_> {
        self.shape(Kind::Provider, "", self.service.provider_schema())
    }

    /// The shape of a resource.
    pub(super) fn resource(&self, type_name: &str) -> Result<Shape<'_>, Told> {
        let schema = self.service.resource_schema(type_name);
        schema
            .map(|schema| self.shape(Kind::Resource, type_name, schema))
            .map_err(|errors| tell(&errors))
    }

    /// The shape of a data source.
    pub(super) fn data_source(&self, type_name: &str) -> Result<Shape<'_>, Told> {
        let schema = self.service.data_source_schema(type_name);
        schema
            .map(|schema| self.shape(Kind::DataSource, type_name, schema))
            .map_err(|errors| tell(&errors))
    }

    /// The shape of an action's configuration.
    pub(super) fn action(&self, type_name: &str) -> Result<Shape<'_>, Told> {
        let schema = self.service.action_schema(type_name);
        schema
            .map(|schema| self.shape(Kind::Action, type_name, schema))
            .map_err(|errors| tell(&errors))
    }

    /// The shape of a list's filters.
    pub(super) fn list(&self, type_name: &str) -> Result<Shape<'_>, Told> {
        let schema = self.service.list_schema(type_name);
        schema
            .map(|schema| self.shape(Kind::List, type_name, schema))
            .map_err(|errors| tell(&errors))
    }

    /// Runs one call. When it fails or panics, here or in the framework, `failed` makes the answer:
    /// never a gRPC error, for Terraform would lose what an apply has made.
    pub(super) async fn run<T>(
        &self,
        rpc: &'static str,
        type_name: &str,
        work: impl Future<Output = Result<T, Told>>,
        failed: impl FnOnce(Told) -> T,
    ) -> Answer<T> {
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        let span = tracing::info_span!(
            "call",
            { log::keys::RPC } = rpc,
            { log::keys::REQUEST } = request,
            { log::keys::RESOURCE_TYPE } = type_name,
        );
        let shielded = async {
            let _running = Running::begin(&self.running);
            tracing::trace!("call received");
            let answer = AssertUnwindSafe(work).catch_unwind().await;
            let answer = answer.unwrap_or_else(|_| Err(panicked(rpc)));
            tracing::trace!(done = answer.is_ok(), "call answered");
            answer.unwrap_or_else(failed)
        };
        Ok(Response::new(shielded.instrument(span).await))
    }
}

/// The block of a list's filters.
const FILTERS: &str = "config";

/// What is needed to read and write the objects of one type.
pub(super) struct Shape<'a> {
    block: &'a Block,
    ty: Arc<Type>,
}

impl Shape<'_> {
    /// Reads a value, which is `what` to the user.
    pub(super) fn decode(&self, what: &str, value: Option<&proto::DynamicValue>) -> Result<Value, Told> {
        wire::decode(&self.ty, value).map_err(|error| {
            let summary = format!("Unable to read the {what} that Terraform sent");
            let advice = "Terraform and the provider do not agree on the schema: run `terraform init \
                          -upgrade`; if it stays, please report it.";
            let unreadable = Diagnostic::error(summary, format!("{error}. {advice}"));
            self.tell(&unreadable.at(error.path()).into())
        })
    }

    /// Reads JSON as it was stored.
    pub(super) fn decode_json(&self, json: &serde_json::Value) -> Result<Value, wire::DecodeError> {
        wire::json::decode(&self.ty, json)
    }

    /// The one way out for a state; what did not fit is told. See [`convert::state`].
    pub(super) fn encode(&self, value: Value, found: &mut Diagnostics) -> Option<proto::DynamicValue> {
        Some(convert::state(
            self.block,
            &self.ty,
            value,
            Unknowns::Refuse,
            found,
        ))
    }

    /// The same for a plan, in which values may be unknown.
    pub(super) fn encode_plan(&self, value: Value, found: &mut Diagnostics) -> Option<proto::DynamicValue> {
        Some(convert::state(self.block, &self.ty, value, Unknowns::Keep, found))
    }

    /// Diagnostics about an object of this shape.
    pub(super) fn tell(&self, all: &Diagnostics) -> Told {
        convert::diagnostics(all, &self.ty)
    }

    /// Diagnostics about the filters of a list. Terraform looks for their paths in the whole `list` block, in which the filters are
    /// the block `config`; without that it would point at the head of the list.
    pub(super) fn tell_filters(&self, all: Diagnostics) -> Told {
        let within = all.into_iter().map(|one| Diagnostic {
            path: one.path.map(|path| path.within(FILTERS)),
            ..one
        });
        let all = Diagnostics::from(within.collect::<Vec<_>>());
        convert::diagnostics(&all, &Type::object([(FILTERS, Type::clone(&self.ty))]))
    }

    /// Paths into an object of this shape.
    pub(super) fn paths(&self, all: &[crate::framework::Path]) -> Vec<proto::AttributePath> {
        convert::paths(all, &self.ty)
    }
}

/// Diagnostics that are about no object of a known type.
pub(super) fn tell(all: &Diagnostics) -> Told {
    convert::diagnostics(all, &Type::Dynamic)
}

fn panicked(rpc: &str) -> Told {
    let bug = Diagnostic::error(
        "The provider panicked",
        format!(
            "A bug in the provider stopped {rpc}; the place is in its log. Please report it with the output \
             of TF_LOG=TRACE."
        ),
    );
    tell(&bug.into())
}
