//! Changing an instance in place, each change by its own call.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::TIMEOUT;
use super::billing::{self, CLASS, DU, Payment, RENEW, TRANSFER};
use super::create::number;
use super::plan::{GROUP, START, TWO_WAY, has_started, operations, starts};
use super::uncounted::{self, Uncounted};
use crate::api;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{self, Patience, Poll};
use crate::dts::{error, precheck, tags};
use crate::framework::import::IMPORTED;
use crate::framework::resource::Apply;
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Value};

/// What a call changes of the state; the tags are recorded by themselves.
const CHANGES: [(&str, &[&str]); 8] = [
    (GROUP, &["resource_group_id"]),
    (tags::TAG, &["tags", "tags_all"]),
    (TWO_WAY, &["sync_architecture"]),
    (
        TRANSFER,
        &["pay_type", "period", "used_time", "auto_pay", "min_du", "max_du"],
    ),
    (RENEW, &["period", "used_time"]),
    (CLASS, &["instance_class", "database_count"]),
    (DU, &["du"]),
    (START, &["auto_start"]),
];

/// An update in progress: from one state to another, with what DTS showed before the calls.
struct Update<'a> {
    apply: &'a mut Apply<Client>,
    api: api::Client,
    id: String,
    job_id: String,
    before: Object,
    detail: api::JobDetail,
}

pub(super) async fn update(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    let api = apply.client.api_within(&apply.cancel, apply.timeout(TIMEOUT))?;
    let id = apply.prior.str("id").unwrap_or_default().to_owned();
    let limit = apply.timeout(TIMEOUT);
    let planned = apply.planned.clone();
    let before = billing::adopted(&apply.prior, &planned, apply.private.is_set(IMPORTED));
    let mut done: Vec<&str> = Vec::new();
    let mut reached = apply.prior.clone();

    let what = format!("read DTS instance {id}");
    let detail = api
        .describe_dts_job_detail(&api::JobRef::instance(&id))
        .await
        .map_err(error::to(&what))?;
    let job_id = detail
        .dts_job_id
        .clone()
        .or_else(|| reached.str("job_id").map(str::to_owned))
        .unwrap_or_default();
    let recorded = before;
    let uncounted = Uncounted::of(&apply.private, &recorded, detail.expire_time.as_deref());
    let counted = uncounted.as_ref().map(|more| more.counted(&recorded));
    let before = counted.unwrap_or_else(|| recorded.clone());
    let calls = operations(&before, &planned).unwrap_or_default();
    if is_planned(&planned, RENEW) && !calls.contains(&RENEW) {
        apply.warnings.push(needless_renewal(&id));
    }
    let mut update = Update {
        apply,
        api,
        id,
        job_id,
        before,
        detail,
    };
    for operation in calls {
        update.call(operation).await?;
        done.push(operation);
        if operation == tags::UNTAG {
            tags::Change::between(&update.before, &planned).record_removal(&mut reached);
        }
        let changes = CHANGES.iter().find(|(call, _)| *call == operation);
        for name in changes.map(|(_, names)| *names).unwrap_or_default() {
            reached.set(name, planned.get(name).clone());
        }
        if [RENEW, TRANSFER].contains(&operation) {
            // What is counted now goes on to a time that is only told later.
            reached.set("expire_time", Value::Null);
            uncounted::forget(&mut update.apply.private);
        }
        reached.set("operations", done.clone());
        update.apply.state = reached.clone();
        update.apply.checkpoint();
    }
    let Update { apply, api, id, .. } = update;
    let orders_time = [RENEW, TRANSFER].iter().any(|call| done.contains(call));
    if let Some(more) = uncounted.filter(|_| !orders_time) {
        more.remember(&mut apply.private, &recorded, &planned);
    }
    apply.state = planned.clone();
    apply.state.set("operations", done);
    apply.private.remove(IMPORTED);
    let made = apply.state.clone();
    for name in ["status", "expire_time"] {
        apply.state.set(name, reached.get(name).clone());
    }
    apply.checkpoint();
    apply.state = made;
    let detail = wait_until_through(apply, &api, &id, limit).await?;
    apply.state.set("status", detail.status.clone());
    if planned.get("expire_time").is_unknown() {
        apply.state.set("expire_time", detail.expire_time.clone());
    }
    if let Value::List(_) = planned.get("operations") {
        apply.state.set("operations", planned.get("operations").clone());
    }
    Ok(())
}

