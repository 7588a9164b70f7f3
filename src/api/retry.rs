//! What may be sent again, and when. Pure but for the dice, which come in. A call of DTS that was
//! refused for its rate does not come here: `throttle` says when it is sent again.

use std::time::Duration;

use super::client::Safety;

/// Why an attempt failed, as far as repeating is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Refused for the rate of calls, before any effect; with the wait that the server asked for.
    Throttled(Option<Duration>),
    /// The same, from something that has not shown yet that it is DTS.
    StrangerThrottled(Option<Duration>),
    /// Nothing was sent.
    NotSent,
    /// No usable answer: it may have taken effect.
    NoAnswer,
    /// The same, from something that has not shown yet that it is DTS.
    Stranger,
    /// The nonce had been seen: with a fresh one, something on the way sent the request twice.
    NonceUsed,
    /// Refused because the keys have expired, before any effect. The client repeats it with others, if there are any.
    Expired,
    /// Anything that would fail again.
    Final,
}

/// How often each failure happened in one call.
#[derive(Debug, Default)]
pub(super) struct Failures {
    throttled: u32,
    not_sent: u32,
    no_answer: u32,
    stranger: u32,
    nonce_used: u32,
}

impl Failures {
    /// Counts `failure`, and tells its count.
    pub(super) fn count(&mut self, failure: Failure) -> u32 {
        let counter = match failure {
            Failure::NotSent => &mut self.not_sent,
            Failure::NoAnswer => &mut self.no_answer,
            Failure::Stranger => &mut self.stranger,
            Failure::NonceUsed => &mut self.nonce_used,
            Failure::Throttled(_) | Failure::StrangerThrottled(_) => &mut self.throttled,
            Failure::Expired | Failure::Final => return 1,
        };
        *counter = counter.saturating_add(1);
        *counter
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Send again after this wait.
    Repeat(Duration),
    /// Report the failure.
    Stop,
}

/// Limits of repeating.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    /// A call, from its first attempt, starts no attempt later than this. Time that its rate cost does not count.
    pub(super) budget: Duration,
    /// First wait; each further one is twice as long.
    pub(super) base: Duration,
    /// Longest wait.
    pub(super) cap: Duration,
    /// Attempts of a call that got no answer.
    pub(super) attempts_without_answer: u32,
    /// Attempts of a call that a stranger answered: at a wrong endpoint it stays so, and a gateway in front of DTS gets a moment.
    pub(super) attempts_with_stranger: u32,
    /// Attempts of a call that a stranger refused for the rate: a gateway in front of DTS soon lets one through.
    pub(super) attempts_throttled_by_stranger: u32,
    /// Attempts of a call that could not be sent: what is unreachable mostly stays so.
    pub(super) attempts_not_sent: u32,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            budget: Duration::from_secs(120),
            base: Duration::from_secs(1),
            cap: Duration::from_secs(20),
            attempts_without_answer: 5,
            attempts_with_stranger: 3,
            attempts_throttled_by_stranger: 5,
            attempts_not_sent: 3,
        }
    }
}

impl Policy {
    /// Decides after `failure` happened for the `count`th time (from 1), `elapsed` after the first attempt began. `dice`
    /// is in 0..1.
    pub(super) fn decide(
        &self,
        failure: Failure,
        safety: Safety,
        count: u32,
        elapsed: Duration,
        dice: f64,
    ) -> Decision {
        let wait = match failure {
            // Of other services than DTS, whose few calls need no pace. Refused before it had an effect, whatever it is.
            Failure::Throttled(asked) => self.grown(count, dice).max(asked.unwrap_or_default()),
            // As long as it asks for, its lane is closed.
            Failure::StrangerThrottled(_) if count < self.attempts_throttled_by_stranger => {
                self.grown(count, dice)
            }
            Failure::NotSent if count < self.attempts_not_sent => self.grown(count, dice),
            Failure::NoAnswer if safety == Safety::Read && count < self.attempts_without_answer => {
                self.grown(count, dice)
            }
            Failure::Stranger if safety == Safety::Read && count < self.attempts_with_stranger => {
                self.grown(count, dice)
            }
            // The copy that came first may have been executed, which only matters if once is not enough.
            Failure::NonceUsed if safety != Safety::Once && count == 1 => Duration::ZERO,
            Failure::NotSent
            | Failure::NoAnswer
            | Failure::Stranger
            | Failure::StrangerThrottled(_)
            | Failure::NonceUsed
            | Failure::Expired
            | Failure::Final => return Decision::Stop,
        };
        if elapsed.saturating_add(wait) > self.budget {
            Decision::Stop
        } else {
            Decision::Repeat(wait)
        }
    }

