//! `dts_monitor_rule`: an alarm of a job. A job has one rule of each type, which DTS overwrites and never deletes
//! (`CreateJobMonitorRule`, dts-api.md 2.10): a rule is named by job and type, and removed by switching it off.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::provider::Client;
use super::{alicloud, error, identity, no_such};
use crate::api;
use crate::framework::identity::Identity;
use crate::framework::import::IMPORTED;
use crate::framework::moved::{Moved, Source};
use crate::framework::resource::{Apply, Delete, Plan, Read, Resource};
use crate::framework::schema::OnChange;
use crate::framework::validate::{is_certainly_set, is_set};
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema, Value};

/// `dts_monitor_rule`
#[derive(Debug)]
pub(super) struct MonitorRule;

const SET: &str = "CreateJobMonitorRule";
const TYPES: [&str; 3] = ["delay", "error", "full_timeout"];
/// Phone numbers of one rule.
const MOST_PHONES: usize = 10;
/// What names the rule.
const KEY: [&str; 2] = ["dts_job_id", "type"];
/// What the rule says.
const SAID: [&str; 6] = [
    "state",
    "phone",
    "delay_rule_time",
    "period",
    "times",
    "notice_value",
];

/// The alarms that jobs and subscriptions set along with the rest: type of the rule, and the argument that says it.
const ALARMS: [(&str, &str); 2] = [("delay", "delay_notice"), ("error", "error_notice")];

/// The private key by which the plan of a rule tells the one of its successor that the job's rule is taken by itself.
const PREDECESSOR: &str = "has_predecessor";

