//! What exists: instances, jobs, and the ids given out.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    auth::Nonces,
    fault::Faults,
    fixtures::Fixtures,
    journal::Journal,
    lifecycle::Lifecycle,
    limit::{Limits, Taken},
    model::{Instance, Job},
    params::Params,
    reply::Refusal,
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
    pub(crate) instances: Vec<Instance>,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) nonces: Nonces,
    pub(crate) ids: Ids,
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
            instances: Vec::new(),
            faults: Faults::default(),
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
            job.advance(self.lifecycle, now);
        }
    }

    /// The place of the job that a call names, by `DtsJobId`, by its instance's id in the parameter
    /// `instance_parameter`, or by both.
    pub(crate) fn find(&self, params: &Params, instance_parameter: &str) -> Result<usize, Refusal> {
        let instance = params.text(instance_parameter);
        let by_instance = instance
            .map(|id| {
                let held = |job: &Job| job.instance_id.as_deref() == Some(id);
                self.jobs.iter().position(held).ok_or_else(|| {
                    Refusal::new(
                        403,
                        "Forbidden.InstanceNotFound",
                        format!("The specified instance {id} is not found."),
                    )
                })
            })
            .transpose()?;
        let job = params.text("DtsJobId");
        match by_instance {
            Some(index) if job.is_none() => Ok(index),
            Some(index) if self.find_job(job, "DtsJobId")? == index => Ok(index),
            Some(_) => Err(Refusal::conflict(
                "DtsJobId and the instance do not belong together.",
            )),
            None => self.find_job(job, "DtsJobId"),
        }
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

    /// As [`State::find`], for a call that may name a direction.
    pub(crate) fn find_directed(&self, params: &Params) -> Result<usize, Refusal> {
        self.refuse_reverse(params)?;
        self.find(params, "DtsInstanceId")
    }

    /// Every job here goes one way, so only `Forward` exists.
    pub(crate) fn refuse_reverse(&self, params: &Params) -> Result<(), Refusal> {
        match params.one_of("SynchronizationDirection", &["Forward", "Reverse"])? {
            Some("Reverse") => Err(Refusal::invalid(
                "SynchronizationDirection",
                "the job is not a two-way synchronization",
            )),
            _ => Ok(()),
        }
    }

    /// The instance of a job.
    pub(crate) fn instance(&self, job: &Job) -> Option<&Instance> {
        let id = job.instance_id.as_ref()?;
        self.instances.iter().find(|instance| instance.id == *id)
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
