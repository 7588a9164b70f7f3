//! The calls of the protocol: what came is read by the schema, the framework does it, the answer is
//! written. One short function for each.
//!
//! No call ends in a gRPC error that could as well be a diagnostic: Terraform loses the state of an
//! object when an apply ends so. What cannot be read is a diagnostic; what panics is one too, with the
//! best state there is.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use prost::bytes::Bytes;
use tokio::sync::watch;
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use super::proto::tfplugin5 as proto;
use super::proto::tfplugin5::provider_server::Provider;
use super::{convert, log, wire};
use crate::framework::conform::Unknowns;
use crate::framework::private::Private;
use crate::framework::{Block, Diagnostic, Diagnostics, Schema, Service, Type, Value, apply, plan};

type Answer<T> = Result<Response<T>, Status>;

/// A provider behind the protocol.
pub struct Rpc {
    service: Arc<dyn Service>,
    /// The type of each schema's objects, made once: the calls of one command are of few types.
    types: Mutex<HashMap<(Kind, String), Arc<Type>>>,
    requests: AtomicU64,
    running: watch::Sender<usize>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Provider,
    Resource,
    DataSource,
}

/// What is needed to read and write the objects of one type.
struct Shape<'a> {
    block: &'a Block,
    ty: Arc<Type>,
}

impl std::fmt::Debug for Rpc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rpc")
            .field("service", &self.service.name())
            .finish_non_exhaustive()
    }
}

impl Rpc {
    /// Serves `service`. Makes no schema yet: they are not needed before the process is reached.
    pub fn new(service: Arc<dyn Service>) -> Self {
        Self {
            service,
            types: Mutex::new(HashMap::new()),
            requests: AtomicU64::new(0),
            running: watch::Sender::new(0),
        }
    }

    /// How many calls are being answered just now.
    pub fn running(&self) -> watch::Receiver<usize> {
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

    fn provider(&self) -> Shape<'_> {
        self.shape(Kind::Provider, "", self.service.provider_schema())
    }

    fn resource(&self, type_name: &str) -> Result<Shape<'_>, Diagnostics> {
        Ok(self.shape(
            Kind::Resource,
            type_name,
            self.service.resource_schema(type_name)?,
        ))
    }

    fn data_source(&self, type_name: &str) -> Result<Shape<'_>, Diagnostics> {
        Ok(self.shape(
            Kind::DataSource,
            type_name,
            self.service.data_source_schema(type_name)?,
        ))
    }

    /// Runs one call. Should it panic, in the framework or here, `panicked` makes the answer.
    async fn call<T>(
        &self,
        rpc: &'static str,
        type_name: &str,
        work: impl Future<Output = T>,
        panicked: impl FnOnce(Vec<proto::Diagnostic>) -> T,
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
            let answer = match AssertUnwindSafe(work).catch_unwind().await {
                Ok(answer) => answer,
                Err(_) => {
                    let bug = Diagnostic::error(
                        "The provider panicked",
                        format!(
                            "A bug in the provider stopped {rpc}; its log has the place. Please report it with \
                             the output of TF_LOG=TRACE."
                        ),
                    );
                    panicked(convert::diagnostics(&bug.into(), &Type::Dynamic))
                }
            };
            tracing::trace!("call answered");
            answer
        };
        Ok(Response::new(shielded.instrument(span).await))
    }
}

impl Shape<'_> {
    fn decode(&self, what: &str, value: Option<&proto::DynamicValue>) -> Result<Value, Diagnostics> {
        wire::decode(&self.ty, value).map_err(|error| unreadable(what, &error).into())
    }

    fn diagnostics(&self, all: &Diagnostics) -> Vec<proto::Diagnostic> {
        convert::diagnostics(all, &self.ty)
    }
}

fn unreadable(what: &str, error: &wire::DecodeError) -> Diagnostic {
    Diagnostic::error(
        format!("Unable to read the {what} that Terraform sent"),
        format!(
            "{error}. Terraform and the provider do not agree on the schema: run `terraform init -upgrade`; \
             if it stays, please report it."
        ),
    )
    .at(error.path())
}

/// Diagnostics that are about no object of a known type.
fn only(diagnostics: &Diagnostics) -> Vec<proto::Diagnostic> {
    convert::diagnostics(diagnostics, &Type::Dynamic)
}

