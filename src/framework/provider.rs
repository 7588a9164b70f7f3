//! What the author of a provider implements, and the list of what it has.

use super::action::Action;
use super::datasource::DataSource;
use super::diagnostic::Diagnostics;
use super::function::Function;
use super::list::ListResource;
use super::resource::Resource;
use super::schema::Schema;
use super::value::Object;

/// A provider: its configuration, and the objects it manages.
pub trait Provider: Send + Sync + 'static {
    /// What a configured provider hands to its resources and data sources: its client.
    type Client: Send + Sync + 'static;

    /// The local name, which every type name begins with.
    fn name(&self) -> &'static str;

    /// The schema of the provider block.
    fn schema(&self) -> Schema;

    /// What the configuration alone can tell. Unknown values are never wrong.
    fn validate(&self, _config: &Object, _diagnostics: &mut Diagnostics) {}

    /// Makes the client. Must be quick: no network. Values may be unknown during a plan; then the client is
    /// made all the same and says so when it is needed. May be called again on one process: the new one counts.
    fn configure(&self, config: &Object, terraform_version: &str) -> Result<Self::Client, Diagnostics>;

    /// Each resource, one line each.
    fn resources(&self) -> Vec<Box<dyn Resource<Self::Client>>>;

    /// Each data source, one line each.
    fn data_sources(&self) -> Vec<Box<dyn DataSource<Self::Client>>>;

    /// Each function, one line each.
    fn functions(&self) -> Vec<Box<dyn Function>> {
        Vec::new()
    }

    /// Each action, one line each.
    fn actions(&self) -> Vec<Box<dyn Action<Self::Client>>> {
        Vec::new()
    }

    /// The list of each resource that can be listed, one line each.
    fn lists(&self) -> Vec<Box<dyn ListResource<Self::Client>>> {
        Vec::new()
    }

    /// The process is about to end: the last chance for a line in the log. No work is under way any more, or it is given
    /// up. Must be quick.
    fn end(&self) {}
}
