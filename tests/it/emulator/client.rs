//! A small client of the tests' own: it signs, sends, and gives back status and JSON.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use terraform_provider_dts::emulator::{Emulator, Lifecycle, Options};

use super::catalogue;

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// `a=b&c=d`, sorted and encoded as signatures want it, which is a valid query as well.
pub(crate) fn canonical(pairs: &[(String, String)]) -> String {
    let mut pairs = pairs.to_vec();
    pairs.sort();
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

pub(crate) fn v1_signature(method: &str, secret: &str, pairs: &[(String, String)]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).unwrap();
    mac.update(format!("{method}&%2F&{}", encode(&canonical(pairs))).as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The V3 authorization of a request without a body; `headers` in lower case.
pub(super) fn v3_authorization(
    id: &str,
    secret: &str,
    query: &[(String, String)],
    headers: &[(String, String)],
) -> String {
    let mut headers = headers.to_vec();
    headers.sort();
    let signed = headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect::<Vec<_>>()
        .join(";");
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let request = format!(
        "POST\n/\n{}\n{lines}\n{signed}\n{}",
        canonical(query),
        hex(&Sha256::digest(b""))
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(request))).as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders={signed},Signature={signature}")
}

/// An emulator whose clock the test holds, and a client of it.
pub(super) struct Bench {
    pub(super) emulator: Emulator,
    seconds: Arc<AtomicI64>,
    nonce: Cell<u64>,
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
}

/// Parameters of a call.
pub(super) type Params<'a> = Vec<(&'a str, &'a str)>;

/// Parameters that differ from a call that goes well, for [`with`].
pub(super) type Changes<'a> = &'a [(&'a str, &'a str)];

/// A call that is refused: what differs, and status and code of the refusal.
pub(super) type Refused<'a> = (Changes<'a>, u16, &'a str);

/// A reply: status, and the body where it is JSON.
pub(super) type Reply = (u16, Value);

impl Bench {
    pub(super) fn new(lifecycle: &str, fixtures: Option<Value>) -> Self {
        let seconds = Arc::new(AtomicI64::new(1_767_323_045));
        let time = Arc::clone(&seconds);
        let lifecycle = lifecycle.parse::<Lifecycle>().unwrap();
        let options = Options {
            lifecycle,
            fixtures,
            ..Options::default()
        };
        let clock = move || Timestamp::from_second(time.load(Ordering::SeqCst)).unwrap();
        Self {
            emulator: Emulator::start_with_clock(options, clock).unwrap(),
            seconds,
            nonce: Cell::new(0),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            http: reqwest::Client::builder()
                .no_proxy()
                .tls_certs_only([])
                .build()
                .unwrap(),
        }
    }

    pub(super) fn immediate() -> Self {
        Self::new("immediate", None)
    }

    /// Lets time pass.
    pub(super) fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) fn time(&self) -> String {
        let now = Timestamp::from_second(self.seconds.load(Ordering::SeqCst)).unwrap();
        now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    pub(super) fn next_nonce(&self) -> String {
        self.nonce.set(self.nonce.get() + 1);
        format!("nonce-{}", self.nonce.get())
    }

    /// The parameters of a V1 request, all but the signature.
    pub(super) fn v1_pairs(&self, action: &str, params: &[(&str, &str)]) -> Vec<(String, String)> {
        let (time, nonce) = (self.time(), self.next_nonce());
        [
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
        .collect()
    }

    /// Calls an action, V1-signed, everything in the form.
    pub(super) fn call(&self, action: &str, params: &[(&str, &str)]) -> Reply {
        self.try_call(action, params).unwrap()
    }

    /// As [`Bench::call`], where the connection may be cut.
    pub(super) fn try_call(&self, action: &str, params: &[(&str, &str)]) -> Result<Reply, reqwest::Error> {
        let mut pairs = self.v1_pairs(action, params);
        let signature = v1_signature("POST", "testAccessKeySecret", &pairs);
        pairs.push(("Signature".to_owned(), signature));
        self.send(self.http.post(self.emulator.url()).body(canonical(&pairs)))
    }

    /// The client for requests of other shapes.
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(super) fn send(&self, request: reqwest::RequestBuilder) -> Result<Reply, reqwest::Error> {
        self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let text = response.text().await?;
            Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
        })
    }

    pub(super) fn response(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        self.runtime.block_on(request.send()).unwrap()
    }

    /// The body of a call that has to go well.
    pub(super) fn ok(&self, action: &str, params: &[(&str, &str)]) -> Value {
        let (status, body) = self.call(action, params);
        assert_eq!(status, 200, "{action}: {body}");
        assert!(
            body["Success"] == true || body["Success"] == "true",
            "{action}: {body}"
        );
        catalogue::check(action, &body);
        body
    }

    /// As [`Bench::ok`], for the few actions whose replies have no `Success`.
    pub(super) fn ok_bare(&self, action: &str, params: &[(&str, &str)]) -> Value {
        let (status, body) = self.call(action, params);
        assert_eq!((status, body.get("Success")), (200, None), "{action}: {body}");
        catalogue::check(action, &body);
        body
    }

    /// The status and code of a call that has to be refused.
    pub(super) fn refused(&self, action: &str, params: &[(&str, &str)]) -> (u16, String) {
        let (status, body) = self.call(action, params);
        assert!(body.get("Success").is_none(), "{action}: {body}");
        (
            status,
            body["Code"]
                .as_str()
                .unwrap_or_else(|| panic!("{action}: {body}"))
                .to_owned(),
        )
    }

    /// Buys an instance of a type; gives back its id and its job's.
    pub(super) fn buy(&self, kind: &str) -> (String, String) {
        let body = self.ok("CreateDtsInstance", &purchase(kind));
        (text(&body, "InstanceId"), text(&body, "JobId"))
    }

    /// Buys an instance for a job.
    pub(super) fn buy_for(&self, job: &str, auto_start: bool) -> String {
        let auto_start = if auto_start { "true" } else { "false" };
        let body = self.ok(
            "CreateDtsInstance",
            &[
                ("JobId", job),
                ("AutoStart", auto_start),
                ("PayType", "PostPaid"),
                ("InstanceClass", "small"),
            ],
        );
        assert_eq!(body["JobId"], job);
        text(&body, "InstanceId")
    }

    /// Configures a job and gives back its id.
    pub(super) fn configure(&self, changes: &[(&str, &str)]) -> String {
        text(
            &self.ok("ConfigureDtsJob", &with(&configuration(), changes)),
            "DtsJobId",
        )
    }

    /// Buys, configures and starts a subscription; gives back its instance and its job.
    pub(super) fn subscribe(&self) -> (String, String) {
        let (instance, job) = self.buy("SUBSCRIBE");
        let id = ("DtsInstanceId", instance.as_str());
        self.ok("ConfigureSubscription", &with(&subscription(), &[id]));
        self.ok("StartDtsJob", &[id]);
        (instance, job)
    }

    /// Buys and configures a synchronization, which runs.
    pub(super) fn synchronize(&self) -> (String, String) {
        let (instance, job) = self.buy("SYNC");
        self.configure(&[
            ("DtsInstanceId", &instance),
            ("JobType", "SYNC"),
            ("DataSynchronization", "true"),
        ]);
        (instance, job)
    }

    /// The states that a job shows in as many describes.
    pub(super) fn statuses(&self, job: &str, count: usize) -> Vec<String> {
        (0..count).map(|_| self.status(job)).collect()
    }

    /// The detail of a job.
    pub(super) fn detail(&self, job: &str) -> Value {
        self.ok("DescribeDtsJobDetail", &[("DtsJobId", job)])
    }

    /// The entry of a job in the list of its type.
    pub(super) fn entry(&self, kind: &str, job: &str) -> Value {
        self.ok("DescribeDtsJobs", &[("JobType", kind), ("DtsJobId", job)])["DtsJobList"][0].clone()
    }

    /// The state of a job.
    pub(super) fn status(&self, job: &str) -> String {
        let body = self.ok("DescribeDtsJobDetail", &[("DtsJobId", job)]);
        let status = text(&body, "Status");
        // The one that this action writes in lower case.
        if status == "synchronizing" {
            "Synchronizing".to_owned()
        } else {
            status
        }
    }

    /// The precheck of a job: its state, and code and state of every item that is not a success.
    pub(super) fn precheck(&self, job: &str) -> (String, Vec<(String, String)>) {
        let body = self.ok("DescribePreCheckStatus", &[("DtsJobId", job), ("JobCode", "01")]);
        let items = body["JobProgress"].as_array().unwrap();
        let odd = items.iter().filter(|item| item["State"] != "Success");
        (
            text(&body, "State"),
            odd.map(|item| (text(item, "Item"), text(item, "State")))
                .collect(),
        )
    }
}

