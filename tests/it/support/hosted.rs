//! The provider inside of the test's process, which Terraform reaches as it reaches one started with `--debug`. So a test decides
//! over the provider's time and network, without a way in that is shipped: waits pass fifty times as fast, an answer is given up
//! soon, and a panic can be forced at a chosen call. As Terraform starts a process for each phase and each alias, so each connection
//! meets a provider of its own, which knows of the others what they would tell each other as processes of one Terraform.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;
use terraform_provider_dts::api::{
    Clock, Context, HttpRequest, HttpResponse, Sent, Transport, TransportError,
};
use terraform_provider_dts::dts::siblings::Siblings;
use terraform_provider_dts::dts::{Dts, SOURCE_ADDRESS};
use terraform_provider_dts::emulator::{Emulator, Options};
use terraform_provider_dts::framework::Server;
use terraform_provider_dts::plugin::handshake::PROTOCOL_VERSION;
use terraform_provider_dts::plugin::proto::go_plugin::grpc_broker_server::GrpcBrokerServer;
use terraform_provider_dts::plugin::proto::go_plugin::grpc_controller_server::GrpcControllerServer;
use terraform_provider_dts::plugin::proto::go_plugin::grpc_stdio_server::GrpcStdioServer;
use terraform_provider_dts::plugin::proto::health::health_server::HealthServer;
use terraform_provider_dts::plugin::proto::tfplugin5::provider_server::ProviderServer;
use terraform_provider_dts::plugin::rpc::Rpc;
use terraform_provider_dts::plugin::serve::MAX_MESSAGE;
use terraform_provider_dts::plugin::services::Services;
use tokio::net::UnixStream;
use tokio_stream::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::Workspace;
use super::bench::Bench;

/// How much faster the provider's waits pass.
const SWIFTER: u32 = 50;

/// When the provider gives an answer up. Far longer than the emulator takes on a busy machine.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What a forced panic says.
pub(crate) const PANIC: &str = "forced by the sweep";

/// Where a panic is forced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// In place of sending a call.
    InPlace,
    /// With the answer, before anything is done with it.
    Answered,
}

/// Real time but for waits, and behind by as many seconds as it is told.
#[derive(Debug)]
struct Swift(Arc<AtomicI64>);

#[async_trait]
impl Clock for Swift {
    fn now(&self) -> Timestamp {
        Timestamp::now() - SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration / SWIFTER).await;
    }
}

/// The real network, with less patience, and a panic where one is asked for.
#[derive(Debug)]
struct Line {
    real: Arc<dyn Transport>,
    sent: AtomicUsize,
    panic_at: Mutex<Option<(usize, Moment)>>,
}

impl Line {
    /// Panics if it is time.
    fn may_panic(&self, number: usize, moment: Moment) {
        let strikes = {
            let mut at = self.panic_at.lock().unwrap();
            at.take_if(|(at, of)| *at <= number && *of == moment).is_some()
        };
        // A constant text is what the provider tells of a panic.
        assert!(!strikes, "forced by the sweep");
    }
}

#[async_trait]
impl Transport for Line {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let number = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
        self.may_panic(number, Moment::InPlace);
        let answer = tokio::time::timeout(PATIENCE, self.real.send(request)).await;
        self.may_panic(number, Moment::Answered);
        answer.unwrap_or_else(|_| {
            Err(TransportError {
                sent: Sent::Maybe,
                message: format!("no complete answer within {PATIENCE:?}"),
                advice: None,
            })
        })
    }
}

/// A provider that is reached by what [`Hosted::reattach`] says, until it is dropped.
pub(crate) struct Hosted {
    folder: TempDir,
    line: Arc<Line>,
    end: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Hosted {
    /// With a clock that is so many seconds behind.
    fn behind(seconds: Arc<AtomicI64>) -> Self {
        let system = Context::system();
        let line = Arc::new(Line {
            real: system.transport,
            sent: AtomicUsize::new(0),
            panic_at: Mutex::default(),
        });
        let clock = Arc::new(Swift(seconds));
        let provider = {
            let line = Arc::clone(&line);
            move || Dts::new(Context::new(clock.clone(), Arc::clone(&system.env), line.clone()))
        };
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("s");
        let temporary = folder.path().to_owned();
        let end = CancellationToken::new();
        let stopped = end.clone();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::UnixListener::bind(path).unwrap();
                ready.send(()).unwrap();
                loop {
                    tokio::select! {
                        accepted = listener.accept() => {
                            let (stream, _) = accepted.unwrap();
                            let terraform = stream.peer_cred().unwrap().pid().unwrap();
                            let siblings = Siblings::of(u32::try_from(terraform).unwrap(), &temporary);
                            tokio::spawn(serve(stream, provider().among(siblings), stopped.child_token()));
                        }
                        () = stopped.cancelled() => return,
                    }
                }
            });
            runtime.shutdown_background();
        });
        is_ready.recv().unwrap();
        Self {
            folder,
            line,
            end,
            thread: Some(thread),
        }
    }

    /// For `TF_REATTACH_PROVIDERS`.
    pub(crate) fn reattach(&self) -> String {
        let path = self.folder.path().join("s");
        json!({SOURCE_ADDRESS: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": std::process::id(),
            "Test": true,
            "Addr": {"Network": "unix", "String": path.to_str().unwrap()},
        }})
        .to_string()
    }

    /// The provider panics at the `nth` call from now on.
    pub(crate) fn panic_at(&self, nth: usize, moment: Moment) {
        let sent = self.line.sent.load(Ordering::SeqCst);
        *self.line.panic_at.lock().unwrap() = Some((sent + nth, moment));
    }

    /// Whether the panic asked for has come.
    pub(crate) fn has_panicked(&self) -> bool {
        self.line.panic_at.lock().unwrap().is_none()
    }
}

/// Serves one connection.
async fn serve(stream: UnixStream, provider: Dts, end: CancellationToken) {
    let rpc = ProviderServer::new(Rpc::new(Arc::new(Server::new(provider))))
        .max_decoding_message_size(MAX_MESSAGE)
        .max_encoding_message_size(MAX_MESSAGE);
    let services = Services::new(end.clone());
    let alone = tokio_stream::once(Ok::<_, std::io::Error>(stream)).chain(tokio_stream::pending());
    let serving = tonic::transport::Server::builder()
        .add_service(rpc)
        .add_service(GrpcControllerServer::new(services.clone()))
        .add_service(GrpcStdioServer::new(services.clone()))
        .add_service(GrpcBrokerServer::new(services.clone()))
        .add_service(HealthServer::new(services))
        .serve_with_incoming(alone);
    tokio::select! {
        served = serving => served.unwrap(),
        () = end.cancelled() => {}
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.end.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic in it has been told already.
            let _ = thread.join();
        }
    }
}

/// A bench whose provider is in this process.
pub(crate) fn bench() -> (Bench, Hosted) {
    bench_behind(&Arc::default())
}

/// As [`bench`], with an emulator and a provider whose clocks are so many seconds behind.
pub(crate) fn bench_behind(seconds: &Arc<AtomicI64>) -> (Bench, Hosted) {
    let clock = Arc::clone(seconds);
    let emulator = Emulator::start_with_clock(Options::default(), move || {
        Timestamp::now() - SignedDuration::from_secs(clock.load(Ordering::SeqCst))
    })
    .unwrap();
    let hosted = Hosted::behind(Arc::clone(seconds));
    let workspace =
        Workspace::new(Some(&emulator.url())).with_env("TF_REATTACH_PROVIDERS", &hosted.reattach());
    (Bench { emulator, workspace }, hosted)
}
