//! Reasons to end, or not to, that come from outside the connection.
//!
//! Ctrl-C reaches every process of the terminal, the provider too, while Terraform wants it to stay
//! and will call Stop: the signal is taken and dropped. A parent that was killed cannot say so: it is
//! noticed by the process having got another parent. (The kernel's signal for that follows the
//! thread that started us, which a Go program may end at any time.)

use std::os::unix::process::parent_id;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::error::Error;

/// How often to look whether the parent is still there.
const PARENT_POLL: Duration = Duration::from_secs(1);

/// Why to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// SIGTERM, and in debug mode SIGINT: somebody asked.
    Signal,
    /// The parent is gone, nobody waits for answers.
    Orphaned,
}

/// The signals of this process, from [`Signals::install`] on.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    parent: u32,
    debug: bool,
}

impl Signals {
    /// Takes over SIGINT and SIGTERM. To be called before anything is made that must be removed at
    /// the end: a signal that comes between is kept for [`Self::wait`].
    ///
    /// In `debug` mode SIGINT ends, and the parent is of no interest: a person started us.
    ///
    /// # Errors
    /// [`Error::Signals`] if the system refuses.
    pub fn install(debug: bool) -> Result<Self, Error> {
        let take = |kind| signal(kind).map_err(|source| Error::Signals { source });
        Ok(Self {
            interrupt: take(SignalKind::interrupt())?,
            terminate: take(SignalKind::terminate())?,
            parent: parent_id(),
            debug,
        })
    }

    /// Waits for a reason to end. May be called again.
    pub async fn wait(&mut self) -> Reason {
        let mut poll = interval_at(Instant::now() + PARENT_POLL, PARENT_POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return Reason::Signal,
                _ = self.interrupt.recv() => {
                    if self.debug {
                        return Reason::Signal;
                    }
                    tracing::debug!("interrupt ignored: Terraform says when to stop");
                }
                _ = poll.tick() => {
                    if !self.debug && parent_id() != self.parent {
                        return Reason::Orphaned;
                    }
                }
            }
        }
    }
}
