//! What `dts_subscription` accepts, and what its configuration alone can tell.

use serde_json::Value as Json;

use super::objects as followed;
use crate::dts::course::Desired;
use crate::dts::endpoint::{self, Side};
use crate::dts::job::{self, MOVES};
use crate::dts::monitor_rule::{phones, same_phones};
use crate::dts::{objects, reserve};
use crate::framework::schema::OnChange;
use crate::framework::timeouts::{self, Operation};
use crate::framework::validate::{is_certainly_set, is_set};
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema, Type};

/// What a subscription can be. DTS does not end one for good (dts-api.md 3.2).
const DESIRED: [&str; 4] = ["configured", "prechecked", "running", "suspended"];

/// How far an apply may follow a subscription.
const WAITS: [&str; 3] = ["none", "prechecked", "running"];

/// Arguments that only a new configuration can change: of a subscription that has started, after a reset.
pub(super) const ANEW: [&str; 9] = [
    "subscription_instance_network_type",
    "subscription_instance_vpc_id",
    "subscription_instance_vswitch_id",
    "checkpoint",
    "dedicated_cluster_id",
    "min_du",
    "max_du",
    "dts_bis_label",
    "resource_group_id",
];

/// The alarms that a configuration sets along with the rest: type of the rule, and the arguments that say it.
pub(super) const NOTICES: [(&str, &[&str]); 2] = [
    ("delay", &["delay_notice", "delay_phone", "delay_rule_time"]),
    ("error", &["error_notice", "error_phone"]),
];

/// The Kafka brokers of a subscription.
pub(in crate::dts) fn host_type() -> Type {
    Type::object([
        ("private_host", Type::String),
        ("public_host", Type::String),
        ("vpc_host", Type::String),
    ])
}

/// What only a new configuration changes: the arguments of [`ANEW`], and the database.
const RESETS: OnChange = OnChange::Told(
    "Of a subscription that has started, a change resets it (`ResetDtsJob`) and configures it anew.",
);

const OBJECTS: OnChange = OnChange::Told(
    "Changed in place until the subscription has started, and while it runs (`ModifySubscription`).",
);

