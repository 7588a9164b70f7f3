//! A local DTS that real clients accept: signed requests in, the service's states, errors and replies out.
//!
//! Written from the documentation of the service alone, never from this project's client, so that a test that
//! runs the client against it compares two readings of the same documents. In reading order:
//!
//! | module | is |
//! |---|---|
//! | `server` | the socket, the request, which action is meant |
//! | `message`, `params`, `auth`, `reply` | parameters in, signatures checked, envelopes and errors out |
//! | `actions` | the table of actions: one line each |
//! | `instance`, `billing`, `instance_list`, `tags`, `two_way` | what the actions on instances do |
//! | `job`, `modify`, `endpoint`, `cluster`, `tuning`, `legacy` | and those on jobs |
//! | `subscription`, `consumer_group`, `monitor_rule` | and those on what belongs to a job |
//! | `configure`, `objects` | what a configuration accepts, and the object list |
//! | `describe`, `job_detail`, `job_list`, `module`, `progress`, `log`, `network` | what is read |
//! | `state`, `model`, `transition`, `lifecycle` | instances and jobs, and how jobs move on |
//! | `precheck`, `checks`, `checker`, `fixtures` | what a precheck finds in the databases that exist |
//! | `script` | jobs that fail, struggle or take their time by themselves |
//! | `fault`, `veil`, `wire`, `limit`, `journal`, `admin` | the test's side: faults, what is shown late, cut connections, rate and latency, calls received, admin routes |
//!
//! The binary `dts-emulator` and [`Emulator`] are two shells around the same code.

mod actions;
mod admin;
mod auth;
mod billing;
mod checker;
mod checks;
mod cluster;
mod configure;
mod consumer_group;
mod describe;
mod endpoint;
mod fault;
mod fixtures;
mod instance;
mod instance_list;
mod job;
mod job_detail;
mod job_list;
mod journal;
mod legacy;
mod lifecycle;
mod limit;
mod log;
mod message;
mod model;
mod modify;
mod module;
mod monitor_rule;
mod network;
mod objects;
mod paging;
mod params;
mod precheck;
mod progress;
mod reply;
mod script;
mod server;
mod state;
mod subscription;
mod tags;
mod transition;
mod tuning;
mod two_way;
mod veil;
mod wire;

use std::{fmt, future::Future, io, net::SocketAddr, sync::Arc, thread};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::oneshot;

use self::{
    fault::{Fault, Faults},
    server::Shared,
};
pub use self::{
    fixtures::{FixtureError, Fixtures},
    journal::Call,
    lifecycle::{Lifecycle, ParseLifecycleError},
    limit::Limits,
    state::{InstanceRecord, JobRecord},
};

/// What an emulator starts with.
#[derive(Clone)]
pub struct Options {
    /// The one access key id that signs valid requests.
    pub access_key_id: String,
    /// The secret that belongs to it.
    pub access_key_secret: String,
    /// When jobs move on.
    pub lifecycle: Lifecycle,
    /// Which databases exist, see [`Fixtures`]; `None` (or JSON `null`) means that everything exists.
    pub fixtures: Option<Value>,
    /// How fast calls are taken and answered.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            access_key_id: "testAccessKeyId".to_owned(),
            access_key_secret: "testAccessKeySecret".to_owned(),
            lifecycle: Lifecycle::Immediate,
            fixtures: None,
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("access_key_id", &self.access_key_id)
            .field("access_key_secret", &"******")
            .field("lifecycle", &self.lifecycle)
            .field("fixtures", &self.fixtures.is_some())
            .field("limits", &self.limits)
            .finish()
    }
}

/// A running emulator on a free port of the loopback interface, with a thread and a runtime of its own. Dropping
/// it closes every connection and joins the thread.
pub struct Emulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Emulator {
    /// Serves on `listener` until `shutdown` is ready; then requests in flight get two seconds to end.
    ///
    /// # Errors
    /// The fixtures of `options` are malformed (`InvalidInput`), or the socket fails.
    pub async fn serve(
        listener: tokio::net::TcpListener,
        options: Options,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let shared = Arc::new(Shared::new(options, Arc::new(Timestamp::now))?);
        server::serve(listener, shared, shutdown).await
    }

