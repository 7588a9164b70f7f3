//! `dts_subscription`: which changes of a database are followed, for whoever reads them from Kafka. One file per step, as for
//! `dts_job`: `schema` (with `objects`), `plan` (with `change`, what differs, `decide`, which calls that needs, and `found`, what DTS has
//! and the configuration never said), `apply` (making them, with `configure` and `follow`), `read`, `remove`; and `meta`,
//! `data.dts_subscription_meta`.

mod apply;
mod change;
mod configure;
mod decide;
mod follow;
mod found;
mod meta;
mod objects;
mod plan;
mod read;
mod remove;
mod schema;

use std::sync::Arc;

use async_trait::async_trait;

use super::provider::Client;
use super::{alicloud, identity, monitor_rule};
use crate::framework::identity::Identity;
use crate::framework::moved::{Moved, Source};
use crate::framework::private::Private;
use crate::framework::resource::{Apply, Delete, Plan, Read, Resource};
use crate::framework::{Diagnostics, Object, Schema};

pub(super) use meta::SubscriptionMeta;
pub(super) use read::hosts;
pub(super) use schema::host_type;

/// `dts_subscription`
#[derive(Debug)]
pub(super) struct Subscription;

/// The type of its job, as DTS names it.
pub(super) const SUBSCRIBE: &str = "SUBSCRIBE";

/// The private key by which the plan of a new subscription tells its predecessor's removal that it will be on no instance.
const SUCCESSOR: &str = "successor_instance";
const NO_INSTANCE: &str = "none";

/// The private key by which the plan of a subscription tells the one of its successor that the instance is taken by itself.
const PREDECESSOR: &str = "has_predecessor";

/// The private key by which the last read tells whether a `dts_instance` has the instance: `true` or `false`.
const INSTANCE_IS_MANAGED: &str = "instance_is_managed";

/// The private key by which an apply that did not see the subscription get as far as asked tells the next plan so.
const UNFINISHED: &str = "unfinished";

/// What is computed from where a subscription is, and so is unknown where that may change.
const CONDITION: [&str; 2] = ["status", "failure"];

#[async_trait]
impl Resource<Client> for Subscription {
    fn type_name(&self) -> &'static str {
        "dts_subscription"
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        schema::validate(config, diagnostics);
    }

    fn plan(&self, plan: &mut Plan<'_, Client>) {
        plan::plan(plan);
    }

    fn plan_destroy(
        &self,
        prior: &Object,
        private: &Private,
        client: Option<&Client>,
        diagnostics: &mut Diagnostics,
    ) {
        diagnostics.extend(remove::told(prior));
        diagnostics.extend(remove::leaves_instance(prior, private, client));
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
        delete.client.serve_anew(id("dts_instance_id"));
        Ok(())
    }

    async fn import(&self, id: &str, client: Arc<Client>) -> Result<Object, Diagnostics> {
        read::import(id, &client).await
    }

    fn identity(&self) -> Option<Identity> {
        Some(identity::schema("Id of the subscription (`DtsJobId`)."))
    }

    fn identify(&self, state: &Object, client: &Client) -> Object {
        identity::of(state, client)
    }

    async fn import_by_identity(
        &self,
        identity: &Object,
        client: Arc<Client>,
    ) -> Result<Object, Diagnostics> {
        let id = identity::id("DTS subscription", identity, &client)?;
        read::import(id, &client).await
    }

    fn moves_from(&self) -> &'static [&'static str] {
        &alicloud::SUBSCRIPTIONS
    }

    fn move_state(&self, source: &Source) -> Option<Result<Moved, Diagnostics>> {
        alicloud::subscription(source)
    }
}