pub(super) fn schema() -> Schema {
    let text = |name: &str, description: &str| {
        Attribute::string(name)
            .describe(description)
            .check(Check::not_blank())
    };
    Schema::new(
        Block::new(
            "A DTS subscription (change tracking): which changes of a database are followed (`ConfigureSubscription`), for programs that read \
             them with a Kafka client as a `dts_consumer_group`. Configured on an instance that was bought first (`dts_instance_id`, of type \
             `SUBSCRIBE`), or without one, to be checked before an instance is bought for it (`dts_instance` with `job_id`). Removing a \
             subscription never releases an instance.",
        )
        .attribute(Attribute::string("id").computed().stable().describe("Id of the subscription (`DtsJobId`)."))
        .attribute(
            text("dts_instance_id", "Id of the instance to configure the subscription on. Leave it out to configure first; once an instance was bought for it, it is shown here. Another instance replaces the subscription; where the instance itself is replaced in the same apply, it is configured on the new one in place.")
                .change(OnChange::Replaces)
                .optional_computed()
                .stable(),
        )
        .attribute(text("dts_job_name", "Name of the subscription; it need not be unique. Changed in place (`ModifyDtsJobName`).").required().change(OnChange::InPlace))
        .attribute(
            text(
                "desired_status",
                "What the subscription shall be: `configured` (nothing is run), `prechecked` (checked, not started; without an instance only), \
                 `running` (checked and started: its changes can be consumed), `suspended` (DTS shows that as `Abnormal`; one that has not started is not started for it); the last two need an \
                 instance. `configured` and `prechecked` are floors: a subscription that went further satisfies them. Default: `running` with \
                 `dts_instance_id`, else `configured`.",
            )
            .optional_computed()
            .local()
            .change(MOVES)
            .check(Check::one_of(&DESIRED)),
        )
        .attribute(
            text("wait_for", "How far an apply follows the subscription: `none`, `prechecked`, `running` (its changes can be consumed). Default: as far as `desired_status` says.")
                .local()
                .check(Check::one_of(&WAITS)),
        )
        .attribute(job::on_wait_failure("subscription", ""))
        .attribute(
            text("subscription_instance_network_type", "Network of the brokers: `vpc`, the only one that DTS still has. Default: `vpc`.")
                .default("vpc")
                .check(Check::one_of(&["vpc"])),
        )
        .attribute(text("subscription_instance_vpc_id", "Id of the VPC that the changes are consumed from.").parameter("SubscriptionInstanceVPCId").required())
        .attribute(text("subscription_instance_vswitch_id", "Id of a vSwitch in that VPC.").parameter("SubscriptionInstanceVSwitchId").required())
        .attribute(Attribute::bool("subscription_data_type_ddl").default(true).parameter("SubscriptionDataTypeDDL").change(OnChange::InPlace).describe("Follow changes of definitions. Changed in place (`ModifySubscription`). Default: `true`."))
        .attribute(Attribute::bool("subscription_data_type_dml").default(true).parameter("SubscriptionDataTypeDML").change(OnChange::InPlace).describe("Follow changes of data. Changed in place (`ModifySubscription`). Default: `true`."))
        .attribute(followed::db_list_attribute().change(OBJECTS))
        .attribute(
            text("reserve", "Further settings as a JSON object (`Reserve`), such as `jsonencode({ srcInstanceId = \"cen-...\" })`, which a source of type `CEN` needs. Compared by meaning. Keys are added or changed, never taken away.")
                .change(OBJECTS)
                .optional_computed()
                .stable()
                .same_meaning(reserve::same_meaning)
                .check(reserve::check())
                .check(not_of_the_network()),
        )
        .attribute(text("checkpoint", "From when on changes are followed, in seconds since 1970. Default: from the start on.").check(seconds()))
        .attribute(text("dedicated_cluster_id", "Id of the dedicated cluster to run on. Only without `dts_instance_id`: such a subscription is configured first."))
        .attribute(Attribute::number("min_du").check(Check::one_of_numbers(&[1, 2, 4, 8, 16])).describe("Least DTS units of a serverless instance: 1, 2, 4, 8 or 16."))
        .attribute(Attribute::number("max_du").check(Check::one_of_numbers(&[1, 2, 4, 8, 16])).describe("Most DTS units of a serverless instance: 1, 2, 4, 8 or 16."))
        .attribute(Attribute::bool("delay_notice").optional_computed().stable().change(OnChange::InPlace).describe("Whether somebody is called when the subscription falls behind. Changed in place (`CreateJobMonitorRule`). Instead of a `dts_monitor_rule` of type `delay`, which says more, not beside one. Left out, an alarm that an import found stays as it is."))
        .attribute(Attribute::string("delay_phone").optional_computed().stable().same_meaning(same_phones).change(OnChange::InPlace).check(phones()).describe("Who is called: up to ten phone numbers, separated by commas. With `delay_notice`."))
        .attribute(Attribute::number("delay_rule_time").optional_computed().stable().change(OnChange::InPlace).check(Check::between(1, i64::MAX)).describe("Delay that is too much, in seconds; DTS advises at least 10. Required with `delay_notice = true`."))
        .attribute(Attribute::bool("error_notice").optional_computed().stable().change(OnChange::InPlace).describe("Whether somebody is called when the subscription fails. Changed in place (`CreateJobMonitorRule`). Instead of a `dts_monitor_rule` of type `error`, not beside one."))
        .attribute(Attribute::string("error_phone").optional_computed().stable().same_meaning(same_phones).change(OnChange::InPlace).check(phones()).describe("Who is called: up to ten phone numbers, separated by commas. With `error_notice`."))
        .attribute(text("dts_bis_label", "Environment: `normal` or `online`.").check(Check::one_of(&["normal", "online"])))
        .attribute(text("resource_group_id", "Id of the resource group that it is configured in."))
        .attribute(Attribute::string("status").computed().describe("Status of the subscription, as DTS reports it. `Normal`: its changes can be consumed. `Abnormal`: it is suspended, or it failed (then `failure` tells why)."))
        .attribute(job::failure_attribute().describe(
            "Why the subscription does not go on; null while it does, and while it is suspended. `stage` (`precheck`, `data_synchronization`, \
             `modification`, `locked`, or `unknown`), `code` (as DTS has it; of a precheck, the checks that failed), `message`, and `suggestion`: \
             what to do next.",
        ))
        .attribute(Attribute::string("subscribe_topic").computed().describe("Kafka topic that the changes are in. Null until the subscription has been started."))
        .attribute(
            Attribute::new("subscription_host", host_type())
                .computed()
                .describe("The Kafka brokers, host and port: `vpc_host` (from a VPC), `public_host` (from the Internet), `private_host` (from the classic network). Null until the subscription has been started."),
        )
        .attribute(crate::dts::operations_attribute())
        .block(endpoint::block(Side::Subscribed))
        .block(followed::database_block(OBJECTS))
        .block(timeouts::block(&[(Operation::Create, "30m"), (Operation::Update, "30m"), (Operation::Delete, "20m")]))
        .change(RESETS),
    )
}

