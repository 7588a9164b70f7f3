//! What the actions share: which job, how long, calling once, and following the job with a line for each step of progress.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::states::{Answer, Ask};
use crate::api;
use crate::dts::job::{Extent, so_far};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{self, Patience, Poll};
use crate::dts::{error, precheck};
use crate::framework::action::Invoke;
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Path, timeouts};

/// What does not wait.
pub(super) const NONE: &str = "none";

/// How long a job may still show what was before a call.
pub(super) const SETTLE: Duration = Duration::from_secs(3);

/// When a job is looked at after a call whose answer was lost, each counted from the look before.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(4)];

/// The longest silence: a user who sees nothing takes an action for dead.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// What giving up means.
const CONSEQUENCE: &str = "DTS goes on with what was called. Invoke the action again to wait further: what is done already is not called \
                           again.";

/// The arguments that say which job.
pub(super) fn block(description: &str) -> Block {
    Block::new(description)
        .attribute(
            Attribute::string("job_id")
                .required()
                .parameter("DtsJobId")
                .check(Check::not_blank())
                .describe("Id of the job (`DtsJobId`)."),
        )
        .attribute(
            Attribute::string("synchronization_direction")
                .check(Check::one_of(&["Forward", "Reverse"]))
                .describe(
                    "Which half of a two-way synchronization, where `job_id` is that of the other half: `Forward` or `Reverse`. Default: \
                     the half that `job_id` names.",
                ),
        )
}

/// How far the action waits; the last of `values` is not to wait.
pub(super) fn wait_for(values: &[&str], description: &str) -> Attribute {
    Attribute::string("wait_for")
        .local()
        .check(Check::one_of(values))
        .describe(description)
}

/// How long all of it may take. An action is one operation, so it needs no `timeouts` block with one for each.
pub(super) fn timeout(default: Duration) -> Attribute {
    Attribute::string("timeout")
        .local()
        .check(Check::new(|value| match value.as_str() {
            Some(text) if timeouts::parse(text).is_none() => Err(format!(
                "{text:?} is not a duration. Write a number with a unit, such as `90s`, `30m` or `1h30m`."
            )),
            _ => Ok(()),
        }))
        .describe(&format!(
            "How long the action may take, such as `90s`, `30m` or `1h30m`. Then it fails; what was called goes on. Default: `{}`.",
            wait::in_words(default)
        ))
}

