//! What stands between the provider and DTS: keys, endpoints, and who answers there.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use terraform_provider_dts::emulator::{Emulator, Options};

use super::body::Body;
use super::{one_error, terraform_block};
use crate::support::{Diagnostic, Outcome, Workspace};

/// Plans something that has to be read, with this provider block.
fn plan(workspace: &Workspace, provider: &str) -> Outcome {
    let precheck = Body::of_data("dts_precheck").set("job_id", r#""j0123456789""#);
    let text = format!(
        "{}provider \"dts\" {{\n  {provider}\n}}\n{}",
        terraform_block(),
        precheck.resource("m")
    );
    workspace.write("main.tf", &text);
    workspace.plan(&[])
}

const KEYS: &str =
    "region = \"cn-hangzhou\"\n  access_key = \"testAccessKeyId\"\n  secret_key = \"testAccessKeySecret\"\n";

#[track_caller]
fn refused(provider: &str, summary: &str, parts: &[&str]) -> Diagnostic {
    let outcome = plan(&Workspace::new(None), provider).fails();
    one_error(&outcome, summary, parts)
}

const UNABLE: &str = "Unable to read the precheck of DTS job j0123456789";

#[test]
fn no_credentials() {
    let error = refused(
        "region = \"cn-hangzhou\"",
        UNABLE,
        &[
            "access_key and secret_key are not set",
            "Set access_key and secret_key, or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ],
    );
    assert_eq!(error.address, "data.dts_precheck.m");
    // The job's id is not to blame.
    assert_eq!(error.code, r#"data "dts_precheck" "m" {"#);
}

#[test]
fn no_region() {
    refused(
        "access_key = \"k\"\n  secret_key = \"s\"",
        "The provider needs a region",
        &["Set `region` in the provider block", "ALIBABA_CLOUD_REGION"],
    );
}

#[test]
fn wrong_keys() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let at = |id: &str, secret: &str| {
        format!(
            "region = \"cn-hangzhou\"\n  access_key = \"{id}\"\n  secret_key = \"{secret}\"\n  endpoint = \"{}\"",
            emulator.url()
        )
    };
    refused(
        &at("anotherKeyId", "testAccessKeySecret"),
        UNABLE,
        &[
            "InvalidAccessKeyId",
            "RequestId",
            "come from access_key and secret_key in the configuration",
        ],
    );
    let error = refused(
        &at("testAccessKeyId", "anotherSecret"),
        UNABLE,
        &[
            "SignatureDoesNotMatch",
            "RequestId",
            "come from access_key and secret_key in the configuration",
        ],
    );
    assert!(!format!("{error:?}").contains("anotherSecret"));
    // The first refusal is the end: nothing is ordered with a key that DTS does not take.
    let calls = emulator.calls();
    assert!(
        calls.iter().all(|call| !crate::support::changes(&call.action)),
        "{calls:?}"
    );
}

#[test]
fn an_endpoint_that_nobody_serves() {
    // Bound and closed again, so that nobody listens there.
    let port = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    refused(
        &format!("{KEYS}  endpoint = \"http://127.0.0.1:{port}\""),
        UNABLE,
        &[
            "cannot be reached",
            &format!("127.0.0.1:{port}"),
            "Check endpoint and region",
        ],
    );
    refused(
        &format!("{KEYS}  endpoint = \"https://dts.invalid\""),
        UNABLE,
        &["cannot be reached", "dts.invalid", "name resolution"],
    );
}

const DEAD_GATEWAY: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: 17\r\nConnection: close\r\n\r\n<html>busy</html>";
const OTHER_ERROR: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 16\r\nConnection: close\r\n\r\n{\"error\":\"oops\"}";
const NOTHING: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const REDIRECT: &str = "HTTP/1.1 302 Found\r\nLocation: https://login.example.com/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Answers every request in the same way.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || reply(stream, answer));
        }
    });
    format!("http://{address}")
}

fn reply(mut stream: TcpStream, answer: &str) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    // Reads to the end of the header; the body fits into the same packets.
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
    // Whoever speaks TLS to it hangs up.
    let _ = stream.write_all(answer.as_bytes());
}

const HTML: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 38\r\nConnection: close\r\n\r\n<html><body>Log in here</body></html>\n";
const OTHER_JSON: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"status\":\"ok\"}";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot found";

#[test]
fn somebody_else_answers() {
    for answer in [HTML, OTHER_JSON, NOT_FOUND] {
        refused(
            &format!("{KEYS}  endpoint = \"{}\"", server(answer)),
            UNABLE,
            &["Something else than DTS answers at this address: check endpoint"],
        );
    }
}

#[test]
fn an_error_of_somebody_who_may_or_may_not_be_dts() {
    for answer in [DEAD_GATEWAY, OTHER_ERROR, NOTHING] {
        let endpoint = server(answer);
        refused(
            &format!("{KEYS}  endpoint = \"{endpoint}\""),
            UNABLE,
            &[
                &format!("{endpoint}/ does not answer as DTS does"),
                "check endpoint",
                "try again later",
                "3 attempts",
            ],
        );
    }
}

#[test]
fn a_redirect() {
    refused(
        &format!("{KEYS}  endpoint = \"{}\"", server(REDIRECT)),
        UNABLE,
        &["a redirect to https://login.example.com/", "check endpoint"],
    );
}

/// Nothing is ordered where nobody answers as DTS does, so there is nothing to look up either.
#[test]
fn nothing_is_bought_of_a_stranger() {
    for answer in [DEAD_GATEWAY, HTML] {
        let text = format!(
            "{}provider \"dts\" {{\n  {KEYS}  endpoint = \"{}\"\n}}\n{}",
            terraform_block(),
            server(answer),
            super::body::bought_first().resource("m"),
        );
        let workspace = Workspace::new(None);
        workspace.write("main.tf", &text);
        let outcome = workspace.apply(&[]).fails();
        one_error(
            &outcome,
            "Unable to buy a DTS instance",
            &["DescribeDtsJobs", "check endpoint"],
        );
    }
}

#[test]
fn https_to_a_port_that_speaks_http() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let endpoint = emulator.url().replace("http://", "https://");
    refused(
        &format!("{KEYS}  endpoint = \"{endpoint}\""),
        UNABLE,
        &["cannot be reached", "no TLS is spoken there", "write http://"],
    );
    assert_eq!(emulator.calls(), []);
}

#[test]
fn a_job_that_is_not_there() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let error = refused(
        &format!("{KEYS}  endpoint = \"{}\"", emulator.url()),
        UNABLE,
        &[
            "InvalidJobId",
            "RequestId",
            "check the id, the region and the endpoint",
        ],
    );
    assert_eq!(error.code, r#"job_id = "j0123456789""#);
}
