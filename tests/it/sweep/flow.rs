//! What is swept: the flows of the design, a change of everything that can change in place, and removals.

use super::stage::ENDPOINT;
use crate::changes::subscribed::subscription;
use crate::support::bench::{
    DESTINATION_PASSWORD, SOURCE_PASSWORD, bought_first, bought_for_job, endless, job, job_on_instance,
};

/// Configurations that are applied before, and the one whose apply (or removal) is disturbed.
pub(crate) struct Flow {
    pub(crate) name: &'static str,
    pub(crate) before: Vec<String>,
    /// None removes what is there.
    pub(crate) swept: Option<String>,
}

impl Flow {
    /// Whether `make test` takes cases of it: those that buy, from nothing on.
    pub(crate) fn is_sampled(&self) -> bool {
        self.before.is_empty() && self.name.contains("buy")
    }
}

fn flow<const N: usize>(name: &'static str, configurations: [String; N]) -> Flow {
    let mut before = configurations.to_vec();
    let swept = before.pop();
    Flow { name, before, swept }
}

fn removal(name: &'static str, configuration: String) -> Flow {
    Flow {
        name,
        before: vec![configuration],
        swept: None,
    }
}

fn bought(kind: &str, desired: &str) -> String {
    bought_first(kind, "") + &job_on_instance(kind, &format!("desired_status = \"{desired}\""))
}

/// A job that is checked, with an instance that is bought past the check where `instance` is given.
fn checked(instance: Option<&str>) -> String {
    let job = job(
        "m",
        "MIGRATION",
        "desired_status = \"prechecked\"\n  wait_for = \"none\"",
    );
    endless(&job) + &instance.map(bought_for_job).unwrap_or_default()
}

/// A running synchronization with another class, name, objects and passwords.
fn changed() -> String {
    bought("SYNC", "running")
        .replace("\"small\"", "\"large\"")
        .replace("job-m", "renamed")
        .replace(SOURCE_PASSWORD, "new-source")
        .replace(DESTINATION_PASSWORD, "new-destination")
        .replace("\"person\"", "\"city\"")
}

const GROUP: &str = r#"
resource "dts_consumer_group" "m" {
  dts_job_id               = dts_subscription.m.id
  consumer_group_name      = "billing"
  consumer_group_user_name = "reader"
  consumer_group_password  = "group-Secret-1"
}
"#;

/// A subscription on its instance, with a group, and an alarm.
fn subscribed() -> String {
    let rule = "resource \"dts_monitor_rule\" \"m\" {\n  dts_job_id = dts_subscription.m.id\n  type = \"error\"\n}\n";
    let on_instance = subscription("dts_instance_id = dts_instance.m.id");
    [&bought_first("SUBSCRIBE", ""), &on_instance, GROUP, rule].concat()
}

/// With another name, password and objects, and another name of the group.
fn subscribed_otherwise() -> String {
    subscribed()
        .replace("\"orders\"", "\"renamed\"")
        .replace(SOURCE_PASSWORD, "new-source")
        .replace("\"person\"", "\"city\"")
        .replace("\"billing\"", "\"invoices\"")
}

/// A subscription that is checked, with an instance that starts it.
fn subscription_first() -> String {
    let checked = subscription("desired_status = \"prechecked\"\n  wait_for = \"none\"");
    let instance = bought_for_job("auto_start = true").replace("dts_job.m.id", "dts_subscription.m.id");
    checked + &instance
}

/// An instance with tags, in a group, and paid for in another way.
fn repaid() -> String {
    let more = "tags = { env = \"test\" }\n  resource_group_id = \"rg-1\"\n  min_du = 1\n  max_du = 4";
    bought_first("SYNC", more)
}

/// An instance that is paid for in advance, and that a removal therefore keeps.
fn prepaid(months: u32, class: &str) -> String {
    let paid = format!("period = \"Month\"\n  used_time = {months}\n  on_destroy = \"keep\"");
    bought_first("SYNC", &paid)
        .replace("\"PostPaid\"", "\"PrePaid\"")
        .replace("\"small\"", &format!("\"{class}\""))
}

