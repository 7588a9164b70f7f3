//! A whole life of each resource by real Terraform: made, every argument changed once, imported, lost behind our back and made
//! again, destroyed. Each argument has an object of its own, and all of them go through it in one configuration.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::table::Case;
use super::{others, table};
use crate::changes::bed::Bed;
use crate::changes::config::{self, MIGRATION, SUBSCRIBE, SYNC, instance_for, with};
use crate::changes::raw;
use crate::support::bench::Bench;
use crate::support::planned_operations;

/// What no situation here can change, and why not.
const NOT_HERE: [(&str, &str); 5] = [
    (
        "dts_job.data_synchronization",
        "of a migration that has not started: a synchronization always follows",
    ),
    (
        "dts_instance.du",
        "of a job that somebody else moves to a dedicated cluster",
    ),
    ("dts_instance.auto_pay", "refused whatever it changes to"),
    (
        "dts_instance.sync_architecture",
        "of a job that synchronizes, or refused",
    ),
    (
        "dts_subscription.dedicated_cluster_id",
        "without an instance, which the others here have",
    ),
];

/// The objects of one case: its own is called `c<n>`, as is what it needs.
struct Group<'c> {
    type_name: &'static str,
    case: &'c Case,
    situation: usize,
    name: String,
}

/// A configuration in `resource`: type, name, arguments.
type Resources = Map<String, Json>;

fn add(resources: &mut Resources, type_name: &str, name: &str, config: Json) {
    let of_type = resources.entry(type_name).or_insert_with(|| json!({}));
    of_type[name] = config;
}

impl Group<'_> {
    fn reference(&self, type_name: &str, suffix: &str) -> Json {
        json!(format!("${{{type_name}.{}{suffix}.id}}", self.name))
    }

    /// Before the change, or after it.
    fn write(&self, resources: &mut Resources, changed: bool) {
        let config = if changed { &self.case.to } else { &self.case.from };
        let about = self.case.argument;
        let mut extra = json!({});
        match self.type_name {
            "dts_instance" => {
                let other = if config["job_id"] == "x" { "_other" } else { "" };
                if self.situation == 1 {
                    extra = instance_for("");
                    for name in ["instance_class", "pay_type"] {
                        extra.as_object_mut().unwrap().remove(name);
                    }
                    for name in table::SHAPE {
                        extra[name] = Json::Null;
                    }
                }
                if self.situation == 1 || about == "job_id" {
                    for suffix in ["", "_other"] {
                        let job = with(
                            &config::job(SYNC),
                            json!({ "dts_job_name": format!("{}{suffix}", self.name) }),
                        );
                        add(resources, "dts_job", &format!("{}{suffix}", self.name), job);
                    }
                }
                if self.situation == 1 || config["job_id"] == "x" {
                    extra["job_id"] = self.reference("dts_job", other);
                }
            }
            "dts_job" | "dts_subscription" => {
                let job = self.type_name == "dts_job";
                let (kind, desired) = match (job, self.situation) {
                    (true, 0) => (SYNC, "configured"),
                    (true, 3) => (MIGRATION, "running"),
                    (true, 4) | (false, 3) => (SYNC, "prechecked"),
                    (true, _) => (SYNC, "running"),
                    (false, 0) => (SUBSCRIBE, "configured"),
                    (false, _) => (SUBSCRIBE, "running"),
                };
                extra["desired_status"] = json!(desired);
                if config["dts_job_name"] != "other" {
                    extra["dts_job_name"] = json!(self.name);
                }
                if job {
                    extra["job_type"] = json!(kind);
                    extra["data_synchronization"] = json!(kind == SYNC);
                }
                if desired != "prechecked" {
                    let other = if about == "dts_instance_id" && changed {
                        "_other"
                    } else {
                        ""
                    };
                    extra["dts_instance_id"] = self.reference("dts_instance", other);
                    let kind = if about == "job_type" {
                        config["job_type"].as_str().unwrap()
                    } else {
                        kind
                    };
                    for suffix in ["", "_other"] {
                        if suffix.is_empty() || about == "dts_instance_id" {
                            let name = format!("{}{suffix}", self.name);
                            add(resources, "dts_instance", &name, config::instance(kind));
                        }
                    }
                }
                for own in ["job_type", "data_synchronization", "desired_status"] {
                    if about == own {
                        extra.as_object_mut().unwrap().remove(own);
                    }
                }
            }
            "dts_monitor_rule" => {
                for suffix in ["", "_other"] {
                    let name = format!("{}{suffix}", self.name);
                    let job = with(&config::job(SYNC), json!({ "dts_job_name": name }));
                    add(resources, "dts_job", &name, job);
                }
                let other = if about == "dts_job_id" && changed {
                    "_other"
                } else {
                    ""
                };
                extra["dts_job_id"] = self.reference("dts_job", other);
            }
            "dts_consumer_group" => {
                for suffix in ["", "_other"] {
                    let name = format!("{}{suffix}", self.name);
                    add(resources, "dts_instance", &name, config::instance(SUBSCRIBE));
                    let of = json!({ "dts_job_name": name, "dts_instance_id": format!("${{dts_instance.{name}.id}}") });
                    add(
                        resources,
                        "dts_subscription",
                        &name,
                        with(&config::subscription(), of),
                    );
                }
                let other = if matches!(about, "dts_job_id" | "dts_instance_id") && changed {
                    "_other"
                } else {
                    ""
                };
                extra = match about {
                    "dts_instance_id" => json!({
                        "dts_job_id": null,
                        "dts_instance_id": format!("${{dts_subscription.{}{other}.dts_instance_id}}", self.name),
                    }),
                    _ => json!({ "dts_job_id": self.reference("dts_subscription", other) }),
                };
            }
            other => panic!("{other}"),
        }
        add(resources, self.type_name, &self.name, with(config, extra));
    }
}

