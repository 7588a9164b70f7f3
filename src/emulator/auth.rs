//! Who calls: signatures V1 (HMAC-SHA1) and V3 (ACS3-HMAC-SHA256), timestamps and nonces.
//!
//! Both schemes are pinned, stage by stage, by vectors that the official SDK produced.

mod v1;
mod v3;

use std::collections::BTreeMap;

use hmac::Mac;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{message::Message, reply::Refusal};

/// RFC 3986: everything but letters, digits and `-_.~` is encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// How far a request's time may be off, in seconds; a nonce is remembered for twice that.
const TOLERANCE: i64 = 15 * 60;

/// How a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Parameters, HMAC-SHA1.
    V1,
    /// Headers, ACS3-HMAC-SHA256.
    V3,
}

impl Scheme {
    /// The scheme that the request uses; whatever has no V3 authorization is held to be V1.
    pub(crate) fn of(message: &Message) -> Self {
        match message.header("authorization") {
            Some(value) if value.starts_with(v3::ALGORITHM) => Self::V3,
            _ => Self::V1,
        }
    }

    /// As the journal names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V3 => "v3",
        }
    }

    /// The operation that the request names.
    pub(crate) fn action(self, message: &Message) -> Result<&str, Refusal> {
        self.common(message, "Action", "x-acs-action")
    }

    /// The version of the API that the request names.
    pub(crate) fn version(self, message: &Message) -> Result<&str, Refusal> {
        self.common(message, "Version", "x-acs-version")
    }

    fn common<'m>(self, message: &'m Message, parameter: &str, header: &str) -> Result<&'m str, Refusal> {
        match self {
            Self::V1 => message.parameter(parameter),
            Self::V3 => message.header(header),
        }
        .ok_or_else(|| Refusal::missing(parameter))
    }
}

/// The one key that is known.
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// The nonces seen, each with the second at which it came.
#[derive(Debug, Default)]
pub(crate) struct Nonces {
    seen: BTreeMap<String, i64>,
    pruned: i64,
}

impl Nonces {
    fn spend(&mut self, nonce: &str, now: Timestamp) -> Result<(), Refusal> {
        let now = now.as_second();
        // Not on every request: that would cost more the more requests there are.
        if now - self.pruned > TOLERANCE {
            self.seen.retain(|_, seen| now - *seen <= 2 * TOLERANCE);
            self.pruned = now;
        }
        match self.seen.insert(nonce.to_owned(), now) {
            None => Ok(()),
            Some(_) => Err(Refusal::new(
                400,
                "SignatureNonceUsed",
                "Specified signature nonce was used already.",
            )),
        }
    }
}

/// Checks that the holder of the known key signed `message` lately and once.
pub(crate) fn verify(
    message: &Message,
    scheme: Scheme,
    keys: &Keys,
    now: Timestamp,
    nonces: &mut Nonces,
) -> Result<(), Refusal> {
    match scheme {
        Scheme::V1 => v1::verify(message, keys, now, nonces),
        Scheme::V3 => v3::verify(message, keys, now, nonces),
    }
}

