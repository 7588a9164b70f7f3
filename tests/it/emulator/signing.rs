//! Signatures, times and nonces, in both versions.

use serde_json::Value;

use super::client::{Bench, Reply, canonical, v1_signature, v3_authorization};

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The tests' signer is right by the official SDK's vectors, so what it proves of the emulator holds.
#[test]
fn the_tests_own_signer_agrees_with_the_vectors() {
    let v1 = pairs(&[
        ("Action", "DescribeDtsJobDetail"),
        ("Format", "json"),
        ("Version", "2020-01-01"),
        ("Timestamp", "2026-01-02T03:04:05Z"),
        ("SignatureNonce", "0000000000000000000000000000000a"),
        ("DtsJobId", "w4rg4pj41690001"),
        ("RegionId", "cn-hangzhou"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("AccessKeyId", "testAccessKeyId"),
    ]);
    assert_eq!(
        v1_signature("POST", "testAccessKeySecret", &v1),
        "NqWOdsE4GfPQRxTwofhc8Bn3gWc="
    );

    let query = pairs(&[("DtsJobId", "w4rg4pj41690001"), ("RegionId", "cn-hangzhou")]);
    let headers = pairs(&[
        ("accept", "application/json"),
        ("host", "dts.cn-hangzhou.aliyuncs.com"),
        ("user-agent", "dts-test-vector/1.0"),
        ("x-acs-action", "DescribeDtsJobDetail"),
        (
            "x-acs-content-sha256",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        ("x-acs-credentials-provider", "static_ak"),
        ("x-acs-date", "2026-01-02T03:04:05Z"),
        ("x-acs-signature-nonce", "0000000000000000000000000000000a"),
        ("x-acs-version", "2020-01-01"),
    ]);
    let authorization = v3_authorization("testAccessKeyId", "testAccessKeySecret", &query, &headers);
    assert!(
        authorization
            .ends_with(",Signature=e95cd4d24217a89b4aa98afec9dcc54684677fbe3f5abe35a801b8aa59f86f55"),
        "{authorization}"
    );
}

fn v3(bench: &Bench, id: &str, secret: &str, nonce: &str, time: &str, action: &str) -> Reply {
    let host = bench.emulator.url().replace("http://", "");
    let headers = pairs(&[
        ("host", &host),
        ("x-acs-action", action),
        (
            "x-acs-content-sha256",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        ("x-acs-date", time),
        ("x-acs-signature-nonce", nonce),
        ("x-acs-version", "2020-01-01"),
    ]);
    let query = pairs(&[("JobType", "SYNC"), ("DtsJobId", "it's a *test* ~ é")]);
    let url = format!(
        "{}/?{}",
        bench.emulator.url(),
        canonical(&query).replace("%20", "+")
    );
    let mut request = bench.http().post(url);
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let authorization = v3_authorization(id, secret, &query, &headers);
    bench
        .send(request.header("authorization", authorization))
        .unwrap()
}

fn code(reply: &Reply) -> (u16, &str) {
    (reply.0, reply.1["Code"].as_str().unwrap_or_default())
}

#[test]
fn a_v3_request_is_verified_as_received() {
    let bench = Bench::immediate();
    let (id, secret, time, action) = (
        "testAccessKeyId",
        "testAccessKeySecret",
        &bench.time(),
        "DescribeDtsJobs",
    );
    let good = v3(&bench, id, secret, "n1", time, action);
    assert_eq!((good.0, &good.1["TotalRecordCount"]), (200, &Value::from(0)));
    let table = [
        (
            v3(&bench, id, secret, "n1", time, action),
            (400, "SignatureNonceUsed"),
        ),
        (
            v3(&bench, "nobody", secret, "n2", time, action),
            (404, "InvalidAccessKeyId.NotFound"),
        ),
        (
            v3(&bench, id, "wrong", "n3", time, action),
            (400, "SignatureDoesNotMatch"),
        ),
        (
            v3(&bench, id, secret, "n4", "2001-01-01T00:00:00Z", action),
            (400, "InvalidTimeStamp.Expired"),
        ),
        (
            v3(&bench, id, secret, "n5", "now", action),
            (400, "InvalidTimeStamp.Format"),
        ),
        (
            v3(&bench, id, secret, "n6", time, "NoSuchAction"),
            (404, "InvalidAction.NotFound"),
        ),
    ];
    for (reply, expected) in &table {
        assert_eq!(code(reply), *expected, "{}", reply.1);
    }
    let signatures: Vec<_> = bench
        .emulator
        .calls()
        .into_iter()
        .map(|call| call.signature)
        .collect();
    assert_eq!(signatures, ["v3"; 7]);
}

/// Sends V1 parameters after a change to them, with a signature that is right or not.
fn v1(bench: &Bench, change: impl Fn(&mut Vec<(String, String)>), secret: &str, get: bool) -> Reply {
    let mut pairs = bench.v1_pairs("DescribeDtsJobs", &[("Params", "a b*~/+é")]);
    change(&mut pairs);
    let signature = v1_signature(if get { "GET" } else { "POST" }, secret, &pairs);
    pairs.push(("Signature".to_owned(), signature));
    let url = bench.emulator.url();
    let request = if get {
        bench.http().get(format!("{url}/?{}", canonical(&pairs)))
    } else {
        bench
            .http()
            .post(format!("{url}/?{}", canonical(&pairs[..4])))
            .body(canonical(&pairs[4..]))
    };
    bench.send(request).unwrap()
}

#[test]
fn a_v1_request_is_verified_wherever_its_parameters_travel() {
    let bench = Bench::immediate();
    let secret = "testAccessKeySecret";
    assert_eq!(v1(&bench, |_| (), secret, true).0, 200);
    assert_eq!(v1(&bench, |_| (), secret, false).0, 200);
    let set = |name: &'static str, value: &'static str| {
        move |pairs: &mut Vec<(String, String)>| {
            pairs.retain(|(known, _)| known != name);
            if !value.is_empty() {
                pairs.push((name.to_owned(), value.to_owned()));
            }
        }
    };
    let table = [
        (v1(&bench, |_| (), "wrong", false), (400, "SignatureDoesNotMatch")),
        (
            v1(&bench, set("AccessKeyId", "nobody"), secret, false),
            (404, "InvalidAccessKeyId.NotFound"),
        ),
        (
            v1(&bench, set("AccessKeyId", ""), secret, false),
            (400, "MissingAccessKeyId"),
        ),
        (
            v1(&bench, set("SignatureNonce", ""), secret, false),
            (400, "MissingSignatureNonce"),
        ),
        (
            v1(&bench, set("SignatureMethod", "HMAC-SHA256"), secret, false),
            (400, "InvalidSignatureMethod"),
        ),
        (
            v1(&bench, set("Timestamp", "2001-01-01T00:00:00Z"), secret, false),
            (400, "InvalidTimeStamp.Expired"),
        ),
        (
            v1(&bench, set("Timestamp", "1767323045"), secret, false),
            (400, "InvalidTimeStamp.Format"),
        ),
        (
            v1(&bench, set("Action", ""), secret, false),
            (400, "MissingAction"),
        ),
        (
            v1(&bench, set("Action", "DropEverything"), secret, false),
            (404, "InvalidAction.NotFound"),
        ),
        (
            v1(&bench, set("Version", "2018-08-01"), secret, false),
            (400, "InvalidVersion"),
        ),
        (
            v1(&bench, set("SignatureNonce", "once"), secret, false),
            (200, ""),
        ),
        (
            v1(&bench, set("SignatureNonce", "once"), secret, false),
            (400, "SignatureNonceUsed"),
        ),
    ];
    for (reply, expected) in &table {
        assert_eq!(code(reply), *expected, "{}", reply.1);
    }
    let mismatch = &table[0].0.1;
    for member in ["RequestId", "HostId", "Code", "Message", "Recommend"] {
        assert!(mismatch[member].is_string(), "{mismatch}");
    }
}

#[test]
fn other_methods_and_paths_are_refused() {
    let bench = Bench::immediate();
    let url = bench.emulator.url();
    let delete = bench.send(bench.http().delete(&url)).unwrap();
    assert_eq!(code(&delete), (405, "UnsupportedHTTPMethod"));
    let elsewhere = bench.send(bench.http().post(format!("{url}/api"))).unwrap();
    assert_eq!(elsewhere.0, 404);
}
