//! From where a job is to where the user wants it: which calls lead there, or why none does.

use super::status::Stage;

/// What the user wants a job to be (`desired_status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Desired {
    /// Configured, nothing run by us.
    Configured,
    /// Checked, not started.
    Prechecked,
    /// Moving data, or done with it.
    Running,
    /// Paused.
    Suspended,
    /// Ended for good.
    Stopped,
}

impl Desired {
    /// Every spelling, in the order of a job's life.
    pub(super) const ALL: [&str; 5] = ["configured", "prechecked", "running", "suspended", "stopped"];

    /// Reads the attribute's value.
    pub(super) fn parse(text: &str) -> Option<Desired> {
        match text {
            "configured" => Some(Desired::Configured),
            "prechecked" => Some(Desired::Prechecked),
            "running" => Some(Desired::Running),
            "suspended" => Some(Desired::Suspended),
            "stopped" => Some(Desired::Stopped),
            _ => None,
        }
    }

    /// The attribute's value.
    pub(super) fn name(self) -> &'static str {
        match self {
            Desired::Configured => "configured",
            Desired::Prechecked => "prechecked",
            Desired::Running => "running",
            Desired::Suspended => "suspended",
            Desired::Stopped => "stopped",
        }
    }
}

/// A call that moves a job along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// `StartDtsJob`
    Start,
    /// `SuspendDtsJob`
    Suspend,
    /// `StopDtsJob`
    Stop,
}

/// What matters of a job for the way ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    /// Where it is.
    pub(super) stage: Stage,
    /// Whether an instance is paid for, so that a start runs more than the precheck.
    pub(super) has_instance: bool,
    /// Whether it ends by itself: a migration without incremental part, if nobody stopped it on the way.
    pub(super) one_time: bool,
    /// Whether it can be reset and configured again (SYNC; a migration cannot).
    pub(super) resettable: bool,
}

/// The way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// These calls in this order; none when the job is there already.
    Moves(Vec<Move>),
    /// Not in place: the job has to be configured anew. Says why.
    Anew(String),
    /// Not at all. Says why, and what to do.
    Refused(String),
}

const NEEDS_INSTANCE: &str = "There is no instance to run it on. Set `dts_instance_id`, or leave it `prechecked` and buy \
                              the instance with `dts_instance` (`job_id`, and `auto_start = true` to start the job).";

/// The way of a job that exists.
pub(super) fn course(now: Situation, desired: Desired) -> Course {
    use Move::{Start, Stop, Suspend};
    use Stage::{
        Failed, Finished, NotConfigured, NotStarted, PreCheckPass, PrecheckFailed, Prechecking, Running,
        Suspended,
    };
    let moves = |moves: &[Move]| Course::Moves(moves.to_vec());
    if !now.has_instance && matches!(desired, Desired::Running | Desired::Suspended | Desired::Stopped) {
        return Course::Refused(NEEDS_INSTANCE.to_owned());
    }
    match (desired, now.stage) {
        // Floors: who has come further without failing satisfies them.
        (Desired::Configured, _) => moves(&[]),
        // Bought for since: another precheck that passes would also start it, which nobody asked for.
        (Desired::Prechecked, _) if now.has_instance => moves(&[]),
        (Desired::Prechecked, NotConfigured | NotStarted | PrecheckFailed) => moves(&[Start]),
        (Desired::Prechecked, _) => moves(&[]),

        (Desired::Running, NotConfigured | NotStarted | PrecheckFailed | PreCheckPass | Failed | Suspended) => {
            moves(&[Start])
        }
        (Desired::Running, Prechecking | Running) => moves(&[]),
        (Desired::Running, Finished) if now.one_time => moves(&[]),
        (Desired::Running, Finished) if now.resettable => Course::Anew("it was stopped, which ends it for good".to_owned()),
        (Desired::Running, Finished) => Course::Refused(
            "The job was stopped, which ends a migration for good: it cannot be started again. Set `stopped` to accept \
             that, or replace its instance and the job with it (`terraform apply -replace` on the `dts_instance`, or \
             `replace_triggered_by` in its `lifecycle`)."
                .to_owned(),
        ),

        // Nothing moves: there is nothing to pause, and DTS pauses no job that has not run.
        (Desired::Suspended, NotConfigured | NotStarted | PrecheckFailed | PreCheckPass) => moves(&[]),
        (Desired::Suspended, Prechecking | Running) => moves(&[Suspend]),
        (Desired::Suspended, Suspended | Failed) => moves(&[]),
        (Desired::Suspended, Finished) if now.one_time => Course::Refused(
            "The migration has moved everything and has finished: there is nothing left to suspend. Set `running`, which it has come to the \
             end of, or `stopped`; neither calls anything."
                .to_owned(),
        ),
        (Desired::Suspended, Finished) => {
            Course::Refused("The job was stopped, which ends it for good. Set `stopped` to accept that.".to_owned())
        }

        (Desired::Stopped, Prechecking | Running | Failed | Suspended) => moves(&[Stop]),
        (Desired::Stopped, Finished) => moves(&[]),
        (Desired::Stopped, NotConfigured | NotStarted | PrecheckFailed | PreCheckPass) => Course::Refused(
            "The job has not run yet, so there is nothing to stop. Set `configured` to leave it as it is.".to_owned(),
        ),
    }
}

