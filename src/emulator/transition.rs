//! How jobs move from state to state.

use jiff::Timestamp;

use super::{
    checks,
    fixtures::Fixtures,
    lifecycle::{Elapsed, Lifecycle},
    model::{Failure, Job, Kind, Precheck, Stage, Status},
    script::Scripts,
};

/// What a job is passing through. Until that is over, the job shows the state given here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    /// `Prechecking`.
    Precheck,
    /// Structure and full load: `Migrating` or `Initializing`.
    Load,
    /// `Starting`, of a subscription.
    Open,
    /// Shows the running state until it is `Suspending` (`Abnormal` of a subscription).
    Suspend,
    /// Shows the state before until it is `Finished`.
    Stop,
    /// Shows the state before until it is `NotConfigured`.
    Reset,
    /// `Modifying`.
    Modify,
    /// `Upgrade` or `Downgrade`, then back.
    Transfer { back: Status },
}

impl Job {
    /// Begins to pass through something, from `at` on.
    pub(crate) fn begin(&mut self, passing: Passing, at: Timestamp) {
        self.passing = Some((passing, Elapsed::starting(at)));
    }

    /// The job was described once more.
    pub(crate) fn described(&mut self) {
        if let Some((_, elapsed)) = &mut self.passing {
            elapsed.read();
        }
    }

    /// Moves on to where the job is at `now`, or to where a script makes it fail.
    pub(crate) fn advance(&mut self, lifecycle: Lifecycle, now: Timestamp, scripts: &mut Scripts) {
        loop {
            let end = match &self.passing {
                None => now,
                Some((Passing::Load, _)) if scripts.hold(self) => {
                    if let Some(failure) = scripts.strike(self) {
                        self.fail(failure, now);
                    }
                    return;
                }
                Some((_, elapsed)) => match elapsed.over(lifecycle, now) {
                    Some(end) => end,
                    None => return,
                },
            };
            if let Some(failure) = scripts.strike(self) {
                self.fail(failure, end);
                return;
            }
            let Some((passing, _)) = self.passing.take() else {
                return;
            };
            self.arrive(passing, end);
        }
    }

    /// Which stages the job is about to complete, or is in.
    pub(crate) fn stages(&self) -> &'static [Stage] {
        match (&self.passing, self.status) {
            (Some((Passing::Load, _)), _) => match self.configuration.as_ref().map(|known| known.modes) {
                Some(modes) if !modes.structure => &[Stage::Full],
                Some(modes) if !modes.data => &[Stage::Structure],
                _ => &[Stage::Structure, Stage::Full],
            },
            (Some((Passing::Modify, _)), _) => &[Stage::Modify],
            (Some((Passing::Open, _)), _) => &[Stage::Incremental],
            (None, status) if status.is_running() && self.loaded && self.replicates() => {
                &[Stage::Incremental]
            }
            _ => &[],
        }
    }

    /// Something goes wrong in a job that runs.
    fn fail(&mut self, failure: Failure, at: Timestamp) {
        self.passing = None;
        self.status = match (self.kind, failure.stage) {
            (_, Stage::Modify) => Status::ModifyFailed,
            (Kind::Migration, _) => Status::MigrationFailed,
            (Kind::Sync, Stage::Incremental) => Status::Failed,
            (Kind::Sync, _) => Status::InitializeFailed,
            (Kind::Subscribe, _) => Status::Abnormal,
        };
        self.note(at, "ERROR", format!("{}: {}", failure.code, failure.message));
        self.failure = Some(failure);
    }

    fn arrive(&mut self, passing: Passing, at: Timestamp) {
        match passing {
            Passing::Precheck => self.judge(at),
            Passing::Load => {
                self.loaded = true;
                self.note(at, "NORMAL", "Structure and full load are done.");
                match self.kind {
                    Kind::Migration if self.replicates() => {}
                    Kind::Migration => self.finish(at),
                    Kind::Sync | Kind::Subscribe => self.status = Status::Synchronizing,
                }
            }
            Passing::Open => self.status = Status::Normal,
            Passing::Suspend => {
                self.note(at, "NORMAL", "The task is suspended.");
                // A suspended subscription is shown so; it has no state of its own for that.
                self.status = if self.kind == Kind::Subscribe {
                    Status::Abnormal
                } else {
                    Status::Suspending
                };
            }
            Passing::Stop => self.finish(at),
            Passing::Reset => self.clear(),
            Passing::Modify => {
                self.note(at, "NORMAL", "The change of the objects is done.");
                self.status = Status::Synchronizing;
            }
            Passing::Transfer { back } => {
                self.status = back;
                if back.is_running() && !self.loaded {
                    self.begin(Passing::Load, at);
                }
            }
        }
    }

    /// Runs the precheck against the databases that exist now; its items become visible one by one.
    pub(crate) fn start_precheck(&mut self, fixtures: Option<&Fixtures>, then_run: bool, at: Timestamp) {
        let items = self
            .configuration
            .as_ref()
            .map(|configuration| checks::run(configuration, fixtures, &self.shielded))
            .unwrap_or_default();
        self.note(at, "NORMAL", "The precheck has begun.");
        self.precheck = Some(Precheck { started: at, items });
        self.run_after_precheck = then_run;
        self.status = Status::Prechecking;
        self.begin(Passing::Precheck, at);
    }

    fn judge(&mut self, at: Timestamp) {
        let failed = self
            .precheck
            .as_ref()
            .is_some_and(|precheck| precheck.items.iter().any(checks::Item::blocks));
        let (state, text) = if failed {
            ("ERROR", "The precheck has failed.")
        } else {
            ("NORMAL", "The precheck has passed.")
        };
        self.note(at, state, text);
        if failed {
            self.status = Status::PrecheckFailed;
        } else if self.run_after_precheck {
            self.start_modules(at);
        } else {
            self.status = Status::PreCheckPass;
        }
    }

    /// Starts or resumes the modules.
    pub(crate) fn start_modules(&mut self, at: Timestamp) {
        self.began = self.began.or(Some(at));
        self.failure = None;
        self.note(at, "NORMAL", "The task is started.");
        let loads = !self.loaded
            && self
                .configuration
                .as_ref()
                .is_some_and(|configuration| configuration.modes.structure || configuration.modes.data);
        self.loaded = !loads;
        self.status = match self.kind {
            Kind::Migration => Status::Migrating,
            Kind::Sync if loads => Status::Initializing,
            Kind::Sync => Status::Synchronizing,
            Kind::Subscribe => Status::Starting,
        };
        if self.kind == Kind::Subscribe {
            self.begin(Passing::Open, at);
        } else if loads {
            self.begin(Passing::Load, at);
        }
    }

    fn finish(&mut self, at: Timestamp) {
        self.status = Status::Finished;
        self.finished = Some(at);
        self.note(at, "NORMAL", "The task has ended.");
    }

    /// The configuration is gone; the job keeps its id and its instance.
    fn clear(&mut self) {
        let fresh = Self::new(self.id.clone(), self.kind, &self.region, self.created);
        *self = Self {
            instance_id: self.instance_id.take(),
            direction: self.direction,
            bought: std::mem::take(&mut self.bought),
            ..fresh
        };
    }

    /// Whether the job goes on after the full load.
    pub(crate) fn replicates(&self) -> bool {
        self.configuration
            .as_ref()
            .is_some_and(|configuration| configuration.modes.increment)
    }
}
