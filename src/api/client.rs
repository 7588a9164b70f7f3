//! One call, from its parameters to its reply.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::advice;
use super::batch::Batches;
use super::context::{Clock, Connection, Context};
use super::credential::{Access, CredentialConfig, Credentials, Keyring, Sts};
use super::endpoint::{Endpoint, Network};
use super::error::{Error, Kind};
use super::nonce::nonce;
use super::outage::Outage;
use super::outcome::{Attempt, Failed};
use super::params::Params;
use super::reply::Reply;
use super::retry::{Decision, Failure, Failures, Policy};
use super::run::Counts;
use super::scrub::Scrubber;
use super::sign::{self, SignatureVersion};
use super::throttle::TooLate;

/// Version of the DTS OpenAPI.
const API_VERSION: &str = "2020-01-01";

/// What a client is made of. Nothing is read from outside before the first call.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Region id, such as `cn-hangzhou`.
    pub region: String,
    /// URL instead of the region's own endpoint, such as `http://127.0.0.1:8080`.
    pub endpoint: Option<String>,
    /// Which of the region's own endpoints is called.
    pub network: Network,
    /// URL of STS instead of Alibaba Cloud's own, for roles.
    pub sts_endpoint: Option<String>,
    /// How calls are signed.
    pub signature: SignatureVersion,
    /// How servers are reached.
    pub connection: Connection,
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
    /// Until when a call that is refused for its rate is repeated; [`PATIENCE`] from its start where absent.
    deadline: Option<Instant>,
    /// Whether reads give up soon while DTS is down.
    hasty: bool,
}

/// How long a call is repeated that DTS refuses for its rate, where nothing else was said.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// At most so long, so that no configuration overflows the clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// At least so long.
const GRACE: Duration = Duration::from_secs(30);

struct Shared {
    region: String,
    endpoint: Endpoint,
    user_agent: String,
    signature: SignatureVersion,
    keyring: Keyring,
    sts: Sts,
    policy: Policy,
    context: Context,
    /// Whether DTS has ever answered at the endpoint.
    heard: AtomicBool,
    batches: Batches,
    outage: Outage,
}

impl Client {
    /// A client. No I/O happens here, and no credentials are needed yet: they are looked for at the first call.
    ///
    /// # Errors
    /// [`Kind::Region`], [`Kind::Endpoint`] and [`Kind::StsEndpoint`] for a configuration that cannot work.
    pub fn new(config: Config, mut context: Context) -> Result<Client, Error> {
        let network = config.network;
        let endpoint = Endpoint::resolve(
            &config.region,
            network,
            config.endpoint.as_deref(),
            config.insecure,
        )?;
        let sts = Sts::new(&config.region, network, config.sts_endpoint, context.env.as_ref())?;
        if let Some(transport) = context.transport.with(&config.connection) {
            context.transport = transport;
        }
        let shared = Shared {
            endpoint,
            region: config.region,
            user_agent: user_agent(&config.user_agent, &context),
            signature: config.signature,
            keyring: Keyring::new(config.credentials),
            sts,
            policy: Policy::default(),
            context,
            heard: AtomicBool::new(false),
            batches: Batches::default(),
            outage: Outage::default(),
        };
        Ok(Client {
            shared: Arc::new(shared),
            cancel: CancellationToken::new(),
            deadline: None,
            hasty: false,
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
            ..self.clone()
        }
    }

    /// The same client, whose calls may be refused for their rate for `limit` from now, all together. Such a call had no
    /// effect and is repeated as long as the operation that it belongs to has time.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Client {
        self.deadline = Some(self.clock().instant() + limit.min(LONGEST));
        self
    }

    /// The same client, whose calls may be refused for their rate until `deadline`.
    #[must_use]
    pub(super) fn until(&self, deadline: Instant) -> Client {
        Client {
            deadline: Some(deadline),
            ..self.clone()
        }
    }

    /// The same client, whose reads fail soon where others have found out that DTS is down: for a refresh, which is one of many.
    #[must_use]
    pub fn hasty(&self, hasty: bool) -> Client {
        Client {
            hasty,
            ..self.clone()
        }
    }

