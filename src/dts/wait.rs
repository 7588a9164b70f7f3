//! Waiting for DTS: polls with growing intervals, ends at once on Stop, and says what it saw last.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::api;
use crate::framework::{Diagnostic, Diagnostics};

/// Shortest time between two polls of one job.
const SHORTEST: Duration = Duration::from_secs(1);
/// Longest time between two polls, before they are put on the grid.
const LONGEST: Duration = Duration::from_secs(30);
/// Polls are put off to a full half second of the clock: those of many jobs then come together, and share a call.
const GRID: Duration = Duration::from_millis(500);

/// What a poll found.
pub(super) enum Poll<T> {
    /// It is there.
    Ready(T),
    /// Not yet; the text says what was seen, for the message when the time is up.
    Pending(String),
    /// It could not be read, which says nothing of what is waited for. Several times in a row it is the end.
    Unread(Diagnostics),
}

/// How many times in a row something may be unreadable: one lost answer must not end a wait of hours, and taint what goes well.
const UNREADABLE: usize = 3;

/// How long, for whom, and what to raise.
pub(super) struct Patience<'a> {
    /// For the message: `Unable to <what>`.
    pub(super) what: &'a str,
    /// At most this long.
    pub(super) limit: Duration,
    /// The argument that raises the limit, such as `timeouts.create`.
    pub(super) raise: &'a str,
    /// Tripped by Stop.
    pub(super) cancel: &'a CancellationToken,
}

/// Polls until `poll` is ready or fails. The interval grows with the time waited: at most a twentieth of it, or two seconds
/// where that is more.
pub(super) async fn until<T, F>(
    clock: &dyn api::Clock,
    patience: &Patience<'_>,
    poll: impl FnMut() -> F,
) -> Result<T, Diagnostics>
where
    F: Future<Output = Result<Poll<T>, Diagnostics>>,
{
    let consequence = if patience.raise == CREATE {
        OF_A_CREATE
    } else {
        OF_A_CHANGE
    };
    until_else(clock, patience, consequence, poll).await
}

/// The timeout of a create.
const CREATE: &str = "timeouts.create";

/// What giving up means for a change of what is there already.
const OF_A_CHANGE: &str = "What was done so far is in the state, and DTS goes on with it; the next plan shows what is left to do, \
                           which may be nothing.";

/// What giving up means for a create. Not what the next plan is: where the create ends in an error, Terraform taints the object, and the
/// framework tells what that comes to.
const OF_A_CREATE: &str = "What was done so far is in the state, and DTS goes on with it.";

/// As [`until`]; `consequence` is what giving up means, in a sentence.
pub(super) async fn until_else<T, F>(
    clock: &dyn api::Clock,
    patience: &Patience<'_>,
    consequence: &str,
    mut poll: impl FnMut() -> F,
) -> Result<T, Diagnostics>
where
    F: Future<Output = Result<Poll<T>, Diagnostics>>,
{
    let begin = clock.instant();
    let mut seen = "nothing yet".to_owned();
    let mut unread = 0;
    loop {
        seen = match poll().await {
            Ok(Poll::Ready(value)) => return Ok(value),
            Ok(Poll::Pending(seen)) => {
                unread = 0;
                seen
            }
            Ok(Poll::Unread(_)) if patience.cancel.is_cancelled() => {
                return Err(stopped(patience.what, &seen, consequence).into());
            }
            Ok(Poll::Unread(problems)) => {
                unread += 1;
                if unread == UNREADABLE {
                    return Err(problems);
                }
                seen
            }
            // Stop ends the poll's own call as well, whose error would say less.
            Err(_) if patience.cancel.is_cancelled() => {
                return Err(stopped(patience.what, &seen, consequence).into());
            }
            Err(problems) => return Err(problems),
        };
        let waited = clock.instant().duration_since(begin);
        if waited >= patience.limit {
            return Err(Diagnostic::error(
                format!("Unable to {}", patience.what),
                format!(
                    "It took longer than {}. Last seen: {seen}. {consequence} Raise `{}` if it needs longer.",
                    in_words(patience.limit),
                    patience.raise
                ),
            )
            .into());
        }
        // The last poll is at the limit, or beyond it by what is missing to a second after the one before.
        let left = (patience.limit - waited).max(SHORTEST);
        let pause = pause(waited, clock.now()).min(left);
        tokio::select! {
            () = patience.cancel.cancelled() => return Err(stopped(patience.what, &seen, consequence).into()),
            () = clock.sleep(pause) => {}
        }
    }
}

