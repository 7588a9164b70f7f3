//! What exists: instances, jobs, and the ids given out.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    auth::Nonces,
    fault::Faults,
    fixtures::Fixtures,
    journal::Journal,
    lifecycle::Lifecycle,
    limit::{Limits, Taken},
    model::{Direction, Instance, Job},
    params::Params,
    reply::Refusal,
    script::Scripts,
    veil::Veil,
};

/// One line of the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRecord {
    /// The id of the instance, `dts...`.
    pub instance_id: String,
    /// The id of its job.
    pub job_id: String,
    /// `PostPaid` or `PrePaid`.
    pub pay_type: String,
    /// The class, empty for a SUBSCRIBE instance bought without one.
    pub instance_class: String,
    /// Whether the instance has been released.
    pub released: bool,
}

impl InstanceRecord {
    /// As the admin route shows it.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "instance_id": self.instance_id,
            "job_id": self.job_id,
            "pay_type": self.pay_type,
            "instance_class": self.instance_class,
            "released": self.released,
        })
    }
}

/// A job made by copying another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// The id of the job.
    pub job_id: String,
    /// The id of its instance, if it has one.
    pub instance_id: Option<String>,
}

impl JobRecord {
    /// As the admin route shows it.
    pub(crate) fn to_json(&self) -> Value {
        json!({"job_id": self.job_id, "instance_id": self.instance_id})
    }
}

/// Everything that a running emulator knows.
pub(crate) struct State {
    /// The time of the request being answered.
    pub(crate) now: Timestamp,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) limits: Limits,
    pub(crate) taken: Taken,
    pub(crate) fixtures: Option<Fixtures>,
    pub(crate) jobs: Vec<Job>,
    /// Every instance ever bought.
    pub(crate) instances: Instances,
    pub(crate) faults: Faults,
    /// What is not shown yet.
    pub(crate) veil: Veil,
    pub(crate) scripts: Scripts,
    pub(crate) journal: Journal,
    pub(crate) nonces: Nonces,
    pub(crate) ids: Ids,
}

/// Instances in the order of purchase, found by their ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Instances {
    all: Vec<Instance>,
    places: HashMap<String, usize>,
}

