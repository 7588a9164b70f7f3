//! Instances and jobs as the service knows them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{checks::Item, lifecycle::Elapsed, objects::Objects, reply::Body, transition::Passing};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Migration,
    Sync,
    Subscribe,
}

impl Kind {
    /// Reads a type in any case: one client writes it in lower case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Migration, Self::Sync, Self::Subscribe]
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(text))
    }

    /// As requests name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Migration => "MIGRATION",
            Self::Sync => "SYNC",
            Self::Subscribe => "SUBSCRIBE",
        }
    }

    /// As lists of jobs name it.
    pub(crate) fn listed(self) -> &'static str {
        match self {
            Self::Migration => "online",
            Self::Sync => "sync",
            Self::Subscribe => "subscribe",
        }
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    NotConfigured,
    NotStarted,
    Prechecking,
    PrecheckFailed,
    PreCheckPass,
    Initializing,
    Migrating,
    Synchronizing,
    Modifying,
    Suspending,
    Upgrade,
    Downgrade,
    Finished,
}

impl Status {
    /// As the service spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NotConfigured => "NotConfigured",
            Self::NotStarted => "NotStarted",
            Self::Prechecking => "Prechecking",
            Self::PrecheckFailed => "PrecheckFailed",
            Self::PreCheckPass => "PreCheckPass",
            Self::Initializing => "Initializing",
            Self::Migrating => "Migrating",
            Self::Synchronizing => "Synchronizing",
            Self::Modifying => "Modifying",
            Self::Suspending => "Suspending",
            Self::Upgrade => "Upgrade",
            Self::Downgrade => "Downgrade",
            Self::Finished => "Finished",
        }
    }

    /// Whether modules move data.
    pub(crate) fn is_running(self) -> bool {
        matches!(self, Self::Initializing | Self::Migrating | Self::Synchronizing)
    }
}

/// One side of what was bought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) engine: String,
    pub(crate) region: String,
}

/// What is paid for.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) job_id: String,
    pub(crate) pay_type: &'static str,
    pub(crate) class: String,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) released: bool,
}

/// One side of what was configured. What was not given is empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Endpoint {
    pub(crate) instance_type: String,
    pub(crate) engine: String,
    pub(crate) instance_id: String,
    pub(crate) region: String,
    pub(crate) ip: String,
    pub(crate) port: String,
    pub(crate) database: String,
    pub(crate) user: String,
    pub(crate) password: Password,
    pub(crate) oracle_sid: String,
    pub(crate) owner_id: String,
    pub(crate) role: String,
}

/// The password of an account: compared, never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Password(pub(crate) String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("******")
    }
}

/// Which modules a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Modes {
    pub(crate) structure: bool,
    pub(crate) data: bool,
    pub(crate) increment: bool,
}

/// What ConfigureDtsJob said.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub(crate) modes: Modes,
    pub(crate) source: Endpoint,
    pub(crate) destination: Endpoint,
    pub(crate) objects: Objects,
    pub(crate) reserve: Body,
    pub(crate) checkpoint: String,
    pub(crate) dedicated_cluster: String,
    pub(crate) label: String,
    /// The remaining parameters that a describe gives back as they were given.
    pub(crate) resource_group: String,
}

impl Configuration {
    /// A member of the reserve as text: clients write numbers as numbers or as text.
    pub(crate) fn reserved(&self, key: &str) -> Option<String> {
        match self.reserve.get(key)? {
            serde_json::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

/// What is configured and run.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) region: String,
    pub(crate) created: Timestamp,
    pub(crate) instance_id: Option<String>,
    /// Source and destination as bought; empty for a job that was configured first.
    pub(crate) bought: (Side, Side),
    pub(crate) name: String,
    pub(crate) status: Status,
    pub(crate) configuration: Option<Configuration>,
    /// What the last precheck found.
    pub(crate) precheck: Option<Precheck>,
    /// Precheck items that SkipPreCheck shields.
    pub(crate) shielded: BTreeSet<String>,
    /// Whether the modules run once the precheck under way has passed.
    pub(crate) run_after_precheck: bool,
    /// Whether structure and full load are done.
    pub(crate) loaded: bool,
    /// What the job is passing through.
    pub(crate) passing: Option<(Passing, Elapsed)>,
    pub(crate) began: Option<Timestamp>,
    pub(crate) finished: Option<Timestamp>,
    /// Sub-tasks by the client token of the change that made them.
    pub(crate) changes: BTreeMap<String, String>,
}

/// A precheck that has run, or runs.
#[derive(Debug, Clone)]
pub(crate) struct Precheck {
    pub(crate) started: Timestamp,
    pub(crate) items: Vec<Item>,
}

impl Job {
    /// A job that nothing is known of yet.
    pub(crate) fn new(id: String, kind: Kind, region: &str, created: Timestamp) -> Self {
        Self {
            id,
            kind,
            region: region.to_owned(),
            created,
            instance_id: None,
            bought: Default::default(),
            name: String::new(),
            status: Status::NotConfigured,
            configuration: None,
            precheck: None,
            shielded: BTreeSet::new(),
            run_after_precheck: false,
            loaded: false,
            passing: None,
            began: None,
            finished: None,
            changes: BTreeMap::new(),
        }
    }
}
