//! Removing a job. An instance is never released by it: that belongs to whoever bought it.

use std::time::Duration;

use super::{NO_INSTANCE, SUCCESSOR, options};
use crate::api;
use crate::dts::error;
use crate::dts::provider::Client;
use crate::dts::repeat::{self, Called};
use crate::dts::status::Stage;
use crate::dts::wait::{Patience, Poll};
use crate::framework::resource::{Delete, Replacement};
use crate::framework::{Diagnostic, Diagnostics, Object};

const DELETE: &str = "DeleteDtsJob";
const STOP: &str = "StopDtsJob";
const RESET: &str = "ResetDtsJob";

const TIMEOUT: Duration = Duration::from_secs(20 * 60);

pub(super) async fn delete(delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
    let id = delete.state.str("id").unwrap_or_default().to_owned();
    let api = delete
        .client
        .api_within(&delete.cancel, delete.timeout(TIMEOUT))?;
    let what = format!("remove DTS job {id}");
    let job = options::job_ref(&id, &delete.state);
    let detail = match api.describe_dts_job_detail(&job).await {
        Ok(detail) => detail,
        Err(cause) if cause.is_not_found() => return Ok(()),
        Err(cause) => return Err(error::unable(&what, &cause).into()),
    };
    let stage = Stage::of(detail.status.as_deref().unwrap_or_default());
    let Some(instance_id) = detail.dts_instance_id.as_deref() else {
        if calls(is_migration(&delete.state), false, stage).is_empty() {
            return Ok(());
        }
        return match api.delete_dts_job(&job, delete.state.str("job_type")).await {
            Ok(()) => Ok(()),
            Err(cause) if cause.is_not_found() => Ok(()),
            Err(cause) => Err(error::unable(&what, &cause).into()),
        };
    };
    if let Some(refusal) = keep(delete, &id, instance_id, stage) {
        return Err(refusal.into());
    }
    let run = Run {
        delete,
        api: &api,
        job,
        what: &what,
    };
    for call in calls(is_migration(&run.delete.state), true, stage) {
        match *call {
            STOP if stage == Stage::Prechecking => run.stop_after_precheck().await?,
            STOP => run.stop().await?,
            _ => run.reset().await?,
        }
    }
    Ok(())
}

fn is_migration(job: &Object) -> bool {
    job.str("job_type") == Some("MIGRATION")
}

/// The calls that remove a job, in order: for the plan that tells them and for the apply that makes them. Without an instance it
/// is deleted; DTS would release an instance with it.
fn calls(migration: bool, has_instance: bool, stage: Stage) -> &'static [&'static str] {
    match (has_instance, migration, stage) {
        (false, _, Stage::Finished) => &[],
        (false, _, _) => &[DELETE],
        // No reset for a migration: what has not run is left to be configured again.
        (true, true, Stage::Running | Stage::Suspended | Stage::Failed | Stage::Prechecking) => &[STOP],
        (true, true, _) | (true, false, Stage::NotConfigured) => &[],
        (true, false, Stage::Running | Stage::Suspended | Stage::Failed | Stage::Prechecking) => {
            &[STOP, RESET]
        }
        (true, false, _) => &[RESET],
    }
}

/// What a plan has to say of a removal: its calls, which no attribute can show. Nothing where there are none. Of a replacement that the
/// user asks for (`-replace`) Terraform asks no plan, and shows no warning of the successor's.
pub(super) fn told(job: &Object) -> Option<Diagnostic> {
    let status = job.str("status").unwrap_or_default();
    let (stage, has_instance) = (Stage::of(status), !job.get("dts_instance_id").is_null());
    let calls = calls(is_migration(job), has_instance, stage);
    if calls.is_empty() {
        return None;
    }
    let id = job.str("id").unwrap_or_default();
    let mut detail = format!(
        "To remove job {id} (status {status}), the apply calls `{}`.",
        calls.join("`, then `")
    );
    if has_instance {
        detail.push_str(" Its instance stays. If that is released before it in the same apply, the job is gone with it, and nothing is called.");
    }
    if stage == Stage::Prechecking {
        detail.push_str(" It is stopped only if its precheck passes, for then it starts.");
    }
    // The summary is the same for all, so that Terraform tells many of them as one.
    Some(Diagnostic::warning(
        "Removing a DTS job makes calls of its own",
        detail,
    ))
}

