//! Configuring, starting, pausing, ending, resetting and deleting jobs.

use super::{
    configure,
    model::{Direction, Job, Kind, Status},
    module, monitor_rule,
    params::Params,
    reply::{Body, Refusal},
    state::{State, direction, one_way},
    transition::Passing,
};

/// The region of a job whose call named none.
const DEFAULT_REGION: &str = "cn-hangzhou";

/// Jobs that one call may delete.
const MOST_DELETED: usize = 10;

/// A job is not in a state in which it can do what is asked.
pub(crate) fn wrong_state(job: &Job, what: &str) -> Refusal {
    Refusal::new(
        403,
        "OperationDenied.JobStatus",
        format!(
            "The job {} is in the state {} and cannot be {what}.",
            job.id,
            job.status.name()
        ),
    )
}

/// ConfigureDtsJob: configures a bought job, configures a job again, or makes one when no id is given.
pub(crate) fn configure(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let name = params.required("DtsJobName")?.to_owned();
    params.required("JobType")?;
    let kind = match params.one_of("JobType", &["MIGRATION", "SYNC", "CHECK"])? {
        Some("MIGRATION") => Kind::Migration,
        Some("SYNC") => Kind::Sync,
        _ => {
            return Err(Refusal::new(
                400,
                "UnSupportedTaskType",
                "CHECK tasks are not modelled by the emulator.",
            ));
        }
    };
    let configuration = configure::configuration(params)?;
    let notices = monitor_rule::notices(params)?;
    let known = params.text("DtsJobId").is_some() || params.text("DtsInstanceId").is_some();
    let index = if known {
        let index = state.find_directed(params, "DtsInstanceId")?;
        configurable(&state.jobs[index], kind)?;
        index
    } else {
        if direction(params)? == Some(Direction::Reverse) {
            return Err(one_way());
        }
        let region = [
            params.text("RegionId"),
            Some(configuration.destination.region.as_str()),
        ];
        let region = region
            .into_iter()
            .flatten()
            .find(|region| !region.is_empty())
            .unwrap_or(DEFAULT_REGION);
        state.check_cluster(&configuration.dedicated_cluster, region)?;
        let job = Job::new(state.ids.job(), kind, region, state.now);
        state.jobs.push(job);
        state.jobs.len() - 1
    };
    let job = &mut state.jobs[index];
    let starts = configuration
        .reserved("autoStartModulesAfterConfig")
        .is_none_or(|value| value == "auto");
    job.name = name;
    job.shielded = configuration
        .reserved("skipPrechecks")
        .map(|items| items.split(',').map(|item| item.trim().to_owned()).collect())
        .unwrap_or_default();
    job.configuration = Some(configuration);
    job.precheck = None;
    job.status = Status::NotStarted;
    job.rules.extend(notices);
    if job.instance_id.is_some() && starts {
        job.start_precheck(state.fixtures.as_ref(), true, state.now);
    }
    Ok(configured(job))
}

/// What the configuration of a job answers; a job that is not bought has no instance.
pub(crate) fn configured(job: &Job) -> Body {
    let mut body = Body::new();
    body.insert("DtsJobId".to_owned(), job.id.as_str().into());
    if let Some(instance) = &job.instance_id {
        body.insert("DtsInstanceId".to_owned(), instance.as_str().into());
    }
    body
}

/// Refuses to configure a job of another type, or one that has run.
pub(crate) fn configurable(job: &Job, kind: Kind) -> Result<(), Refusal> {
    if job.kind != kind {
        return Err(Refusal::new(
            400,
            "UnSupportedTaskType",
            format!(
                "The job {} is of the type {} and cannot be configured as {}.",
                job.id,
                job.kind.name(),
                kind.name()
            ),
        ));
    }
    match job.status {
        Status::NotConfigured | Status::NotStarted | Status::PrecheckFailed | Status::PreCheckPass
            if job.passing.is_none() =>
        {
            Ok(())
        }
        status
            if status.is_running()
                || status.has_failed()
                || matches!(status, Status::Suspending | Status::Modifying | Status::Finished) =>
        {
            Err(Refusal::new(
                403,
                "OperationDenied",
                format!(
                    "The job {} is in the state {}: a job that has run cannot be configured again.",
                    job.id,
                    status.name()
                ),
            ))
        }
        _ => Err(wrong_state(job, "configured")),
    }
}

/// StartDtsJob: the precheck, the modules, or both, by the state of the job and whether it was bought.
pub(crate) fn start(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let index = state.find_directed(params, "DtsInstanceId")?;
    unlocked(state, index, "started")?;
    let (fixtures, now) = (state.fixtures.as_ref(), state.now);
    let job = &mut state.jobs[index];
    let bought = job.instance_id.is_some();
    match job.status {
        Status::NotConfigured => {
            return Err(Refusal::new(
                403,
                "UpdateJob.OperationDenied.InitStatus",
                format!("The job {} is not configured: its job status is init.", job.id),
            ));
        }
        Status::Modifying => return Err(modifying(job)),
        _ if job.passing.is_some() => return Err(wrong_state(job, "started")),
        Status::NotStarted | Status::PrecheckFailed => job.start_precheck(fixtures, bought, now),
        Status::PreCheckPass if bought => job.start_modules(now),
        Status::PreCheckPass => job.start_precheck(fixtures, false, now),
        Status::Suspending => job.start_modules(now),
        status if status.has_failed() => job.start_modules(now),
        _ => return Err(wrong_state(job, "started")),
    }
    Ok(Body::new())
}

