//! STS, the metadata service of ECS, and what else gives keys: each as Alibaba Cloud documents it (dts-api.md 8.1), none by
//! the code of the client.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};
use sha1::Sha1;

use super::server::{Answer, Request, Server};

/// Keys that STS knows and DTS (the emulator) does not: only good to assume [`ROLE`].
pub(super) const BASE_KEY: (&str, &str) = ("baseKeyId", "baseKeySecret+/=hunter2");
/// What a role gives: the keys that the emulator knows.
pub(super) const DTS_KEY: (&str, &str) = ("testAccessKeyId", "testAccessKeySecret");
/// Gives the keys that DTS knows.
pub(super) const ROLE: &str = "acs:ram::1:role/dts";
/// Gives [`MIDDLE_KEY`], with which [`ROLE`] may be assumed.
pub(super) const MIDDLE_ROLE: &str = "acs:ram::1:role/middle";
const MIDDLE_KEY: (&str, &str) = ("middleKeyId", "middleKeySecret+hunter2");
pub(super) const PROVIDER_ARN: &str = "acs:ram::1:oidc-provider/ci";
pub(super) const OIDC_TOKEN: &str = "header.payload+/=hunter2.signature";
/// What the tokens of STS begin with.
pub(super) const STS_TOKEN: &str = "sts+token/=hunter2";
/// Far in the future.
const END: &str = "2099-01-02T03:04:05Z";

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Keys in the shape that all services have.
fn keys(pair: (&str, &str), token: &str) -> Value {
    json!({"AccessKeyId": pair.0, "AccessKeySecret": pair.1, "SecurityToken": token, "Expiration": END})
}

fn form(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8().unwrap().into_owned()
    };
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// What V1 signs, worked out anew.
fn string_to_sign(method: &str, params: &BTreeMap<String, String>) -> String {
    let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let pairs: Vec<String> = params
        .iter()
        .filter(|(name, _)| *name != "Signature")
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    format!("{method}&%2F&{}", encode(&pairs.join("&")))
}

/// The V1 signature over it.
fn signature(text: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// STS: checks the signature, and who may assume which role.
pub(super) fn sts() -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |request| {
        let params = form(&request.body);
        let get = |name: &str| params.get(name).map(String::as_str).unwrap_or_default();
        let refuse = |status, code: &str, message: String| {
            let body = json!({"RequestId": "R-STS", "HostId": "sts", "Code": code, "Message": message});
            Answer::new(status, body)
        };
        if (request.method.as_str(), get("Version"), get("Format")) != ("POST", "2015-04-01", "JSON") {
            return refuse(400, "InvalidVersion", format!("{request:?}"));
        }
        let number = count.fetch_add(1, Ordering::SeqCst);
        let token = format!("{STS_TOKEN}{number}");
        let seconds: u32 = get("DurationSeconds").parse().unwrap_or(0);
        if !(900..=43200).contains(&seconds) || get("RoleSessionName").is_empty() {
            return refuse(400, "InvalidParameter.DurationSeconds", "bad session".into());
        }
        match get("Action") {
            "AssumeRoleWithOIDC" => {
                if get("OIDCToken") != OIDC_TOKEN || get("OIDCProviderArn") != PROVIDER_ARN {
                    let said = format!("The token {} is expired.", get("OIDCToken"));
                    return refuse(400, "AuthenticationFail.OIDCToken.Expired", said);
                }
                if !get("AccessKeyId").is_empty() {
                    return refuse(400, "InvalidParameter", "signed".into());
                }
            }
            "AssumeRole" => {
                let is_middle = get("AccessKeyId") == MIDDLE_KEY.0;
                let (id, secret) = if is_middle { MIDDLE_KEY } else { BASE_KEY };
                if get("AccessKeyId") != id {
                    return refuse(404, "InvalidAccessKeyId.NotFound", "no such key".into());
                }
                if is_middle && !get("SecurityToken").starts_with(STS_TOKEN) {
                    return refuse(400, "MissingSecurityToken", "no token".into());
                }
                let text = string_to_sign("POST", &params);
                if signature(&text, secret) != get("Signature") {
                    let said = format!("wrong signature. server string to sign is:{text}");
                    return refuse(400, "SignatureDoesNotMatch", said);
                }
            }
            other => return refuse(404, "InvalidAction.NotFound", other.to_owned()),
        }
        let pair = match get("RoleArn") {
            ROLE => DTS_KEY,
            MIDDLE_ROLE => MIDDLE_KEY,
            "acs:ram::1:role/forbidden" => {
                let said = "You are not authorized to do this action. You should be authorized by RAM.";
                return refuse(403, "NoPermission", said.into());
            }
            other => return refuse(404, "EntityNotExist.Role", format!("no role {other}")),
        };
        let user = json!({"Arn": get("RoleArn"), "AssumedRoleId": "1"});
        Answer::new(
            200,
            json!({"RequestId": "R-STS", "AssumedRoleUser": user, "Credentials": keys(pair, &token)}),
        )
    })
}

/// What STS was asked: action, key, role.
pub(super) fn asked(sts: &Server) -> Vec<String> {
    let requests = sts.seen();
    let asked = requests.iter().map(|request| {
        let params = form(&request.body);
        let get = |name: &str| params.get(name).cloned().unwrap_or_default();
        format!("{} {} {}", get("Action"), get("AccessKeyId"), get("RoleArn"))
    });
    asked.collect()
}

/// The metadata service of an ECS instance with the role `web`.
pub(super) fn metadata(with_v2: bool, with_v1: bool) -> Server {
    Server::start(move |request: &Request| {
        let token = request.header("x-aliyun-ecs-metadata-token");
        let allowed = match token {
            Some(token) => with_v2 && token == "metadata-token-hunter2",
            None => with_v1,
        };
        match (request.method.as_str(), request.target.as_str()) {
            ("PUT", "/latest/api/token") if with_v2 => {
                let seconds = request.header("x-aliyun-ecs-metadata-token-ttl-seconds");
                match seconds {
                    Some("21600") => Answer::new(200, "metadata-token-hunter2"),
                    _ => Answer::new(400, ""),
                }
            }
            ("GET", _) if !allowed => Answer::new(403, ""),
            ("GET", "/latest/meta-data/ram/security-credentials/") => Answer::new(200, "web\n"),
            ("GET", "/latest/meta-data/ram/security-credentials/web") => {
                let mut body = keys(DTS_KEY, STS_TOKEN);
                body["Code"] = "Success".into();
                Answer::new(200, body)
            }
            _ => Answer::new(404, ""),
        }
    })
}

/// A credentials URI whose path is a secret.
pub(super) fn uri() -> Server {
    Server::start(|request| match request.target.as_str() {
        "/hunter2?key=hunter2" => {
            let mut body = keys(DTS_KEY, STS_TOKEN);
            body["Code"] = "Success".into();
            Answer::new(200, body)
        }
        _ => Answer::new(404, "{}"),
    })
}

/// CloudSSO, for one login.
pub(super) fn cloud_sso() -> Server {
    Server::start(|request| {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let asked = json!({"AccountId": "17", "AccessConfigurationId": "ac-1"});
        let bearer = request.header("authorization");
        match (request.method.as_str(), request.target.as_str()) {
            ("POST", "/cloud-credentials") if bearer == Some("Bearer login+hunter2") && body == asked => {
                let body = json!({"CloudCredential": keys(DTS_KEY, STS_TOKEN), "RequestId": "R"});
                Answer::new(200, body)
            }
            _ => Answer::new(401, "{\"ErrorMessage\": \"hunter2\"}"),
        }
    })
}