/// Why the job must stay: it would be lost for a successor that cannot be made.
fn keep(delete: &Delete<Client>, id: &str, instance_id: &str, stage: Stage) -> Option<Diagnostic> {
    let replacement = delete.replacing?;
    let successor = delete.private.get(SUCCESSOR).and_then(|value| value.as_str());
    if successor == Some(NO_INSTANCE) {
        return Some(Diagnostic::error(
            format!("Unable to replace DTS job {id} while its instance {instance_id} stays"),
            "The instance was bought for this job and cannot serve another. Replace it together with the job: set `replace_triggered_by = \
             [dts_job.<name>.id]` in the `lifecycle` block of the `dts_instance`, or name both with `terraform apply -replace`. Nothing \
             was changed.",
        ));
    }
    let same = successor == Some(instance_id);
    let migration = is_migration(&delete.state);
    if same && stage.has_run() && (migration || replacement == Replacement::Tainted) {
        let cost = if migration {
            "a migration that has run cannot be configured again on its instance"
        } else {
            "it has moved data, and a new configuration would load all of it a second time"
        };
        return Some(Diagnostic::error(
            format!("Unable to replace DTS job {id} on its instance {instance_id}"),
            format!(
                "{}, but {cost}. {} Nothing was changed.",
                if replacement == Replacement::Tainted {
                    "The job is tainted"
                } else {
                    "The job was to be replaced"
                },
                if replacement == Replacement::Tainted {
                    "There are two ways out: `terraform untaint` on the job, then the next apply goes on with it in place; or replace its \
                     instance with it (`terraform apply -replace` on the `dts_instance`)."
                } else {
                    "Replace its instance, and the job with it (`terraform apply -replace` on the `dts_instance`)."
                },
            ),
        ));
    }
    None
}

struct Run<'a> {
    delete: &'a Delete<Client>,
    api: &'a api::Client,
    job: api::JobRef,
    what: &'a str,
}

impl Run<'_> {
    async fn stop(&self) -> Result<(), Diagnostics> {
        let called = match repeat::call(|| self.api.stop_dts_job(&self.job)).await {
            Ok(called) => called,
            Err(cause) if cause.is_not_found() => return Ok(()),
            Err(cause) if cause.is_outcome_unknown() => return Err(error::unable(self.what, &cause).into()),
            // Ended by itself meanwhile.
            Err(cause) => match self.stage().await? {
                None | Some(Stage::Finished) => return Ok(()),
                Some(_) => return Err(error::unable(self.what, &cause).into()),
            },
        };
        self.until(&called, |stage| stage == Stage::Finished).await
    }

    /// A precheck cannot be interrupted; when it passes, the job runs and can be stopped.
    async fn stop_after_precheck(&self) -> Result<(), Diagnostics> {
        self.until(&Called::Taken, |stage| stage != Stage::Prechecking)
            .await?;
        match self.stage().await? {
            Some(Stage::Running | Stage::Suspended | Stage::Failed) => self.stop().await,
            _ => Ok(()),
        }
    }

    async fn reset(&self) -> Result<(), Diagnostics> {
        let called = match repeat::call(|| self.api.reset_dts_job(&self.job)).await {
            Ok(called) => called,
            Err(cause) if cause.is_not_found() => return Ok(()),
            Err(cause) => return Err(error::unable(self.what, &cause).into()),
        };
        self.until(&called, |stage| stage == Stage::NotConfigured).await?;
        // A job that is configured on the instance again has the same id, and none of what belonged to this one.
        self.delete
            .client
            .was_reset(self.job.job_id.as_deref().unwrap_or_default());
        Ok(())
    }

    /// The stage; `None` when the job is gone.
    async fn stage(&self) -> Result<Option<Stage>, Diagnostics> {
        let job_type = self.delete.state.str("job_type");
        match self.api.read_job(&self.job, job_type, api::Purpose::Poll).await {
            Ok(detail) => Ok(Some(Stage::of(detail.status.as_deref().unwrap_or_default()))),
            Err(cause) if cause.is_not_found() => Ok(None),
            Err(cause) => Err(error::unable(self.what, &cause).into()),
        }
    }

    async fn until(&self, called: &Called, enough: impl Fn(Stage) -> bool) -> Result<(), Diagnostics> {
        let limit = self.delete.timeout(TIMEOUT);
        let patience = Patience {
            what: self.what,
            limit,
            raise: "timeouts.delete",
            cancel: &self.delete.cancel,
        };
        repeat::until(called, self.api.clock().as_ref(), patience, || async {
            Ok(match self.stage().await? {
                Some(stage) if !enough(stage) => Poll::Pending(format!("{stage:?}")),
                _ => Poll::Ready(()),
            })
        })
        .await
    }
}
