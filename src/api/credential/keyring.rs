//! The keys of one client: had once for all calls that wait for them, and renewed before they end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::{debug, warn};

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
    config: CredentialConfig,
    /// Held while keys are had, so that all others wait for the same ones.
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// Where the first keys came from.
    source: Option<Source>,
    keys: Option<Keys>,
    /// Why there were none, and when.
    failed: Option<(Instant, NoKeys)>,
}

struct Keys {
    credentials: Arc<Credentials>,
    expires: Option<Timestamp>,
    renew_at: Option<Timestamp>,
}

impl Keyring {
    /// Keys as `config` says. Nothing is asked yet.
    pub(in crate::api) fn new(config: CredentialConfig) -> Keyring {
        Keyring {
            config,
            held: Mutex::default(),
        }
    }

    /// The keys to sign with now.
    ///
    /// # Errors
    /// [`Kind::NoCredentials`](crate::api::Kind::NoCredentials), as of a call to `action`. What was not found is looked for
    /// again after a while.
    pub(in crate::api) async fn keys(
        &self,
        access: Access<'_>,
        action: &str,
    ) -> Result<Arc<Credentials>, Error> {
        let mut held = self.held.lock().await;
        let now = access.context.clock.now();
        let mut serving = None;
        if let Some(keys) = &held.keys {
            if keys.renew_at.is_none_or(|at| now < at) {
                return Ok(Arc::clone(&keys.credentials));
            }
            if keys.expires.is_none_or(|end| now < end) {
                serving = Some(Arc::clone(&keys.credentials));
            }
        }
        let error = match self.renew(&mut held, access).await {
            Ok(keys) => return Ok(keys),
            Err(cause) => cause.into_error(action),
        };
        let Some(serving) = serving else {
            return Err(error);
        };
        // They serve for a while yet: whatever is wrong may have passed by then.
        warn!(problem = %error, "credentials not renewed");
        if let Some(keys) = &mut held.keys {
            keys.renew_at = Some(access.context.clock.now() + AGAIN);
        }
        Ok(serving)
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
        let mut held = self.held.lock().await;
        let renewed_by_another = held
            .keys
            .as_ref()
            .is_some_and(|keys| !Arc::ptr_eq(&keys.credentials, refused));
        if renewed_by_another {
            return Ok(true);
        }
        let keys = self
            .renew(&mut held, access)
            .await
            .map_err(|cause| cause.into_error(action))?;
        Ok(!same(&keys, refused))
    }

    async fn renew(&self, held: &mut Held, access: Access<'_>) -> Result<Arc<Credentials>, NoKeys> {
        let clock = &access.context.clock;
        if let Some((when, cause)) = &held.failed
            && clock.instant() - *when < FAILED
        {
            return Err(cause.clone());
        }
        let (source, Lease { keys, expires }) = match chain::lease(&self.config, access, held.source).await {
            Ok(found) => found,
            Err(cause) => {
                held.failed = Some((clock.instant(), cause.clone()));
                return Err(cause);
            }
        };
        let now = access.context.clock.now();
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
        held.failed = None;
        held.source = Some(source);
        held.keys = Some(Keys {
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
    use futures_util::future::join_all;
    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::api::credential::AssumeRole;
    use crate::api::testing::{Answer, FakeClock, FakeEnv, FakeTransport, config};
    use crate::api::{Client, Config, Context, Kind, Params, Safety, Sent, Transport};

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

    /// A client whose keys are those of a role.
    fn client(script: impl IntoIterator<Item = Answer>) -> (Client, Arc<FakeTransport>) {
        let mut config = config();
        config.credentials.assume_role = vec![AssumeRole {
            role_arn: Some("acs:ram::1:role/dts".to_owned()),
            ..AssumeRole::default()
        }];
        client_of(config, script)
    }

    fn client_of(config: Config, script: impl IntoIterator<Item = Answer>) -> (Client, Arc<FakeTransport>) {
        let transport = FakeTransport::new(script);
        let sender: Arc<dyn Transport> = Arc::<FakeTransport>::clone(&transport);
        let context = Context::new(Arc::new(FakeClock::new()), Arc::new(FakeEnv::default()), sender);
        (Client::new(config, context).unwrap(), transport)
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
        let (client, transport) = client([given("t1", 60), done(), done(), given("t2", 120), done()]);
        for minutes in [0, 44, 2] {
            tokio::time::sleep(Duration::from_secs(minutes * 60)).await;
            buy(&client).await.unwrap();
        }
        assert_eq!(
            seen(&transport),
            [
                ASKED,
                "CreateDtsInstance t1",
                "CreateDtsInstance t1",
                ASKED,
                "CreateDtsInstance t2"
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_fails_is_no_matter_while_the_keys_serve() {
        let refused = || Answer::refusal(403, "NoPermission");
        let (client, transport) = client([given("t1", 60), done(), refused(), done(), done(), refused()]);
        buy(&client).await.unwrap();
        tokio::time::sleep(Duration::from_secs(46 * 60)).await;
        buy(&client).await.unwrap();
        // Not asked again at once.
        buy(&client).await.unwrap();
        assert_eq!(seen(&transport).iter().filter(|seen| *seen == ASKED).count(), 2);
        // Until they have ended.
        tokio::time::sleep(Duration::from_secs(15 * 60)).await;
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
        assert!(error.advice().unwrap().contains("secret_key"), "{error:?}");
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
