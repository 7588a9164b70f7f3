//! From the listening socket to calls, and to the end of the process.
//!
//! TLS is done here and not by the gRPC library, because its own set-up cannot verify Terraform's
//! client certificate (see [`super::tls`]). Each connection is made ready in a task of its own, with a
//! time limit, so that one that says nothing keeps nobody waiting.

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::Connected;

use super::error::Error;
use super::handshake::{self, Environment};
use super::listen::{Address, Duplex, Listener};
use super::proto::go_plugin::grpc_broker_server::GrpcBrokerServer;
use super::proto::go_plugin::grpc_controller_server::GrpcControllerServer;
use super::proto::go_plugin::grpc_stdio_server::GrpcStdioServer;
use super::proto::health::health_server::HealthServer;
use super::proto::tfplugin5::provider_server::ProviderServer;
use super::reattach;
use super::rpc::Rpc;
use super::services::Services;
use super::signals::{Reason, Signals};
use super::tls::Tls;
use crate::framework::Service;

/// The largest message that is read or written, in bytes. A plan carries a resource three times.
pub const MAX_MESSAGE: usize = 256 << 20;

/// How long a new connection may take until it is ready for calls.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long the rest may take after Shutdown. The parent closes the connection as soon as it has the
/// answer, so this is met only by a parent that does not.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(1);

/// How long running calls may take after SIGTERM to give up and answer with the state they reached;
/// whoever sent it mostly kills after ten seconds.
const SIGNAL_LIMIT: Duration = Duration::from_secs(8);

/// How long the last answers may be on their way after that.
const FLUSH_LIMIT: Duration = Duration::from_millis(250);

/// How long to wait after a connection could not be accepted. Mostly there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Who we are and who started us.
#[derive(Clone, Debug)]
pub struct Options {
    /// The provider's source address in full, as users write it in `required_providers`.
    pub address: String,
    /// Whether a person started us (`--debug`): no client certificate, no parent to watch, and the
    /// line on stdout is for the person.
    pub debug: bool,
    /// What the parent said.
    pub environment: Environment,
}

/// Serves `service` until the parent says Shutdown, is gone, or a signal comes.
///
/// Writes to stdout exactly once. A signal stops running calls; their answers are still waited for, for
/// some seconds.
///
/// # Errors
/// See [`Error`]. Whatever the outcome, the socket and its folder are gone at the return.
pub async fn serve(options: &Options, service: Arc<dyn Service>) -> Result<(), Error> {
    let mut signals = Signals::install(options.debug)?;
    let Options {
        debug, environment, ..
    } = options;
    let tls = match &environment.client_certificate {
        Some(pem) if !debug => Some(Tls::new(pem)?),
        _ => None,
    };
    let listener = Listener::bind(environment, *debug).await?;
    handshake::announce(&line(options, listener.address(), tls.as_ref()))?;
    if !debug && !environment.offers_our_version() {
        tracing::warn!(offered = ?environment.offered_versions, "Terraform does not offer protocol version 5");
    }
    if tls.is_none() && matches!(listener.address(), Address::Tcp(_)) {
        tracing::warn!("serving without TLS on a port: every user of this machine can connect");
    }

    let shutdown = CancellationToken::new();
    // The listener is dropped with this future, and its folder removed, before the return.
    let (ready, connections) = mpsc::channel(16);
    let accepting = accept(listener, tls, ready);
    let provider = Rpc::new(service.clone());
    let mut running = provider.running();
    let serving = answer(provider, connections, shutdown.clone());
    tokio::pin!(accepting, serving);

    let by_signal = tokio::select! {
        result = &mut serving => return result,
        never = &mut accepting => match never {},
        () = shutdown.cancelled() => false,
        reason = signals.wait() => match reason {
            Reason::Orphaned => return Ok(()),
            Reason::Signal => true,
        },
    };
    let limit = async {
        if by_signal {
            service.stop();
            shutdown.cancel();
            // An error means that nothing runs and never will.
            let _ = tokio::time::timeout(SIGNAL_LIMIT, running.wait_for(|running| *running == 0)).await;
            tokio::time::sleep(FLUSH_LIMIT).await;
        } else {
            tokio::time::sleep(SHUTDOWN_LIMIT).await;
        }
    };
    tokio::select! {
        result = &mut serving => result,
        () = limit => Ok(()),
        // A second signal, or a parent that went away meanwhile: no more patience.
        _ = signals.wait() => Ok(()),
    }
}

