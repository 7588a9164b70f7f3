//! How far a job has come, as several actions tell it: steps, sums by kind of object, older lists by table.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::paging::Page;
use super::{
    describe::{iso, status},
    model::{Job, Kind, Stage},
    module::{self, Module},
    params::Params,
    precheck::Progress,
    reply::{self, Body, Refusal},
    state::State,
};

/// ListJobStep: the precheck and the modules, each a step.
pub(crate) fn steps(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let index = state.find_job(params.text("DtsJobId"), "DtsJobId")?;
    let job = &state.jobs[index];
    let precheck = Progress::of(job, state.lifecycle, state.now);
    let percent = u8::try_from(precheck.percent()).unwrap_or(100);
    let mut steps = vec![step(job, "Precheck", "01", precheck.state(), percent, "")];
    let increment = match job.kind {
        Kind::Sync => ("Synchronization", "07"),
        Kind::Migration | Kind::Subscribe => ("Incremental data service", "04"),
    };
    for (name, code, stage) in [
        ("dts.step.struct.load", "02", Stage::Structure),
        ("dts.step.data.load", "03", Stage::Full),
        (increment.0, increment.1, Stage::Incremental),
    ] {
        let module = Module::of(state, job, stage);
        if module.wanted {
            let mut step = step(job, name, code, module.state, module.percent, &module.message);
            if stage == Stage::Incremental {
                let delay = module::delay(state, job).max(0);
                step["IncLatencyMilliseconds"] = delay.into();
                step["IncLatencySeconds"] = (delay / 1000).into();
            }
            steps.push(step);
        }
    }
    for (serial, step) in steps.iter_mut().enumerate() {
        step["Serial"] = (serial + 1).into();
    }
    let body = reply::body(json!({"JobSteps": steps, "Code": "200", "UseV2API": false}));
    state.jobs[index].described();
    Ok(body)
}

/// A step, in the words that this action has for states.
fn step(job: &Job, name: &str, code: &str, state: &str, percent: u8, message: &str) -> Value {
    let state = match state {
        "NotStarted" => "Init",
        "Checking" | "Migrating" => "Running",
        "Suspending" => "Pause",
        other => other,
    };
    let errors: Vec<Value> = job
        .failure
        .iter()
        .filter(|_| state == "Failed" && code != "01")
        .map(|failure| json!({"ErrorCode": failure.code, "HelpUrl": ""}))
        .collect();
    let time = |time: Option<jiff::Timestamp>| time.map(iso).unwrap_or_default();
    json!({
        "JobStepId": format!("{}{code}", job.id),
        "JobStepName": name,
        "Code": code,
        "State": state,
        "Progress": percent,
        "ErrMsg": message,
        "ErrorDetails": errors,
        "BootTime": if state == "Init" { String::new() } else { time(job.began.or(job.precheck.as_ref().map(|precheck| precheck.started))) },
        "CreateTime": iso(job.created),
        "FinishTime": if state == "Finished" { time(job.finished) } else { String::new() },
        "NeedAcceleration": false,
        "SubJobCount": 0,
        "SubJobSteps": [],
    })
}

/// SummaryJobDetail: the objects of structure or full load, counted by kind and state.
pub(crate) fn summary(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    params.required("JobCode")?;
    let code = params.one_of("JobCode", &["02", "03"])?.unwrap_or_default();
    params.one_of("StructType", &["before", "after"])?;
    let index = state.find_directed(params, "DtsInstanceId")?;
    let job = &state.jobs[index];
    let stage = if code == "02" {
        Stage::Structure
    } else {
        Stage::Full
    };
    let module = Module::of(state, job, stage);
    // 0 finished, 1 caught up, 2 not begun, 3 running, 4 warning, 5 failed.
    let number = match module.state {
        "Finished" => 0,
        "Migrating" | "Suspending" => 3,
        "Failed" => 5,
        _ => 2,
    };
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    if let Some(configuration) = job.configuration.as_ref().filter(|_| module.wanted) {
        for object in configuration.objects.moved(stage) {
            *counts.entry(object.kind).or_default() += 1;
        }
    }
    let details: Vec<Value> = counts
        .into_iter()
        .map(|(kind, count)| json!({"Key": kind, "State": number, "TotalCount": count}))
        .collect();
    Ok(reply::body(json!({
        "Code": code,
        "JobId": job.id,
        "ProgressSummaryDetails": details,
    })))
}

/// DescribeSyncStatus: state and delay of a synchronization, of one direction or both.
pub(crate) fn sync_status(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let wanted = params.one_of("Direction", &["Forward", "Reverse"])?;
    let index = state.find(params, "DtsInstanceId")?;
    let sibling = state.sibling(&state.jobs[index]);
    let list: Vec<Value> = [Some(index), sibling]
        .into_iter()
        .flatten()
        .map(|index| &state.jobs[index])
        .filter(|job| wanted.is_none_or(|wanted| wanted == job.direction.name()))
        .map(|job| {
            json!({
                "JobId": job.id,
                "Status": status(state, job),
                "Delay": module::delay(state, job),
                "Checkpoint": state.now.as_second(),
                "Rate": "0.00RPS/(0.000MB/s)",
                "Code": "07",
            })
        })
        .collect();
    Ok(reply::body(json!({"PageNumber": 1, "SyncStatusList": list})))
}

/// DescribeInitializationStatus, of the older API: the load of a synchronization by table.
pub(crate) fn initialization(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("SynchronizationJobId")?;
    let page = Page::of(params, "PageNum", 30, 100)?;
    let index = state.find(params, "SynchronizationJobId")?;
    let job = &state.jobs[index];
    let list = |stage: Stage| -> Vec<Value> {
        let module = Module::of(state, job, stage);
        let configuration = job.configuration.as_ref().filter(|_| module.wanted);
        let objects = configuration
            .map(|known| known.objects.moved(stage))
            .unwrap_or_default();
        page.cut(objects)
            .map(|object| {
                let mut shown = json!({
                    "SourceOwnerDBName": object.database,
                    "DestinationOwnerDBName": object.new_database,
                    "Status": module.state,
                    "ErrorMessage": module.message,
                });
                match stage {
                    Stage::Structure => {
                        shown["ObjectType"] = object.kind.into();
                        shown["ObjectName"] = object.name.into();
                        shown["ObjectDefinition"] = object.definition().into();
                        shown["Constraints"] = json!([]);
                    }
                    Stage::Full => {
                        shown["TableName"] = object.name.into();
                        shown["FinishRowNum"] = "0".into();
                        shown["TotalRowNum"] = "0".into();
                        shown["UsedTime"] = "0".into();
                    }
                    _ => shown["TableName"] = object.name.into(),
                }
                shown
            })
            .collect()
    };
    Ok(reply::body(json!({
        "StructureInitializationDetails": list(Stage::Structure),
        "DataInitializationDetails": list(Stage::Full),
        "DataSynchronizationDetails": list(Stage::Incremental),
    })))
}