/// Each case in a situation in which it can be changed, the first of these that fits.
fn groups<'c>(type_name: &'static str, cases: &'c [Case], situations: &[usize]) -> Vec<Group<'c>> {
    let mut groups = Vec::new();
    let mut missing = BTreeSet::new();
    for (number, case) in cases.iter().enumerate() {
        // The first two in turns.
        let mut situations = situations.to_vec();
        if situations.len() > 1 && number % 2 == 1 {
            situations.swap(0, 1);
        }
        let fits = situations.iter().find(|situation| {
            let bed = Bed::new();
            let (from, to) = (&case.from, &case.to);
            let staged = others::stage(&bed, type_name, **situation, case, from, to)
                .or_else(|| table::stage(&bed, type_name, **situation, case, from, to));
            staged.is_some_and(|(mut managed, to)| managed.plan(&to).is_ok())
        });
        let argument = format!("{type_name}.{}", case.argument);
        let not_here = NOT_HERE.iter().any(|(name, _)| *name == argument);
        match fits {
            Some(situation) if !not_here => groups.push(Group {
                type_name,
                case,
                situation: *situation,
                name: format!("c{number}"),
            }),
            _ if not_here => {}
            _ => {
                missing.insert(argument);
            }
        }
    }
    assert_eq!(
        missing,
        BTreeSet::new(),
        "arguments that are changed in no situation"
    );
    groups
}

struct Life<'c> {
    bench: Bench,
    groups: Vec<Group<'c>>,
}

