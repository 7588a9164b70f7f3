//! In which statuses of a job each action calls DTS, in which there is nothing to do, and in which it is an error: one table, which
//! decides and which writes the error (dts-api.md 3.2 and 3.5).

/// Why a subscription is not stopped, whatever its status is.
pub(super) const SUBSCRIPTION: &str = "It is a subscription, which cannot be stopped. Invoke `dts_suspend_job` to pause it, or release its instance.";

/// An action, as a column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Start,
    Suspend,
    Stop,
    Reset,
    Precheck,
    SkipPrecheck,
}

/// What a status means for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// DTS takes the call.
    Go,
    /// The job is there already.
    Done,
    /// DTS does not take the call; what to do instead.
    Wrong(&'static str),
}

use Answer::{Done, Go, Wrong};

const NEW: Answer =
    Wrong("Configure it first, as a `dts_job` on its instance: there is nothing to check or to start yet.");
const IDLE: Answer = Wrong(
    "It does not move data yet, so there is nothing to suspend and nothing to stop. Invoke `dts_start_job` first, or leave it as it is.",
);
const FAILED: Answer =
    Wrong("It has failed, so it moves nothing. Repair the cause and start it, or stop it for good.");
const ENDED: Answer = Wrong("It has ended for good.");
const BUSY: Answer = Wrong("DTS is changing it. Wait until that is over, and invoke the action again.");
const LOCKED: Answer = Wrong(
    "Its instance is locked, as after arrears or when its time is over. Pay what is due or renew it: DTS unlocks it then.",
);
const SUBSCRIBED: Answer = Wrong(SUBSCRIPTION);
const CHECKED: Answer = Wrong("It passed its precheck before it started, and DTS runs none later.");
const UNCHECKED: Answer = Wrong("Invoke `dts_precheck` first: DTS skips what a precheck has found.");

/// Every status that DTS has, with the answers to start, suspend, stop, reset, precheck and skip its checks.
#[rustfmt::skip]
const TABLE: [(&str, [Answer; 6]); 22] = [
    ("NotConfigured",    [NEW,    IDLE,   IDLE,       Done, NEW,     UNCHECKED]),
    ("NotStarted",       [Go,     IDLE,   IDLE,       Go,   Go,      UNCHECKED]),
    ("Prechecking",      [Done,   IDLE,   IDLE,       Go,   Go,      Go]),
    ("PrecheckFailed",   [Go,     IDLE,   IDLE,       Go,   Go,      Go]),
    ("PreCheckPass",     [Go,     IDLE,   IDLE,       Go,   Go,      Go]),
    ("Initializing",     [Done,   Go,     Go,         Go,   CHECKED, CHECKED]),
    ("InitializeFailed", [Go,     FAILED, Go,         Go,   CHECKED, CHECKED]),
    ("Migrating",        [Done,   Go,     Go,         Go,   CHECKED, CHECKED]),
    ("MigrationFailed",  [Go,     FAILED, Go,         Go,   CHECKED, CHECKED]),
    ("Synchronizing",    [Done,   Go,     Go,         Go,   CHECKED, CHECKED]),
    ("Failed",           [Go,     FAILED, Go,         Go,   CHECKED, CHECKED]),
    ("Modifying",        [BUSY,   BUSY,   BUSY,       Go,   CHECKED, CHECKED]),
    ("ModifyFailed",     [Go,     FAILED, Go,         Go,   CHECKED, CHECKED]),
    ("Starting",         [Done,   Go,     SUBSCRIBED, Go,   CHECKED, CHECKED]),
    ("Normal",           [Done,   Go,     SUBSCRIBED, Go,   CHECKED, CHECKED]),
    // A subscription that is suspended has no status of its own for that.
    ("Abnormal",         [Go,     Done,   SUBSCRIBED, Go,   CHECKED, CHECKED]),
    ("Suspending",       [Go,     Done,   Go,         Go,   CHECKED, CHECKED]),
    ("Retrying",         [Done,   Go,     Go,         Go,   CHECKED, CHECKED]),
    ("Finished",         [ENDED,  ENDED,  Done,       Go,   CHECKED, CHECKED]),
    ("Upgrade",          [BUSY,   BUSY,   BUSY,       Go,   CHECKED, CHECKED]),
    ("Downgrade",        [BUSY,   BUSY,   BUSY,       Go,   CHECKED, CHECKED]),
    ("Locked",           [LOCKED, LOCKED, LOCKED,     LOCKED, CHECKED, CHECKED]),
];

impl Ask {
    /// The answer at a status; `finished`: the job has come to its end by itself, which is no failure to start or to pause it. A status
    /// that is not known is left to DTS, which knows it.
    pub(super) fn at(self, status: &str, finished: bool) -> Answer {
        let known = TABLE.iter().find(|(name, _)| name.eq_ignore_ascii_case(status));
        match known.map(|(_, answers)| answers[self as usize]) {
            Some(ENDED) if finished => Done,
            Some(answer) => answer,
            None => Go,
        }
    }

    /// The statuses in which DTS takes the call.
    pub(super) fn allowed(self) -> Vec<&'static str> {
        let goes = |(_, answers): &&(&str, [Answer; 6])| answers[self as usize] == Go;
        TABLE.iter().filter(goes).map(|(name, _)| *name).collect()
    }

    /// As in `Unable to start DTS job`.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Ask::Start => "start",
            Ask::Suspend => "suspend",
            Ask::Stop => "stop",
            Ask::Reset => "reset",
            Ask::Precheck => "precheck",
            Ask::SkipPrecheck => "skip prechecks of",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_count_and_what_is_not_known_is_left_to_dts() {
        assert_eq!(Ask::Suspend.at("synchronizing", false), Go);
        assert_eq!(Ask::Stop.at("LOCKED", false), LOCKED);
        assert_eq!(Ask::Start.at("SomethingNew", false), Go);
        assert_eq!(Ask::Start.at("Finished", true), Done);
        assert_eq!(Ask::Start.at("Finished", false), ENDED);
        assert_eq!(
            Ask::SkipPrecheck.allowed(),
            ["Prechecking", "PrecheckFailed", "PreCheckPass"]
        );
    }
}
