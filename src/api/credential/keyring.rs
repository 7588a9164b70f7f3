//! The keys of one client: had once for all calls that wait for them, and renewed before they end.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tracing::{Instrument as _, debug, warn};

use super::access::Access;
use super::chain::{self, NoKeys, Source};
use super::lease::Lease;
use super::{CredentialConfig, Credentials};
use crate::api::error::Error;

/// Keys are renewed this long before they end, as the SDK does, but of a short life only in its last quarter.
const AHEAD: Duration = Duration::from_secs(15 * 60);

/// For so long a failure answers all who ask: each for itself would wait for the same.
const FAILED: Duration = Duration::from_secs(10);

/// How soon a renewal that failed is tried again, and the least time that keys are used.
const AGAIN: Duration = Duration::from_secs(60);

/// The keys, once they are had.
pub(in crate::api) struct Keyring {
    ring: Arc<Ring>,
    /// The last renewal that began ahead of the end.
    ahead: Mutex<Option<AbortHandle>>,
}

/// What a renewal ahead of the end shares with the calls, which do not wait for it.
struct Ring {
    config: CredentialConfig,
    /// Never held while something is waited for.
    present: Mutex<Option<Keys>>,
    /// Held while keys are had, so that one asks, and all who need them wait for the same ones.
    search: Arc<AsyncMutex<Search>>,
}

struct Keys {
    credentials: Arc<Credentials>,
    expires: Option<Timestamp>,
    renew_at: Option<Timestamp>,
}

#[derive(Default)]
struct Search {
    /// Where the first keys came from.
    source: Option<Source>,
    /// Why there were none, and when.
    failed: Option<(Instant, NoKeys)>,
}

impl Keyring {
    /// Keys as `config` says. Nothing is asked yet.
    pub(in crate::api) fn new(config: CredentialConfig) -> Keyring {
        let ring = Ring {
            config,
            present: Mutex::default(),
            search: Arc::default(),
        };
        Keyring {
            ring: Arc::new(ring),
            ahead: Mutex::default(),
        }
    }

    /// The keys to sign with now. Keys that serve are not waited for, also while they are renewed.
    ///
    /// # Errors
    /// [`Kind::NoCredentials`](crate::api::Kind::NoCredentials), as of a call to `action`. What was not found is looked for
    /// again after a while.
    pub(in crate::api) async fn keys(
        &self,
        access: Access<'_>,
        action: &str,
    ) -> Result<Arc<Credentials>, Error> {
        let clock = &access.context.clock;
        if let Some(keys) = self.ring.serving(clock.now()) {
            self.renew_ahead(access, action);
            return Ok(keys);
        }
        let mut search = self.ring.search.lock().await;
        // Had by another while this one waited.
        if let Some(keys) = self.ring.serving(clock.now()) {
            return Ok(keys);
        }
        let renewed = self.ring.renew(&mut search, access).await;
        renewed.map_err(|cause| cause.into_error(action))
    }

    /// After `refused` were refused as expired: whether there are others now. Of many calls that ask, one renews.
    ///
    /// # Errors
    /// As [`Keyring::keys`].
    pub(in crate::api) async fn replace(
        &self,
        access: Access<'_>,
        refused: &Arc<Credentials>,
        action: &str,
    ) -> Result<bool, Error> {
        // No other call is sent with them.
        self.ring
            .present()
            .take_if(|keys| Arc::ptr_eq(&keys.credentials, refused));
        let mut search = self.ring.search.lock().await;
        if self.ring.present().is_some() {
            return Ok(true);
        }
        let keys = self
            .ring
            .renew(&mut search, access)
            .await
            .map_err(|cause| cause.into_error(action))?;
        Ok(!same(&keys, refused))
    }

    /// Renews keys that end soon, beside the calls, unless that is being done. A failure is told in the log: whatever is
    /// wrong may have passed before they end.
    fn renew_ahead(&self, access: Access<'_>, action: &str) {
        let now = access.context.clock.now();
        if !self.ring.is_due(now) {
            return;
        }
        let Ok(mut search) = Arc::clone(&self.ring.search).try_lock_owned() else {
            return;
        };
        // Another renewal may have ended just now.
        if !self.ring.is_due(now) {
            return;
        }
        let ring = Arc::clone(&self.ring);
        let (context, sts) = (access.context.clone(), access.sts.clone());
        let (user_agent, action) = (access.user_agent.to_owned(), action.to_owned());
        let renewal = async move {
            let access = Access {
                context: &context,
                sts: &sts,
                user_agent: &user_agent,
            };
            if let Err(cause) = ring.renew(&mut search, access).await {
                warn!(problem = %cause.into_error(&action), "credentials not renewed");
                if let Some(keys) = &mut *ring.present() {
                    keys.renew_at = Some(context.clock.now() + AGAIN);
                }
            }
        };
        let task = tokio::spawn(renewal.in_current_span());
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = Some(task.abort_handle());
    }
}

