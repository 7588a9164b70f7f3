//! `data.dts_consumer_groups`: the groups of a subscription, and how far each has read.

use async_trait::async_trait;

use super::{SUBSCRIPTION, subscription};
use crate::dts::error;
use crate::dts::provider::Client;
use crate::framework::datasource::{DataSource, Query};
use crate::framework::validate::is_set;
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema, Type};

/// `data.dts_consumer_groups`
#[derive(Debug)]
pub(in crate::dts) struct ConsumerGroups;

#[async_trait]
impl DataSource<Client> for ConsumerGroups {
    fn type_name(&self) -> &'static str {
        "dts_consumer_groups"
    }

    fn schema(&self) -> Schema {
        let group = Type::object([
            ("consumer_group_id", Type::String),
            ("consumer_group_name", Type::String),
            ("consumer_group_user_name", Type::String),
            ("consumption_checkpoint", Type::String),
            ("message_delay", Type::Number),
            ("unconsumed_data", Type::Number),
        ]);
        let text = |name: &str, description: &str| {
            Attribute::string(name)
                .describe(description)
                .check(Check::not_blank())
        };
        Schema::new(
            Block::new("All consumer groups of a DTS subscription, and how far each has read (`DescribeConsumerChannel`).")
                .attribute(text("dts_job_id", "Id of the subscription. It or `dts_instance_id` is required."))
                .attribute(text("dts_instance_id", "Id of the subscription's instance. It or `dts_job_id` is required."))
                .attribute(Attribute::new("ids", Type::list(Type::String)).computed().describe("Ids of the groups."))
                .attribute(Attribute::new("consumer_groups", Type::list(group)).computed().describe(
                    "The groups. Each has `consumer_group_id`, `consumer_group_name`, `consumer_group_user_name`, `consumption_checkpoint` (up to \
                     where it has read), `message_delay` (how far it is behind, in seconds; `-1` before it has read anything) and \
                     `unconsumed_data` (messages that are left to read).",
                )),
        )
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        if !SUBSCRIPTION.iter().any(|name| is_set(config, name)) {
            diagnostics.push(
                Diagnostic::error(
                    "Neither dts_job_id nor dts_instance_id is set",
                    "Groups belong to a subscription. Set `dts_job_id`, such as `dts_subscription.<name>.id`, or `dts_instance_id`.",
                )
                .at(Path::attribute("dts_job_id")),
            );
        }
    }

    async fn read(&self, query: &mut Query<Client>) -> Result<(), Diagnostics> {
        let api = query.client.api(&query.cancel)?;
        let of = subscription(&query.state).unwrap_or_default();
        let named = of
            .instance_id
            .as_deref()
            .or(of.job_id.as_deref())
            .unwrap_or_default();
        let what = format!("list the consumer groups of DTS subscription {named}");
        let groups = api
            .describe_consumer_channel(&of)
            .await
            .map_err(error::to(&what))?;
        let ids: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
        query.state.set("ids", ids);
        let groups: Vec<Object> = groups
            .iter()
            .map(|group| {
                Object::new()
                    .with("consumer_group_id", group.id.as_str())
                    .with("consumer_group_name", group.name.clone())
                    .with("consumer_group_user_name", group.user_name.clone())
                    .with("consumption_checkpoint", group.consumption_checkpoint.clone())
                    .with("message_delay", group.message_delay)
                    .with("unconsumed_data", group.unconsumed_data)
            })
            .collect();
        query.state.set("consumer_groups", groups);
        Ok(())
    }
}
