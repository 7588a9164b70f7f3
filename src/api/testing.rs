//! Fakes for tests: a clock that follows tokio's (pausable) time, an environment, and a transport with a script.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use tokio::time::Instant;

use super::context::SystemClock;
use super::{
    Client, Clock, Config, Context, Env, HttpRequest, HttpResponse, Sent, Transport, TransportError,
};
use super::{CredentialConfig, Credentials};

/// AccessKey secret of [`client`].
pub(crate) const SECRET_KEY: &str = "keysecret-hunter2";

/// Security token of [`client`].
pub(crate) const TOKEN: &str = "token+/=hunter2";

/// A wall clock that starts at 2026-01-02T03:04:05Z and runs with tokio's time.
#[derive(Debug)]
pub(crate) struct FakeClock(Instant);

impl FakeClock {
    pub(crate) fn new() -> FakeClock {
        FakeClock(SystemClock.instant())
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        start + self.0.elapsed()
    }
}

/// An environment of these variables.
#[derive(Debug, Default)]
pub(crate) struct FakeEnv(pub(crate) BTreeMap<&'static str, &'static str>);

impl Env for FakeEnv {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| (*value).to_owned())
    }
}

/// One scripted answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    after: Duration,
    result: Result<HttpResponse, TransportError>,
}

impl Answer {
    /// HTTP `status` with this JSON, at once.
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Answer {
        Answer::text(status, &body.to_string())
    }

    /// HTTP `status` with this body, at once.
    pub(crate) fn text(status: u16, body: &str) -> Answer {
        let body = body.as_bytes().to_vec();
        Answer {
            after: Duration::ZERO,
            result: Ok(HttpResponse {
                status,
                headers: Vec::new(),
                body,
            }),
        }
    }

    /// A refusal of the gateway.
    pub(crate) fn refusal(status: u16, code: &str) -> Answer {
        Answer::json(
            status,
            &serde_json::json!({"RequestId": "R-0", "Code": code, "Message": "refused"}),
        )
    }

    /// No answer.
    pub(crate) fn lost(sent: Sent) -> Answer {
        let message = "connection reset".to_owned();
        Answer {
            after: Duration::ZERO,
            result: Err(TransportError {
                sent,
                message,
                advice: None,
            }),
        }
    }

    /// With this header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Answer {
        if let Ok(response) = &mut self.result {
            response.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// After this time.
    pub(crate) fn after(mut self, delay: Duration) -> Answer {
        self.after = delay;
        self
    }
}

/// What was sent: when (seconds since the transport was made), and the form, decoded.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) seconds: f64,
    pub(crate) body: String,
    pub(crate) form: BTreeMap<String, String>,
}

/// Parameters that every call has.
const COMMON: [&str; 9] = [
    "AccessKeyId",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

impl Seen {
    /// `name=value` in order, without the common parameters but with `Action`.
    pub(crate) fn parameters(&self) -> Vec<String> {
        let own = self
            .form
            .iter()
            .filter(|(name, _)| !COMMON.contains(&name.as_str()));
        own.map(|(name, value)| format!("{name}={value}")).collect()
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }
}

/// Answers as scripted, the last answer for ever.
#[derive(Debug)]
pub(crate) struct FakeTransport {
    start: Instant,
    script: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<Seen>>,
}

impl FakeTransport {
    pub(crate) fn new(script: impl IntoIterator<Item = Answer>) -> Arc<FakeTransport> {
        let script = Mutex::new(script.into_iter().collect());
        Arc::new(FakeTransport {
            start: SystemClock.instant(),
            script,
            seen: Mutex::default(),
        })
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The values that `name` had in the requests.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        self.seen().iter().map(|seen| seen.get(name).to_owned()).collect()
    }
}

#[async_trait]
impl Transport for FakeTransport {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let form = decode(&request.body);
        let seconds = self.start.elapsed().as_secs_f64();
        self.seen.lock().unwrap().push(Seen {
            seconds,
            body: request.body,
            form,
        });
        let answer = {
            let mut script = self.script.lock().unwrap();
            if script.len() > 1 {
                script.pop_front()
            } else {
                script.front().cloned()
            }
            .expect("a script")
        };
        tokio::time::sleep(answer.after).await;
        answer.result
    }
}

/// The pairs of a form.
pub(crate) fn decode(form: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    form.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The keys that [`client`] signs with.
pub(crate) fn credentials() -> Credentials {
    Credentials {
        access_key_id: "test-key".to_owned(),
        access_key_secret: SecretString::from(SECRET_KEY),
        security_token: Some(SecretString::from(TOKEN)),
        origin: "a test".to_owned(),
    }
}

/// The configuration of [`client`].
pub(crate) fn config() -> Config {
    let keys = credentials();
    Config {
        region: "cn-hangzhou".to_owned(),
        credentials: CredentialConfig {
            access_key: Some(keys.access_key_id),
            secret_key: Some(keys.access_key_secret),
            security_token: keys.security_token,
            ..CredentialConfig::default()
        },
        user_agent: "test/1.0".to_owned(),
        ..Config::default()
    }
}

/// A client of a transport.
pub(crate) fn client(transport: &Arc<FakeTransport>) -> Client {
    let transport: Arc<dyn Transport> = Arc::<FakeTransport>::clone(transport);
    let context = Context::new(
        Arc::new(FakeClock::new()),
        Arc::new(FakeEnv::default()),
        transport,
    );
    Client::new(config(), context).unwrap()
}
