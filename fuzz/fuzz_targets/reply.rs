//! Replies: any status, headers and body, read by every call that reads.
#![no_main]

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use terraform_provider_dts::api::context::{Clock, Env, HttpRequest, HttpResponse, Transport, TransportError};
use terraform_provider_dts::api::{Client, Config, Context, CredentialConfig, DescribeDtsJobs, JobRef};
use tokio::time::Instant;

/// Moves on by what it is asked to wait for, at once.
#[derive(Debug)]
struct Leaping {
    begun: Instant,
    slept: Mutex<Duration>,
}

#[async_trait]
impl Clock for Leaping {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn instant(&self) -> Instant {
        self.begun + *self.slept.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.slept.lock().unwrap() += duration;
    }
}

#[derive(Debug)]
struct Empty;

impl Env for Empty {
    fn get(&self, _: &str) -> Option<String> {
        None
    }
}

/// Answers every request with the same.
#[derive(Debug, Default)]
struct Same(Mutex<HttpResponse>);

#[async_trait]
impl Transport for Same {
    async fn send(&self, _: HttpRequest) -> Result<HttpResponse, TransportError> {
        Ok(self.0.lock().unwrap().clone())
    }
}

static TRANSPORT: LazyLock<Arc<Same>> = LazyLock::new(Arc::default);

fn client() -> Client {
    let config = Config {
        region: "cn-hangzhou".to_owned(),
        credentials: CredentialConfig {
            access_key: Some("id".to_owned()),
            secret_key: Some("secret".to_owned().into()),
            ..CredentialConfig::default()
        },
        ..Config::default()
    };
    let clock = Leaping {
        begun: Instant::now(),
        slept: Mutex::default(),
    };
    let context = Context::new(Arc::new(clock), Arc::new(Empty), TRANSPORT.clone());
    Client::new(config, context).expect("the configuration is fine")
}

/// Lines of `name: value` up to an empty line, and the body after it; without an empty line all is the body.
fn split(data: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let Some(end) = data.windows(2).position(|pair| pair == b"\n\n") else {
        return (Vec::new(), data);
    };
    let head = String::from_utf8_lossy(&data[..end]);
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    (headers.collect(), &data[end + 2..])
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let (headers, body) = split(rest);
    let status = [200, 400, 403, 404, 429, 500, 503][usize::from(*first) % 7];
    *TRANSPORT.0.lock().unwrap() = HttpResponse {
        status,
        headers,
        body: body.to_vec(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let client = client();
        let job = JobRef::job("j");
        let _ = format!("{:?}", client.describe_dts_job_detail(&job).await);
        let _ = format!("{:?}", client.describe_dts_jobs(&DescribeDtsJobs::default()).await);
    });
});
