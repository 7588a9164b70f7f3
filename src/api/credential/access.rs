//! What sources of keys ask with: the clock, the network, and where STS is.

use std::time::Duration;

use reqwest::Url;

use super::env::first;
use crate::api::context::{Context, Env, HttpRequest, HttpResponse, Sent};
use crate::api::endpoint::{Endpoint, Network};
use crate::api::error::Error;

/// Where STS is asked for roles.
#[derive(Clone, Debug, Default)]
pub(in crate::api) struct Sts {
    /// URL in place of Alibaba Cloud's own.
    pub(in crate::api) url: Option<String>,
    /// Region whose endpoint is asked; the central one without.
    pub(in crate::api) region: Option<String>,
    /// The network of that endpoint.
    pub(in crate::api) network: Network,
}

impl Sts {
    /// `url` if it is given; else the region that the environment names, and on a VPC's network the region of DTS, for
    /// the central endpoint may be out of reach there.
    ///
    /// # Errors
    /// As [`Endpoint::sts`].
    pub(in crate::api) fn new(
        region: &str,
        network: Network,
        url: Option<String>,
        env: &dyn Env,
    ) -> Result<Sts, Error> {
        let named = first(env, &["ALIBABA_CLOUD_STS_REGION"]).map(|(_, region)| region);
        let sts = Sts {
            url,
            region: named.or_else(|| (network == Network::Vpc).then(|| region.to_owned())),
            network,
        };
        sts.endpoint(None)?;
        Ok(sts)
    }

    /// The endpoint, for a profile that names a region of its own or none.
    ///
    /// # Errors
    /// As [`Endpoint::sts`].
    pub(in crate::api) fn endpoint(&self, region: Option<&str>) -> Result<Endpoint, Error> {
        Endpoint::sts(
            region.or(self.region.as_deref()),
            self.network,
            self.url.as_deref(),
        )
    }
}

/// What sources ask with.
#[derive(Clone, Copy)]
pub(in crate::api) struct Access<'a> {
    pub(in crate::api) context: &'a Context,
    pub(in crate::api) sts: &'a Sts,
    pub(in crate::api) user_agent: &'a str,
}

impl Access<'_> {
    /// The answer to `request`, sent up to `attempts` times until something below 500 comes back.
    ///
    /// # Errors
    /// What happened the last time, for a person.
    pub(super) async fn fetch(&self, request: HttpRequest, attempts: u32) -> Result<HttpResponse, String> {
        let mut number = 1;
        loop {
            let result = self.context.transport.send(request.clone()).await;
            let (problem, pointless) = match result {
                Ok(response) if response.status < 500 => return Ok(response),
                Ok(response) => (format!("HTTP {}", response.status), false),
                Err(error) => {
                    let what = match error.sent {
                        Sent::No => "cannot be reached",
                        Sent::Maybe => "no answer",
                    };
                    (format!("{what}: {}", error.message), error.advice.is_some())
                }
            };
            if number >= attempts || pointless {
                return Err(problem);
            }
            self.context
                .clock
                .sleep(Duration::from_secs(u64::from(number)))
                .await;
            number += 1;
        }
    }
}

/// The status of an answer of `url`, and which server it redirects to: the path may be secret.
pub(super) fn status(response: &HttpResponse, url: &str) -> String {
    let status = format!("HTTP {}", response.status);
    let Some(to) = response.redirect() else {
        return status;
    };
    let asked = Url::parse(url).ok();
    let to = asked.as_ref().and_then(|asked| asked.join(to).ok());
    let whereto = match (asked, to) {
        (Some(asked), Some(to)) if asked.origin() == to.origin() => "another path there".to_owned(),
        (_, Some(to)) => to.origin().ascii_serialization(),
        (_, None) => "what is no URL".to_owned(),
    };
    format!("{status}, a redirect to {whereto}, which is not followed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: u16, location: Option<&str>, expected: &str) {
        let mut response = HttpResponse {
            status: code,
            ..HttpResponse::default()
        };
        if let Some(to) = location {
            response.headers.push(("location".to_owned(), to.to_owned()));
        }
        assert_eq!(
            status(&response, "http://keys.example.com/hunter2"),
            expected,
            "{location:?}"
        );
    }

    #[test]
    fn a_redirect_names_the_server_it_leads_to() {
        check(404, None, "HTTP 404");
        check(404, Some("https://login.example.com/"), "HTTP 404");
        check(302, None, "HTTP 302");
        for (to, whereto) in [
            (
                "https://login.example.com:8443/hunter2?x=hunter2",
                "https://login.example.com:8443",
            ),
            ("//login.example.com/hunter2", "http://login.example.com"),
            ("https://keys.example.com/hunter2", "https://keys.example.com"),
            ("/hunter2/", "another path there"),
            ("http://[hunter2", "what is no URL"),
        ] {
            let expected = format!("HTTP 302, a redirect to {whereto}, which is not followed");
            check(302, Some(to), &expected);
        }
    }
}
