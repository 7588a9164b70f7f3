//! What the author of a list implements (Terraform 1.14, `terraform query`): which objects of a resource there are.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::apply::shield;
use super::diagnostic::Diagnostics;
use super::schema::Schema;
use super::value::Object;

/// A list of the objects of a resource that has an identity. `C` is the provider's client.
#[async_trait]
pub trait ListResource<C: Send + Sync + 'static>: Send + Sync {
    /// The type name of the resource.
    fn type_name(&self) -> &'static str;

    /// The schema of its `config` block: the filters. Called once in a process.
    fn schema(&self) -> Schema;

    /// What the configuration alone can tell. Unknown values are never wrong.
    fn validate(&self, _config: &Object, _diagnostics: &mut Diagnostics) {}

    /// Finds the objects and hands over each with [`Listing::found`], page by page, until that says that it is enough.
    async fn list(&self, listing: &mut Listing<C>) -> Result<(), Diagnostics>;
}

/// An object that was found.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its identity, by the resource's schema of it.
    pub identity: Object,
    /// What people call it.
    pub display_name: String,
    /// Its state, where it was asked for.
    pub resource: Option<Object>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The filters, wholly known.
    pub config: Object,
    /// Whether the state of each object is wanted too.
    pub include_resource: bool,
    /// The most objects wanted.
    pub limit: Option<usize>,
}

/// A list in progress.
#[derive(Debug)]
pub struct Listing<C> {
    /// What is asked for.
    pub request: Request,
    /// The provider's client.
    pub client: Arc<C>,
    /// Tripped when Terraform asks to stop, or no longer listens.
    pub cancel: CancellationToken,
    /// Warnings along the way.
    pub warnings: Diagnostics,
    items: mpsc::Sender<Item>,
    sent: usize,
}

impl<C> Listing<C> {
    /// Whether no more objects are wanted.
    pub fn is_full(&self) -> bool {
        self.request.limit.is_some_and(|limit| self.sent >= limit) || self.cancel.is_cancelled()
    }

    /// Hands over an object. `false`: no more are wanted.
    pub async fn found(&mut self, item: Item) -> bool {
        if self.is_full() || self.items.send(item).await.is_err() {
            return false;
        }
        self.sent += 1;
        !self.is_full()
    }
}

/// Runs a list; what it finds goes to `items`.
pub async fn list<C: Send + Sync + 'static>(
    of: &dyn ListResource<C>,
    client: Arc<C>,
    cancel: CancellationToken,
    request: Request,
    items: mpsc::Sender<Item>,
) -> Diagnostics {
    let cancel = cancel.child_token();
    let mut listing = Listing {
        request,
        client,
        cancel: cancel.clone(),
        warnings: Diagnostics::new(),
        items: items.clone(),
        sent: 0,
    };
    let outcome = {
        let work = shield(of.list(&mut listing));
        tokio::pin!(work);
        tokio::select! {
            outcome = &mut work => outcome,
            () = items.closed() => {
                cancel.cancel();
                work.await
            }
        }
    };
    let mut diagnostics = std::mem::take(&mut listing.warnings);
    if let Err(errors) = outcome {
        diagnostics.extend(errors);
    }
    diagnostics
}
