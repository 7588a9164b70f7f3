//! `data.dts_subscription_meta`: where the parts of a distributed subscription are consumed (`DescribeSubscriptionMeta`).

use async_trait::async_trait;

use crate::dts::error;
use crate::dts::provider::Client;
use crate::framework::datasource::{DataSource, Query};
use crate::framework::validate::is_set;
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema, Type, Value};

/// `data.dts_subscription_meta`
#[derive(Debug)]
pub(in crate::dts) struct SubscriptionMeta;

/// Which parts: one of them is needed.
const PARTS: [&str; 2] = ["topics", "sub_migration_job_ids"];

#[async_trait]
impl DataSource<Client> for SubscriptionMeta {
    fn type_name(&self) -> &'static str {
        "dts_subscription_meta"
    }

    fn schema(&self) -> Schema {
        let meta = Type::object([
            ("sid", Type::String),
            ("topic", Type::String),
            ("dproxy_url", Type::String),
            ("checkpoint", Type::Number),
            ("db_list", Type::String),
        ]);
        let text = |name: &str, description: &str| {
            Attribute::string(name)
                .describe(description)
                .required()
                .check(Check::not_blank())
        };
        Schema::new(
            Block::new(
                "Where the parts of a distributed DTS subscription are consumed: brokers, topic and position of each (`DescribeSubscriptionMeta`). \
                 A source of several databases, such as PolarDB-X 1.0, has one part for each; of any other, `subscribe_topic` and \
                 `subscription_host` of the `dts_subscription` say the same.",
            )
            .attribute(text("dts_instance_id", "Id of the subscription's instance."))
            .attribute(text("sid", "Id of a consumer group (`consumer_group_id` of a `dts_consumer_group`)."))
            .attribute(
                Attribute::new("topics", Type::list(Type::String))
                    .check(not_empty())
                    .describe("Topics of the parts. They or `sub_migration_job_ids` are required."),
            )
            .attribute(
                Attribute::new("sub_migration_job_ids", Type::list(Type::String))
                    .check(not_empty())
                    .describe("Ids of the jobs of the parts. They or `topics` are required."),
            )
            .attribute(Attribute::new("subscription_meta_list", Type::list(meta)).computed().describe(
                "The parts. Each has `sid` (the group), `topic`, `dproxy_url` (the Kafka broker, host and port), `checkpoint` (seconds since 1970) \
                 and `db_list` (the objects as JSON).",
            )),
        )
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        if !PARTS.iter().any(|name| is_set(config, name)) {
            diagnostics.push(
                Diagnostic::error(
                    "Neither topics nor sub_migration_job_ids is set",
                    "DTS tells of the parts that it is asked for. Set `topics`, such as `[dts_subscription.<name>.subscribe_topic]`, or \
                     `sub_migration_job_ids`.",
                )
                .at(Path::attribute("topics")),
            );
        }
    }

    async fn read(&self, query: &mut Query<Client>) -> Result<(), Diagnostics> {
        let api = query.client.api(&query.cancel)?;
        let texts = |name: &str| -> Vec<String> {
            let items = query.state.list(name).iter();
            items.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let instance = query.state.str("dts_instance_id").unwrap_or_default();
        let sid = query.state.str("sid").unwrap_or_default();
        let what = format!("read where DTS subscription {instance} is consumed");
        let metas = api
            .describe_subscription_meta(instance, sid, &texts(PARTS[0]), &texts(PARTS[1]))
            .await
            .map_err(error::to(&what))?;
        let metas: Vec<Object> = metas
            .into_iter()
            .map(|meta| {
                Object::new()
                    .with("sid", meta.sid)
                    .with("topic", meta.topic)
                    .with("dproxy_url", meta.dproxy_url)
                    .with("checkpoint", meta.checkpoint)
                    .with("db_list", meta.db_list)
            })
            .collect();
        query.state.set("subscription_meta_list", metas);
        Ok(())
    }
}

fn not_empty() -> Check {
    Check::new(|value| match value.as_list() {
        Some([]) => Err("It names nothing. Write at least one, or leave the argument out.".to_owned()),
        _ => Ok(()),
    })
}