/// Keys of `Reserve` that DTS makes of the arguments.
pub(super) const OF_THE_NETWORK: [&str; 3] = ["netType", "vpcId", "vswitchId"];

fn not_of_the_network() -> Check {
    Check::new(|value| {
        let Some(Ok(Json::Object(map))) = value.as_str().map(serde_json::from_str) else {
            return Ok(());
        };
        match OF_THE_NETWORK.iter().find(|key| map.contains_key(**key)) {
            Some(key) => Err(format!(
                "`{key}` follows from the `subscription_instance_...` arguments. Remove the key and set those."
            )),
            None => Ok(()),
        }
    })
}

fn seconds() -> Check {
    Check::new(|value| match value.as_str() {
        Some(text) if !text.bytes().all(|digit| digit.is_ascii_digit()) || text.len() > 10 => Err(format!(
            "{text:?} is no time in seconds since 1970. Write whole seconds, such as \"1700000000\"."
        )),
        _ => Ok(()),
    })
}

pub(super) fn validate(config: &Object, diagnostics: &mut Diagnostics) {
    objects::validate(config, diagnostics);
    endpoint::validate_side(Side::Subscribed, config, diagnostics);
    let mut say = |at: Path, summary: &str, detail: &str| {
        diagnostics.push(Diagnostic::error(summary, detail).at(at));
    };
    if config.bool("subscription_data_type_ddl") == Some(false)
        && config.bool("subscription_data_type_dml") == Some(false)
    {
        say(
            Path::attribute("subscription_data_type_dml"),
            "The subscription would follow nothing",
            "Both `subscription_data_type_ddl` and `subscription_data_type_dml` are false. Set one of them to true.",
        );
    }
    if let (Some(least), Some(most)) = (config.i64("min_du"), config.i64("max_du"))
        && least > most
    {
        say(
            Path::attribute("max_du"),
            "max_du is less than min_du",
            "Set `max_du` to as many DTS units as `min_du`, or more.",
        );
    }
    if is_certainly_set(config, "dedicated_cluster_id") && is_certainly_set(config, "dts_instance_id") {
        say(
            Path::attribute("dedicated_cluster_id"),
            "dedicated_cluster_id cannot be set together with dts_instance_id",
            "A subscription on a dedicated cluster is configured first. Remove `dts_instance_id`, and buy the instance for it: `dts_instance` with \
             `job_id`.",
        );
    }
    validate_notices(config, &mut say);
    validate_source(config, &mut say);
    validate_status(config, &mut say);
}

fn validate_notices(config: &Object, say: &mut impl FnMut(Path, &str, &str)) {
    for (kind, names) in NOTICES {
        let notice = format!("{kind}_notice");
        for name in names.iter().filter(|name| **name != notice) {
            if is_certainly_set(config, name) && config.get(&notice).is_null() {
                say(
                    Path::attribute(name),
                    &format!("{name} needs {notice}"),
                    &format!(
                        "It says more of an alarm that is not set. Set `{notice} = true`, or remove it."
                    ),
                );
            }
        }
    }
    if config.bool("delay_notice") == Some(true) && !is_set(config, "delay_rule_time") {
        say(
            Path::attribute("delay_rule_time"),
            "delay_rule_time is missing",
            "An alarm of delay fires after so many seconds. Set `delay_rule_time`.",
        );
    }
}

