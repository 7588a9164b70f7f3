//! What the author of an action implements (Terraform 1.14): something done to objects that is no part of their state.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::apply::shield;
use super::diagnostic::Diagnostics;
use super::schema::Schema;
use super::value::Object;

/// An action. `C` is the provider's client.
#[async_trait]
pub trait Action<C: Send + Sync + 'static>: Send + Sync {
    /// The full type name, `<provider>_<thing>`.
    fn type_name(&self) -> &'static str;

    /// The schema of its `config` block: nothing in it is computed. Called once in a process.
    fn schema(&self) -> Schema;

    /// What the configuration alone can tell. Unknown values are never wrong.
    fn validate(&self, _config: &Object, _diagnostics: &mut Diagnostics) {}

    /// Does it. What is done already is success.
    async fn invoke(&self, run: &mut Invoke<C>) -> Result<(), Diagnostics>;
}

/// An action in progress.
#[derive(Debug)]
pub struct Invoke<C> {
    /// The configuration, wholly known.
    pub config: Object,
    /// The provider's client.
    pub client: Arc<C>,
    /// Tripped when Terraform asks to stop, or no longer listens.
    pub cancel: CancellationToken,
    /// Warnings along the way.
    pub warnings: Diagnostics,
    progress: mpsc::Sender<String>,
}

impl<C> Invoke<C> {
    /// Tells the user how far it is: one line, shown at once.
    pub async fn progress(&self, message: impl Into<String>) {
        // Nobody listens any more: `cancel` says so.
        let _ = self.progress.send(message.into()).await;
    }
}

/// Runs an action; its progress goes to `progress`.
pub async fn invoke<C: Send + Sync + 'static>(
    action: &dyn Action<C>,
    client: Arc<C>,
    cancel: CancellationToken,
    config: Object,
    progress: mpsc::Sender<String>,
) -> Diagnostics {
    let cancel = cancel.child_token();
    let mut run = Invoke {
        config,
        client,
        cancel: cancel.clone(),
        warnings: Diagnostics::new(),
        progress: progress.clone(),
    };
    let outcome = {
        let work = shield(action.invoke(&mut run));
        tokio::pin!(work);
        tokio::select! {
            outcome = &mut work => outcome,
            () = progress.closed() => {
                cancel.cancel();
                work.await
            }
        }
    };
    let mut diagnostics = std::mem::take(&mut run.warnings);
    if let Err(errors) = outcome {
        diagnostics.extend(errors);
    }
    diagnostics
}