/// A MAC with a key of any length; HMAC takes every length.
#[expect(
    clippy::expect_used,
    reason = "HMAC hashes keys longer than a block and pads shorter ones"
)]
fn keyed<M: Mac + hmac::digest::KeyInit>(key: &[u8]) -> M {
    <M as Mac>::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn canonical(sorted: &[&(String, String)]) -> String {
    let pairs: Vec<_> = sorted
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Times are `yyyy-MM-ddTHH:mm:ssZ`, in UTC, at most fifteen minutes off.
fn fresh(time: &str, now: Timestamp) -> Result<(), Refusal> {
    let parsed = time
        .parse::<Timestamp>()
        .ok()
        .filter(|_| time.len() == 20 && time.ends_with('Z'));
    let Some(parsed) = parsed else {
        return Err(Refusal::new(
            400,
            "InvalidTimeStamp.Format",
            "Specified time stamp is not well formatted.",
        ));
    };
    if (now.as_second() - parsed.as_second()).abs() > TOLERANCE {
        return Err(Refusal::new(
            400,
            "InvalidTimeStamp.Expired",
            format!("Specified time stamp is expired: it is {time}, the server's time is {now:.0}."),
        ));
    }
    Ok(())
}

fn known(key: &str, keys: &Keys) -> Result<(), Refusal> {
    if key == keys.id {
        return Ok(());
    }
    Err(Refusal::new(
        404,
        "InvalidAccessKeyId.NotFound",
        "Specified access key is not found.",
    ))
}

/// The real gateway, too, answers with the text that it signed: a client that prints this message prints what is
/// in the request.
fn mismatch(string_to_sign: &str) -> Refusal {
    Refusal::new(
        400,
        "SignatureDoesNotMatch",
        format!(
            "Specified signature does not match our calculation. server string to sign is:{string_to_sign}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::params::decode_form;

    const SECRET: &str = "testAccessKeySecret";
    const TIME: &str = "2026-01-02T03:04:05Z";
    const NONCE: &str = "0000000000000000000000000000000a";
    const EMPTY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const FORM: &str = "DbList=%7B%22dtsdb%22%3A%7B%22name%22%3A%22dtsdb_1%22%2C%22all%22%3Afalse%2C%22Table%22%3A%7B%22person%22%3A%7B%22name%22%3A%22person%22%2C%22all%22%3Atrue%7D%7D%7D%7D&Reserve=%7B%22targetTableMode%22%3A%220%22%2C%22autoStartModulesAfterConfig%22%3A%22none%22%7D";
    const STS_QUERY: &str = "DataInitialization=True&DataSynchronization=False&DestinationEndpointInstanceType=RDS&DtsInstanceId=dtsw4rg4pj41690001&DtsJobName=it%27s+a+%2Atest%2A+~+job%2F1+%C3%A9&JobType=MIGRATION&RegionId=cn-hangzhou&SourceEndpointEngineName=MYSQL&SourceEndpointInstanceType=RDS&SourceEndpointPassword=p%40ss+w0rd%2B%26%3D&StructureInitialization=True";

    fn keys() -> Keys {
        Keys {
            id: "testAccessKeyId".to_owned(),
            secret: SECRET.to_owned(),
        }
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn v1_describe(extra: &str) -> Message {
        let query = format!(
            "Action=DescribeDtsJobDetail&Format=json&Version=2020-01-01&Timestamp=2026-01-02T03%3A04%3A05Z&SignatureNonce={NONCE}&DtsJobId=w4rg4pj41690001&RegionId=cn-hangzhou&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&AccessKeyId=testAccessKeyId{extra}"
        );
        Message::new("POST", &query, Vec::new(), Vec::new())
    }

    fn v3(query: &str, body: &str, headers: &[(&str, &str)], signature: &str) -> Message {
        let mut headers: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        for (name, value) in [
            ("host", "dts.cn-hangzhou.aliyuncs.com"),
            ("x-acs-version", "2020-01-01"),
            ("user-agent", "dts-test-vector/1.0"),
            ("x-acs-date", TIME),
            ("accept", "application/json"),
        ] {
            headers.push((name.to_owned(), value.to_owned()));
        }
        headers.sort();
        let signed: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders={},Signature={signature}",
            signed.join(";")
        );
        headers.push(("authorization".to_owned(), authorization));
        headers.push(("accept-encoding".to_owned(), "identity".to_owned()));
        Message::new("POST", query, headers, body.as_bytes().to_vec())
    }

    fn v3_describe(signature: &str) -> Message {
        v3(
            "DtsJobId=w4rg4pj41690001&RegionId=cn-hangzhou",
            "",
            &[
                ("x-acs-action", "DescribeDtsJobDetail"),
                ("x-acs-content-sha256", EMPTY_HASH),
                ("x-acs-credentials-provider", "static_ak"),
                ("x-acs-signature-nonce", NONCE),
            ],
            signature,
        )
    }

    const V3_DESCRIBE: &str = "e95cd4d24217a89b4aa98afec9dcc54684677fbe3f5abe35a801b8aa59f86f55";

    fn check(message: &Message, now: &str, expected: Result<(), &str>) {
        let result = verify(
            message,
            Scheme::of(message),
            &keys(),
            at(now),
            &mut Nonces::default(),
        );
        assert_eq!(
            result.as_ref().map_err(|refusal| refusal.code.as_str()).copied(),
            expected,
            "{result:?}"
        );
    }

    #[test]
    fn v1_agrees_with_the_vectors() {
        let message = v1_describe("");
        let text = v1::string_to_sign(&message);
        assert_eq!(
            text,
            "POST&%2F&AccessKeyId%3DtestAccessKeyId%26Action%3DDescribeDtsJobDetail%26DtsJobId%3Dw4rg4pj41690001%26Format%3Djson%26RegionId%3Dcn-hangzhou%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D0000000000000000000000000000000a%26SignatureVersion%3D1.0%26Timestamp%3D2026-01-02T03%253A04%253A05Z%26Version%3D2020-01-01"
        );
        assert_eq!(v1::signature(SECRET, &text), "NqWOdsE4GfPQRxTwofhc8Bn3gWc=");
        check(
            &v1_describe("&Signature=NqWOdsE4GfPQRxTwofhc8Bn3gWc%3D"),
            TIME,
            Ok(()),
        );

        let query = format!(
            "Action=ConfigureDtsJob&Format=json&Version=2020-01-01&Timestamp=2026-01-02T03%3A04%3A05Z&SignatureNonce=0000000000000000000000000000000b&{STS_QUERY}&SecurityToken=testSecurityToken%2F%2B%3D&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&AccessKeyId=testAccessKeyId&Signature=LLq%2BrWNlyTFjXx5we118DjoYnKU%3D"
        );
        check(
            &Message::new("POST", &query, Vec::new(), FORM.as_bytes().to_vec()),
            TIME,
            Ok(()),
        );
        // Where a parameter travels does not matter.
        let all = format!("{query}&{FORM}");
        check(
            &Message::new("POST", "", Vec::new(), all.as_bytes().to_vec()),
            TIME,
            Ok(()),
        );
    }

    #[test]
    fn v1_agrees_with_the_published_example() {
        let query = "Timestamp=2016-02-23T12%3A46%3A24Z&Format=XML&AccessKeyId=testid&Action=DescribeRegions&SignatureMethod=HMAC-SHA1&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&Version=2014-05-26&SignatureVersion=1.0";
        let message = Message::new("GET", query, Vec::new(), Vec::new());
        assert_eq!(
            v1::signature("testsecret", &v1::string_to_sign(&message)),
            "OLeaidS1JvxuMvnyHOwuJ+uX5qY="
        );
    }

    #[test]
    fn v3_agrees_with_the_vectors() {
        let message = v3_describe(V3_DESCRIBE);
        let signed = [
            "accept",
            "host",
            "user-agent",
            "x-acs-action",
            "x-acs-content-sha256",
            "x-acs-credentials-provider",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-version",
        ];
        let text = v3::string_to_sign(&v3::canonical_request(&message, &signed, EMPTY_HASH));
        assert_eq!(
            text,
            "ACS3-HMAC-SHA256\n1ae5bd28917c524d3e81333c827bc8e2a394b96e4e83660d1001bffd791196a9"
        );
        check(&message, TIME, Ok(()));

        let configure = v3(
            STS_QUERY,
            FORM,
            &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("x-acs-accesskey-id", "testAccessKeyId"),
                ("x-acs-action", "ConfigureDtsJob"),
                (
                    "x-acs-content-sha256",
                    "edd44a00f1dde5c6167ff83ff0458d02a6fe40b70f0f0c401b6d3188830e1929",
                ),
                ("x-acs-credentials-provider", "static_sts"),
                ("x-acs-security-token", "testSecurityToken/+="),
                ("x-acs-signature-nonce", "0000000000000000000000000000000b"),
            ],
            "8eafaa3c325555cd17a7e75569c0e0b8283b419b4bb364c42c148f449fc23e9f",
        );
        check(&configure, TIME, Ok(()));

        let tag = v3(
            "RegionId=cn-hangzhou&ResourceId.1=dtsa&ResourceId.2=dtsb&ResourceType=ALIYUN%3A%3ADTS%3A%3AINSTANCE&Tag.1.Key=env&Tag.1.Value=a+b",
            "",
            &[
                ("x-acs-action", "TagResources"),
                ("x-acs-content-sha256", EMPTY_HASH),
                ("x-acs-credentials-provider", "static_ak"),
                ("x-acs-signature-nonce", "0000000000000000000000000000000c"),
            ],
            "c9e99806ac72599768f7ed7b3e59498c4cede2596c0a417d307e449068bb4b0f",
        );
        check(&tag, TIME, Ok(()));
    }

    #[test]
    fn refuses_what_is_not_signed_right() {
        let signed = "&Signature=NqWOdsE4GfPQRxTwofhc8Bn3gWc%3D";
        let without = |name: &str| {
            let mut message = v1_describe(signed);
            message.query.retain(|(known, _)| known != name);
            message
        };
        let with = |name: &str, value: &str| {
            let mut message = without(name);
            message.query.push((name.to_owned(), value.to_owned()));
            message
        };
        for name in [
            "AccessKeyId",
            "SignatureMethod",
            "SignatureVersion",
            "SignatureNonce",
            "Timestamp",
            "Signature",
        ] {
            check(&without(name), TIME, Err(&format!("Missing{name}")));
        }
        check(
            &v1_describe("&Signature=bm9wZQ%3D%3D"),
            TIME,
            Err("SignatureDoesNotMatch"),
        );
        check(&with("DtsJobId", "another"), TIME, Err("SignatureDoesNotMatch"));
        check(
            &with("AccessKeyId", "nobody"),
            TIME,
            Err("InvalidAccessKeyId.NotFound"),
        );
        check(
            &with("SignatureMethod", "HMAC-MD5"),
            TIME,
            Err("InvalidSignatureMethod"),
        );
        check(
            &with("SignatureVersion", "2.0"),
            TIME,
            Err("InvalidSignatureVersion"),
        );
        check(
            &with("Timestamp", "yesterday"),
            TIME,
            Err("InvalidTimeStamp.Format"),
        );
        check(
            &with("Timestamp", "2026-01-02T03:04:05+00:00"),
            TIME,
            Err("InvalidTimeStamp.Format"),
        );

        check(&v3_describe("00"), TIME, Err("SignatureDoesNotMatch"));
        let mut other_body = v3_describe(V3_DESCRIBE);
        other_body.body = b"x=y".to_vec();
        check(&other_body, TIME, Err("IncompleteSignature"));
        let edit = |from: &str, to: &str| {
            let mut message = v3_describe(V3_DESCRIBE);
            for (name, value) in &mut message.headers {
                if name == "authorization" {
                    *value = value.replace(from, to);
                }
            }
            message
        };
        check(
            &edit("Credential=testAccessKeyId", "Credential=nobody"),
            TIME,
            Err("InvalidAccessKeyId.NotFound"),
        );
        check(&edit("x-acs-date;", ""), TIME, Err("IncompleteSignature"));
        check(
            &edit("accept;host", "host;accept"),
            TIME,
            Err("IncompleteSignature"),
        );
        check(&edit("Signature=", "Other="), TIME, Err("IncompleteSignature"));
    }

    #[test]
    fn a_request_is_good_for_a_quarter_of_an_hour_and_once() {
        let v1 = v1_describe("&Signature=NqWOdsE4GfPQRxTwofhc8Bn3gWc%3D");
        for message in [v1, v3_describe(V3_DESCRIBE)] {
            for (now, expected) in [
                ("2026-01-02T03:19:05Z", Ok(())),
                ("2026-01-02T03:19:06Z", Err("InvalidTimeStamp.Expired")),
                ("2026-01-02T02:49:05Z", Ok(())),
                ("2026-01-02T02:49:04Z", Err("InvalidTimeStamp.Expired")),
            ] {
                check(&message, now, expected);
            }
            let mut nonces = Nonces::default();
            let mut send = || verify(&message, Scheme::of(&message), &keys(), at(TIME), &mut nonces);
            assert_eq!(send(), Ok(()));
            assert_eq!(send().unwrap_err().code, "SignatureNonceUsed");
        }
    }

    #[test]
    fn canonical_form_is_that_of_the_real_encoder() {
        assert_eq!(
            encode("it's a *test* ~ job/1 é"),
            "it%27s%20a%20%2Atest%2A%20~%20job%2F1%20%C3%A9"
        );
        let pairs = decode_form("b=2&a.10=x&a.1=y&a=");
        let mut pairs: Vec<_> = pairs.iter().collect();
        pairs.sort();
        assert_eq!(canonical(&pairs), "a=&a.1=y&a.10=x&b=2");
    }
}