#[async_trait]
impl Resource<Client> for MonitorRule {
    fn type_name(&self) -> &'static str {
        "dts_monitor_rule"
    }

    fn schema(&self) -> Schema {
        let number = |name: &str, description: &str| Attribute::number(name).describe(description);
        Schema::new(
            Block::new(
                "An alarm of a DTS job (`CreateJobMonitorRule`). A job has one rule of each type, so a resource is named by both, and two of \
                 the same job and type are refused, as is one beside `delay_notice` or `error_notice` of the job or subscription itself. DTS has no call that deletes a rule: removed from the configuration, it is switched off \
                 and its phone numbers are taken away.",
            )
            .attribute(Attribute::string("id").computed().stable().describe("Job and type: `<dts_job_id>:<type>`."))
            .attribute(
                Attribute::string("dts_job_id")
                    .required()
                    .check(Check::not_blank())
                    .describe("Id of the job, such as `dts_job.<name>.id`. A change replaces the rule.").change(OnChange::Replaces),
            )
            .attribute(
                Attribute::string("type")
                    .required()
                    .check(Check::one_of(&TYPES))
                    .describe("What is watched: `delay` (how far behind the source the job is), `error` (the job fails), `full_timeout` (the full load takes too long). A change replaces the rule.").change(OnChange::Replaces),
            )
            .attribute(
                Attribute::string("state")
                    .default("Y")
                    .check(Check::one_of(&["Y", "N"]))
                    .describe("Whether it is on: `Y` or `N`. Default: `Y`."),
            )
            .attribute(
                Attribute::number("delay_rule_time")
                    .check(Check::between(1, i64::MAX))
                    .describe("When it fires: seconds of delay with type `delay`, hours of full load with `full_timeout`. Required for both unless `state` is `N`; not with `error`."),
            )
            .attribute(
                Attribute::string("phone")
                    .check(phones())
                    .describe("Who is called: up to ten phone numbers, separated by commas (on the China site only). Left out, nobody is."),
            )
            .attribute(
                number("period", "Of an alarm of incremental data validation: minutes from look to look, 1, 5, 10 or 30.").check(Check::one_of_numbers(&[1, 5, 10, 30])),
            )
            .attribute(number("times", "Of an alarm of incremental data validation: how many looks in a row have to find too much.").check(Check::between(1, i64::MAX)))
            .attribute(number("notice_value", "Of an alarm of incremental data validation: how many differing rows are too many.").check(Check::between(0, i64::MAX)))
            .attribute(super::operations_attribute())
            .change(OnChange::InPlace),
        )
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        let at = Path::attribute("delay_rule_time");
        match (config.str("type"), config.str("state")) {
            (Some(kind @ ("delay" | "full_timeout")), None | Some("Y"))
                if !config.get("state").is_unknown() && !is_set(config, "delay_rule_time") =>
            {
                let unit = if kind == "delay" { "seconds of delay" } else { "hours of full load" };
                diagnostics.push(
                    Diagnostic::error(
                        "delay_rule_time is missing",
                        format!("A rule of type `{kind}` fires after so many {unit}. Set `delay_rule_time`."),
                    )
                    .at(at),
                );
            }
            (Some("error"), _) if is_certainly_set(config, "delay_rule_time") => diagnostics.push(
                Diagnostic::error(
                    "delay_rule_time is not for type \"error\"",
                    "A rule of type `error` fires at once. Remove it, or set `type` to `delay` or `full_timeout`.",
                )
                .at(at),
            ),
            _ => {}
        }
    }

    fn plan(&self, plan: &mut Plan<'_, Client>) {
        // What only the apply knows was not known when the configuration was validated.
        self.validate(plan.config, plan.diagnostics);
        have_alone(plan);
        let Some(prior) = plan.prior else {
            plan.planned.set("operations", vec![SET]);
            return;
        };
        plan.keep("operations");
        let Some(key) = KEY
            .into_iter()
            .find(|name| prior.get(name) != plan.planned.get(name))
        else {
            if is_lost(plan.client, prior) {
                plan.unknown("id");
                plan.planned.set("operations", vec![SET]);
            } else if SAID.iter().any(|name| plan.planned.get(name).is_unknown()) {
                plan.unknown("operations");
            } else if SAID.iter().any(|name| plan.changes(name)) {
                plan.planned.set("operations", vec![SET]);
            }
            return;
        };
        let seen = plan
            .client
            .is_some_and(|client| client.has_seen(prior.str("id").unwrap_or_default()));
        if seen && KEY.iter().all(|name| plan.planned.get(name).is_known()) {
            plan.replace(Path::attribute(key));
        } else {
            // A job that is not known yet may be the same one. If not, the apply sets the rule there, and switches off this one.
            plan.unknown("id");
            plan.unknown("operations");
        }
    }

    async fn create(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        let id = id_of(&apply.planned);
        if is_an_alarm(&apply.client, &id) {
            return Err(beside_an_alarm(&id).into());
        }
        if !apply.client.claim(&id) {
            return Err(two_rules(&id).into());
        }
        if let Err(problems) = set(apply).await {
            apply.client.forget(&id);
            return Err(problems);
        }
        apply.client.serve_anew(&rule_key(&id));
        apply.state.set("id", id);
        apply.state.set("operations", vec![SET]);
        Ok(())
    }

    async fn read(&self, read: &mut Read<Client>) -> Result<bool, Diagnostics> {
        let id = read.state.str("id").unwrap_or_default().to_owned();
        let api = read.client.api(&read.cancel)?.hasty(true);
        let (job, kind) = parse(&id).unwrap_or_default();
        let rules = match api.describe_job_monitor_rule(job).await {
            Ok(rules) => rules,
            Err(cause) if cause.is_not_found() => return Ok(false),
            Err(cause) => return Err(error::unable(&format!("read DTS monitor rule {id}"), &cause).into()),
        };
        let Some(rule) = of_type(rules, kind) else {
            return Ok(false);
        };
        read.client.saw(&id);
        read.client.claim(&id);
        read.client.is_there(job, &id);
        let imported = read.state.get("type").is_null();
        let state = &mut read.state;
        state.set("dts_job_id", job);
        state.set("type", kind);
        state.set("state", rule.state.as_deref().unwrap_or("Y"));
        let phone = Value::from(rule.phone.filter(|phone| !phone.is_empty()));
        if !same_phones(state.get("phone"), &phone) {
            state.set("phone", phone);
        }
        for (name, there) in [
            ("delay_rule_time", rule.delay_rule_time),
            ("period", rule.period),
            ("times", rule.times),
            ("notice_value", rule.notice_value),
        ] {
            // What was never said, DTS may fill in.
            if imported || !state.get(name).is_null() {
                state.set(
                    name,
                    there.filter(|_| name != "delay_rule_time" || kind != "error"),
                );
            }
        }
        Ok(true)
    }

    async fn update(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        let (old, new) = (id_of(&apply.prior), id_of(&apply.planned));
        let mut made = Vec::new();
        let said = KEY
            .iter()
            .chain(&SAID)
            .any(|name| apply.prior.get(name) != apply.planned.get(name))
            || is_lost(Some(&apply.client), &apply.prior);
        if old != new && !apply.client.claim(&new) {
            return Err(two_rules(&new).into());
        }
        if said {
            set(apply).await?;
            made.push(SET);
            apply.state.set("id", new.as_str());
            apply.state.set("operations", made.clone());
            apply.checkpoint();
        }
        if old != new && !is_an_alarm(&apply.client, &old) {
            let api = apply.client.api(&apply.cancel)?;
            switch_off(&api, &old).await?;
            made.push(SET);
        }
        apply.private.remove(IMPORTED);
        apply.client.serves_no_more(&rule_key(&new), Some(&old));
        apply.state.set("id", new);
        let operations = match apply.planned.get("operations") {
            Value::Unknown if made.is_empty() => apply.prior.get("operations").clone(),
            Value::Unknown => Value::from(made),
            planned => planned.clone(),
        };
        apply.state.set("operations", operations);
        Ok(())
    }

    async fn delete(&self, delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
        let id = delete.state.str("id").unwrap_or_default().to_owned();
        // In the same apply the job itself may have got the alarm, which is then to stay.
        if !is_an_alarm(&delete.client, &id) {
            let api = delete.client.api(&delete.cancel)?;
            switch_off(&api, &id).await?;
        }
        delete.client.forget(&id);
        for servant in [Some(id.as_str()), None] {
            delete.client.serves_no_more(&rule_key(&id), servant);
        }
        Ok(())
    }

    async fn import(&self, id: &str, client: Arc<Client>) -> Result<Object, Diagnostics> {
        let what = format!("import DTS monitor rule {id}");
        let Some((job, kind)) = parse(id) else {
            return Err(Diagnostic::error(
                format!("Unable to {what}"),
                format!(
                    "The id of a rule is the job's id and the type, such as `l3m1213ye7l2q3n:delay`. The type is one of: {}.",
                    TYPES.join(", ")
                ),
            )
            .at(Path::attribute("id"))
            .into());
        };
        let api = client.api(&CancellationToken::new())?;
        match api.describe_job_monitor_rule(job).await {
            Ok(rules) if of_type(rules.clone(), kind).is_some() => Ok(Object::new().with("id", id)),
            Ok(rules) => Err(no_rule(&what, job, kind, &rules)),
            Err(cause) if cause.is_not_found() => Err(no_such(&what, "job", job, api.region())),
            Err(cause) => Err(error::unable(&what, &cause).into()),
        }
    }

    fn identity(&self) -> Option<Identity> {
        Some(identity::schema(
            "Id of the job and type of the rule: `<dts_job_id>:<type>`.",
        ))
    }

    fn identify(&self, state: &Object, client: &Client) -> Object {
        identity::of(state, client)
    }

    async fn import_by_identity(
        &self,
        identity: &Object,
        client: Arc<Client>,
    ) -> Result<Object, Diagnostics> {
        let id = identity::id("DTS monitor rule", identity, &client)?.to_owned();
        self.import(&id, client).await
    }

    fn moves_from(&self) -> &'static [&'static str] {
        &alicloud::MONITOR_RULES
    }

    fn move_state(&self, source: &Source) -> Option<Result<Moved, Diagnostics>> {
        alicloud::monitor_rule(source)
    }
}