/// The job is busy with a change of its objects.
pub(crate) fn modifying(job: &Job) -> Refusal {
    Refusal::new(
        403,
        "DTS.Msg.OperationDenied.JobStatusModifying",
        format!("The job {} is being modified: wait until that is over.", job.id),
    )
}

/// A job whose instance is locked, as after arrears, does nothing.
fn unlocked(state: &State, index: usize, what: &str) -> Result<(), Refusal> {
    let job = &state.jobs[index];
    match state.scripts.of(job) {
        Some(script) if script.locked && job.instance_id.is_some() => Err(wrong_state(job, what)),
        _ => Ok(()),
    }
}

/// SuspendDtsJob: from a running state only.
pub(crate) fn suspend(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let index = state.find_directed(params, "DtsInstanceId")?;
    unlocked(state, index, "suspended")?;
    let reached = module::progress(state, &state.jobs[index]);
    let (job, now) = (&mut state.jobs[index], state.now);
    if !job.status.is_running() || ends(job) {
        return Err(wrong_state(job, "suspended"));
    }
    job.reached = Some(reached);
    job.begin(Passing::Suspend, now);
    Ok(Body::new())
}

/// StopDtsJob: ends a running or suspended job for good.
pub(crate) fn stop(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let index = state.find_directed(params, "DtsInstanceId")?;
    unlocked(state, index, "stopped")?;
    let reached = module::progress(state, &state.jobs[index]);
    let (job, now) = (&mut state.jobs[index], state.now);
    if job.kind == Kind::Subscribe {
        return Err(Refusal::new(
            403,
            "OperationDenied",
            "A subscription cannot be stopped: suspend it, or delete it.",
        ));
    }
    let paused = job.status == Status::Suspending || job.status.has_failed();
    if !(job.status.is_running() || paused) || ends(job) {
        return Err(wrong_state(job, "stopped"));
    }
    job.reached = Some(reached);
    job.begin(Passing::Stop, now);
    Ok(Body::new())
}

/// Whether the job is on its way to an end already.
fn ends(job: &Job) -> bool {
    matches!(job.passing, Some((Passing::Stop | Passing::Reset, _)))
}

/// ResetDtsJob: a SYNC or SUBSCRIBE job is as bought again, under the same id.
pub(crate) fn reset(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let index = state.find_directed(params, "DtsInstanceId")?;
    let (job, now) = (&mut state.jobs[index], state.now);
    if job.kind == Kind::Migration {
        return Err(Refusal::new(
            403,
            "OperationDenied",
            "A migration job cannot be reset.",
        ));
    }
    if job.instance_id.is_none() {
        return Err(Refusal::new(
            403,
            "OperationDenied",
            "A job without an instance cannot be reset: delete it.",
        ));
    }
    job.begin(Passing::Reset, now);
    Ok(Body::new())
}

/// DeleteDtsJob: the job is gone, and with it the instance that was bought for it. Of a two-way synchronization,
/// `Reverse` takes away that half alone.
pub(crate) fn delete(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let index = state.find_directed(params, "DtsInstanceId")?;
    let job = &state.jobs[index];
    if params
        .text("JobType")
        .is_some_and(|kind| Kind::parse(kind) != Some(job.kind))
    {
        return Err(Refusal::invalid(
            "JobType",
            &format!("the job is of the type {}", job.kind.name()),
        ));
    }
    remove(state, index)?;
    Ok(Body::new())
}

fn remove(state: &mut State, index: usize) -> Result<(), Refusal> {
    let job = &state.jobs[index];
    let sibling = state.sibling(job);
    let half = job.direction == Direction::Reverse;
    let instance = job
        .instance_id
        .as_ref()
        .and_then(|id| state.instances.get_mut(id));
    if let Some(instance) = instance {
        if instance.expires.is_some_and(|expires| expires > state.now) {
            return Err(Refusal::new(
                403,
                "OperationDenied",
                format!(
                    "The instance {} is prepaid and cannot be released before it expires.",
                    instance.id
                ),
            ));
        }
        instance.two_way = false;
        instance.released = !half;
    }
    let both = [Some(index), sibling.filter(|_| !half)];
    let mut gone: Vec<usize> = both.into_iter().flatten().collect();
    gone.sort_unstable();
    for index in gone.into_iter().rev() {
        state.jobs.remove(index);
    }
    Ok(())
}

/// The jobs that one call for several names.
fn several(state: &State, params: &Params, most: usize) -> Result<Vec<String>, Refusal> {
    params.required("DtsJobIds")?;
    let ids = params.list("DtsJobIds").unwrap_or_default();
    if ids.len() > most {
        return Err(Refusal::invalid(
            "DtsJobIds",
            &format!("at most {most} ids are allowed"),
        ));
    }
    for id in &ids {
        state.find_job(Some(id), "DtsJobIds")?;
    }
    Ok(ids.into_iter().map(str::to_owned).collect())
}

/// Does with each job what the call for one does; the first refusal ends it.
fn each(
    state: &mut State,
    params: &Params,
    most: usize,
    one: fn(&mut State, &Params) -> Result<Body, Refusal>,
) -> Result<Body, Refusal> {
    for id in several(state, params, most)? {
        one(state, &Params::of_action([("DtsJobId".to_owned(), id)]))?;
    }
    Ok(Body::new())
}

/// StartDtsJobs.
pub(crate) fn start_all(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    each(state, params, usize::MAX, start)
}

/// SuspendDtsJobs.
pub(crate) fn suspend_all(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    each(state, params, usize::MAX, suspend)
}

/// StopDtsJobs.
pub(crate) fn stop_all(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    each(state, params, usize::MAX, stop)
}

/// DeleteDtsJobs.
pub(crate) fn delete_all(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    each(state, params, MOST_DELETED, delete)
}
