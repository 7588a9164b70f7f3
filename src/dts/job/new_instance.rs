//! A job whose instance turns out to be another one in the apply: where the old instance was released before it, and the old
//! job with it, the job is configured on the new one in place.

use super::apply::{self, Run};
use super::configure;
use super::decide::{configuring, names, refused};
use super::{condition, options, two_way};
use crate::api;
use crate::dts::course::{Course, Desired};
use crate::dts::error;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::framework::resource::{Apply, Plan};
use crate::framework::{Diagnostic, Diagnostics, Object, Path};

const INSTANCE: &str = "dts_instance_id";

/// From which instance to which other one a change leads; `None` where either is not known, or both are the same.
pub(super) fn other_instance<'o>(prior: &'o Object, planned: &'o Object) -> Option<(&'o str, &'o str)> {
    let (old, new) = (prior.str(INSTANCE)?, planned.str(INSTANCE)?);
    (old != new).then_some((old, new))
}

/// The plan while the instance is not known: it may be the same, and nothing happens, or a new one, and all that DTS gives
/// a job is new.
pub(super) fn plan_unknown(plan: &mut Plan<'_, Client>, prior: &Object) {
    for name in ["id", "operations"].into_iter().chain(condition::NAMES) {
        plan.unknown(name);
    }
    if Stage::of(prior.str("status").unwrap_or_default()).has_run() {
        let desired = plan.planned.str("desired_status").and_then(Desired::parse);
        plan.diagnostics.push(not_known(prior, desired));
    }
}

/// The plan inside the apply, where the instance has turned out to be another one. What became of the old job only the apply
/// finds out.
pub(super) fn plan_known(plan: &mut Plan<'_, Client>) {
    plan.unknown("id");
    for name in condition::NAMES {
        plan.unknown(name);
    }
    let Some(desired) = plan.planned.str("desired_status").and_then(Desired::parse) else {
        return plan.unknown("operations");
    };
    match configuring(true, desired, &plan.planned) {
        Ok(operations) => plan.planned.set("operations", names(&operations)),
        Err(Course::Anew(why) | Course::Refused(why)) => plan.refuse(refused(desired, &why)),
        Err(Course::Moves(_)) => {}
    }
}

/// The reviewer should know what may come of it.
fn not_known(prior: &Object, desired: Option<Desired>) -> Diagnostic {
    let id = prior.str("id").unwrap_or_default();
    let old = prior.str(INSTANCE).unwrap_or_default();
    let mut detail = format!(
        "`dts_instance_id` depends on a change that is pending. If it turns out to be the same, nothing happens because of it. If {old} is \
         replaced in this apply, the job ends with it and is configured on the new instance, where it begins from the start. If it is \
         another instance and the job still exists on {old}, the apply stops there, and the next plan shows the replacement."
    );
    if desired == Some(Desired::Stopped) {
        detail.push_str(
            " A job that is to be `stopped` cannot be configured on a new instance: where it is replaced, set `desired_status` to \
             `configured`.",
        );
    }
    Diagnostic::warning(
        format!("On which instance DTS job {id} will be is only known in the apply"),
        detail,
    )
    .at(Path::attribute(INSTANCE))
}

/// Configures the job on the instance that is planned, if the old job is gone or has ended.
pub(super) async fn configure_there(apply: &mut Apply<Client>, api: api::Client) -> Result<(), Diagnostics> {
    let client = apply.client.clone();
    let id = apply.prior.str("id").unwrap_or_default().to_owned();
    let planned = apply.planned.clone();
    if let Some((old, new)) = other_instance(&apply.prior, &planned) {
        let what = format!("read DTS job {id}");
        match api
            .describe_dts_job_detail(&options::job_ref(&id, &apply.prior))
            .await
        {
            // Released jobs stay readable for a while as `Finished` (dts-api.md 3.5); one that really has ended loses nothing.
            Ok(detail) => {
                let status = detail.status.unwrap_or_default();
                if Stage::of(&status) != Stage::Finished {
                    return Err(still_there(&id, &status, old, new).into());
                }
            }
            Err(cause) if cause.is_not_found() => {}
            Err(cause) => return Err(error::unable(&what, &cause).into()),
        }
    }
    let desired = apply::desired(&planned);
    let operations = apply::to_configure(true, desired, &planned)?;
    two_way::wait_for_forward(&api, apply, desired, "timeouts.update").await?;
    let request = configure::request(&planned, &apply.config, None);
    let job = configure::configure(&client, &api, &request, &mut apply.warnings).await?;
    if let Some(instance) = &request.dts_instance_id {
        client.serve_anew(&options::place(instance, &planned));
    }
    let mut reached = planned;
    reached.set("id", job.dts_job_id.as_str());
    Run::new(apply, api, job.dts_job_id, reached, "timeouts.update")
        .begin(operations, desired)
        .await
}

fn still_there(id: &str, status: &str, old: &str, new: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unable to configure DTS job {id} on instance {new}"),
        format!(
            "The job is on instance {old} (status {status}), which was not released before it, and a job cannot move. That the instance \
             is another one became known only in the apply, so that no replacement of the job was planned, and it was left as it is. Plan \
             again, with refresh (without `-refresh=false`): the plan then shows the replacement, which ends the job where it is. To have \
             that in one apply, as with a `dts_instance` that has `create_before_destroy`, set `replace_triggered_by = \
             [dts_instance.<name>.id]` in the `lifecycle` block of the job."
        ),
    )
    .at(Path::attribute(INSTANCE))
}
