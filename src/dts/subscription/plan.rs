//! What the plan of a subscription shows: the calls of `decide`, a replacement, or a refusal.

use serde_json::Value as Json;

use super::apply::{OUTPUTS, desired};
use super::change::{Change, Facts, Password, has_reserve};
use super::configure::two_on;
use super::decide::{Decision, Operation, after_configure, decide, names};
use super::follow::is_there;
use super::{CONDITION, NO_INSTANCE, PREDECESSOR, SUBSCRIBE, SUCCESSOR, UNFINISHED, found};
use crate::dts::course::{Course, Desired, Move, Situation, course};
use crate::dts::endpoint::Side;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::{job, monitor_rule, reserve};
use crate::framework::import::IMPORTED;
use crate::framework::resource::Plan;
use crate::framework::{Diagnostic, Object, Path, Value};

const INSTANCE: &str = "dts_instance_id";

/// Plans a create or an update.
pub(super) fn plan(plan: &mut Plan<'_, Client>) {
    if plan.config.get("desired_status").is_null() {
        let default = if plan.config.get(INSTANCE).is_null() {
            Desired::Configured
        } else {
            Desired::Running
        };
        plan.planned.set("desired_status", default.name());
    }
    have_alone(plan);
    monitor_rule::refuse_beside_rules(plan);
    tell_consumers(plan);
    match plan.prior {
        None => plan_create(plan),
        Some(prior) => plan_update(plan, prior),
    }
}

/// Refuses a second subscription on an instance, as far as a plan can tell.
fn have_alone(plan: &mut Plan<'_, Client>) {
    let job_id = plan.prior.and_then(|prior| prior.str("id"));
    let replaces_another = plan.private.remove(PREDECESSOR).is_some();
    if job_id.is_some() {
        plan.private.set(PREDECESSOR, true);
    } else if replaces_another {
        return;
    }
    let Some(client) = plan.client else { return };
    if let Some(instance) = plan.planned.str(INSTANCE).map(str::to_owned)
        && !client.serves(&instance, job_id)
    {
        plan.refuse(two_on(&instance));
    }
}

/// The groups of a subscription that will be suspended cannot change: theirs is to refuse it.
fn tell_consumers(plan: &Plan<'_, Client>) {
    let (Some(client), Some(prior)) = (plan.client, plan.prior) else {
        return;
    };
    let has_run = Stage::of(prior.str("status").unwrap_or_default()).has_run();
    let suspended = has_run && desired(&plan.planned) == Desired::Suspended;
    for id in ["id", INSTANCE].iter().filter_map(|name| prior.str(name)) {
        client.set_suspended(id, suspended);
    }
}

/// DTS takes no subscription on an instance of another type.
fn refuse_other_type(plan: &mut Plan<'_, Client>) -> bool {
    let Some(instance) = plan.planned.str(INSTANCE) else {
        return false;
    };
    let Some(bought) = plan.client.and_then(|client| client.bought_for(instance)) else {
        return false;
    };
    if bought.eq_ignore_ascii_case(SUBSCRIBE) {
        return false;
    }
    let refusal = Diagnostic::error(
        format!("Unable to configure a subscription on DTS instance {instance}"),
        format!(
            "The instance was bought for {bought} jobs, and DTS takes no other on it. Give the subscription an instance whose `type` is \
             {SUBSCRIBE}."
        ),
    );
    plan.refuse(refusal.at(Path::attribute(INSTANCE)));
    true
}

fn plan_create(plan: &mut Plan<'_, Client>) {
    let on_instance = !plan.config.get(INSTANCE).is_null();
    if !on_instance {
        plan.private.set(SUCCESSOR, NO_INSTANCE);
    }
    if refuse_other_type(plan) {
        return;
    }
    if plan.config.get(INSTANCE).is_null() {
        plan.planned.set(INSTANCE, Value::Null);
    }
    found::forget_unsaid(plan);
    plan_anew(plan, on_instance);
}

/// The calls of a subscription that is configured for the first time.
fn plan_anew(plan: &mut Plan<'_, Client>, has_instance: bool) {
    let Some(desired) = plan.planned.str("desired_status").and_then(Desired::parse) else {
        return plan.unknown("operations");
    };
    match after_configure(has_instance, desired) {
        Ok(then) => {
            let operations = [vec![Operation::Configure], then].concat();
            plan.planned.set("operations", names(&operations));
        }
        Err(refused) => plan.refuse(refused),
    }
}

