//! What the plan of a job shows: the calls of `decide`, a replacement, or a refusal.

use super::change::{Change, Facts, blamed, has_reserve};
use super::condition;
use super::configure::two_jobs;
use super::decide::{
    Decision, Operation, configuring, decide, is_locked, is_past_suspending, names, refused,
};
use super::follow::is_there;
use super::{NO_INSTANCE, PREDECESSOR, SUCCESSOR, UNFINISHED, UNKNOWN_INSTANCE};
use super::{found, keys, new_instance, options, skip};
use crate::dts::course::{Course, Desired, Move, Situation, course};
use crate::dts::provider::Client;
use crate::dts::reserve;
use crate::dts::status::Stage;
use crate::framework::resource::Plan;
use crate::framework::{Diagnostic, Object, Path, Value};

/// Plans a create or an update.
pub(super) fn plan(plan: &mut Plan<'_, Client>) {
    let on_instance = !plan.config.get("dts_instance_id").is_null();
    if plan.config.get("desired_status").is_null() {
        let default = if on_instance {
            Desired::Running
        } else {
            Desired::Configured
        };
        plan.planned.set("desired_status", default.name());
    }
    have_alone(plan);
    match plan.prior {
        None => plan_create(plan, on_instance),
        Some(prior) => plan_update(plan, prior, on_instance),
    }
}

/// DTS takes no job of another type than the instance was bought for; found out in the apply, a predecessor would be gone already.
fn refuse_other_type(plan: &mut Plan<'_, Client>) -> bool {
    let (Some(instance), Some(kind)) = (plan.planned.str("dts_instance_id"), plan.planned.str("job_type"))
    else {
        return false;
    };
    let Some(bought) = plan.client.and_then(|client| client.bought_for(instance)) else {
        return false;
    };
    if bought.eq_ignore_ascii_case(kind) {
        return false;
    }
    let refusal = Diagnostic::error(
        format!("Unable to configure a {kind} job on DTS instance {instance}"),
        format!(
            "The instance was bought for {bought} jobs, and DTS takes no other on it. Set `job_type = \"{bought}\"`, or give the job an \
             instance whose `type` is {kind}."
        ),
    );
    plan.refuse(refusal.at(Path::attribute("job_type")));
    true
}

/// Refuses a second job on an instance, as far as a plan can tell.
fn have_alone(plan: &mut Plan<'_, Client>) {
    let job_id = plan.prior.and_then(|prior| prior.str("id"));
    let replaces_another = plan.private.remove(PREDECESSOR).is_some();
    if job_id.is_some() {
        plan.private.set(PREDECESSOR, true);
    } else if replaces_another {
        return;
    }
    let Some(instance) = plan.planned.str("dts_instance_id").map(str::to_owned) else {
        return;
    };
    if plan
        .client
        .is_some_and(|client| !client.serves(&options::place(&instance, &plan.planned), job_id))
    {
        plan.refuse(two_jobs(&instance));
    }
}

fn plan_create(plan: &mut Plan<'_, Client>, on_instance: bool) {
    let successor = match plan.config.get("dts_instance_id") {
        Value::String(id) => id.as_str(),
        Value::Null => NO_INSTANCE,
        _ => UNKNOWN_INSTANCE,
    };
    plan.private.set(SUCCESSOR, successor);
    if refuse_other_type(plan) {
        return;
    }
    if plan.config.get("dts_instance_id").is_null() {
        plan.planned.set("dts_instance_id", Value::Null);
    }
    found::forget_unsaid(plan);
    let Some(desired) = plan.planned.str("desired_status").and_then(Desired::parse) else {
        return;
    };
    let deciding = [skip::BLOCK, "du_limit", "job_parameters"];
    if !deciding
        .iter()
        .all(|name| plan.planned.get(name).is_wholly_known())
    {
        // Which calls there are depends on it.
        return;
    }
    match configuring(on_instance, desired, &plan.planned) {
        Ok(operations) => plan.planned.set("operations", names(&operations)),
        Err(Course::Anew(why) | Course::Refused(why)) => plan.refuse(refused(desired, &why)),
        Err(Course::Moves(_)) => {}
    }
}

