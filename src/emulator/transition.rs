//! How jobs move from state to state.

use jiff::Timestamp;

use super::{
    checks,
    fixtures::Fixtures,
    lifecycle::{Elapsed, Lifecycle},
    model::{Job, Kind, Precheck, Status},
};

/// What a job is passing through. Until that is over, the job shows the state given here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    /// `Prechecking`.
    Precheck,
    /// Structure and full load: `Migrating` or `Initializing`.
    Load,
    /// Shows the running state until it is `Suspending`.
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

    /// Moves on to where the job is at `now`.
    pub(crate) fn advance(&mut self, lifecycle: Lifecycle, now: Timestamp) {
        while let Some((passing, elapsed)) = self.passing {
            let Some(end) = elapsed.over(lifecycle, now) else {
                return;
            };
            self.passing = None;
            self.arrive(passing, end);
        }
    }

    fn arrive(&mut self, passing: Passing, at: Timestamp) {
        match passing {
            Passing::Precheck => self.judge(at),
            Passing::Load => {
                self.loaded = true;
                match self.kind {
                    Kind::Migration if self.replicates() => {}
                    Kind::Migration => self.finish(at),
                    Kind::Sync | Kind::Subscribe => self.status = Status::Synchronizing,
                }
            }
            Passing::Suspend => self.status = Status::Suspending,
            Passing::Stop => self.finish(at),
            Passing::Reset => self.clear(),
            Passing::Modify => self.status = Status::Synchronizing,
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
        let loads = self
            .configuration
            .as_ref()
            .is_some_and(|configuration| configuration.modes.structure || configuration.modes.data);
        self.status = match self.kind {
            Kind::Migration => Status::Migrating,
            Kind::Sync | Kind::Subscribe if loads && !self.loaded => Status::Initializing,
            Kind::Sync | Kind::Subscribe => Status::Synchronizing,
        };
        if loads && !self.loaded {
            self.begin(Passing::Load, at);
        } else {
            self.loaded = true;
        }
    }

    fn finish(&mut self, at: Timestamp) {
        self.status = Status::Finished;
        self.finished = Some(at);
    }

    /// The configuration is gone; the job keeps its id and its instance.
    fn clear(&mut self) {
        let fresh = Self::new(self.id.clone(), self.kind, &self.region, self.created);
        *self = Self {
            instance_id: self.instance_id.take(),
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
