//! What a wire protocol may ask of a provider: one method for each call, on our own values. No method fails otherwise than by
//! diagnostics, and none needs another to have been called before.

use async_trait::async_trait;
use serde_json::Value as Json;
use tokio::sync::mpsc;

use super::diagnostic::Diagnostics;
use super::identity::Identity;
use super::private::Private;
use super::schema::Schema;
use super::value::{Object, Value};
use super::{apply, function, import, list, moved, plan, read};

/// What a wire protocol may ask of a provider.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// The provider's local name.
    fn name(&self) -> &'static str;
    /// The schema of the provider block.
    fn provider_schema(&self) -> &Schema;
    /// The type name and schema of each resource.
    fn resource_schemas(&self) -> Vec<(&'static str, &Schema)>;
    /// The type name and schema of each data source.
    fn data_source_schemas(&self) -> Vec<(&'static str, &Schema)>;
    /// The schema of one resource.
    fn resource_schema(&self, type_name: &str) -> Result<&Schema, Diagnostics>;
    /// The schema of one data source.
    fn data_source_schema(&self, type_name: &str) -> Result<&Schema, Diagnostics>;
    /// Validates the provider block.
    fn validate_provider(&self, config: Value) -> Diagnostics;
    /// Makes the client. A Stop before is forgotten.
    fn configure(&self, config: Value, terraform_version: &str) -> Diagnostics;
    /// Validates a resource's configuration.
    fn validate_resource(&self, type_name: &str, config: Value, write_only_allowed: bool) -> Diagnostics;
    /// Validates a data source's configuration.
    fn validate_data_source(&self, type_name: &str, config: Value) -> Diagnostics;
    /// Recorded state as JSON, in the current shape.
    fn upgrade(&self, type_name: &str, version: i64, state: Json) -> Result<Json, Diagnostics>;
    /// Plans a change.
    fn plan(&self, type_name: &str, request: plan::Request) -> plan::Response;
    /// Makes a change.
    async fn apply(&self, type_name: &str, request: apply::Request) -> apply::Response;
    /// Brings a state up to date.
    async fn read(&self, type_name: &str, state: Value, private: Private) -> read::Response;
    /// Starts an import.
    async fn import(&self, type_name: &str, key: import::Key) -> (Value, Private, Diagnostics);
    /// State of another type made into one of this type, with warnings.
    fn move_state(
        &self,
        type_name: &str,
        source: &moved::Source,
    ) -> Result<(Value, Private, Diagnostics), Diagnostics>;
    /// The schema of a resource's identity, for the resources that have one.
    fn identity_schema(&self, type_name: &str) -> Option<&Identity>;
    /// The identity of an object: `None` while it has none, and for resources without.
    fn identify(&self, type_name: &str, state: &Value) -> Option<Object>;
    /// Reads a data source.
    async fn read_data_source(&self, type_name: &str, config: Value) -> (Value, Diagnostics);
    /// The type name and schema of each action.
    fn action_schemas(&self) -> Vec<(&'static str, &Schema)>;
    /// The schema of one action.
    fn action_schema(&self, type_name: &str) -> Result<&Schema, Diagnostics>;
    /// Validates an action's configuration.
    fn validate_action(&self, type_name: &str, config: Value) -> Diagnostics;
    /// Runs an action, to the end or until nobody takes its progress.
    async fn invoke_action(
        &self,
        type_name: &str,
        config: Value,
        progress: mpsc::Sender<String>,
    ) -> Diagnostics;
    /// The type name and schema of each list.
    fn list_schemas(&self) -> Vec<(&'static str, &Schema)>;
    /// The schema of one list.
    fn list_schema(&self, type_name: &str) -> Result<&Schema, Diagnostics>;
    /// Validates a list's configuration.
    fn validate_list(&self, type_name: &str, config: Value) -> Diagnostics;
    /// Lists objects, until nobody takes them.
    async fn list(
        &self,
        type_name: &str,
        request: list::Request,
        found: mpsc::Sender<list::Found>,
    ) -> Diagnostics;
    /// The name and signature of each function.
    fn functions(&self) -> Vec<(&'static str, function::Signature)>;
    /// Calls a function. Needs no configured provider.
    fn call_function(&self, name: &str, arguments: &[Value]) -> Result<Value, function::Error>;
    /// Asks every operation in progress to end soon. Returns at once.
    fn stop(&self);
    /// Says that the process is about to end.
    fn end(&self) {}
}