fn plan_update(plan: &mut Plan<'_, Client>, prior: &Object, on_instance: bool) {
    for name in condition::NAMES.into_iter().chain(["operations"]) {
        plan.keep(name);
    }
    let facts = Facts::of(plan.private, prior, plan.config);
    found::keep_unsaid(plan, prior, facts.imported);
    let known = found::with_found(prior, &plan.planned, plan.private);
    if facts.imported && taken_over(plan, prior, &known) {
        return;
    }
    if on_instance && prior.get("dts_instance_id") != plan.planned.get("dts_instance_id") {
        return plan_instance(plan, prior);
    }
    if on_instance && prior.get("job_type") != plan.planned.get("job_type") {
        // Found out in the apply, the job would be gone already.
        refuse(plan, Diagnostic::error(
                "Unable to change job_type of a job on the same instance",
                "An instance serves jobs of the type that it was bought for. Change `type` of the `dts_instance` too, which replaces both, or \
                 set `dts_instance_id` to another instance.",
            )
            .at(Path::attribute("job_type")),
        );
        return;
    }
    match decide(&known, &plan.planned, facts) {
        Decision::Operations(operations) if operations.is_empty() && !plan.has_changes() => {
            warn_unchecked(plan, prior, &operations);
            warn_past_suspending(plan, prior);
            if is_locked(prior) {
                warn_locked(plan, prior);
            } else {
                wait_again(plan, prior);
            }
        }
        // When all is known there may be no change at all, and then the list stays as it was.
        Decision::Operations(operations) if operations.is_empty() && plan.has_unknown_input() => {
            unsettle(plan);
            plan.unknown("operations");
        }
        Decision::Operations(operations) => {
            warn_unchecked(plan, prior, &operations);
            warn_past_suspending(plan, prior);
            warn_passwords_of_ended(plan, prior, facts, &operations);
            warn_taken_over(plan, prior, facts, &operations);
            warn_reserve_stays(plan, prior, facts.imported, &operations);
            warn_parameters_stay(plan, prior, &operations);
            warn_behind_our_back(plan, prior, &operations);
            warn_pause(plan, prior, &operations);
            unsettle(plan);
            plan.planned.set("operations", names(&operations));
        }
        Decision::Undecided => {
            unsettle(plan);
            plan.unknown("operations");
        }
        Decision::Replace(path, why) => {
            unsettle(plan);
            replace(plan, prior, path, &why);
        }
        Decision::Refuse(diagnostic) => refuse(plan, diagnostic),
    }
}

/// How the job will be is only known after the apply.
fn unsettle(plan: &mut Plan<'_, Client>) {
    for name in condition::NAMES {
        plan.unknown(name);
    }
}

/// What is wanted is what was wanted, and the job is not there any more: the plan says why.
fn warn_behind_our_back(plan: &mut Plan<'_, Client>, prior: &Object, operations: &[Operation]) {
    let status = prior.str("status").unwrap_or_default();
    let stage = Stage::of(status);
    let wanted = plan.planned.str("desired_status");
    if wanted.is_none() || prior.str("desired_status") != wanted {
        return;
    }
    let id = prior.str("id").unwrap_or_default();
    // Not where the last apply suspended it, and ended before that was seen.
    if operations.contains(&Operation::Move(Move::Suspend)) && !plan.private.is_set(UNFINISHED) {
        plan.diagnostics.push(
            Diagnostic::warning(
                format!("DTS job {id} was started"),
                format!(
                    "It is to be suspended, and its status is {status}: it was started since the last apply, by somebody else or by `auto_start` \
                     of its `dts_instance`. This apply pauses it. To let it run, set `desired_status = \"running\"`."
                ),
            )
            .at(Path::attribute("desired_status")),
        );
    }
    if !operations.contains(&Operation::Move(Move::Start)) {
        return;
    }
    let (what, why) = match (condition::recorded(prior), stage) {
        (Some(failure), _) => ("does not go on", format!("{failure} This apply starts it again.")),
        (None, Stage::Suspended) => (
            "was suspended",
            "It was paused by somebody else, and this apply starts it again. To leave it paused, set `desired_status = \"suspended\"`."
                .to_owned(),
        ),
        _ => return,
    };
    plan.diagnostics
        .push(Diagnostic::warning(format!("DTS job {id} {what}"), why).at(Path::attribute("desired_status")));
}

