//! Calls of DTS behind Terraform's back, signed by the tests' own hand.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value as Json;
use terraform_provider_dts::emulator::Emulator;

use crate::emulator::client::{canonical, v1_signature};

/// Of all tests: connections live as long as the runtime that they were made in.
pub(crate) static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
});

static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap()
});

/// Calls an action of the emulator at `url`; it has to go well.
pub(crate) fn call(url: &str, action: &str, params: &[(&str, &str)]) -> Json {
    static NONCE: AtomicU64 = AtomicU64::new(0);
    let nonce = format!("behind-{}", NONCE.fetch_add(1, Ordering::Relaxed));
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut pairs: Vec<(String, String)> = [
        ("Action", action),
        ("Version", "2020-01-01"),
        ("Format", "json"),
        ("AccessKeyId", "testAccessKeyId"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", &nonce),
        ("Timestamp", &time),
    ]
    .iter()
    .chain(params)
    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
    .collect();
    let signature = v1_signature("POST", "testAccessKeySecret", &pairs);
    pairs.push(("Signature".to_owned(), signature));
    let text = RUNTIME.block_on(async {
        let response = HTTP.post(url).body(canonical(&pairs)).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert_eq!(status, 200, "{action}: {text}");
        text
    });
    serde_json::from_str(&text).unwrap()
}

/// The actions that were called since and change something.
pub(crate) fn changing_calls(emulator: &Emulator, since: usize) -> Vec<String> {
    let calls = emulator.calls().into_iter().skip(since);
    calls
        .map(|call| call.action)
        .filter(|action| crate::support::changes(action))
        .collect()
}
