//! What an import or a move finds set that other calls tell than those that tell the job: alarms, and settings of its modules. It is
//! looked for once; from then on only what the state has is read. What was found and the configuration never says stays as it is, and is
//! nobody's change: an alarm may have a `dts_monitor_rule`.

use serde_json::{Map, Value as Json};

use super::options::{Notice, parameter_key};
use crate::api;
use crate::dts::error;
use crate::dts::monitor_rule::same_phones;
use crate::dts::provider::Client;
use crate::framework::import::IMPORTED;
use crate::framework::private::Private;
use crate::framework::resource::{Plan, Read};
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Value};

const PARAMETERS: &str = "job_parameters";

/// Arguments that DTS may have a value of without the configuration's word, each group said as a whole or not at all.
const GROUPS: [&[&str]; 4] = [
    &["reserve"],
    Notice::Delay.arguments(),
    Notice::Error.arguments(),
    &[PARAMETERS],
];

/// The private key of what every setting was when an import or a move first looked.
const FOUND: &str = "job_parameters_found";

/// The private key by which a group is known to be DTS's own, not the user's.
fn of_dts(group: &[&str]) -> String {
    format!("{}_of_dts", group[0])
}

/// What a new job is not told, it has not.
pub(super) fn forget_unsaid(plan: &mut Plan<'_, Client>) {
    for name in GROUPS.iter().copied().flatten() {
        if plan.config.get(name).is_null() {
            plan.planned.set(name, Value::Null);
        }
    }
}

/// What is no longer written, the state forgets. What an import or a move brought along was never written, and stays.
pub(super) fn keep_unsaid(plan: &mut Plan<'_, Client>, prior: &Object, imported: bool) {
    for group in GROUPS {
        let key = of_dts(group);
        let is_said = group.iter().any(|name| !plan.config.get(name).is_null());
        if is_said {
            plan.private.remove(&key);
        } else if group.iter().all(|name| prior.get(name).is_null()) || plan.private.is_set(&key) {
            continue;
        } else if imported {
            plan.private.set(&key, true);
            continue;
        }
        for name in group {
            if plan.config.get(name).is_null() {
                plan.planned.set(name, Value::Null);
            }
        }
    }
}

/// `prior` with the settings that the plan names and that an import found to hold.
pub(super) fn with_found(prior: &Object, planned: &Object, private: &Private) -> Object {
    let mut known = prior.clone();
    let found = private.get(FOUND).filter(|_| private.is_set(IMPORTED));
    let (Some(Json::Object(found)), Some(planned)) = (found, planned.object(PARAMETERS)) else {
        return known;
    };
    let mut all = known.object(PARAMETERS).cloned().unwrap_or_default();
    for (key, _) in planned.iter() {
        if let (true, Some(running)) = (all.get(key).is_null(), found.get(key).and_then(Json::as_str)) {
            all.set(key, running);
        }
    }
    known.set(PARAMETERS, all);
    known
}

/// Where each setting that is planned holds already, the plan is what was found: more than the user writes, and no change.
pub(super) fn take_over(planned: &mut Object, prior: &Object, known: &Object) {
    let nothing = Object::new();
    let running = known.object(PARAMETERS).unwrap_or(&nothing);
    let holds = planned
        .object(PARAMETERS)
        .is_some_and(|planned| planned.iter().all(|(key, value)| running.get(key) == value));
    if holds && !prior.get(PARAMETERS).is_null() {
        planned.set(PARAMETERS, prior.get(PARAMETERS).clone());
    }
}

/// The first change is made: from now on the state has the user's own words.
pub(super) fn settle(private: &mut Private) {
    private.remove(IMPORTED);
    private.remove(FOUND);
}

/// Reads alarms and settings where the state has some, and where an import looks for the first time.
pub(super) async fn read(read: &mut Read<Client>, api: &api::Client, id: &str) -> Result<(), Diagnostics> {
    let what = format!("read what DTS job {id} is set to");
    let looks = read.private.is_set(IMPORTED) && read.private.get(FOUND).is_none();
    let mine = read.state.object(PARAMETERS).cloned().unwrap_or_default();
    if looks || !mine.is_empty() {
        match api.describe_dts_job_config(id).await {
            Ok(there) => read_parameters(read, &mine, &there, looks),
            // The call is in no document, and it may be that DTS does not know it for every job. Settings are then set once more.
            Err(cause) if looks && cause.kind() == api::Kind::Api => {
                read.private.set(FOUND, Map::new());
                read.warnings.push(unread(id, &cause));
            }
            Err(cause) => return Err(error::unable(&what, &cause).into()),
        }
    }
    let told = Notice::BOTH.iter().any(|notice| !notice.is_unsaid(&read.state));
    if looks || told {
        let rules = api
            .describe_job_monitor_rule(id)
            .await
            .map_err(error::to(&what))?;
        read_notices(&mut read.state, &rules, looks);
    }
    Ok(())
}

