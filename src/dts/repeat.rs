//! Calls that do the same twice as once (`StopDtsJob`, `ResetDtsJob`, `DeleteDtsJob`): one whose answer was lost is made again.

use std::future::Future;
use std::time::Duration;

use super::error;
use super::wait::{self, Patience, Poll};
use crate::api;
use crate::framework::Diagnostics;

/// How long to look for what a call may have done that was refused when it was made again: it may be a moment before DTS shows it.
const DOUBT: Duration = Duration::from_secs(60);

/// What came of it.
pub(super) enum Called {
    /// DTS took it.
    Taken,
    /// Nobody knows: the first answer was lost, and this refusal of the second call may well mean that the first one did it.
    Doubtful(api::Error),
}

/// Makes the call, and once more where its answer is lost. Two calls that nobody answered are an error: most likely nothing was done.
pub(super) async fn call<F>(once: impl Fn() -> F) -> Result<Called, api::Error>
where
    F: Future<Output = Result<(), api::Error>>,
{
    match once().await {
        Ok(()) => Ok(Called::Taken),
        Err(lost) if lost.is_outcome_unknown() => match once().await {
            Ok(()) => Ok(Called::Taken),
            Err(lost) if lost.is_outcome_unknown() => Err(lost),
            Err(refused) => Ok(Called::Doubtful(refused)),
        },
        Err(refused) => Err(refused),
    }
}

/// Waits for what was called. Where that does not come and is in doubt, the refusal is what is told.
pub(super) async fn until<F>(
    called: &Called,
    clock: &dyn api::Clock,
    patience: Patience<'_>,
    poll: impl FnMut() -> F,
) -> Result<(), Diagnostics>
where
    F: Future<Output = Result<Poll<()>, Diagnostics>>,
{
    let Called::Doubtful(refused) = called else {
        return wait::until(clock, &patience, poll).await;
    };
    let limit = patience.limit.min(DOUBT);
    let patience = Patience { limit, ..patience };
    let seen = wait::until(clock, &patience, poll).await;
    seen.map_err(|seen| {
        if patience.cancel.is_cancelled() {
            return seen;
        }
        let mut told = error::unable(patience.what, refused);
        told.detail.push_str(
            "\n\nThe answer to a call before this one was lost, and DTS shows nothing that it did. Apply again once the cause is mended: what is \
             done by then is not done twice.",
        );
        told.into()
    })
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::api::Sent;
    use crate::api::testing::{self, Answer, FakeTransport};

    /// What comes of two calls that are answered so, where the job shows what was called after some looks.
    async fn told(answers: Vec<Answer>, looks: usize) -> Result<Duration, String> {
        let api = testing::client(&FakeTransport::new(answers));
        let job = api::JobRef::job("j");
        let begin = tokio::time::Instant::now();
        let called = call(|| api.stop_dts_job(&job))
            .await
            .map_err(|cause| format!("at once: {cause}"))?;
        let cancel = CancellationToken::new();
        let patience = Patience {
            what: "stop it",
            limit: Duration::from_secs(1200),
            raise: "timeouts.delete",
            cancel: &cancel,
        };
        let seen = std::cell::Cell::new(0);
        let waited = until(&called, api.clock().as_ref(), patience, || async {
            seen.set(seen.get() + 1);
            Ok(if seen.get() > looks {
                Poll::Ready(())
            } else {
                Poll::Pending("status Synchronizing".to_owned())
            })
        });
        match waited.await {
            Ok(()) => Ok(begin.elapsed()),
            Err(problems) => Err(problems.iter().map(|one| one.detail.clone()).collect()),
        }
    }

    fn lost() -> Answer {
        Answer::lost(Sent::Maybe)
    }

    fn refused() -> Answer {
        Answer::refusal(403, "Forbidden.RAM")
    }

    fn taken() -> Answer {
        Answer::json(200, &serde_json::json!({ "Success": true }))
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_taken_is_waited_for_as_long_as_there_is() {
        for answers in [vec![taken()], vec![lost(), taken()]] {
            let waited = told(answers, 60).await.unwrap();
            assert!(waited > DOUBT, "{waited:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_in_doubt_is_looked_for_and_then_told_by_its_refusal() {
        let waited = told(vec![lost(), refused()], 2).await.unwrap();
        assert!(waited < DOUBT, "{waited:?}");
        let begin = tokio::time::Instant::now();
        let never = told(vec![lost(), refused()], usize::MAX).await.unwrap_err();
        assert!(begin.elapsed() < 2 * DOUBT, "{:?}", begin.elapsed());
        for part in [
            "Forbidden.RAM",
            "The answer to a call before this one was lost",
            "Apply again",
        ] {
            assert!(never.contains(part), "{never}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_refused_or_never_answered_is_an_error() {
        for answers in [vec![refused()], vec![lost(), lost()]] {
            let error = told(answers, 0).await.unwrap_err();
            assert!(error.starts_with("at once: "), "{error}");
        }
    }
}
