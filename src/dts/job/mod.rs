//! `dts_job`: what is configured, and what the user wants it to do. One file per step: `schema`, `plan` (with
//! `change`, what differs, and `decide`, which calls that needs), `apply` (making them, with `configure`, `password`,
//! `follow`, `skip`, and `new_instance` where the instance was replaced under the job), `read`, `remove`; `condition` is what a
//! job's state tells beside its status, `extent` how much it has moved at its end, `found` what an import finds set, `keys` are arguments that become `Reserve`, `options` what else
//! there is, `two_way` the order of both jobs of an instance, `validate` and `combinations` what a configuration alone can tell.

mod apply;
mod change;
mod combinations;
mod condition;
mod configure;
mod decide;
mod extent;
mod follow;
mod found;
mod keys;
mod new_instance;
mod options;
mod password;
mod plan;
mod read;
mod remove;
mod schema;
mod skip;
mod two_way;
mod validate;

pub(super) use extent::Extent;
pub(super) use follow::{is_phase, so_far};
pub(super) use plan::waits_again;
pub(super) use schema::MOVES;

use crate::api;
use std::sync::Arc;

use async_trait::async_trait;

use super::provider::Client;
use super::{alicloud, identity, monitor_rule};
use crate::framework::identity::Identity;
use crate::framework::moved::{Moved, Source};
use crate::framework::private::Private;
use crate::framework::resource::{Apply, Delete, Plan, Read, Resource};
use crate::framework::{Attribute, Check, Diagnostics, Object, Schema, Value};

/// The attribute `failure`, for a subscription too.
pub(super) fn failure_attribute() -> Attribute {
    let [failure, _] = condition::attributes();
    failure
}

/// Why a job or a subscription does not go on, as the attribute has it: null while it does.
pub(super) async fn failure(api: &api::Client, detail: &api::JobDetail, job_type: &str) -> Value {
    let more = condition::Particulars::of(api, detail, Some(job_type)).await;
    let mut told = Object::new();
    condition::record(&mut told, detail, &more);
    told.get("failure").clone()
}

/// The failure that a state has, in one sentence, and what to do in another.
pub(super) fn recorded_failure(state: &Object) -> Option<String> {
    condition::recorded(state)
}

/// The argument `on_wait_failure`, of a job or a subscription.
pub(super) fn on_wait_failure(of: &str, then: &str) -> Attribute {
    Attribute::string(ON_WAIT_FAILURE)
        .local()
        .check(Check::one_of(&["error", "warn"]))
        .describe(&format!(
            "What it means that the {of} does not get as far as `wait_for` asks, though all calls were made: `error` (which taints a {of} that was just \
             created: `terraform untaint` keeps it), or `warn` (a warning{then}). Default: `error`."
        ))
}

/// Whether a wait that fails is to be a warning.
pub(super) fn minds_no_failure(planned: &Object) -> bool {
    planned.str(ON_WAIT_FAILURE) == Some("warn")
}

const ON_WAIT_FAILURE: &str = "on_wait_failure";

/// `dts_job`
#[derive(Debug)]
pub(super) struct Job;

/// The private key by which the plan of a new job tells its predecessor's removal on which instance it will be: an id,
/// [`NO_INSTANCE`], or [`UNKNOWN_INSTANCE`].
const SUCCESSOR: &str = "successor_instance";
const NO_INSTANCE: &str = "none";
const UNKNOWN_INSTANCE: &str = "unknown";

/// The private key by which the plan of a job tells the one of its successor that the instance is taken by itself.
const PREDECESSOR: &str = "has_predecessor";

/// The private key by which an apply that did not see the job get as far as `wait_for` asks tells the next plan so.
const UNFINISHED: &str = "unfinished";

#[async_trait]
impl Resource<Client> for Job {
    fn type_name(&self) -> &'static str {
        "dts_job"
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        validate::validate(config, diagnostics);
    }

    fn plan(&self, plan: &mut Plan<'_, Client>) {
        plan::plan(plan);
        monitor_rule::refuse_beside_rules(plan);
    }

    fn plan_destroy(
        &self,
        prior: &Object,
        _private: &Private,
        _client: Option<&Client>,
        diagnostics: &mut Diagnostics,
    ) {
        diagnostics.extend(remove::told(prior));
    }

    async fn create(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        apply::create(apply).await?;
        monitor_rule::has_alarms(&apply.client, &apply.state, &apply.config);
        Ok(())
    }

    async fn read(&self, read: &mut Read<Client>) -> Result<bool, Diagnostics> {
        read::read(read).await
    }

    async fn update(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        apply::update(apply).await?;
        monitor_rule::has_alarms(&apply.client, &apply.state, &apply.config);
        Ok(())
    }

    async fn delete(&self, delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
        remove::delete(delete).await?;
        let id = |name| delete.state.str(name).unwrap_or_default();
        delete.client.forget(id("id"));
        monitor_rule::has_no_alarms(&delete.client, id("id"));
        let place = options::place(id("dts_instance_id"), &delete.state);
        delete.client.serve_anew(&place);
        Ok(())
    }

    async fn import(&self, id: &str, client: Arc<Client>) -> Result<Object, Diagnostics> {
        read::import(id, &client).await
    }

    fn identity(&self) -> Option<Identity> {
        Some(identity::schema("Id of the job (`DtsJobId`)."))
    }

    fn identify(&self, state: &Object, client: &Client) -> Object {
        identity::of(state, client)
    }

    async fn import_by_identity(
        &self,
        identity: &Object,
        client: Arc<Client>,
    ) -> Result<Object, Diagnostics> {
        let id = identity::id("DTS job", identity, &client)?;
        read::import(id, &client).await
    }

    fn moves_from(&self) -> &'static [&'static str] {
        &alicloud::JOBS
    }

    fn move_state(&self, source: &Source) -> Option<Result<Moved, Diagnostics>> {
        alicloud::job(source)
    }
}
