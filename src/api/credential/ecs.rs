//! The role of the ECS instance this runs on, from its metadata service (dts-api.md 8.1).
//!
//! Version 2 of the service wants a token first; where it has none, version 1 is asked, unless that is forbidden.

use std::time::Duration;

use serde_json::{Map, Value};

use super::access::{Access, status};
use super::env::{first, is_true};
use super::lease::Lease;
use super::problem::Problem;
use super::recipe::Recipe;
use crate::api::context::{Env, HttpRequest};
use crate::api::decode::Object;

const SERVICE: &str = "http://100.100.100.200";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
/// Seconds that a token of version 2 serves.
const TOKEN_SECONDS: &str = "21600";
/// Elsewhere than on ECS nobody answers, and that must not take long.
const TIMEOUT: Duration = Duration::from_secs(1);

const ROLE_NAME: [&str; 2] = ["ALICLOUD_ECS_ROLE_NAME", "ALIBABA_CLOUD_ECS_METADATA"];
const DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
const WITHOUT_V1: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
/// Where the service is, for tests and for a proxy of it.
const ENDPOINT: &str = "DTS_ECS_METADATA_ENDPOINT";

const ADVICE: &str = "Check that this runs on an ECS instance with a RAM role attached, and ecs_role_name; or give keys in another way.";

/// The role `role_name`, else the one that the environment names, else whichever there is.
///
/// # Errors
/// Why it is not asked.
pub(super) fn recipe(role_name: Option<&str>, env: &dyn Env) -> Result<Recipe, String> {
    if is_true(env, DISABLED) {
        return Err(format!("ECS role: {DISABLED} is set"));
    }
    let variable = |names: &[&str]| first(env, names).map(|(_, value)| value);
    Ok(Recipe::Ecs {
        role_name: role_name.map(str::to_owned).or_else(|| variable(&ROLE_NAME)),
        endpoint: variable(&[ENDPOINT]),
        without_v1: is_true(env, WITHOUT_V1),
    })
}

/// Whether the environment names a role: then it is meant, and a failure is one.
pub(super) fn is_named(env: &dyn Env) -> bool {
    first(env, &ROLE_NAME).is_some()
}

/// Asks the service.
pub(super) async fn lease(
    access: Access<'_>,
    role_name: Option<&str>,
    endpoint: Option<&str>,
    without_v1: bool,
) -> Result<Lease, Problem> {
    let service = Service {
        access,
        base: endpoint.unwrap_or(SERVICE).trim_end_matches('/'),
    };
    let token = service.token().await;
    if without_v1 && let Err(problem) = &token {
        let problem = format!("no token ({problem}), and {WITHOUT_V1} forbids to go without");
        return Err(service.problem(&problem));
    }
    let token = token.ok();
    let name = match role_name {
        Some(name) => name.to_owned(),
        None => {
            let names = service.get("", token.as_deref()).await?;
            let name = names.lines().map(str::trim).find(|name| !name.is_empty());
            name.map(str::to_owned)
                .ok_or_else(|| service.problem("no RAM role is attached to this instance"))?
        }
    };
    let reply = service.get(&name, token.as_deref()).await?;
    // What does not fit is not repeated: it may hold keys.
    let reply: Map<String, Value> = serde_json::from_str(&reply)
        .map_err(|_| service.problem(&format!("the answer for role {name} is no JSON object")))?;
    let reply = Object::new(&reply);
    let code = reply.text("Code").unwrap_or_default();
    if code != "Success" {
        return Err(service.problem(&format!(
            "role {name} has no keys: the service's code is {code:?}"
        )));
    }
    Lease::of_reply(reply, format!("role {name} of the ECS instance"))
        .ok_or_else(|| service.problem(&format!("the answer for role {name} lacks a part of the keys")))
}

struct Service<'a> {
    access: Access<'a>,
    base: &'a str,
}

impl Service<'_> {
    fn problem(&self, what: &str) -> Problem {
        Problem::new(
            format!("the ECS metadata service at {}: {what}", self.base),
            ADVICE,
        )
    }

    async fn send(
        &self,
        method: &'static str,
        path: &str,
        header: (&'static str, &str),
    ) -> Result<String, String> {
        let (name, value) = header;
        let request = HttpRequest {
            method,
            url: format!("{}{path}", self.base),
            headers: if value.is_empty() {
                Vec::new()
            } else {
                vec![(name, value.to_owned())]
            },
            timeout: Some(TIMEOUT),
            direct: true,
            ..HttpRequest::default()
        };
        let response = self.access.fetch(request, 1).await?;
        match response.status {
            200 => String::from_utf8(response.body).map_err(|_| "the answer is no text".to_owned()),
            _ => Err(status(&response, self.base)),
        }
    }

    async fn token(&self) -> Result<String, String> {
        let header = ("x-aliyun-ecs-metadata-token-ttl-seconds", TOKEN_SECONDS);
        let token = self.send("PUT", "/latest/api/token", header).await?;
        Ok(token.trim().to_owned())
    }

    async fn get(&self, role: &str, token: Option<&str>) -> Result<String, Problem> {
        let path = format!("{ROLES}{role}");
        let header = ("x-aliyun-ecs-metadata-token", token.unwrap_or_default());
        let what = if role.is_empty() {
            "the list of roles".to_owned()
        } else {
            format!("role {role}")
        };
        self.send("GET", &path, header)
            .await
            .map_err(|problem| self.problem(&format!("{what}: {problem}")))
    }
}
