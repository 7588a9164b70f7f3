//! Making the calls that the plan shows, each recorded as soon as it is made.

use std::time::Duration;

use super::change::Facts;
use super::condition::{self, Particulars};
use super::configure;
use super::decide::{Decision, Operation, configuring, decide, is_one_time, refused};
use super::skip::RECHECK;
use super::{SUCCESSOR, UNFINISHED, read};
use super::{found, keys, new_instance, options, two_way};
use crate::api;
use crate::dts::course::{Course, Desired, Move};
use crate::dts::endpoint::{self, Side};
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::dts::wait::{LastLook, Poll};
use crate::dts::{error, objects};
use crate::framework::resource::Apply;
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Value};

pub(super) const TIMEOUT: Duration = Duration::from_secs(30 * 60);

pub(super) async fn create(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    let client = apply.client.clone();
    let api = client.api_within(&apply.cancel, apply.timeout(TIMEOUT))?;
    apply.private.remove(SUCCESSOR);
    let desired = desired(&apply.planned);
    let has_instance = !apply.planned.get("dts_instance_id").is_null();
    let operations = to_configure(has_instance, desired, &apply.planned)?;
    two_way::wait_for_forward(&api, apply, desired, "timeouts.create").await?;
    let request = configure::request(&apply.planned, &apply.config, None);
    let job = configure::configure(&client, &api, &request, &mut apply.warnings).await?;
    if let Some(instance) = &request.dts_instance_id {
        client.serve_anew(&options::place(instance, &apply.planned));
    }
    let mut reached = apply.planned.clone();
    reached.set("id", job.dts_job_id.as_str());
    if reached.get("dts_instance_id").is_unknown() {
        reached.set("dts_instance_id", job.dts_instance_id);
    }
    Run::new(apply, api, job.dts_job_id, reached, "timeouts.create")
        .begin(operations, desired)
        .await
}

pub(super) async fn update(apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
    let client = apply.client.clone();
    let api = client.api_within(&apply.cancel, apply.timeout(TIMEOUT))?;
    let id = apply.prior.str("id").unwrap_or_default().to_owned();
    let (planned, config) = (apply.planned.clone(), apply.config.clone());
    let prior = found::with_found(&apply.prior, &planned, &apply.private);
    let facts = Facts::of(&apply.private, &prior, &config);
    if new_instance::other_instance(&prior, &planned).is_some() {
        found::settle(&mut apply.private);
        return new_instance::configure_there(apply, api).await;
    }
    let operations = match decide(&prior, &planned, facts) {
        Decision::Operations(operations) => operations,
        Decision::Refuse(diagnostic) => return Err(diagnostic.into()),
        Decision::Replace(..) | Decision::Undecided => {
            return Err(Diagnostic::error(
                format!("Unable to change DTS job {id} as planned"),
                "What has to be done is another thing than was planned. Nothing was changed; plan and apply again.",
            )
            .into());
        }
    };
    found::settle(&mut apply.private);
    apply.private.remove(RECHECK);
    let desired = desired(&planned);
    let mut run = Run::new(apply, api, id, prior, "timeouts.update");
    for operation in operations {
        if run.perform(operation, &client, &planned, &config).await? {
            run.made(operation);
        }
    }
    run.take_over_rest(&planned);
    run.finish(desired).await
}

