//! Removing a job. An instance is never released by it: that belongs to whoever bought it.

use std::time::Duration;

use super::{NO_INSTANCE, SUCCESSOR};
use crate::api;
use crate::dts::error;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{self, Patience, Poll};
use crate::framework::resource::{Delete, Replacement};
use crate::framework::{Diagnostic, Diagnostics};

const TIMEOUT: Duration = Duration::from_secs(20 * 60);

pub(super) async fn delete(delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
    let id = delete.state.str("id").unwrap_or_default().to_owned();
    let api = delete
        .client
        .api_within(&delete.cancel, delete.timeout(TIMEOUT))?;
    let what = format!("remove DTS job {id}");
    let job = api::JobRef::job(&id);
    let detail = match api.describe_dts_job_detail(&job).await {
        Ok(detail) => detail,
        Err(cause) if cause.is_not_found() => return Ok(()),
        Err(cause) => return Err(error::unable(&what, &cause).into()),
    };
    let stage = Stage::of(detail.status.as_deref().unwrap_or_default());
    let Some(instance_id) = detail.dts_instance_id.as_deref() else {
        if stage == Stage::Finished {
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
    match run.delete.state.str("job_type") {
        // No reset for a migration: what has not run is left to be configured again.
        Some("MIGRATION") => match stage {
            Stage::Running | Stage::Suspended | Stage::Failed => run.stop().await,
            Stage::Prechecking => run.stop_after_precheck().await,
            _ => Ok(()),
        },
        _ => match stage {
            Stage::NotConfigured => Ok(()),
            Stage::Running | Stage::Suspended | Stage::Failed => {
                run.stop().await?;
                run.reset().await
            }
            Stage::Prechecking => {
                run.stop_after_precheck().await?;
                run.reset().await
            }
            _ => run.reset().await,
        },
    }
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
    let migration = delete.state.str("job_type") == Some("MIGRATION");
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
        match self.api.stop_dts_job(&self.job).await {
            Ok(()) => {}
            Err(cause) if cause.is_not_found() => return Ok(()),
            // Twice is the same as once, and a refusal now may well mean that it was stopped: what comes of it is waited for.
            Err(cause) if cause.is_outcome_unknown() => drop(self.api.stop_dts_job(&self.job).await),
            // Ended by itself meanwhile.
            Err(cause) => match self.stage().await? {
                None | Some(Stage::Finished) => return Ok(()),
                Some(_) => return Err(error::unable(self.what, &cause).into()),
            },
        }
        self.until(|stage| stage == Stage::Finished).await
    }

    /// A precheck cannot be interrupted; when it passes, the job runs and can be stopped.
    async fn stop_after_precheck(&self) -> Result<(), Diagnostics> {
        self.until(|stage| stage != Stage::Prechecking).await?;
        match self.stage().await? {
            Some(Stage::Running | Stage::Suspended | Stage::Failed) => self.stop().await,
            _ => Ok(()),
        }
    }

    async fn reset(&self) -> Result<(), Diagnostics> {
        match self.api.reset_dts_job(&self.job).await {
            Ok(()) => {}
            Err(cause) if cause.is_not_found() => return Ok(()),
            Err(cause) if cause.is_outcome_unknown() => drop(self.api.reset_dts_job(&self.job).await),
            Err(cause) => return Err(error::unable(self.what, &cause).into()),
        }
        self.until(|stage| stage == Stage::NotConfigured).await
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

    async fn until(&self, enough: impl Fn(Stage) -> bool) -> Result<(), Diagnostics> {
        let limit = self.delete.timeout(TIMEOUT);
        let patience = Patience {
            what: self.what,
            limit,
            raise: "timeouts.delete",
            cancel: &self.delete.cancel,
        };
        wait::until(self.api.clock().as_ref(), &patience, || async {
            Ok(match self.stage().await? {
                Some(stage) if !enough(stage) => Poll::Pending(format!("{stage:?}")),
                _ => Poll::Ready(()),
            })
        })
        .await
    }
}
