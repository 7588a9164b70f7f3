//! What all clients of a process share: the budget of calls, the counts for the summary, and the id of the run.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tracing::debug;

use super::context::Env;
use super::throttle::Throttle;

/// The calls of one process.
#[derive(Debug, Default)]
pub struct Run {
    pub(super) throttle: Throttle,
    pub(super) counts: Counts,
    trace_id: OnceLock<String>,
}

/// What was done so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Requests sent.
    pub(super) calls: Count,
    /// Those of them that repeated another.
    pub(super) retries: Count,
    /// Those of them that DTS refused for the rate.
    pub(super) throttled: Count,
    /// Milliseconds that calls waited for their turn.
    pub(super) throttle_wait_ms: Count,
    /// Milliseconds that calls waited before they were repeated, for other reasons.
    pub(super) retry_wait_ms: Count,
    /// Jobs and instances that were asked for.
    pub(super) reads: Count,
    /// Those of them that shared a call with others.
    pub(super) shared_reads: Count,
    /// Those of them that were fetched ahead.
    pub(super) fetched_ahead: Count,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn add_millis(&self, duration: Duration) {
        self.add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Run {
    /// Thirty-two hex digits, the same in every call of a run: those of `TRACEPARENT` (W3C Trace Context) where a pipeline set
    /// it. Terraform starts a process for each phase and each alias of a provider, and what they all have is their parent. By chance
    /// where that is not known, and the same in the process then.
    pub(super) fn trace_id(&self, env: &dyn Env) -> &str {
        self.trace_id.get_or_init(|| {
            if let Some(id) = env.get("TRACEPARENT").as_deref().and_then(of_traceparent) {
                return id.to_owned();
            }
            match env.parent() {
                Some(parent) => hex(&Sha256::digest(parent)[..16]),
                None => by_chance(),
            }
        })
    }

    /// One line in the log with what the process called.
    pub fn summarize(&self) {
        let counts = &self.counts;
        debug!(
            calls = counts.calls.get(),
            retries = counts.retries.get(),
            throttled = counts.throttled.get(),
            throttle_wait_ms = counts.throttle_wait_ms.get(),
            retry_wait_ms = counts.retry_wait_ms.get(),
            reads = counts.reads.get(),
            shared_reads = counts.shared_reads.get(),
            fetched_ahead = counts.fetched_ahead.get(),
            trace_id = self.trace_id.get(),
            "DTS calls of this process"
        );
    }
}

/// `00-<trace id>-<parent id>-<flags>`; an id of zeros is none.
fn of_traceparent(text: &str) -> Option<&str> {
    let id = text.split('-').nth(1)?;
    let hex = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (id.len() == 32 && hex && id.bytes().any(|byte| byte != b'0')).then_some(id)
}

fn by_chance() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // An id only helps to find calls again: no reason to make none.
        return String::new();
    }
    hex(&bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut id, byte| {
        // Writing to a String does not fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::FakeEnv;

    #[test]
    fn the_trace_id_is_the_pipelines_or_one_by_chance() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let check = |given: &'static str| {
            let env = FakeEnv([("TRACEPARENT", given)].into());
            let run = Run::default();
            let found = run.trace_id(&env).to_owned();
            assert_eq!(run.trace_id(&env), found, "one for the process");
            assert!(of_traceparent(&format!("00-{found}-1-00")).is_some(), "{found}");
            found
        };
        assert_eq!(
            check("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            id
        );
        for bad in [
            "",
            "00",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-1-0",
            "00-00000000000000000000000000000000-1-0",
        ] {
            assert_ne!(check(bad), check(bad), "by chance");
        }
    }

    #[derive(Debug)]
    struct ChildOf(&'static str);

    impl Env for ChildOf {
        fn get(&self, _: &str) -> Option<String> {
            None
        }

        fn parent(&self) -> Option<String> {
            Some(self.0.to_owned())
        }
    }

    #[test]
    fn processes_of_one_parent_have_one_trace_id() {
        let id = |parent| Run::default().trace_id(&ChildOf(parent)).to_owned();
        assert_eq!(id("boot 1 100"), id("boot 1 100"));
        assert_ne!(id("boot 1 100"), id("boot 1 101"));
        assert!(of_traceparent(&format!("00-{}-1-00", id("boot 1 100"))).is_some());
    }
}