/// By what a rule is known: the id of the resource.
pub(super) fn id(job: &str, kind: &str) -> String {
    format!("{job}:{kind}")
}

/// By what resources that set the same rule are found out.
fn rule_key(id: &str) -> String {
    format!("rule {id}")
}

/// Refuses what a job or a subscription says of an alarm that a `dts_monitor_rule` has, as far as a plan can tell. What it does not say
/// itself, such as what an import found, is the rule's.
pub(super) fn refuse_beside_rules(plan: &mut Plan<'_, Client>) {
    let (Some(client), Some(job)) = (plan.client, plan.prior.and_then(|prior| prior.str("id"))) else {
        return;
    };
    for (kind, argument) in ALARMS {
        let rule = id(job, kind);
        let said = plan.config.get(argument);
        if said.is_null() || said.is_unknown() {
            client.serves_no_more(&rule_key(&rule), Some(job));
        } else if !client.serves(&rule_key(&rule), Some(job)) {
            plan.refuse(beside_a_rule(&rule, kind, argument));
        }
    }
}

/// A job or a subscription is there, with the alarms that its configuration says: a rule beside one is refused from now on.
pub(super) fn has_alarms(client: &Client, job: &Object, config: &Object) {
    let Some(job_id) = job.str("id") else { return };
    for (kind, argument) in ALARMS {
        if config.get(argument).is_known() {
            client.serves(&rule_key(&id(job_id, kind)), Some(job_id));
        }
    }
}

/// A job or a subscription is no more, and has no alarms.
pub(super) fn has_no_alarms(client: &Client, job_id: &str) {
    for (kind, _) in ALARMS {
        client.serves_no_more(&rule_key(&id(job_id, kind)), Some(job_id));
    }
}

