//! Which calls a change of an instance needs, and when it may be replaced at all.

use super::uncounted::Uncounted;
use super::{ADOPTED, OWNER, SHAPE, UNTOLD, billing, schema};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::tags;
use crate::framework::import::IMPORTED;
use crate::framework::private::Private;
use crate::framework::resource::{Delete, Plan};
use crate::framework::validate::is_set;
use crate::framework::{Diagnostic, Diagnostics, Object, Path};

pub(super) fn plan(plan: &mut Plan<'_, Client>) {
    tags::plan(plan);
    // What only the apply knows was not known when the configuration was validated.
    schema::validate(plan.config, plan.diagnostics);
    let own_job = plan.prior.map(|prior| prior.get("job_id"));
    if !plan.diagnostics.has_errors() && own_job != Some(plan.config.get("job_id")) {
        schema::validate_job(plan.config, plan.diagnostics);
    }
    if plan.is_create() {
        if plan.config.get("auto_start").is_null() {
            plan.planned.set("auto_start", false);
        }
        if !is_set(plan.config, "job_id") {
            plan.unknown("job_id");
            if let Some(client) = plan.client {
                client.plans();
            }
        }
        match tags::operations(None, &plan.planned) {
            Some(calls) => plan
                .planned
                .set("operations", [vec!["CreateDtsInstance"], calls].concat()),
            None => plan.unknown("operations"),
        }
        if let Some(refusal) = plan.private.remove(PREDECESSOR_STAYS) {
            plan.refuse(stays(refusal.as_str().unwrap_or_default()));
        }
        if let Some(kept) = plan.private.remove(PREDECESSOR_KEPT) {
            plan.diagnostics
                .push(bought_beside(kept.as_str().unwrap_or_default()));
        }
        billing::plan_purchase(plan);
        let replaces_another = plan.private.get(PREDECESSOR_JOB).is_some();
        plan_successor(plan);
        // The plan of what it replaces has told already which job is served.
        if !replaces_another && let Some(job_id) = plan.config.str("job_id") {
            serve(plan, job_id, None);
        }
        return;
    }
    if let (Some(client), Some(id)) = (plan.client, plan.prior.and_then(|prior| prior.str("id"))) {
        // Also without a refresh: what is in the state is nobody's left-over.
        client.claim(id);
        plan.diagnostics.extend(shared(client, id, plan.private));
    }
    if let Some((job_id, id)) = plan
        .prior
        .and_then(|prior| prior.str("job_id").zip(prior.str("id")))
    {
        serve(plan, job_id, Some(id));
    }
    let stays = plan.prior.filter(|prior| cannot_release(prior).is_some());
    match stays.and_then(|prior| prior.str("id")) {
        Some(id) => plan.private.set(PREDECESSOR_STAYS, id),
        None => drop(plan.private.remove(PREDECESSOR_STAYS)),
    }
    match plan.prior.and_then(|prior| prior.str("job_id")) {
        Some(job_id) => plan.private.set(PREDECESSOR_JOB, job_id),
        None => drop(plan.private.remove(PREDECESSOR_JOB)),
    }
    plan_update(plan);
    let kept = plan.prior.filter(|prior| prior.str("on_destroy") == Some("keep"));
    plan.private.remove(PREDECESSOR_KEPT);
    match kept.and_then(|prior| prior.str("id")) {
        Some(id) if plan.replaces() => plan.diagnostics.push(bought_beside(id)),
        Some(id) => plan.private.set(PREDECESSOR_KEPT, id),
        None => {}
    }
}