impl Drop for Keyring {
    /// Nobody is left to use what a renewal would bring.
    fn drop(&mut self) {
        let ahead = self.ahead.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(renewal) = ahead {
            renewal.abort();
        }
    }
}

impl Ring {
    fn present(&self) -> MutexGuard<'_, Option<Keys>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serving(&self, now: Timestamp) -> Option<Arc<Credentials>> {
        let present = self.present();
        let keys = present.as_ref()?;
        let serve = keys.expires.is_none_or(|end| now < end);
        serve.then(|| Arc::clone(&keys.credentials))
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let present = self.present();
        let renew_at = present.as_ref().and_then(|keys| keys.renew_at);
        renew_at.is_some_and(|at| at <= now)
    }

    async fn renew(&self, search: &mut Search, access: Access<'_>) -> Result<Arc<Credentials>, NoKeys> {
        let clock = &access.context.clock;
        if let Some((when, cause)) = &search.failed
            && clock.instant() - *when < FAILED
        {
            return Err(cause.clone());
        }
        let (source, Lease { keys, expires }) = match chain::lease(&self.config, access, search.source).await
        {
            Ok(found) => found,
            Err(cause) => {
                search.failed = Some((clock.instant(), cause.clone()));
                return Err(cause);
            }
        };
        let now = clock.now();
        let renew_at = expires.map(|end| {
            let life = Duration::try_from(end - now).unwrap_or_default();
            let used = life.saturating_sub(AHEAD.min(life / 4));
            now + used.max(AGAIN)
        });
        debug!(
            source = source.name(),
            temporary = keys.security_token.is_some(),
            expires = expires.map(tracing::field::display),
            "credentials"
        );
        let credentials = Arc::new(keys);
        search.failed = None;
        search.source = Some(source);
        *self.present() = Some(Keys {
            credentials: Arc::clone(&credentials),
            expires,
            renew_at,
        });
        Ok(credentials)
    }
}