/// Nothing can be done about it here, and nothing else is kept from going on.
fn warn_locked(plan: &mut Plan<'_, Client>, prior: &Object) {
    let id = prior.str("id").unwrap_or_default();
    let why = condition::recorded(prior).unwrap_or_else(|| "DTS gives no reason.".to_owned());
    plan.diagnostics.push(
        Diagnostic::warning(
            format!("DTS job {id} is locked"),
            format!("{why} Nothing is called until it is unlocked; the next plan then starts it again where that is needed."),
        )
        .at(Path::attribute("desired_status")),
    );
}

/// Wanted was a pause, and the job has come to its end: there is nothing to call, but it does not wait either.
fn warn_past_suspending(plan: &mut Plan<'_, Client>, prior: &Object) {
    if !is_past_suspending(prior, &plan.planned) {
        return;
    }
    let id = prior.str("id").unwrap_or_default();
    plan.diagnostics.push(
        Diagnostic::warning(
            format!("DTS job {id} has finished, and cannot be suspended any more"),
            "It was to be suspended, and ran on to its end: everything was moved. There is nothing to call. Set `desired_status` to \
             `running` or `stopped`, which is where it is.",
        )
        .at(Path::attribute("desired_status")),
    );
}

/// A password that is changed after the end is recorded, and not sent.
fn warn_passwords_of_ended(
    plan: &mut Plan<'_, Client>,
    prior: &Object,
    facts: Facts,
    operations: &[Operation],
) {
    let ended = Stage::of(prior.str("status").unwrap_or_default()) == Stage::Finished;
    if !ended || operations.contains(&Operation::Configure) {
        return;
    }
    let changed = Change::between(prior, &plan.planned, facts)
        .map(|change| change.passwords)
        .unwrap_or_default();
    for side in changed {
        let block = side.block();
        plan.diagnostics.push(
            Diagnostic::warning(
                format!("The password in {block} is not sent"),
                "The job has ended for good, and logs in nowhere any more. The new password is only recorded; nothing is called for it.",
            )
            .at(Path::attribute(block).then("password")),
        );
    }
}

/// A job that is paused too long cannot go on (dts-api.md 3.5).
fn warn_pause(plan: &mut Plan<'_, Client>, prior: &Object, operations: &[Operation]) {
    if !operations.contains(&Operation::Move(Move::Suspend)) {
        return;
    }
    let id = prior.str("id").unwrap_or_default();
    plan.diagnostics.push(
        Diagnostic::warning(
            format!("DTS job {id} may not go on after more than six hours"),
            "DTS keeps what a paused job needs to go on for some six hours, and no longer than the source keeps its logs. A job that was paused \
             longer may have to be configured anew, which moves all its data again. The instance is paid for while the job is paused.",
        )
        .at(Path::attribute("desired_status")),
    );
}

/// Refuses a change. `terraform destroy` plans the configuration before it plans the removal, and nothing tells the two apart.
fn refuse(plan: &mut Plan<'_, Client>, mut diagnostic: Diagnostic) {
    diagnostic
        .detail
        .push_str(" (To destroy the job as it is: `terraform destroy -refresh=false`, which does not plan the configuration first.)");
    plan.refuse(diagnostic);
}

/// The job is to be on another instance, or may be.
fn plan_instance(plan: &mut Plan<'_, Client>, prior: &Object) {
    let at = Path::attribute("dts_instance_id");
    let id = prior.str("id").unwrap_or_default();
    let seen = plan.client.is_some_and(|client| client.has_seen(id));
    if prior.get("dts_instance_id").is_null() {
        // Without an instance it can have moved nothing.
        replace(
            plan,
            prior,
            at,
            "a job that was configured first cannot move to an instance",
        );
    } else if plan.planned.get("dts_instance_id").is_unknown() {
        new_instance::plan_unknown(plan, prior);
    } else if refuse_other_type(plan) {
        // Said.
    } else if seen {
        replace(plan, prior, at, "a job cannot move to another instance");
    } else {
        // Terraform plans once more while it applies. What was planned in place while the instance was unknown stays in place.
        new_instance::plan_known(plan);
    }
}

