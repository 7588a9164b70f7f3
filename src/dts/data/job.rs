//! `data.dts_job`: one job in full, by its id or by that of its instance.

use async_trait::async_trait;

use super::{endpoint, endpoint_type, job_type, tags, text};
use crate::api;
use crate::dts::provider::Client;
use crate::dts::{error, subscription};
use crate::framework::datasource::{DataSource, Query};
use crate::framework::validate::{conflict, is_certainly_set, is_set};
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema, Type, Value};

/// `data.dts_job`
#[derive(Debug)]
pub(in crate::dts) struct Job;

/// Computed attributes that are text.
const TEXTS: [(&str, &str); 15] = [
    ("dts_job_name", "Name of the job."),
    ("job_type", "`MIGRATION`, `SYNC` or `SUBSCRIBE`."),
    ("status", "Status, as DTS reports it."),
    ("instance_class", "Class of its instance."),
    ("pay_type", "How its instance is paid for."),
    ("create_time", "When it was made, such as `2021-03-16T08:01:19Z`."),
    ("expire_time", "When a `PrePaid` instance expires."),
    ("finish_time", "When it ended."),
    ("checkpoint", "Up to when changes are moved, in Unix seconds."),
    ("error_message", "Why it failed."),
    (
        "db_list",
        "What is moved, as JSON; null where DTS gives a long list only as a file.",
    ),
    ("reserve", "Settings, as JSON."),
    ("dedicated_cluster_id", "Dedicated cluster that it is on."),
    ("resource_group_id", "Resource group."),
    (
        "subscribe_topic",
        "Of a subscription, the Kafka topic that the changes are in; null until it has been started.",
    ),
];

/// What a job does.
const MODES: [(&str, &str); 3] = [
    ("structure_initialization", "Whether it moves the structure."),
    ("data_initialization", "Whether it moves the data."),
    ("data_synchronization", "Whether it follows changes."),
];

#[async_trait]
impl DataSource<Client> for Job {
    fn type_name(&self) -> &'static str {
        "dts_job"
    }

    fn schema(&self) -> Schema {
        let phase = Type::object([
            ("name", Type::String),
            ("status", Type::String),
            ("percent", Type::Number),
            ("progress", Type::String),
            ("error_message", Type::String),
        ]);
        Schema::new(
            Block::new("Reads one DTS job, made by whomever (`DescribeDtsJobDetail`, and `DescribeDtsJobs` for its phases and tags).")
                .attribute(text("id", "Id of the job. It or `dts_instance_id` is required.").parameter("DtsJobId").optional_computed())
                .attribute(text("dts_instance_id", "Id of its instance.").optional_computed())
                .attribute(
                    text("synchronization_direction", "Which job of a two-way synchronization, with `dts_instance_id`: `Forward` or `Reverse`. Default: `Forward`.")
                        .optional_computed()
                        .check(Check::one_of(&["Forward", "Reverse"])),
                )
                .attributes(TEXTS.map(|(name, description)| Attribute::string(name).computed().describe(description)))
                .attributes(MODES.map(|(name, description)| Attribute::bool(name).computed().describe(description)))
                .attribute(Attribute::number("delay").computed().describe("Milliseconds that it is behind the source; null before it follows changes."))
                .attributes(["source_endpoint", "destination_endpoint"].map(|name| {
                    Attribute::new(name, endpoint_type()).computed().describe(
                        "The database at this end: `instance_type`, `engine_name`, `instance_id`, `region`, `ip`, `port`, `database_name`, `user_name`, `oracle_sid`, `owner_id` and `role`. \
                         DTS gives no password back.",
                    )
                }))
                .attribute(Attribute::new("phases", Type::list(phase)).computed().describe(
                    "How far it is: `structure`, `data` and `synchronization`, as far as DTS tells. Each has `name`, `status`, `percent`, `progress` and `error_message`.",
                ))
                .attribute(Attribute::new("subscription_host", subscription::host_type()).computed().describe(
                    "Of a subscription, the Kafka brokers, host and port: `vpc_host`, `public_host` and `private_host`; null until it has been started.",
                ))
                .attribute(Attribute::new("tags", Type::map(Type::String)).computed().describe("Tags of its instance.")),
        )
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        conflict(
            config,
            "id",
            "dts_instance_id",
            "One of them names the job.",
            diagnostics,
        );
        if !is_set(config, "id") && !is_set(config, "dts_instance_id") {
            diagnostics.push(
                Diagnostic::error(
                    "Neither id nor dts_instance_id is set",
                    "Set `id` to the id of the job, or `dts_instance_id` to that of its instance.",
                )
                .at(Path::attribute("id")),
            );
        }
        if is_certainly_set(config, "id") && is_certainly_set(config, "synchronization_direction") {
            conflict(
                config,
                "id",
                "synchronization_direction",
                "The id names one of the two jobs already.",
                diagnostics,
            );
        }
    }

    async fn read(&self, query: &mut Query<Client>) -> Result<(), Diagnostics> {
        let api = query.client.api(&query.cancel)?;
        let text = |name: &str| query.state.str(name).map(str::to_owned);
        let job = api::JobRef {
            job_id: text("id"),
            instance_id: text("dts_instance_id"),
            direction: text("synchronization_direction"),
        };
        let (name, id) = match (&job.job_id, &job.instance_id) {
            (Some(id), _) => ("id", id.clone()),
            (None, id) => ("dts_instance_id", id.clone().unwrap_or_default()),
        };
        let thing = if name == "id" {
            "DTS job"
        } else {
            "the job of DTS instance"
        };
        let what = format!("read {thing} {id}");
        let failed = |cause: api::Error| {
            let problem = error::unable(&what, &cause);
            Diagnostics::from(if cause.is_not_found() {
                problem.at(Path::attribute(name))
            } else {
                problem
            })
        };
        let detail = api.describe_dts_job_detail(&job).await.map_err(failed)?;
        let kind = detail.job_type.as_deref().map(job_type);
        // Lists tell phases and tags, and the detail does not.
        let entry = match &detail.dts_job_id {
            Some(job_id) => {
                let job = api::JobRef::job(job_id);
                let of_list = api.read_job(&job, kind.as_deref(), api::Purpose::Progress);
                of_list.await.map_err(failed)?
            }
            None => detail.clone(),
        };
        fill(&mut query.state, &detail, kind, &entry);
        Ok(())
    }
}

