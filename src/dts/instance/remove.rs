//! Releasing an instance, or only forgetting it.

use super::TIMEOUT;
use super::plan::{cannot_release, must_stay};
use crate::api;
use crate::dts::error;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{self, Patience, Poll};
use crate::framework::resource::Delete;
use crate::framework::{Diagnostic, Diagnostics};

pub(super) async fn release(delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
    let id = delete.state.str("id").unwrap_or_default().to_owned();
    if let Some(refusal) = must_stay(delete) {
        return Err(refusal.into());
    }
    if delete.state.str("on_destroy") == Some("keep") {
        delete.warnings.push(Diagnostic::warning(
            format!("DTS instance {id} was kept"),
            "`on_destroy` is `keep`: Terraform forgets the instance, and it goes on and is paid for until it is released elsewhere \
             or expires.",
        ));
        return Ok(());
    }
    if let Some(refusal) = cannot_release(&delete.state) {
        return Err(refusal.into());
    }
    let api = delete
        .client
        .api_within(&delete.cancel, delete.timeout(TIMEOUT))?;
    let what = format!("release DTS instance {id}");
    let instance = api::JobRef::instance(&id);
    match api.delete_dts_job(&instance, delete.state.str("type")).await {
        Ok(()) => {}
        Err(cause) if cause.is_not_found() => return Ok(()),
        Err(cause) => {
            // A lost answer may well have been a yes.
            let gone = cause.is_outcome_unknown()
                && api
                    .describe_dts_job_detail(&instance)
                    .await
                    .is_err_and(|cause| cause.is_not_found());
            return if gone {
                Ok(())
            } else {
                Err(error::unable(&what, &cause).into())
            };
        }
    }
    let limit = delete.timeout(TIMEOUT);
    let patience = Patience {
        what: &what,
        limit,
        raise: "timeouts.delete",
        cancel: &delete.cancel,
    };
    wait::until(api.clock().as_ref(), &patience, || async {
        match api
            .read_job(&instance, delete.state.str("type"), api::Purpose::Poll)
            .await
        {
            Err(cause) if cause.is_not_found() => Ok(Poll::Ready(())),
            // A released instance may stay readable for a while (dts-api.md 3.5).
            Ok(detail) if Stage::of(detail.status.as_deref().unwrap_or_default()) == Stage::Finished => {
                Ok(Poll::Ready(()))
            }
            Ok(detail) => Ok(Poll::Pending(format!(
                "status {}",
                detail.status.unwrap_or_default()
            ))),
            Err(cause) => Err(error::unable(&what, &cause).into()),
        }
    })
    .await
}
