//! The facade that a wire protocol drives: a provider with its objects looked up by type name, its client once
//! configured, and Stop. One method for each call of the protocol, on our own values; no method fails otherwise
//! than by diagnostics, and none needs another to have been called before.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use serde_json::Value as Json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::action::{self, Action};
use super::apply::{self, shield_pure};
use super::catalogue::Catalogue;
use super::conform::{self, Unknowns};
use super::datasource::DataSource;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::function;
use super::identity::Identity;
use super::import;
use super::list::{self, ListResource};
use super::moved;
use super::plan;
use super::private::Private;
use super::provider::Provider;
use super::read;
use super::resource::Resource;
use super::schema::Schema;
use super::service::Service;
use super::upgrade;
use super::validate;
use super::value::{Object, Value};

/// A provider, served.
pub struct Server<P: Provider> {
    provider: P,
    schema: OnceLock<Schema>,
    resources: OnceLock<Catalogue<dyn Resource<P::Client>>>,
    data_sources: OnceLock<Catalogue<dyn DataSource<P::Client>>>,
    actions: OnceLock<Catalogue<dyn Action<P::Client>>>,
    lists: OnceLock<Catalogue<dyn ListResource<P::Client>>>,
    identities: OnceLock<BTreeMap<&'static str, Identity>>,
    client: Mutex<Option<Arc<P::Client>>>,
    cancel: Mutex<CancellationToken>,
}

impl<P: Provider> fmt::Debug for Server<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("provider", &self.provider.name())
            .finish_non_exhaustive()
    }
}

impl<P: Provider> Server<P> {
    /// Serves `provider`. Does nothing yet.
    pub fn new(provider: P) -> Server<P> {
        Server {
            provider,
            schema: OnceLock::new(),
            resources: OnceLock::new(),
            data_sources: OnceLock::new(),
            actions: OnceLock::new(),
            lists: OnceLock::new(),
            identities: OnceLock::new(),
            client: Mutex::new(None),
            cancel: Mutex::new(CancellationToken::new()),
        }
    }

    fn resources(&self) -> &Catalogue<dyn Resource<P::Client>> {
        self.resources
            .get_or_init(|| Catalogue::new(self.provider.name(), self.provider.resources()))
    }

    fn data_sources(&self) -> &Catalogue<dyn DataSource<P::Client>> {
        self.data_sources
            .get_or_init(|| Catalogue::new(self.provider.name(), self.provider.data_sources()))
    }

    fn actions(&self) -> &Catalogue<dyn Action<P::Client>> {
        self.actions
            .get_or_init(|| Catalogue::new(self.provider.name(), self.provider.actions()))
    }

    fn lists(&self) -> &Catalogue<dyn ListResource<P::Client>> {
        self.lists
            .get_or_init(|| Catalogue::new(self.provider.name(), self.provider.lists()))
    }

    fn identities(&self) -> &BTreeMap<&'static str, Identity> {
        self.identities.get_or_init(|| {
            let all = self.provider.resources().into_iter();
            all.filter_map(|resource| Some((resource.type_name(), resource.identity()?)))
                .collect()
        })
    }

    fn configured(&self) -> Result<Arc<P::Client>, Diagnostics> {
        self.client
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| {
                Diagnostic::error(
                    "The provider is not configured",
                    "Terraform asked for an operation before it configured the provider. Please report this.",
                )
                .into()
            })
    }

    fn cancellation(&self) -> CancellationToken {
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn malformed_state(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unable to read {type_name}"),
        "The recorded state is no object. Please report this.",
    )
}

fn members(value: Value) -> Object {
    match value {
        Value::Map(object) => object,
        _ => Object::new(),
    }
}