/// Whether the job that the rule is of says it itself.
fn is_an_alarm(client: &Client, rule: &str) -> bool {
    parse(rule).is_some_and(|(job, _)| client.is_served_by(&rule_key(rule), job))
}

fn id_of(rule: &Object) -> String {
    id(
        rule.str("dts_job_id").unwrap_or_default(),
        rule.str("type").unwrap_or_default(),
    )
}

fn parse(id: &str) -> Option<(&str, &str)> {
    let (job, kind) = id.split_once(':')?;
    (!job.is_empty() && TYPES.contains(&kind)).then_some((job, kind))
}

fn no_rule(what: &str, job: &str, kind: &str, rules: &[api::MonitorRule]) -> Diagnostics {
    let set: Vec<&str> = rules.iter().filter_map(|rule| rule.type_.as_deref()).collect();
    let then = match set[..] {
        [] => "No rule of it was ever set.".to_owned(),
        _ => format!("Rules of it are of type: {}.", set.join(", ")),
    };
    Diagnostic::error(
        format!("Unable to {what}"),
        format!("Job {job:?} has no monitor rule of type {kind:?}. {then} Write a `dts_monitor_rule` without importing it to set one."),
    )
    .at(Path::attribute("id"))
    .into()
}

fn of_type(rules: Vec<api::MonitorRule>, kind: &str) -> Option<api::MonitorRule> {
    let same = |rule: &api::MonitorRule| {
        rule.type_
            .as_deref()
            .is_some_and(|found| found.eq_ignore_ascii_case(kind))
    };
    rules.into_iter().find(same)
}

/// Phone numbers as a list with commas.
pub(super) fn phones() -> Check {
    Check::new(|value| {
        match value.as_str() {
        Some("") => Err("It must not be empty. Leave the argument out to call nobody.".to_owned()),
        Some(text)
            if text
                .split(',')
                .any(|number| number.is_empty() || !number.chars().all(|sign| sign.is_ascii_digit() || "+-".contains(sign))) =>
        {
            Err("It is no list of phone numbers. Write digits, and separate the numbers by commas, without spaces.".to_owned())
        }
        Some(text) if text.split(',').count() > MOST_PHONES => Err(format!(
            "It has more than {MOST_PHONES} numbers; DTS takes no more."
        )),
        _ => Ok(()),
    }
    })
}

/// Whether both are the same numbers, in whatever order; none are as good as an empty text.
pub(super) fn same_phones(one: &Value, other: &Value) -> bool {
    let sorted = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let mut numbers: Vec<String> = text.split(',').map(|number| number.trim().to_owned()).collect();
        numbers.sort();
        numbers
    };
    sorted(one) == sorted(other)
}

/// Whether it is a rule of a job that was reset in this apply, to be configured again under the same id.
fn is_lost(client: Option<&Client>, prior: &Object) -> bool {
    let text = |name: &str| prior.str(name).unwrap_or_default();
    client.is_some_and(|client| client.is_lost(text("dts_job_id"), text("id")))
}

/// Refuses a second resource for the same rule, as far as a plan can tell.
fn have_alone(plan: &mut Plan<'_, Client>) {
    let own = plan.prior.and_then(|prior| prior.str("id"));
    let replaces_another = plan.private.remove(PREDECESSOR).is_some();
    if own.is_some() {
        plan.private.set(PREDECESSOR, true);
    } else if replaces_another {
        return;
    }
    if !KEY.iter().all(|name| plan.planned.str(name).is_some()) {
        return;
    }
    let id = id_of(&plan.planned);
    let Some(client) = plan.client else { return };
    if !client.serves(&rule_key(&id), own) {
        let refusal = if is_an_alarm(client, &id) {
            beside_an_alarm(&id)
        } else {
            two_rules(&id)
        };
        plan.refuse(refusal);
    }
}

/// Of a rule: its job says the same.
fn beside_an_alarm(id: &str) -> Diagnostic {
    let (job, kind) = parse(id).unwrap_or_default();
    Diagnostic::error(
        format!("Two resources for DTS monitor rule {id}"),
        format!(
            "A job has one rule of each type, and the `dts_job` or `dts_subscription` {job} sets this one by its `{kind}_notice`: they would undo \
             each other. Remove this `dts_monitor_rule`, or the `{kind}_...` arguments there; or set another `type`."
        ),
    )
    .at(Path::attribute("type"))
}

/// Of a job or a subscription: a rule says the same.
fn beside_a_rule(id: &str, kind: &str, argument: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Two resources for DTS monitor rule {id}"),
        format!(
            "`{argument}` sets the alarm of type `{kind}`, of which a job has one, and a `dts_monitor_rule` of this configuration has it: they \
             would undo each other. Remove the `{kind}_...` arguments here, or the `dts_monitor_rule`, which can say more."
        ),
    )
    .at(Path::attribute(argument))
}