fn fill(state: &mut Object, detail: &api::JobDetail, kind: Option<String>, entry: &api::JobDetail) {
    let direction = detail
        .synchronization_direction
        .clone()
        .or_else(|| detail.dts_job_direction.clone());
    state.set("id", detail.dts_job_id.clone());
    state.set("dts_instance_id", detail.dts_instance_id.clone());
    if !state.get("synchronization_direction").is_known() || state.get("synchronization_direction").is_null()
    {
        state.set("synchronization_direction", direction);
    }
    let texts = [
        detail.dts_job_name.clone(),
        kind,
        detail.status.clone(),
        detail.dts_job_class.clone(),
        detail.pay_type.clone(),
        detail.create_time.clone(),
        detail.expire_time.clone(),
        detail.finish_time.clone(),
        detail.checkpoint.clone(),
        detail.error_message.clone(),
        detail.db_object.clone(),
        detail.reserved.clone(),
        detail.dedicated_cluster_id.clone(),
        detail.resource_group_id.clone(),
        detail.subscribe_topic.clone(),
    ];
    for ((name, _), value) in TEXTS.iter().zip(texts) {
        state.set(name, value);
    }
    let mode = &detail.mode;
    let modes = [
        mode.structure_initialization,
        mode.data_initialization,
        mode.data_synchronization,
    ];
    for ((name, _), value) in MODES.iter().zip(modes) {
        state.set(name, value);
    }
    state.set("delay", detail.delay.filter(|delay| *delay >= 0));
    state.set("source_endpoint", endpoint(&detail.source));
    state.set("destination_endpoint", endpoint(&detail.destination));
    let phases = [
        ("structure", &entry.structure_initialization_status),
        ("data", &entry.data_initialization_status),
        (
            "synchronization",
            &entry
                .data_synchronization_status
                .clone()
                .or_else(|| detail.data_synchronization_status.clone()),
        ),
    ];
    let phases: Vec<Value> = phases
        .into_iter()
        .filter_map(|(name, phase)| {
            let phase = phase.as_ref()?;
            let percent = phase
                .percent
                .as_deref()
                .and_then(|percent| percent.parse::<i64>().ok());
            let value = Object::new()
                .with("name", name)
                .with("status", phase.status.clone())
                .with("percent", percent)
                .with("progress", phase.progress.clone())
                .with("error_message", phase.error_message.clone());
            Some(value.into())
        })
        .collect();
    state.set("phases", phases);
    state.set(
        "subscription_host",
        subscription::hosts(&detail.subscription_host),
    );
    state.set("tags", tags(entry.tags.as_deref().unwrap_or_default()));
}
