//! Which calls a change of a consumer group needs.

use super::{CREATE, MODIFY, NAME, PASSWORD, PASSWORD_WO, SUBSCRIPTION, USER, VERSION, name_keys};
use crate::dts::provider::Client;
use crate::framework::import::IMPORTED;
use crate::framework::resource::Plan;
use crate::framework::{Diagnostic, Object, Path, Value};

/// The private key by which the plan of a group tells the one of its successor that the name is taken by itself.
const PREDECESSOR: &str = "has_predecessor";

pub(super) fn plan(plan: &mut Plan<'_, Client>) {
    have_alone(plan);
    let Some(prior) = plan.prior else {
        refuse_suspended(plan, "make");
        plan.planned.set("operations", vec![CREATE]);
        return;
    };
    plan.keep("operations");
    let imported = plan.private.is_set(IMPORTED);
    if let Some(name) = moved(prior, &plan.planned) {
        let seen = plan
            .client
            .is_some_and(|client| client.has_seen(prior.str("id").unwrap_or_default()));
        let known = plan.planned.get(name).is_known();
        for other in SUBSCRIPTION
            .iter()
            .filter(|other| plan.config.get(other).is_null())
        {
            plan.planned.set(other, Value::Unknown);
        }
        for name in ["id", "consumer_group_id", "operations"] {
            plan.unknown(name);
        }
        if seen && known {
            plan.replace(Path::attribute(name));
        }
        // A subscription that is not known yet may be the same one. If not, or if the group is gone with a reset of it, the apply makes
        // the group there.
        return;
    }
    let text = |name: &str| prior.str(name).unwrap_or_default();
    let lost = plan
        .client
        .is_some_and(|client| client.is_lost(text("dts_job_id"), text("consumer_group_id")));
    // By the subscription's own id, which is planned to be unknown when it is reset.
    if lost && !plan.config.get("dts_job_id").is_null() {
        for name in ["id", "consumer_group_id", "operations"] {
            plan.unknown(name);
        }
        return;
    }
    match password(prior, plan.config, imported) {
        None => plan.unknown("operations"),
        _ if [NAME, USER].iter().any(|name| plan.planned.get(name).is_unknown()) => plan.unknown("operations"),
        Some(Password::Gone) => plan.refuse(
            Diagnostic::error(
                "Unable to take a password away",
                "DTS keeps the account's password until another is set. Set `consumer_group_password` or `consumer_group_password_wo`.",
            )
            .at(Path::attribute(PASSWORD)),
        ),
        Some(password) => {
            if password == Password::Taken {
                plan.diagnostics.push(taken_over());
            }
            let named = [NAME, USER].iter().any(|name| plan.changes(name));
            if named || password == Password::Other {
                refuse_suspended(plan, "change");
                plan.planned.set("operations", vec![MODIFY]);
            } else if plan.has_changes() {
                plan.planned.set("operations", Vec::<&str>::new());
            }
        }
    }
}

/// Refuses a second group of a name on one subscription, as far as a plan can tell: DTS takes none.
fn have_alone(plan: &mut Plan<'_, Client>) {
    let own = plan.prior.and_then(|prior| prior.str("id"));
    let replaces_another = plan.private.remove(PREDECESSOR).is_some();
    if own.is_some() {
        plan.private.set(PREDECESSOR, true);
    } else if replaces_another {
        return;
    }
    let Some(client) = plan.client else { return };
    // Every key is to be told, so that the other finds it by whichever id it names.
    let mut alone = true;
    for key in name_keys(&plan.planned) {
        alone &= client.serves(&key, own);
    }
    if !alone {
        let name = plan.planned.str(NAME).unwrap_or_default();
        let refusal = Diagnostic::error(
            format!("Two resources for consumer group {name:?} of one subscription"),
            "A subscription has one group of a name, and another resource of this configuration has it or is to have it. Give this one another \
             name, or remove one of the two; a resource that has another name now needs a `moved` block.",
        );
        plan.refuse(refusal.at(Path::attribute(NAME)));
    }
}

