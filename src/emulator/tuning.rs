//! Settings of a job's modules, and limits of their rate.

use serde_json::{Value, json};

use super::{
    configure,
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
};

/// Modules that have settings: full load, incremental write of a migration, of a synchronization, and of Kafka.
const MODULES: &[&str] = &["03", "04", "07", "60"];

/// Settings that are always there, with module and default. The documents name them, and not their defaults.
const KNOWN: &[(&str, &str, &str)] = &[
    ("03", "sink.bulk.copy.enable", "true"),
    ("03", "sink.worker.type", "default"),
    ("04", "sink.batch.size.maximum", "1024"),
    ("07", "sink.batch.size.maximum", "1024"),
    ("07", "sink.batch.size.minimum", "1"),
    ("07", "source.column.encoding", "utf8"),
];

/// One setting of `Parameters`.
#[derive(serde::Deserialize)]
struct Setting {
    module: String,
    name: String,
    value: Value,
}

/// ModifyDtsJobConfig.
pub(crate) fn modify(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    let wrong = || {
        Refusal::invalid(
            "Parameters",
            "a JSON array of objects with module (03, 04, 07, 60), name and value is expected",
        )
    };
    let settings: Vec<Setting> = serde_json::from_str(params.required("Parameters")?).map_err(|_| wrong())?;
    if settings
        .iter()
        .any(|setting| !MODULES.contains(&setting.module.as_str()) || setting.name.is_empty())
    {
        return Err(wrong());
    }
    let index = state.find_job(params.text("DtsJobId"), "DtsJobId")?;
    for Setting { module, name, value } in settings {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        state.jobs[index].parameters.insert((module, name), value);
    }
    Ok(Body::new())
}

/// DescribeDtsJobConfig: the settings with the values that hold.
pub(crate) fn describe(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let index = state.find_job(params.text("DtsJobId"), "DtsJobId")?;
    let job = &state.jobs[index];
    let mut settings: Vec<(&str, &str, &str, &str)> = Vec::new();
    for (module, name, default) in KNOWN {
        let own = ((*module).to_owned(), (*name).to_owned());
        let running = job.parameters.get(&own).map_or(*default, String::as_str);
        settings.push((module, name, default, running));
    }
    for ((module, name), running) in &job.parameters {
        if !KNOWN
            .iter()
            .any(|(known, other, _)| known == module && other == name)
        {
            settings.push((module, name, "", running));
        }
    }
    let shown: Vec<Value> = settings
        .into_iter()
        .filter(|(module, ..)| params.text("Module").is_none_or(|wanted| wanted == *module))
        .map(|(module, name, default, running)| {
            json!({
                "Module": module,
                "Name": name,
                "DefaultValue": default,
                "RunningValue": running,
                "RecommendValue": default,
                "Description": "",
                "CheckingCode": "",
                "ForceRestart": "false",
                "Modifiable": "true",
                "ValueType": 1,
            })
        })
        .collect();
    Ok(reply::body(json!({ "Parameters": shown })))
}

/// What may be limited.
const LIMITS: &[&str] = &[
    "dts.datamove.blaster.qps.max",
    "dts.datamove.source.rps.max",
    "dts.datamove.source.bps.max",
];

/// ModifyDynamicConfig: the limits of one module; describes give them back in the reserve.
pub(crate) fn limits(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    params.required("JobCode")?;
    let full = params.one_of("JobCode", &["03", "04", "07"])? == Some("03");
    if full {
        params.required_boolean("EnableLimit")?;
    }
    let enabled = params.boolean("EnableLimit")?.unwrap_or(true);
    let limits = configure::reserve("ConfigList", params.text("ConfigList"))?;
    if let Some(name) = limits.keys().find(|name| !LIMITS.contains(&name.as_str())) {
        return Err(Refusal::invalid("ConfigList", &format!("{name} is no limit")));
    }
    let index = state.find_job(params.text("DtsJobId"), "DtsJobId")?;
    let job = &mut state.jobs[index];
    let Some(configuration) = &mut job.configuration else {
        return Err(super::job::wrong_state(job, "limited"));
    };
    let key = if full {
        "fullDynamicConfig"
    } else {
        "incDynamicConfig"
    };
    if enabled {
        configuration
            .reserve
            .insert(key.to_owned(), Value::Object(limits));
    } else {
        configuration.reserve.remove(key);
    }
    Ok(Body::new())
}