pub(super) fn text(body: &Value, name: &str) -> String {
    body[name]
        .as_str()
        .unwrap_or_else(|| panic!("no text {name} in {body}"))
        .to_owned()
}

/// The parameters of a purchase without a job.
pub(super) fn purchase(kind: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("Type", kind),
        ("RegionId", "cn-hangzhou"),
        ("SourceRegion", "cn-hangzhou"),
        ("DestinationRegion", "cn-shanghai"),
        ("SourceEndpointEngineName", "MySQL"),
        ("DestinationEndpointEngineName", "MySQL"),
        ("InstanceClass", "small"),
        ("PayType", "PostPaid"),
    ]
}

pub(super) const DB_LIST: &str =
    r#"{"dtsdb":{"name":"dtsdb_1","all":false,"Table":{"person":{"name":"person_2","all":true}}}}"#;

/// The parameters of a migration job of structure and data.
pub(super) fn configuration() -> Vec<(&'static str, &'static str)> {
    vec![
        ("DtsJobName", "rdsmysql_to_rdsmysql"),
        ("JobType", "MIGRATION"),
        ("RegionId", "cn-hangzhou"),
        ("StructureInitialization", "True"),
        ("DataInitialization", "true"),
        ("DataSynchronization", "False"),
        ("SourceEndpointInstanceType", "RDS"),
        ("SourceEndpointEngineName", "MYSQL"),
        ("SourceEndpointInstanceID", "rm-source"),
        ("SourceEndpointRegion", "cn-hangzhou"),
        ("SourceEndpointDatabaseName", "dtsdb"),
        ("SourceEndpointUserName", "dtstest"),
        ("SourceEndpointPassword", "source-secret"),
        ("DestinationEndpointInstanceType", "RDS"),
        ("DestinationEndpointEngineName", "MYSQL"),
        ("DestinationEndpointInstanceID", "rm-destination"),
        ("DestinationEndpointRegion", "cn-shanghai"),
        ("DestinationEndpointUserName", "dtstest"),
        ("DestinationEndpointPassword", "destination-secret"),
        ("DbList", DB_LIST),
    ]
}