/// What the plan of a removal has to say.
pub(super) fn plan_destroy(
    prior: &Object,
    private: &Private,
    client: Option<&Client>,
    diagnostics: &mut Diagnostics,
) {
    let id = prior.str("id").unwrap_or_default();
    if let Some(client) = client {
        // Whoever is removed after it finds it managed.
        client.claim(id);
    }
    if prior.str("on_destroy") == Some("keep") {
        return;
    }
    if let Some(refusal) = cannot_release(prior) {
        diagnostics.push(refusal);
        return;
    }
    diagnostics.extend(client.and_then(|client| shared(client, id, private)));
    if private.is_set(ADOPTED) {
        diagnostics.push(Diagnostic::warning(
            format!("DTS instance {id} is released, and was not bought by this resource"),
            format!(
                "It was there, and was taken over as `adopt = true` asked. `terraform state list -id={id}` tells whether another resource has it \
                 too, which a plan with `-target` does not: then take this one out of the state (`terraform state rm`), and nothing is \
                 released."
            ),
        ));
    }
    let Some(job_id) = prior.str("job_id") else { return };
    diagnostics.extend(conflict(client, job_id, Some(id)));
    // The summary is the same for all, so that Terraform tells many of them as one.
    diagnostics.push(Diagnostic::warning(
        "Releasing a DTS instance deletes its job",
        format!(
            "Instance {id} is released for good, and DTS deletes its job {job_id} with it: a `dts_job` of it that stays in the \
             configuration is gone then, and the next plan configures it anew. To keep both, set `on_destroy = \"keep\"` and apply that first. If the \
             resource only has another name now, add a `moved` block instead."
        ),
    ));
}

fn serve(plan: &mut Plan<'_, Client>, job_id: &str, instance_id: Option<&str>) {
    plan.diagnostics
        .extend(conflict(plan.client, job_id, instance_id));
}

/// Two resources with one instance: nothing tells which of them should have it, and removing one would release the other's.
fn shared(client: &Client, id: &str, private: &Private) -> Option<Diagnostic> {
    let owner = private.get(OWNER)?.as_str()?;
    (!client.is_only_of(id, owner)).then(|| two_with(id, "Nothing is planned for either."))
}

/// Why an instance that is to be released must stay: another resource of this process has it.
pub(super) fn keeps(delete: &Delete<Client>) -> Option<Diagnostic> {
    let id = delete.state.str("id")?;
    let owner = delete.private.get(OWNER)?.as_str()?;
    let releases = delete.state.str("on_destroy") != Some("keep");
    (releases && !delete.client.is_only_of(id, owner)).then(|| two_with(id, "It was not released."))
}

fn two_with(id: &str, so: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Two dts_instance resources have DTS instance {id}"),
        format!(
            "Removing one of them would release what the other one has. {so} `terraform state list -id={id}` names both. Take the one out \
             of the state that should not have it (`terraform state rm <address>`: nothing is released), and then remove it from the \
             configuration, or let the next apply buy it an instance of its own (with `adopt = false`, where it has that argument). A resource \
             that has another name now needs a `moved` block instead."
        ),
    )
}

/// Two resources for one job would end up with the same instance, and removing one of them would release it.
fn conflict(client: Option<&Client>, job_id: &str, instance_id: Option<&str>) -> Option<Diagnostic> {
    let served = client.is_none_or(|client| client.serves(job_id, instance_id));
    (!served).then(|| {
        Diagnostic::error(
            format!("Two dts_instance resources for DTS job {job_id}"),
            "A job has one instance, and another resource of this configuration has it or is to buy it. Remove one of the two; a resource \
             that has another name now needs a `moved` block.",
        )
        .at(Path::attribute("job_id"))
    })
}

/// The private key by which the plan of an instance tells the one of its successor which job goes with it.
const PREDECESSOR_JOB: &str = "predecessor_job";

/// The private key by which the plan of an instance that cannot be released tells the one of its successor so, with its id: of
/// a replacement that the user asks for (`-replace`, `replace_triggered_by`) only the successor's plan learns.
const PREDECESSOR_STAYS: &str = "predecessor_stays";

/// The same of one that is only forgotten (`on_destroy = "keep"`).
const PREDECESSOR_KEPT: &str = "predecessor_kept";

