//! The reverse job of a two-way synchronization: it follows what its forward job has loaded, so it is configured once that is
//! there. Alibaba Cloud's guide to two-way synchronization has the forward task run first, and the reverse task then follows changes
//! only.

use std::time::Duration;

use super::apply::TIMEOUT;
use super::options::direction;
use crate::api;
use crate::dts::course::Desired;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{self, Patience, Poll};
use crate::dts::{error, precheck};
use crate::framework::resource::Apply;
use crate::framework::{Diagnostic, Diagnostics, Path};

/// How long a forward job may be seen not to have been started: another resource may be about to. Not longer, for Terraform may also be
/// keeping that one back until this is done (`-parallelism=1`).
const UNSTARTED: Duration = Duration::from_secs(60);

/// Before a reverse job is configured that is to run: until its forward job follows changes. Whatever ends this, nothing was configured.
pub(super) async fn wait_for_forward(
    api: &api::Client,
    apply: &Apply<Client>,
    desired: Desired,
    raise: &str,
) -> Result<(), Diagnostics> {
    let planned = &apply.planned;
    let Some(instance) = planned.str("dts_instance_id") else {
        return Ok(());
    };
    if direction(planned) != Some("Reverse") || desired == Desired::Configured {
        return Ok(());
    }
    let what = format!("configure the reverse job of DTS instance {instance}");
    let what = what.as_str();
    let patience = Patience {
        what,
        limit: apply.timeout(TIMEOUT),
        raise,
        cancel: &apply.cancel,
    };
    let forward = &api::JobRef::instance(instance).direction("Forward");
    let clock = api.clock();
    let begin = clock.instant();
    let consequence = "The reverse job was not configured, and DTS goes on with the forward job.";
    wait::until_else(clock.as_ref(), &patience, consequence, || {
        let waited = clock.instant().duration_since(begin);
        async move {
            let detail = match api.describe_dts_job_detail(forward).await {
                Ok(detail) => detail,
                Err(cause) if cause.is_not_found() => return Err(error::unable(what, &cause).at(at()).into()),
                Err(cause) => return Ok(Poll::Unread(error::unable(what, &cause).into())),
            };
            let status = detail.status.clone().unwrap_or_default();
            match Stage::of(&status) {
                _ if status.eq_ignore_ascii_case("Synchronizing") => Ok(Poll::Ready(())),
                // Paused by whoever runs it: that may take long, and is no reason not to go on.
                Stage::Suspended => Ok(Poll::Ready(())),
                Stage::Running | Stage::Prechecking => Ok(Poll::Pending(seen(&status))),
                Stage::PrecheckFailed => {
                    let id = detail.dts_job_id.as_deref().unwrap_or_default();
                    let then = "It is the forward job, and its reverse job was not configured. Repair the cause and apply again.";
                    Err(precheck::failures_of(api, id, then).await)
                }
                Stage::NotConfigured | Stage::NotStarted | Stage::PreCheckPass if waited < UNSTARTED => {
                    Ok(Poll::Pending(seen(&status)))
                }
                // Loaded once, it may have failed at any time since: the precheck of the reverse job decides.
                Stage::Failed if status.eq_ignore_ascii_case("Failed") => Ok(Poll::Ready(())),
                _ => Err(Diagnostic::error(
                    format!("Unable to {what}"),
                    format!(
                        "Its forward job has the status {status}, and the reverse job follows changes of what the forward job has loaded. Have that                          run first (`desired_status = \"running\"`), and name it in `depends_on` of the reverse job. Nothing was configured."
                    ),
                )
                .at(at())
                .into()),
            }
        }
    })
    .await
}

fn seen(status: &str) -> String {
    format!("the forward job with status {status}")
}

fn at() -> Path {
    Path::attribute("dts_instance_id")
}
