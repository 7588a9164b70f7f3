//! What the author of a list implements (Terraform 1.14, `terraform query`): which objects of a resource there are.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::apply::shield;
use super::diagnostic::Diagnostics;
use super::private::Private;
use super::read;
use super::resource::Resource;
use super::schema::{Block, Schema};
use super::value::{Object, Value};

/// Objects that are read at the same time, where their states are wanted: as many as a page has, so that they may share calls.
const READS: usize = 30;

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

/// An object that the author found.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its identity, by the resource's schema of it.
    pub identity: Object,
    /// What people call it.
    pub display_name: String,
    /// The state that an import of it begins with. Where the whole state is asked for, the resource reads the rest.
    pub state: Object,
}

/// An object as it is told to Terraform.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its identity.
    pub identity: Object,
    /// What people call it.
    pub display_name: String,
    /// Its state as an import would read it, where that was asked for.
    pub resource: Option<Object>,
    /// What there is to say about it: why its state could not be read.
    pub diagnostics: Diagnostics,
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

/// Runs a list; what it finds goes to `found`, in order, each with its state where that is asked for.
pub async fn list<C: Send + Sync + 'static>(
    of: &dyn ListResource<C>,
    (resource, block): (&dyn Resource<C>, &Block),
    client: Arc<C>,
    cancel: CancellationToken,
    request: Request,
    found: mpsc::Sender<Found>,
) -> Diagnostics {
    let cancel = cancel.child_token();
    let include_resource = request.include_resource;
    // None waits here beyond those that are read: a list ends soon after nobody wants more.
    let (items, mut received) = mpsc::channel(1);
    let mut listing = Listing {
        request,
        client: client.clone(),
        cancel: cancel.clone(),
        warnings: Diagnostics::new(),
        items,
        sent: 0,
    };
    let work = async move {
        let outcome = shield(of.list(&mut listing)).await;
        let mut diagnostics = listing.warnings;
        if let Err(errors) = outcome {
            diagnostics.extend(errors);
        }
        diagnostics
    };
    let deliver = async {
        let found_items = stream::poll_fn(|context| received.poll_recv(context));
        let read = |item| with_state(resource, block, &client, &cancel, item, include_resource);
        let mut told = found_items.map(read).buffered(READS);
        while let Some(one) = told.next().await {
            if let Some(one) = one
                && found.send(one).await.is_err()
            {
                break;
            }
        }
    };
    let both = async { tokio::join!(work, deliver) };
    tokio::pin!(both);
    let (diagnostics, ()) = tokio::select! {
        done = &mut both => done,
        () = found.closed() => {
            cancel.cancel();
            both.await
        }
    };
    diagnostics
}

/// What is told of an item; nothing where it is gone meanwhile.
async fn with_state<C: Send + Sync + 'static>(
    resource: &dyn Resource<C>,
    block: &Block,
    client: &Arc<C>,
    cancel: &CancellationToken,
    item: Item,
    include_resource: bool,
) -> Option<Found> {
    let mut found = Found {
        identity: item.identity,
        display_name: item.display_name,
        resource: None,
        diagnostics: Diagnostics::new(),
    };
    if include_resource {
        // Not as an import: what that looks for once, by calls for each object, is no part of a list.
        let private = Private::default();
        let (client, cancel) = (Arc::clone(client), cancel.clone());
        let read = read::read(resource, block, client, cancel, item.state, private).await;
        match read.state {
            Value::Null => return None,
            Value::Map(state) if !read.diagnostics.has_errors() => found.resource = Some(state),
            _ => {}
        }
        found.diagnostics = read.diagnostics;
    }
    Some(found)
}
