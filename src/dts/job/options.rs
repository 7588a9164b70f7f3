//! Arguments of a job beside its objects, endpoints and settings: where it runs, from when on, who is told, and the settings of
//! its modules.

use super::apply::Run;
use super::schema::UNTIL_STARTED;
use crate::api;
use crate::dts::error;
use crate::dts::monitor_rule::same_phones;
use crate::framework::schema::OnChange;
use crate::framework::{Attribute, Check, Diagnostics, Object, Path, Type, Value};

/// What of a configuration DTS cannot change in place.
pub(super) const FIXED: [&str; 9] = [
    "structure_initialization",
    "data_initialization",
    "data_synchronization",
    "checkpoint",
    "min_du",
    "max_du",
    "data_check_configure",
    "dts_bis_label",
    "disaster_recovery_job",
];

/// Numbers of DUs that DTS has for a serverless instance (dts-api.md 2.3).
const DUS: [i64; 5] = [1, 2, 4, 8, 16];

/// Most phone numbers of a notice (dts-api.md 2.2).
const MOST_PHONES: usize = 10;

/// Modules that have settings (dts-api.md 2.5).
const MODULES: [&str; 4] = ["03", "04", "07", "60"];

pub(super) fn attributes() -> Vec<Attribute> {
    let text = |name: &str, description: &str| {
        Attribute::string(name)
            .describe(description)
            .check(Check::not_blank())
    };
    let du = |name: &str, which: &str| {
        Attribute::number(name)
            .check(Check::one_of_numbers(&DUS))
            .describe(&format!(
                "The {which} number of DUs of a serverless instance: 1, 2, 4, 8 or 16."
            ))
    };
    let told = |name: &str| {
        text(
            name,
            "Phone numbers that are told of it, separated by commas; ten at most.",
        )
        .optional_computed()
        .stable()
        .same_meaning(same_phones)
        .check(Check::new(phones))
    };
    let all = vec![
        text(
            "synchronization_direction",
            "Of a two-way synchronization, which of its two jobs this is: `Forward`, or `Reverse`, where the source is what the forward job \
             writes to. Each is a `dts_job` on the same instance; the reverse one is configured once the forward one has loaded all, as long as \
             `timeouts` allow. Default: `Forward`. A change replaces the job.",
        )
        .change(OnChange::Replaces)
        .check(Check::one_of(&["Forward", "Reverse"])),
        text(
            "checkpoint",
            "From when on changes are followed: Unix time in seconds. Of a job that moves neither structure nor data.",
        )
        .check(Check::new(seconds)),
        text(
            "dedicated_cluster_id",
            "Id of the dedicated cluster that the job runs on. Of a job that is configured first, without `dts_instance_id`. From one cluster to \
             another in place (`ModifyDtsJobDedicatedCluster`); onto a cluster or off it until the job has started.",
        )
        .change(OnChange::Told("onto a cluster or off it until the job has started.")),
        Attribute::number("du_limit").check(Check::between(1, 10_000)).describe(
            "How many DUs of its dedicated cluster the job may use. Changed in place (`ModifyDtsJobDuLimit`); taken out, the job keeps what it has.",
        ),
        du("min_du", "least"),
        du("max_du", "greatest"),
        text(
            "data_check_configure",
            "What is compared after it was moved, as a JSON object in the form of the API's `DataCheckConfigure`. Compared by meaning.",
        )
        .same_meaning(same_json)
        .check(Check::new(json_object)),
        Attribute::bool("delay_notice").optional_computed().stable().describe("Whether somebody is told when the job falls behind. With `delay_rule_time`. Changed in place (`CreateJobMonitorRule`). Instead of a `dts_monitor_rule` of type `delay`, which says more, not beside one. Left out, an alarm that an import found stays as it is."),
        told("delay_phone"),
        Attribute::number("delay_rule_time").optional_computed().stable().check(Check::between(1, 604_800)).describe("How many seconds the job may be behind before somebody is told; ten or more are advised."),
        Attribute::bool("error_notice").optional_computed().stable().describe("Whether somebody is told when the job fails. Changed in place (`CreateJobMonitorRule`). Instead of a `dts_monitor_rule` of type `error`, not beside one."),
        told("error_phone"),
        text("dts_bis_label", "Label of the environment: `normal` or `online`.").check(Check::one_of(&["normal", "online"])),
        Attribute::bool("disaster_recovery_job").describe("Whether the job is for geo-disaster recovery."),
        Attribute::new("job_parameters", Type::map(Type::String)).parameter("Parameters").optional_computed().stable().check(Check::new(parameters)).describe(
            "Settings of the job's modules (`ModifyDtsJobConfig`), each by its module and its name, such as \
             `{ \"07/sink.batch.size.maximum\" = \"2048\" }`. Modules are `03` (full load), `04` (incremental migration), `07` (synchronization) and \
             `60` (Kafka to Kafka). Changed in place; a setting that is taken out keeps its value, and so does what an import found and the configuration leaves out.",
        ),
    ];
    all.into_iter()
        .map(|attribute| {
            let change = attribute
                .change
                .unwrap_or(if FIXED.contains(&attribute.name.as_str()) {
                    UNTIL_STARTED
                } else {
                    OnChange::InPlace
                });
            attribute.change(change)
        })
        .collect()
}