/// The removal says so only when the other one has been bought.
fn bought_beside(id: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("Another DTS instance is bought beside {id}"),
        format!(
            "What changes needs another instance, and `on_destroy` of this one is `keep`: Terraform forgets {id}, which goes on and is paid for \
             until it is released elsewhere or expires. To release it instead, set `on_destroy = \"release\"` and apply that first."
        ),
    )
    .at(Path::attribute("on_destroy"))
}

/// The private key by which the plan of an instance tells its predecessor's removal for which job it will be bought.
const SUCCESSOR_JOB: &str = "successor_job";

/// An instance that is bought in place of another one cannot be for the same job, which is gone by then.
fn plan_successor(plan: &mut Plan<'_, Client>) {
    let predecessor = plan.private.remove(PREDECESSOR_JOB);
    plan.private.remove(SUCCESSOR_JOB);
    let Some(job_id) = plan.config.str("job_id") else {
        return;
    };
    plan.private.set(SUCCESSOR_JOB, job_id);
    if predecessor.as_ref().and_then(|job| job.as_str()) == Some(job_id) {
        let refusal = job_goes_too(job_id);
        plan.refuse(refusal.at(Path::attribute("job_id")));
    }
}

/// Why an instance that is to be replaced must stay. For a tainted one no plan could tell.
pub(super) fn must_stay(delete: &Delete<Client>) -> Option<Diagnostic> {
    delete.replacing?;
    let successor = delete.private.get(SUCCESSOR_JOB)?.as_str()?;
    (delete.state.str("job_id") == Some(successor)).then(|| job_goes_too(successor))
}

fn job_goes_too(job_id: &str) -> Diagnostic {
    Diagnostic::error(
        "Unable to replace a DTS instance and keep its job",
        format!(
            "The instance was bought for job {job_id}. Releasing it ends and deletes that job, so that none is left to buy another \
             instance for. Replace the job together with it (`terraform apply -replace` with both addresses), or take back what \
             replaces the instance (`terraform untaint` where it is tainted). Nothing was changed."
        ),
    )
}

/// What an instance costs until it is released makes its replacement the user's decision: an unknown value never plans one,
/// and a known one only when this very run has read the instance (the apply plans again without reading).
fn plan_update(plan: &mut Plan<'_, Client>) {
    let Some(prior) = plan.prior else { return };
    for name in ["status", "operations"] {
        plan.keep(name);
    }
    let undecided = ["job_id"]
        .into_iter()
        .chain(SHAPE)
        .any(|name| plan.planned.get(name).is_unknown());
    if plan.planned.get("job_id").is_unknown() {
        plan.diagnostics.push(job_not_known(prior));
    }
    let imported = plan.private.is_set(IMPORTED);
    let before = billing::adopted(prior, &plan.planned, imported);
    let configured = prior
        .str("status")
        .is_some_and(|status| Stage::of(status) != Stage::NotConfigured);
    let seen = plan
        .client
        .zip(prior.str("id"))
        .is_some_and(|(client, id)| client.has_seen(id));
    for name in ["job_id"].into_iter().chain(SHAPE).chain(UNTOLD) {
        let (old, new) = (before.get(name), plan.planned.get(name));
        if old == new || new.is_unknown() || old.is_null() && !UNTOLD.contains(&name) {
            continue;
        }
        if imported && configured && name.contains("source_") | name.contains("destination_") {
            plan.diagnostics.push(taken_over(name));
            continue;
        }
        if seen {
            plan.replace(Path::attribute(name));
        } else {
            plan.refuse(
                Diagnostic::error(
                    format!("Unable to keep the DTS instance: {name} is another now"),
                    format!(
                        "An instance cannot change its {name}, and this apply was not planned to release it and buy another. To do \
                         that, plan again, with refresh (without `-refresh=false`): the change is known now, and the plan shows the replacement. If the job was replaced, \
                         replace the instance with it: `terraform apply -replace` names it, or set `replace_triggered_by` in its \
                         `lifecycle`."
                    ),
                )
                .at(Path::attribute(name)),
            );
        }
    }
    if plan.replaces() {
        plan.diagnostics.extend(cannot_release(prior));
        return;
    }
    plan_architecture(plan, &before, seen);
    if plan.replaces() {
        plan.diagnostics.extend(cannot_release(prior));
        return;
    }
    let uncounted = Uncounted::of(plan.private, &before, None);
    billing::plan_update(plan, &before, uncounted.as_ref());
    let nothing_else = {
        let mut same = plan.planned.clone();
        for name in ["job_id"].into_iter().chain(SHAPE) {
            if same.get(name).is_unknown() {
                same.set(name, prior.get(name).clone());
            }
        }
        same == *prior
    };
    // What only may turn out to be another value calls nothing; the list then stays as it is, for the apply may find no change.
    if nothing_else {
        return;
    }
    if imported {
        plan.diagnostics.extend(billing::taken_over(prior, &plan.planned));
    }
    plan.unknown("status");
    let counted = uncounted.map_or_else(|| before.clone(), |more| more.counted(&before));
    let calls = operations(&counted, &plan.planned);
    let moves_the_end = |calls: &Vec<&str>| {
        [billing::TRANSFER, billing::RENEW]
            .iter()
            .any(|call| calls.contains(call))
    };
    if calls.as_ref().is_none_or(moves_the_end) {
        plan.unknown("expire_time");
    }
    if undecided && !plan.planned.get("instance_class").is_wholly_known() {
        plan.unknown("operations");
        return;
    }
    match calls {
        // When all is known there may be no change at all, and then the list stays as it was.
        Some(operations) if operations.is_empty() && plan.has_unknown_input() => plan.unknown("operations"),
        Some(operations) => plan.planned.set("operations", operations),
        None => plan.unknown("operations"),
    }
    if prior.bool("auto_start") == Some(true) && plan.planned.bool("auto_start") == Some(false) {
        plan.diagnostics.push(
            Diagnostic::warning(
                "auto_start = false does not stop a job",
                "A job that was started goes on. Set `desired_status` on the `dts_job` to suspend or stop it.",
            )
            .at(Path::attribute("auto_start")),
        );
    }
}

