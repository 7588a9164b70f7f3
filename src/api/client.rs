//! One call, from its parameters to its reply.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::context::{Clock, Context, HttpRequest};
use super::credential::{self, CredentialConfig, Credentials};
use super::endpoint::Endpoint;
use super::error::{Error, Kind};
use super::nonce::nonce;
use super::outcome::{Attempt, Failed};
use super::params::Params;
use super::reply::Reply;
use super::retry::{Decision, Failure, Failures, Policy};
use super::scrub::Scrubber;
use super::sign::signed_form;

/// What a client is made of. Nothing is read from outside before the first call.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Region id, such as `cn-hangzhou`.
    pub region: String,
    /// URL instead of the region's own endpoint, such as `http://127.0.0.1:8080`.
    pub endpoint: Option<String>,
    /// Allows plain http to hosts that are not loopback.
    pub insecure: bool,
    /// What the configuration gave of credentials.
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
    region: String,
    endpoint: Endpoint,
    user_agent: String,
    config: CredentialConfig,
    credentials: OnceCell<Credentials>,
    policy: Policy,
    context: Context,
}

impl Client {
    /// A client. No I/O happens here, and no credentials are needed yet: they are looked for at the first call.
    ///
    /// # Errors
    /// [`Kind::Region`] and [`Kind::Endpoint`] for a configuration that cannot work.
    pub fn new(config: Config, context: Context) -> Result<Client, Error> {
        let endpoint = Endpoint::resolve(&config.region, config.endpoint.as_deref(), config.insecure)?;
        let shared = Shared {
            endpoint,
            region: config.region,
            // What no header can hold would fail every call.
            user_agent: config
                .user_agent
                .chars()
                .filter(|c| matches!(c, ' '..='~'))
                .collect(),
            config: config.credentials,
            credentials: OnceCell::new(),
            policy: Policy::default(),
            context,
        };
        Ok(Client {
            shared: Arc::new(shared),
            cancel: CancellationToken::new(),
        })
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.shared.region
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
        if self.cancel.is_cancelled() {
            return Err(Error::new(
                Kind::Cancelled,
                action,
                "cancelled before it was sent",
            ));
        }
        let Shared { context, policy, .. } = &*self.shared;
        let credentials = self.credentials(action).await?;
        let params = if params.contains("RegionId") {
            params
        } else {
            params.set("RegionId", &self.shared.region)
        };
        let scrubber = scrubber(&params, credentials);
        let judge = Attempt {
            action,
            safety,
            scrubber: &scrubber,
            url: &self.shared.endpoint.url,
        };
        let start = context.clock.instant();
        let mut failures = Failures::default();
        let mut attempt: u32 = 0;
        loop {
            attempt += 1;
            let Failed { failure, error } = match self.attempt(&params, credentials, &judge, attempt).await? {
                Ok(reply) => return Ok(reply),
                Err(failed) => failed,
            };
            let count = failures.count(failure);
            let elapsed = context.clock.instant() - start;
            match policy.decide(failure, safety, count, elapsed, fastrand::f64()) {
                Decision::Stop => return Err(error.with_attempts(attempt)),
                Decision::Repeat(wait) => self.wait(wait, failure, &error).await?,
            }
        }
    }

    async fn credentials(&self, action: &str) -> Result<&Credentials, Error> {
        let Shared {
            credentials,
            config,
            context,
            ..
        } = &*self.shared;
        let resolve = credential::resolve(config, context);
        credentials
            .get_or_try_init(|| resolve)
            .await
            .map_err(|missing| missing.into_error(action))
    }

    /// Signs and sends once, with a time and a nonce of its own. The outer error is one that no attempt can mend.
    async fn attempt(
        &self,
        params: &Params,
        credentials: &Credentials,
        judge: &Attempt<'_>,
        number: u32,
    ) -> Result<Result<Reply, Failed>, Error> {
        let Shared {
            context,
            endpoint,
            user_agent,
            ..
        } = &*self.shared;
        let (action, safety) = (judge.action, judge.safety);
        let nonce = nonce(action)?;
        let request = HttpRequest {
            method: "POST",
            url: endpoint.url.clone(),
            headers: vec![
                ("accept", "application/json".to_owned()),
                ("content-type", "application/x-www-form-urlencoded".to_owned()),
                ("user-agent", user_agent.clone()),
            ],
            body: signed_form(action, params, credentials, context.clock.now(), &nonce),
        };
        let start = context.clock.instant();
        let send = context.transport.send(request);
        let result = if safety == Safety::Read {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => {
                    return Err(Error::new(Kind::Cancelled, action, "cancelled while it waited for its answer"));
                }
                result = send => result,
            }
        } else {
            send.await
        };
        let duration = context.clock.instant() - start;
        let status = result.as_ref().ok().map(|response| response.status);
        let judged = judge.judge(result);
        let request_id = match &judged {
            Ok(reply) => reply.request_id(),
            Err(failed) => failed.error.request_id().map(str::to_owned),
        };
        debug!(
            api_action = action,
            api_request_id = request_id,
            attempt = number,
            status,
            duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            "DTS call"
        );
        Ok(judged)
    }

    /// Waits before the next attempt.
    async fn wait(&self, wait: Duration, failure: Failure, error: &Error) -> Result<(), Error> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => {
                let message = format!("cancelled before it was sent again; the attempt before: {}", error.message());
                // The copy of a request whose nonce was used may have been executed.
                let unknown = failure == Failure::NonceUsed && error.is_outcome_unknown();
                Err(Error::new(Kind::Cancelled, error.action(), message)
                    .with_code(error.code().map(str::to_owned))
                    .with_request_id(error.request_id().map(str::to_owned))
                    .with_outcome_unknown(unknown))
            }
            () = self.shared.context.clock.sleep(wait) => Ok(()),
        }
    }
}

/// Everything of a call that must not come back in a text.
fn scrubber(params: &Params, credentials: &Credentials) -> Scrubber {
    let keys = std::iter::once(&credentials.access_key_secret).chain(&credentials.security_token);
    Scrubber::new(params.secrets().chain(keys))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("region", &self.shared.region)
            .field("endpoint", &self.shared.endpoint.url)
            .finish_non_exhaustive()
    }
}