/// `prechecked` is not held against a job that got an instance since, but it is not said to be true either.
fn warn_unchecked(plan: &mut Plan<'_, Client>, prior: &Object, operations: &[Operation]) {
    let stage = Stage::of(prior.str("status").unwrap_or_default());
    let unchecked = operations.contains(&Operation::Configure)
        || matches!(
            stage,
            Stage::NotConfigured | Stage::NotStarted | Stage::PrecheckFailed
        );
    if unchecked
        && !plan.planned.get("dts_instance_id").is_null()
        && plan.planned.str("desired_status") == Some(Desired::Prechecked.name())
    {
        plan.diagnostics.push(
            Diagnostic::warning(
                "The precheck is not run again",
                "The job has an instance now, so that a precheck which passes would also start it. Set `running` to have it checked \
                 and started, or `configured` to leave it alone.",
            )
            .at(Path::attribute("desired_status")),
        );
    }
}

/// A setting that is taken out of the configuration of a job that runs keeps its value: `ModifyDtsJob` only adds and changes
/// (dts-api.md 2.5).
fn warn_reserve_stays(plan: &mut Plan<'_, Client>, prior: &Object, imported: bool, operations: &[Operation]) {
    let gone = reserve::gone(&keys::all(prior), &keys::all(&plan.planned));
    // A new configuration says all anew; and what was imported, the user never wrote.
    if gone.is_empty() || imported || operations.contains(&Operation::Configure) {
        return;
    }
    let gone = gone.join("`, `");
    plan.diagnostics.push(
        Diagnostic::warning(
            "Settings that are taken out of reserve stay at DTS",
            format!(
                "`{gone}` is no longer set, and the state forgets it, but the job keeps the value it has: DTS adds and changes \
                 settings, and takes none away. To have another value, write the key with that value (such as its default) and apply; then \
                 it can be taken out."
            ),
        )
        .at(Path::attribute("reserve")),
    );
}

/// The same of `job_parameters` (`ModifyDtsJobConfig`, dts-api.md 2.5).
fn warn_parameters_stay(plan: &mut Plan<'_, Client>, prior: &Object, operations: &[Operation]) {
    let (Some(old), Some(new)) = (
        prior.object("job_parameters"),
        plan.planned.object("job_parameters"),
    ) else {
        return;
    };
    let gone: Vec<&str> = old
        .iter()
        .map(|(key, _)| key)
        .filter(|key| new.get(key).is_null())
        .collect();
    if gone.is_empty() || operations.contains(&Operation::Configure) {
        return;
    }
    let gone = gone.join("`, `");
    plan.diagnostics.push(
        Diagnostic::warning(
            "Settings that are taken out of job_parameters stay at DTS",
            format!(
                "`{gone}` is no longer set, and the state forgets it, but the job keeps the value it has. To have another value, write \
                 the setting with that value (such as its default) and apply; then it can be taken out."
            ),
        )
        .at(Path::attribute("job_parameters")),
    );
}

/// Nobody can read a password back: that of an imported job is taken to be the one that is configured.
fn warn_taken_over(plan: &mut Plan<'_, Client>, prior: &Object, facts: Facts, operations: &[Operation]) {
    if operations.contains(&Operation::Configure) {
        // Which sends the passwords.
        return;
    }
    let taken = Change::between(prior, &plan.planned, facts)
        .map(|change| change.taken_passwords)
        .unwrap_or_default();
    for side in taken {
        let block = side.block();
        plan.diagnostics.push(
            Diagnostic::warning(
                format!("The password in {block} is taken over unchecked"),
                "The job was imported, and DTS does not tell its password: the one that is configured is recorded as the present one, and is \
                 not sent. If it is another, the job keeps the one it has. To have it set, import with the present one, apply, and then change \
                 it (`ModifyDtsJobPassword`).",
            )
            .at(Path::attribute(block).then("password")),
        );
    }
}

