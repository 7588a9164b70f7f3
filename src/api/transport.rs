//! HTTP by reqwest. The client is built at the first request, because a provider process must start in milliseconds and
//! often has nothing to send.

use std::error::Error as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, Request, Url};

use super::context::{Connection, HttpRequest, HttpResponse, Sent, Transport, TransportError};
use super::endpoint::is_loopback;

/// An idle connection is given up before servers usually do, so that a write is not sent into one that just closed and
/// then counts as perhaps executed.
const IDLE: Duration = Duration::from_secs(5);

/// Largest answer that is read.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Sends each request once, follows no redirect, and goes through the proxy of the environment except to this machine.
#[derive(Debug, Default)]
pub(super) struct HttpTransport {
    connection: Connection,
    direct: OnceLock<Client>,
    proxied: OnceLock<Client>,
}

impl HttpTransport {
    fn client(&self, direct: bool) -> Result<&Client, TransportError> {
        let cell = if direct { &self.direct } else { &self.proxied };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let Connection {
            connect_timeout,
            read_timeout,
            ca_bundle,
        } = &self.connection;
        let mut builder = Client::builder()
            .connect_timeout(*connect_timeout)
            .timeout(*read_timeout)
            .pool_idle_timeout(IDLE)
            .redirect(Policy::none())
            .retry(reqwest::retry::never());
        if direct {
            builder = builder.no_proxy();
        }
        if let Some(file) = ca_bundle {
            builder = builder.tls_certs_merge(certificates(file)?);
        }
        let client = builder.build().map_err(|cause| not_sent(&cause))?;
        Ok(cell.get_or_init(|| client))
    }
}

/// The certificates in a PEM file. It is small and read once.
fn certificates(file: &Path) -> Result<Vec<Certificate>, TransportError> {
    let refuse = |problem: String| TransportError {
        sent: Sent::No,
        message: format!("ca_bundle {} {problem}", file.display()),
        advice: Some(CA_BUNDLE),
    };
    let text = std::fs::read(file).map_err(|cause| refuse(format!("cannot be read: {cause}")))?;
    match Certificate::from_pem_bundle(&text) {
        Ok(certificates) if certificates.is_empty() => Err(refuse("holds no certificate".to_owned())),
        Ok(certificates) => Ok(certificates),
        Err(_) => Err(refuse("is not a list of certificates in PEM".to_owned())),
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let invalid = |what: String| TransportError {
            sent: Sent::No,
            message: what,
            advice: None,
        };
        let mut url = Url::parse(&request.url).map_err(|cause| invalid(format!("bad URL: {cause}")))?;
        if !request.query.is_empty() {
            url.set_query(Some(&request.query));
        }
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| invalid(format!("bad method {}", request.method)))?;
        let client = self.client(request.direct || url.host_str().is_some_and(is_loopback))?;
        let timeout = request.timeout.unwrap_or(self.connection.read_timeout);
        let mut http = Request::new(method, url);
        *http.timeout_mut() = request.timeout;
        for (name, value) in &request.headers {
            let value = value
                .parse()
                .map_err(|_| invalid(format!("header {name} holds a control character")))?;
            http.headers_mut().insert(*name, value);
        }
        *http.body_mut() = Some(request.body.into());
        let response = client
            .execute(http)
            .await
            .map_err(|cause| classify(&cause, timeout))?;
        read(response, timeout).await
    }

    fn with(&self, connection: &Connection) -> Option<Arc<dyn Transport>> {
        (self.connection != *connection).then(|| {
            Arc::new(HttpTransport {
                connection: connection.clone(),
                ..HttpTransport::default()
            }) as Arc<dyn Transport>
        })
    }
}

/// For a certificate that nobody here trusts.
const UNTRUSTED: &str = "If it is the right server, give the certificate of who issued it: ca_bundle, a PEM file. Else check endpoint, and any \
     proxy on the way.";

/// For a file of certificates that does not serve.
const CA_BUNDLE: &str = "Set ca_bundle (or DTS_CA_BUNDLE in the environment) to a PEM file of certificates.";