    /// Doubling waits, of which the upper half is by chance: clients that were refused together come back apart.
    fn grown(&self, count: u32, dice: f64) -> Duration {
        let doubled = self
            .base
            .saturating_mul(1_u32.checked_shl(count.saturating_sub(1)).unwrap_or(u32::MAX));
        doubled.min(self.cap).mul_f64(0.5 + dice.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Safety; 3] = [Safety::Read, Safety::Repeatable, Safety::Once];

    fn check(failure: Failure, safety: Safety, attempt: u32, elapsed_s: u64, expected: Option<u64>) {
        let decision =
            Policy::default().decide(failure, safety, attempt, Duration::from_secs(elapsed_s), 1.0);
        let expected = expected.map_or(Decision::Stop, |millis| {
            Decision::Repeat(Duration::from_millis(millis))
        });
        assert_eq!(
            decision, expected,
            "{failure:?} {safety:?} attempt {attempt} after {elapsed_s} s"
        );
    }

    #[test]
    fn throttling_is_waited_out_whatever_the_call_is() {
        let asked = |millis| Failure::Throttled(Some(Duration::from_millis(millis)));
        for safety in ALL {
            let throttled = Failure::Throttled(None);
            check(throttled, safety, 1, 0, Some(1000));
            check(throttled, safety, 6, 40, Some(20_000));
            check(throttled, safety, 7, 101, None);
            check(asked(30_000), safety, 1, 0, Some(30_000));
            check(asked(10), safety, 1, 0, Some(1000));
            let forever = Failure::Throttled(Some(Duration::MAX));
            check(forever, safety, 1, 1, None);
        }
    }

    #[test]
    fn no_attempt_starts_after_the_budget() {
        check(Failure::NoAnswer, Safety::Read, 1, 119, Some(1000));
        check(Failure::NoAnswer, Safety::Read, 2, 119, None);
    }

    #[test]
    fn what_was_not_sent_is_repeated_briefly() {
        for safety in ALL {
            check(Failure::NotSent, safety, 1, 0, Some(1000));
            check(Failure::NotSent, safety, 2, 1, Some(2000));
            check(Failure::NotSent, safety, 3, 3, None);
        }
    }

    #[test]
    fn only_a_read_is_repeated_without_an_answer() {
        check(Failure::NoAnswer, Safety::Read, 1, 30, Some(1000));
        check(Failure::NoAnswer, Safety::Read, 4, 60, Some(8000));
        check(Failure::NoAnswer, Safety::Read, 5, 60, None);
        check(Failure::NoAnswer, Safety::Repeatable, 1, 0, None);
        check(Failure::NoAnswer, Safety::Once, 1, 0, None);
    }

    #[test]
    fn a_stranger_is_asked_again_briefly() {
        check(Failure::Stranger, Safety::Read, 1, 0, Some(1000));
        check(Failure::Stranger, Safety::Read, 2, 1, Some(2000));
        check(Failure::Stranger, Safety::Read, 3, 3, None);
        check(Failure::Stranger, Safety::Repeatable, 1, 0, None);
        check(Failure::Stranger, Safety::Once, 1, 0, None);
    }

    #[test]
    fn a_stranger_that_refuses_for_the_rate_is_asked_a_few_times_more() {
        let refused = Failure::StrangerThrottled(Some(Duration::from_secs(3600)));
        for safety in ALL {
            check(refused, safety, 1, 0, Some(1000));
            check(refused, safety, 4, 7, Some(8000));
            check(refused, safety, 5, 15, None);
        }
    }

    #[test]
    fn a_used_nonce_is_renewed_once_and_never_for_a_purchase() {
        check(Failure::NonceUsed, Safety::Read, 1, 0, Some(0));
        check(Failure::NonceUsed, Safety::Repeatable, 1, 0, Some(0));
        check(Failure::NonceUsed, Safety::Read, 2, 0, None);
        check(Failure::NonceUsed, Safety::Once, 1, 0, None);
    }

    #[test]
    fn what_would_fail_again_is_not_repeated() {
        for safety in ALL {
            check(Failure::Final, safety, 1, 0, None);
        }
    }

    #[test]
    fn the_dice_move_a_wait_within_its_upper_half() {
        let policy = Policy::default();
        let wait = |dice| policy.decide(Failure::NotSent, Safety::Read, 2, Duration::ZERO, dice);
        assert_eq!(wait(0.0), Decision::Repeat(Duration::from_millis(1000)));
        assert_eq!(wait(0.5), Decision::Repeat(Duration::from_millis(1500)));
        assert_eq!(wait(1.0), Decision::Repeat(Duration::from_millis(2000)));
    }
}