impl Update<'_> {
    /// Makes one call.
    async fn call(&mut self, operation: &str) -> Result<(), Diagnostics> {
        let (planned, id) = (self.apply.planned.clone(), self.id.clone());
        let class = planned.str("instance_class");
        let instance = api::JobRef::instance(&id);
        match operation {
            GROUP => {
                let group = planned.str("resource_group_id").unwrap_or_default();
                let what = format!("move DTS instance {id} to resource group {group}");
                let moved = self.api.convert_instance_resource_group(&id, group).await;
                moved.map_err(|cause| at(error::unable(&what, &cause), "resource_group_id"))
            }
            tags::UNTAG | tags::TAG => {
                let change = tags::Change::between(&self.before, &planned);
                change.call(operation, &self.api, &id).await
            }
            TWO_WAY => {
                let class = self.before.str("instance_class").unwrap_or_default();
                let what = format!("give DTS instance {id} a reverse half");
                let reverse = api::JobRef::instance(&id).direction("Reverse");
                let forward = self.job_id.clone();
                let is_there = |shown: &api::JobDetail| {
                    shown.dts_job_id.as_ref().is_some_and(|job_id| *job_id != forward)
                };
                // No list tells it, and a second order is refused: an apply that was cut off may have given the first.
                let shown = self.api.describe_dts_job_detail(&reverse).await;
                if shown.is_ok_and(|shown| is_there(&shown)) {
                    self.apply.warnings.push(two_way_already(&id));
                    return Ok(());
                }
                let ordered = self.api.upgrade_two_way(&id, class).await;
                self.ordered(ordered, &what, "sync_architecture", &reverse, |_, now| {
                    is_there(now)
                })
                .await
            }
            TRANSFER => {
                let payment = Payment::of(&planned).unwrap_or(Payment::PostPaid);
                let prepaid = payment == Payment::PrePaid;
                let request = api::TransferPayType {
                    dts_job_id: self.job_id.clone(),
                    charge_type: payment.charge_type(),
                    period: planned.str("period").map(str::to_owned),
                    buy_count: planned.i64("used_time"),
                    instance_class: billing::class_of_transfer(&self.before, &planned).map(str::to_owned),
                    min_du: number(&planned, "min_du"),
                    max_du: number(&planned, "max_du"),
                    auto_pay: planned.bool("auto_pay").filter(|_| prepaid),
                };
                let what = format!("change how DTS instance {id} is paid for");
                let ordered = self.api.transfer_pay_type(&request).await;
                let wanted = (request.charge_type, request.min_du, request.max_du);
                self.ordered(ordered, &what, "pay_type", &instance, |_, now| {
                    let found = now.pay_type.as_deref().unwrap_or_default();
                    billing::pay_type(found) == billing::pay_type(wanted.0)
                        && (&now.min_du, &now.max_du) == (&wanted.1, &wanted.2)
                })
                .await
            }
            RENEW => {
                let Some((period, count)) = billing::renewal(&self.before, &planned) else {
                    return Ok(());
                };
                let what = format!("renew DTS instance {id}");
                let ordered = self.api.renew_instance(&self.job_id, period, count).await;
                self.ordered(ordered, &what, "used_time", &instance, |before, now| {
                    now.expire_time.is_some() && now.expire_time != before.expire_time
                })
                .await
            }
            CLASS => {
                let class = class.unwrap_or_default();
                let from = self
                    .detail
                    .dts_job_class
                    .as_deref()
                    .or(self.before.str("instance_class"));
                // Without a number it is one.
                let databases = |state: &Object| state.i64("database_count").unwrap_or(1);
                let order = match order_type(from.unwrap_or_default(), class) {
                    // Fewer databases of the same class.
                    "UPGRADE" if from == Some(class) && databases(&planned) < databases(&self.before) => {
                        "DOWNGRADE"
                    }
                    order => order,
                };
                let what = format!("change the class of DTS instance {id} to {class}");
                let changed = databases(&planned) != databases(&self.before);
                let count = changed.then_some(databases(&planned));
                let ordered = self
                    .api
                    .transfer_instance_class(&self.job_id, class, order, count)
                    .await;
                let same = from.is_some_and(|from| is_class(from, class));
                self.ordered(ordered, &what, "instance_class", &instance, |_, now| {
                    !same
                        && now
                            .dts_job_class
                            .as_deref()
                            .is_some_and(|now| is_class(now, class))
                })
                .await
            }
            DU => {
                let du = planned.i64("du").unwrap_or(1);
                let what = format!("give the job of DTS instance {id} {du} DUs");
                let limited = self.api.modify_dts_job_du_limit(&self.job_id, du).await;
                limited.map_err(|cause| at(error::unable(&what, &cause), "du"))
            }
            _ => self.start().await,
        }
    }

    async fn start(&mut self) -> Result<(), Diagnostics> {
        let job_id = &self.job_id;
        if has_started(self.detail.status.as_deref().unwrap_or_default()) {
            self.apply.warnings.push(Diagnostic::warning(
                format!("DTS job {job_id} was started already"),
                "It was started after the plan was made, so StartDtsJob was not called again. `operations` lists it all the same: Terraform \
                 records what was planned.",
            ));
            return Ok(());
        }
        self.api
            .start_dts_job(&api::JobRef::job(job_id))
            .await
            .map_err(error::to(&format!(
                "start DTS job {job_id} of instance {}",
                self.id
            )))
    }

    /// What an order came to. One whose answer was lost is looked for where it would show, and never given a second time.
    async fn ordered(
        &mut self,
        ordered: Result<(), api::Error>,
        what: &str,
        argument: &str,
        shown_by: &api::JobRef,
        took_effect: impl Fn(&api::JobDetail, &api::JobDetail) -> bool,
    ) -> Result<(), Diagnostics> {
        let lost = match ordered {
            Ok(()) => return Ok(()),
            Err(cause) if cause.is_outcome_unknown() => cause,
            Err(cause) => return Err(at(error::unable(what, &cause), argument)),
        };
        // Stop must not end it: what was ordered is paid for.
        let looker = self.apply.client.api(&CancellationToken::new())?;
        let mut seen = Ok(());
        for pause in LOOKS {
            looker.clock().sleep(pause).await;
            match looker.describe_dts_job_detail(shown_by).await {
                Ok(now) if took_effect(&self.detail, &now) => {
                    self.apply.warnings.push(Diagnostic::warning(
                        format!("The answer to an order for DTS instance {} was lost", self.id),
                        format!(
                            "{lost}\n\nDTS shows that it took effect, and it was not given a second time."
                        ),
                    ));
                    return Ok(());
                }
                // Of a half that is not there DTS says so.
                Err(cause) if shown_by.direction.is_some() && cause.kind() == api::Kind::Api => seen = Ok(()),
                now => seen = now.map(drop),
            }
        }
        let found = match seen {
            Ok(()) => "DTS does not show that it did, but may be late".to_owned(),
            Err(cause) => format!("Whether it did could not be read ({cause})"),
        };
        Err(at(
            Diagnostic::error(
                format!(
                    "Unable to tell whether an order for DTS instance {} took effect",
                    self.id
                ),
                format!(
                    "To {what}: {lost}\n\n{found}, so the order was not repeated. Look at the instance in the DTS console before you apply \
                     again: the next plan reads it, and gives the order anew only if it shows nothing of it."
                ),
            ),
            argument,
        ))
    }
}