    /// Starts an emulator that reads the system's clock.
    ///
    /// # Errors
    /// The fixtures of `options` are malformed (`InvalidInput`), or no socket or thread can be had.
    pub fn start(options: Options) -> io::Result<Self> {
        Self::start_with_clock(options, Timestamp::now)
    }

    /// Starts an emulator whose time is `clock`: request timestamps, [`Lifecycle::Seconds`] and the times in
    /// replies follow it.
    ///
    /// # Errors
    /// As [`Emulator::start`].
    pub fn start_with_clock(
        options: Options,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(options, Arc::new(clock))?);
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("dts-emulator".to_owned())
            .spawn(move || {
                // Leaving block_on drops the runtime and with it every connection, so a reply that a fault holds
                // back cannot delay the end of a test.
                runtime.block_on(async {
                    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                        return;
                    };
                    tokio::select! {
                        _ = server::serve(listener, served, std::future::pending()) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            shared,
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address to give to a client: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The names of the operations that are served, in no order.
    pub fn actions() -> impl Iterator<Item = &'static str> {
        actions::names()
    }

    /// The calls received so far, in order, secrets masked.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().journal.calls().to_vec()
    }

    /// The bill: every instance ever bought, in order, released ones too.
    #[must_use]
    pub fn instances(&self) -> Vec<InstanceRecord> {
        self.shared.state().bill()
    }

    /// Replaces the databases that exist, see [`Fixtures`]; `null` means that everything exists.
    ///
    /// # Panics
    /// When `fixtures` is malformed: the mistake is in the calling test, and the message names it.
    #[expect(
        clippy::panic,
        reason = "a test's own mistake; the route PUT /_emulator/fixtures answers 400"
    )]
    pub fn set_fixtures(&self, fixtures: Value) {
        match Fixtures::parse(fixtures) {
            Ok(fixtures) => self.shared.state().fixtures = fixtures,
            Err(error) => panic!("{error}"),
        }
    }

    /// Adds faults (an array of them, or one), see `docs/emulator.md` for their members.
    ///
    /// # Panics
    /// When `faults` is malformed: the mistake is in the calling test, and the message names it.
    #[expect(
        clippy::panic,
        reason = "a test's own mistake; the route POST /_emulator/faults answers 400"
    )]
    pub fn add_faults(&self, faults: Value) {
        match Fault::parse_all(faults) {
            Ok(faults) => self.shared.state().faults.add(faults),
            Err(error) => panic!("{error}"),
        }
    }

    /// Writes down what happens to a job though no call asks for it, see `docs/emulator.md` for the members.
    ///
    /// # Panics
    /// When `script` is malformed: the mistake is in the calling test, and the message names it.
    #[expect(
        clippy::panic,
        reason = "a test's own mistake; the route PUT /_emulator/jobs answers 400"
    )]
    pub fn script_job(&self, script: Value) {
        if let Err(error) = self.shared.state().scripts.set(script) {
            panic!("{error}");
        }
    }

    /// Forgets the faults that have not struck yet.
    pub fn clear_faults(&self) {
        self.shared.state().faults = Faults::default();
    }

    /// Changes when jobs move on, from the next request.
    pub fn set_lifecycle(&self, lifecycle: Lifecycle) {
        self.shared.state().lifecycle = lifecycle;
    }

    /// Changes how fast calls are taken and answered, from the next request.
    pub fn set_limits(&self, limits: Limits) {
        self.shared.state().limits = limits;
    }

    /// Makes `count` more jobs that are as the job `id` is now, each with an instance of its own if that has one.
    /// Empty when there is no such job.
    pub fn copy_job(&self, id: &str, count: usize) -> Vec<JobRecord> {
        self.shared.state().copy_job(id, count).unwrap_or_default()
    }

    /// Forgets instances, jobs, calls and faults, and returns fixtures, lifecycle and limits to what the emulator was
    /// started with. Ids given out before are not given out again.
    pub fn reset(&self) {
        self.shared.reset();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only when the thread has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
