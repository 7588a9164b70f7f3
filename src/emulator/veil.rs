//! What a call has made and reads do not show yet: a service shows what is new a moment late.

use std::collections::HashMap;

use super::model::{Instance, Job};
use super::state::{Instances, State};

/// Jobs and instances as they were, for so many reads.
#[derive(Default)]
pub(crate) struct Veil {
    reads: u64,
    /// What a call has made (none) or changed, by its id.
    jobs: HashMap<String, Option<Job>>,
    instances: HashMap<String, Option<Instance>>,
}

/// What there is before a call.
pub(crate) struct Before {
    jobs: Vec<Job>,
    instances: Instances,
}

impl Before {
    pub(crate) fn of(state: &State) -> Self {
        Self {
            jobs: state.jobs.clone(),
            instances: state.instances.clone(),
        }
    }

    /// Hides for `reads` reads what has become of it since.
    pub(crate) fn veil(self, state: &State, reads: u64) -> Veil {
        let old: HashMap<&str, &Job> = self.jobs.iter().map(|job| (job.id.as_str(), job)).collect();
        let jobs = state.jobs.iter().filter_map(|job| {
            let before = old.get(job.id.as_str()).copied();
            differs(before, job).then(|| (job.id.clone(), before.cloned()))
        });
        let instances = state.instances.iter().filter_map(|instance| {
            let before = self.instances.get(&instance.id);
            differs(before, instance).then(|| (instance.id.clone(), before.cloned()))
        });
        Veil {
            reads,
            jobs: jobs.collect(),
            instances: instances.collect(),
        }
    }
}

fn differs<T: std::fmt::Debug>(before: Option<&T>, now: &T) -> bool {
    before.is_none_or(|before| format!("{before:?}") != format!("{now:?}"))
}

/// Runs a read of `state`, which does not see what is hidden.
pub(crate) fn behind<T>(state: &mut State, read: impl FnOnce(&mut State) -> T) -> T {
    let Some(left) = state.veil.reads.checked_sub(1) else {
        return read(state);
    };
    state.veil.reads = left;
    let veil = &state.veil;
    let jobs = shown(state.jobs.iter(), &veil.jobs, |job| &job.id);
    let mut instances = Instances::default();
    for instance in shown(state.instances.iter(), &veil.instances, |instance| &instance.id) {
        instances.push(instance);
    }
    let all = (
        std::mem::replace(&mut state.jobs, jobs),
        std::mem::replace(&mut state.instances, instances),
    );
    let answer = read(state);
    (state.jobs, state.instances) = all;
    answer
}

fn shown<'a, T: Clone + 'a>(
    all: impl Iterator<Item = &'a T>,
    hidden: &HashMap<String, Option<T>>,
    id: impl Fn(&T) -> &String,
) -> Vec<T> {
    all.filter_map(|one| match hidden.get(id(one)) {
        Some(before) => before.clone(),
        None => Some(one.clone()),
    })
    .collect()
}
