//! What slows clients down: so many calls a second and no more, and how long every answer takes.

use std::{collections::VecDeque, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::reply::Refusal;

/// The time over which calls are counted.
const WINDOW: SignedDuration = SignedDuration::from_secs(1);

/// The limits of an emulator. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How many calls of all actions together are taken within any second; `None` for any number.
    pub calls_per_second: Option<u32>,
    /// How much longer every answer to a call takes, in milliseconds.
    pub latency_ms: u64,
}

impl Limits {
    pub(crate) fn latency(self) -> Duration {
        Duration::from_millis(self.latency_ms)
    }
}

/// The calls taken within the last second.
#[derive(Debug, Default)]
pub(crate) struct Taken(VecDeque<Timestamp>);

impl Taken {
    /// Takes a call at `now`, or refuses it. What is refused does not count.
    pub(crate) fn take(&mut self, limits: Limits, now: Timestamp) -> Result<(), Refusal> {
        let Some(most) = limits.calls_per_second else {
            return Ok(());
        };
        while self
            .0
            .front()
            .is_some_and(|&taken| now.duration_since(taken) >= WINDOW)
        {
            self.0.pop_front();
        }
        if self.0.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            // dts-api.md 7.1 has this code and status for calls above the rate of an account.
            return Err(Refusal::new(
                400,
                "Throttling.User",
                "Request was denied due to user flow control.",
            ));
        }
        self.0.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_any_second_no_more_than_the_limit() {
        let limits = Limits {
            calls_per_second: Some(2),
            ..Limits::default()
        };
        let mut taken = Taken::default();
        let calls = [
            (0, true),
            (600, true),
            (700, false),
            (999, false),
            (1000, true),
            (1001, false),
            (1600, true),
        ];
        for (millis, expected) in calls {
            let now = Timestamp::from_millisecond(millis).unwrap();
            assert_eq!(taken.take(limits, now).is_ok(), expected, "at {millis} ms");
        }
    }

    #[test]
    fn without_a_limit_everything_is_taken() {
        let mut taken = Taken::default();
        for _ in 0..1000 {
            taken.take(Limits::default(), Timestamp::UNIX_EPOCH).unwrap();
        }
    }
}