/// What the last look at a job came to, for what is done after a wait: it need not look again at once.
#[derive(Debug, Default)]
pub(super) struct LastLook(Mutex<Look>);

#[derive(Debug, Default)]
enum Look {
    /// None since the last change, or the job itself was the reason that it saw nothing.
    #[default]
    None,
    /// It failed, which says nothing of the job.
    Blind,
    Seen(Instant, Box<api::JobDetail>),
}

impl LastLook {
    fn lock(&self) -> MutexGuard<'_, Look> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(&self, looked: &Result<api::JobDetail, api::Error>, now: Instant) {
        *self.lock() = match looked {
            Ok(detail) => Look::Seen(now, Box::new(detail.clone())),
            Err(cause) if cause.is_not_found() || cause.is_cancelled() => Look::None,
            Err(_) => Look::Blind,
        };
    }

    /// After a change of the job.
    pub(super) fn forget(&self) {
        *self.lock() = Look::None;
    }

    /// Whether it failed: what went wrong then says nothing of the job.
    pub(super) fn is_blind(&self) -> bool {
        matches!(*self.lock(), Look::Blind)
    }

    /// Waits until it is time to look again.
    pub(super) async fn until_due(&self, clock: &dyn api::Clock) {
        let due = match &*self.lock() {
            Look::Seen(at, _) => *at + SHORTEST,
            Look::None | Look::Blind => return,
        };
        let left = due.saturating_duration_since(clock.instant());
        clock.sleep(left).await;
    }

    /// What it saw, where it is too early to look again.
    pub(super) fn recent(&self, now: Instant) -> Option<api::JobDetail> {
        match &*self.lock() {
            Look::Seen(at, detail) if now.saturating_duration_since(*at) < SHORTEST => {
                Some(api::JobDetail::clone(detail))
            }
            _ => None,
        }
    }
}

/// How long until the next poll, after so long, at this time.
fn pause(waited: Duration, now: jiff::Timestamp) -> Duration {
    let least = (waited / 20).saturating_sub(GRID).clamp(SHORTEST, LONGEST);
    let grid = i128::try_from(GRID.as_nanos()).unwrap_or(1);
    let beside = (now + least).as_nanosecond().rem_euclid(grid);
    let put_off = if beside == 0 { 0 } else { grid - beside };
    least + Duration::from_nanos(u64::try_from(put_off).unwrap_or_default())
}

fn stopped(what: &str, seen: &str, consequence: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unable to {what}"),
        format!("Terraform asked to stop. Last seen: {seen}. {consequence}"),
    )
}

