//! The calls of the protocol: what came is read by the schema, the framework does it, the answer is
//! written. One short function for each.
//!
//! No call ends in a gRPC error that could as well be a diagnostic: Terraform loses the state of an
//! object when an apply ends so. What cannot be read is a diagnostic; what panics is one too, with the
//! best state there is. Calls that are not here answer that they are not implemented, as an older
//! provider does.

mod call;
mod functions;
mod identity;
mod streams;

use std::fmt;
use std::sync::Arc;

use prost::bytes::Bytes;
use tokio::sync::watch;
use tonic::Request;
use tonic::codegen::BoxStream;

use self::call::{Answer, Calls, Shape, Told, tell};
use super::proto::tfplugin5 as proto;
use super::proto::tfplugin5::provider_server::Provider;
use super::{convert, wire};
use crate::framework::private::Private;
use crate::framework::{Diagnostic, Diagnostics, Service, Value, apply, import, plan};

/// A provider behind the protocol.
pub struct Rpc {
    calls: Arc<Calls>,
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = self.calls.service.name();
        f.debug_struct("Rpc")
            .field("service", &service)
            .finish_non_exhaustive()
    }
}

impl Rpc {
    /// Serves `service`. Makes no schema yet: they are not needed before the process is reached.
    pub fn new(service: Arc<dyn Service>) -> Self {
        let calls = Arc::new(Calls::new(service));
        Self { calls }
    }

    /// How many calls are being answered just now.
    pub fn running(&self) -> watch::Receiver<usize> {
        self.calls.running()
    }

    fn service(&self) -> &dyn Service {
        self.calls.service.as_ref()
    }

    fn checked_action(&self, name: &str, config: Option<&proto::DynamicValue>) -> Result<Told, Told> {
        let shape = self.calls.action(name)?;
        let config = shape.decode("configuration", config)?;
        Ok(shape.tell(&self.service().validate_action(name, config)))
    }

    /// State as it was stored, as a value of the current schema.
    fn upgraded(
        &self,
        request: &proto::upgrade_resource_state::Request,
        shape: &Shape<'_>,
    ) -> Result<Value, Told> {
        let name = &request.type_name;
        let unable = |detail: &str| {
            tell(&Diagnostic::error(format!("Unable to read the state of {name}"), detail).into())
        };
        let Some(raw) = request.raw_state.as_ref().filter(|raw| !raw.json.is_empty()) else {
            return Err(unable(
                "It is not stored as JSON, so it was written by a Terraform before 0.12, which this provider \
                 never supported. Import the object anew.",
            ));
        };
        let advice = "Restore the state from a backup, or remove the object from it and import it anew.";
        let unreadable = |error: wire::DecodeError| unable(&format!("{error}. {advice}"));
        let stored = wire::json::parse(&raw.json).map_err(unreadable)?;
        let current = self
            .service()
            .upgrade(name, request.version, stored)
            .map_err(|errors| shape.tell(&errors))?;
        shape.decode_json(&current).map_err(unreadable)
    }
}

fn private_bytes(private: &Private) -> Bytes {
    Bytes::from(private.to_bytes())
}

fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: false,
    }
}

#[tonic::async_trait]
impl Provider for Rpc {
    async fn get_metadata(
        &self,
        _: Request<proto::get_metadata::Request>,
    ) -> Answer<proto::get_metadata::Response> {
        use proto::get_metadata::{
            ActionMetadata, DataSourceMetadata, FunctionMetadata, ListResourceMetadata, ResourceMetadata,
            Response,
        };
        let resource = |(name, _): (&str, _)| ResourceMetadata {
            type_name: name.to_owned(),
        };
        let data_source = |(name, _): (&str, _)| DataSourceMetadata {
            type_name: name.to_owned(),
        };
        let function = |(name, _): (&str, _)| FunctionMetadata {
            name: name.to_owned(),
        };
        let list = |(name, _): (&str, _)| ListResourceMetadata {
            type_name: name.to_owned(),
        };
        let action = |(name, _): (&str, _)| ActionMetadata {
            type_name: name.to_owned(),
        };
        let failed = |diagnostics| Response {
            diagnostics,
            ..Response::default()
        };
        let work = async {
            Ok(Response {
                server_capabilities: Some(capabilities()),
                resources: self
                    .service()
                    .resource_schemas()
                    .into_iter()
                    .map(resource)
                    .collect(),
                data_sources: self
                    .service()
                    .data_source_schemas()
                    .into_iter()
                    .map(data_source)
                    .collect(),
                functions: self.service().functions().into_iter().map(function).collect(),
                list_resources: self.service().list_schemas().into_iter().map(list).collect(),
                actions: self.service().action_schemas().into_iter().map(action).collect(),
                ..Response::default()
            })
        };
        self.calls.run("GetMetadata", "", work, failed).await
    }