/// An apply ended before the job was as far as asked: it is waited for again, also where no call is left to make.
fn wait_again(plan: &mut Plan<'_, Client>, prior: &Object) {
    let Some(desired) = plan.planned.str("desired_status").and_then(Desired::parse) else {
        return;
    };
    let status = prior.str("status").unwrap_or_default();
    let wait_for = plan.planned.str("wait_for").map(str::to_owned);
    if !plan.private.is_set(UNFINISHED) || is_there(wait_for.as_deref(), desired, Stage::of(status)) {
        return;
    }
    unsettle(plan);
    plan.planned.set("operations", names(&[]));
    plan.diagnostics
        .push(waits_again(wait_for.as_deref(), desired, status));
}

/// Why a plan with no call left has something to do.
pub(in crate::dts) fn waits_again(wait_for: Option<&str>, desired: Desired, status: &str) -> Diagnostic {
    let asked = match wait_for {
        Some(wait_for) => format!("wait_for = {wait_for:?}"),
        None => format!("desired_status = {:?}", desired.name()),
    };
    Diagnostic::warning(
        format!("{asked} has not come true yet"),
        format!(
            "The last apply ended before it did, and the status is {status} now. There is no call left to make: this apply goes on to wait. To \
             wait no longer, set `wait_for = \"none\"`."
        ),
    )
    .at(Path::attribute(if wait_for.is_some() { "wait_for" } else { "desired_status" }))
}

/// An imported job has what DTS reports, which may be more than the user writes. Where the configuration says nothing else
/// than what DTS has, the plan is empty. The first real change then takes over the user's own words.
fn taken_over(plan: &mut Plan<'_, Client>, prior: &Object, known: &Object) -> bool {
    let mut planned = plan.planned.clone();
    found::take_over(&mut planned, prior, known);
    if has_reserve(prior, &planned) {
        planned.set("reserve", prior.get("reserve").clone());
    }
    if let (Some(old), Some(desired)) = (
        prior.str("desired_status"),
        planned.str("desired_status").and_then(Desired::parse),
    ) && course(Situation::of(prior), desired) == Course::Moves(Vec::new())
    {
        planned.set("desired_status", old);
    }
    let same = planned == *prior;
    if same {
        plan.planned = planned;
    }
    same
}

/// Plans a replacement, unless it is already clear that it cannot be made.
fn replace(plan: &mut Plan<'_, Client>, prior: &Object, path: Path, why: &str) {
    let id = prior.str("id").unwrap_or_default();
    let stage = Stage::of(prior.str("status").unwrap_or_default());
    let at = blamed(path.clone(), prior, &plan.planned);
    let instance = prior.get("dts_instance_id");
    let same_instance =
        !plan.config.get("dts_instance_id").is_null() && instance == plan.planned.get("dts_instance_id");
    if prior.str("job_type") == Some("MIGRATION") && stage.has_run() && same_instance && !instance.is_null() {
        refuse(plan, Diagnostic::error(
                format!("Unable to configure DTS job {id} anew on its instance"),
                format!(
                    "This change needs a new configuration ({why}), but a migration that has run cannot be configured again on its \
                     instance. Replace the instance, and the job with it: `terraform apply -replace` on the `dts_instance`, or in its \
                     `lifecycle` block `replace_triggered_by` with what changes here. Or take the change back."
                ),
            )
            .at(at),
        );
        return;
    }
    let seen = plan.client.is_some_and(|client| client.has_seen(id));
    if !seen {
        // Terraform plans once more while it applies, with every value known. What was planned as a change in place must
        // not become a replacement there.
        refuse(plan, Diagnostic::error(
                format!("Unable to change DTS job {id} as planned"),
                format!(
                    "A value that is known only now makes a replacement of the job necessary ({why}), and that was not planned. Plan \
                     again, with refresh (without `-refresh=false`): the value is known, and the plan shows the replacement."
                ),
            )
            .at(at),
        );
        return;
    }
    if stage == Stage::Finished && path == Path::attribute("status") {
        let who = match prior.str("desired_status") == Some(Desired::Stopped.name()) {
            true => "It was stopped as it was to be",
            false => "Somebody else has stopped it",
        };
        plan.diagnostics.push(
            Diagnostic::warning(
                format!("DTS job {id} was stopped"),
                format!(
                    "{who} ({why}). This apply removes it and configures it anew, which loads all data again. To leave it \
                     as it is, set `desired_status = \"stopped\"`."
                ),
            )
            .at(Path::attribute("desired_status")),
        );
    }
    plan.replace(path);
}
