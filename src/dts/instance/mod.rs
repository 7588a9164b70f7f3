//! `dts_instance`: what is paid for. Bought first (type, engines, regions), or for a job that was configured first
//! (`job_id`), then only past the gate of its precheck. One file per step, as for `dts_job`; `billing`: what is paid.

mod billing;
mod create;
mod plan;
mod read;
mod remove;
mod schema;
mod uncounted;
mod update;

pub(super) use billing::{paid, pay_type};
pub(super) use read::imported;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::provider::Client;
use super::{alicloud, identity};
use crate::framework::identity::Identity;
use crate::framework::import::IMPORTED;
use crate::framework::moved::{Moved, Source};
use crate::framework::private::Private;
use crate::framework::resource::{Apply, Delete, Plan, Read, Resource};
use crate::framework::{Diagnostics, Object, Schema};

/// `dts_instance`
#[derive(Debug)]
pub(super) struct Instance;

const TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// What an instance is bought as, for good: with `job_id` all of it follows from the job.
const SHAPE: [&str; 5] = [
    "type",
    "source_endpoint_engine_name",
    "destination_endpoint_engine_name",
    "source_region",
    "destination_region",
];

/// What is bought for good as well, and that DTS does not tell.
const UNTOLD: [&str; 2] = ["compute_unit", "fee_type"];

/// The private key of what tells a resource from another one that has the same instance: Terraform does not tell addresses.
const OWNER: &str = "owner";

/// The private key of a resource that has taken an instance which was there.
const ADOPTED: &str = "adopted";

/// Another one for each resource; nothing secret.
fn owner() -> String {
    format!("{:016x}", fastrand::u64(..))
}

#[async_trait]
impl Resource<Client> for Instance {
    fn type_name(&self) -> &'static str {
        "dts_instance"
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        schema::validate(config, diagnostics);
    }

    fn plan(&self, plan: &mut Plan<'_, Client>) {
        if let (Some(client), Some(prior)) = (plan.client, plan.prior)
            && let (Some(id), Some(kind)) = (prior.str("id"), prior.str("type"))
        {
            client.is_for(id, kind);
        }
        plan::plan(plan);
    }

    fn plan_destroy(
        &self,
        prior: &Object,
        private: &Private,
        client: Option<&Client>,
        diagnostics: &mut Diagnostics,
    ) {
        plan::plan_destroy(prior, private, client, diagnostics);
    }

    async fn create(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        create::create(apply).await
    }

    async fn read(&self, read: &mut Read<Client>) -> Result<bool, Diagnostics> {
        let found = read::read(read).await?;
        if read.private.is_set(IMPORTED) && !read.private.is_set(OWNER) {
            read.private.set(OWNER, owner());
        }
        Ok(found)
    }

    async fn update(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        update::update(apply).await
    }

    async fn delete(&self, delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
        if let Some(refusal) = plan::keeps(delete) {
            return Err(refusal.into());
        }
        remove::release(delete).await?;
        let id = |name| delete.state.str(name).unwrap_or_default();
        delete.client.forget(id("id"));
        delete.client.serve_anew(id("job_id"));
        Ok(())
    }

    async fn import(&self, id: &str, client: Arc<Client>) -> Result<Object, Diagnostics> {
        read::import(id, &client).await
    }

    fn identity(&self) -> Option<Identity> {
        Some(identity::schema("Id of the instance (`InstanceId`)."))
    }

    fn identify(&self, state: &Object, client: &Client) -> Object {
        identity::of(state, client)
    }

    async fn import_by_identity(
        &self,
        identity: &Object,
        client: Arc<Client>,
    ) -> Result<Object, Diagnostics> {
        let id = identity::id("DTS instance", identity, &client)?;
        read::import(id, &client).await
    }

    fn moves_from(&self) -> &'static [&'static str] {
        &alicloud::INSTANCES
    }

    fn move_state(&self, source: &Source) -> Option<Result<Moved, Diagnostics>> {
        alicloud::instance(source)
    }
}