    /// Until when a call may be refused for its rate that begins at `start`. What has to be called after the time is up (looking up
    /// a lost purchase) gets some of its own.
    pub(super) fn deadline_from(&self, start: Instant) -> Instant {
        self.deadline.unwrap_or(start + PATIENCE).max(start + GRACE)
    }

    /// Ready once the calls of this client are cancelled, for whatever waits between them.
    pub async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// The clock the client was made with, for whatever waits on its behalf.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.context.clock
    }

    pub(super) fn batches(&self) -> &Batches {
        &self.shared.batches
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.shared.context.run.counts
    }

    /// Calls `action`. `RegionId` is added where `params` has none.
    ///
    /// # Errors
    /// As [`Kind`] lists them. HTTP 200 with `Success=false` is an error.
    pub async fn call(&self, action: &str, params: Params, safety: Safety) -> Result<Reply, Error> {
        self.call_for(action, params, safety, 1).await
    }

    /// As [`Client::call`], on behalf of so many reads.
    pub(super) async fn call_for(
        &self,
        action: &str,
        params: Params,
        safety: Safety,
        reads: usize,
    ) -> Result<Reply, Error> {
        if safety == Safety::Read {
            return self.call_until_answered(action, params, safety, reads).await;
        }
        // What was read before, or while the change was made, may be from before it.
        self.batches().changed();
        let result = self.call_until_answered(action, params, safety, reads).await;
        self.batches().changed();
        result
    }

    async fn call_until_answered(
        &self,
        action: &str,
        params: Params,
        safety: Safety,
        reads: usize,
    ) -> Result<Reply, Error> {
        if self.cancel.is_cancelled() {
            return Err(cancelled(action, None));
        }
        let Shared { context, policy, .. } = &*self.shared;
        let params = if params.contains("RegionId") {
            params
        } else {
            params.set("RegionId", &self.shared.region)
        };
        let counts = &context.run.counts;
        let start = context.clock.instant();
        let deadline = self.deadline_from(start);
        let lane = context.run.throttle.lane(action, start);
        let mut failures = Failures::default();
        let mut before: Option<Failed> = None;
        // Time that the rate of calls cost is no time of the call's own.
        let mut throttled = Duration::ZERO;
        let mut attempt: u32 = 0;
        let mut renewed = false;
        let outage = &self.shared.outage;
        let hasty = self.hasty && safety == Safety::Read;
        let _turn = if hasty {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Err(cancelled(action, None)),
                turn = outage.turn(action, || context.clock.instant()) => turn?,
            }
        } else {
            None
        };
        loop {
            let queued = context.clock.instant();
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Err(cancelled(action, before.as_ref())),
                turn = lane.turn(context.clock.as_ref(), deadline) => {
                    turn.map_err(|TooLate| too_late(action, before.as_ref(), attempt))?;
                }
            }
            attempt += 1;
            let sent = context.clock.instant();
            let queue_time = sent - queued;
            throttled += queue_time;
            counts.throttle_wait_ms.add_millis(queue_time);
            // Asked for each attempt: they may end while a call is throttled.
            let keyring = &self.shared.keyring;
            let credentials = self
                .unless_cancelled(action, keyring.keys(self.access(), action))
                .await?;
            let scrubber = scrubber(&params, &credentials);
            let judge = Attempt {
                action,
                safety,
                scrubber: &scrubber,
                origin: &credentials.origin,
                url: &self.shared.endpoint.url,
                heard: &self.shared.heard,
                now: context.clock.now(),
            };
            let told = Told {
                attempt,
                queue_time,
                reads,
            };
            let result = self.attempt(&params, &credentials, &judge, told).await?;
            let now = context.clock.instant();
            let failed = match result {
                Ok(reply) => {
                    lane.taken(now);
                    outage.is_over();
                    return Ok(reply);
                }
                Err(failed) => failed,
            };
            if let Failure::Throttled(asked) = failed.failure {
                counts.throttled.add(1);
                lane.refused(now, sent, asked, fastrand::f64());
                throttled += now - sent;
                before = Some(failed);
                continue;
            }
            if let Failure::StrangerThrottled(asked) = failed.failure {
                counts.throttled.add(1);
                lane.refused(now, sent, asked, fastrand::f64());
            }
            if matches!(failed.failure, Failure::Expired | Failure::Final) {
                lane.taken(now);
            }
            // Refused before any effect, so that any call may be sent again: but once, and with other keys.
            if failed.failure == Failure::Expired && !renewed {
                renewed = true;
                let replaced = keyring.replace(self.access(), &credentials, action);
                if self.unless_cancelled(action, replaced).await? {
                    continue;
                }
            }
            let count = failures.count(failed.failure);
            let elapsed = now - start - throttled;
            let decision = match policy.decide(failed.failure, safety, count, elapsed, fastrand::f64()) {
                // Another one has tried for long enough.
                Decision::Repeat(_) if hasty && outage.lasts(now) => Decision::Stop,
                decision => decision,
            };
            match decision {
                Decision::Stop => {
                    let error = failed.error.with_attempts(attempt);
                    if safety == Safety::Read {
                        outage.failed(action, &error, now);
                    }
                    return Err(error);
                }
                Decision::Repeat(wait) => {
                    counts.retry_wait_ms.add_millis(wait);
                    tokio::select! {
                        biased;
                        () = self.cancel.cancelled() => return Err(cancelled(action, Some(&failed))),
                        () = context.clock.sleep(wait) => {}
                    }
                    before = Some(failed);
                }
            }
        }
    }

    fn access(&self) -> Access<'_> {
        Access {
            context: &self.shared.context,
            sts: &self.shared.sts,
            user_agent: &self.shared.user_agent,
        }
    }

    /// Getting keys changes nothing: it may be given up at any time.
    async fn unless_cancelled<T>(
        &self,
        action: &str,
        keys: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => {
                Err(Error::new(Kind::Cancelled, action, "cancelled before it was sent, while it waited for credentials"))
            }
            result = keys => result,
        }
    }

    /// Signs and sends once, with a time and a nonce of its own. The outer error is one that no attempt can mend.
    async fn attempt(
        &self,
        params: &Params,
        credentials: &Credentials,
        judge: &Attempt<'_>,
        told: Told,
    ) -> Result<Result<Reply, Failed>, Error> {
        let Shared {
            context,
            endpoint,
            user_agent,
            signature,
            ..
        } = &*self.shared;
        let (action, safety) = (judge.action, judge.safety);
        let nonce = nonce(action)?;
        let message = sign::Message {
            action,
            version: API_VERSION,
            params,
            now: context.clock.now(),
            nonce: &nonce,
        };
        let request = sign::request(*signature, &message, credentials, endpoint, user_agent);
        context.run.counts.calls.add(1);
        context.run.counts.retries.add(u64::from(told.attempt > 1));
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
            attempt = told.attempt,
            status,
            duration_ms = millis(duration),
            throttle_wait_ms = millis(told.queue_time),
            batch_size = told.reads,
            "DTS call"
        );
        Ok(judged)
    }
}