impl NoKeys {
    fn into_error(self, action: &str) -> Error {
        match self {
            NoKeys::Missing(missing) => missing.into_error(action),
            NoKeys::Problem(problem) => problem.into_error(action),
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

fn same(one: &Credentials, other: &Credentials) -> bool {
    let token = |keys: &Credentials| {
        keys.security_token
            .as_ref()
            .map(|token| token.expose_secret().to_owned())
    };
    one.access_key_id == other.access_key_id
        && one.access_key_secret.expose_secret() == other.access_key_secret.expose_secret()
        && token(one) == token(other)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use futures_util::future::join_all;
    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::api::credential::AssumeRole;
    use crate::api::testing::{Answer, FakeClock, FakeEnv, FakeTransport, config};
    use crate::api::{
        Client, Config, Context, HttpRequest, HttpResponse, Kind, Params, Safety, Sent, Transport,
        TransportError,
    };

    /// STS gives the keys `token`, which end `minutes` after the start of the clock.
    fn given(token: &str, minutes: i64) -> Answer {
        let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let end = start + jiff::SignedDuration::from_mins(minutes);
        let keys = json!({
            "AccessKeyId": "STS.x", "AccessKeySecret": "hunter2", "SecurityToken": token, "Expiration": end.to_string(),
        });
        Answer::json(200, &json!({"RequestId": "R-1", "Credentials": keys}))
    }

    fn done() -> Answer {
        Answer::json(200, &json!({"RequestId": "R-2", "Success": true}))
    }

    fn expired() -> Answer {
        Answer::refusal(403, "InvalidSecurityToken.Expired")
    }

    /// Keys are those of a role.
    fn role() -> Config {
        let mut config = config();
        config.credentials.assume_role = vec![AssumeRole {
            role_arn: Some("acs:ram::1:role/dts".to_owned()),
            ..AssumeRole::default()
        }];
        config
    }

    /// A client whose keys are those of a role.
    fn client(script: impl IntoIterator<Item = Answer>) -> (Client, Arc<FakeTransport>) {
        client_of(role(), script)
    }

    fn client_of(config: Config, script: impl IntoIterator<Item = Answer>) -> (Client, Arc<FakeTransport>) {
        let transport = FakeTransport::new(script);
        let sender: Arc<dyn Transport> = Arc::<FakeTransport>::clone(&transport);
        (client_over(config, sender), transport)
    }

    fn client_over(config: Config, sender: Arc<dyn Transport>) -> Client {
        let context = Context::new(Arc::new(FakeClock::new()), Arc::new(FakeEnv::default()), sender);
        Client::new(config, context).unwrap()
    }

    /// STS and DTS, each with a script of its own: what is renewed beside the calls is asked in no order with them.
    #[derive(Debug)]
    struct Both {
        sts: Arc<FakeTransport>,
        dts: Arc<FakeTransport>,
    }

    #[async_trait]
    impl Transport for Both {
        async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
            let to_sts = request.url.contains("//sts.");
            let transport = if to_sts { &self.sts } else { &self.dts };
            transport.send(request).await
        }
    }

    /// A client whose keys are those of a role, with STS, and with DTS that takes them.
    fn client_with_sts(
        script: impl IntoIterator<Item = Answer>,
    ) -> (Client, Arc<FakeTransport>, Arc<FakeTransport>) {
        let (sts, dts) = (FakeTransport::new(script), FakeTransport::new([done()]));
        let both = Both {
            sts: Arc::clone(&sts),
            dts: Arc::clone(&dts),
        };
        (client_over(role(), Arc::new(both)), sts, dts)
    }

    async fn minutes(minutes: u64) {
        tokio::time::sleep(Duration::from_secs(minutes * 60)).await;
    }

    /// Twenty calls at once, and how long they took.
    async fn buy_twenty(client: &Client) -> Duration {
        let start = Instant::now();
        let results = join_all((0..20).map(|_| buy(client))).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        start.elapsed()
    }

    async fn buy(client: &Client) -> Result<(), Error> {
        let bought = client
            .call("CreateDtsInstance", Params::new(), Safety::Once)
            .await;
        bought.map(drop)
    }

    /// Each request: its action, and the token it was signed with.
    fn seen(transport: &FakeTransport) -> Vec<String> {
        let seen = transport.seen();
        let requests = seen
            .iter()
            .map(|seen| (seen.get("Action"), seen.get("SecurityToken")));
        requests
            .map(|(action, token)| format!("{action} {token}"))
            .collect()
    }

    const ASKED: &str = "AssumeRole token+/=hunter2";

    #[tokio::test(start_paused = true)]
    async fn many_calls_wait_for_the_same_keys() {
        let slow = given("t1", 60).after(Duration::from_secs(3));
        let (client, transport) = client([slow, done()]);
        let results = join_all((0..20).map(|_| buy(&client))).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let seen = seen(&transport);
        assert_eq!(seen.len(), 21);
        assert_eq!(seen.iter().filter(|seen| *seen == ASKED).count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn keys_are_renewed_before_they_end() {
        let (client, sts, dts) = client_with_sts([given("t1", 60), given("t2", 120)]);
        for after in [0, 44, 2, 1] {
            minutes(after).await;
            buy(&client).await.unwrap();
        }
        assert_eq!(dts.values("SecurityToken"), ["t1", "t1", "t1", "t2"]);
        let asked: Vec<f64> = sts
            .seen()
            .iter()
            .map(|seen| (seen.seconds / 60.0).floor())
            .collect();
        assert_eq!(asked, [0.0, 46.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_fails_is_no_matter_while_the_keys_serve() {
        let (client, sts, _) = client_with_sts([given("t1", 60), Answer::refusal(403, "NoPermission")]);
        buy(&client).await.unwrap();
        minutes(46).await;
        buy(&client).await.unwrap();
        // Not asked again at once.
        tokio::time::sleep(Duration::from_secs(30)).await;
        buy(&client).await.unwrap();
        assert_eq!(sts.seen().len(), 2);
        // Until they have ended.
        minutes(14).await;
        let error = buy(&client).await.unwrap_err();
        assert_eq!(error.kind(), Kind::NoCredentials);
        assert!(!error.is_outcome_unknown() && error.code().is_none());
        assert!(
            error
                .message()
                .contains("role acs:ram::1:role/dts cannot be assumed"),
            "{error}"
        );
        assert!(error.advice().unwrap().contains("sts:AssumeRole"), "{error:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_hangs_holds_no_call_while_the_keys_serve() {
        let slow = given("t2", 180).after(Duration::from_secs(20 * 60));
        let (client, sts, dts) = client_with_sts([given("t1", 60), slow]);
        buy(&client).await.unwrap();
        // From the first call on that finds them due, and until they end.
        for after in [46, 1, 12] {
            minutes(after).await;
            assert_eq!(buy_twenty(&client).await.as_secs(), 0);
        }
        assert_eq!(sts.seen().len(), 2, "one renewal for all");
        assert!(dts.values("SecurityToken").iter().all(|token| token == "t1"));
        // Those that serve no longer are waited for, by all for the same renewal.
        minutes(2).await;
        let waited = buy_twenty(&client).await.as_secs_f64();
        assert!((299.0..301.0).contains(&waited), "{waited}");
        assert_eq!(sts.seen().len(), 2);
        assert!(
            dts.values("SecurityToken")[61..]
                .iter()
                .all(|token| token == "t2")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_ends_with_its_client() {
        let never = given("t2", 120).after(Duration::from_secs(24 * 60 * 60));
        let (client, sts, dts) = client_with_sts([given("t1", 60), never]);
        buy(&client).await.unwrap();
        minutes(46).await;
        buy(&client).await.unwrap();
        minutes(1).await;
        assert_eq!((sts.seen().len(), dts.seen().len()), (2, 2));
        drop(client);
        minutes(1).await;
        assert_eq!(Arc::strong_count(&sts), 1, "nobody waits for its answer");
    }

    #[tokio::test(start_paused = true)]
    async fn refused_keys_are_sent_with_no_other_call() {
        let slow = given("t2", 60).after(Duration::from_secs(5));
        let (client, transport) = client([given("t1", 60), expired(), slow, done()]);
        let second = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            buy(&client).await
        };
        let (first, second) = tokio::join!(buy(&client), second);
        assert!(first.is_ok() && second.is_ok());
        let bought = "CreateDtsInstance t2";
        assert_eq!(
            seen(&transport),
            [ASKED, "CreateDtsInstance t1", ASKED, bought, bought]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_refused_as_expired_is_sent_again_with_other_keys() {
        let (client, transport) = client([given("t1", 60), expired(), given("t2", 60), done()]);
        buy(&client).await.unwrap();
        assert_eq!(
            seen(&transport),
            [ASKED, "CreateDtsInstance t1", ASKED, "CreateDtsInstance t2"]
        );
        // Once: whoever refuses new keys as well will go on to.
        let script = [given("t1", 60), expired(), given("t2", 60), expired(), done()];
        let (client, transport) = self::client(script);
        let error = buy(&client).await.unwrap_err();
        assert_eq!((error.kind(), seen(&transport).len()), (Kind::Credentials, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_stay_the_same_are_not_sent_again() {
        let (client, transport) = client_of(config(), [expired(), done()]);
        let error = buy(&client).await.unwrap_err();
        assert_eq!((error.kind(), seen(&transport).len()), (Kind::Credentials, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_sts_cannot_answer_now_is_asked_again() {
        let script = [
            Answer::lost(Sent::No),
            Answer::lost(Sent::Maybe),
            Answer::text(503, "<html>"),
            Answer::refusal(400, "Throttling.User"),
            given("t1", 60),
            done(),
        ];
        let (client, transport) = client(script);
        buy(&client).await.unwrap();
        assert_eq!(transport.seen().len(), 6);
        // But a refusal is one, and what it echoes is not shown.
        let said =
            json!({"RequestId": "R", "Code": "SignatureDoesNotMatch", "Message": "no: keysecret-hunter2"});
        let (client, transport) = self::client([Answer::json(400, &said)]);
        let error = buy(&client).await.unwrap_err();
        assert_eq!(transport.seen().len(), 1);
        assert!(
            error
                .message()
                .contains("AssumeRole: no: *** (code SignatureDoesNotMatch, HTTP 400, RequestId R)"),
            "{error}"
        );
        assert!(
            error.advice().unwrap().ends_with(
                "The keys come from access_key, secret_key and security_token in the configuration."
            ),
            "{error:?}"
        );
        let strange: [Value; 2] = [json!({"Credentials": {"AccessKeyId": "hunter2"}}), json!([])];
        for body in strange {
            let (client, _) = self::client([Answer::json(200, &body)]);
            let error = buy(&client).await.unwrap_err();
            assert!(
                error.message().contains("does not answer as STS does (HTTP 200)"),
                "{error}"
            );
            assert!(!error.message().contains("hunter2"), "{error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_answers_all_who_wait() {
        let refused = Answer::refusal(403, "NoPermission").after(Duration::from_secs(2));
        let (client, transport) = client([refused, given("t1", 60), done()]);
        let results = join_all((0..20).map(|_| buy(&client))).await;
        let kinds = results.iter().map(|result| result.as_ref().unwrap_err().kind());
        assert!(kinds.into_iter().all(|kind| kind == Kind::NoCredentials));
        assert_eq!(transport.seen().len(), 1);
        tokio::time::sleep(FAILED).await;
        buy(&client).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn cancelling_ends_waiting_for_keys() {
        let slow = given("t1", 60).after(Duration::from_secs(20));
        let (client, transport) = client([slow, given("t2", 60), done()]);
        let token = CancellationToken::new();
        let scoped = client.scoped(token.clone());
        let stop = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            token.cancel();
        };
        let (result, ()) = tokio::join!(buy(&scoped), stop);
        let error = result.unwrap_err();
        assert!(error.is_cancelled() && !error.is_outcome_unknown(), "{error:?}");
        assert_eq!(transport.seen().len(), 1);
        // Another call is not held up by it.
        buy(&client).await.unwrap();
    }
}