/// An action at work on a job.
pub(super) struct Run<'a> {
    invoke: &'a Invoke<Client>,
    pub(super) api: api::Client,
    pub(super) job: api::JobRef,
    pub(super) id: String,
    limit: Duration,
    /// What was said last, and when.
    said: Mutex<Option<(String, Instant)>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(invoke: &'a Invoke<Client>, default: Duration) -> Result<Run<'a>, Diagnostics> {
        let config = &invoke.config;
        let id = config.str("job_id").unwrap_or_default().to_owned();
        let limit = config.str("timeout").and_then(timeouts::parse).unwrap_or(default);
        let job = match config.str("synchronization_direction") {
            Some(direction) => api::JobRef::job(&id).direction(direction),
            None => api::JobRef::job(&id),
        };
        Ok(Run {
            invoke,
            api: invoke.client.api_within(&invoke.cancel, limit)?,
            job,
            id,
            limit,
            said: Mutex::new(None),
        })
    }

    /// What the action waits for.
    pub(super) fn wait_for(&self) -> Option<&str> {
        self.invoke.config.str("wait_for")
    }

    /// Tells the user one line about the job.
    pub(super) async fn say(&self, text: impl Into<String>) {
        self.invoke
            .progress(format!("DTS job {}: {}", self.id, text.into()))
            .await;
    }

    /// The same again only after a while.
    async fn say_news(&self, text: String) {
        let now = self.api.clock().instant();
        let is_news = {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            let known = said
                .as_ref()
                .is_some_and(|(last, at)| *last == text && now.saturating_duration_since(*at) < HEARTBEAT);
            if !known {
                *said = Some((text.clone(), now));
            }
            !known
        };
        if is_news {
            self.say(text).await;
        }
    }

    /// The job before anything is called. That there is none is an error that says what the id is instead.
    pub(super) async fn look(&mut self, ask: Ask) -> Result<Seen, Diagnostics> {
        let verb = ask.verb();
        let detail = match self.api.describe_dts_job_detail(&self.job).await {
            Ok(detail) => detail,
            Err(cause) if cause.is_not_found() => return Err(self.none(verb, &cause).await),
            Err(cause) => {
                let mut told = error::unable(&format!("{verb} DTS job {}", self.id), &cause);
                if let Some(direction) = self.invoke.config.str("synchronization_direction") {
                    told.path = Some(Path::attribute("synchronization_direction"));
                    told.detail.push_str(&format!(
                        "\n\nIt was asked for the half {direction:?}, which only a two-way synchronization has. Remove \
                         `synchronization_direction` if this one goes one way."
                    ));
                }
                return Err(told.into());
            }
        };
        // The other half of a two-way synchronization has an id of its own.
        if let Some(id) = &detail.dts_job_id {
            self.id.clone_from(id);
        }
        let mut seen = Seen::new(detail);
        if seen.stage == Stage::Finished && seen.ends_by_itself() {
            // Whether it came to its end or was stopped on the way, only its phases tell, and only lists tell those.
            let job = api::JobRef::job(&self.id);
            let listed = self.api.read_job(&job, seen.kind(), api::Purpose::Progress).await;
            if let Ok(listed) = listed {
                let detail = &mut seen.detail;
                detail.structure_initialization_status = listed.structure_initialization_status;
                detail.data_initialization_status = listed.data_initialization_status;
            }
        }
        Ok(seen)
    }

    /// Whether the job has to be called; an error where DTS would not take that.
    pub(super) async fn needs(&self, ask: Ask, seen: &Seen, done: &str) -> Result<bool, Diagnostics> {
        match ask.at(&seen.status, seen.has_finished()) {
            Answer::Go => Ok(true),
            Answer::Done => {
                self.say(format!("{done} already (status {})", seen.status)).await;
                Ok(false)
            }
            Answer::Wrong(why) => Err(self.refuse(
                ask,
                format!(
                    "Its status is {}; that is possible in the statuses {} only. {why}{}",
                    seen.status,
                    ask.allowed().join(", "),
                    seen.stopped_at().map_or(String::new(), |moved| format!(
                        " It was stopped at {}.",
                        moved.told()
                    ))
                ),
            )),
        }
    }

    /// An error before the call.
    pub(super) fn refuse(&self, ask: Ask, why: impl fmt::Display) -> Diagnostics {
        Diagnostic::error(
            format!("Unable to {} DTS job {}", ask.verb(), self.id),
            format!("{why} Nothing was called."),
        )
        .at(Path::attribute("job_id"))
        .into()
    }

    async fn none(&self, verb: &str, cause: &api::Error) -> Diagnostics {
        let by_instance = api::JobRef::instance(&self.id);
        let advice = match self.api.describe_dts_job_detail(&by_instance).await {
            Ok(api::JobDetail {
                dts_job_id: Some(job_id),
                ..
            }) => format!(
                "{:?} is the id of an instance. Set `job_id` to that of its job, {job_id:?}.",
                self.id
            ),
            _ => format!(
                "There is no such job in region {}. Check the id, and that the provider's `region` and credentials are those of its account.",
                self.api.region()
            ),
        };
        Diagnostic::error(
            format!("Unable to {verb} DTS job {}", self.id),
            format!("{advice}\n\n{cause}"),
        )
        .at(Path::attribute("job_id"))
        .into()
    }

    /// Makes a call that moves the job. A refusal of what has been done meanwhile, or by a call whose answer was lost, is none.
    pub(super) async fn call(
        &self,
        (action, verb): (&str, &str),
        sent: impl Future<Output = Result<(), api::Error>>,
        is_taken: impl Fn(Stage) -> bool,
    ) -> Result<(), Diagnostics> {
        self.say(format!("calling {action}")).await;
        let Err(cause) = sent.await else {
            return Ok(());
        };
        let is_lost = cause.is_outcome_unknown();
        let looks: &[Duration] = match cause.kind() {
            _ if is_lost => &LOOKS,
            api::Kind::Api => &LOOKS[..1],
            _ => &[],
        };
        for wait in looks {
            tokio::select! {
                () = self.api.cancelled() => break,
                () = self.api.clock().sleep(*wait) => {}
            }
            if let Ok(detail) = self.api.describe_dts_job_detail(&self.job).await
                && is_taken(Seen::new(detail).stage)
            {
                return Ok(());
            }
        }
        let mut told = error::unable(&format!("{verb} DTS job {}", self.id), &cause);
        if is_lost {
            told.detail.push_str(
                "\n\nThe job does not show that the call took effect; it may still. Invoke the action again: it looks first, and calls nothing \
                 that is done.",
            );
        }
        Err(told.into())
    }

    /// How long there is, for `what`.
    pub(super) fn patience<'p>(&'p self, what: &'p str) -> Patience<'p> {
        Patience {
            what,
            limit: self.limit,
            raise: "timeout",
            cancel: &self.invoke.cancel,
        }
    }

    /// Polls until `poll` is ready or fails.
    pub(super) async fn until<T, F>(&self, what: &str, poll: impl FnMut() -> F) -> Result<T, Diagnostics>
    where
        F: Future<Output = Result<Poll<T>, Diagnostics>>,
    {
        wait::until_else(self.api.clock().as_ref(), &self.patience(what), CONSEQUENCE, poll).await
    }

    /// Follows the job until it is `there`, and tells how far it is. A stage in `bad` is an error, unless it is that from `before` the
    /// call, which DTS may show for a moment longer.
    pub(super) async fn follow(
        &self,
        verb: &str,
        before: &Seen,
        bad: &[Stage],
        there: impl Fn(&Seen) -> bool,
    ) -> Result<(), Diagnostics> {
        let what = format!("see DTS job {} {verb}", self.id);
        let (what, there) = (what.as_str(), &there);
        let begin = self.api.clock().instant();
        let ending = &AtomicBool::new(false);
        self.until(what, || async move {
            let read = self
                .api
                .read_job(&self.job, before.kind(), api::Purpose::Progress)
                .await;
            let seen = match read {
                Ok(detail) => Seen::new(detail),
                Err(cause) => {
                    return Ok(Poll::Unread(
                        error::unable(&format!("read DTS job {}", self.id), &cause).into(),
                    ));
                }
            };
            let far = so_far(&seen.detail);
            self.say_news(far.clone()).await;
            if there(&seen) {
                return Ok(Poll::Ready(()));
            }
            let waited = self.api.clock().instant().saturating_duration_since(begin);
            let is_stale = seen.stage == before.stage && waited < SETTLE;
            // The phases may be told a moment later than the end, so that one look is not enough to call it a stop.
            let is_news = seen.stopped_at().is_some() && !ending.swap(true, Ordering::Relaxed);
            if bad.contains(&seen.stage) && !is_stale && !is_news {
                return Err(self.failure(what, &seen).await);
            }
            Ok(Poll::Pending(far))
        })
        .await
    }

    /// Why the job does not get there.
    async fn failure(&self, what: &str, seen: &Seen) -> Diagnostics {
        if seen.stage == Stage::PrecheckFailed {
            let id = seen.detail.dts_job_id.as_deref().unwrap_or(&self.id);
            return precheck::failures_of(
                &self.api,
                id,
                "The job does not run. Repair the cause and invoke the action again.",
            )
            .await;
        }
        if let Some(moved) = seen.stopped_at() {
            return Diagnostic::error(
                format!("Unable to {what}"),
                format!(
                    "It was stopped before it had moved everything ({}), which ends it for good. Its status is {}.",
                    moved.told(),
                    seen.status
                ),
            )
            .into();
        }
        let retry = seen.detail.retry_state.as_ref();
        let why = seen
            .detail
            .error_message
            .as_deref()
            .or(retry.and_then(|retry| retry.err_message.as_deref()))
            .unwrap_or("DTS gives no reason");
        Diagnostic::error(
            format!("Unable to {what}"),
            format!(
                "Its status is {}: {why}. Repair the cause and invoke the action again.",
                seen.status
            ),
        )
        .into()
    }
}

