//! Changing a job in place: its name, its passwords, its objects and reserve.

use super::{
    configure, job,
    model::{Kind, Status, SubTask},
    objects::Objects,
    params::Params,
    reply::{Body, Refusal},
    state::State,
    transition::Passing,
};

/// ModifyDtsJobName.
pub(crate) fn name(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsJobId")?;
    let name = params.required("DtsJobName")?.to_owned();
    let index = state.find(params, "DtsInstanceId")?;
    state.jobs[index].name = name;
    Ok(Body::new())
}

/// ModifyDtsJobPassword: of the account at one end of a configured job, and its name if one is given.
pub(crate) fn password(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("Endpoint")?;
    let end = params.one_of("Endpoint", &["src", "dest"])?;
    let password = params.required("Password")?;
    let index = state.find_directed(params, "DtsInstanceId")?;
    let job = &mut state.jobs[index];
    let Some(configuration) = &mut job.configuration else {
        return Err(Refusal::new(
            403,
            "UpdateJob.OperationDenied.InitStatus",
            format!("The job {} is not configured: its job status is init.", job.id),
        ));
    };
    let endpoint = if end == Some("src") {
        &mut configuration.source
    } else {
        &mut configuration.destination
    };
    let user = params.text("UserName").unwrap_or(&endpoint.user);
    if user == endpoint.user && password == endpoint.password.0 {
        return Err(Refusal::invalid("Password", "it is the present one"));
    }
    endpoint.user = user.to_owned();
    endpoint.password.0 = password.to_owned();
    Ok(Body::new())
}

/// ModifyDtsJob: replaces the object list of a synchronization, or merges into the reserve of any job.
pub(crate) fn job(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("DtsInstanceId")?;
    let token = params.text("ClientToken").unwrap_or_default().to_owned();
    if token.len() > 64 || !token.is_ascii() {
        return Err(Refusal::invalid(
            "ClientToken",
            "at most 64 ASCII characters are allowed",
        ));
    }
    for flag in [
        "StructureInitialization",
        "DataInitialization",
        "DataSynchronization",
    ] {
        params.boolean(flag)?;
    }
    let reserved = configure::reserve("Reserved", params.text("Reserved"))?;
    let index = state.find_directed(params, "DtsInstanceId")?;
    let (job, now) = (&mut state.jobs[index], state.now);
    let mut body = Body::new();
    if let Some(done) = job.changes.get(&token).filter(|_| !token.is_empty()) {
        body.insert("DtsJobId".to_owned(), done.as_str().into());
        body.insert("Status".to_owned(), job.status.name().into());
        return Ok(body);
    }
    let not_running = Refusal::new(
        403,
        "DTS.Msg.ModifyDenied.JobStatusNotRunning",
        format!(
            "The job {} is in the state {} and cannot be modified.",
            job.id,
            job.status.name()
        ),
    );
    if job.status == Status::Modifying {
        return Err(job::modifying(job));
    }
    let only_reserve = params.one_of("ModifyTypeEnum", &["UPDATE_RESERVED"])?.is_some();
    let objects = match params.text("DbList") {
        _ if only_reserve => None,
        Some(list) => Some(Objects::parse(list)?),
        None => return Err(Refusal::missing("DbList")),
    };
    let status = job.status;
    let Some(configuration) = job.configuration.as_mut().filter(|_| status != Status::Finished) else {
        return Err(not_running);
    };
    let mut added = String::new();
    if let Some(objects) = objects {
        added = objects.db_object();
        if job.kind != Kind::Sync {
            return Err(Refusal::new(
                400,
                "UnSupportedTaskType",
                "Only the objects of a synchronization can be modified: configure the job again.",
            ));
        }
        match (status, job.passing) {
            (Status::Synchronizing, None) => {
                job.status = Status::Modifying;
                job.passing = Some((Passing::Modify, super::lifecycle::Elapsed::starting(now)));
            }
            (Status::NotStarted | Status::PrecheckFailed | Status::PreCheckPass, None) => {}
            _ => return Err(not_running),
        }
        configuration.objects = objects;
    }
    configuration.reserve.extend(reserved);
    let sub_task = if only_reserve {
        job.id.clone()
    } else {
        state.ids.job()
    };
    if job.status == Status::Modifying && !only_reserve {
        job.sub_tasks.push(SubTask {
            id: sub_task.clone(),
            created: now,
            objects: added,
        });
    }
    if !token.is_empty() {
        job.changes.insert(token, sub_task.clone());
    }
    body.insert("DtsJobId".to_owned(), sub_task.into());
    body.insert("Status".to_owned(), job.status.name().into());
    Ok(body)
}
