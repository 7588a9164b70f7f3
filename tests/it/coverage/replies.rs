//! What DTS tells of a configured argument is read back, so that a change behind our back is seen. For each member of the replies
//! that a resource is read from stands here the argument that it shows in, or why it shows in none; the emulator then tells
//! another value, and the argument has it.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::changes::bed::{Bed, Managed};
use crate::changes::config::{self, SYNC, with};
use crate::emulator::catalogue::ACTIONS;

/// A member of a reply that shows in an argument.
struct Read {
    member: &'static str,
    /// What it is edited to.
    value: Json,
    /// Where it shows: `dts_job.source_endpoint.ip`.
    argument: &'static str,
    /// As what it shows.
    shown: Json,
    /// What the resource has beside the usual.
    beside: Json,
}

fn read(member: &'static str, value: Json, argument: &'static str) -> Read {
    Read {
        member,
        shown: value.clone(),
        value,
        argument,
        beside: json!({}),
    }
}

impl Read {
    fn shown(self, shown: Json) -> Read {
        Read { shown, ..self }
    }

    fn beside(self, beside: Json) -> Read {
        Read { beside, ..self }
    }
}

/// Of every reply.
const ENVELOPE: &str = "Code DynamicCode DynamicMessage ErrCode ErrMessage HttpStatusCode PageNumber PageRecordCount RequestId \
                        Success TotalRecordCount NextToken";

/// Members of `DescribeDtsJobDetail` that show in no argument.
const UNREAD: Unread = &[
    (
        "AppName ApprovalProcessStatus ApprovalProcessUrl Binlog BinlogSite BinlogTime DataDeliveryChannelInfo DemoJob EtlCalculator GroupId \
         InsightModule",
        "of other products and of subscriptions of the old kind, which no parameter of these operations sets",
    ),
    (
        "BeginTimestamp BootTime Checkpoint ConsumptionCheckpoint ConsumptionClient CreateTime DataSynchronizationStatus Delay EndTimestamp \
         ErrorMessage ExpireTime FinishTime LastUpdateTime RetryState Status SubscribeTopic SubscriptionHost",
        "what goes on, not what was configured: computed attributes, and what desired_status is compared with",
    ),
    (
        "DbObjectOssUrl DbObjectOssUrlExpireTime DbObjectSize",
        "where the objects are when they are too many for DbObject; a file in a store that is not called",
    ),
    (
        "DestNetType",
        "how DTS reaches the destination; the network of a subscription is told among Reserved",
    ),
    (
        "DtsJobDirection SynchronizationDirection TaskType",
        "which half of a two-way synchronization it is, which never changes for one id",
    ),
    ("DtsJobId", "the id by which it is asked for"),
    (
        "MigrationMode.DataExtractTransformLoad",
        "follows from the operators among Reserved",
    ),
    (
        "ResourceGroupDisplayName",
        "the name of what ResourceGroupId tells",
    ),
    (
        "SourceEndpoint.CanModifyPassword DestinationEndpoint.CanModifyPassword",
        "what DTS allows, not what was configured",
    ),
    (
        "SubDistributedJob SubSyncJob",
        "tasks that DTS makes within a job",
    ),
];