impl Instances {
    pub(crate) fn push(&mut self, instance: Instance) {
        self.places.insert(instance.id.clone(), self.all.len());
        self.all.push(instance);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Instance> {
        self.all.iter()
    }

    /// The instance with this id, released or not.
    pub(crate) fn get(&self, id: &str) -> Option<&Instance> {
        self.places.get(id).map(|place| &self.all[*place])
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Instance> {
        self.places.get(id).map(|place| &mut self.all[*place])
    }
}

impl State {
    pub(crate) fn new(fixtures: Option<Fixtures>, lifecycle: Lifecycle, limits: Limits) -> Self {
        Self {
            now: Timestamp::UNIX_EPOCH,
            lifecycle,
            limits,
            taken: Taken::default(),
            fixtures,
            jobs: Vec::new(),
            instances: Instances::default(),
            faults: Faults::default(),
            veil: Veil::default(),
            scripts: Scripts::default(),
            journal: Journal::default(),
            nonces: Nonces::default(),
            ids: Ids::new(),
        }
    }

    /// Forgets everything but the nonces and the ids given out.
    pub(crate) fn reset(&mut self, fixtures: Option<Fixtures>, lifecycle: Lifecycle, limits: Limits) {
        let (ids, nonces) = (
            std::mem::replace(&mut self.ids, Ids::new()),
            std::mem::take(&mut self.nonces),
        );
        *self = Self {
            ids,
            nonces,
            ..Self::new(fixtures, lifecycle, limits)
        };
    }

    /// The time of a request: every job moves on to where it is by then.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.now = now;
        for job in &mut self.jobs {
            job.advance(self.lifecycle, now, &mut self.scripts);
        }
    }

    /// The place of the job that a call names, by `DtsJobId`, by its instance's id in the parameter
    /// `instance_parameter`, or by both. Of a two-way synchronization that is the forward job when only the instance
    /// is named.
    pub(crate) fn find(&self, params: &Params, instance_parameter: &str) -> Result<usize, Refusal> {
        let instance = params.text(instance_parameter);
        let by_instance = instance
            .map(|id| self.forward_of(id).ok_or_else(|| no_instance(id)))
            .transpose()?;
        let job = params.text("DtsJobId");
        match by_instance {
            Some(index) if job.is_none() => Ok(index),
            Some(_) => {
                let index = self.find_job(job, "DtsJobId")?;
                if self.jobs[index].instance_id.as_deref() == instance {
                    Ok(index)
                } else {
                    Err(Refusal::conflict(
                        "DtsJobId and the instance do not belong together.",
                    ))
                }
            }
            None => self.find_job(job, "DtsJobId"),
        }
    }

    /// As [`State::find`], for a call that may name a direction: it decides between the two jobs of an instance.
    pub(crate) fn find_directed(&self, params: &Params, instance_parameter: &str) -> Result<usize, Refusal> {
        let direction = direction(params)?;
        let index = self.find(params, instance_parameter)?;
        let job = &self.jobs[index];
        match direction {
            Some(direction) if direction != job.direction => self.sibling(job).ok_or_else(one_way),
            _ => Ok(index),
        }
    }

    /// The place of an instance's job that goes forward.
    fn forward_of(&self, instance: &str) -> Option<usize> {
        self.jobs.iter().position(|job| {
            job.instance_id.as_deref() == Some(instance) && job.direction == Direction::Forward
        })
    }

    /// The place of the job of the same instance that goes the other way.
    pub(crate) fn sibling(&self, job: &Job) -> Option<usize> {
        let instance = job.instance_id.as_deref()?;
        self.jobs.iter().position(|other| {
            other.instance_id.as_deref() == Some(instance) && other.direction != job.direction
        })
    }

    /// The place of the job with this id, which came in `parameter`.
    pub(crate) fn find_job(&self, id: Option<&str>, parameter: &str) -> Result<usize, Refusal> {
        let id = id.ok_or_else(|| Refusal::missing(parameter))?;
        self.jobs.iter().position(|job| job.id == id).ok_or_else(|| {
            Refusal::new(
                404,
                "InvalidJobId",
                format!("The specified dts job id {id} is not exists."),
            )
        })
    }

    /// The instance of a job.
    pub(crate) fn instance(&self, job: &Job) -> Option<&Instance> {
        let id = job.instance_id.as_ref()?;
        self.instances.get(id)
    }

    /// The other half of a two-way synchronization, of its forward job.
    pub(crate) fn reverse_of(&self, job: &Job) -> Option<&Job> {
        let two_way = self.instance(job).is_some_and(|instance| instance.two_way);
        if two_way && job.direction == Direction::Forward {
            self.sibling(job).map(|index| &self.jobs[index])
        } else {
            None
        }
    }

    /// The resource group of a job: that of its instance, if it has one.
    pub(crate) fn resource_group<'s>(&'s self, job: &'s Job) -> &'s str {
        match (self.instance(job), &job.configuration) {
            (Some(instance), _) => &instance.resource_group,
            (None, Some(configuration)) => &configuration.resource_group,
            (None, None) => "",
        }
    }

    /// Makes `count` more jobs that are as the job `id` is now, with an instance for each if that has one.
    pub(crate) fn copy_job(&mut self, id: &str, count: usize) -> Option<Vec<JobRecord>> {
        let model = self.jobs.iter().find(|job| job.id == id)?.clone();
        let paid = self.instance(&model).cloned();
        let copies = (0..count).map(|_| {
            let job_id = self.ids.job();
            let instance_id = paid.as_ref().map(|_| format!("dts{job_id}"));
            if let (Some(paid), Some(id)) = (&paid, &instance_id) {
                self.instances.push(Instance {
                    id: id.clone(),
                    job_id: job_id.clone(),
                    ..paid.clone()
                });
            }
            self.jobs.push(Job {
                id: job_id.clone(),
                instance_id: instance_id.clone(),
                ..model.clone()
            });
            JobRecord { job_id, instance_id }
        });
        Some(copies.collect())
    }

    /// The instance with this id, unless it has been released.
    pub(crate) fn find_instance(&mut self, id: &str) -> Result<&mut Instance, Refusal> {
        self.instances
            .get_mut(id)
            .filter(|instance| !instance.released)
            .ok_or_else(|| no_instance(id))
    }

    /// Every instance ever bought.
    pub(crate) fn bill(&self) -> Vec<InstanceRecord> {
        self.instances
            .iter()
            .map(|instance| InstanceRecord {
                instance_id: instance.id.clone(),
                job_id: instance.job_id.clone(),
                pay_type: instance.pay_type.to_owned(),
                instance_class: instance.class.clone(),
                released: instance.released,
            })
            .collect()
    }
}

fn no_instance(id: &str) -> Refusal {
    Refusal::new(
        403,
        "Forbidden.InstanceNotFound",
        format!("The specified instance {id} is not found."),
    )
}

/// `Reverse` was asked of a job that goes one way.
pub(crate) fn one_way() -> Refusal {
    Refusal::invalid(
        "SynchronizationDirection",
        "the job is not a two-way synchronization",
    )
}

/// The direction that a call names, if it names one.
pub(crate) fn direction(params: &Params) -> Result<Option<Direction>, Refusal> {
    let name = params.one_of("SynchronizationDirection", &["Forward", "Reverse"])?;
    Ok(name.map(|name| match name {
        "Reverse" => Direction::Reverse,
        _ => Direction::Forward,
    }))
}

/// Ids that look like the service's, the same in every run. Requests draw from a source of their own, so that a
/// further read does not change the ids of jobs.
pub(crate) struct Ids {
    objects: fastrand::Rng,
    requests: fastrand::Rng,
}

impl Ids {
    fn new() -> Self {
        Self {
            objects: fastrand::Rng::with_seed(0x00d7_5000),
            requests: fastrand::Rng::with_seed(0x00d7_5001),
        }
    }

    /// The id of a job: sixteen lower-case letters and digits.
    pub(crate) fn job(&mut self) -> String {
        let letter = self.objects.lowercase();
        let rest = std::iter::repeat_with(|| {
            char::from(
                self.objects
                    .choice(*b"0123456789abcdefghijklmnopqrstuvwxyz")
                    .unwrap_or(b'0'),
            )
        });
        std::iter::once(letter).chain(rest.take(15)).collect()
    }

    /// The id of a request: an upper-case UUID.
    pub(crate) fn request(&mut self) -> String {
        let id = format!("{:032X}", self.requests.u128(..));
        format!(
            "{}-{}-{}-{}-{}",
            &id[..8],
            &id[8..12],
            &id[12..16],
            &id[16..20],
            &id[20..]
        )
    }
}