#[async_trait]
impl<P: Provider> Service for Server<P> {
    fn name(&self) -> &'static str {
        self.provider.name()
    }

    fn provider_schema(&self) -> &Schema {
        self.schema.get_or_init(|| self.provider.schema())
    }

    fn resource_schemas(&self) -> Vec<(&'static str, &Schema)> {
        self.resources().schemas()
    }

    fn data_source_schemas(&self) -> Vec<(&'static str, &Schema)> {
        self.data_sources().schemas()
    }

    fn resource_schema(&self, type_name: &str) -> Result<&Schema, Diagnostics> {
        self.resources().schema(type_name)
    }

    fn data_source_schema(&self, type_name: &str) -> Result<&Schema, Diagnostics> {
        self.data_sources().schema(type_name)
    }

    fn validate_provider(&self, config: Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let config = members(config);
        let checked = shield_pure(|| {
            validate::attributes(&self.provider_schema().block, &config, true, &mut diagnostics);
            self.provider.validate(&config, &mut diagnostics);
        });
        diagnostics.extend(checked.err());
        diagnostics
    }

    fn configure(&self, config: Value, terraform_version: &str) -> Diagnostics {
        let config = members(config);
        let made = shield_pure(|| self.provider.configure(&config, terraform_version));
        match made.unwrap_or_else(|panic| Err(panic.into())) {
            Ok(client) => {
                *self.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(client));
                // A Stop that is over is forgotten; what still runs shares its token with what comes.
                let mut cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
                if cancel.is_cancelled() {
                    *cancel = CancellationToken::new();
                }
                Diagnostics::new()
            }
            Err(errors) => errors,
        }
    }

    fn validate_resource(&self, type_name: &str, config: Value, write_only_allowed: bool) -> Diagnostics {
        self.resources()
            .validate(type_name, &members(config), write_only_allowed)
    }

    fn validate_data_source(&self, type_name: &str, config: Value) -> Diagnostics {
        self.data_sources().validate(type_name, &members(config), true)
    }

    fn upgrade(&self, type_name: &str, version: i64, state: Json) -> Result<Json, Diagnostics> {
        let entry = self.resources().get(type_name)?;
        upgrade::upgrade(entry.object.as_ref(), entry.schema(), version, state)
    }

    fn plan(&self, type_name: &str, request: plan::Request) -> plan::Response {
        match self.resources().get(type_name) {
            Ok(entry) => {
                let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
                plan::plan(
                    entry.object.as_ref(),
                    &entry.schema().block,
                    client.as_deref(),
                    request,
                )
            }
            Err(diagnostics) => plan::Response {
                planned: request.prior,
                replace: Vec::new(),
                private: request.private,
                diagnostics,
            },
        }
    }

    async fn apply(&self, type_name: &str, request: apply::Request) -> apply::Response {
        let ready = self
            .resources()
            .get(type_name)
            .and_then(|entry| Ok((entry, self.configured()?)));
        match ready {
            Ok((entry, client)) => {
                let block = &entry.schema().block;
                apply::apply(entry.object.as_ref(), block, client, self.cancellation(), request).await
            }
            Err(diagnostics) => apply::Response {
                state: request.prior,
                private: request.private,
                diagnostics,
            },
        }
    }

    async fn read(&self, type_name: &str, state: Value, private: Private) -> read::Response {
        let object = match state {
            Value::Map(object) => object,
            other => {
                // There is nothing to read, and nothing else than null says that it is gone.
                let mut diagnostics = Diagnostics::new();
                if !other.is_null() {
                    diagnostics.push(malformed_state(type_name));
                }
                return read::Response {
                    state: other,
                    private,
                    diagnostics,
                };
            }
        };
        match self
            .resources()
            .get(type_name)
            .and_then(|entry| Ok((entry, self.configured()?)))
        {
            Ok((entry, client)) => {
                let block = &entry.schema().block;
                read::read(
                    entry.object.as_ref(),
                    block,
                    client,
                    self.cancellation(),
                    object,
                    private,
                )
                .await
            }
            Err(diagnostics) => read::Response {
                state: Value::Map(object),
                private,
                diagnostics,
            },
        }
    }

    async fn import(&self, type_name: &str, key: import::Key) -> (Value, Private, Diagnostics) {
        match self
            .resources()
            .get(type_name)
            .and_then(|entry| Ok((entry, self.configured()?)))
        {
            Ok((entry, client)) => {
                import::import(entry.object.as_ref(), &entry.schema().block, client, &key).await
            }
            Err(diagnostics) => (Value::Null, Private::default(), diagnostics),
        }
    }

    fn move_state(
        &self,
        type_name: &str,
        source: &moved::Source,
    ) -> Result<(Value, Private, Diagnostics), Diagnostics> {
        let entry = self.resources().get(type_name)?;
        moved::moved(entry.object.as_ref(), &entry.schema().block, source)
    }

    fn identity_schema(&self, type_name: &str) -> Option<&Identity> {
        self.identities().get(type_name)
    }

    fn identify(&self, type_name: &str, state: &Value) -> Option<Object> {
        let schema = self.identities().get(type_name)?;
        let entry = self.resources().get(type_name).ok()?;
        let client = self.configured().ok()?;
        let state = state.as_map()?;
        let identity = shield_pure(|| entry.object.identify(state, &client)).ok()?;
        schema.complete(&identity)
    }

    async fn read_data_source(&self, type_name: &str, config: Value) -> (Value, Diagnostics) {
        match self
            .data_sources()
            .get(type_name)
            .and_then(|entry| Ok((entry, self.configured()?)))
        {
            Ok((entry, client)) => {
                let block = &entry.schema().block;
                read::data_source(
                    entry.object.as_ref(),
                    block,
                    client,
                    self.cancellation(),
                    members(config),
                )
                .await
            }
            Err(mut diagnostics) => {
                let state = self.data_sources().get(type_name).map_or(Value::Null, |entry| {
                    conform::conform(&entry.schema().block, config, Unknowns::Refuse, &mut diagnostics)
                });
                (state, diagnostics)
            }
        }
    }

    fn action_schemas(&self) -> Vec<(&'static str, &Schema)> {
        self.actions().schemas()
    }

    fn action_schema(&self, type_name: &str) -> Result<&Schema, Diagnostics> {
        self.actions().schema(type_name)
    }

    fn validate_action(&self, type_name: &str, config: Value) -> Diagnostics {
        self.actions().validate(type_name, &members(config), true)
    }

    async fn invoke_action(
        &self,
        type_name: &str,
        config: Value,
        progress: mpsc::Sender<String>,
    ) -> Diagnostics {
        match self
            .actions()
            .get(type_name)
            .and_then(|entry| Ok((entry, self.configured()?)))
        {
            Ok((entry, client)) => {
                let cancel = self.cancellation();
                action::invoke(entry.object.as_ref(), client, cancel, members(config), progress).await
            }
            Err(errors) => errors,
        }
    }

    fn list_schemas(&self) -> Vec<(&'static str, &Schema)> {
        self.lists().schemas()
    }

    fn list_schema(&self, type_name: &str) -> Result<&Schema, Diagnostics> {
        self.lists().schema(type_name)
    }

    fn validate_list(&self, type_name: &str, config: Value) -> Diagnostics {
        self.lists().validate(type_name, &members(config), true)
    }

    async fn list(
        &self,
        type_name: &str,
        request: list::Request,
        found: mpsc::Sender<list::Found>,
    ) -> Diagnostics {
        match self
            .lists()
            .get(type_name)
            .and_then(|entry| Ok((entry, self.resources().get(type_name)?, self.configured()?)))
        {
            Ok((entry, resource, client)) => {
                let resource = (resource.object.as_ref(), &resource.schema().block);
                let cancel = self.cancellation();
                list::list(entry.object.as_ref(), resource, client, cancel, request, found).await
            }
            Err(errors) => errors,
        }
    }

    fn functions(&self) -> Vec<(&'static str, function::Signature)> {
        let all = self.provider.functions();
        all.iter().map(|one| (one.name(), one.signature())).collect()
    }

    fn call_function(&self, name: &str, arguments: &[Value]) -> Result<Value, function::Error> {
        let all = self.provider.functions();
        let Some(function) = all.iter().find(|one| one.name() == name) else {
            let provider = self.provider.name();
            return Err(function::Error::new(format!(
                "The provider `{provider}` has no function {name}. Check the name, or use another provider version."
            )));
        };
        shield_pure(|| function.call(arguments)).unwrap_or_else(|panic| {
            Err(function::Error::new(format!(
                "{}: {}",
                panic.summary, panic.detail
            )))
        })
    }

    fn stop(&self) {
        self.cancellation().cancel();
    }

    fn end(&self) {
        // Nobody is left to tell of a panic but the panic hook.
        let _ = shield_pure(|| self.provider.end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::datasource::Query;
    use crate::framework::schema::{Attribute, Block};

    /// Has one data source, which ends when it is stopped.
    struct Waiting;

    impl Provider for Waiting {
        type Client = String;

        fn name(&self) -> &'static str {
            "test"
        }

        fn schema(&self) -> Schema {
            Schema::new(Block::new("Test.").attribute(Attribute::string("region")))
        }

        fn configure(&self, config: &Object, terraform_version: &str) -> Result<String, Diagnostics> {
            assert_ne!(terraform_version, "0", "a version");
            let region = config.str("region").unwrap_or("none");
            if region == "nowhere" {
                return Err(Diagnostic::error("Unable to configure", "").into());
            }
            Ok(region.to_owned())
        }

        fn resources(&self) -> Vec<Box<dyn Resource<String>>> {
            Vec::new()
        }

        fn data_sources(&self) -> Vec<Box<dyn DataSource<String>>> {
            vec![Box::new(Waiting)]
        }
    }

    #[async_trait]
    impl DataSource<String> for Waiting {
        fn type_name(&self) -> &'static str {
            "test_waiting"
        }

        fn schema(&self) -> Schema {
            Schema::new(
                Block::new("Waits.")
                    .attributes([Attribute::bool("wait"), Attribute::string("region").computed()]),
            )
        }

        async fn read(&self, query: &mut Query<String>) -> Result<(), Diagnostics> {
            if query.state.bool("wait") == Some(true) {
                query.cancel.cancelled().await;
            }
            let region = query.client.as_str().to_owned();
            query.state.set("region", region);
            Ok(())
        }
    }

    fn region(name: impl Into<Value>) -> Value {
        Value::Map(Object::new().with("region", name))
    }

    async fn read(server: &Server<Waiting>, wait: bool) -> String {
        let config = Value::Map(Object::new().with("wait", wait));
        let (state, diagnostics) = server.read_data_source("test_waiting", config).await;
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        state
            .as_map()
            .and_then(|state| state.str("region"))
            .unwrap()
            .to_owned()
    }

    #[tokio::test]
    async fn the_latest_configuration_counts() {
        let server = Server::new(Waiting);
        let config = Value::Map(Object::new().with("wait", false));
        let (_, diagnostics) = server.read_data_source("test_waiting", config).await;
        assert!(diagnostics.has_errors(), "not configured yet");
        for (name, expected) in [("one", "one"), ("two", "two"), ("nowhere", "two")] {
            let failed = server.configure(region(name), "1.11.4").has_errors();
            assert_eq!(
                (failed, read(&server, false).await.as_str()),
                (name == "nowhere", expected)
            );
        }
        assert!(server.configure(region(Value::Unknown), "1.11.4").is_empty());
        assert_eq!(read(&server, false).await, "none");
        assert!(
            server.configure(region("x"), "0").has_errors(),
            "a panic is an error"
        );
    }

    #[tokio::test]
    async fn a_stop_reaches_what_runs_and_is_forgotten_by_the_next_configure() {
        let server = Server::new(Waiting);
        server.configure(region("one"), "1.11.4");
        let stop = async {
            tokio::task::yield_now().await;
            // Another configuration meanwhile takes nothing out of reach.
            server.configure(region("two"), "1.11.4");
            server.stop();
        };
        assert_eq!(tokio::join!(read(&server, true), stop).0, "one");
        assert_eq!(read(&server, true).await, "two", "stopped is stopped");
        server.configure(region("three"), "1.11.4");
        let ended = std::sync::atomic::AtomicBool::new(false);
        let waiting = async {
            let region = read(&server, true).await;
            ended.store(true, std::sync::atomic::Ordering::Relaxed);
            region
        };
        let stop = async {
            tokio::task::yield_now().await;
            assert!(
                !ended.load(std::sync::atomic::Ordering::Relaxed),
                "the old Stop is forgotten"
            );
            server.stop();
        };
        assert_eq!(tokio::join!(waiting, stop).0, "three");
    }
}
