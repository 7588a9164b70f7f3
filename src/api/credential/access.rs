//! What sources of keys ask with: the clock, the network, and where STS is.

use std::time::Duration;

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