/// Of an instance whose job is configured, DTS tells the ends of the job and no longer what was bought.
fn taken_over(name: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("{name} of the imported DTS instance is taken from the configuration"),
        "DTS tells what the job is configured with, which is another value, and not what the instance was bought as. Compare it with the          DTS console.",
    )
    .at(Path::attribute(name))
}

/// The reviewer should know on what the apply may stop.
fn job_not_known(prior: &Object) -> Diagnostic {
    let id = prior.str("id").unwrap_or_default();
    Diagnostic::warning(
        format!("Whether DTS instance {id} keeps its job is only known in the apply"),
        "`job_id` depends on a change that is pending. If it turns out to be the same job, nothing happens to the instance. If it is another, the \
         apply stops there, for an instance cannot change its job and is never replaced unplanned. Where the job is to be replaced, \
         replace the instance with it: `replace_triggered_by = [dts_job.<name>.id]` in its `lifecycle` block, or `terraform apply -replace`.",
    )
    .at(Path::attribute("job_id"))
}

/// Gives an instance a job for each direction.
pub(super) const TWO_WAY: &str = "UpgradeTwoWay";
/// Moves an instance to another resource group.
pub(super) const GROUP: &str = "ConvertInstanceResourceGroup";
/// Starts its job.
pub(super) const START: &str = "StartDtsJob";

fn is_two_way(state: &Object) -> bool {
    state.str("sync_architecture") == Some("bidirectional")
}