/// What the settings have to say of the source.
fn validate_source(config: &Object, say: &mut impl FnMut(Path, &str, &str)) {
    let Some(source) = config.object(Side::Subscribed.block()) else {
        return;
    };
    if config.get("reserve").is_unknown() {
        return;
    }
    let reserve: Json = config
        .str("reserve")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let is = |name: &str, word: &str| {
        source
            .str(name)
            .is_some_and(|text| text.eq_ignore_ascii_case(word))
    };
    if is("instance_type", "CEN") && reserve.get("srcInstanceId").is_none() {
        say(
            Path::attribute("reserve"),
            "The id of the CEN instance is missing",
            "A source of type `CEN` is named by its VPC (`instance_id`) and the CEN instance. Set `reserve = jsonencode({ srcInstanceId = \
             \"cen-...\" })`.",
        );
    }
    let by_sid = reserve["srcOracleType"]
        .as_str()
        .is_none_or(|kind| kind.eq_ignore_ascii_case("sid"));
    if is("engine_name", "Oracle") && by_sid && !is_set(source, "oracle_sid") {
        say(
            Path::attribute(Side::Subscribed.block()).then("oracle_sid"),
            "oracle_sid is missing in source_endpoint",
            "An Oracle database is named by its SID. Set `oracle_sid`; for a RAC, set `srcOracleType` in `reserve`.",
        );
    }
}