/// What the log tells of an attempt beside its outcome.
#[derive(Clone, Copy)]
struct Told {
    /// From 1.
    attempt: u32,
    /// How long it waited for its turn.
    queue_time: Duration,
    /// How many reads it answers.
    reads: usize,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Stop came before it was sent, or sent again.
fn cancelled(action: &str, before: Option<&Failed>) -> Error {
    let Some(Failed { failure, error }) = before else {
        return Error::new(Kind::Cancelled, action, "cancelled before it was sent");
    };
    let message = format!(
        "cancelled before it was sent again; the attempt before: {}",
        error.message()
    );
    // The copy of a request whose nonce was used may have been executed.
    let unknown = *failure == Failure::NonceUsed && error.is_outcome_unknown();
    Error::new(Kind::Cancelled, action, message)
        .with_code(error.code().map(str::to_owned))
        .with_request_id(error.request_id().map(str::to_owned))
        .with_outcome_unknown(unknown)
}

/// Its turn did not come within its time.
fn too_late(action: &str, before: Option<&Failed>, attempts: u32) -> Error {
    match before {
        Some(failed) => failed.error.clone().with_attempts(attempts),
        None => Error::new(
            Kind::Throttled,
            action,
            "not sent: DTS refuses calls for their rate, and its turn did not come in time",
        )
        .with_advice(Some(advice::THROTTLED.to_owned())),
    }
}

/// With the id of the run, and without what no header can hold, which would fail every call.
fn user_agent(configured: &str, context: &Context) -> String {
    let trace_id = context.run.trace_id(context.env.as_ref());
    let whole = format!("{configured} trace/{trace_id}");
    whole.chars().filter(|c| matches!(c, ' '..='~')).collect()
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;
    use tokio::time::Instant;

    use super::*;
    use crate::api::context::{Sent, Transport};
    use crate::api::testing::{Answer, FakeClock, FakeEnv, FakeTransport, client, config, credentials};

    fn ok() -> Answer {
        Answer::json(200, &json!({"RequestId": "R-1", "Success": true}))
    }

    fn call_params() -> Params {
        Params::new().set("DtsJobId", "j1")
    }

    /// A call against this script: how often it was sent, after how many seconds it ended, and how.
    async fn run(script: Vec<Answer>, safety: Safety) -> (usize, f64, Result<Reply, Error>) {
        let transport = FakeTransport::new(script);
        let start = Instant::now();
        let result = client(&transport)
            .call("StartDtsJob", call_params(), safety)
            .await;
        (transport.seen().len(), start.elapsed().as_secs_f64(), result)
    }

    /// What a script comes to for each safety: the number of requests, and the kind of the error if it ends in one.
    async fn check(script: &[Answer], expected: [(usize, Option<Kind>); 3]) {
        for (safety, expected) in [Safety::Read, Safety::Repeatable, Safety::Once]
            .into_iter()
            .zip(expected)
        {
            let (sent, _, result) = run(script.to_vec(), safety).await;
            let found = (sent, result.as_ref().err().map(Error::kind));
            assert_eq!(found, expected, "{safety:?} {script:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_repeated_depends_on_what_may_have_happened() {
        let throttled = || Answer::refusal(400, "Throttling.User");
        check(&[throttled(), throttled(), ok()], [(3, None); 3]).await;
        check(&[Answer::lost(Sent::No), ok()], [(2, None); 3]).await;
        let unreachable = Some(Kind::Unreachable);
        check(&[Answer::lost(Sent::No)], [(3, unreachable); 3]).await;
        let unknown = (1, Some(Kind::OutcomeUnknown));
        check(&[Answer::lost(Sent::Maybe), ok()], [(2, None), unknown, unknown]).await;
        check(
            &[Answer::refusal(503, "ServiceUnavailable"), ok()],
            [(2, None), unknown, unknown],
        )
        .await;
        check(
            &[Answer::text(200, "{\"Req"), ok()],
            [(2, None), unknown, unknown],
        )
        .await;
        let dead = Answer::text(502, "<html></html>");
        let read = (3, Some(Kind::NotDts));
        check(std::slice::from_ref(&dead), [read, unknown, unknown]).await;
        // It is DTS, as it has shown before.
        let read = (6, Some(Kind::Unavailable));
        let busy = Answer::refusal(400, "Throttling");
        check(
            &[busy, dead],
            [
                read,
                (2, Some(Kind::OutcomeUnknown)),
                (2, Some(Kind::OutcomeUnknown)),
            ],
        )
        .await;
        let nonce = || Answer::refusal(400, "SignatureNonceUsed");
        check(&[nonce(), ok()], [(2, None), (2, None), unknown]).await;
        check(
            &[nonce(), nonce(), ok()],
            [(2, Some(Kind::Api)), (2, Some(Kind::Api)), unknown],
        )
        .await;
        check(
            &[Answer::refusal(403, "LXBuyError"), ok()],
            [(1, Some(Kind::Api)); 3],
        )
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_stranger_that_refuses_for_the_rate_is_told_as_one_before_long() {
        let refusal = || Answer::text(429, "<html>slow down</html>");
        for safety in [Safety::Read, Safety::Repeatable, Safety::Once] {
            let (sent, seconds, result) = run(vec![refusal()], safety).await;
            let error = result.unwrap_err();
            assert_eq!((sent, error.kind()), (5, Kind::NotDts), "{safety:?}");
            assert!(!error.is_outcome_unknown() && seconds < 30.0, "{seconds} {error}");
            assert!(error.advice().unwrap().contains("check endpoint"), "{error:?}");
            // A gateway in front of DTS lets one through, and then is one.
            let (sent, _, result) = run(vec![refusal(), refusal(), ok()], safety).await;
            assert!(result.is_ok() && sent == 3, "{sent} {result:?}");
            let busy = Answer::refusal(400, "Throttling");
            let (sent, seconds, result) = run(vec![busy, refusal()], safety).await;
            assert!(sent > 5 && seconds > 200.0, "{sent} {seconds}");
            assert_eq!(result.unwrap_err().kind(), Kind::Throttled);
        }
        let for_long = Answer::text(429, "").header("retry-after", "86400");
        let (sent, seconds, result) = run(vec![for_long], Safety::Read).await;
        assert_eq!((sent, result.unwrap_err().kind()), (1, Kind::NotDts));
        assert!(seconds < 2.0, "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_is_waited_out_as_long_as_there_is_time() {
        let hour = Duration::from_secs(3600);
        for (limit, least, most_sent) in [(None, PATIENCE, 40), (Some(hour), hour, 370)] {
            let transport = FakeTransport::new([Answer::refusal(400, "Throttling")]);
            let client = client(&transport);
            let client = limit.map_or(client.clone(), |limit| client.within(limit));
            let start = Instant::now();
            let error = client
                .call("CreateDtsInstance", call_params(), Safety::Once)
                .await
                .unwrap_err();
            let (sent, waited) = (transport.seen().len(), start.elapsed());
            assert!(
                waited <= least && waited > least - Duration::from_secs(21),
                "{waited:?}"
            );
            // No faster than one in ten seconds once it is clear that it does not pass soon.
            assert!(sent < most_sent, "{sent}");
            assert!(error.is_throttled() && !error.is_outcome_unknown());
            assert!(
                error.to_string().ends_with(&format!("{sent} attempts)")),
                "{error}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_does_not_use_up_other_attempts() {
        let throttled = || Answer::refusal(400, "Throttling").header("x-acs-retry-after", "100000");
        let dead = || Answer::refusal(503, "ServiceUnavailable");
        let script = [throttled(), dead(), throttled(), dead(), dead(), dead(), ok()];
        let (sent, seconds, result) = run(script.to_vec(), Safety::Read).await;
        assert!(result.is_ok() && sent == 7, "{sent} {result:?}");
        assert!((200.0..220.0).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_beyond_the_time_there_is_ends_the_call_at_once() {
        for (header, value) in [
            ("x-acs-retry-after", "600000"),
            ("x-acs-retry-after", "18446744073709551615"),
            ("retry-after", "18446744073709551615"),
            ("retry-after", "Fri, 01 Jan 2100 00:00:00 GMT"),
        ] {
            let throttled = Answer::refusal(400, "Throttling").header(header, value);
            let (sent, seconds, result) = run(vec![throttled, ok()], Safety::Read).await;
            assert!(result.is_err_and(|error| error.is_throttled()), "{value}");
            assert!(sent == 1 && seconds < 1.0, "{value}: {sent} {seconds}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_operation_may_have_all_the_time_there_is() {
        let client = client(&FakeTransport::new([ok()])).within(Duration::MAX);
        let reply = client.call("StartDtsJob", call_params(), Safety::Read).await;
        assert!(reply.is_ok(), "{reply:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_that_the_server_asks_for_is_kept() {
        let throttled = Answer::refusal(400, "Throttling").header("x-acs-retry-after", "7000");
        let (sent, seconds, result) = run(vec![throttled, ok()], Safety::Once).await;
        assert!(result.is_ok());
        assert_eq!(sent, 2);
        assert!((7.0..7.5).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow() {
        let transport = FakeTransport::new([Answer::refusal(400, "Throttling")]);
        client(&transport)
            .call("StartDtsJob", Params::new(), Safety::Read)
            .await
            .unwrap_err();
        let seconds: Vec<f64> = transport.seen().iter().map(|seen| seen.seconds).collect();
        let waits: Vec<f64> = seconds.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mut full = 0.05;
        for wait in &waits {
            full = (full * 2.0_f64).min(20.0);
            // The rate itself asks for a while as well, once it is low.
            assert!(
                (full / 2.0..=(full + 0.01).max(2.1)).contains(wait),
                "{wait} of {full} in {waits:?}"
            );
        }
        assert!(waits.iter().any(|wait| *wait > 10.0));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_fail_together_are_not_repeated_together() {
        let mut waits = Vec::new();
        for _ in 0..16 {
            let script = [Answer::refusal(503, "ServiceUnavailable"), ok()];
            let (sent, seconds, result) = run(script.to_vec(), Safety::Read).await;
            assert!(sent == 2 && result.is_ok(), "{sent} {result:?}");
            waits.push(seconds);
        }
        // Milliseconds are all that the paused clock has: two may be alike, not all.
        assert!(
            waits
                .iter()
                .any(|wait| wait - waits[0] > 0.001 || waits[0] - wait > 0.001),
            "{waits:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn every_attempt_is_signed_anew() {
        let throttled = || Answer::refusal(400, "Throttling").header("x-acs-retry-after", "1500");
        let transport = FakeTransport::new([throttled(), throttled(), throttled(), ok()]);
        client(&transport)
            .call("StartDtsJob", call_params(), Safety::Read)
            .await
            .unwrap();
        let nonces: BTreeSet<String> = transport.values("SignatureNonce").into_iter().collect();
        let times: BTreeSet<String> = transport.values("Timestamp").into_iter().collect();
        assert_eq!((nonces.len(), times.len()), (4, 4));
        for seen in transport.seen() {
            let time = seen.get("Timestamp").parse().unwrap();
            let params = call_params().set("RegionId", "cn-hangzhou");
            let message = sign::Message {
                action: "StartDtsJob",
                version: API_VERSION,
                params: &params,
                now: time,
                nonce: seen.get("SignatureNonce"),
            };
            assert_eq!(seen.body, sign::signed_form(&message, &credentials()));
        }
    }

    #[tokio::test]
    async fn calls_may_move_between_threads() {
        fn check<T: Send>(_: T) {}
        let client = client(&FakeTransport::new([ok()]));
        check(client.call("StartDtsJob", Params::new(), Safety::Read));
        check(client.create_dts_instance(&Default::default()));
        check(client.configure_dts_job(&Default::default()));
        check(client.describe_dts_jobs(&Default::default()));
        check(client.describe_precheck_status("abc", "01", None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_region_that_is_given_is_kept() {
        let transport = FakeTransport::new([ok()]);
        let params = Params::new().set("RegionId", "cn-beijing");
        client(&transport)
            .call("StartDtsJob", params, Safety::Read)
            .await
            .unwrap();
        assert_eq!(transport.values("RegionId"), ["cn-beijing"]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_credentials_nothing_is_sent() {
        let transport = FakeTransport::new([ok()]);
        let sender: Arc<dyn Transport> = Arc::<FakeTransport>::clone(&transport);
        let no_ecs = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
        let env = FakeEnv([no_ecs].into_iter().collect());
        let context = Context::new(Arc::new(FakeClock::new()), Arc::new(env), sender);
        let config = Config {
            credentials: CredentialConfig::default(),
            ..config()
        };
        let client = Client::new(config.clone(), context.clone()).unwrap();
        let error = client
            .call("StartDtsJob", Params::new(), Safety::Read)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::NoCredentials);
        for name in [
            "access_key",
            "ALICLOUD_SECRET_KEY",
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABACLOUD_ACCESS_KEY_SECRET",
        ] {
            assert!(error.to_string().contains(name), "{error} does not name {name}");
        }
        assert!(transport.seen().is_empty());

        let env = FakeEnv(
            [
                ("ALICLOUD_ACCESS_KEY", "from-env"),
                ("ALICLOUD_SECRET_KEY", "secret"),
            ]
            .into_iter()
            .collect(),
        );
        let client = Client::new(
            config,
            Context {
                env: Arc::new(env),
                ..context
            },
        )
        .unwrap();
        client
            .call("StartDtsJob", Params::new(), Safety::Read)
            .await
            .unwrap();
        assert_eq!(transport.values("AccessKeyId"), ["from-env"]);
        assert_eq!(transport.values("SecurityToken"), [""]);
    }

    #[test]
    fn a_configuration_that_cannot_work_is_refused_before_any_call() {
        let refused = |config| {
            Client::new(config, Context::system())
                .map(drop)
                .unwrap_err()
                .kind()
        };
        assert_eq!(refused(Config::default()), Kind::Region);
        let endpoint = Some("http://10.0.0.1".to_owned());
        assert_eq!(
            refused(Config {
                endpoint: endpoint.clone(),
                ..config()
            }),
            Kind::Endpoint
        );
        assert!(
            Client::new(
                Config {
                    endpoint,
                    insecure: true,
                    ..config()
                },
                Context::system()
            )
            .is_ok()
        );
    }

    /// Cancels a call after `seconds`: how often it was sent, when it ended, and how.
    async fn cancel(script: Vec<Answer>, safety: Safety, seconds: u64) -> (usize, f64, Result<Reply, Error>) {
        let transport = FakeTransport::new(script);
        let token = CancellationToken::new();
        let scoped = client(&transport).scoped(token.clone());
        let start = Instant::now();
        let stop = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            token.cancel();
        };
        let (result, ()) = tokio::join!(scoped.call("StartDtsJob", call_params(), safety), stop);
        (transport.seen().len(), start.elapsed().as_secs_f64(), result)
    }

    #[tokio::test(start_paused = true)]
    async fn cancelling_ends_a_read_at_once_and_follows_a_write_to_its_answer() {
        let slow = || ok().after(Duration::from_secs(20));
        let (sent, seconds, result) = cancel(vec![slow()], Safety::Read, 3).await;
        assert_eq!((sent, result.unwrap_err().kind()), (1, Kind::Cancelled));
        assert!((3.0..4.0).contains(&seconds), "{seconds}");
        for safety in [Safety::Repeatable, Safety::Once] {
            let (sent, seconds, result) = cancel(vec![slow()], safety, 3).await;
            assert!(result.is_ok() && sent == 1, "{safety:?} {result:?}");
            assert!((20.0..21.0).contains(&seconds), "{seconds}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn cancelling_ends_a_wait_and_starts_nothing() {
        let throttled = Answer::refusal(400, "Throttling").header("x-acs-retry-after", "60000");
        for safety in [Safety::Read, Safety::Once] {
            let (sent, seconds, result) = cancel(vec![throttled.clone(), ok()], safety, 3).await;
            let error = result.unwrap_err();
            assert!(error.is_cancelled() && !error.is_outcome_unknown(), "{error:?}");
            assert_eq!((sent, error.code()), (1, Some("Throttling")));
            assert!((3.0..4.0).contains(&seconds), "{seconds}");
        }
        let transport = FakeTransport::new([ok()]);
        let token = CancellationToken::new();
        token.cancel();
        let scoped = client(&transport).scoped(token);
        let error = scoped
            .call("StartDtsJob", Params::new(), Safety::Once)
            .await
            .unwrap_err();
        assert!(error.is_cancelled() && transport.seen().is_empty());
    }
}