fn bytes(private: &Private) -> Bytes {
    Bytes::from(private.to_bytes())
}

fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: false,
        generate_resource_config: false,
    }
}

#[tonic::async_trait]
impl Provider for Rpc {
    async fn get_metadata(
        &self,
        _: Request<proto::get_metadata::Request>,
    ) -> Answer<proto::get_metadata::Response> {
        use proto::get_metadata::{DataSourceMetadata, ResourceMetadata, Response};
        let resource = |(name, _): (&str, _)| ResourceMetadata {
            type_name: name.to_owned(),
        };
        let data_source = |(name, _): (&str, _)| DataSourceMetadata {
            type_name: name.to_owned(),
        };
        let work = async {
            Response {
                server_capabilities: Some(capabilities()),
                resources: self
                    .service
                    .resource_schemas()
                    .into_iter()
                    .map(resource)
                    .collect(),
                data_sources: self
                    .service
                    .data_source_schemas()
                    .into_iter()
                    .map(data_source)
                    .collect(),
                ..Response::default()
            }
        };
        self.call("GetMetadata", "", work, |diagnostics| Response {
            diagnostics,
            ..Response::default()
        })
        .await
    }

    async fn get_schema(
        &self,
        _: Request<proto::get_provider_schema::Request>,
    ) -> Answer<proto::get_provider_schema::Response> {
        use proto::get_provider_schema::Response;
        let work = async {
            Response {
                provider: Some(convert::schema(self.service.provider_schema())),
                resource_schemas: convert::schemas(self.service.resource_schemas()),
                data_source_schemas: convert::schemas(self.service.data_source_schemas()),
                server_capabilities: Some(capabilities()),
                ..Response::default()
            }
        };
        self.call("GetProviderSchema", "", work, |diagnostics| Response {
            diagnostics,
            ..Response::default()
        })
        .await
    }

    async fn prepare_provider_config(
        &self,
        request: Request<proto::prepare_provider_config::Request>,
    ) -> Answer<proto::prepare_provider_config::Response> {
        use proto::prepare_provider_config::Response;
        let config = request.into_inner().config;
        let echo = config.clone();
        let work = async {
            let shape = self.provider();
            let found = match shape.decode("provider configuration", config.as_ref()) {
                Ok(config) => self.service.validate_provider(config),
                Err(errors) => errors,
            };
            Response {
                diagnostics: shape.diagnostics(&found),
                prepared_config: config.clone(),
            }
        };
        self.call("PrepareProviderConfig", "", work, |diagnostics| Response {
            diagnostics,
            prepared_config: echo,
        })
        .await
    }

    async fn configure(
        &self,
        request: Request<proto::configure::Request>,
    ) -> Answer<proto::configure::Response> {
        use proto::configure::Response;
        let request = request.into_inner();
        let work = async {
            let shape = self.provider();
            let found = match shape.decode("provider configuration", request.config.as_ref()) {
                Ok(config) => self.service.configure(config, &request.terraform_version),
                Err(errors) => errors,
            };
            Response {
                diagnostics: shape.diagnostics(&found),
            }
        };
        self.call("Configure", "", work, |diagnostics| Response { diagnostics })
            .await
    }

    async fn validate_resource_type_config(
        &self,
        request: Request<proto::validate_resource_type_config::Request>,
    ) -> Answer<proto::validate_resource_type_config::Response> {
        use proto::validate_resource_type_config::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        // A Terraform that does not say is one that would store the value.
        let write_only = request
            .client_capabilities
            .is_some_and(|client| client.write_only_attributes_allowed);
        let work = async {
            let diagnostics = match self.resource(name) {
                Ok(shape) => {
                    let found = match shape.decode("configuration", request.config.as_ref()) {
                        Ok(config) => self.service.validate_resource(name, config, write_only),
                        Err(errors) => errors,
                    };
                    shape.diagnostics(&found)
                }
                Err(errors) => only(&errors),
            };
            Response { diagnostics }
        };
        self.call("ValidateResourceTypeConfig", name, work, |diagnostics| Response {
            diagnostics,
        })
        .await
    }

