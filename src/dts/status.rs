//! What DTS says of a job (`Status`), put into the few stages that decide what can be done next
//! (dts-api.md 3.2). Spelling differs between actions, so letters are compared without case.

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Bought but not configured, or reset.
    NotConfigured,
    /// Configured; nothing has run.
    NotStarted,
    /// The precheck runs.
    Prechecking,
    /// A check failed: nothing has been moved.
    PrecheckFailed,
    /// All checks passed; waits for an instance or a start.
    PreCheckPass,
    /// Moves data, or is about to, or changes while it does.
    Running,
    /// Stopped by a failure; a start resumes it.
    Failed,
    /// Paused (`Suspending` is DTS's word for it); a start resumes it.
    Suspended,
    /// Completed or stopped, for good.
    Finished,
}

impl Stage {
    /// The stage of a status as DTS spells it. A status that we do not know counts as running: nothing is
    /// started or released on a guess.
    pub(super) fn of(status: &str) -> Stage {
        match status.to_ascii_lowercase().as_str() {
            "notconfigured" => Stage::NotConfigured,
            "notstarted" => Stage::NotStarted,
            "prechecking" => Stage::Prechecking,
            "precheckfailed" => Stage::PrecheckFailed,
            "precheckpass" => Stage::PreCheckPass,
            "initializefailed" | "migrationfailed" | "failed" | "modifyfailed" | "abnormal" | "locked" => {
                Stage::Failed
            }
            "suspending" => Stage::Suspended,
            "finished" => Stage::Finished,
            _ => Stage::Running,
        }
    }

    /// Whether the job has moved data, or may have.
    pub(super) fn has_run(self) -> bool {
        self >= Stage::Running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_status_has_its_stage() {
        for (status, stage, has_run) in [
            ("NotConfigured", Stage::NotConfigured, false),
            ("NotStarted", Stage::NotStarted, false),
            ("Prechecking", Stage::Prechecking, false),
            ("PrecheckFailed", Stage::PrecheckFailed, false),
            ("PreCheckPass", Stage::PreCheckPass, false),
            ("Initializing", Stage::Running, true),
            ("Migrating", Stage::Running, true),
            ("Synchronizing", Stage::Running, true),
            ("synchronizing", Stage::Running, true),
            ("Modifying", Stage::Running, true),
            ("Retrying", Stage::Running, true),
            ("Upgrade", Stage::Running, true),
            ("Downgrade", Stage::Running, true),
            ("InitializeFailed", Stage::Failed, true),
            ("MigrationFailed", Stage::Failed, true),
            ("Failed", Stage::Failed, true),
            ("ModifyFailed", Stage::Failed, true),
            ("Locked", Stage::Failed, true),
            ("Suspending", Stage::Suspended, true),
            ("Finished", Stage::Finished, true),
            ("SomethingNew", Stage::Running, true),
        ] {
            assert_eq!(Stage::of(status), stage, "{status}");
            assert_eq!(stage.has_run(), has_run, "{status}");
        }
    }
}