fn plan_update(plan: &mut Plan<'_, Client>, prior: &Object) {
    for name in CONDITION.iter().chain(&["operations"]).chain(&OUTPUTS) {
        plan.keep(name);
    }
    let facts = Facts::of(plan.private.is_set(IMPORTED), prior, plan.config);
    found::keep_unsaid(plan, prior, facts.imported);
    if facts.imported && taken_over(plan, prior) {
        return;
    }
    if !plan.config.get(INSTANCE).is_null() && prior.get(INSTANCE) != plan.planned.get(INSTANCE) {
        return plan_instance(plan, prior);
    }
    match decide(prior, &plan.planned, facts) {
        Decision::Operations(operations) if operations.is_empty() && !plan.has_changes() => {
            wait_again(plan, prior)
        }
        // When all is known there may be no change at all, and then the list stays as it was.
        Decision::Operations(operations) if operations.is_empty() && plan.has_unknown_input() => {
            unsettle(plan);
            plan.unknown("operations");
        }
        Decision::Operations(operations) => {
            warn_taken_over(plan, prior, facts, &operations);
            warn_reserve_stays(plan, prior, facts.imported, &operations);
            warn_behind_our_back(plan, prior, &operations);
            unsettle(plan);
            let moves = operations.iter().any(|operation| {
                matches!(
                    operation,
                    Operation::Configure | Operation::Reset | Operation::Move(_)
                )
            });
            if moves {
                OUTPUTS.iter().for_each(|name| plan.unknown(name));
            }
            if operations.contains(&Operation::Reset) {
                // So that what refers to it looks again: its consumer groups are gone.
                plan.unknown("id");
                let path = Change::between(prior, &plan.planned, facts).map(|change| change.path());
                plan.diagnostics
                    .push(reset_loses(prior).at(path.unwrap_or_else(|| Path::attribute("status"))));
            }
            plan.planned.set("operations", names(&operations));
        }
        Decision::Undecided => {
            unsettle(plan);
            for name in ["operations"].iter().chain(&OUTPUTS) {
                plan.unknown(name);
            }
            if Stage::of(prior.str("status").unwrap_or_default()).has_run() {
                plan.unknown("id");
            }
        }
        Decision::Refuse(diagnostic) => refuse(plan, diagnostic),
    }
}

/// How the subscription will be is only known after the apply.
fn unsettle(plan: &mut Plan<'_, Client>) {
    for name in CONDITION {
        plan.unknown(name);
    }
}

/// An apply ended before the subscription was as far as asked: it is waited for again, though no call is left to make.
fn wait_again(plan: &mut Plan<'_, Client>, prior: &Object) {
    let desired = desired(&plan.planned);
    let status = prior.str("status").unwrap_or_default();
    let wait_for = plan.planned.str("wait_for").map(str::to_owned);
    let has_instance = !prior.get(INSTANCE).is_null();
    if !plan.private.is_set(UNFINISHED) || is_there(wait_for.as_deref(), desired, has_instance, status) {
        return;
    }
    unsettle(plan);
    OUTPUTS.iter().for_each(|name| plan.unknown(name));
    plan.planned.set("operations", names(&[]));
    plan.diagnostics
        .push(job::waits_again(wait_for.as_deref(), desired, status));
}

/// What is wanted is what was wanted, and the subscription does not run any more: the plan says why.
fn warn_behind_our_back(plan: &mut Plan<'_, Client>, prior: &Object, operations: &[Operation]) {
    let wanted = plan.planned.str("desired_status");
    let starts = operations.contains(&Operation::Move(Move::Start));
    if !starts || wanted.is_none() || prior.str("desired_status") != wanted {
        return;
    }
    let stage = Stage::of(prior.str("status").unwrap_or_default());
    let id = prior.str("id").unwrap_or_default();
    let (what, why) = match (job::recorded_failure(prior), stage) {
        (Some(failure), _) => ("does not go on", format!("{failure} This apply starts it again.")),
        // DTS shows one that is suspended as `Abnormal` (dts-api.md 3.2).
        (None, Stage::Suspended | Stage::Failed) => (
            "was suspended",
            "It was suspended by somebody else, or it failed and DTS gives no reason; this apply starts it again. To leave it suspended, set \
             `desired_status = \"suspended\"`."
                .to_owned(),
        ),
        _ => return,
    };
    plan.diagnostics.push(
        Diagnostic::warning(format!("DTS subscription {id} {what}"), why)
            .at(Path::attribute("desired_status")),
    );
}

/// What a reviewer has to know of a reset.
fn reset_loses(prior: &Object) -> Diagnostic {
    Diagnostic::warning(
        format!(
            "DTS subscription {} is reset",
            prior.str("id").unwrap_or_default()
        ),
        "DTS cannot change this in a subscription that has started: the apply takes the configuration away (`ResetDtsJob`) and configures it \
         again on the same instance. Its consumer groups and how far they have read are lost, as are changes that nobody has read yet. A \
         `dts_consumer_group` that refers to it by `dts_subscription.<name>.id` is made again in the same apply.",
    )
}

