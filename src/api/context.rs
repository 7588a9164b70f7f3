//! What the client takes from outside: the clock, the environment and the transport.
//!
//! [`Context::system`] is the only place that reaches the real ones. Tests pass fakes.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

use super::run::Run;
use super::transport::HttpTransport;

/// Time. Only the wall clock has to be supplied: waiting and measuring go through tokio, whose time tests can pause.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// The wall clock, for the `Timestamp` of a signed request.
    fn now(&self) -> Timestamp;

    /// A point on the monotonic clock, for measuring and for deadlines.
    fn instant(&self) -> Instant {
        Instant::now()
    }

    /// Waits for `duration`.
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// What surrounds the process.
pub trait Env: fmt::Debug + Send + Sync {
    /// The value of the variable `name`; `None` if it is unset or not UTF-8.
    fn get(&self, name: &str) -> Option<String>;

    /// What tells the process that started this one from all others, of other machines and times too; `None` where that is not known.
    fn parent(&self) -> Option<String> {
        None
    }
}

/// One HTTP request. Query, headers and body may hold secrets, so `Debug` shows none of them.
#[derive(Clone, Default)]
pub struct HttpRequest {
    /// `GET`, `POST` or `PUT`.
    pub method: &'static str,
    /// Absolute URL without a query.
    pub url: String,
    /// The query, percent-encoded; empty for none.
    pub query: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for none.
    pub body: String,
    /// For the whole exchange, in place of the connection's own.
    pub timeout: Option<Duration>,
    /// Never through a proxy: the address means something on this machine only.
    pub direct: bool,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// One HTTP answer, complete. `Debug` shows only the body's length: some actions return passwords.
#[derive(Clone, Default)]
pub struct HttpResponse {
    /// HTTP status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first header of that name (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Where it redirects to, if that is what it does.
    pub(super) fn redirect(&self) -> Option<&str> {
        let is_redirect = (300..400).contains(&self.status);
        self.header("location").filter(|_| is_redirect)
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Whether the server can have seen a request that got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// No byte of the request left: name not resolved, connection refused, TLS not agreed.
    No,
    /// It may have arrived and been executed: timeout, connection lost, answer cut off or too large.
    Maybe,
}

/// No usable HTTP answer.
#[derive(Clone, Debug)]
pub struct TransportError {
    /// Whether the request can have taken effect.
    pub sent: Sent,
    /// What happened, for a person; holds no part of the request.
    pub message: String,
    /// What to do next, where the transport knows. Trying again does not help then.
    pub advice: Option<&'static str>,
}

/// How a transport reaches its servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// For the connection, TLS included.
    pub connect_timeout: Duration,
    /// For the whole exchange after that.
    pub read_timeout: Duration,
    /// File of certificates (PEM) that are trusted beside those of the system.
    pub ca_bundle: Option<PathBuf>,
}

impl Default for Connection {
    /// 5 s and 30 s, and the certificates of the system.
    fn default() -> Connection {
        Connection {
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            ca_bundle: None,
        }
    }
}

/// Sends a request and waits for the whole answer. One attempt: implementations never repeat a request.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends `request`.
    ///
    /// # Errors
    /// When there is no complete answer; any HTTP status is an answer.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError>;

    /// A transport of the same kind for `connection`; `None` if this one does. No I/O happens here.
    fn with(&self, _connection: &Connection) -> Option<Arc<dyn Transport>> {
        None
    }
}

/// Everything the client takes from outside. Clones share it.
#[derive(Clone, Debug)]
pub struct Context {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The environment.
    pub env: Arc<dyn Env>,
    /// The transport.
    pub transport: Arc<dyn Transport>,
    /// What all clients that are made with this share.
    pub run: Arc<Run>,
}

impl Context {
    /// A context of the given parts.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, env: Arc<dyn Env>, transport: Arc<dyn Transport>) -> Context {
        Context {
            clock,
            env,
            transport,
            run: Arc::default(),
        }
    }
    /// The real clock, environment and network.
    #[must_use]
    pub fn system() -> Context {
        Context::new(
            Arc::new(SystemClock),
            Arc::new(SystemEnv),
            Arc::new(HttpTransport::default()),
        )
    }
}

#[derive(Debug)]
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[derive(Debug)]
struct SystemEnv;

impl Env for SystemEnv {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn parent(&self) -> Option<String> {
        let parent = std::os::unix::process::parent_id();
        let started = started(parent)?;
        Some(format!("{} {parent} {started}", numbering()?))
    }
}

/// Where the numbers of processes are from: a machine since it was started, and a container on it, in which they begin anew. Only Linux
/// tells.
#[must_use]
pub fn numbering() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let numbers = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), numbers.display()))
}

/// When a process was started, in ticks since the machine was: with its number it is no other's. Only Linux tells.
#[must_use]
pub fn started(process: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    start_in(&stat)
}

/// The second field is the name, which may hold anything; the 22nd is the start.
fn start_in(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    fields.nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_told_by_when_it_started() {
        let stat = "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 2 3 0 0 5 6 7 8 20 0 9 0 123456 1000 42 18446744073709551615";
        assert_eq!(start_in(stat), Some(123_456));
        assert_eq!(start_in("4711 (sh) S 1"), None);
        assert_eq!(started(u32::MAX), None);
        let parent = SystemEnv.parent().unwrap();
        assert_eq!(parent.split(' ').count(), 4, "{parent}");
        assert_eq!(SystemEnv.parent().unwrap(), parent);
    }
}
