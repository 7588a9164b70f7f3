//! Two-way synchronization: one instance, and a job for each direction.

use super::{
    instance::classes,
    job::wrong_state,
    model::{Direction, Job, Kind, Side, Status},
    params::Params,
    reply::{Body, Refusal},
    state::{State, one_way},
};

impl State {
    /// Adds the reverse half to the instance of a forward job; it is still to be configured.
    pub(crate) fn add_reverse(&mut self, index: usize) {
        let id = self.ids.job();
        let forward = &self.jobs[index];
        let (source, destination): (Side, Side) = forward.bought.clone();
        let reverse = Job {
            instance_id: forward.instance_id.clone(),
            direction: Direction::Reverse,
            bought: (destination, source),
            ..Job::new(id, forward.kind, &forward.region, self.now)
        };
        self.jobs.push(reverse);
    }
}

/// UpgradeTwoWay: a one-way synchronization of MySQL that runs and is paid by use gets a reverse half.
pub(crate) fn upgrade(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("InstanceId")?;
    params.required("InstanceClass")?;
    let index = state.find(params, "InstanceId")?;
    let job = &state.jobs[index];
    let class = params
        .one_of("InstanceClass", classes(job.kind))?
        .unwrap_or_default();
    let denied = |why: &str| Refusal::new(403, "OperationDenied", format!("The job {}: {why}.", job.id));
    let mysql = job.configuration.as_ref().is_some_and(|known| {
        [&known.source, &known.destination]
            .iter()
            .all(|end| end.engine.eq_ignore_ascii_case("MYSQL"))
    });
    if job.kind != Kind::Sync || !mysql {
        return Err(denied(
            "only a synchronization between MySQL databases can go both ways",
        ));
    }
    if state.sibling(job).is_some() {
        return Err(denied("it goes both ways already"));
    }
    if job.status != Status::Synchronizing || job.passing.is_some() {
        return Err(wrong_state(job, "made two-way"));
    }
    let id = job.instance_id.clone().unwrap_or_default();
    let postpaid = state
        .instance(job)
        .is_some_and(|instance| instance.pay_type == "PostPaid");
    if !postpaid {
        return Err(denied("its instance is not paid by use"));
    }
    let instance = state.find_instance(&id)?;
    instance.two_way = true;
    class.clone_into(&mut instance.class);
    state.add_reverse(index);
    Ok(Body::new())
}

/// ReverseTwoWayDirection: what was forward is reverse, and the other way round.
pub(crate) fn reverse(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("RegionId")?;
    params.required("DtsInstanceId")?;
    params.boolean("IgnoreErrorSubJob")?;
    let forward = state.find(params, "DtsInstanceId")?;
    let reverse = state.sibling(&state.jobs[forward]).ok_or_else(one_way)?;
    for index in [forward, reverse] {
        let job = &state.jobs[index];
        if job.status != Status::Synchronizing || job.passing.is_some() {
            return Err(wrong_state(job, "turned round"));
        }
    }
    state.jobs[forward].direction = Direction::Reverse;
    state.jobs[reverse].direction = Direction::Forward;
    Ok(Body::new())
}