/// Refuses a change. `terraform destroy` plans the configuration before it plans the removal, and nothing tells the two apart.
fn refuse(plan: &mut Plan<'_, Client>, mut diagnostic: Diagnostic) {
    diagnostic.detail.push_str(
        " (To destroy the subscription as it is: `terraform destroy -refresh=false`, which does not plan the configuration first.)",
    );
    plan.refuse(diagnostic);
}

/// The subscription is to be on another instance, or may be.
fn plan_instance(plan: &mut Plan<'_, Client>, prior: &Object) {
    let id = prior.str("id").unwrap_or_default().to_owned();
    let seen = plan.client.is_some_and(|client| client.has_seen(&id));
    let at = Path::attribute(INSTANCE);
    if plan.planned.get(INSTANCE).is_unknown() {
        unsettle(plan);
        for name in ["id", "operations"].iter().chain(&OUTPUTS) {
            plan.unknown(name);
        }
        if Stage::of(prior.str("status").unwrap_or_default()).has_run() {
            plan.diagnostics.push(
                Diagnostic::warning(
                    format!("On which instance DTS subscription {id} will be is only known in the apply"),
                    "`dts_instance_id` depends on a change that is pending. If it turns out to be the same, nothing happens because of it. If \
                     the instance is replaced in this apply, the subscription ends with it and is configured on the new one; its consumer groups \
                     are gone then.",
                )
                .at(at),
            );
        }
    } else if refuse_other_type(plan) {
        // Said.
    } else if seen {
        unsettle(plan);
        plan.replace(at);
    } else {
        // Terraform plans once more while it applies. What was planned in place while the instance was unknown stays in place.
        unsettle(plan);
        for name in ["id"].iter().chain(&OUTPUTS) {
            plan.unknown(name);
        }
        plan_anew(plan, true);
    }
}

/// A setting that is taken out of the configuration of a subscription that has started keeps its value: `ModifySubscription` only
/// adds and changes (dts-api.md 2.5).
fn warn_reserve_stays(plan: &mut Plan<'_, Client>, prior: &Object, imported: bool, operations: &[Operation]) {
    let gone = reserve::gone(prior.get("reserve"), plan.planned.get("reserve"));
    // A new configuration says all anew; and what was imported, the user never wrote.
    if gone.is_empty() || imported || operations.contains(&Operation::Configure) {
        return;
    }
    let gone = gone.join("`, `");
    plan.diagnostics.push(
        Diagnostic::warning(
            "Settings that are taken out of reserve stay at DTS",
            format!(
                "`{gone}` is no longer written in `reserve`, and the state forgets it, but the subscription keeps the value it has: DTS adds and \
                 changes settings, and takes none away."
            ),
        )
        .at(Path::attribute("reserve")),
    );
}

/// Nobody can read a password back: that of an imported subscription is taken to be the one that is configured.
fn warn_taken_over(plan: &mut Plan<'_, Client>, prior: &Object, facts: Facts, operations: &[Operation]) {
    // A new configuration sends it.
    let taken = !operations.contains(&Operation::Configure)
        && Change::between(prior, &plan.planned, facts)
            .is_some_and(|change| change.password == Password::Taken);
    if taken {
        let block = Side::Subscribed.block();
        plan.diagnostics.push(
            Diagnostic::warning(
                format!("The password in {block} is taken over unchecked"),
                "The subscription was imported, and DTS does not tell its password: the one that is configured is recorded as the present one, \
                 and is not sent. If it is another, the subscription keeps the one it has. To have it set, import with the present one, \
                 apply, and then change it (`ModifyDtsJobPassword`).",
            )
            .at(Path::attribute(block).then("password")),
        );
    }
}

/// An imported subscription has what DTS reports, which may be more than the user writes. Where the configuration says nothing else than
/// what DTS has, the plan is empty. The first real change then takes over the user's own words.
fn taken_over(plan: &mut Plan<'_, Client>, prior: &Object) -> bool {
    let mut planned = plan.planned.clone();
    if has_reserve(prior, &planned) {
        planned.set("reserve", prior.get("reserve").clone());
    }
    let now = Situation {
        stage: Stage::of(prior.str("status").unwrap_or_default()),
        has_instance: !prior.get(INSTANCE).is_null(),
        one_time: false,
        resettable: true,
    };
    if let Some(old) = prior.str("desired_status")
        && course(now, desired(&planned)) == Course::Moves(Vec::new())
    {
        planned.set("desired_status", old);
    }
    let same = planned == *prior;
    if same {
        plan.planned = planned;
    }
    same
}

/// What DTS reports of the settings, without what it makes of the arguments.
pub(super) fn imported_reserve(reported: &str) -> Option<String> {
    let text = reserve::imported(reported)?;
    let Ok(Json::Object(mut map)) = serde_json::from_str::<Json>(&text) else {
        return None;
    };
    map.retain(|key, _| !super::schema::OF_THE_NETWORK.contains(&key.as_str()));
    (!map.is_empty()).then(|| Json::Object(map).to_string())
}
