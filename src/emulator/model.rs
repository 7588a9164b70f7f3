//! Instances and jobs as the service knows them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    checks::Item, lifecycle::Elapsed, objects::Objects, reply::Body, script::Progress, transition::Passing,
};

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
    ModifyFailed,
    InitializeFailed,
    MigrationFailed,
    Failed,
    Starting,
    Normal,
    Abnormal,
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
            Self::ModifyFailed => "ModifyFailed",
            Self::InitializeFailed => "InitializeFailed",
            Self::MigrationFailed => "MigrationFailed",
            Self::Failed => "Failed",
            Self::Starting => "Starting",
            Self::Normal => "Normal",
            Self::Abnormal => "Abnormal",
            Self::Suspending => "Suspending",
            Self::Upgrade => "Upgrade",
            Self::Downgrade => "Downgrade",
            Self::Finished => "Finished",
        }
    }

    /// Whether modules move data.
    pub(crate) fn is_running(self) -> bool {
        matches!(
            self,
            Self::Initializing | Self::Migrating | Self::Synchronizing | Self::Starting | Self::Normal
        )
    }

    /// Whether something went wrong after the precheck: a start resumes from where the job stopped.
    pub(crate) fn has_failed(self) -> bool {
        matches!(
            self,
            Self::ModifyFailed
                | Self::InitializeFailed
                | Self::MigrationFailed
                | Self::Failed
                | Self::Abnormal
        )
    }
}

/// Which way a job of a two-way synchronization goes. Every other job goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Reverse,
}

impl Direction {
    /// As requests and replies name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Forward => "Forward",
            Self::Reverse => "Reverse",
        }
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
    pub(crate) region: String,
    pub(crate) created: Timestamp,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) released: bool,
    /// Whether it has a job for each direction.
    pub(crate) two_way: bool,
    pub(crate) resource_group: String,
    pub(crate) tags: BTreeMap<String, String>,
    /// Bounds of a serverless instance, as numbers.
    pub(crate) du_range: (Option<serde_json::Number>, Option<serde_json::Number>),
    /// Private RDS instances under PolarDB-X 1.0.
    pub(crate) databases: i64,
}

impl Instance {
    /// How the replies of orders call the way of paying.
    pub(crate) fn charge_type(&self) -> &'static str {
        match self.pay_type {
            "PrePaid" => "PREPAY",
            "PostPaid" => "POSTPAY",
            other => other,
        }
    }
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
    pub(crate) resource_group: String,
    /// What only the configuration of a subscription has.
    pub(crate) tracking: Option<Tracking>,
}

/// What a subscription tracks, and where its consumers are.
#[derive(Debug, Clone)]
pub(crate) struct Tracking {
    pub(crate) vpc: String,
    pub(crate) vswitch: String,
    pub(crate) ddl: bool,
    pub(crate) dml: bool,
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
    pub(crate) direction: Direction,
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
    /// How far structure and full load had come when the job was last paused or stopped.
    pub(crate) reached: Option<Progress>,
    /// What the job is passing through.
    pub(crate) passing: Option<(Passing, Elapsed)>,
    pub(crate) began: Option<Timestamp>,
    pub(crate) finished: Option<Timestamp>,
    /// Sub-tasks by the client token of the change that made them.
    pub(crate) changes: BTreeMap<String, String>,
    /// Sub-tasks of object changes, the last one at the end.
    pub(crate) sub_tasks: Vec<SubTask>,
    /// Consumer groups of a subscription, in the order in which they were made.
    pub(crate) groups: Vec<ConsumerGroup>,
    /// Alert rules by their type.
    pub(crate) rules: BTreeMap<&'static str, Rule>,
    /// What is wrong with a job that has failed.
    pub(crate) failure: Option<Failure>,
    /// Settings of modules by module and name.
    pub(crate) parameters: BTreeMap<(String, String), String>,
    /// The most DUs that a job on a dedicated cluster may use.
    pub(crate) du_limit: Option<i64>,
    /// What happened, in order.
    pub(crate) log: Vec<LogLine>,
}

/// The task that takes over objects added to a running synchronization.
#[derive(Debug, Clone)]
pub(crate) struct SubTask {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) objects: String,
}

/// A group of consumers of a subscription.
#[derive(Debug, Clone)]
pub(crate) struct ConsumerGroup {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) user: String,
    pub(crate) password: Password,
}

/// When to alert whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) enabled: bool,
    /// Seconds for `delay`, hours for `full_timeout`.
    pub(crate) delay: Option<i64>,
    pub(crate) phone: String,
    pub(crate) period: Option<i64>,
    pub(crate) times: Option<i64>,
    pub(crate) value: Option<i64>,
}

/// Why a job stopped by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What a job does between its start and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    Structure,
    Full,
    Incremental,
    /// A change of its objects.
    Modify,
}

/// One line of a job's log.
#[derive(Debug, Clone)]
pub(crate) struct LogLine {
    pub(crate) at: Timestamp,
    /// `NORMAL`, `WARN` or `ERROR`.
    pub(crate) state: &'static str,
    pub(crate) text: String,
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
            direction: Direction::Forward,
            bought: Default::default(),
            name: String::new(),
            status: Status::NotConfigured,
            configuration: None,
            precheck: None,
            shielded: BTreeSet::new(),
            run_after_precheck: false,
            loaded: false,
            reached: None,
            passing: None,
            began: None,
            finished: None,
            changes: BTreeMap::new(),
            sub_tasks: Vec::new(),
            groups: Vec::new(),
            rules: BTreeMap::new(),
            failure: None,
            parameters: BTreeMap::new(),
            du_limit: None,
            log: Vec::new(),
        }
    }

    /// Notes what happened at `at`; `state` is `NORMAL`, `WARN` or `ERROR`.
    pub(crate) fn note(&mut self, at: Timestamp, state: &'static str, text: impl Into<String>) {
        let text = text.into();
        self.log.push(LogLine { at, state, text });
    }
}
