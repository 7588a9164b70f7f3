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
pub(super) use schema::MOVES;

use std::sync::Arc;

use async_trait::async_trait;

use super::provider::Client;
use super::{alicloud, identity};
use crate::framework::identity::Identity;
use crate::framework::moved::{Moved, Source};
use crate::framework::private::Private;
use crate::framework::resource::{Apply, Delete, Plan, Read, Resource};
use crate::framework::{Diagnostics, Object, Schema};

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
        apply::create(apply).await
    }

    async fn read(&self, read: &mut Read<Client>) -> Result<bool, Diagnostics> {
        read::read(read).await
    }

    async fn update(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        apply::update(apply).await
    }

    async fn delete(&self, delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
        remove::delete(delete).await?;
        let id = |name| delete.state.str(name).unwrap_or_default();
        delete.client.forget(id("id"));
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