/// The way of a job that is about to be configured, after `ConfigureDtsJob`. With an instance `running` needs no call:
/// the configuration itself starts the precheck, and what follows it.
pub(super) fn course_after_configure(has_instance: bool, desired: Desired) -> Course {
    match desired {
        Desired::Configured => Course::Moves(Vec::new()),
        Desired::Prechecked if has_instance => Course::Refused(
            "With an instance a precheck that passes also starts the job. Set `running` to start it, or `configured` \
             to only configure it."
                .to_owned(),
        ),
        Desired::Prechecked => Course::Moves(vec![Move::Start]),
        Desired::Running | Desired::Suspended | Desired::Stopped if !has_instance => {
            Course::Refused(NEEDS_INSTANCE.to_owned())
        }
        // Held, as `configured`: a job is not started only to be paused.
        Desired::Running | Desired::Suspended => Course::Moves(Vec::new()),
        Desired::Stopped => Course::Refused(
            "A job that is only just configured has nothing to stop. Set `configured` to not run it.".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Move::{Start, Stop, Suspend};

    const SYNC: Situation = Situation {
        stage: Stage::Running,
        has_instance: true,
        one_time: false,
        resettable: true,
    };

    fn check(now: Situation, desired: &str, expected: &[Move]) {
        let desired = Desired::parse(desired).unwrap();
        assert_eq!(
            course(now, desired),
            Course::Moves(expected.to_vec()),
            "{now:?} {desired:?}"
        );
    }

    fn refused(now: Situation, desired: &str, part: &str) {
        match course(now, Desired::parse(desired).unwrap()) {
            Course::Refused(why) => assert!(why.contains(part), "{why}"),
            other => panic!("{now:?} {desired}: {other:?}"),
        }
    }

    #[test]
    fn with_an_instance() {
        let at = |stage| Situation { stage, ..SYNC };
        for (stage, desired, moves) in [
            (Stage::NotStarted, "configured", &[][..]),
            (Stage::PrecheckFailed, "configured", &[]),
            (Stage::Running, "configured", &[]),
            (Stage::Running, "prechecked", &[]),
            (Stage::PreCheckPass, "prechecked", &[]),
            (Stage::NotStarted, "prechecked", &[]),
            (Stage::PrecheckFailed, "prechecked", &[]),
            (Stage::NotStarted, "running", &[Start]),
            (Stage::PrecheckFailed, "running", &[Start]),
            (Stage::PreCheckPass, "running", &[Start]),
            (Stage::Prechecking, "running", &[]),
            (Stage::Running, "running", &[]),
            (Stage::Suspended, "running", &[Start]),
            (Stage::Failed, "running", &[Start]),
            (Stage::Running, "suspended", &[Suspend]),
            (Stage::Suspended, "suspended", &[]),
            (Stage::NotStarted, "suspended", &[]),
            (Stage::PreCheckPass, "suspended", &[]),
            (Stage::Prechecking, "suspended", &[Suspend]),
            (Stage::Running, "stopped", &[Stop]),
            (Stage::Suspended, "stopped", &[Stop]),
            (Stage::Finished, "stopped", &[]),
        ] {
            check(at(stage), desired, moves);
        }
        refused(at(Stage::NotStarted), "stopped", "nothing to stop");
        refused(at(Stage::Finished), "suspended", "for good");
    }

    #[test]
    fn without_an_instance() {
        let at = |stage| Situation {
            stage,
            has_instance: false,
            ..SYNC
        };
        check(at(Stage::NotStarted), "prechecked", &[Start]);
        check(at(Stage::PrecheckFailed), "prechecked", &[Start]);
        check(at(Stage::PreCheckPass), "prechecked", &[]);
        for desired in ["running", "suspended", "stopped"] {
            refused(at(Stage::PreCheckPass), desired, "dts_instance_id");
        }
    }

    #[test]
    fn the_end_of_a_job() {
        let ended = Situation {
            stage: Stage::Finished,
            ..SYNC
        };
        check(
            Situation {
                one_time: true,
                resettable: false,
                ..ended
            },
            "running",
            &[],
        );
        assert!(matches!(course(ended, Desired::Running), Course::Anew(_)));
        refused(
            Situation {
                resettable: false,
                ..ended
            },
            "running",
            "replace_triggered_by",
        );
        let done = Situation {
            one_time: true,
            resettable: false,
            ..ended
        };
        refused(done, "suspended", "nothing left to suspend");
        check(done, "stopped", &[]);
    }

    #[test]
    fn after_configuring() {
        for (instance, desired, moves) in [
            (true, Desired::Configured, Some(&[][..])),
            (true, Desired::Prechecked, None),
            (true, Desired::Running, Some(&[])),
            (true, Desired::Suspended, Some(&[])),
            (true, Desired::Stopped, None),
            (false, Desired::Configured, Some(&[])),
            (false, Desired::Prechecked, Some(&[Start])),
            (false, Desired::Running, None),
            (false, Desired::Suspended, None),
            (false, Desired::Stopped, None),
        ] {
            let expected = moves.map(|moves| Course::Moves(moves.to_vec()));
            let found = course_after_configure(instance, desired);
            assert_eq!(
                Some(&found).filter(|found| matches!(found, Course::Moves(_))),
                expected.as_ref()
            );
        }
    }

    #[test]
    fn names_round_trip() {
        for name in Desired::ALL {
            assert_eq!(Desired::parse(name).map(Desired::name), Some(name));
        }
    }
}