    async fn validate_data_source_config(
        &self,
        request: Request<proto::validate_data_source_config::Request>,
    ) -> Answer<proto::validate_data_source_config::Response> {
        use proto::validate_data_source_config::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let work = async {
            let diagnostics = match self.data_source(name) {
                Ok(shape) => {
                    let found = match shape.decode("configuration", request.config.as_ref()) {
                        Ok(config) => self.service.validate_data_source(name, config),
                        Err(errors) => errors,
                    };
                    shape.diagnostics(&found)
                }
                Err(errors) => only(&errors),
            };
            Response { diagnostics }
        };
        self.call("ValidateDataSourceConfig", name, work, |diagnostics| Response {
            diagnostics,
        })
        .await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Answer<proto::upgrade_resource_state::Response> {
        use proto::upgrade_resource_state::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let work = async {
            let upgraded = self.resource(name).and_then(|shape| {
                let state = self.upgraded(name, request.version, request.raw_state.as_ref(), &shape)?;
                Ok((shape, state))
            });
            match upgraded {
                Ok((shape, state)) => {
                    let mut found = Diagnostics::new();
                    let state = convert::state(shape.block, &shape.ty, state, Unknowns::Refuse, &mut found);
                    Response {
                        upgraded_state: Some(state),
                        diagnostics: shape.diagnostics(&found),
                    }
                }
                Err(errors) => Response {
                    upgraded_state: None,
                    diagnostics: only(&errors),
                },
            }
        };
        let panicked = |diagnostics| Response {
            upgraded_state: None,
            diagnostics,
        };
        self.call("UpgradeResourceState", name, work, panicked).await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Answer<proto::get_resource_identity_schemas::Response> {
        Ok(Response::new(
            proto::get_resource_identity_schemas::Response::default(),
        ))
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Answer<proto::read_resource::Response> {
        use proto::read_resource::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let unread = |diagnostics| Response {
            new_state: request.current_state.clone(),
            private: request.private.clone(),
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let shape = match self.resource(name) {
                Ok(shape) => shape,
                Err(errors) => return unread(only(&errors)),
            };
            let state = match shape.decode("state", request.current_state.as_ref()) {
                Ok(state) => state,
                Err(errors) => return unread(shape.diagnostics(&errors)),
            };
            let read = self
                .service
                .read(name, state, Private::from_bytes(&request.private))
                .await;
            let mut found = read.diagnostics;
            let state = convert::state(shape.block, &shape.ty, read.state, Unknowns::Refuse, &mut found);
            Response {
                new_state: Some(state),
                private: bytes(&read.private),
                diagnostics: shape.diagnostics(&found),
                ..Response::default()
            }
        };
        self.call("ReadResource", name, work, unread).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Answer<proto::plan_resource_change::Response> {
        use proto::plan_resource_change::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let unplanned = |diagnostics| Response {
            planned_state: request.prior_state.clone(),
            planned_private: request.prior_private.clone(),
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let shape = match self.resource(name) {
                Ok(shape) => shape,
                Err(errors) => return unplanned(only(&errors)),
            };
            let decoded = || {
                Ok(plan::Request {
                    prior: shape.decode("prior state", request.prior_state.as_ref())?,
                    proposed: shape.decode("proposed state", request.proposed_new_state.as_ref())?,
                    config: shape.decode("configuration", request.config.as_ref())?,
                    private: Private::from_bytes(&request.prior_private),
                })
            };
            let decoded = match decoded() {
                Ok(decoded) => decoded,
                Err(errors) => return unplanned(shape.diagnostics(&errors)),
            };
            let plan = self.service.plan(name, decoded);
            let mut found = plan.diagnostics;
            let planned = convert::state(shape.block, &shape.ty, plan.planned, Unknowns::Keep, &mut found);
            Response {
                planned_state: Some(planned),
                requires_replace: convert::paths(&plan.replace, &shape.ty),
                planned_private: bytes(&plan.private),
                diagnostics: shape.diagnostics(&found),
                ..Response::default()
            }
        };
        self.call("PlanResourceChange", name, work, unplanned).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Answer<proto::apply_resource_change::Response> {
        use proto::apply_resource_change::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let undone = |diagnostics| Response {
            new_state: request.prior_state.clone(),
            private: request.planned_private.clone(),
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let shape = match self.resource(name) {
                Ok(shape) => shape,
                Err(errors) => return undone(only(&errors)),
            };
            let decoded = || {
                Ok(apply::Request {
                    prior: shape.decode("prior state", request.prior_state.as_ref())?,
                    planned: shape.decode("planned state", request.planned_state.as_ref())?,
                    config: shape.decode("configuration", request.config.as_ref())?,
                    private: Private::from_bytes(&request.planned_private),
                })
            };
            let decoded = match decoded() {
                Ok(decoded) => decoded,
                Err(errors) => return undone(shape.diagnostics(&errors)),
            };
            let applied = self.service.apply(name, decoded).await;
            let mut found = applied.diagnostics;
            let state = convert::state(
                shape.block,
                &shape.ty,
                applied.state,
                Unknowns::Refuse,
                &mut found,
            );
            Response {
                new_state: Some(state),
                private: bytes(&applied.private),
                diagnostics: shape.diagnostics(&found),
                ..Response::default()
            }
        };
        self.call("ApplyResourceChange", name, work, undone).await
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Answer<proto::import_resource_state::Response> {
        use proto::import_resource_state::{ImportedResource, Response};
        let request = request.into_inner();
        let name = &request.type_name;
        let failed = |diagnostics| Response {
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let shape = match self.resource(name) {
                Ok(shape) => shape,
                Err(errors) => return failed(only(&errors)),
            };
            let (state, private, mut found) = self.service.import(name, &request.id).await;
            if state.is_null() {
                if !found.has_errors() {
                    found.push(Diagnostic::error(
                        format!("Unable to import {name}"),
                        "There is no object with this id. Check the id, the region and the account.",
                    ));
                }
                return failed(shape.diagnostics(&found));
            }
            let state = convert::state(shape.block, &shape.ty, state, Unknowns::Refuse, &mut found);
            let imported = ImportedResource {
                type_name: name.clone(),
                state: Some(state),
                private: bytes(&private),
                identity: None,
            };
            Response {
                imported_resources: vec![imported],
                diagnostics: shape.diagnostics(&found),
                ..Response::default()
            }
        };
        self.call("ImportResourceState", name, work, failed).await
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Answer<proto::read_data_source::Response> {
        use proto::read_data_source::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let failed = |diagnostics| Response {
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let shape = match self.data_source(name) {
                Ok(shape) => shape,
                Err(errors) => return failed(only(&errors)),
            };
            let config = match shape.decode("configuration", request.config.as_ref()) {
                Ok(config) => config,
                Err(errors) => return failed(shape.diagnostics(&errors)),
            };
            let (state, mut found) = self.service.read_data_source(name, config).await;
            let state = convert::state(shape.block, &shape.ty, state, Unknowns::Refuse, &mut found);
            Response {
                state: Some(state),
                diagnostics: shape.diagnostics(&found),
                ..Response::default()
            }
        };
        self.call("ReadDataSource", name, work, failed).await
    }

    async fn get_functions(
        &self,
        _: Request<proto::get_functions::Request>,
    ) -> Answer<proto::get_functions::Response> {
        Ok(Response::new(proto::get_functions::Response::default()))
    }

    /// Asks running calls to give up; they still answer. The process stays.
    async fn stop(&self, _: Request<proto::stop::Request>) -> Answer<proto::stop::Response> {
        use proto::stop::Response;
        let work = async {
            self.service.stop();
            Response::default()
        };
        self.call("Stop", "", work, |_| Response {
            error: "the provider panicked".to_owned(),
        })
        .await
    }
}

impl Rpc {
    /// State as it was stored, as a value of the current schema.
    fn upgraded(
        &self,
        name: &str,
        version: i64,
        raw: Option<&proto::RawState>,
        shape: &Shape<'_>,
    ) -> Result<Value, Diagnostics> {
        let unable =
            |detail: String| Diagnostic::error(format!("Unable to read the state of {name}"), detail);
        let Some(raw) = raw.filter(|raw| !raw.json.is_empty()) else {
            let detail = "It is not stored as JSON, so it was written by a Terraform before 0.12, which this \
                          provider never supported. Import the object anew.";
            return Err(unable(detail.to_owned()).into());
        };
        let advice = "Restore the state from a backup, or remove the object from it and import it anew.";
        let stored = wire::json::parse(&raw.json).map_err(|error| unable(format!("{error}. {advice}")))?;
        let current = self.service.upgrade(name, version, stored)?;
        wire::json::decode(&shape.ty, &current)
            .map_err(|error| unable(format!("{error}. {advice}")).at(error.path()).into())
    }
}