fn two_rules(id: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Two resources for DTS monitor rule {id}"),
        "A job has one rule of each type, and another resource of this configuration has this one or is to have it: they would undo each \
         other. Remove one of the two, or set another `type`; a resource that has another name now needs a `moved` block.",
    )
    .at(Path::attribute("type"))
}

/// Sets the whole rule as it is planned.
async fn set(apply: &Apply<Client>) -> Result<(), Diagnostics> {
    let api = apply.client.api(&apply.cancel)?;
    let planned = &apply.planned;
    let text = |name: &str| planned.str(name).unwrap_or_default().to_owned();
    let rule = api::CreateJobMonitorRule {
        dts_job_id: text("dts_job_id"),
        type_: text("type"),
        state: Some(text("state")),
        // An empty one takes away whom the rule had.
        phone: Some(text("phone")),
        delay_rule_time: planned.i64("delay_rule_time"),
        period: planned.i64("period"),
        times: planned.i64("times"),
        notice_value: planned.i64("notice_value"),
    };
    let what = format!("set DTS monitor rule {}", id_of(planned));
    apply.client.is_there(&rule.dts_job_id, &id_of(planned));
    api.create_job_monitor_rule(&rule).await.map_err(|cause| {
        let refused = error::unable(&what, &cause);
        let blamed = if cause.is_not_found() {
            refused.at(Path::attribute("dts_job_id"))
        } else {
            refused
        };
        blamed.into()
    })
}

/// There is no call that deletes it.
async fn switch_off(api: &api::Client, id: &str) -> Result<(), Diagnostics> {
    let Some((job, kind)) = parse(id) else {
        return Ok(());
    };
    let off = api::CreateJobMonitorRule {
        dts_job_id: job.to_owned(),
        type_: kind.to_owned(),
        state: Some("N".to_owned()),
        phone: Some(String::new()),
        ..api::CreateJobMonitorRule::default()
    };
    match api.create_job_monitor_rule(&off).await {
        Ok(()) => Ok(()),
        Err(cause) if cause.is_not_found() => Ok(()),
        Err(cause) => Err(error::unable(&format!("switch off DTS monitor rule {id}"), &cause).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_job_and_type() {
        assert_eq!(parse("abc:delay"), Some(("abc", "delay")));
        for wrong in ["abc", ":delay", "abc:", "abc:warn", "abc:delay:error", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn phone_numbers() {
        let run = |text: &str| phones().run(&Value::from(text));
        assert_eq!(run("13800000000,13800000001"), Ok(()));
        for (wrong, part) in [
            ("", "must not be empty"),
            ("1, 2", "without spaces"),
            ("1,,2", "separate the numbers by commas"),
            ("null", "Write digits"),
            ("1,2,3,4,5,6,7,8,9,10,11", "more than 10"),
        ] {
            assert!(run(wrong).unwrap_err().contains(part), "{wrong}");
        }
        let same = |one: &str, other: &str| same_phones(&Value::from(one), &Value::from(other));
        assert!(same("1,2", "2, 1") && !same("1", "") && same("", ""));
        assert!(same_phones(&Value::Null, &Value::from("")));
    }

    #[test]
    fn what_fires_when_has_to_be_said() {
        let rule = |kind: &str, state: Value, time: Value| {
            let config = Object::new()
                .with("type", kind)
                .with("state", state)
                .with("delay_rule_time", time);
            let mut diagnostics = Diagnostics::new();
            MonitorRule.validate(&config, &mut diagnostics);
            diagnostics
                .into_iter()
                .map(|problem| problem.summary)
                .collect::<Vec<_>>()
        };
        let missing = vec!["delay_rule_time is missing".to_owned()];
        for (kind, state, time, expected) in [
            ("delay", Value::Null, Value::Null, missing.clone()),
            ("full_timeout", Value::from("Y"), Value::Null, missing),
            ("delay", Value::from("N"), Value::Null, vec![]),
            ("delay", Value::Unknown, Value::Null, vec![]),
            ("delay", Value::Null, Value::Unknown, vec![]),
            ("delay", Value::Null, Value::from(60), vec![]),
            ("error", Value::Null, Value::Null, vec![]),
            (
                "error",
                Value::Null,
                Value::from(60),
                vec!["delay_rule_time is not for type \"error\"".to_owned()],
            ),
        ] {
            assert_eq!(
                rule(kind, state.clone(), time.clone()),
                expected,
                "{kind} {state:?} {time:?}"
            );
        }
    }
}
