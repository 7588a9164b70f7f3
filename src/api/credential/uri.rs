//! Keys from a URL: `credentials_uri` (dts-api.md 8.1).

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::access::{Access, status};
use super::lease::Lease;
use super::problem::Problem;
use crate::api::context::HttpRequest;
use crate::api::decode::Object;

const ADVICE: &str =
    "Check credentials_uri (or ALIBABA_CLOUD_CREDENTIALS_URI), and that whatever serves it is running.";

/// Asks the URL. Its path and query may be secret: messages name scheme and host.
pub(super) async fn lease(access: Access<'_>, uri: &SecretString) -> Result<Lease, Problem> {
    let url = Url::parse(uri.expose_secret())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| Problem::new("credentials_uri is not an http or https URL", ADVICE))?;
    let shown = url.origin().ascii_serialization();
    let problem = |what: &str| Problem::new(format!("credentials_uri at {shown}: {what}"), ADVICE);
    let query = url.query().unwrap_or_default().to_owned();
    let mut bare = url.clone();
    bare.set_query(None);
    let request = HttpRequest {
        method: "GET",
        url: bare.to_string(),
        query,
        headers: vec![("accept", "application/json".to_owned())],
        ..HttpRequest::default()
    };
    let response = access.fetch(request, 3).await.map_err(|what| problem(&what))?;
    if response.status != 200 {
        return Err(problem(&status(&response, url.as_str())));
    }
    let reply: Map<String, Value> =
        serde_json::from_slice(&response.body).map_err(|_| problem("the answer is no JSON object"))?;
    let reply = Object::new(&reply);
    let code = reply.text("Code").unwrap_or_default();
    if code != "Success" {
        return Err(problem(&format!("its answer has the code {code:?}, not Success")));
    }
    Lease::of_reply(reply, format!("credentials_uri at {shown}"))
        .ok_or_else(|| problem("its answer lacks a part of the keys"))
}