fn seconds(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some(text) if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) => Err(format!(
            "{text:?} is no Unix time. Write seconds since 1970, such as 1767323045."
        )),
        // In milliseconds it would be in the far future.
        Some(text) if text.len() > 10 => Err(format!(
            "{text} is too many seconds since 1970. Write seconds, not milliseconds."
        )),
        _ => Ok(()),
    }
}

fn phones(value: &Value) -> Result<(), String> {
    let numbers: Vec<&str> = value
        .as_str()
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .collect();
    if numbers.len() > MOST_PHONES {
        return Err(format!(
            "It has {} numbers; DTS takes {MOST_PHONES} at most.",
            numbers.len()
        ));
    }
    let is_phone = |number: &&str| {
        let digits = number.trim_start_matches('+');
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    match numbers.iter().find(|number| !is_phone(number)) {
        Some(number) => Err(format!(
            "{number:?} is no phone number. Write numbers, separated by commas."
        )),
        None => Ok(()),
    }
}

fn json_object(value: &Value) -> Result<(), String> {
    match value.as_str().map(serde_json::from_str::<serde_json::Value>) {
        Some(Ok(serde_json::Value::Object(_))) | None => Ok(()),
        Some(Ok(_)) => {
            Err("It is JSON, but no object. Write `jsonencode({ fullDataCheck = true })`.".to_owned())
        }
        Some(Err(cause)) => Err(format!(
            "It is no JSON ({cause}). Write `jsonencode({{ fullDataCheck = true }})`."
        )),
    }
}

fn same_json(one: &Value, other: &Value) -> bool {
    crate::dts::reserve::same_meaning(one, other)
}

fn parameters(value: &Value) -> Result<(), String> {
    for (key, _) in value.as_map().into_iter().flat_map(Object::iter) {
        if split(key).is_none() {
            return Err(format!(
                "{key:?} names no setting of a module. Write it as module (03, 04, 07 or 60), a slash, and name, such as 07/sink.batch.size.maximum."
            ));
        }
    }
    Ok(())
}

fn split(key: &str) -> Option<(&str, &str)> {
    key.split_once('/')
        .filter(|(module, name)| MODULES.contains(module) && !name.is_empty())
}

/// By what a setting is called here, if it can be set.
pub(super) fn parameter_key(one: &api::RunningParameter) -> Option<String> {
    let key = format!("{}/{}", one.module, one.name);
    split(&key).is_some().then_some(key)
}

/// Of which direction the job is, where it is said.
pub(super) fn direction(job: &Object) -> Option<&str> {
    job.str("synchronization_direction")
}

/// Whether two say the same direction; forward is what is meant by none.
pub(super) fn same_direction(one: &Object, other: &Object) -> bool {
    direction(one).unwrap_or("Forward") == direction(other).unwrap_or("Forward")
}

/// The job of that id, which goes as `job` says.
pub(super) fn job_ref(id: &str, job: &Object) -> api::JobRef {
    api::JobRef {
        direction: direction(job).map(str::to_owned),
        ..api::JobRef::job(id)
    }
}

/// As [`job_ref`], for looking at it: a list has every job by its id, but for those that go back.
pub(super) fn to_look(id: &str, job: &Object) -> api::JobRef {
    match direction(job) {
        Some("Reverse") => job_ref(id, job),
        _ => api::JobRef::job(id),
    }
}

/// A job's place on an instance: each direction has its own.
pub(super) fn place(instance: &str, job: &Object) -> String {
    match direction(job) {
        Some("Reverse") => format!("{instance}, reverse"),
        _ => instance.to_owned(),
    }
}

/// Who is told of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    Delay,
    Error,
}

