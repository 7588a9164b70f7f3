//! Roles from STS: `AssumeRole` and `AssumeRoleWithOIDC` (API version 2015-04-01, dts-api.md 8.1).

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::Credentials;
use super::access::Access;
use super::lease::Lease;
use super::oidc::Oidc;
use super::problem::Problem;
use super::role::Role;
use crate::api::client::Safety;
use crate::api::context::{HttpResponse, Sent};
use crate::api::decode::Object;
use crate::api::endpoint::Endpoint;
use crate::api::nonce::nonce;
use crate::api::params::Params;
use crate::api::retry::{Decision, Failure, Failures, Policy};
use crate::api::scrub::Scrubber;
use crate::api::sign::{Message, form_post, signed_form, unsigned_form};
use crate::api::{advice, outcome};

const VERSION: &str = "2015-04-01";

/// What to do about a code of STS.
const BY_CODE: [(&str, &str); 8] = [
    ("EntityNotExist.Role", "There is no such role: check role_arn."),
    (
        "EntityNotExist.OIDCProvider",
        "There is no such OIDC provider in RAM: check oidc_provider_arn.",
    ),
    (
        "NoPermission",
        "Allow the identity sts:AssumeRole on this role (AliyunSTSAssumeRoleAccess holds it), and let the role's trust policy name the identity or its \
         account.",
    ),
    (
        "InvalidParameter.DurationSeconds",
        "Set session_expiration to 900 or more, and to no more than the longest session that the role allows.",
    ),
    (
        "InvalidParameter.RoleArn",
        "Write role_arn as acs:ram::<account id>:role/<role name>.",
    ),
    (
        "InvalidParameter.Policy",
        "Check policy: it is a RAM policy in JSON.",
    ),
    (
        "AuthenticationFail.OIDCToken",
        "The token is expired, or not of the issuer and audience that the OIDC provider in RAM has: get a new one.",
    ),
    (
        "AuthenticationFail",
        "The role does not trust the token: check the trust policy of the role, and issuer and audience of the OIDC provider in RAM.",
    ),
];

/// `role` with the keys of `base`.
pub(super) async fn assume_role(
    access: Access<'_>,
    base: &Credentials,
    role: &Role,
) -> Result<Lease, Problem> {
    let params = Params::new()
        .set("RoleArn", &role.arn)
        .set("RoleSessionName", &role.session_name)
        .set("DurationSeconds", role.seconds)
        .set_opt("Policy", role.policy.as_ref())
        .set_opt("ExternalId", role.external_id.as_ref());
    let call = Call {
        access,
        action: "AssumeRole",
        role: &role.arn,
        params,
        keys: Some(base),
        region: role.sts_region.as_deref(),
    };
    call.lease()
        .await
        .map_err(|problem| problem.with(&format!("role {} cannot be assumed", role.arn)))
}

/// A role with a token of another issuer. The call is not signed: the token is what it proves itself with.
pub(super) async fn assume_role_with_oidc(
    access: Access<'_>,
    oidc: &Oidc,
    token: &SecretString,
) -> Result<Lease, Problem> {
    let params = Params::new()
        .set("RoleArn", &oidc.role_arn)
        .set("OIDCProviderArn", &oidc.provider_arn)
        .secret("OIDCToken", token)
        .set("RoleSessionName", &oidc.session_name)
        .set("DurationSeconds", oidc.seconds)
        .set_opt("Policy", oidc.policy.as_ref());
    let call = Call {
        access,
        action: "AssumeRoleWithOIDC",
        role: &oidc.role_arn,
        params,
        keys: None,
        region: oidc.sts_region.as_deref(),
    };
    call.lease()
        .await
        .map_err(|problem| problem.with(&format!("role {} cannot be assumed", oidc.role_arn)))
}

struct Call<'a> {
    access: Access<'a>,
    action: &'static str,
    /// The ARN of the role.
    role: &'a str,
    params: Params,
    keys: Option<&'a Credentials>,
    region: Option<&'a str>,
}

