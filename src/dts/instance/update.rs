//! Changing an instance in place, each change by its own call.

use std::time::Duration;

use super::TIMEOUT;
use super::plan::{has_started, operations, starts};
use crate::api;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{self, Patience, Poll};
use crate::dts::{error, precheck, tags};
use crate::framework::import::IMPORTED;
use crate::framework::resource::Apply;
use crate::framework::{Diagnostic, Diagnostics, Path, Value};

pub(super) async fn update(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    let api = apply.client.api_within(&apply.cancel, apply.timeout(TIMEOUT))?;
    let id = apply.prior.str("id").unwrap_or_default().to_owned();
    let limit = apply.timeout(TIMEOUT);
    let planned = apply.planned.clone();
    let mut done: Vec<&str> = Vec::new();
    let mut reached = apply.prior.clone();

    let what = format!("read DTS instance {id}");
    let instance = api::JobRef::instance(&id);
    let detail = api
        .describe_dts_job_detail(&instance)
        .await
        .map_err(error::to(&what))?;
    let job_id = detail
        .dts_job_id
        .clone()
        .or_else(|| reached.str("job_id").map(str::to_owned))
        .unwrap_or_default();

    for operation in operations(&apply.prior, &planned).unwrap_or_default() {
        let changes: &[&str] = match operation {
            tags::UNTAG => &[],
            tags::TAG => &["tags", "tags_all"],
            "TransferInstanceClass" => &["instance_class"],
            _ => &["auto_start"],
        };
        if [tags::UNTAG, tags::TAG].contains(&operation) {
            let change = tags::Change::between(&apply.prior, &planned);
            change.call(operation, &api, &id).await?;
            if operation == tags::UNTAG {
                change.record_removal(&mut reached);
            }
        } else if operation == "TransferInstanceClass" {
            let class = planned.str("instance_class").unwrap_or_default();
            let from = detail.dts_job_class.as_deref().or(reached.str("instance_class"));
            let order = order_type(from.unwrap_or_default(), class);
            api.transfer_instance_class(&job_id, class, order)
                .await
                .map_err(|cause| {
                    let what = format!("change the class of DTS instance {id} to {class}");
                    error::unable(&what, &cause).at(Path::attribute("instance_class"))
                })?;
        } else if !has_started(detail.status.as_deref().unwrap_or_default()) {
            api.start_dts_job(&api::JobRef::job(&job_id))
                .await
                .map_err(error::to(&format!("start DTS job {job_id} of instance {id}")))?;
        } else {
            apply.warnings.push(Diagnostic::warning(
                format!("DTS job {job_id} was started already"),
                "It was started after the plan was made, so StartDtsJob was not called again. `operations` lists it all the same: Terraform \
                 records what was planned.",
            ));
        }
        done.push(operation);
        for name in changes {
            reached.set(name, planned.get(name).clone());
        }
        reached.set("operations", done.clone());
        apply.state = reached.clone();
        apply.checkpoint();
    }
    apply.state = planned.clone();
    apply.state.set("operations", done);
    apply.private.remove(IMPORTED);
    let recorded = apply.state.clone();
    apply.state.set("status", apply.prior.get("status").clone());
    apply.checkpoint();
    apply.state = recorded;
    let detail = wait_for_class(apply, &api, &id, limit).await?;
    apply.state.set("status", detail.status.clone());
    if let Value::List(_) = planned.get("operations") {
        apply.state.set("operations", planned.get("operations").clone());
    }
    Ok(())
}

/// What kind of order leads from one class to another. `UPGRADE` is the only documented one, although the action is said to
/// go both ways (dts-api.md 2.6). Also ranks the classes that can only have been bought elsewhere.
fn order_type(from: &str, to: &str) -> &'static str {
    const RISING: [&str; 8] = [
        "micro", "small", "medium", "large", "xlarge", "2xlarge", "xxlarge", "4xlarge",
    ];
    let rank = |class: &str| RISING.iter().position(|known| known.eq_ignore_ascii_case(class));
    if rank(to) < rank(from) {
        "DOWNGRADE"
    } else {
        "UPGRADE"
    }
}

/// Until a change of class is through, and a start has been taken up.
async fn wait_for_class(
    apply: &Apply<Client>,
    api: &api::Client,
    id: &str,
    limit: Duration,
) -> Result<api::JobDetail, Diagnostics> {
    let class = apply.planned.str("instance_class").unwrap_or_default();
    let what = format!("see the change of DTS instance {id} through");
    let patience = Patience {
        what: &what,
        limit,
        raise: "timeouts.update",
        cancel: &apply.cancel,
    };
    let starts = starts(&apply.prior, &apply.planned);
    let instance = api::JobRef::instance(id);
    wait::until(api.clock().as_ref(), &patience, || async {
        let detail = api
            .read_job(&instance, apply.prior.str("type"), api::Purpose::Poll)
            .await
            .map_err(error::to(&what))?;
        let status = detail.status.clone().unwrap_or_default();
        let passing = ["Upgrade", "Downgrade"]
            .iter()
            .any(|word| status.eq_ignore_ascii_case(word));
        let other_class = detail
            .dts_job_class
            .as_deref()
            .is_some_and(|found| !is_class(found, class));
        if starts && Stage::of(&status) == Stage::PrecheckFailed {
            let job_id = detail.dts_job_id.as_deref().unwrap_or_default();
            return Err(precheck::failures_of(
                api,
                job_id,
                "The job does not run. Repair the cause and apply again.",
            )
            .await);
        }
        if passing || other_class || (starts && !has_started(&status)) {
            return Ok(Poll::Pending(format!(
                "status {status}, class {}",
                detail.dts_job_class.as_deref().unwrap_or("unknown")
            )));
        }
        Ok(Poll::Ready(detail))
    })
    .await
}

/// DTS spells its words in more than one way.
fn is_class(found: &str, class: &str) -> bool {
    found.eq_ignore_ascii_case(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_the_same_in_any_spelling() {
        assert!(is_class("LARGE", "large") && is_class("large", "large"));
        assert!(!is_class("xlarge", "large"));
    }

    #[test]
    fn a_smaller_class_is_a_downgrade() {
        for (from, to, order) in [
            ("small", "medium", "UPGRADE"),
            ("micro", "xxlarge", "UPGRADE"),
            ("large", "small", "DOWNGRADE"),
            ("xxlarge", "xlarge", "DOWNGRADE"),
            ("4xlarge", "micro", "DOWNGRADE"),
        ] {
            assert_eq!(order_type(from, to), order, "{from} {to}");
        }
    }
}
