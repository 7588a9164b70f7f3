//! DescribeDtsJobDetail.

use serde_json::{Value, json};

use super::{
    describe::{common, endpoint, iso, merge, retry_state, status},
    model::{Job, Kind, Stage},
    module::{self, Module},
    params::Params,
    reply::{Body, Refusal},
    state::State,
    subscription,
};

/// DescribeDtsJobDetail: one job, with all that was configured but the passwords.
pub(crate) fn describe(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let history = params.boolean("SyncSubJobHistory")?.unwrap_or_default();
    // This action alone spells its parameter so.
    let index = state.find_directed(params, "DtsInstanceID")?;
    let job = &state.jobs[index];
    let mut body = common(state, job);
    let status = match status(state, job) {
        // Clients have to compare states in any case: this action writes this one in lower case.
        "Synchronizing" => "synchronizing",
        other => other,
    };
    let extra = json!({
        "Status": status,
        "SynchronizationDirection": job.direction.name(),
        "JobType": if job.kind == Kind::Sync { "SYNC" } else { job.kind.listed() },
        "TaskType": job.kind.listed(),
        "BootTime": job.began.map(|time| time.strftime("%Y-%m-%dT%H:%M:%S.000").to_string()).unwrap_or_default(),
        "LastUpdateTime": iso(state.now),
        "Delay": module::delay(state, job),
        "DataSynchronizationStatus": Module::of(state, job, Stage::Incremental).shown(true),
        "SubDistributedJob": [],
        "SubSyncJob": sub_tasks(state, job, history),
        "RetryState": retry_state(state, job),
        "DemoJob": false,
        "Code": 200,
    });
    merge(&mut body, extra);
    if let Some(finished) = job.finished {
        body.insert("FinishTime".to_owned(), iso(finished).into());
    }
    if let Some(instance) = state.instance(job) {
        body.insert("DatabaseCount".to_owned(), instance.databases.into());
    }
    merge(&mut body, subscription::detail(state, job));
    body.insert("SourceEndpoint".to_owned(), endpoint(job, true, true));
    body.insert("DestinationEndpoint".to_owned(), endpoint(job, false, true));
    state.jobs[index].described();
    Ok(body)
}

/// The tasks that take over new objects: the one under way, and on demand those that have ended.
fn sub_tasks(state: &State, job: &Job, history: bool) -> Vec<Value> {
    let under_way = job.stages().contains(&Stage::Modify);
    let ended = job.sub_tasks.len().saturating_sub(usize::from(under_way));
    job.sub_tasks
        .iter()
        .enumerate()
        .filter(|(index, _)| history || *index >= ended)
        .map(|(index, task)| {
            json!({
                "DtsJobId": task.id,
                "DtsInstanceID": job.instance_id.as_deref().unwrap_or_default(),
                "DtsJobName": job.name,
                "DtsJobDirection": job.direction.name(),
                "SynchronizationDirection": job.direction.name(),
                "JobType": "subSync",
                "Status": if index < ended { "Finished" } else { "Initializing" },
                "CreateTime": iso(task.created),
                "DbObject": task.objects,
                "Reserved": "{}",
                "ErrorMessage": "",
                "Delay": module::delay(state, job),
            })
        })
        .collect()
}
