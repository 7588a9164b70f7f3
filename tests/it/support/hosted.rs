//! The provider inside of the test's process, which Terraform reaches as it reaches one started with `--debug`. So a test decides
//! over the provider's time and network, without a way in that is shipped: waits pass fifty times as fast, an answer is given up
//! soon, and a panic can be forced at a chosen call.

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
use tokio_stream::wrappers::UnixListenerStream;
use tokio_util::sync::CancellationToken;

use super::Workspace;
use super::bench::Bench;

/// How much faster the provider's waits pass.
const SWIFTER: u32 = 50;

/// When the provider gives an answer up. Far longer than the emulator takes on a busy machine.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What a forced panic says.
pub(crate) const PANIC: &str = "forced by the sweep";

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
    panic_at: Arc<Mutex<Option<usize>>>,
}

#[async_trait]
impl Transport for Line {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let number = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
        let strikes = {
            let mut at = self.panic_at.lock().unwrap();
            at.take_if(|at| *at <= number).is_some()
        };
        // A constant text is what the provider tells of a panic.
        assert!(!strikes, "forced by the sweep");
        let answer = tokio::time::timeout(PATIENCE, self.real.send(request)).await;
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
            panic_at: Arc::default(),
        });
        let context = Context::new(Arc::new(Swift(seconds)), system.env, line.clone());
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("s");
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
                let rpc = ProviderServer::new(Rpc::new(Arc::new(Server::new(Dts::new(context)))))
                    .max_decoding_message_size(MAX_MESSAGE)
                    .max_encoding_message_size(MAX_MESSAGE);
                let services = Services::new(stopped.clone());
                let serving = tonic::transport::Server::builder()
                    .add_service(rpc)
                    .add_service(GrpcControllerServer::new(services.clone()))
                    .add_service(GrpcStdioServer::new(services.clone()))
                    .add_service(GrpcBrokerServer::new(services.clone()))
                    .add_service(HealthServer::new(services))
                    .serve_with_incoming(UnixListenerStream::new(listener));
                tokio::select! {
                    served = serving => served.unwrap(),
                    () = stopped.cancelled() => {}
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

    /// The provider panics in place of the `nth` call that it would send from now on.
    pub(crate) fn panic_at(&self, nth: usize) {
        let sent = self.line.sent.load(Ordering::SeqCst);
        *self.line.panic_at.lock().unwrap() = Some(sent + nth);
    }

    /// Whether the panic asked for has come.
    pub(crate) fn has_panicked(&self) -> bool {
        self.line.panic_at.lock().unwrap().is_none()
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