/// The pauses before looking for what a lost order came to.
const LOOKS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
];

/// Whether the plan has a call.
fn is_planned(planned: &Object, call: &str) -> bool {
    let operations = planned.list("operations");
    operations.iter().any(|planned| planned.as_str() == Some(call))
}

fn two_way_already(id: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("DTS instance {id} has a job for each direction already"),
        "It was made bidirectional since its state was recorded, by an apply that was cut off or by somebody else, so UpgradeTwoWay was not \
         called again. `operations` lists it all the same: Terraform records what was planned.",
    )
    .at(Path::attribute("sync_architecture"))
}

fn needless_renewal(id: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("DTS instance {id} was renewed already"),
        "It expires later than when the plan was made, by all that was to be paid, so RenewInstance was not called again. `operations` lists it \
         all the same: Terraform records what was planned.",
    )
    .at(Path::attribute("used_time"))
}

fn at(problem: Diagnostic, argument: &str) -> Diagnostics {
    problem.at(Path::attribute(argument)).into()
}

/// What kind of order leads from one class to another. `UPGRADE` is the only documented one, although the action is said to
/// go both ways (dts-api.md 2.6).
fn order_type(from: &str, to: &str) -> &'static str {
    let rank = |class: &str| {
        billing::CLASSES
            .iter()
            .position(|known| known.eq_ignore_ascii_case(class))
    };
    if rank(to) < rank(from) {
        "DOWNGRADE"
    } else {
        "UPGRADE"
    }
}

/// Until a change of class or of payment is through, and a start has been taken up.
async fn wait_until_through(
    apply: &Apply<Client>,
    api: &api::Client,
    id: &str,
    limit: Duration,
) -> Result<api::JobDetail, Diagnostics> {
    let class = apply.planned.str("instance_class");
    let pay_type = apply.planned.str("pay_type").unwrap_or_default();
    let transfers = billing::transfers(&apply.prior, &apply.planned);
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
            .zip(class)
            .is_some_and(|(found, class)| !is_class(found, class));
        let other_payment = transfers
            && detail
                .pay_type
                .as_deref()
                .is_some_and(|found| billing::pay_type(found) != billing::pay_type(pay_type));
        if starts && Stage::of(&status) == Stage::PrecheckFailed {
            let job_id = detail.dts_job_id.as_deref().unwrap_or_default();
            return Err(precheck::failures_of(
                api,
                job_id,
                "The job does not run. Repair the cause and apply again.",
            )
            .await);
        }
        if passing || other_class || other_payment || (starts && !has_started(&status)) {
            return Ok(Poll::Pending(format!(
                "status {status}, class {}, {}",
                detail.dts_job_class.as_deref().unwrap_or("unknown"),
                detail.pay_type.as_deref().unwrap_or("unknown payment")
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
