//! `dts_consumer_group`: who reads the changes of a subscription, and with which account. One file per step: `schema`, `plan`,
//! `apply`, `read`; and `list`, `data.dts_consumer_groups`.

mod apply;
mod list;
mod plan;
mod read;
mod schema;

use std::sync::Arc;

use async_trait::async_trait;

use super::provider::Client;
use super::{alicloud, identity};
use crate::api;
use crate::framework::identity::Identity;
use crate::framework::moved::{Moved, Source};
use crate::framework::resource::{Apply, Delete, Plan, Read, Resource};
use crate::framework::{Diagnostics, Object, Schema};

pub(super) use list::ConsumerGroups;

/// `dts_consumer_group`
#[derive(Debug)]
pub(super) struct ConsumerGroup;

/// What names the subscription: one of them is enough, and both are recorded.
const SUBSCRIPTION: [&str; 2] = ["dts_instance_id", "dts_job_id"];
const NAME: &str = "consumer_group_name";
const USER: &str = "consumer_group_user_name";
const PASSWORD: &str = "consumer_group_password";
const PASSWORD_WO: &str = "consumer_group_password_wo";
const VERSION: &str = "consumer_group_password_wo_version";

const CREATE: &str = "CreateConsumerChannel";
const MODIFY: &str = "ModifyConsumerChannel";
const DELETE: &str = "DeleteConsumerChannel";

#[async_trait]
impl Resource<Client> for ConsumerGroup {
    fn type_name(&self) -> &'static str {
        "dts_consumer_group"
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

    async fn create(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        apply::create(apply).await?;
        for key in name_keys(&apply.state) {
            apply.client.serve_anew(&key);
        }
        Ok(())
    }

    async fn read(&self, read: &mut Read<Client>) -> Result<bool, Diagnostics> {
        read::read(read).await
    }

    async fn update(&self, apply: &mut Apply<Client>) -> Result<(), Diagnostics> {
        apply::update(apply).await?;
        // One that was made anew has another id.
        for key in name_keys(&apply.state) {
            apply.client.serve_anew(&key);
        }
        Ok(())
    }

    async fn delete(&self, delete: &mut Delete<Client>) -> Result<(), Diagnostics> {
        apply::delete(delete).await?;
        let group = delete.state.str("consumer_group_id").unwrap_or_default();
        delete.client.forget(group);
        for key in name_keys(&delete.state) {
            delete.client.serves_no_more(&key, delete.state.str("id"));
        }
        Ok(())
    }

    async fn import(&self, id: &str, client: Arc<Client>) -> Result<Object, Diagnostics> {
        read::import(id, &client).await
    }

    fn identity(&self) -> Option<Identity> {
        Some(identity::schema(
            "Ids of the instance and of the group: `<dts_instance_id>:<consumer_group_id>`.",
        ))
    }

    fn identify(&self, state: &Object, client: &Client) -> Object {
        identity::of(state, client)
    }

    async fn import_by_identity(
        &self,
        identity: &Object,
        client: Arc<Client>,
    ) -> Result<Object, Diagnostics> {
        let id = identity::id("DTS consumer group", identity, &client)?;
        read::import(id, &client).await
    }

    fn moves_from(&self) -> &'static [&'static str] {
        &alicloud::CONSUMER_GROUPS
    }

    fn move_state(&self, source: &Source) -> Option<Result<Moved, Diagnostics>> {
        alicloud::consumer_group(source)
    }
}

/// The subscription that a state, a plan or a configuration names: by the first id that it knows.
fn subscription(group: &Object) -> Option<api::JobRef> {
    let by_instance = group.str("dts_instance_id").map(api::JobRef::instance);
    by_instance.or_else(|| group.str("dts_job_id").map(api::JobRef::job))
}

/// By what resources for groups of one name on one subscription are found out: one for each id of it that is known.
fn name_keys(group: &Object) -> Vec<String> {
    let Some(name) = group.str(NAME) else {
        return Vec::new();
    };
    let ids = SUBSCRIPTION.iter().filter_map(|of| group.str(of));
    ids.map(|id| format!("consumer group {id} {name}")).collect()
}

/// The id of the resource.
pub(super) fn id(dts_instance_id: &str, consumer_group_id: &str) -> String {
    format!("{dts_instance_id}:{consumer_group_id}")
}