fn unread(id: &str, cause: &api::Error) -> Diagnostic {
    Diagnostic::warning(
        format!("The settings of the modules of DTS job {id} could not be read"),
        format!(
            "{cause}\n\nWhat `job_parameters` says is set once more by the first apply (`ModifyDtsJobConfig`), which does no harm where DTS \
             has it already."
        ),
    )
    .at(Path::attribute(PARAMETERS))
}

/// Of an import, those that are not as DTS has them by itself.
fn read_parameters(read: &mut Read<Client>, mine: &Object, there: &[api::RunningParameter], looks: bool) {
    let mut now = Object::new();
    let mut found = Map::new();
    for one in there {
        let Some(key) = parameter_key(one) else { continue };
        let is_set = one.default.as_deref().unwrap_or_default() != one.value;
        if mine.contains(&key) || looks && is_set {
            now.set(&key, one.value.as_str());
        }
        found.insert(key, one.value.as_str().into());
    }
    for (key, _) in mine.iter().filter(|(_, value)| value.is_null()) {
        if !now.contains(key) {
            now.set(key, Value::Null);
        }
    }
    read.state.set(PARAMETERS, now);
    if looks {
        read.private.set(FOUND, found);
    }
}

/// Only what is set is compared, for rules have a `dts_monitor_rule` of their own; an import begins with those that are on.
fn read_notices(state: &mut Object, rules: &[api::MonitorRule], looks: bool) {
    for notice in Notice::BOTH {
        let rule = rules
            .iter()
            .find(|rule| rule.type_.as_deref() == Some(notice.type_()))
            .cloned()
            .unwrap_or_default();
        let on = rule.state.as_deref() == Some("Y");
        let &[switch, phone, ref time @ ..] = notice.arguments() else {
            continue;
        };
        if state.get(switch).is_null() && !(looks && on) {
            continue;
        }
        if state.bool(switch) != Some(on) {
            state.set(switch, on);
        }
        if !on {
            continue;
        }
        let there = Value::from(rule.phone.filter(|phone| !phone.is_empty()));
        let is_compared = looks || !state.get(phone).is_null();
        if is_compared && !same_phones(state.get(phone), &there) {
            state.set(phone, there);
        }
        for name in time {
            let is_compared = looks || !state.get(name).is_null();
            if let (true, Some(there)) = (is_compared, rule.delay_rule_time) {
                state.set(name, there);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(type_: &str, on: &str, phone: &str, time: i64) -> api::MonitorRule {
        api::MonitorRule {
            type_: Some(type_.to_owned()),
            state: Some(on.to_owned()),
            phone: Some(phone.to_owned()),
            delay_rule_time: Some(time),
            ..api::MonitorRule::default()
        }
    }

    #[test]
    fn rules_are_read_where_they_are_set() {
        let mut state = Object::new()
            .with("delay_notice", true)
            .with("delay_phone", "1,2")
            .with("delay_rule_time", 60);
        let before = state.clone();
        let same = [rule("delay", "Y", "1, 2", 60), rule("error", "Y", "3", 0)];
        read_notices(&mut state, &same, false);
        assert_eq!(state, before);
        read_notices(&mut state, &[rule("delay", "Y", "1", 90)], false);
        assert_eq!(
            (state.str("delay_phone"), state.i64("delay_rule_time")),
            (Some("1"), Some(90))
        );
        read_notices(&mut state, &[rule("delay", "N", "", 90)], false);
        assert_eq!(state.bool("delay_notice"), Some(false));
        read_notices(&mut before.clone(), &[], false);
    }

    #[test]
    fn an_import_finds_the_rules_that_are_on() {
        let mut state = Object::new();
        read_notices(
            &mut state,
            &[rule("delay", "Y", "1", 90), rule("error", "N", "2", 0)],
            true,
        );
        let expected = Object::new()
            .with("delay_notice", true)
            .with("delay_phone", "1")
            .with("delay_rule_time", 90);
        assert_eq!(state, expected);
        // What a move says of rules that are not there is not true.
        read_notices(&mut state, &[], true);
        assert_eq!(state.bool("delay_notice"), Some(false));
    }
}