impl Notice {
    pub(super) const BOTH: [Notice; 2] = [Notice::Delay, Notice::Error];

    pub(super) const fn arguments(self) -> &'static [&'static str] {
        match self {
            Notice::Delay => &["delay_notice", "delay_phone", "delay_rule_time"],
            Notice::Error => &["error_notice", "error_phone"],
        }
    }

    /// Whether it is another one. Off is off, whoever would be told.
    pub(super) fn differs(self, prior: &Object, planned: &Object) -> bool {
        let [notice, rest @ ..] = self.arguments() else {
            return false;
        };
        let on = |job: &Object| job.bool(notice) == Some(true);
        on(prior) != on(planned)
            || on(planned) && rest.iter().any(|name| prior.get(name) != planned.get(name))
    }

    /// Whether nothing is said of it.
    pub(super) fn is_unsaid(self, job: &Object) -> bool {
        self.arguments().iter().all(|name| job.get(name).is_null())
    }

    pub(super) fn is_on(self, job: &Object) -> bool {
        self.arguments()
            .first()
            .is_some_and(|notice| job.bool(notice) == Some(true))
    }

    /// The type of its rule.
    pub(super) fn type_(self) -> &'static str {
        match self {
            Notice::Delay => "delay",
            Notice::Error => "error",
        }
    }

    fn request(self, id: &str, planned: &Object) -> api::CreateJobMonitorRule {
        let (notice, phone) = match self {
            Notice::Delay => ("delay_notice", "delay_phone"),
            Notice::Error => ("error_notice", "error_phone"),
        };
        let on = planned.bool(notice) == Some(true);
        api::CreateJobMonitorRule {
            dts_job_id: id.to_owned(),
            type_: self.type_().to_owned(),
            state: Some(if on { "Y" } else { "N" }.to_owned()),
            phone: Some(planned.str(phone).unwrap_or_default().to_owned()),
            delay_rule_time: planned.i64("delay_rule_time").filter(|_| self == Notice::Delay),
            ..api::CreateJobMonitorRule::default()
        }
    }
}

/// Whether the job goes from one dedicated cluster to another.
pub(super) fn moves_cluster(prior: &Object, planned: &Object) -> bool {
    matches!((prior.str("dedicated_cluster_id"), planned.str("dedicated_cluster_id")), (Some(old), Some(new)) if old != new)
}

/// Settings of modules that are new or other ones.
pub(super) fn new_parameters(prior: &Object, planned: &Object) -> Vec<api::JobParameter> {
    let nothing = Object::new();
    let old = prior.object("job_parameters").unwrap_or(&nothing);
    let new = planned.object("job_parameters").unwrap_or(&nothing);
    new.iter()
        .filter(|(key, value)| old.get(key) != *value)
        .filter_map(|(key, value)| {
            let (module, name) = split(key)?;
            Some(api::JobParameter {
                module: module.to_owned(),
                name: name.to_owned(),
                value: value.as_str()?.to_owned(),
            })
        })
        .collect()
}

/// Brings what is set in `state` up to date with what DTS reports of the job.
pub(super) fn read_back(state: &mut Object, detail: &api::JobDetail) {
    for (name, there) in [
        ("dedicated_cluster_id", &detail.dedicated_cluster_id),
        ("dts_bis_label", &detail.dts_bis_label),
    ] {
        if let (Some(mine), Some(there)) = (state.str(name), there)
            && mine != there
        {
            state.set(name, there.as_str());
        }
    }
    for (name, there) in [("min_du", &detail.min_du), ("max_du", &detail.max_du)] {
        let there = there
            .as_deref()
            .and_then(|text| text.split('.').next()?.parse::<i64>().ok());
        if let (Some(mine), Some(there)) = (state.i64(name), there)
            && mine != there
        {
            state.set(name, there);
        }
    }
}

