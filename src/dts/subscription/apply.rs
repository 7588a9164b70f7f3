//! Making the calls that the plan shows, each recorded as soon as it is made.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::change::Facts;
use super::decide::{Decision, Operation, after_configure, decide};
use super::follow::is_normal;
use super::{CONDITION, SUCCESSOR, UNFINISHED, configure, read};
use crate::api;
use crate::dts::course::{Desired, Move};
use crate::dts::endpoint::{self, Side};
use crate::dts::job::minds_no_failure;
use crate::dts::password::{Refused, Rotation};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{LastLook, Patience, Poll};
use crate::dts::{error, objects, repeat, reserve};
use crate::framework::import::IMPORTED;
use crate::framework::resource::Apply;
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Value};

const TIMEOUT: Duration = Duration::from_secs(30 * 60);
const SIDE: Side = Side::Subscribed;

/// What DTS tells once the subscription has been started.
pub(super) const OUTPUTS: [&str; 2] = ["subscribe_topic", "subscription_host"];

pub(super) async fn create(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    apply.private.remove(SUCCESSOR);
    configure_new(apply, "timeouts.create").await
}

/// Configures one that this resource did not have, and takes it as far as asked.
async fn configure_new(apply: &mut Apply<Client>, raise: &'static str) -> Result<(), Diagnostics> {
    let client = apply.client.clone();
    let api = client.api_within(&apply.cancel, apply.timeout(TIMEOUT))?;
    let desired = desired(&apply.planned);
    let has_instance = !apply.planned.get("dts_instance_id").is_null();
    let then = after_configure(has_instance, desired)?;
    let request = configure::request(&apply.planned, &apply.config, None);
    if let Some(instance) = &request.dts_instance_id {
        client.serve_anew(instance);
    }
    let made = configure::configure(&client, &api, &request, &mut apply.warnings).await?;
    let mut reached = apply.planned.clone();
    reached.set("id", made.dts_job_id.as_str());
    if reached.get("dts_instance_id").is_unknown() {
        reached.set("dts_instance_id", made.dts_instance_id);
    }
    let mut run = Run::new(apply, api, made.dts_job_id, reached, raise);
    run.made(Operation::Configure);
    let planned = run.apply.planned.clone();
    for operation in then {
        // One that was not started is no use to whoever consumes it: that is an error. Nothing is lost when it is configured anew.
        if run.make(&client, operation, &planned).await? {
            run.made(operation);
        }
    }
    run.finish(desired).await
}

pub(super) async fn update(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    let client = apply.client.clone();
    let api = client.api_within(&apply.cancel, apply.timeout(TIMEOUT))?;
    let id = apply.prior.str("id").unwrap_or_default().to_owned();
    let (prior, planned, config) = (apply.prior.clone(), apply.planned.clone(), apply.config.clone());
    let facts = Facts::of(apply.private.is_set(IMPORTED), &prior, &config);
    if let (Some(old), Some(new)) = (prior.str("dts_instance_id"), planned.str("dts_instance_id"))
        && old != new
    {
        has_ended(&api, &id, old, new).await?;
        apply.private.remove(IMPORTED);
        return configure_new(apply, "timeouts.update").await;
    }
    let operations = match decide(&prior, &planned, facts) {
        Decision::Operations(operations) => operations,
        Decision::Refuse(diagnostic) => return Err(diagnostic.into()),
        Decision::Undecided => {
            return Err(Diagnostic::error(
                format!("Unable to change DTS subscription {id} as planned"),
                "What has to be done is another thing than was planned. Nothing was changed; plan and apply again.",
            )
            .into());
        }
    };
    apply.private.remove(IMPORTED);
    let desired = desired(&planned);
    let mut run = Run::new(apply, api, id, prior, "timeouts.update");
    for operation in operations {
        if run.make(&client, operation, &planned).await? {
            run.made(operation);
        }
    }
    run.take_over_rest(&planned);
    run.finish(desired).await
}