fn validate_status(config: &Object, say: &mut impl FnMut(Path, &str, &str)) {
    let desired = config.str("desired_status").and_then(Desired::parse);
    if desired == Some(Desired::Prechecked) && is_certainly_set(config, "dts_instance_id") {
        say(
            Path::attribute("desired_status"),
            "desired_status = \"prechecked\" is for a subscription without an instance",
            "With an instance a precheck that passes also starts it. Set `running` to start it, `configured` to only configure it, or leave out \
             `dts_instance_id` and buy the instance after the precheck (`dts_instance` with `job_id`).",
        );
    }
    // The default of one without an instance.
    let nothing_said = config.get("desired_status").is_null() && config.get("dts_instance_id").is_null();
    let desired = desired.or(nothing_said.then_some(Desired::Configured));
    let reach: &[&str] = match desired {
        None | Some(Desired::Running) => return,
        Some(Desired::Prechecked) => &["none", "prechecked"],
        Some(_) => &["none"],
    };
    if let Some(wait) = config.str("wait_for")
        && WAITS.contains(&wait)
        && !reach.contains(&wait)
    {
        say(
            Path::attribute("wait_for"),
            &format!("wait_for = {wait:?} cannot come true"),
            "`desired_status` does not let the subscription get that far (without an instance its default is `configured`). Leave `wait_for` out, \
             or set `desired_status` to what you wait for.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Value;

    fn base() -> Object {
        let source = Object::new()
            .with("instance_type", "RDS")
            .with("instance_id", "rm-1")
            .with("region", "cn-hangzhou");
        Object::new()
            .with("source_endpoint", source)
            .with("database", vec![Object::new().with("name", "a")])
    }

    fn with_source(members: &[(&str, &str)]) -> Object {
        let mut source = base().object("source_endpoint").cloned().unwrap();
        for (name, value) in members {
            source.set(name, *value);
        }
        base().with("source_endpoint", source)
    }

    fn check(config: &Object, expected: &[(&str, &str)]) {
        let mut diagnostics = Diagnostics::new();
        validate(config, &mut diagnostics);
        let found: Vec<(String, String)> = diagnostics
            .iter()
            .map(|d| (d.path.clone().unwrap_or_default().to_string(), d.summary.clone()))
            .collect();
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(path, summary)| ((*path).to_owned(), (*summary).to_owned()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn combinations_that_dts_refuses() {
        check(&base(), &[]);
        check(
            &base()
                .with("subscription_data_type_ddl", false)
                .with("subscription_data_type_dml", false),
            &[(
                "subscription_data_type_dml",
                "The subscription would follow nothing",
            )],
        );
        check(
            &base().with("min_du", 4).with("max_du", 2),
            &[("max_du", "max_du is less than min_du")],
        );
        check(
            &base()
                .with("dedicated_cluster_id", "c")
                .with("dts_instance_id", "i"),
            &[(
                "dedicated_cluster_id",
                "dedicated_cluster_id cannot be set together with dts_instance_id",
            )],
        );
        check(
            &base().with("delay_phone", "1").with("error_phone", "1"),
            &[
                ("delay_phone", "delay_phone needs delay_notice"),
                ("error_phone", "error_phone needs error_notice"),
            ],
        );
        check(
            &base().with("delay_notice", true),
            &[("delay_rule_time", "delay_rule_time is missing")],
        );
        check(
            &base()
                .with("delay_notice", Value::Unknown)
                .with("delay_phone", "1"),
            &[],
        );
        check(
            &base()
                .with("desired_status", "prechecked")
                .with("dts_instance_id", "i"),
            &[(
                "desired_status",
                "desired_status = \"prechecked\" is for a subscription without an instance",
            )],
        );
        for (desired, wait) in [
            (Value::Null, "running"),
            (Value::from("prechecked"), "running"),
            (Value::from("suspended"), "running"),
        ] {
            check(
                &base().with("desired_status", desired).with("wait_for", wait),
                &[("wait_for", "wait_for = \"running\" cannot come true")],
            );
        }
        check(
            &base()
                .with("desired_status", "running")
                .with("wait_for", "running"),
            &[],
        );
    }

    #[test]
    fn each_kind_of_source_needs_its_own() {
        let address = [("ip", "10.0.0.1"), ("port", "3306")];
        check(
            &with_source(&[("instance_type", "LocalInstance")]),
            &[
                ("source_endpoint.ip", "ip is missing in source_endpoint"),
                ("source_endpoint.port", "port is missing in source_endpoint"),
            ],
        );
        check(
            &with_source(&[("instance_type", "ECS")]),
            &[("source_endpoint.port", "port is missing in source_endpoint")],
        );
        let cen = with_source(&[&[("instance_type", "CEN")][..], &address].concat());
        check(&cen, &[("reserve", "The id of the CEN instance is missing")]);
        check(&cen.clone().with("reserve", Value::Unknown), &[]);
        check(&cen.with("reserve", r#"{"srcInstanceId":"cen-1"}"#), &[]);
        let oracle = with_source(
            &[
                &[("instance_type", "LocalInstance"), ("engine_name", "Oracle")][..],
                &address,
            ]
            .concat(),
        );
        check(
            &oracle,
            &[(
                "source_endpoint.oracle_sid",
                "oracle_sid is missing in source_endpoint",
            )],
        );
        check(&oracle.with("reserve", r#"{"srcOracleType":"rac"}"#), &[]);
        check(
            &with_source(&[("owner_id", "17")]),
            &[("source_endpoint.role", "role is missing in source_endpoint")],
        );
        check(
            &with_source(&[("engine_name", "PostgreSQL")]),
            &[(
                "source_endpoint.database_name",
                "database_name is missing in source_endpoint",
            )],
        );
    }

    #[test]
    fn values_that_dts_does_not_take() {
        let run = |check: Check, value: Value| check.run(&value).is_ok();
        for (text, fine) in [
            ("1700000000", true),
            ("soon", false),
            ("1700000000000", false),
            ("-1", false),
        ] {
            assert_eq!(run(seconds(), Value::from(text)), fine, "{text}");
        }
        assert!(!run(not_of_the_network(), Value::from(r#"{"vpcId":"vpc-1"}"#)));
        assert!(run(not_of_the_network(), Value::from(r#"{"startTime":"1"}"#)));
    }
}