/// Where `DescribeDtsJobDetail` shows.
fn details() -> Vec<Read> {
    let other = || {
        json!({ "source_endpoint": {
            "instance_type": "OTHER", "instance_id": null, "region": null, "ip": "10.0.0.1", "port": "3306",
        }})
    };
    let to_other = || {
        json!({ "destination_endpoint": {
            "instance_type": "OTHER", "instance_id": null, "region": null, "ip": "10.0.0.1", "port": "3306",
        }})
    };
    let oracle = |side: &str| {
        json!({ side: {
            "instance_type": "OTHER", "instance_id": null, "region": null, "ip": "10.0.0.1", "port": "1521", "engine_name": "ORACLE",
            "oracle_sid": "orcl",
        }})
    };
    let cross = |side: &str| json!({ side: { "owner_id": "17", "role": "dts" } });
    let ssl = |side: &str| json!({ side: { "ssl_solution": "DISABLE" } });
    let cluster = || json!({ "desired_status": "prechecked", "dedicated_cluster_id": "dtscl1", "min_du": 1, "max_du": 4 });
    let text = |text: &str| Json::from(text);
    vec![
        read("DtsJobName", text("renamed"), "dts_job.dts_job_name"),
        read("DtsInstanceID", text("dtsother"), "dts_job.dts_instance_id"),
        read("JobType", text("online"), "dts_job.job_type").shown(text("MIGRATION")),
        read("DtsBisLabel", text("online"), "dts_job.dts_bis_label")
            .beside(json!({ "dts_bis_label": "normal" })),
        read(
            "DedicatedClusterId",
            text("dtscl9"),
            "dts_job.dedicated_cluster_id",
        )
        .beside(cluster()),
        read("MinDu", json!(2), "dts_job.min_du").beside(cluster()),
        read("MaxDu", json!(8), "dts_job.max_du").beside(cluster()),
        read(
            "MigrationMode.StructureInitialization",
            json!(false),
            "dts_job.structure_initialization",
        ),
        read(
            "MigrationMode.DataInitialization",
            json!(false),
            "dts_job.data_initialization",
        ),
        read(
            "MigrationMode.DataSynchronization",
            json!(false),
            "dts_job.data_synchronization",
        ),
        read(
            "DbObject",
            text(r#"{"other":{"name":"other","all":true}}"#),
            "dts_job.database",
        )
        .shown(json!([{ "name": "other" }])),
        read("Reserved", text(r#"{"targetTableMode":"2"}"#), "dts_job.reserve")
            .shown(text(r#"{"targetTableMode":"2"}"#)),
        read(
            "SourceEndpoint.AliyunUid",
            text("18"),
            "dts_job.source_endpoint.owner_id",
        )
        .beside(cross("source_endpoint")),
        read(
            "SourceEndpoint.RoleName",
            text("other"),
            "dts_job.source_endpoint.role",
        )
        .beside(cross("source_endpoint")),
        read(
            "SourceEndpoint.DatabaseName",
            text("other"),
            "dts_job.source_endpoint.database_name",
        ),
        read(
            "SourceEndpoint.EngineName",
            text("POLARDB"),
            "dts_job.source_endpoint.engine_name",
        ),
        read(
            "SourceEndpoint.InstanceID",
            text("rm-9"),
            "dts_job.source_endpoint.instance_id",
        ),
        read(
            "SourceEndpoint.InstanceType",
            text("ECS"),
            "dts_job.source_endpoint.instance_type",
        ),
        read(
            "SourceEndpoint.Ip",
            text("10.0.0.9"),
            "dts_job.source_endpoint.ip",
        )
        .beside(other()),
        read(
            "SourceEndpoint.Port",
            text("3307"),
            "dts_job.source_endpoint.port",
        )
        .beside(other()),
        read(
            "SourceEndpoint.OracleSID",
            text("other"),
            "dts_job.source_endpoint.oracle_sid",
        )
        .beside(oracle("source_endpoint")),
        read(
            "SourceEndpoint.Region",
            text("cn-beijing"),
            "dts_job.source_endpoint.region",
        ),
        read(
            "SourceEndpoint.SslSolutionEnum",
            text("ENABLE_WITH_CERTIFICATE"),
            "dts_job.source_endpoint.ssl_solution",
        )
        .beside(ssl("source_endpoint")),
        read(
            "SourceEndpoint.UserName",
            text("somebody"),
            "dts_job.source_endpoint.user_name",
        ),
        read(
            "DestinationEndpoint.AliyunUid",
            text("18"),
            "dts_job.destination_endpoint.owner_id",
        )
        .beside(cross("destination_endpoint")),
        read(
            "DestinationEndpoint.RoleName",
            text("other"),
            "dts_job.destination_endpoint.role",
        )
        .beside(cross("destination_endpoint")),
        read(
            "DestinationEndpoint.DatabaseName",
            text("other"),
            "dts_job.destination_endpoint.database_name",
        )
        .beside(json!({ "destination_endpoint": { "database_name": "one" } })),
        read(
            "DestinationEndpoint.EngineName",
            text("POLARDB"),
            "dts_job.destination_endpoint.engine_name",
        ),
        read(
            "DestinationEndpoint.InstanceID",
            text("rm-9"),
            "dts_job.destination_endpoint.instance_id",
        ),
        read(
            "DestinationEndpoint.InstanceType",
            text("ECS"),
            "dts_job.destination_endpoint.instance_type",
        ),
        read(
            "DestinationEndpoint.Ip",
            text("10.0.0.9"),
            "dts_job.destination_endpoint.ip",
        )
        .beside(to_other()),
        read(
            "DestinationEndpoint.Port",
            text("3307"),
            "dts_job.destination_endpoint.port",
        )
        .beside(to_other()),
        read(
            "DestinationEndpoint.OracleSID",
            text("other"),
            "dts_job.destination_endpoint.oracle_sid",
        )
        .beside(oracle("destination_endpoint")),
        read(
            "DestinationEndpoint.Region",
            text("cn-beijing"),
            "dts_job.destination_endpoint.region",
        ),
        read(
            "DestinationEndpoint.SslSolutionEnum",
            text("ENABLE_WITH_CERTIFICATE"),
            "dts_job.destination_endpoint.ssl_solution",
        )
        .beside(ssl("destination_endpoint")),
        read(
            "DestinationEndpoint.UserName",
            text("somebody"),
            "dts_job.destination_endpoint.user_name",
        ),
        read("DtsJobClass", text("large"), "dts_instance.instance_class"),
        read("PayType", text("PrePaid"), "dts_instance.pay_type"),
        read("ResourceGroupId", text("rg-9"), "dts_instance.resource_group_id"),
        read("DatabaseCount", json!(7), "dts_instance.database_count").beside(json!({
            "source_endpoint_engine_name": "DRDS", "database_count": 2,
        })),
        read(
            "InitCheckpoint",
            text("1616899019"),
            "dts_subscription.checkpoint",
        )
        .beside(json!({ "checkpoint": "1610540493" })),
        read(
            "SubscriptionDataType.Ddl",
            json!(false),
            "dts_subscription.subscription_data_type_ddl",
        ),
        read(
            "SubscriptionDataType.Dml",
            json!(false),
            "dts_subscription.subscription_data_type_dml",
        ),
    ]
}

/// Members of a reply that show in no argument, and why not.
type Unread = &'static [(&'static str, &'static str)];

/// Where the replies show that are of one object only, by operation.
fn others() -> Vec<(&'static str, Unread, Vec<Read>)> {
    let text = |text: &str| Json::from(text);
    let rule = || json!({ "type": "full_timeout", "delay_rule_time": 3, "notice_value": 2, "period": 5, "times": 3, "phone": "13900000000", "state": "Y" });
    vec![
        (
            "DescribeJobMonitorRule",
            &[
                (
                    "DtsJobId MonitorRules.JobId MonitorRules.JobType",
                    "whose rule it is",
                ),
                (
                    "MonitorRules.Type",
                    "by which it is told from the others of the job",
                ),
                ("Topics", "of a messaging product, which no parameter sets"),
            ],
            vec![
                read(
                    "MonitorRules.0.DelayRuleTime",
                    json!(99),
                    "dts_monitor_rule.delay_rule_time",
                )
                .beside(json!({ "type": "delay", "delay_rule_time": 60 })),
                read(
                    "MonitorRules.0.NoticeValue",
                    json!(7),
                    "dts_monitor_rule.notice_value",
                )
                .beside(rule()),
                read("MonitorRules.0.Period", json!(7), "dts_monitor_rule.period").beside(rule()),
                read("MonitorRules.0.Times", json!(7), "dts_monitor_rule.times").beside(rule()),
                read(
                    "MonitorRules.0.Phone",
                    text("13900000001"),
                    "dts_monitor_rule.phone",
                )
                .beside(rule()),
                read("MonitorRules.0.State", text("N"), "dts_monitor_rule.state").beside(rule()),
            ],
        ),
        (
            "DescribeConsumerChannel",
            &[
                ("ConsumerChannels.ConsumerGroupId", "the id by which it is found"),
                (
                    "ConsumerChannels.ConsumptionCheckpoint ConsumerChannels.MessageDelay ConsumerChannels.UnconsumedData",
                    "how far it has read",
                ),
            ],
            vec![
                read(
                    "ConsumerChannels.0.ConsumerGroupName",
                    text("renamed"),
                    "dts_consumer_group.consumer_group_name",
                ),
                read(
                    "ConsumerChannels.0.ConsumerGroupUserName",
                    text("somebody"),
                    "dts_consumer_group.consumer_group_user_name",
                ),
            ],
        ),
        (
            "ListTagResources",
            &[
                (
                    "TagResources.TagResource.ResourceId TagResources.TagResource.ResourceType",
                    "whose tag it is",
                ),
                ("TagResources.TagResource.TagKey", "told with its value"),
            ],
            vec![
                read(
                    "TagResources.TagResource.0.TagValue",
                    text("other"),
                    "dts_instance.tags.team",
                )
                .beside(json!({ "tags": { "team": "one" } })),
            ],
        ),
    ]
}

/// The members of a reply, below objects and lists of objects.
fn members(shape: &Json, prefix: &str, found: &mut BTreeSet<String>) {
    match shape {
        Json::Object(inner) => {
            for (name, shape) in inner {
                let path = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                members(shape, &path, found);
            }
        }
        Json::Array(items) if items.first().is_some_and(Json::is_object) => members(&items[0], prefix, found),
        _ => {
            found.insert(prefix.to_owned());
        }
    }
}

/// Each member is told once, where those below it are not.
fn complete(action: &str, unread: Unread, reads: &[Read]) {
    let mut all = BTreeSet::new();
    members(&ACTIONS[action].reply, "", &mut all);
    let mut told = BTreeSet::new();
    let read = reads.iter().map(|read| read.member.replace(".0", ""));
    let unread = unread.iter().flat_map(|(names, reason)| {
        assert!(reason.len() > 8, "{names}");
        names.split_ascii_whitespace()
    });
    let envelope = ENVELOPE.split_ascii_whitespace().map(str::to_owned);
    for name in read.chain(unread.map(str::to_owned)) {
        assert!(told.insert(name.clone()), "{action}: {name} is told twice");
        let below = format!("{name}.");
        let there = all
            .iter()
            .any(|member| *member == name || member.starts_with(&below));
        assert!(there, "{action} has no {name}");
    }
    told.extend(envelope);
    all.retain(|member| {
        !told
            .iter()
            .any(|name| member == name || member.starts_with(&format!("{name}.")))
    });
    assert_eq!(
        all,
        BTreeSet::new(),
        "members of {action} that nobody has thought of"
    );
}

fn staged<'b>(bed: &'b Bed, object: &str, beside: &Json) -> Managed<'b> {
    let settled = |type_name: &'static str, config: &Json| {
        let mut managed = bed.resource(type_name);
        managed.settle(config);
        managed
    };
    match object {
        "dts_job" if beside.get("dedicated_cluster_id").is_some() => {
            settled("dts_job", &with(&config::job(SYNC), beside.clone()))
        }
        "dts_job" => {
            bed.bought(&config::instance(SYNC), &with(&config::job(SYNC), beside.clone()))
                .1
        }
        "dts_instance" => settled("dts_instance", &with(&config::instance(SYNC), beside.clone())),
        "dts_subscription" => bed.subscribed(&with(&config::subscription(), beside.clone())).0,
        "dts_monitor_rule" => {
            let mut job = bed.job();
            job.settle(&config::job(SYNC));
            settled(
                "dts_monitor_rule",
                &with(beside, json!({ "dts_job_id": job.text("id") })),
            )
        }
        "dts_consumer_group" => {
            let (subscription, _) = bed.subscribed(&config::subscription());
            let group = json!({
                "dts_job_id": subscription.text("id"), "consumer_group_name": "billing", "consumer_group_user_name": "reader",
                "consumer_group_password": "secret-Pass1",
            });
            settled("dts_consumer_group", &group)
        }
        other => panic!("{other}"),
    }
}

/// What the state has at a path, blocks without what is not set.
fn shown(managed: &Managed<'_>, path: &str) -> Json {
    fn set(value: &Json) -> Json {
        match value {
            Json::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.clone(), set(value)));
                Json::Object(
                    members
                        .filter(|(_, value)| !value.is_null() && *value != json!([]))
                        .collect(),
                )
            }
            Json::Array(items) => items.iter().map(set).collect(),
            value => value.clone(),
        }
    }
    let state: Json = serde_json::to_value(managed.core.value().reveal()).unwrap();
    let found = path.split('.').fold(&state, |value, name| &value[name]);
    set(found)
}