/// The parameters of a subscription.
pub(super) fn subscription() -> Vec<(&'static str, &'static str)> {
    vec![
        ("RegionId", "cn-hangzhou"),
        ("DtsJobName", "orders"),
        ("SubscriptionInstanceNetworkType", "vpc"),
        ("SubscriptionInstanceVPCId", "vpc-1"),
        ("SubscriptionInstanceVSwitchId", "vsw-1"),
        ("SourceEndpointInstanceType", "RDS"),
        ("SourceEndpointEngineName", "MySQL"),
        ("SourceEndpointInstanceID", "rm-source"),
        ("SourceEndpointRegion", "cn-hangzhou"),
        ("SourceEndpointUserName", "dtstest"),
        ("SourceEndpointPassword", "source-secret"),
        (
            "DbList",
            r#"{"dtsdb":{"name":"dtsdb","all":false,"Table":{"person":{"name":"person","all":true}}}}"#,
        ),
    ]
}

/// `base` with some parameters replaced, added, or (given an empty value) left out.
pub(super) fn with<'a>(
    base: &[(&'a str, &'a str)],
    changes: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let kept = base
        .iter()
        .filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes.iter().filter(|(_, value)| !value.is_empty()))
        .copied()
        .collect()
}

/// Databases in which everything of [`configuration`] passes.
pub(super) fn fixtures() -> Value {
    json!({"endpoints": [
        {"instance_id": "rm-source", "engine": "MySQL", "accounts": {"dtstest": "source-secret"},
         "databases": {"dtsdb": ["person", "city"]}},
        {"instance_id": "rm-destination", "engine": "MySQL", "accounts": {"dtstest": "destination-secret"},
         "databases": {}},
    ]})
}