/// The calls that configure a job and lead it on.
pub(super) fn to_configure(
    has_instance: bool,
    desired: Desired,
    planned: &Object,
) -> Result<Vec<Operation>, Diagnostics> {
    configuring(has_instance, desired, planned).map_err(|course| match course {
        Course::Anew(why) | Course::Refused(why) => refused(desired, &why).into(),
        Course::Moves(_) => Diagnostics::new(),
    })
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
    made: Vec<&'static str>,
    pub(super) limit: Duration,
    pub(super) raise: &'static str,
    /// The stage before the last start, which DTS may still show for a moment after it.
    pub(super) before_start: Option<Stage>,
    last_look: LastLook,
    /// The precheck passed, so that the start after skipping its failures is not needed.
    passed: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(
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
            passed: false,
        }
    }

    pub(super) fn job(&self) -> api::JobRef {
        options::job_ref(&self.id, &self.reached)
    }

    /// After `ConfigureDtsJob`, the first of `operations`, by which the job got its id: the rest of the way.
    pub(super) async fn begin(
        mut self,
        operations: Vec<Operation>,
        desired: Desired,
    ) -> Result<(), Diagnostics> {
        let client = self.apply.client.clone();
        let (planned, config) = (self.apply.planned.clone(), self.apply.config.clone());
        self.made(Operation::Configure);
        for operation in operations.into_iter().skip(1) {
            match self.perform(operation, &client, &planned, &config).await {
                Ok(true) => self.made(operation),
                Ok(false) => {}
                // A look that failed is no call that failed: the next plan shows the calls that are left.
                Err(problems) if self.creates() && self.last_look.is_blind() => {
                    return self.conclude(Err(problems), Some(operation)).await;
                }
                Err(problems) => return Err(problems),
            }
        }
        self.finish(desired).await
    }

    /// Makes one call; `false` where it turned out not to be needed.
    async fn perform(
        &mut self,
        operation: Operation,
        client: &Client,
        planned: &Object,
        config: &Object,
    ) -> Result<bool, Diagnostics> {
        match operation {
            Operation::Configure => self.configure_again(client, planned, config).await?,
            Operation::Rename => {
                self.rename(planned.str("dts_job_name").unwrap_or_default())
                    .await?
            }
            Operation::Password(side) => self.rotate(side, planned, config).await?,
            Operation::Cluster => self.move_cluster(planned).await?,
            Operation::DuLimit => self.limit_dus(planned).await?,
            Operation::Notice(notice) => self.notice(notice, planned).await?,
            Operation::Parameters => self.set_parameters(planned).await?,
            Operation::Endpoint(side, account) => self.exchange(side, account, planned, config).await?,
            Operation::Objects | Operation::Reserve => self.modify(operation, planned).await?,
            Operation::Skip => {
                let skipped = self.skip_failed(planned).await?;
                self.passed = !skipped;
                return Ok(skipped);
            }
            Operation::Unskip => self.unskip(planned).await?,
            // Said when the skip before it was not needed.
            Operation::Move(Move::Start) if std::mem::take(&mut self.passed) => return Ok(false),
            Operation::Move(step) => return self.step(step).await,
        }
        Ok(true)
    }

    /// Whether a call of this apply configured the job.
    pub(super) fn has_configured(&self) -> bool {
        self.made.contains(&Operation::Configure.name())
    }

    /// Whether a call of this apply had the precheck run.
    pub(super) fn has_prechecked(&self) -> bool {
        let runs_it = [Operation::Configure.name(), Operation::Move(Move::Start).name()];
        self.made.iter().any(|made| runs_it.contains(made))
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

    pub(super) fn record(&mut self) {
        let planned = std::mem::replace(&mut self.apply.state, self.reached.clone());
        self.apply.checkpoint();
        self.apply.state = planned;
    }

    pub(super) async fn detail(&self) -> Result<api::JobDetail, Diagnostics> {
        let what = format!("read DTS job {}", self.id);
        self.look(api::Purpose::Poll).await.map_err(error::to(&what))
    }

    /// The job as it is now, read together with others that are looked at.
    pub(super) async fn look(&self, purpose: api::Purpose) -> Result<api::JobDetail, api::Error> {
        let job_type = self.reached.str("job_type");
        let job = options::to_look(&self.id, &self.reached);
        let looked = self.api.read_job(&job, job_type, purpose).await;
        self.last_look.keep(&looked, self.api.clock().instant());
        looked
    }

    pub(super) async fn stage(&self) -> Result<Stage, Diagnostics> {
        Ok(Stage::of(
            self.detail().await?.status.as_deref().unwrap_or_default(),
        ))
    }

    async fn configure_again(
        &mut self,
        client: &Client,
        planned: &Object,
        config: &Object,
    ) -> Result<(), Diagnostics> {
        // A precheck that still runs is let to its end: DTS does not take another configuration meanwhile.
        self.wait_until("finish its precheck", |stage| stage != Stage::Prechecking)
            .await?;
        let request = configure::request(planned, config, Some(&self.id));
        configure::configure(client, &self.api, &request, &mut self.apply.warnings).await?;
        let (id, instance) = (
            self.reached.get("id").clone(),
            self.reached.get("dts_instance_id").clone(),
        );
        self.reached = planned.clone();
        self.reached.set("id", id);
        self.reached.set("dts_instance_id", instance);
        Ok(())
    }

    async fn rename(&mut self, name: &str) -> Result<(), Diagnostics> {
        let what = format!("rename DTS job {} to {name:?}", self.id);
        self.api
            .modify_dts_job_name(&self.id, name)
            .await
            .map_err(error::to(&what))?;
        self.reached.set("dts_job_name", name);
        Ok(())
    }

    /// Objects or settings of a job that runs; until the change is through, DTS takes no other.
    async fn modify(&mut self, operation: Operation, planned: &Object) -> Result<(), Diagnostics> {
        let objects = operation == Operation::Objects;
        let what = format!(
            "change the {} of DTS job {}",
            if objects { "objects" } else { "settings" },
            self.id
        );
        self.wait_until_changeable(&what, objects).await?;
        let request = api::ModifyDtsJob {
            dts_instance_id: self.reached.str("dts_instance_id").unwrap_or_default().to_owned(),
            dts_job_id: Some(self.id.clone()),
            db_list: objects.then(|| objects::db_list(planned)).flatten(),
            reserved: if objects {
                None
            } else {
                keys::to_send(planned, false)
            },
            modify_type: (!objects).then(|| "UPDATE_RESERVED".to_owned()),
            synchronization_direction: options::direction(&self.reached).map(str::to_owned),
            ..api::ModifyDtsJob::default()
        };
        self.api
            .modify_dts_job(&request)
            .await
            .map_err(error::to(&what))?;
        if objects {
            for name in ["database", "db_list"] {
                self.reached.set(name, planned.get(name).clone());
            }
        } else {
            keys::take_over(&mut self.reached, planned);
        }
        self.record();
        self.watch(&what, [api::Purpose::Poll; 2], |detail| async move {
            let status = detail.status.unwrap_or_default();
            if status.eq_ignore_ascii_case("Modifying") {
                return Ok(Poll::Pending(format!("status {status}")));
            }
            Ok(Poll::Ready(()))
        })
        .await
    }

    /// Another database at one end.
    async fn exchange(
        &mut self,
        side: Side,
        with_account: bool,
        planned: &Object,
        config: &Object,
    ) -> Result<(), Diagnostics> {
        self.wait_until_settled("exchange a database of").await?;
        let what = format!("exchange the database in {} of DTS job {}", side.block(), self.id);
        let request = endpoint::to_exchange(side, planned, config, with_account);
        let exchanged = self
            .api
            .modify_dts_job_endpoint(&self.job(), side.api(), &request)
            .await;
        exchanged.map_err(|cause| {
            Diagnostics::from(
                error::unable(&what, &cause).at(Path::attribute(side.block()).then("instance_id")),
            )
        })?;
        let mut endpoint = self.reached.object(side.block()).cloned().unwrap_or_default();
        let named = endpoint::IDENTITY
            .into_iter()
            .chain(endpoint::ACCOUNT)
            .chain(endpoint::LINK);
        let account = ["password", "password_wo_version"]
            .into_iter()
            .filter(|_| with_account);
        for name in named.chain(account) {
            let value = planned
                .object(side.block())
                .map_or(Value::Null, |planned| planned.get(name).clone());
            endpoint.set(name, value);
        }
        self.reached.set(side.block(), endpoint);
        Ok(())
    }

    /// One call that moves the job along; `false` where it turned out not to be needed.
    async fn step(&mut self, step: Move) -> Result<bool, Diagnostics> {
        match step {
            Move::Start => self.start().await,
            Move::Suspend => {
                self.wait_until("run", |stage| stage >= Stage::Running).await?;
                self.wait_until_settled("suspend").await?;
                let what = format!("suspend DTS job {}", self.id);
                if self.needs_no_suspension().await? {
                    return Ok(false);
                }
                match self.api.suspend_dts_job(&self.job()).await {
                    Ok(()) => Ok(true),
                    // It may have ended between the look and the call.
                    Err(cause) if cause.kind() == api::Kind::Api && self.needs_no_suspension().await? => {
                        Ok(false)
                    }
                    Err(cause) => Err(error::unable(&what, &cause).into()),
                }
            }
            Move::Stop => {
                self.wait_until("run", |stage| stage >= Stage::Running).await?;
                self.wait_until_settled("stop").await?;
                let what = format!("stop DTS job {}", self.id);
                if self.stage().await? == Stage::Finished {
                    self.already("StopDtsJob", "has ended");
                    return Ok(false);
                }
                self.api
                    .stop_dts_job(&self.job())
                    .await
                    .map_err(error::to(&what))?;
                Ok(true)
            }
        }
    }

    /// Whether the job is paused, or has ended by itself as a migration without changes does: nothing is left to pause then.
    async fn needs_no_suspension(&mut self) -> Result<bool, Diagnostics> {
        let detail = self.detail().await?;
        let where_ = match Stage::of(detail.status.as_deref().unwrap_or_default()) {
            Stage::Suspended => "is suspended",
            Stage::Finished if is_one_time(&self.reached) && self.is_done(&detail).await => {
                "has ended by itself"
            }
            _ => return Ok(false),
        };
        self.already("SuspendDtsJob", where_);
        Ok(true)
    }

    async fn start(&mut self) -> Result<bool, Diagnostics> {
        let what = format!("start DTS job {}", self.id);
        let before = self.stage().await?;
        if matches!(before, Stage::Prechecking | Stage::Running) {
            self.already("StartDtsJob", "is on its way");
            return Ok(false);
        }
        self.before_start = Some(before);
        match self.api.start_dts_job(&self.job()).await {
            Ok(()) => Ok(true),
            // Started or not: a job that is not where it was has taken it, another one may be told again.
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

    pub(super) fn already(&mut self, action: &str, where_: &str) {
        self.apply.warnings.push(Diagnostic::warning(
            format!("{action} was not needed for DTS job {}", self.id),
            format!(
                "The job {where_} since the plan was made, so the call was left out. `operations` lists it all the same: Terraform \
                 records what was planned."
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

    /// Follows the job as far as asked, then records what DTS says of it.
    async fn finish(mut self, desired: Desired) -> Result<(), Diagnostics> {
        self.reached.set("operations", self.made.clone());
        self.forget_unknown_status();
        self.record();
        let mut followed = self.follow(desired).await;
        if followed.is_ok() {
            followed = self.judge_warnings().await;
        }
        self.conclude(followed, None).await
    }

    fn forget_unknown_status(&mut self) {
        for name in condition::NAMES {
            if self.reached.get(name).is_unknown() {
                self.reached.set(name, Value::Null);
            }
        }
    }

    /// Records how the job is at the end, and whether what was asked for came true. `left` is a call that was not made, because the
    /// look before it failed.
    async fn conclude(
        mut self,
        mut followed: Result<(), Diagnostics>,
        left: Option<Operation>,
    ) -> Result<(), Diagnostics> {
        let stopped = self.apply.cancel.is_cancelled();
        let unseen = self.creates() && self.last_look.is_blind();
        let lenient = super::minds_no_failure(&self.apply.planned);
        match &followed {
            // The next plan waits again, also where no call is left to make.
            Err(_) if !(lenient || stopped && self.creates()) => self.apply.private.set(UNFINISHED, true),
            _ => drop(self.apply.private.remove(UNFINISHED)),
        }
        if lenient || self.creates() && (stopped || unseen) {
            // The user asked to stop waiting, or not to mind, or the job could not be read: an error would taint a job that goes on by
            // itself.
            let told = followed.err().into_iter().flatten();
            let warnings = told.map(|problem| {
                let detail = if unseen {
                    unseen_since(&problem.detail, left)
                } else {
                    problem.detail
                };
                Diagnostic::warning(problem.summary, detail)
            });
            self.apply.warnings.extend(warnings.collect::<Vec<_>>());
            followed = Ok(());
        }
        self.forget_unknown_status();
        let seen = match self.last_look.recent(self.api.clock().instant()) {
            Some(detail) => Ok(detail),
            None => self.detail().await,
        };
        match seen {
            Ok(detail) => {
                read::outcome(&mut self.reached, &detail);
                let more = Particulars::of(&self.api, &detail, self.reached.str("job_type")).await;
                condition::record(&mut self.reached, &detail, &more);
            }
            Err(problems) if followed.is_ok() && !stopped && !unseen => {
                self.apply.warnings.extend(problems.into_iter().map(|problem| {
                    Diagnostic::warning(
                        problem.summary,
                        format!("{}\n\nThe calls were made all the same.", problem.detail),
                    )
                }))
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

/// What to know of a job that was configured and then could not be read.
fn unseen_since(cause: &str, left: Option<Operation>) -> String {
    let left = left.map_or(String::new(), |left| {
        format!(
            " `{}` was not called yet, though `operations` lists it: Terraform records what was planned.",
            left.name()
        )
    });
    format!(
        "{cause}\n\nThe job was configured, and DTS goes on with it; only how far it is could not be read.{left} The next plan shows what \
         is left to do, and the next apply goes on to wait for it."
    )
}
