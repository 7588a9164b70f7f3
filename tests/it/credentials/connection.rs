//! How DTS is reached: signatures, proxies, certificates, timeouts, and a clock that is off.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use jiff::Timestamp;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use terraform_provider_dts::emulator::{Emulator, Options};

use super::server::{Answer, Request, Server};
use super::{Bed, assert_no_secret};
use crate::support::bench::{bought_first, job_on_instance};
use crate::support::{Workspace, assert_nothing_paid_for};

const KEYS: &str = "access_key = \"testAccessKeyId\"\n  secret_key = \"testAccessKeySecret\"";

#[test]
fn a_whole_flow_with_the_newer_signature() {
    let bed = Bed::new();
    let provider = format!(
        "{KEYS}\n  region = \"cn-hangzhou\"\n  security_token = \"t+/=hunter2\"\n  signature_version = \"v3\""
    );
    let body = [
        job_on_instance("MIGRATION", "db_list = null"),
        bought_first("MIGRATION", ""),
    ]
    .concat();
    bed.configure(&provider, &body);
    let outcome = bed.workspace.apply(&[]).ok();
    assert_no_secret(&outcome);
    bed.workspace.assert_plan_is_empty();
    let calls = bed.emulator.calls();
    assert!(calls.iter().any(|call| call.action == "ConfigureDtsJob"));
    for call in &calls {
        assert_eq!((&*call.signature, call.status), ("v3", 200), "{call:?}");
    }
    assert_no_secret(&bed.workspace.destroy().ok());
    assert_nothing_paid_for(&bed.emulator);
    // As the environment has it.
    let bed = Bed::with(&[("DTS_SIGNATURE_VERSION", "v3")]);
    bed.reaches_dts(KEYS);
    assert!(bed.emulator.calls().iter().all(|call| call.signature == "v3"));
    let bed = Bed::with(&[("DTS_SIGNATURE_VERSION", "v2")]);
    let outcome = bed.read(KEYS).fails();
    let error = outcome.error("Invalid signature_version");
    assert!(error.detail.contains("DTS_SIGNATURE_VERSION"), "{error:?}");
}

/// A name that no resolver knows, as a proxy's client may use it.
const NAME: &str = "dts.proxied.test";

/// A proxy that leads every request to `target`, and remembers the first line of each.
fn proxy(target: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (target, log) = (target.clone(), Arc::clone(&log));
            thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                let Some(request) = Request::read(&mut reader) else {
                    return;
                };
                log.lock()
                    .unwrap()
                    .push(format!("{} {}", request.method, request.target));
                let mut upstream = TcpStream::connect(&target).unwrap();
                let mut client = reader.into_inner();
                if request.method == "CONNECT" {
                    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                } else {
                    let path = request.target.splitn(4, '/').nth(3).unwrap_or_default();
                    let headers: String = request
                        .headers
                        .iter()
                        .filter(|(name, _)| !name.starts_with("proxy-") && name != "connection")
                        .map(|(name, value)| format!("{name}: {value}\r\n"))
                        .collect();
                    let text = format!(
                        "{} /{path} HTTP/1.1\r\n{headers}connection: close\r\n\r\n{}",
                        request.method, request.body
                    );
                    upstream.write_all(text.as_bytes()).unwrap();
                }
                let (mut from, mut to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
                let _ = std::io::copy(&mut upstream, &mut client);
                let _ = client.shutdown(Shutdown::Both);
            });
        }
    });
    (url, seen)
}

/// Where TLS ends in front of `target`, with a certificate of its own for [`NAME`]: address, certificate.
fn tls(target: String) -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, target) = (Arc::clone(&config), target.clone());
            thread::spawn(move || {
                let connection = ServerConnection::new(config).unwrap();
                let mut tls = StreamOwned::new(connection, stream);
                // One request for each connection: enough, and no second thread on one TLS session.
                let mut text = Vec::new();
                let mut buffer = [0; 4096];
                let complete = |text: &[u8]| {
                    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
                    text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                        let length = head
                            .lines()
                            .find_map(|line| line.strip_prefix("content-length: "));
                        body.len() >= length.map_or(0, |length| length.parse().unwrap())
                    })
                };
                while !complete(&text) {
                    match tls.read(&mut buffer) {
                        Ok(0) | Err(_) => return,
                        Ok(read) => text.extend_from_slice(&buffer[..read]),
                    }
                }
                let mut upstream = TcpStream::connect(&target).unwrap();
                let at = text.windows(2).position(|end| end == b"\r\n").unwrap() + 2;
                text.splice(at..at, *b"connection: close\r\n");
                upstream.write_all(&text).unwrap();
                let _ = std::io::copy(&mut upstream, &mut tls);
                tls.conn.send_close_notify();
                let _ = tls.flush();
            });
        }
    });
    (address, cert.pem())
}

