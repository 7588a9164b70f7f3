//! Alert rules of a job: one for each type, set and never deleted.

use serde_json::{Value, json};

use super::{
    model::Rule,
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
};

/// What is watched.
const TYPES: &[&str] = &["delay", "error", "full_timeout"];
/// Phone numbers of one rule.
const MOST_PHONES: usize = 10;

fn phones(params: &Params, name: &str) -> Result<String, Refusal> {
    let numbers = params.list(name).unwrap_or_default();
    if numbers.len() > MOST_PHONES {
        return Err(Refusal::invalid(
            name,
            &format!("at most {MOST_PHONES} numbers are allowed"),
        ));
    }
    Ok(numbers.join(","))
}

/// CreateJobMonitorRule: sets the whole rule of a type. What is not given is not in it any more.
pub(crate) fn create(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    let kind = params.one_of("Type", TYPES)?.unwrap_or("error");
    let enabled = params.one_of("State", &["Y", "N"])? != Some("N");
    let delay = params.integer("DelayRuleTime", 0..=i64::MAX)?;
    if enabled && kind != "error" && delay.is_none() {
        return Err(Refusal::missing("DelayRuleTime"));
    }
    let period = params.integer("Period", 1..=30)?;
    if !matches!(period, None | Some(1 | 5 | 10 | 30)) {
        return Err(Refusal::invalid("Period", "allowed are 1, 5, 10, 30"));
    }
    let rule = Rule {
        enabled,
        delay,
        phone: phones(params, "Phone")?,
        period,
        times: params.integer("Times", 1..=i64::MAX)?,
        value: params.integer("NoticeValue", 0..=i64::MAX)?,
    };
    let index = state.find_job(params.text("DtsJobId"), "DtsJobId")?;
    let job = &mut state.jobs[index];
    job.rules.insert(kind, rule);
    Ok(reply::body(json!({"DtsJobId": job.id})))
}

/// DescribeJobMonitorRule: the rules of a job, those that are switched off too.
pub(crate) fn describe(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    let index = state.find_job(params.text("DtsJobId"), "DtsJobId")?;
    let job = &state.jobs[index];
    let rules: Vec<Value> = job
        .rules
        .iter()
        .map(|(kind, rule)| {
            let mut shown = json!({
                "JobId": job.id,
                "JobType": job.kind.listed(),
                "Type": kind,
                "State": if rule.enabled { "Y" } else { "N" },
                "Phone": rule.phone,
            });
            for (name, number) in [
                ("DelayRuleTime", rule.delay),
                ("Period", rule.period),
                ("Times", rule.times),
                ("NoticeValue", rule.value),
            ] {
                if let Some(number) = number {
                    shown[name] = number.into();
                }
            }
            shown
        })
        .collect();
    Ok(reply::body(json!({
        "DtsJobId": job.id,
        "MonitorRules": rules,
        "Topics": [],
    })))
}

/// The rules that a configuration sets along with the rest.
pub(crate) fn notices(params: &Params) -> Result<Vec<(&'static str, Rule)>, Refusal> {
    let mut rules = Vec::new();
    for (kind, notice, phone) in [
        ("delay", "DelayNotice", "DelayPhone"),
        ("error", "ErrorNotice", "ErrorPhone"),
    ] {
        let phone = phones(params, phone)?;
        if let Some(enabled) = params.boolean(notice)? {
            let delay = params.integer("DelayRuleTime", 0..=i64::MAX)?;
            let rule = Rule {
                enabled,
                delay: delay.filter(|_| kind == "delay"),
                phone,
                ..Rule::default()
            };
            rules.push((kind, rule));
        }
    }
    Ok(rules)
}