impl Life<'_> {
    fn write(&self, changed: bool) {
        let mut resources = Resources::new();
        for group in &self.groups {
            group.write(&mut resources, changed);
        }
        let text = json!({ "resource": resources }).to_string();
        self.bench.workspace.write("main.tf.json", &text);
    }

    /// The ids of what belongs to a group.
    fn ids(&self, group: &Group<'_>) -> BTreeSet<String> {
        let names = [format!(".{}", group.name), format!(".{}_other", group.name)];
        let recorded = self.bench.all_recorded().into_iter();
        recorded
            .filter(|(address, _)| names.iter().any(|name| address.ends_with(name.as_str())))
            .flat_map(|(_, there)| {
                let id = there.text("id");
                // Calls name a group by its own id, and a rule by its job's.
                let (first, rest) = id.split_once(':').unwrap_or((&id, ""));
                let group = (there.values.get("consumer_group_id").is_some()).then_some(rest);
                let job = there.values["job_id"].as_str();
                let ids = [Some(first), group, job].into_iter().flatten();
                ids.map(str::to_owned).collect::<Vec<_>>()
            })
            .collect()
    }

    /// Changes every argument: the calls of each are its operations.
    fn change(&self) {
        let before: Vec<BTreeSet<String>> = self.groups.iter().map(|group| self.ids(group)).collect();
        self.write(true);
        self.bench.workspace.plan(&[]).ok();
        let plan = self.bench.workspace.show_plan_json();
        let mark = self.bench.mark();
        self.bench.apply().ok();
        let calls: Vec<_> = self.bench.emulator.calls().split_off(mark);
        let mut bought = 0;
        for (group, mut ids) in self.groups.iter().zip(before) {
            ids.extend(self.ids(group));
            let address = format!("{}.{}", group.type_name, group.name);
            let what = format!("{} in situation {}", group.case.argument, group.situation);
            let changes = plan["resource_changes"].as_array().unwrap();
            let change = changes
                .iter()
                .find(|change| change["address"] == address.as_str())
                .unwrap();
            let actions = &change["change"]["actions"];
            let recorded = self.bench.recorded(&address).unwrap().operations();
            let made: Vec<&str> = calls
                .iter()
                .filter(|call| crate::support::changes(&call.action) && call.action != "CreateDtsInstance")
                .filter(|call| {
                    call.params
                        .values()
                        .any(|value| ids.contains(value) || *value == group.name)
                })
                .map(|call| call.action.as_str())
                .collect();
            if *actions == json!(["no-op"]) {
                assert_eq!(made, [""; 0], "{what}");
                continue;
            }
            assert_eq!(planned_operations(&plan, &address), recorded, "{what}");
            bought += recorded
                .iter()
                .filter(|call| *call == "CreateDtsInstance")
                .count();
            let expected: Vec<&str> = recorded
                .iter()
                .map(String::as_str)
                .filter(|call| *call != "CreateDtsInstance")
                .collect();
            if *actions == json!(["update"]) {
                assert_eq!(made, expected, "{what}");
            } else {
                assert!(made.ends_with(&expected), "{what}: {made:?}, {expected:?}");
            }
        }
        let orders = calls
            .iter()
            .filter(|call| call.action == "CreateDtsInstance")
            .count();
        assert!(orders >= bought, "{orders} orders, {bought} recorded");
        self.bench.workspace.assert_plan_is_empty();
    }

    /// Nothing of the state but the ids: what is there is taken over as it is.
    fn import(&self) {
        let recorded = self.bench.all_recorded();
        std::fs::remove_file(self.bench.workspace.path().join("terraform.tfstate")).unwrap();
        let imports: Vec<Json> = recorded
            .iter()
            .map(|(address, there)| json!({ "to": address, "id": there.text("id") }))
            .collect();
        self.bench
            .workspace
            .write("import.tf.json", &json!({ "import": imports }).to_string());
        let mark = self.bench.mark();
        let outcome = self.bench.apply().ok();
        assert_eq!(self.bench.changes_since(mark), [""; 0], "{}", outcome.report());
        std::fs::remove_file(self.bench.workspace.path().join("import.tf.json")).unwrap();
        let ids = |all: BTreeMap<String, crate::support::bench::Recorded>| -> BTreeMap<String, String> {
            all.into_iter()
                .map(|(address, there)| (address, there.text("id")))
                .collect()
        };
        assert_eq!(ids(self.bench.all_recorded()), ids(recorded));
        self.bench.workspace.assert_plan_is_empty();
    }

    /// Deleted by somebody else: all of it is made again.
    fn lose(&self) {
        let url = self.bench.emulator.url();
        for (address, there) in self.bench.all_recorded() {
            let id = there.text("id");
            if address.starts_with("dts_instance.") && there.values["pay_type"] != "PrePaid" {
                raw::call(
                    &url,
                    "DeleteDtsJob",
                    &[("RegionId", "cn-hangzhou"), ("DtsInstanceId", &id)],
                );
            } else if address.starts_with("dts_job.") && there.values["dts_instance_id"].is_null() {
                raw::call(
                    &url,
                    "DeleteDtsJob",
                    &[("RegionId", "cn-hangzhou"), ("DtsJobId", &id)],
                );
            }
        }
        let plan = self.bench.plan(&[]);
        for group in &self.groups {
            let address = format!("{}.{}", group.type_name, group.name);
            let action = plan
                .iter()
                .find(|(changed, _)| *changed == address)
                .map(|(_, action)| action.as_str());
            let paid_ahead = self.bench.recorded(&address).unwrap().values["pay_type"] == "PrePaid";
            assert_eq!(
                action,
                (!paid_ahead).then_some("create"),
                "{}",
                group.case.argument
            );
        }
        self.bench.apply().ok();
        self.bench.workspace.assert_plan_is_empty();
    }

    fn destroy(&self) {
        let kept: BTreeSet<String> = self
            .bench
            .all_recorded()
            .into_values()
            .filter(|there| there.values["on_destroy"] == "keep")
            .map(|there| there.text("id"))
            .collect();
        self.bench.workspace.destroy().ok();
        let paid = self.bench.emulator.instances().into_iter();
        let paid: BTreeSet<String> = paid
            .filter(|instance| !instance.released)
            .map(|instance| instance.instance_id)
            .collect();
        assert_eq!(paid, kept, "still paid for");
    }
}

fn live(type_name: &'static str, cases: &[Case], situations: &[usize]) {
    let mut bench = Bench::immediate();
    // Who has passwords has write-only ones.
    if cases.iter().any(|case| case.argument.ends_with("password_wo")) {
        bench.workspace = bench.workspace.at_least((1, 11));
    }
    let life = Life {
        bench,
        groups: groups(type_name, cases, situations),
    };
    life.write(false);
    life.bench.apply().ok();
    life.bench.workspace.assert_plan_is_empty();
    life.change();
    life.import();
    life.lose();
    life.destroy();
}

#[test]
fn of_an_instance() {
    live("dts_instance", &table::instance(), &[0, 1]);
}

#[test]
fn of_a_job() {
    live("dts_job", &table::job(), &[1, 4, 0]);
}

#[test]
fn of_a_subscription() {
    live("dts_subscription", &others::subscription(), &[1, 0]);
}

#[test]
fn of_a_consumer_group() {
    live("dts_consumer_group", &others::consumer_group(), &[0]);
}

#[test]
fn of_a_monitor_rule() {
    live("dts_monitor_rule", &others::monitor_rule(), &[0]);
}
