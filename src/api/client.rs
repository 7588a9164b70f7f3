//! One call, from its parameters to its reply.

use std::fmt;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::context::{Clock, Context};
use super::credential::CredentialConfig;
use super::error::{Error, Kind};
use super::params::Params;
use super::reply::Reply;

/// What a client is made of. Nothing is read from outside before the first call.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Region id, such as `cn-hangzhou`.
    pub region: String,
    /// URL instead of the region's own endpoint, such as `http://127.0.0.1:8080`.
    pub endpoint: Option<String>,
    /// Allows plain http to hosts that are not loopback.
    pub insecure: bool,
    /// What the provider block gave of credentials.
    pub credentials: CredentialConfig,
    /// `User-Agent` header.
    pub user_agent: String,
}

/// How often a call may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Changes nothing: repeated whenever that may help.
    Read,
    /// Changes something, but twice is the same as once. Repeated only when certainly not executed.
    Repeatable,
    /// Buys or creates: twice is twice. Repeated only when certainly not executed.
    Once,
}

/// A client of DTS in one region. Clones are cheap and share connections and credentials.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    cancel: CancellationToken,
}

struct Shared {
    config: Config,
    context: Context,
}

impl Client {
    /// A client. No I/O happens here, and no credentials are needed yet: they are looked for at the first call.
    ///
    /// # Errors
    /// [`Kind::Region`] and [`Kind::Endpoint`] for a configuration that cannot work.
    pub fn new(config: Config, context: Context) -> Result<Client, Error> {
        Ok(Client {
            shared: Arc::new(Shared { config, context }),
            cancel: CancellationToken::new(),
        })
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.shared.config.region
    }

    /// The same client, whose calls end with [`Kind::Cancelled`] once `cancel` trips.
    ///
    /// Reads and waits between attempts end at once. A write that was sent is followed to its answer, which may hold an
    /// id; it is only not started and not repeated any more. So do not drop the future of a write that runs.
    #[must_use]
    pub fn scoped(&self, cancel: CancellationToken) -> Client {
        Client {
            shared: Arc::clone(&self.shared),
            cancel,
        }
    }

    /// The clock the client was made with, for whatever waits on its behalf.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.context.clock
    }

    /// Calls `action`. `RegionId` is added where `params` has none.
    ///
    /// # Errors
    /// As [`Kind`] lists them. HTTP 200 with `Success=false` is an error.
    pub async fn call(&self, action: &str, params: Params, safety: Safety) -> Result<Reply, Error> {
        let _ = (params, safety, &self.cancel);
        Err(Error::new(Kind::Internal, action, "calls are not built yet"))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}