/// One way becomes two in place, and never the reverse.
fn plan_architecture(plan: &mut Plan<'_, Client>, prior: &Object, seen: bool) {
    let at = || Path::attribute("sync_architecture");
    match (is_two_way(prior), is_two_way(&plan.planned)) {
        _ if plan.planned.get("sync_architecture").is_unknown() => {}
        (true, false) if seen => plan.replace(at()),
        (true, false) => plan.refuse(
            Diagnostic::error(
                "Unable to keep the DTS instance: sync_architecture is another now",
                "Two ways do not become one again, and this apply was not planned to release the instance and buy another. Plan again, with \
                 refresh (without `-refresh=false`), or take the change back.",
            )
            .at(at()),
        ),
        (false, true) => {
            let runs = prior
                .str("status")
                .is_some_and(|status| status.eq_ignore_ascii_case("Synchronizing"));
            if !runs || billing::Payment::of(prior) != Some(billing::Payment::PostPaid) {
                plan.refuse(
                    Diagnostic::error(
                        "Unable to make a DTS instance bidirectional",
                        "DTS gives a reverse half (`UpgradeTwoWay`) only to a synchronization of MySQL with MySQL that runs (status \
                         `Synchronizing`) and is paid by use (`PostPaid`, not serverless). Start its job first, or buy another instance: \
                         `terraform apply -replace`.",
                    )
                    .at(at()),
                );
            }
        }
        _ => {}
    }
}

/// The calls of an update; `None` while a value that decides is unknown.
pub(super) fn operations(prior: &Object, planned: &Object) -> Option<Vec<&'static str>> {
    let mut operations = Vec::new();
    if ["auto_start", "resource_group_id", "sync_architecture"]
        .iter()
        .any(|name| planned.get(name).is_unknown())
    {
        return None;
    }
    if prior.get("resource_group_id") != planned.get("resource_group_id") {
        operations.push(GROUP);
    }
    operations.extend(tags::operations(Some(prior), planned)?);
    // Before the class, which takes the job out of the state that it has to be in.
    if !is_two_way(prior) && is_two_way(planned) {
        operations.push(TWO_WAY);
    }
    operations.extend(billing::operations(prior, planned)?);
    if starts(prior, planned) {
        operations.push(START);
    }
    Some(operations)
}

pub(super) fn starts(prior: &Object, planned: &Object) -> bool {
    planned.bool("auto_start") == Some(true)
        && prior.bool("auto_start") != Some(true)
        && !has_started(prior.str("status").unwrap_or_default())
}

/// Whether a job is on its way, or has been: nothing is left to start.
pub(super) fn has_started(status: &str) -> bool {
    let stage = Stage::of(status);
    stage.has_run() || stage == Stage::Prechecking
}

pub(super) fn cannot_release(prior: &Object) -> Option<Diagnostic> {
    let prepaid = prior
        .str("pay_type")
        .is_some_and(|pay_type| pay_type.eq_ignore_ascii_case("PrePaid"));
    (prepaid && prior.str("on_destroy") != Some("keep")).then(|| stays(prior.str("id").unwrap_or_default()))
}

fn stays(id: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unable to release PrePaid DTS instance {id}"),
        "DTS releases a PrePaid instance only when it expires. Set `on_destroy = \"keep\"` and apply that first: a destroy then \
         only forgets the instance, which goes on until it expires.",
    )
    .at(Path::attribute("on_destroy"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::dts::provider::testing::client;

    /// What another resource of the process has is not released; what is only forgotten is.
    #[test]
    fn what_another_resource_has_is_not_released() {
        for (others, on_destroy, expected) in [
            (&["mine"][..], "release", true),
            (&["mine", "another"], "release", false),
            (&["mine", "another"], "keep", true),
        ] {
            let client = Arc::new(client());
            for owner in others {
                client.is_only_of("dtsa", owner);
            }
            let mut private = Private::default();
            private.set(OWNER, "mine");
            let mut delete = Delete {
                state: Object::new().with("id", "dtsa").with("on_destroy", on_destroy),
                private,
                replacing: None,
                client: Arc::clone(&client),
                cancel: CancellationToken::new(),
                warnings: Diagnostics::new(),
            };
            let refused = keeps(&delete);
            assert_eq!(refused.is_none(), expected, "{others:?} {on_destroy} {refused:?}");
            // From before there was such a word: nobody can tell.
            delete.private = Private::default();
            assert!(keeps(&delete).is_none());
            client.forget("dtsa");
            assert!(client.is_only_of("dtsa", "later"));
        }
    }
}