    async fn get_schema(
        &self,
        _: Request<proto::get_provider_schema::Request>,
    ) -> Answer<proto::get_provider_schema::Response> {
        use proto::get_provider_schema::Response;
        let failed = |diagnostics| Response {
            diagnostics,
            ..Response::default()
        };
        let work = async {
            Ok(Response {
                provider: Some(convert::schema(self.service().provider_schema())),
                resource_schemas: convert::schemas(self.service().resource_schemas()),
                data_source_schemas: convert::schemas(self.service().data_source_schemas()),
                functions: self.functions(),
                action_schemas: convert::action_schemas(self.service().action_schemas()),
                list_resource_schemas: convert::schemas(self.service().list_schemas()),
                server_capabilities: Some(capabilities()),
                ..Response::default()
            })
        };
        self.calls.run("GetProviderSchema", "", work, failed).await
    }

    async fn prepare_provider_config(
        &self,
        request: Request<proto::prepare_provider_config::Request>,
    ) -> Answer<proto::prepare_provider_config::Response> {
        use proto::prepare_provider_config::Response;
        let request = request.into_inner();
        let answer = |diagnostics| Response {
            diagnostics,
            prepared_config: request.config.clone(),
        };
        let work = async {
            let shape = self.calls.provider();
            let config = shape.decode("provider configuration", request.config.as_ref())?;
            Ok(answer(shape.tell(&self.service().validate_provider(config))))
        };
        self.calls.run("PrepareProviderConfig", "", work, answer).await
    }

    async fn configure(
        &self,
        request: Request<proto::configure::Request>,
    ) -> Answer<proto::configure::Response> {
        use proto::configure::Response;
        let request = request.into_inner();
        let answer = |diagnostics| Response { diagnostics };
        let work = async {
            let shape = self.calls.provider();
            let config = shape.decode("provider configuration", request.config.as_ref())?;
            let found = self.service().configure(config, &request.terraform_version);
            Ok(answer(shape.tell(&found)))
        };
        self.calls.run("Configure", "", work, answer).await
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
        let answer = |diagnostics| Response { diagnostics };
        let work = async {
            let shape = self.calls.resource(name)?;
            let config = shape.decode("configuration", request.config.as_ref())?;
            Ok(answer(shape.tell(
                &self.service().validate_resource(name, config, write_only),
            )))
        };
        self.calls
            .run("ValidateResourceTypeConfig", name, work, answer)
            .await
    }

