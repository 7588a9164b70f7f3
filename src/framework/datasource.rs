//! What the author of a data source implements.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::diagnostic::Diagnostics;
use super::schema::Schema;
use super::timeouts::{self, Operation};
use super::value::Object;

/// Something that is only read. `C` is the provider's client.
#[async_trait]
pub trait DataSource<C: Send + Sync + 'static>: Send + Sync {
    /// The full type name, `<provider>_<thing>`.
    fn type_name(&self) -> &'static str;

    /// Called once in a process.
    fn schema(&self) -> Schema;

    /// What the configuration alone can tell. Unknown values are never wrong.
    fn validate(&self, _config: &Object, _diagnostics: &mut Diagnostics) {}

    /// Fills `query.state`, which is the configuration at first. Changes nothing anywhere.
    async fn read(&self, query: &mut Query<C>) -> Result<(), Diagnostics>;
}

/// A read of a data source in progress.
#[derive(Debug)]
pub struct Query<C> {
    /// The configuration, with the computed attributes to fill in.
    pub state: Object,
    /// The provider's client.
    pub client: Arc<C>,
    /// Tripped when Terraform asks to stop.
    pub cancel: CancellationToken,
    /// Warnings along the way.
    pub warnings: Diagnostics,
}

impl<C> Query<C> {
    /// How long this may take: from the `timeouts` block, else `default`.
    pub fn timeout(&self, default: Duration) -> Duration {
        timeouts::of(&self.state, Operation::Read).unwrap_or(default)
    }
}
