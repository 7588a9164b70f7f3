//! Removing a subscription. An instance is never released by it: that belongs to whoever bought it.

use std::time::Duration;

use super::{INSTANCE_IS_MANAGED, NO_INSTANCE, SUBSCRIBE, SUCCESSOR};
use crate::api;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{Patience, Poll};
use crate::dts::{error, repeat};
use crate::framework::private::Private;
use crate::framework::resource::Delete;
use crate::framework::{Diagnostic, Diagnostics, Object};

const TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// The call that removes a subscription, for the plan that tells it and for the apply that makes it. Without an instance it is
/// deleted; DTS would release an instance with it.
fn call(has_instance: bool, stage: Stage) -> Option<&'static str> {
    match (has_instance, stage) {
        (false, Stage::Finished) | (true, Stage::NotConfigured) => None,
        (false, _) => Some("DeleteDtsJob"),
        (true, _) => Some("ResetDtsJob"),
    }
}

/// What a plan has to say of a removal: its call, which no attribute can show.
pub(super) fn told(prior: &Object) -> Option<Diagnostic> {
    let status = prior.str("status").unwrap_or_default();
    let has_instance = !prior.get("dts_instance_id").is_null();
    let call = call(has_instance, Stage::of(status))?;
    let id = prior.str("id").unwrap_or_default();
    let mut detail = format!("To remove subscription {id} (status {status}), the apply calls `{call}`.");
    if has_instance {
        detail.push_str(
            " Its consumer groups are lost with it; its instance stays. If that is released before it in the same apply, the subscription is \
             gone with it, and nothing is called.",
        );
    }
    // The summary is the same for all, so that Terraform tells many of them as one.
    Some(Diagnostic::warning(
        "Removing a DTS subscription makes calls of its own",
        detail,
    ))
}

/// What a plan has to say of the instance, where no `dts_instance` is known to have it: then nothing releases it. One that the
/// subscription refers to was read before it; one that was bought for it is removed before it.
pub(super) fn leaves_instance(
    prior: &Object,
    private: &Private,
    client: Option<&Client>,
) -> Option<Diagnostic> {
    let instance = prior.str("dts_instance_id")?;
    let was_managed = private.get(INSTANCE_IS_MANAGED)?.as_bool()?;
    let is_managed = was_managed || client.is_some_and(|client| client.is_claimed(instance));
    (!is_managed).then(|| {
        Diagnostic::warning(
            format!("DTS instance {instance} stays, and goes on to be paid for"),
            format!(
                "It is what subscription {} runs on, and no `dts_instance` that it refers to has it, so that removing the subscription \
                 does not release it. If none manages it elsewhere either, import it first, and destroy it with the \
                 subscription:\n\nimport {{\n  to = dts_instance.<name>\n  id = \"{instance}\"\n}}",
                prior.str("id").unwrap_or_default()
            ),
        )
    })
}

pub(super) async fn delete(delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
    let id = delete.state.str("id").unwrap_or_default().to_owned();
    let limit = delete.timeout(TIMEOUT);
    let api = delete.client.api_within(&delete.cancel, limit)?;
    let what = format!("remove DTS subscription {id}");
    let job = api::JobRef::job(&id);
    let detail = match api.describe_dts_job_detail(&job).await {
        Ok(detail) => detail,
        Err(cause) if cause.is_not_found() => return Ok(()),
        Err(cause) => return Err(error::unable(&what, &cause).into()),
    };
    let stage = Stage::of(detail.status.as_deref().unwrap_or_default());
    let has_instance = detail.dts_instance_id.is_some();
    let successor = delete.private.get(SUCCESSOR).and_then(|value| value.as_str());
    if delete.replacing.is_some() && has_instance && successor == Some(NO_INSTANCE) {
        return Err(Diagnostic::error(
            format!("Unable to replace DTS subscription {id} while its instance stays"),
            "The instance was bought for this subscription and cannot serve another. Replace it together with the subscription: set \
             `replace_triggered_by = [dts_subscription.<name>.id]` in the `lifecycle` block of the `dts_instance`, or name both with \
             `terraform apply -replace`; or `terraform untaint` the subscription. Nothing was changed.",
        )
        .into());
    }
    let Some(call) = call(has_instance, stage) else {
        return Ok(());
    };
    let once = || async {
        if call == "DeleteDtsJob" {
            api.delete_dts_job(&job, Some(SUBSCRIBE)).await
        } else {
            api.reset_dts_job(&job).await
        }
    };
    let called = match repeat::call(once).await {
        Ok(called) => called,
        Err(cause) if cause.is_not_found() => return Ok(()),
        Err(cause) => return Err(error::unable(&what, &cause).into()),
    };
    let patience = Patience {
        what: &what,
        limit,
        raise: "timeouts.delete",
        cancel: &delete.cancel,
    };
    repeat::until(&called, api.clock().as_ref(), patience, || async {
        match api.read_job(&job, Some(SUBSCRIBE), api::Purpose::Poll).await {
            Err(cause) if cause.is_not_found() => Ok(Poll::Ready(())),
            Ok(detail) => {
                let status = detail.status.unwrap_or_default();
                match Stage::of(&status) {
                    // A deleted one may stay readable for a while (dts-api.md 3.5).
                    Stage::NotConfigured | Stage::Finished => Ok(Poll::Ready(())),
                    _ => Ok(Poll::Pending(format!("status {status}"))),
                }
            }
            Err(cause) => Err(error::unable(&what, &cause).into()),
        }
    })
    .await?;
    if has_instance {
        // One that is configured on the instance again has the same id, and none of what belonged to this one.
        delete.client.was_reset(&id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_never_released() {
        for (has_instance, stage, expected) in [
            (true, Stage::Running, Some("ResetDtsJob")),
            (true, Stage::Failed, Some("ResetDtsJob")),
            (true, Stage::NotStarted, Some("ResetDtsJob")),
            (true, Stage::NotConfigured, None),
            (false, Stage::PreCheckPass, Some("DeleteDtsJob")),
            (false, Stage::Finished, None),
        ] {
            assert_eq!(call(has_instance, stage), expected, "{has_instance} {stage:?}");
        }
    }
}