/// Refuses what DTS does only for a subscription that is `Normal` (dts-api.md 2.11), where the plan of the subscription leaves it suspended.
fn refuse_suspended(plan: &mut Plan<'_, Client>, verb: &str) {
    let named = |name: &&str| {
        let (client, id) = (plan.client?, plan.planned.str(name)?);
        client.is_suspended(id).then(|| id.to_owned())
    };
    // Where the configuration names it, rather than where the state does.
    let said = SUBSCRIPTION
        .into_iter()
        .filter(|name| plan.config.get(name).is_known());
    let Some((at, id)) = said.filter_map(|name| Some((name, named(&name)?))).next() else {
        return;
    };
    let group = plan.planned.str(NAME).unwrap_or_default();
    let refusal = Diagnostic::error(
        format!("Unable to {verb} consumer group {group:?} of a suspended subscription"),
        format!(
            "DTS makes, changes and deletes consumer groups only of a subscription that is `Normal`, and `dts_subscription` {id} is to be \
             suspended. Set its `desired_status = \"running\"`; it can be suspended again after this change. (To destroy all as it is: \
             `terraform destroy -refresh=false`, which does not plan the configuration first.)"
        ),
    );
    plan.refuse(refusal.at(Path::attribute(at)));
}

/// The id by which the configuration names another subscription than before, or one that is not known yet.
pub(super) fn moved(prior: &Object, planned: &Object) -> Option<&'static str> {
    SUBSCRIPTION
        .into_iter()
        .find(|name| prior.get(name) != planned.get(name))
}

fn taken_over() -> Diagnostic {
    Diagnostic::warning(
        "The password of the consumer group is taken over unchecked",
        "The group was imported, and DTS does not tell its password: the one that is configured is recorded as the present one, and is not \
         sent. If it is another, the group keeps the one it has. To have it set, import with the present one, apply, and then change it \
         (`ModifyConsumerChannel`).",
    )
    .at(Path::attribute(PASSWORD))
}

/// What became of the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Password {
    Same,
    Other,
    /// Of an imported group, whose password nobody can read: taken to be the one that it has.
    Taken,
    /// The configuration gives none any more.
    Gone,
}

/// What the configuration says of the password; `None` while that is unknown.
pub(super) fn password(prior: &Object, config: &Object, imported: bool) -> Option<Password> {
    let (old, new) = (prior.get(PASSWORD), config.get(PASSWORD));
    let write_only = config.get(PASSWORD_WO);
    if old == new && prior.get(VERSION) == config.get(VERSION) {
        return Some(Password::Same);
    }
    if new.is_unknown() || write_only.is_unknown() || config.get(VERSION).is_unknown() {
        return None;
    }
    let given = write_only.as_str().or(new.as_str());
    let had = !old.is_null() || !prior.get(VERSION).is_null();
    Some(match given {
        None if had => Password::Gone,
        None => Password::Same,
        // It only moved out of the state, or into it.
        Some(given) if old.as_str() == Some(given) => Password::Same,
        Some(_) if imported && !had => Password::Taken,
        Some(_) => Password::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prior: &Object, config: &Object, imported: bool, expected: Option<Password>) {
        assert_eq!(password(prior, config, imported), expected);
    }

    #[test]
    fn what_became_of_a_password() {
        let with = |text: &str| Object::new().with(PASSWORD, text);
        let hidden = |text: &str, version: i64| Object::new().with(PASSWORD_WO, text).with(VERSION, version);
        let recorded = Object::new().with(VERSION, 1);
        check(&with("a"), &with("a"), false, Some(Password::Same));
        check(&with("a"), &with("b"), false, Some(Password::Other));
        check(&with("a"), &hidden("a", 1), false, Some(Password::Same));
        check(&with("a"), &hidden("b", 1), false, Some(Password::Other));
        // Only the version tells.
        check(&recorded, &hidden("b", 1), false, Some(Password::Same));
        check(&recorded, &hidden("b", 2), false, Some(Password::Other));
        check(&with("a"), &Object::new(), false, Some(Password::Gone));
        check(&Object::new(), &with("a"), true, Some(Password::Taken));
        check(&Object::new(), &with("a"), false, Some(Password::Other));
        check(
            &with("a"),
            &Object::new().with(PASSWORD, Value::Unknown),
            false,
            None,
        );
    }
}