/// A duration as the `timeouts` block writes it.
pub(super) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0) => format!("{}ms", duration.as_millis()),
        (0, 0, s) => format!("{s}s"),
        (0, m, 0) => format!("{m}m"),
        (0, m, s) => format!("{m}m{s}s"),
        (h, 0, 0) => format!("{h}h"),
        (h, m, _) => format!("{h}h{m}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// What tokio's clock rounds up.
    const TICK: Duration = Duration::from_millis(2);

    /// A wall clock that begins at some odd time and goes with tokio's.
    #[derive(Debug)]
    struct Paused(tokio::time::Instant);

    impl Paused {
        fn new() -> Paused {
            Paused(tokio::time::Instant::now())
        }
    }

    #[async_trait::async_trait]
    impl api::Clock for Paused {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::from_millisecond(1_767_323_045_123).unwrap() + self.0.elapsed()
        }
    }

    fn patience(cancel: &CancellationToken) -> Patience<'_> {
        Patience {
            what: "see it run",
            limit: Duration::from_secs(600),
            raise: "timeouts.create",
            cancel,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn polls_at_once_then_with_growing_intervals_never_more_than_one_a_second() {
        let cancel = CancellationToken::new();
        let at = RefCell::new(Vec::new());
        let begin = tokio::time::Instant::now();
        let failed = until::<(), _>(&Paused::new(), &patience(&cancel), || async {
            at.borrow_mut().push(begin.elapsed());
            Ok(Poll::Pending("status Migrating".to_owned()))
        })
        .await
        .unwrap_err();
        let at = at.into_inner();
        assert_eq!(at[0], Duration::ZERO);
        for pair in at.windows(2) {
            let (gap, waited) = (pair[1] - pair[0], pair[0]);
            assert!(
                gap >= SHORTEST && gap <= (waited / 20).max(Duration::from_secs(2)) + TICK,
                "{gap:?} after {waited:?}"
            );
        }
        assert!(at.len() <= 100, "{} polls in ten minutes", at.len());
        let end = Duration::from_secs(600);
        assert!((end..end + SHORTEST).contains(at.last().unwrap()), "{at:?}");
        let message = &failed.iter().next().unwrap().detail;
        assert!(
            message.contains("status Migrating")
                && message.contains("timeouts.create")
                && message.contains("10m")
        );
    }

    /// Wherever the limit falls between two polls.
    #[tokio::test(start_paused = true)]
    async fn the_last_poll_is_no_earlier_than_the_limit_and_a_second_after_the_one_before() {
        for millis in (100..14_000).step_by(130) {
            let (cancel, at) = (CancellationToken::new(), RefCell::new(Vec::new()));
            let limit = Duration::from_millis(millis);
            let patience = Patience {
                limit,
                ..patience(&cancel)
            };
            let begin = tokio::time::Instant::now();
            until::<(), _>(&Paused::new(), &patience, || async {
                at.borrow_mut().push(begin.elapsed());
                Ok(Poll::Pending("status Migrating".to_owned()))
            })
            .await
            .unwrap_err();
            let at = at.into_inner();
            assert!(
                at.windows(2).all(|pair| pair[1] - pair[0] >= SHORTEST),
                "{limit:?}: {at:?}"
            );
            assert!(
                (limit..limit + SHORTEST + TICK).contains(at.last().unwrap()),
                "{limit:?}: {at:?}"
            );
        }
    }

    #[test]
    fn what_was_seen_a_moment_ago_need_not_be_looked_at_again() {
        let (last, now) = (LastLook::default(), Instant::now());
        let failed = |kind| Err(api::Error::new(kind, "DescribeDtsJobDetail", "no"));
        assert!(last.recent(now).is_none() && !last.is_blind());
        last.keep(&Ok(api::JobDetail::default()), now);
        assert!(last.recent(now + SHORTEST - TICK).is_some() && last.recent(now + SHORTEST).is_none());
        last.keep(&failed(api::Kind::Unavailable), now);
        assert!(last.recent(now).is_none() && last.is_blind());
        last.keep(&failed(api::Kind::Cancelled), now);
        assert!(!last.is_blind(), "Stop is no failure");
        last.keep(&Ok(api::JobDetail::default()), now);
        last.forget();
        assert!(last.recent(now).is_none());
    }

    /// `?` cannot be read, `.` can, `!` is there.
    async fn polled(answers: &str) -> Result<(), Diagnostics> {
        let answers = RefCell::new(answers.chars());
        until(&Paused::new(), &patience(&CancellationToken::new()), || async {
            Ok(match answers.borrow_mut().next() {
                Some('?') => Poll::Unread(Diagnostic::error("Unable to read it", "").into()),
                Some('.') => Poll::Pending("status Migrating".to_owned()),
                _ => Poll::Ready(()),
            })
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_read_several_times_in_a_row_ends_it() {
        assert!(polled("??.?.??!").await.is_ok());
        let failed = polled(".???!").await.unwrap_err();
        assert_eq!(failed.iter().next().unwrap().summary, "Unable to read it");
    }

    /// What is created may be tainted then: the next plan is not nothing.
    #[tokio::test(start_paused = true)]
    async fn only_of_a_change_the_next_plan_may_be_nothing() {
        let cancel = CancellationToken::new();
        for (raise, promises) in [("timeouts.create", false), ("timeouts.update", true)] {
            let patience = Patience {
                raise,
                ..patience(&cancel)
            };
            let clock = Paused::new();
            let failed = until::<(), _>(&clock, &patience, || async { Ok(Poll::Pending("x".to_owned())) });
            let failed = failed.await.unwrap_err();
            let detail = &failed.iter().next().unwrap().detail;
            assert_eq!(detail.contains("may be nothing"), promises, "{detail}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn stop_ends_it_at_once() {
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let begin = tokio::time::Instant::now();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            stop.cancel();
        });
        let (patience, clock) = (patience(&cancel), Paused::new());
        let failed = until::<(), _>(&clock, &patience, || async { Ok(Poll::Pending("x".to_owned())) });
        assert!(
            failed
                .await
                .unwrap_err()
                .iter()
                .next()
                .unwrap()
                .detail
                .contains("asked to stop")
        );
        assert_eq!(begin.elapsed(), Duration::from_millis(1500));
    }

    #[tokio::test]
    async fn stop_in_the_middle_of_a_poll_says_what_was_seen_before() {
        let cancel = CancellationToken::new();
        let polls = RefCell::new(0);
        let patience = patience(&cancel);
        let failed = until::<(), _>(&Paused::new(), &patience, || async {
            *polls.borrow_mut() += 1;
            if *polls.borrow() == 1 {
                return Ok(Poll::Pending("status Migrating".to_owned()));
            }
            cancel.cancel();
            Err(Diagnostic::error("Unable to read", "cancelled").into())
        })
        .await
        .unwrap_err();
        let only = failed.iter().next().unwrap();
        assert_eq!(only.summary, "Unable to see it run");
        assert!(only.detail.contains("asked to stop") && only.detail.contains("status Migrating"));
    }

    /// Jobs that are waited for from different times on are looked at together.
    #[tokio::test(start_paused = true)]
    async fn polls_of_several_jobs_come_at_the_same_times() {
        let (cancel, clock) = (CancellationToken::new(), Paused::new());
        let begin = tokio::time::Instant::now();
        let patience = patience(&cancel);
        let wait = async |delay: u64| {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            let at = RefCell::new(Vec::new());
            let polls = || async {
                at.borrow_mut().push(begin.elapsed().as_millis() + 123);
                Ok(Poll::<()>::Pending("x".to_owned()))
            };
            until(&clock, &patience, polls).await.unwrap_err();
            at.into_inner()
        };
        let (one, other) = tokio::join!(wait(0), wait(333));
        for at in [&one, &other] {
            // All but the first and the last.
            for at in &at[1..at.len() - 1] {
                assert!(at % 500 <= 2, "at {at} ms");
            }
        }
    }

    /// However long a job has been waited for, it is noticed in time that it is ready.
    #[test]
    fn the_pause_grows_within_the_bounds() {
        for seconds in 0..3600 {
            for millis in [0, 1, 250, 499] {
                let (waited, now) = (
                    Duration::from_secs(seconds),
                    jiff::Timestamp::from_millisecond(millis).unwrap(),
                );
                let pause = pause(waited, now);
                let most = (waited / 20).clamp(Duration::from_secs(2), LONGEST + GRID);
                assert!((SHORTEST..=most).contains(&pause), "{pause:?} after {waited:?}");
            }
        }
    }

    #[test]
    fn durations_in_words() {
        for (duration, words) in [
            (Duration::from_secs(90), "1m30s"),
            (Duration::from_secs(5400), "1h30m"),
            (Duration::from_millis(20), "20ms"),
        ] {
            assert_eq!(in_words(duration), words);
        }
    }
}