/// A synchronization both ways: one instance with two jobs, of which the second is the first turned round.
fn both_ways() -> String {
    let instance = bought_first("SYNC", "sync_architecture = \"bidirectional\"");
    let of = |direction: &str| {
        job_on_instance(
            "SYNC",
            &format!(
                "desired_status = \"running\"\n  synchronization_direction = \"{direction}\"\n  conflict = \"overwrite\""
            ),
        )
    };
    let (here, there) = ("rm-source", "rm-destination");
    let reverse = of("Reverse")
        .replace(
            "\"dts_job\" \"m\" {",
            "\"dts_job\" \"reverse\" {\n  depends_on = [dts_job.m]",
        )
        .replace(here, "rm-other")
        .replace(there, here)
        .replace("rm-other", there);
    [instance, of("Forward"), reverse].concat()
}

/// Two instances of one shape, each bought by another process: Terraform starts one for each alias.
fn aliases() -> String {
    let provider = format!(
        "provider \"dts\" {{\n  alias = \"other\"\n  region = \"cn-hangzhou\"\n  access_key = \"testAccessKeyId\"\n  secret_key =          \"testAccessKeySecret\"\n  endpoint = \"{ENDPOINT}\"\n}}\n"
    );
    let other = bought_first("SYNC", "provider = dts.other").replace("\"m\"", "\"other\"");
    [provider, bought_first("SYNC", ""), other].concat()
}

pub(crate) fn all() -> Vec<Flow> {
    vec![
        flow("1a buy, configure", [bought("MIGRATION", "configured")]),
        flow(
            "1a start later",
            [bought("SYNC", "configured"), bought("SYNC", "running")],
        ),
        flow("1b buy, configure, precheck", [bought("SYNC", "running")]),
        flow("2a configure", [job("m", "MIGRATION", "")]),
        flow("2b configure, precheck, buy", [checked(Some(""))]),
        flow(
            "2b start later",
            [checked(Some("")), checked(Some("auto_start = true"))],
        ),
        flow(
            "2c configure, precheck, buy and start",
            [checked(Some("auto_start = true"))],
        ),
        flow(
            "what an instance is paid, and its tags",
            [bought_first("SYNC", ""), repaid()],
        ),
        flow("renew", [prepaid(1, "small"), prepaid(2, "small")]),
        flow(
            "pay in advance from now on",
            [bought_first("SYNC", "on_destroy = \"keep\""), prepaid(1, "small")],
        ),
        flow(
            "renew, with another class",
            [prepaid(1, "small"), prepaid(3, "medium")],
        ),
        flow(
            "both ways from now on",
            [
                bought("SYNC", "running"),
                bought("SYNC", "running").replace(
                    "\"PostPaid\"",
                    "\"PostPaid\"\n  sync_architecture = \"bidirectional\"",
                ),
            ],
        ),
        flow("change in place", [bought("SYNC", "running"), changed()]),
        flow(
            "suspend",
            [bought("SYNC", "running"), bought("SYNC", "suspended")],
        ),
        flow(
            "configure again",
            [
                bought("MIGRATION", "configured"),
                bought("MIGRATION", "configured").replace(
                    "structure_initialization = true",
                    "structure_initialization = false",
                ),
            ],
        ),
        flow("buy, subscribe, consume", [subscribed()]),
        flow("subscribe, buy", [subscription_first()]),
        flow("change a subscription", [subscribed(), subscribed_otherwise()]),
        flow(
            "reset a subscription",
            [subscribed(), subscribed().replace("vpc-1", "vpc-2")],
        ),
        flow("both ways", [both_ways()]),
        flow("two aliases", [aliases()]),
        removal("remove a subscription", subscribed()),
        removal("remove, bought first", bought("SYNC", "running")),
        removal("remove, configured first", checked(Some("auto_start = true"))),
    ]
}
