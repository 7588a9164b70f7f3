//! Connections that can be cut on demand: a cut reply sends nothing at all, a truncated one its head and a part
//! of its body, and then the connection ends.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// What may still be written to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Unlimited,
    /// Once the head of a reply has passed, that many bytes more.
    AfterHead(usize),
    Bytes(usize),
}

/// The knife of one connection; handlers get it as connect info.
#[derive(Debug, Clone)]
pub(crate) struct Knife(Arc<Mutex<Limit>>);

impl Knife {
    /// The reply under way is not sent, and the connection ends.
    pub(crate) fn cut(&self) {
        self.set(Limit::Bytes(0));
    }

    /// Of the reply under way, `bytes` of the body are sent, and the connection ends.
    pub(crate) fn truncate(&self, bytes: usize) {
        self.set(Limit::AfterHead(bytes));
    }

    fn get(&self) -> Limit {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, limit: Limit) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    /// How many bytes of `data` may be written now.
    fn allow(&self, data: &[u8]) -> usize {
        match self.get() {
            Limit::Unlimited => data.len(),
            Limit::Bytes(left) => left.min(data.len()),
            Limit::AfterHead(left) => match data.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(head) => (head + 4 + left).min(data.len()),
                None => data.len(),
            },
        }
    }

    /// `count` bytes of `data` have been written.
    fn written(&self, data: &[u8], count: usize) {
        match self.get() {
            Limit::Unlimited => {}
            Limit::Bytes(left) => self.set(Limit::Bytes(left.saturating_sub(count))),
            Limit::AfterHead(left) => {
                if let Some(head) = data[..count].windows(4).position(|window| window == b"\r\n\r\n") {
                    self.set(Limit::Bytes((head + 4 + left).saturating_sub(count)));
                }
            }
        }
    }
}

impl Connected<IncomingStream<'_, Listener>> for Knife {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        stream.io().knife.clone()
    }
}

/// A listener whose connections can be cut.
#[derive(Debug)]
pub(crate) struct Listener(pub(crate) TcpListener);

impl axum::serve::Listener for Listener {
    type Io = Wire;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = axum::serve::Listener::accept(&mut self.0).await;
        // Replies are small and written whole; waiting to fill packets would only add latency.
        let _ = stream.set_nodelay(true);
        (
            Wire {
                stream,
                knife: Knife(Arc::new(Mutex::new(Limit::Unlimited))),
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    knife: Knife,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let allowed = self.knife.allow(data);
        if allowed == 0 && !data.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let result = Pin::new(&mut self.stream).poll_write(cx, &data[..allowed]);
        if let Poll::Ready(Ok(count)) = result {
            self.knife.written(data, count);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
