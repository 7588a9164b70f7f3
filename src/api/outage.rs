//! DTS is down: what one refresh has found out with all its attempts, the others need not find out again. Terraform reads ten objects
//! at a time, and each of hundreds with five attempts of its own would be hammering on a service that is trying to get up.
//!
//! Only for refreshes. What waits for a job, and what looks up a lost purchase, keeps all its attempts.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::{Error, Kind};

/// So long after a call got no answer, a further one of its action is not sent: it would fail in the same way.
const SAME: Duration = Duration::from_secs(2);

/// So long after any call got no answer, calls are sent one after the other, and once each.
const RECENT: Duration = Duration::from_secs(10);

/// What a client knows of it.
#[derive(Default)]
pub(super) struct Outage {
    /// By action, for a list may have failed for its size alone.
    failed: Mutex<HashMap<String, (Instant, Error)>>,
    turn: tokio::sync::Mutex<()>,
}

/// Held while a call is sent that nobody else should send at the same time.
pub(super) type Turn<'a> = tokio::sync::MutexGuard<'a, ()>;

impl Outage {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, Error)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call has failed for good.
    pub(super) fn failed(&self, action: &str, error: &Error, now: Instant) {
        if matches!(error.kind(), Kind::Unavailable | Kind::Unreachable) {
            self.lock().insert(action.to_owned(), (now, error.clone()));
        }
    }

    /// DTS has answered something.
    pub(super) fn is_over(&self) {
        self.lock().clear();
    }

    /// Whether it lasts, as far as is known.
    pub(super) fn lasts(&self, now: Instant) -> bool {
        let failed = self.lock();
        failed
            .values()
            .any(|(at, _)| now.saturating_duration_since(*at) < RECENT)
    }

    /// Waits for the turn to try, where it lasts; an error where the same action has just failed.
    pub(super) async fn turn(
        &self,
        action: &str,
        now: impl Fn() -> Instant,
    ) -> Result<Option<Turn<'_>>, Error> {
        if !self.lasts(now()) {
            return Ok(None);
        }
        let turn = self.turn.lock().await;
        if let Some((at, error)) = self.lock().get(action)
            && now().saturating_duration_since(*at) < SAME
        {
            return Err(error.clone());
        }
        Ok(self.lasts(now()).then_some(turn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: Kind) -> Error {
        Error::new(kind, "DescribeDtsJobs", "no answer")
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_just_failed_is_not_sent_and_after_a_moment_one_at_a_time() {
        let outage = Outage::default();
        let turn = |action: &'static str| outage.turn(action, Instant::now);
        assert!(turn("DescribeDtsJobs").await.unwrap().is_none());
        outage.failed("DescribeDtsJobs", &error(Kind::Unavailable), Instant::now());
        assert!(turn("DescribeDtsJobs").await.is_err());
        // Another action is tried, by one.
        let first = turn("DescribeDtsJobDetail").await.unwrap();
        assert!(first.is_some());
        let second = tokio::time::timeout(Duration::from_millis(10), turn("DescribeDtsJobDetail"));
        assert!(second.await.is_err());
        drop(first);
        tokio::time::advance(SAME).await;
        assert!(turn("DescribeDtsJobs").await.unwrap().is_some());
        tokio::time::advance(RECENT - SAME).await;
        assert!(turn("DescribeDtsJobs").await.unwrap().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_it_and_a_refusal_is_none() {
        let outage = Outage::default();
        for kind in [Kind::Api, Kind::Throttled, Kind::Cancelled, Kind::NotDts] {
            outage.failed("DescribeDtsJobs", &error(kind), Instant::now());
            assert!(!outage.lasts(Instant::now()), "{kind:?}");
        }
        outage.failed("DescribeDtsJobs", &error(Kind::Unreachable), Instant::now());
        assert!(outage.lasts(Instant::now()));
        // Who waits for its turn meanwhile goes on as ever.
        let held = outage.turn("DescribeDtsJobDetail", Instant::now).await.unwrap();
        let (waiting, ()) = tokio::join!(outage.turn("DescribeDtsJobs", Instant::now), async {
            outage.is_over();
            drop(held);
        });
        assert!(waiting.unwrap().is_none());
    }
}