/// The line for whoever started us.
fn line(options: &Options, address: &Address, tls: Option<&Tls>) -> String {
    if options.debug {
        return reattach::line(&options.address, address, std::process::id());
    }
    let certificate = tls.map(|tls| tls.certificate.as_ref());
    handshake::line(address, certificate, options.environment.asks_multiplex)
}

/// Accepts connections and hands on those that are ready for calls. Goes on until dropped.
async fn accept(
    listener: Listener,
    tls: Option<Tls>,
    ready: mpsc::Sender<io::Result<Connection>>,
) -> Infallible {
    let acceptor = tls.map(|tls| TlsAcceptor::from(tls.config));
    loop {
        match listener.accept().await {
            Ok(stream) => {
                let (acceptor, ready) = (acceptor.clone(), ready.clone());
                tokio::spawn(async move {
                    match tokio::time::timeout(CONNECT_LIMIT, connect(stream, acceptor)).await {
                        // Nobody there to take it: the process is about to end.
                        Ok(Ok(connection)) => drop(ready.send(Ok(connection)).await),
                        Ok(Err(error)) => tracing::warn!(%error, "connection refused"),
                        Err(_) => tracing::warn!("connection refused: it took too long to say who it is"),
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "unable to accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connect(stream: Pin<Box<dyn Duplex>>, acceptor: Option<TlsAcceptor>) -> io::Result<Connection> {
    match acceptor {
        Some(acceptor) => Ok(Connection(Box::pin(acceptor.accept(stream).await?))),
        None => Ok(Connection(stream)),
    }
}

/// Answers calls until `shutdown`, then finishes what is running.
async fn answer(
    provider: Rpc,
    connections: mpsc::Receiver<io::Result<Connection>>,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let services = Services::new(shutdown.clone());
    let provider = ProviderServer::new(provider)
        .max_decoding_message_size(MAX_MESSAGE)
        .max_encoding_message_size(MAX_MESSAGE);
    Server::builder()
        .add_service(provider)
        .add_service(GrpcControllerServer::new(services.clone()))
        .add_service(GrpcStdioServer::new(services.clone()))
        .add_service(GrpcBrokerServer::new(services.clone()))
        .add_service(HealthServer::new(services))
        .serve_with_incoming_shutdown(ReceiverStream::new(connections), shutdown.cancelled_owned())
        .await
        .map_err(|error| Error::Serve {
            cause: error.to_string(),
        })
}

/// A connection that is ready for calls, plain or encrypted.
struct Connection(Pin<Box<dyn Duplex>>);

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_cut_off() {
        let client = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let tls = Tls::new(&client.cert.pem()).unwrap();
        let temp = tempfile::tempdir().unwrap();
        let environment = Environment::read(vec![temp.path().to_owned()], |_| None);
        let listener = Listener::bind(&environment, true).await.unwrap();
        let Address::Unix(path) = listener.address().clone() else {
            panic!("not a socket")
        };
        let (ready, mut connections) = mpsc::channel(1);
        tokio::spawn(accept(listener, Some(tls), ready));

        let start = tokio::time::Instant::now();
        let mut silent = tokio::net::UnixStream::connect(&path).await.unwrap();
        let mut babbling = tokio::net::UnixStream::connect(&path).await.unwrap();
        babbling.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        // A TLS alert, at once.
        babbling.read_to_end(&mut answer).await.unwrap();
        assert!(start.elapsed() < CONNECT_LIMIT);
        assert_eq!(silent.read(&mut [0; 8]).await.unwrap(), 0);
        assert!(start.elapsed() >= CONNECT_LIMIT);
        assert!(connections.try_recv().is_err(), "nobody got in");
    }
}
