//! What exists: instances, jobs, and the ids given out.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{auth::Nonces, fault::Faults, fixtures::Fixtures, journal::Journal, lifecycle::Lifecycle};

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

/// Everything that a running emulator knows.
pub(crate) struct State {
    /// The time of the request being answered.
    pub(crate) now: Timestamp,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) fixtures: Option<Fixtures>,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) nonces: Nonces,
    pub(crate) ids: Ids,
}

impl State {
    pub(crate) fn new(fixtures: Option<Fixtures>, lifecycle: Lifecycle) -> Self {
        Self {
            now: Timestamp::UNIX_EPOCH,
            lifecycle,
            fixtures,
            faults: Faults::default(),
            journal: Journal::default(),
            nonces: Nonces::default(),
            ids: Ids::new(),
        }
    }

    /// Forgets everything but the nonces and the ids given out.
    pub(crate) fn reset(&mut self, fixtures: Option<Fixtures>, lifecycle: Lifecycle) {
        let (ids, nonces) = (
            std::mem::replace(&mut self.ids, Ids::new()),
            std::mem::take(&mut self.nonces),
        );
        *self = Self {
            ids,
            nonces,
            ..Self::new(fixtures, lifecycle)
        };
    }

    /// The time of a request: every job moves on to where it is by then.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Every instance ever bought.
    pub(crate) fn bill(&self) -> Vec<InstanceRecord> {
        Vec::new()
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