async fn read(mut response: reqwest::Response, timeout: Duration) -> Result<HttpResponse, TransportError> {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|cause| maybe_sent(&cause, timeout))?
    {
        if body.len() + chunk.len() > MAX_BODY {
            let message = format!("the answer is larger than {} MiB", MAX_BODY / 1024 / 1024);
            return Err(TransportError {
                sent: Sent::Maybe,
                message,
                advice: None,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse {
        status,
        headers,
        body,
    })
}

/// Only a failure to connect is certain to have sent nothing.
fn classify(cause: &reqwest::Error, timeout: Duration) -> TransportError {
    if cause.is_connect() || cause.is_builder() {
        not_sent(cause)
    } else {
        maybe_sent(cause, timeout)
    }
}

fn not_sent(cause: &reqwest::Error) -> TransportError {
    TransportError {
        sent: Sent::No,
        message: describe(cause),
        advice: is_untrusted(cause).then_some(UNTRUSTED),
    }
}

fn maybe_sent(cause: &reqwest::Error, timeout: Duration) -> TransportError {
    let message = if cause.is_timeout() {
        format!("no complete answer within {} s", timeout.as_secs_f64())
    } else {
        describe(cause)
    };
    TransportError {
        sent: Sent::Maybe,
        message,
        advice: None,
    }
}

/// The innermost causes, where the reason is; reqwest's own line holds only the URL.
fn describe(cause: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = cause.source();
    while let Some(cause) = next {
        let text = tls_problem(cause).unwrap_or_else(|| cause.to_string());
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        next = cause.source();
    }
    if parts.is_empty() {
        "the request failed".to_owned()
    } else {
        parts.join(": ")
    }
}

/// Whether the server's certificate was refused.
fn is_untrusted(cause: &reqwest::Error) -> bool {
    let mut next = cause.source();
    while let Some(cause) = next {
        if matches!(tls_error(cause), Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        next = cause.source();
    }
    false
}

/// What went wrong with TLS, in words that say so: rustls names only the message that did not fit.
fn tls_problem(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    match tls_error(cause)? {
        rustls::Error::InvalidMessage(_) => Some(
            "no TLS is spoken there (if it is a plain http port, write http:// instead of https://)"
                .to_owned(),
        ),
        other => Some(format!("TLS: {other}")),
    }
}

fn tls_error<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    // It comes as an I/O error in an I/O error.
    match cause.downcast_ref::<std::io::Error>() {
        Some(outer) => tls_error(outer.get_ref()?),
        None => cause.downcast_ref::<rustls::Error>(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn request(url: String) -> HttpRequest {
        HttpRequest {
            method: "POST",
            url,
            headers: vec![("user-agent", "test".into())],
            body: "a=hunter2".into(),
            ..HttpRequest::default()
        }
    }

    /// A server of one connection that answers with `answer` once the request's body is there.
    async fn serve(answer: Vec<u8>) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"a=hunter2") {
                let mut buffer = [0; 4096];
                let count = stream.read(&mut buffer).await.unwrap();
                assert_ne!(count, 0, "the request ended early");
                request.extend_from_slice(&buffer[..count]);
            }
            // The client may close first, when it has read enough.
            let _ = stream.write_all(&answer).await;
            String::from_utf8(request).unwrap()
        });
        (url, task)
    }

    async fn check(answer: &[u8], expected: Result<(u16, &str), Sent>) {
        let (url, server) = serve(answer.to_vec()).await;
        match (HttpTransport::default().send(request(url)).await, expected) {
            (Ok(response), Ok((status, body))) => {
                assert_eq!(
                    (response.status, String::from_utf8_lossy(&response.body).as_ref()),
                    (status, body)
                );
            }
            (Err(error), Err(sent)) => {
                assert_eq!(error.sent, sent, "{error:?}");
                assert!(!format!("{error:?}").contains("hunter2"));
            }
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
        assert!(server.await.unwrap().starts_with("POST / HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn any_status_is_an_answer_and_redirects_are_not_followed() {
        check(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", Ok((200, "{}"))).await;
        check(
            b"HTTP/1.1 503 No\r\ncontent-length: 4\r\n\r\nbusy",
            Ok((503, "busy")),
        )
        .await;
        let redirect = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        check(redirect, Ok((302, ""))).await;
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_may_have_been_executed() {
        check(b"", Err(Sent::Maybe)).await;
        check(
            b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"Succ",
            Err(Sent::Maybe),
        )
        .await;
    }

    #[tokio::test]
    async fn an_endless_answer_is_given_up() {
        let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        answer.resize(MAX_BODY + 100, b' ');
        check(&answer, Err(Sent::Maybe)).await;
    }

    #[tokio::test]
    async fn a_refused_connection_sent_nothing() {
        // Bound and dropped: nobody listens there.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let error = HttpTransport::default().send(request(url)).await.unwrap_err();
        assert_eq!(error.sent, Sent::No, "{error:?}");
        assert!(error.message.to_lowercase().contains("refused"), "{error:?}");
    }

    #[tokio::test]
    async fn a_failed_tls_handshake_sent_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { drop(listener.accept().await.unwrap()) });
        let error = HttpTransport::default().send(request(url)).await.unwrap_err();
        assert_eq!(error.sent, Sent::No, "{error:?}");
        server.await.unwrap();
    }

    #[tokio::test]
    async fn what_cannot_be_a_request_is_not_sent() {
        for bad in [
            HttpRequest {
                url: "no url".into(),
                ..request(String::new())
            },
            HttpRequest {
                method: "P OST",
                ..request("http://127.0.0.1:1/".into())
            },
            HttpRequest {
                headers: vec![("user-agent", "a\nb".into())],
                ..request("http://127.0.0.1:1/".into())
            },
        ] {
            let error = HttpTransport::default().send(bad).await.unwrap_err();
            assert_eq!(error.sent, Sent::No, "{error:?}");
        }
    }

    #[tokio::test]
    async fn timeouts_are_those_of_the_connection_or_the_request() {
        // Listens, and never answers.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let connection = Connection {
            read_timeout: Duration::from_millis(50),
            ..Connection::default()
        };
        let transport = HttpTransport::default();
        assert!(transport.with(&Connection::default()).is_none());
        let transport = transport.with(&connection).unwrap();
        let error = transport.send(request(url.clone())).await.unwrap_err();
        assert_eq!(
            (error.sent, &*error.message),
            (Sent::Maybe, "no complete answer within 0.05 s")
        );
        let shorter = HttpRequest {
            timeout: Some(Duration::from_millis(20)),
            ..request(url)
        };
        let error = transport.send(shorter).await.unwrap_err();
        assert_eq!(error.message, "no complete answer within 0.02 s");
    }

    #[tokio::test]
    async fn a_query_is_sent_as_it_was_signed() {
        let (url, server) = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
        let query = "A=it%27s%20a%20%2Ftest~&B=";
        let asked = HttpRequest {
            query: query.to_owned(),
            ..request(url)
        };
        HttpTransport::default().send(asked).await.unwrap();
        let seen = server.await.unwrap();
        assert!(
            seen.starts_with(&format!("POST /?{query} HTTP/1.1\r\n")),
            "{seen}"
        );
    }
}