impl Call<'_> {
    /// Asks until there is an answer: a role that is assumed twice is no harm.
    async fn lease(&self) -> Result<Lease, Problem> {
        let context = self.access.context;
        let of = |error: crate::api::Error| {
            let advice = error.advice().unwrap_or("Check sts_endpoint and region.");
            Problem::new(error.to_string(), advice)
        };
        let endpoint = self.access.sts.endpoint(self.region).map_err(of)?;
        let policy = Policy::default();
        let start = context.clock.instant();
        let mut failures = Failures::default();
        loop {
            let (failure, problem) = match self.attempt(&endpoint).await? {
                Ok(lease) => return Ok(lease),
                Err(failed) => failed,
            };
            let count = failures.count(failure);
            let elapsed = context.clock.instant() - start;
            match policy.decide(failure, Safety::Read, count, elapsed, fastrand::f64()) {
                Decision::Stop => return Err(problem),
                Decision::Repeat(wait) => context.clock.sleep(wait).await,
            }
        }
    }

    async fn attempt(&self, endpoint: &Endpoint) -> Result<Result<Lease, (Failure, Problem)>, Problem> {
        let Access {
            context, user_agent, ..
        } = self.access;
        let nonce = nonce(self.action)
            .map_err(|error| Problem::new(error.to_string(), "Try again, or give keys in another way."))?;
        let message = Message {
            action: self.action,
            version: VERSION,
            params: &self.params,
            now: context.clock.now(),
            nonce: &nonce,
        };
        let body = match self.keys {
            Some(keys) => signed_form(&message, keys),
            None => unsigned_form(&message),
        };
        let request = form_post(&endpoint.url, user_agent, body);
        Ok(match context.transport.send(request).await {
            Ok(response) => self.judge(&endpoint.url, &response),
            Err(error) => {
                let (failure, what) = match error.sent {
                    _ if error.advice.is_some() => (Failure::Final, "cannot be reached"),
                    Sent::No => (Failure::NotSent, "cannot be reached"),
                    Sent::Maybe => (Failure::NoAnswer, "gives no answer"),
                };
                let message = format!(
                    "STS at {} {what}: {}",
                    endpoint.url,
                    self.scrubber().clean(&error.message)
                );
                let advice = error.advice.unwrap_or(
                    "Check sts_endpoint and region, name resolution, proxy and firewall on the way to STS.",
                );
                Err((failure, Problem::new(message, advice)))
            }
        })
    }

    fn judge(&self, url: &str, response: &HttpResponse) -> Result<Lease, (Failure, Problem)> {
        let status = response.status;
        let failure = |otherwise| match status {
            429 => Failure::Throttled(None),
            500.. => Failure::NoAnswer,
            _ => otherwise,
        };
        let body: Option<Map<String, Value>> = serde_json::from_slice(&response.body).ok();
        let reply = body.as_ref().map(Object::new);
        if let Some(lease) = reply
            .filter(|_| status == 200)
            .and_then(|reply| Lease::of_reply(reply.object("Credentials"), format!("role {}", self.role)))
        {
            return Ok(lease);
        }
        let code = reply.and_then(|reply| reply.text("Code"));
        let Some((reply, code)) = reply.zip(code) else {
            let redirect = response.redirect().map_or_else(String::new, |to| {
                format!(": a redirect to {}", self.scrubber().clean(to))
            });
            let problem = Problem::new(
                format!("{url} does not answer as STS does{redirect} (HTTP {status})"),
                "Check sts_endpoint, and any proxy on the way.",
            );
            return Err((failure(Failure::Final), problem));
        };
        let said = reply
            .text("Message")
            .unwrap_or_else(|| "no reason given".to_owned());
        let request_id = reply
            .text("RequestId")
            .map_or_else(String::new, |id| format!(", RequestId {id}"));
        let message = format!(
            "{}: {}{} (code {code}, HTTP {status}{request_id})",
            self.action,
            self.scrubber().clean(&said),
            outcome::clock_difference(&code, response, self.access.context.clock.now()),
        );
        let failure = match failure(Failure::Final) {
            Failure::Final if code.contains("Throttling") => Failure::Throttled(None),
            failure => failure,
        };
        Err((failure, Problem::new(message, self.advise(&code))))
    }

    /// Everything that must not come back in a text.
    fn scrubber(&self) -> Scrubber {
        let keys = self
            .keys
            .into_iter()
            .flat_map(|keys| std::iter::once(&keys.access_key_secret).chain(&keys.security_token));
        Scrubber::new(self.params.secrets().chain(keys))
    }

    fn advise(&self, code: &str) -> String {
        let own = BY_CODE.iter().find(|(prefix, _)| code.starts_with(prefix));
        let origin = self.keys.map(|keys| keys.origin.as_str());
        own.map(|(_, advice)| (*advice).to_owned())
            .or_else(|| advice::by_code(code, "AssumeRole", origin))
            .unwrap_or_else(|| "Check the role, and the keys or token it is assumed with.".to_owned())
    }
}
