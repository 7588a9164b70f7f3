//! A login of CloudSSO that the command line tool has kept in a profile (dts-api.md 8.1).
//!
//! Logging in needs a browser and is the tool's; here a login is only used, as long as it lasts.

use jiff::Timestamp;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::access::{Access, status};
use super::lease::Lease;
use super::problem::Problem;
use crate::api::context::HttpRequest;
use crate::api::decode::Object;

const LOG_IN: &str = "Log in again: aliyun configure --mode CloudSSO --profile <name>.";

/// A login, and what it may be exchanged for.
pub(super) struct CloudSso {
    pub(super) sign_in_url: String,
    pub(super) account_id: String,
    pub(super) access_configuration: String,
    pub(super) access_token: SecretString,
    pub(super) token_expires: Option<Timestamp>,
}

impl CloudSso {
    /// Exchanges the login for keys.
    pub(super) async fn lease(&self, access: Access<'_>) -> Result<Lease, Problem> {
        let problem = |what: &str| Problem::new(format!("CloudSSO: {what}"), LOG_IN);
        if self
            .token_expires
            .is_none_or(|end| end <= access.context.clock.now())
        {
            return Err(problem("the login has expired"));
        }
        let url = Url::parse(&self.sign_in_url)
            .and_then(|url| url.join("/cloud-credentials"))
            .map_err(|_| problem("cloud_sso_sign_in_url is not a URL"))?;
        let body = json!({
            "AccountId": self.account_id,
            "AccessConfigurationId": self.access_configuration,
        });
        let bearer = format!("Bearer {}", self.access_token.expose_secret());
        let request = HttpRequest {
            method: "POST",
            url: url.to_string(),
            headers: vec![
                ("accept", "application/json".to_owned()),
                ("content-type", "application/json".to_owned()),
                ("authorization", bearer),
            ],
            body: body.to_string(),
            ..HttpRequest::default()
        };
        let response = access.fetch(request, 3).await.map_err(|what| problem(&what))?;
        if response.status != 200 {
            return Err(problem(&format!(
                "{} refused the login with {}",
                url.origin().ascii_serialization(),
                status(&response, url.as_str())
            )));
        }
        let reply: Map<String, Value> =
            serde_json::from_slice(&response.body).map_err(|_| problem("the answer is no JSON object"))?;
        let origin = format!("the CloudSSO login of account {}", self.account_id);
        Lease::of_reply(Object::new(&reply).object("CloudCredential"), origin)
            .ok_or_else(|| problem("the answer lacks a part of the keys"))
    }
}