impl Run<'_> {
    pub(super) async fn notice(&mut self, notice: Notice, planned: &Object) -> Result<(), Diagnostics> {
        let request = notice.request(&self.id, planned);
        let what = format!("set who is told of {} of DTS job {}", request.type_, self.id);
        let at = Path::attribute(notice.arguments()[0]);
        let set = self.api.create_job_monitor_rule(&request).await;
        set.map_err(|cause| Diagnostics::from(error::unable(&what, &cause).at(at)))?;
        for name in notice.arguments() {
            self.reached.set(name, planned.get(name).clone());
        }
        Ok(())
    }

    pub(super) async fn move_cluster(&mut self, planned: &Object) -> Result<(), Diagnostics> {
        let cluster = planned.str("dedicated_cluster_id").unwrap_or_default();
        let what = format!("move DTS job {} to dedicated cluster {cluster}", self.id);
        let moved = self.api.modify_dts_job_dedicated_cluster(&self.id, cluster).await;
        moved.map_err(|cause| {
            Diagnostics::from(error::unable(&what, &cause).at(Path::attribute("dedicated_cluster_id")))
        })?;
        self.reached.set("dedicated_cluster_id", cluster);
        Ok(())
    }

    pub(super) async fn limit_dus(&mut self, planned: &Object) -> Result<(), Diagnostics> {
        let limit = planned.i64("du_limit").unwrap_or(1);
        let what = format!("limit the DUs of DTS job {}", self.id);
        let set = self.api.modify_dts_job_du_limit(&self.id, limit).await;
        set.map_err(|cause| Diagnostics::from(error::unable(&what, &cause).at(Path::attribute("du_limit"))))?;
        self.reached.set("du_limit", limit);
        Ok(())
    }

    pub(super) async fn set_parameters(&mut self, planned: &Object) -> Result<(), Diagnostics> {
        // A new configuration says all of them.
        let prior = if self.has_configured() {
            Object::new()
        } else {
            self.reached.clone()
        };
        let parameters = new_parameters(&prior, planned);
        let what = format!("change settings of the modules of DTS job {}", self.id);
        let set = self.api.modify_dts_job_config(&self.id, &parameters).await;
        set.map_err(|cause| {
            Diagnostics::from(error::unable(&what, &cause).at(Path::attribute("job_parameters")))
        })?;
        self.reached
            .set("job_parameters", planned.get("job_parameters").clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: impl Into<Value>, part: &str) {
        let attribute = attributes()
            .into_iter()
            .find(|attribute| attribute.name == name)
            .unwrap();
        let value = value.into();
        let problem = attribute.checks.iter().find_map(|check| check.run(&value).err());
        match problem {
            None => assert_eq!(part, "", "{name}"),
            Some(problem) => assert!(!part.is_empty() && problem.contains(part), "{name}: {problem}"),
        }
    }

    #[test]
    fn each_has_its_own_values() {
        check("checkpoint", "1767323045", "");
        check("checkpoint", "1767323045000", "not milliseconds");
        check("checkpoint", "yesterday", "seconds since 1970");
        check("min_du", 4, "");
        check("max_du", 3, "1, 2, 4, 8, 16");
        check("delay_phone", "13900001111, +86-13900002222", "");
        check("delay_phone", "me", "no phone number");
        check("error_phone", ["1"; 11].join(","), "10 at most");
        check("data_check_configure", "{}", "");
        check("data_check_configure", "[]", "no object");
        check(
            "job_parameters",
            Object::new().with("07/sink.batch.size.maximum", "1"),
            "",
        );
        check(
            "job_parameters",
            Object::new().with("sink.batch.size.maximum", "1"),
            "07/sink",
        );
        check(
            "job_parameters",
            Object::new().with("05/x", "1"),
            "03, 04, 07 or 60",
        );
    }

    #[test]
    fn a_notice_that_is_off_does_not_differ() {
        let job = |on: bool, phone: &str| Object::new().with("error_notice", on).with("error_phone", phone);
        assert!(!Notice::Error.differs(&job(false, "1"), &job(false, "2")));
        assert!(Notice::Error.differs(&job(true, "1"), &job(true, "2")));
        assert!(Notice::Error.differs(&job(true, "1"), &Object::new()));
        assert!(!Notice::Delay.differs(&job(true, "1"), &job(false, "2")));
    }
}