/// A job as it was seen.
pub(super) struct Seen {
    pub(super) detail: api::JobDetail,
    pub(super) status: String,
    pub(super) stage: Stage,
}

impl Seen {
    fn new(detail: api::JobDetail) -> Seen {
        let status = detail.status.clone().unwrap_or_default();
        Seen {
            stage: Stage::of(&status),
            status,
            detail,
        }
    }

    /// Its type as lists are asked for it (dts-api.md 6.1).
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self.detail.job_type.as_deref()?.to_ascii_lowercase().as_str() {
            "online" | "migration" => Some("MIGRATION"),
            "sync" => Some("SYNC"),
            "subscribe" => Some("SUBSCRIBE"),
            _ => None,
        }
    }

    pub(super) fn has_instance(&self) -> bool {
        self.detail.dts_instance_id.is_some()
    }

    /// Whether it ends by itself, as a migration does that follows no changes.
    fn ends_by_itself(&self) -> bool {
        self.kind() == Some("MIGRATION") && self.detail.mode.data_synchronization == Some(false)
    }

    /// Whether it has ended by itself, as far as DTS tells it.
    pub(super) fn has_finished(&self) -> bool {
        self.stage == Stage::Finished && self.ends_by_itself() && self.stopped_at().is_none()
    }

    /// How far it had come when it was ended before its time.
    fn stopped_at(&self) -> Option<Extent> {
        let ended = self.stage == Stage::Finished && self.ends_by_itself();
        Some(Extent::at_the_end(&self.detail, &self.detail)).filter(|moved| ended && moved.is_part())
    }

    /// Whether it goes on after the load, until somebody stops it.
    pub(super) fn follows_changes(&self) -> bool {
        matches!(self.kind(), Some("SYNC" | "SUBSCRIBE"))
            || self.detail.mode.data_synchronization == Some(true)
    }

    /// Whether it is paused. A subscription has no word of its own for that (dts-api.md 3.2).
    pub(super) fn is_suspended(&self) -> bool {
        let abnormal = self.status.eq_ignore_ascii_case("Abnormal");
        self.stage == Stage::Suspended || (abnormal && self.kind() == Some("SUBSCRIBE"))
    }
}