    async fn validate_data_source_config(
        &self,
        request: Request<proto::validate_data_source_config::Request>,
    ) -> Answer<proto::validate_data_source_config::Response> {
        use proto::validate_data_source_config::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let answer = |diagnostics| Response { diagnostics };
        let work = async {
            let shape = self.calls.data_source(name)?;
            let config = shape.decode("configuration", request.config.as_ref())?;
            Ok(answer(
                shape.tell(&self.service().validate_data_source(name, config)),
            ))
        };
        self.calls
            .run("ValidateDataSourceConfig", name, work, answer)
            .await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Answer<proto::upgrade_resource_state::Response> {
        use proto::upgrade_resource_state::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let failed = |diagnostics| Response {
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let shape = self.calls.resource(name)?;
            let mut found = Diagnostics::new();
            let upgraded_state = shape.encode(self.upgraded(&request, &shape)?, &mut found);
            Ok(Response {
                upgraded_state,
                diagnostics: shape.tell(&found),
            })
        };
        self.calls.run("UpgradeResourceState", name, work, failed).await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Answer<proto::get_resource_identity_schemas::Response> {
        use proto::get_resource_identity_schemas::Response;
        let failed = |diagnostics| Response {
            diagnostics,
            ..Response::default()
        };
        let work = async {
            Ok(Response {
                identity_schemas: self.identity_schemas(),
                ..Response::default()
            })
        };
        self.calls
            .run("GetResourceIdentitySchemas", "", work, failed)
            .await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Answer<proto::upgrade_resource_identity::Response> {
        self.upgrade_identity(request.into_inner()).await
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> Answer<proto::move_resource_state::Response> {
        self.move_state(request.into_inner()).await
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Answer<proto::read_resource::Response> {
        use proto::read_resource::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let failed = |diagnostics| Response {
            new_state: request.current_state.clone(),
            private: request.private.clone(),
            new_identity: request.current_identity.clone(),
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let shape = self.calls.resource(name)?;
            let state = shape.decode("state", request.current_state.as_ref())?;
            let read = self
                .service()
                .read(name, state, Private::from_bytes(&request.private))
                .await;
            let mut found = read.diagnostics;
            // What cannot be told now was told before.
            let known = || request.current_identity.clone().filter(|_| !read.state.is_null());
            Ok(Response {
                new_identity: self.identity(name, &read.state).or_else(known),
                new_state: shape.encode(read.state, &mut found),
                private: private_bytes(&read.private),
                diagnostics: shape.tell(&found),
                ..Response::default()
            })
        };
        self.calls.run("ReadResource", name, work, failed).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Answer<proto::plan_resource_change::Response> {
        use proto::plan_resource_change::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let failed = |diagnostics| Response {
            planned_state: request.prior_state.clone(),
            planned_private: request.prior_private.clone(),
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let shape = self.calls.resource(name)?;
            let decoded = plan::Request {
                prior: shape.decode("prior state", request.prior_state.as_ref())?,
                proposed: shape.decode("proposed state", request.proposed_new_state.as_ref())?,
                config: shape.decode("configuration", request.config.as_ref())?,
                private: Private::from_bytes(&request.prior_private),
            };
            let creates = decoded.prior.is_null();
            let plan = self.service().plan(name, decoded);
            let mut found = plan.diagnostics;
            // One that is made anew has none yet.
            let stays = !creates && plan.replace.is_empty();
            Ok(Response {
                planned_identity: request.prior_identity.clone().filter(|_| stays),
                planned_state: shape.encode_plan(plan.planned, &mut found),
                requires_replace: shape.paths(&plan.replace),
                planned_private: private_bytes(&plan.private),
                diagnostics: shape.tell(&found),
                ..Response::default()
            })
        };
        self.calls.run("PlanResourceChange", name, work, failed).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Answer<proto::apply_resource_change::Response> {
        use proto::apply_resource_change::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let failed = |diagnostics| Response {
            new_state: request.prior_state.clone(),
            private: request.planned_private.clone(),
            new_identity: request.planned_identity.clone(),
            diagnostics,
            ..Response::default()
        };
        let work = async {
            let shape = self.calls.resource(name)?;
            let decoded = apply::Request {
                prior: shape.decode("prior state", request.prior_state.as_ref())?,
                planned: shape.decode("planned state", request.planned_state.as_ref())?,
                config: shape.decode("configuration", request.config.as_ref())?,
                private: Private::from_bytes(&request.planned_private),
            };
            let applied = self.service().apply(name, decoded).await;
            let mut found = applied.diagnostics;
            Ok(Response {
                new_identity: self.identity(name, &applied.state),
                new_state: shape.encode(applied.state, &mut found),
                private: private_bytes(&applied.private),
                diagnostics: shape.tell(&found),
                ..Response::default()
            })
        };
        self.calls.run("ApplyResourceChange", name, work, failed).await
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
            let shape = self.calls.resource(name)?;
            let key = match self.decode_identity(name, request.identity.as_ref())? {
                Some(identity) if request.id.is_empty() => import::Key::Identity(identity),
                _ => import::Key::Id(request.id.clone()),
            };
            let (state, private, mut found) = self.service().import(name, key).await;
            if state.is_null() && !found.has_errors() {
                let detail = "There is no object with this id. Check the id, the region and the account.";
                found.push(Diagnostic::error(format!("Unable to import {name}"), detail));
            }
            if state.is_null() {
                return Err(shape.tell(&found));
            }
            let imported = ImportedResource {
                type_name: name.clone(),
                identity: self.identity(name, &state),
                state: shape.encode(state, &mut found),
                private: private_bytes(&private),
            };
            let (imported_resources, diagnostics) = (vec![imported], shape.tell(&found));
            Ok(Response {
                imported_resources,
                diagnostics,
                ..Response::default()
            })
        };
        self.calls.run("ImportResourceState", name, work, failed).await
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
            let shape = self.calls.data_source(name)?;
            let config = shape.decode("configuration", request.config.as_ref())?;
            let (state, mut found) = self.service().read_data_source(name, config).await;
            let state = shape.encode(state, &mut found);
            Ok(Response {
                state,
                diagnostics: shape.tell(&found),
                ..Response::default()
            })
        };
        self.calls.run("ReadDataSource", name, work, failed).await
    }

    async fn get_functions(
        &self,
        _: Request<proto::get_functions::Request>,
    ) -> Answer<proto::get_functions::Response> {
        use proto::get_functions::Response;
        let failed = |diagnostics| Response {
            diagnostics,
            ..Response::default()
        };
        let work = async {
            Ok(Response {
                functions: self.functions(),
                ..Response::default()
            })
        };
        self.calls.run("GetFunctions", "", work, failed).await
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Answer<proto::call_function::Response> {
        self.call_function_of(request.into_inner()).await
    }

    async fn list_resource(
        &self,
        request: Request<proto::list_resource::Request>,
    ) -> Answer<BoxStream<proto::list_resource::Event>> {
        self.list(request.into_inner())
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<proto::validate_list_resource_config::Request>,
    ) -> Answer<proto::validate_list_resource_config::Response> {
        use proto::validate_list_resource_config::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let answer = |diagnostics| Response { diagnostics };
        let work = async {
            let shape = self.calls.list(name)?;
            let config = shape.decode("filters", request.config.as_ref())?;
            Ok(answer(
                shape.tell_filters(self.service().validate_list(name, config)),
            ))
        };
        self.calls
            .run("ValidateListResourceConfig", name, work, answer)
            .await
    }

    async fn validate_action_config(
        &self,
        request: Request<proto::validate_action_config::Request>,
    ) -> Answer<proto::validate_action_config::Response> {
        use proto::validate_action_config::Response;
        let request = request.into_inner();
        let name = &request.type_name;
        let answer = |diagnostics| Response { diagnostics };
        let work = async { Ok(answer(self.checked_action(name, request.config.as_ref())?)) };
        self.calls.run("ValidateActionConfig", name, work, answer).await
    }

    /// More of the configuration is known than when it was validated.
    async fn plan_action(
        &self,
        request: Request<proto::plan_action::Request>,
    ) -> Answer<proto::plan_action::Response> {
        use proto::plan_action::Response;
        let request = request.into_inner();
        let name = &request.action_type;
        let answer = |diagnostics| Response {
            diagnostics,
            deferred: None,
        };
        let work = async { Ok(answer(self.checked_action(name, request.config.as_ref())?)) };
        self.calls.run("PlanAction", name, work, answer).await
    }

    async fn invoke_action(
        &self,
        request: Request<proto::invoke_action::Request>,
    ) -> Answer<BoxStream<proto::invoke_action::Event>> {
        self.invoke(request.into_inner())
    }

    /// Asks running calls to give up; they still answer. The process stays.
    async fn stop(&self, _: Request<proto::stop::Request>) -> Answer<proto::stop::Response> {
        use proto::stop::Response;
        let work = async {
            self.service().stop();
            Ok(Response::default())
        };
        let failed = |_| Response {
            error: "the provider panicked".to_owned(),
        };
        self.calls.run("Stop", "", work, failed).await
    }
}