/// It turned out only in the apply that the instance is another one: the subscription on the old one has to be gone.
async fn has_ended(api: &api::Client, id: &str, old: &str, new: &str) -> Result<(), Diagnostics> {
    let status = match api.describe_dts_job_detail(&api::JobRef::job(id)).await {
        Ok(detail) => detail.status.unwrap_or_default(),
        Err(cause) if cause.is_not_found() => return Ok(()),
        Err(cause) => return Err(error::unable(&format!("read DTS subscription {id}"), &cause).into()),
    };
    // Released ones stay readable for a while as `Finished` (dts-api.md 3.5).
    if matches!(Stage::of(&status), Stage::Finished | Stage::NotConfigured) {
        return Ok(());
    }
    Err(Diagnostic::error(
        format!("Unable to configure DTS subscription {id} on instance {new}"),
        format!(
            "It is on instance {old} (status {status}), which was not released before it, and a subscription cannot move. That the instance is \
             another one became known only in the apply, so that no replacement was planned, and it was left as it is. Plan again, with \
             refresh (without `-refresh=false`): the plan then shows the replacement."
        ),
    )
    .at(Path::attribute("dts_instance_id"))
    .into())
}

pub(super) fn desired(planned: &Object) -> Desired {
    planned
        .str("desired_status")
        .and_then(Desired::parse)
        .unwrap_or(Desired::Configured)
}

/// A change in progress: what was reached is what an error leaves behind.
pub(super) struct Run<'a> {
    pub(super) apply: &'a mut Apply<Client>,
    pub(super) api: api::Client,
    pub(super) id: String,
    pub(super) reached: Object,
    pub(super) made: Vec<&'static str>,
    pub(super) limit: Duration,
    pub(super) raise: &'static str,
    /// The stage before the last start, which DTS may still show for a moment after it.
    pub(super) before_start: Option<Stage>,
    pub(super) last_look: LastLook,
}