fn edits(action: &str, read: &Read) -> Json {
    let pointer = format!("/{}", read.member.replace('.', "/"));
    let edit = |action: &str, pointer: String| json!({ "action": action, "times": 1000, "kind": "edit", "pointer": pointer, "value": read.value });
    let mut edits = vec![edit(action, pointer.clone())];
    // Lists tell it too, and a resource is read from either.
    let listed = match action {
        "DescribeDtsJobDetail" => Some(pointer),
        "ListTagResources" => Some("/TagList/0/TagValue".to_owned()),
        _ => None,
    };
    edits.extend(listed.map(|pointer| edit("DescribeDtsJobs", format!("/DtsJobList/0{pointer}"))));
    Json::Array(edits)
}

fn check(action: &str, reads: Vec<Read>) {
    let mut wrong = Vec::new();
    for read in reads {
        let (object, path) = read.argument.split_once('.').unwrap();
        let bed = Bed::new();
        let mut managed = staged(&bed, object, &read.beside);
        assert_ne!(shown(&managed, path), read.shown, "{} is edited", read.member);
        bed.emulator.add_faults(edits(action, &read));
        managed.refresh();
        let now = shown(&managed, path);
        if now != read.shown {
            wrong.push(format!(
                "{}: {} is {now}, not {}",
                read.member, read.argument, read.shown
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_a_detail_tells_is_read_back() {
    complete("DescribeDtsJobDetail", UNREAD, &details());
    check("DescribeDtsJobDetail", details());
}

#[test]
fn what_other_replies_tell_is_read_back() {
    for (action, unread, reads) in others() {
        complete(action, unread, &reads);
        check(action, reads);
    }
}
