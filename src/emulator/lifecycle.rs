//! When jobs move on: at once, by the number of times they were described, or by the clock.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};

/// When a job that is in a passing state (`Prechecking`, `Initializing`, ...) reaches the next one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lifecycle {
    /// Every describe shows the state in which the job settles.
    Immediate,
    /// Each transition takes that many describes of the job (DescribeDtsJobDetail, DescribePreCheckStatus, and
    /// DescribeDtsJobs where it lists the job): they show the passing state, the next one shows the state after it.
    Reads(u32),
    /// Each transition takes that many seconds.
    Seconds(f64),
}

/// The text is none of `immediate`, `reads:N`, `seconds:S`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown lifecycle {0:?}: use immediate, reads:N (a whole number), or seconds:S (such as 0.5)")]
pub struct ParseLifecycleError(String);

/// The longest transition by the clock, in seconds: a day is more than any test waits.
const LONGEST_SECONDS: f64 = 86_400.0;

impl FromStr for Lifecycle {
    type Err = ParseLifecycleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || ParseLifecycleError(text.to_owned());
        match text.split_once(':') {
            None if text == "immediate" => Ok(Self::Immediate),
            Some(("reads", count)) => count.parse().map(Self::Reads).map_err(|_| unknown()),
            Some(("seconds", seconds)) => match seconds.parse::<f64>() {
                Ok(seconds) if (0.0..=LONGEST_SECONDS).contains(&seconds) => Ok(Self::Seconds(seconds)),
                _ => Err(unknown()),
            },
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Immediate => f.write_str("immediate"),
            Self::Reads(count) => write!(f, "reads:{count}"),
            Self::Seconds(seconds) => write!(f, "seconds:{seconds}"),
        }
    }
}

/// How far a transition has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Elapsed {
    reads: u32,
    since: Timestamp,
}

impl Elapsed {
    /// A transition that begins at `since`.
    pub(crate) fn starting(since: Timestamp) -> Self {
        Self { reads: 0, since }
    }

    /// The job was described once more.
    pub(crate) fn read(&mut self) {
        self.reads = self.reads.saturating_add(1);
    }

    /// The time at which the transition was over, if it is.
    pub(crate) fn over(&self, lifecycle: Lifecycle, now: Timestamp) -> Option<Timestamp> {
        match lifecycle {
            Lifecycle::Immediate => Some(self.since),
            Lifecycle::Reads(count) => (self.reads >= count).then_some(now),
            Lifecycle::Seconds(seconds) => {
                let end = self
                    .since
                    .saturating_add(SignedDuration::from_secs_f64(seconds))
                    .ok()?;
                (end <= now).then_some(end)
            }
        }
    }

    /// How many of `parts` steps inside the transition are done: the first describe already shows some.
    pub(crate) fn steps_done(&self, lifecycle: Lifecycle, now: Timestamp, parts: usize) -> usize {
        match lifecycle {
            Lifecycle::Immediate => parts,
            Lifecycle::Reads(count) => {
                let (done, all) = (self.reads as usize + 1, count as usize + 1);
                parts.saturating_mul(done) / all.max(done)
            }
            Lifecycle::Seconds(seconds) => {
                let passed = now.duration_since(self.since).as_secs_f64().max(0.0);
                (1..=parts)
                    .take_while(|&part| part as f64 * seconds <= passed * parts as f64)
                    .count()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        for (text, expected) in [
            ("immediate", Some(Lifecycle::Immediate)),
            ("reads:2", Some(Lifecycle::Reads(2))),
            ("reads:0", Some(Lifecycle::Reads(0))),
            ("seconds:0.5", Some(Lifecycle::Seconds(0.5))),
            ("seconds:10", Some(Lifecycle::Seconds(10.0))),
            ("", None),
            ("Immediate", None),
            ("reads", None),
            ("reads:-1", None),
            ("reads:1.5", None),
            ("seconds:-1", None),
            ("seconds:NaN", None),
            ("seconds:1e99", None),
            ("weeks:1", None),
        ] {
            let parsed = text.parse::<Lifecycle>().ok();
            assert_eq!(parsed, expected, "{text:?}");
            if let Some(lifecycle) = parsed {
                assert_eq!(lifecycle.to_string(), text);
            }
        }
    }

    #[test]
    fn a_transition_by_reads_shows_the_passing_state_that_often() {
        let now = Timestamp::UNIX_EPOCH;
        let mut elapsed = Elapsed::starting(now);
        let mut shown = Vec::new();
        for _ in 0..4 {
            shown.push((
                elapsed.over(Lifecycle::Reads(2), now).is_some(),
                elapsed.steps_done(Lifecycle::Reads(2), now, 9),
            ));
            elapsed.read();
        }
        assert_eq!(shown, [(false, 3), (false, 6), (true, 9), (true, 9)]);
    }

    #[test]
    fn a_transition_by_seconds_follows_the_clock() {
        let lifecycle = Lifecycle::Seconds(2.0);
        let elapsed = Elapsed::starting(Timestamp::UNIX_EPOCH);
        for (milliseconds, over, steps) in [
            (0, false, 0),
            (500, false, 1),
            (1999, false, 3),
            (2000, true, 4),
            (9000, true, 4),
        ] {
            let now = Timestamp::from_millisecond(milliseconds).unwrap();
            let end = elapsed.over(lifecycle, now);
            assert_eq!(
                end,
                over.then(|| Timestamp::from_millisecond(2000).unwrap()),
                "{milliseconds} ms"
            );
            assert_eq!(elapsed.steps_done(lifecycle, now, 4), steps, "{milliseconds} ms");
        }
    }
}