fn address(emulator: &Emulator) -> String {
    emulator.url().replace("http://", "")
}

/// The keys, and leave to call any endpoint.
fn insecure(more: &str) -> String {
    format!("{KEYS}\n  insecure = true\n  {more}")
}

#[test]
fn a_proxy_of_the_environment() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let (url, seen) = proxy(address(&emulator));
    let bed = Bed {
        emulator,
        workspace: Workspace::new(None)
            .with_env("HTTP_PROXY", &url)
            .with_env("TF_LOG_PROVIDER", "TRACE"),
    };
    // Not to this machine itself.
    bed.reaches_dts(KEYS);
    assert_eq!(*seen.lock().unwrap(), [""; 0]);
    let outcome = bed.read_at(&format!("http://{NAME}"), &insecure("")).fails();
    assert!(
        outcome.errors()[0].detail.contains("InvalidJobId"),
        "{}",
        outcome.report()
    );
    assert_eq!(*seen.lock().unwrap(), [format!("POST http://{NAME}/")]);
    assert_no_secret(&outcome);

    // Nor to where the environment says not to: the name is not known.
    let bed = Bed {
        workspace: bed.workspace.with_env("NO_PROXY", ".proxied.test"),
        ..bed
    };
    let outcome = bed.read_at(&format!("http://{NAME}"), &insecure("")).fails();
    assert!(
        outcome.errors()[0].detail.contains("cannot be reached"),
        "{}",
        outcome.report()
    );
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[test]
fn a_certificate_of_ones_own() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let (tls, certificate) = tls(address(&emulator));
    let (url, seen) = proxy(tls);
    let bed = Bed {
        emulator,
        workspace: Workspace::new(None).with_env("HTTPS_PROXY", &url),
    };
    let endpoint = format!("https://{NAME}");
    let outcome = bed.read_at(&endpoint, &insecure("")).fails();
    let detail = &outcome.errors()[0].detail;
    for part in [
        "cannot be reached",
        "invalid peer certificate",
        "ca_bundle, a PEM file",
    ] {
        assert!(detail.contains(part), "{}", outcome.report());
    }
    // Refused is refused: it is not tried again.
    assert_eq!(*seen.lock().unwrap(), [format!("CONNECT {NAME}:443")]);

    let file = bed.file("ca.pem", &certificate);
    for scheme in ["v1", "v3"] {
        let more = format!("ca_bundle = \"{file}\"\n  signature_version = \"{scheme}\"");
        let outcome = bed.read_at(&endpoint, &insecure(&more)).fails();
        assert!(
            outcome.errors()[0].detail.contains("InvalidJobId"),
            "{}",
            outcome.report()
        );
    }
    let empty = bed.file("empty.pem", "nothing");
    for (file, part) in [
        (empty.as_str(), "holds no certificate"),
        ("no-such-file", "cannot be read: No such file"),
    ] {
        let outcome = bed
            .read_at(&endpoint, &insecure(&format!("ca_bundle = \"{file}\"")))
            .fails();
        let detail = &outcome.errors()[0].detail;
        assert!(
            detail.contains(part) && detail.contains("Set ca_bundle"),
            "{}",
            outcome.report()
        );
    }
}

#[test]
fn a_clock_that_is_off() {
    let later = || Timestamp::now() + jiff::SignedDuration::from_mins(20);
    let bed = Bed {
        emulator: Emulator::start_with_clock(Options::default(), later).unwrap(),
        ..Bed::new()
    };
    let outcome = bed.read(KEYS).fails();
    let detail = &outcome.errors()[0].detail;
    assert!(
        detail.contains("InvalidTimeStamp.Expired") && detail.contains("The clock of this machine is wrong"),
        "{}",
        outcome.report()
    );
    // Where the answer is dated, it is said how far.
    let dated = Server::start(|_| {
        let now = Timestamp::now() + jiff::SignedDuration::from_mins(20);
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT");
        Answer {
            headers: format!("Date: {date}\r\n"),
            ..Answer::new(
                400,
                "{\"RequestId\":\"R\",\"Code\":\"InvalidTimeStamp.Expired\",\"Message\":\"no.\"}",
            )
        }
    });
    let outcome = Bed::new().read_at(&dated.url, KEYS).fails();
    let detail = &outcome.errors()[0].detail;
    assert!(
        detail.contains("This machine's clock is 20 minutes behind the server's."),
        "{}",
        outcome.report()
    );
}