impl<'a> Run<'a> {
    fn new(
        apply: &'a mut Apply<Client>,
        api: api::Client,
        id: String,
        reached: Object,
        raise: &'static str,
    ) -> Run<'a> {
        let limit = apply.timeout(TIMEOUT);
        Run {
            apply,
            api,
            id,
            reached,
            made: Vec::new(),
            limit,
            raise,
            before_start: None,
            last_look: LastLook::default(),
        }
    }

    fn job(&self) -> api::JobRef {
        api::JobRef::job(&self.id)
    }

    fn creates(&self) -> bool {
        self.apply.prior.is_empty()
    }

    /// Records a call that was made. What an error leaves behind lists no other; a success has to list what was planned.
    fn made(&mut self, operation: Operation) {
        self.last_look.forget();
        self.made.push(operation.name());
        self.reached.set("operations", self.made.clone());
        self.record();
    }

    fn record(&mut self) {
        let planned = std::mem::replace(&mut self.apply.state, self.reached.clone());
        self.apply.checkpoint();
        self.apply.state = planned;
    }

    /// Makes one call; `false` where it turned out not to be needed.
    async fn make(
        &mut self,
        client: &Client,
        operation: Operation,
        planned: &Object,
    ) -> Result<bool, Diagnostics> {
        match operation {
            Operation::Configure => self.configure_again(client, planned).await.map(|()| true),
            Operation::Reset => self.reset().await.map(|()| true),
            Operation::Rename => self.rename(planned).await.map(|()| true),
            Operation::Password => self.rotate(planned).await.map(|()| true),
            Operation::Modify => self.modify(planned).await.map(|()| true),
            Operation::Rule(kind) => self.rule(kind, planned).await.map(|()| true),
            Operation::Move(Move::Start) => self.start().await,
            Operation::Move(Move::Suspend | Move::Stop) => self.suspend().await,
        }
    }

    async fn configure_again(&mut self, client: &Client, planned: &Object) -> Result<(), Diagnostics> {
        // A precheck that still runs is let to its end: DTS does not take another configuration meanwhile.
        let what = format!("see DTS subscription {} finish its precheck", self.id);
        self.watch(&what, |detail| async move {
            let status = detail.status.unwrap_or_default();
            if Stage::of(&status) == Stage::Prechecking {
                return Ok(Poll::Pending(format!("status {status}")));
            }
            Ok(Poll::Ready(()))
        })
        .await?;
        let mut request = configure::request(planned, &self.apply.config, Some(&self.id));
        request.dts_instance_id = self.reached.str("dts_instance_id").map(str::to_owned);
        configure::configure(client, &self.api, &request, &mut self.apply.warnings).await?;
        let instance = self.reached.get("dts_instance_id").clone();
        self.reached = planned.clone();
        self.reached.set("id", self.id.as_str());
        self.reached.set("dts_instance_id", instance);
        Ok(())
    }

    /// Takes the configuration away. DTS is said to make another task of it, and was seen to keep the id (dts-api.md 3.5): the instance
    /// tells which it is.
    async fn reset(&mut self) -> Result<(), Diagnostics> {
        let what = format!("reset DTS subscription {}", self.id);
        let job = self.job();
        let called = repeat::call(|| self.api.reset_dts_job(&job))
            .await
            .map_err(error::to(&what))?;
        let instance = self.reached.str("dts_instance_id").unwrap_or_default().to_owned();
        let found = Mutex::new(None);
        let patience = Patience {
            what: &what,
            limit: self.limit,
            raise: self.raise,
            cancel: &self.apply.cancel,
        };
        let on_instance = api::JobRef::instance(&instance);
        repeat::until(&called, self.api.clock().as_ref(), patience, || async {
            match self.api.describe_dts_job_detail(&on_instance).await {
                Ok(detail) => {
                    let status = detail.status.unwrap_or_default();
                    if Stage::of(&status) != Stage::NotConfigured {
                        return Ok(Poll::Pending(format!("status {status}")));
                    }
                    *found.lock().unwrap_or_else(PoisonError::into_inner) = detail.dts_job_id;
                    Ok(Poll::Ready(()))
                }
                Err(cause) => Ok(Poll::Unread(error::unable(&what, &cause).into())),
            }
        })
        .await?;
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.id = found.unwrap_or_else(|| self.id.clone());
        self.apply.client.was_reset(&self.id);
        self.reached.set("id", self.id.as_str());
        self.reached.set("status", "NotConfigured");
        for name in ["failure"].iter().chain(&OUTPUTS) {
            self.reached.set(name, Value::Null);
        }
        self.before_start = None;
        Ok(())
    }

    async fn rename(&mut self, planned: &Object) -> Result<(), Diagnostics> {
        let name = planned.str("dts_job_name").unwrap_or_default();
        let what = format!("rename DTS subscription {} to {name:?}", self.id);
        self.api
            .modify_dts_job_name(&self.id, name)
            .await
            .map_err(error::to(&what))?;
        self.reached.set("dts_job_name", name);
        Ok(())
    }

    async fn rotate(&mut self, planned: &Object) -> Result<(), Diagnostics> {
        let what = format!(
            "change the password in {} of DTS subscription {}",
            SIDE.block(),
            self.id
        );
        let at = Path::attribute(SIDE.block());
        let config = self.apply.config.clone();
        let given_by = endpoint::password_given_by(SIDE, &config);
        let Some(password) = endpoint::password(SIDE, &config) else {
            let none = Diagnostic::error(
                format!("Unable to {what}"),
                "The configuration gives no password.",
            );
            return Err(none.at(at.then(given_by)).into());
        };
        let source = planned.object(SIDE.block()).cloned().unwrap_or_default();
        let rotation = Rotation {
            api: &self.api,
            job: api::JobRef::job(self.id.as_str()),
            side: SIDE,
            user: source.str("user_name"),
            password: &password,
        };
        let set = rotation
            .set(&mut self.apply.private, &mut self.apply.warnings)
            .await;
        if set.as_ref().is_err_and(Refused::is_noted) {
            self.record();
        }
        set.map_err(|refused| {
            let before = self.apply.prior.object(SIDE.block());
            let version = before.and_then(|before| before.i64("password_wo_version"));
            let told = refused.told(&what, given_by, version, &self.id);
            Diagnostics::from(told.at(at.then(given_by)))
        })?;
        let mut reached = self.reached.object(SIDE.block()).cloned().unwrap_or_default();
        for name in ["password", "password_wo_version"] {
            reached.set(name, source.get(name).clone());
        }
        self.reached.set(SIDE.block(), reached);
        Ok(())
    }

    /// Objects, what of them is followed, and settings: DTS takes all of it with one call.
    async fn modify(&mut self, planned: &Object) -> Result<(), Diagnostics> {
        let what = format!("change what DTS subscription {} follows", self.id);
        self.wait_until("run", is_normal).await?;
        let said = |name: &str| planned.bool(name).unwrap_or(true);
        let more = reserve::says_more(self.reached.get("reserve"), planned.get("reserve"));
        let request = api::ModifySubscription {
            subscription: self.job(),
            db_list: objects::db_list(planned).unwrap_or_default(),
            data_type_ddl: said("subscription_data_type_ddl"),
            data_type_dml: said("subscription_data_type_dml"),
            reserved: if more {
                reserve::to_send(planned.str("reserve"), false)
            } else {
                None
            },
        };
        self.api
            .modify_subscription(&request)
            .await
            .map_err(error::to(&what))?;
        for name in [
            "database",
            "db_list",
            "subscription_data_type_ddl",
            "subscription_data_type_dml",
            "reserve",
        ] {
            self.reached.set(name, planned.get(name).clone());
        }
        Ok(())
    }

    async fn rule(&mut self, kind: &str, planned: &Object) -> Result<(), Diagnostics> {
        let what = format!("set the {kind} alarm of DTS subscription {}", self.id);
        let rule = configure::rule(planned, &self.id, kind);
        self.api
            .create_job_monitor_rule(&rule)
            .await
            .map_err(error::to(&what))?;
        for (_, names) in super::schema::NOTICES.into_iter().filter(|(of, _)| *of == kind) {
            for name in names {
                self.reached.set(name, planned.get(name).clone());
            }
        }
        Ok(())
    }

    async fn start(&mut self) -> Result<bool, Diagnostics> {
        let what = format!("start DTS subscription {}", self.id);
        let before = self.stage().await?;
        if matches!(before, Stage::Prechecking | Stage::Running) {
            self.already("StartDtsJob", "is on its way");
            return Ok(false);
        }
        self.before_start = Some(before);
        match self.api.start_dts_job(&self.job()).await {
            Ok(()) => Ok(true),
            // Started or not: one that is not where it was has taken it, another one may be told again.
            Err(cause) if cause.is_outcome_unknown() => {
                let after = self.stage().await;
                // Where neither tells, it is the call that failed.
                self.last_look.forget();
                if after? == before {
                    self.api
                        .start_dts_job(&self.job())
                        .await
                        .map_err(error::to(&what))?;
                }
                Ok(true)
            }
            Err(cause) => Err(error::unable(&what, &cause).into()),
        }
    }

    async fn suspend(&mut self) -> Result<bool, Diagnostics> {
        let what = format!("suspend DTS subscription {}", self.id);
        // One that was suspended meanwhile needs no call.
        let suspended = |stage: Stage| matches!(stage, Stage::Failed | Stage::Suspended);
        if self.before_start.is_none() && suspended(self.stage().await?) {
            self.already("SuspendDtsJob", "is suspended");
            return Ok(false);
        }
        self.wait_until("run", is_normal).await?;
        self.before_start = None;
        match self.api.suspend_dts_job(&self.job()).await {
            Ok(()) => Ok(true),
            // It may have been suspended between the look and the call.
            Err(cause) if cause.kind() == api::Kind::Api && suspended(self.stage().await?) => {
                self.already("SuspendDtsJob", "is suspended");
                Ok(false)
            }
            Err(cause) => Err(error::unable(&what, &cause).into()),
        }
    }

    fn already(&mut self, action: &str, where_: &str) {
        self.apply.warnings.push(Diagnostic::warning(
            format!("{action} was not needed for DTS subscription {}", self.id),
            format!(
                "It {where_} since the plan was made, so the call was left out. `operations` lists it all the same: Terraform records what was \
                 planned."
            ),
        ));
    }

    /// What needs no call (waits, timeouts, other words for the same) is taken over once all calls are made.
    fn take_over_rest(&mut self, planned: &Object) {
        for (name, value) in planned.iter() {
            if value.is_wholly_known() && name != "operations" {
                self.reached.set(name, value.clone());
            }
        }
    }

    /// Follows the subscription as far as asked, then records what DTS says of it.
    async fn finish(mut self, desired: Desired) -> Result<(), Diagnostics> {
        self.reached.set("operations", self.made.clone());
        self.forget_unknown();
        self.record();
        let followed = self.follow(desired).await;
        self.conclude(followed).await
    }

    fn forget_unknown(&mut self) {
        for name in CONDITION.iter().chain(&OUTPUTS) {
            if self.reached.get(name).is_unknown() {
                self.reached.set(name, Value::Null);
            }
        }
    }

    /// Records how the subscription is at the end.
    async fn conclude(mut self, mut followed: Result<(), Diagnostics>) -> Result<(), Diagnostics> {
        let stopped = self.apply.cancel.is_cancelled();
        let unseen = self.creates() && self.last_look.is_blind();
        let lenient = minds_no_failure(&self.apply.planned);
        let goes_on = self.creates() && (stopped || unseen);
        match &followed {
            // The next plan waits again, though no call is left to make.
            Err(_) if !(lenient || stopped && self.creates()) => self.apply.private.set(UNFINISHED, true),
            _ => drop(self.apply.private.remove(UNFINISHED)),
        }
        if lenient || goes_on {
            // The user asked to stop waiting, or not to mind, or it could not be read: an error would taint what goes on by itself.
            let told = followed.err().into_iter().flatten();
            let warnings: Vec<_> = told
                .map(|mut problem| {
                    if goes_on {
                        problem.detail.push_str(
                            "\n\nThe subscription was configured, and DTS goes on with it. The next plan shows what is left to do.",
                        );
                    }
                    Diagnostic::warning(problem.summary, problem.detail)
                })
                .collect();
            self.apply.warnings.extend(warnings);
            followed = Ok(());
        }
        self.forget_unknown();
        // A list leaves out where a subscription is consumed.
        let recent = self.last_look.recent(self.api.clock().instant());
        let seen = match recent.filter(|seen| seen.subscribe_topic.is_some()) {
            Some(detail) => Ok(detail),
            None => {
                if !stopped {
                    self.last_look.until_due(self.api.clock().as_ref()).await;
                }
                self.api.describe_dts_job_detail(&self.job()).await
            }
        };
        match seen {
            Ok(detail) => {
                read::outcome(&mut self.reached, &detail);
                self.reached
                    .set("failure", read::failure(&self.api, &detail).await);
            }
            Err(cause) if followed.is_ok() && !stopped && !unseen => {
                let problem = error::unable(&format!("read DTS subscription {}", self.id), &cause);
                let detail = format!("{}\n\nThe calls were made all the same.", problem.detail);
                self.apply
                    .warnings
                    .push(Diagnostic::warning(problem.summary, detail));
            }
            // The reason is told already.
            Err(_) => {}
        }
        if self.reached.get("status").is_null() && followed.is_ok() {
            self.reached.set("status", "");
        }
        self.record();
        followed?;
        // What was planned stands, also where a call turned out not to be needed.
        let planned = self.apply.planned.clone();
        self.apply.state = self.reached;
        for (name, value) in planned.iter().filter(|(_, value)| value.is_wholly_known()) {
            self.apply.state.set(name, value.clone());
        }
        Ok(())
    }
}
