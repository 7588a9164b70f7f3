//! The catalogue of DTS's operations, `tests/golden/actions.json`: every operation that the official SDK models, its
//! parameters and the members of its replies with their types. Replies of the emulator are held against it, and the
//! table in `docs/emulator.md` is made from it.
//!
//! In `params`, a type ends in `!` when the parameter is required, and in `@` when the SDK sends it in the body.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use terraform_provider_dts::emulator::Emulator;

use crate::support::repository;

/// What the catalogue says of one operation.
#[derive(serde::Deserialize)]
pub(crate) struct Action {
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) reply: Value,
}

/// Every operation of the official SDK by its name.
pub(crate) static ACTIONS: LazyLock<BTreeMap<String, Action>> = LazyLock::new(|| {
    let path = repository().join("tests/golden/actions.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});

/// Operations that real clients call and the SDK does not model.
const OUTSIDE_OF_THE_SDK: [&str; 2] = ["DescribeDtsInstanceDetail", "DescribeDtsInstances"];

/// Members whose type in published replies is not the SDK's.
const OTHERWISE: [&str; 1] = ["DescribeDtsJobDetail.Checkpoint"];

/// What a reply has that the SDK does not expect.
fn odd(path: &str, value: &Value, shape: &Value, found: &mut Vec<String>) {
    let fits = match (shape, value) {
        (Value::String(kind), value) => match kind.as_str() {
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            _ => true,
        },
        (Value::Array(item), Value::Array(values)) => {
            for value in values {
                odd(&format!("{path}[]"), value, &item[0], found);
            }
            true
        }
        (Value::Object(shape), Value::Object(members)) => {
            for (name, value) in members {
                let path = format!("{path}.{name}");
                match shape.get(name) {
                    Some(shape) => odd(&path, value, shape, found),
                    None => found.push(format!("{path} is not a member")),
                }
            }
            true
        }
        _ => false,
    };
    if !fits && !OTHERWISE.contains(&path) {
        found.push(format!("{path} is {value}, not {shape}"));
    }
}

/// Holds a reply that went well against the catalogue.
pub(super) fn check(action: &str, body: &Value) {
    if OUTSIDE_OF_THE_SDK.contains(&action) {
        return;
    }
    let mut found = Vec::new();
    odd(action, body, &ACTIONS[action].reply, &mut found);
    assert!(found.is_empty(), "{found:#?}\n{body:#}");
}

#[test]
fn a_reply_with_a_wrong_type_or_an_unknown_member_is_noticed() {
    let reply = serde_json::json!({
        "Success": true, "RequestId": "R", "TagResources": {"TagResource": [{"TagKey": 1, "Odd": ""}]}, "NextToken": null,
    });
    let mut found = Vec::new();
    odd("X", &reply, &ACTIONS["ListTagResources"].reply, &mut found);
    assert_eq!(
        found,
        [
            "X.NextToken is null, not \"string\"",
            "X.TagResources.TagResource[].Odd is not a member",
            "X.TagResources.TagResource[].TagKey is 1, not \"string\"",
        ]
    );
}

/// Why operations are not served.
const NOT_SERVED: [(&str, &[&str]); 9] = [
    (
        "Older API of migrations",
        &[
            "CreateMigrationJob",
            "ConfigureMigrationJob",
            "ConfigureMigrationJobAlert",
            "DescribeMigrationJobAlert",
            "StartMigrationJob",
            "SuspendMigrationJob",
            "StopMigrationJob",
            "DescribeMigrationJobs",
            "DescribeMigrationJobStatus",
            "DescribeMigrationJobDetail",
        ],
    ),
    (
        "Older API of synchronizations",
        &[
            "CreateSynchronizationJob",
            "ConfigureSynchronizationJob",
            "ConfigureSynchronizationJobAlert",
            "DescribeSynchronizationJobAlert",
            "ConfigureSynchronizationJobReplicatorCompare",
            "DescribeSynchronizationJobReplicatorCompare",
            "StartSynchronizationJob",
            "SuspendSynchronizationJob",
            "ResetSynchronizationJob",
            "DescribeSynchronizationJobs",
            "DescribeSynchronizationJobStatus",
            "DescribeSynchronizationJobStatusList",
            "ModifySynchronizationObject",
            "DescribeSynchronizationObjectModifyStatus",
            "SwitchSynchronizationEndpoint",
            "DescribeEndpointSwitchStatus",
        ],
    ),
    (
        "Older API of subscriptions",
        &[
            "CreateSubscriptionInstance",
            "ConfigureSubscriptionInstance",
            "ConfigureSubscriptionInstanceAlert",
            "DescribeSubscriptionInstanceAlert",
            "StartSubscriptionInstance",
            "DescribeSubscriptionInstances",
            "DescribeSubscriptionInstanceStatus",
            "ModifySubscriptionObject",
            "CreateConsumerGroup",
            "ModifyConsumerGroupPassword",
            "DeleteConsumerGroup",
            "DescribeConsumerGroup",
            "ModifyConsumptionTimestamp",
            "DescribeChannelAccount",
        ],
    ),
    (
        "Running dedicated clusters",
        &[
            "ModifyDedicatedCluster",
            "StopDedicatedCluster",
            "CreateDedicatedClusterMonitorRule",
            "DescribeDedicatedClusterMonitorRule",
            "DescribeClusterOperateLogs",
            "DescribeClusterUsedUtilization",
            "DescribeMetricList",
        ],
    ),
    (
        "Validation of data",
        &[
            "DescribeCheckJobs",
            "DescribeDataCheckReportUrl",
            "DescribeDataCheckTableDetails",
            "DescribeDataCheckTableDiffDetails",
        ],
    ),
    ("ETL", &["DescribeDtsEtlJobVersionInfo", "DescribeEtlJobLogs"]),
    (
        "Inside a running task",
        &[
            "DescribeFullProcessList",
            "ModifyJobStepCheckpoint",
            "SkipFullJobTable",
            "CreateReverseDtsJob",
            "StartReverseWriter",
            "SwitchPhysicalDtsJobToCloud",
        ],
    ),
    (
        "Geo-active databases",
        &[
            "PreCheckCreateGadOrder",
            "DescribePreCheckCreateGadOrderResult",
            "DescribeGadInstances",
            "DetachGadInstanceDbMember",
            "ModifyGadInstanceName",
            "PromoteToMaster",
            "InitDtsRdsInstance",
        ],
    ),
    (
        "Parsing of documents",
        &[
            "CreateDocParserJob",
            "DescribeDocParserJobStatus",
            "DescribeDocParserJobResult",
        ],
    ),
];

/// Parameters of nearly every operation: who and where, which the emulator does not keep apart.
const EVERYWHERE: [&str; 6] = [
    "RegionId",
    "ResourceGroupId",
    "OwnerId",
    "AccountId",
    "ZeroEtlJob",
    "Region",
];

/// The sources of the emulator, to see which parameters are read.
fn sources() -> String {
    let folder = repository().join("src/emulator");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// The tables of `docs/emulator.md`.
fn tables() -> String {
    use std::fmt::Write as _;

    let sources = sources();
    let read = |name: &str| {
        let parts = ["SourceEndpoint", "DestinationEndpoint"];
        let part = parts
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .unwrap_or(name);
        sources.contains(&format!("\"{part}\"")) || sources.contains(&format!("\"{name}\""))
    };
    let mut text = "| served | parameters that are not read |\n|---|---|\n".to_owned();
    let served: BTreeMap<&str, Option<&Action>> = Emulator::actions()
        .map(|name| (name, ACTIONS.get(name)))
        .collect();
    let mut whole = Vec::new();
    for (name, action) in served {
        let idle: Vec<String> = action
            .into_iter()
            .flat_map(|action| action.params.keys())
            .filter(|name| !EVERYWHERE.contains(&name.as_str()) && !read(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if idle.is_empty() {
            whole.push(name);
        } else {
            writeln!(text, "| {name} | {} |", idle.join(", ")).unwrap();
        }
    }
    writeln!(text, "| {} | |", whole.join(", ")).unwrap();
    text.push_str("\n| not served | |\n|---|---|\n");
    for (reason, actions) in NOT_SERVED {
        writeln!(text, "| {reason} | {} |", actions.join(", ")).unwrap();
    }
    text
}

#[test]
fn the_tables_in_the_manual_are_up_to_date() {
    const BEGIN: &str = "<!-- made by tests/it/emulator/catalogue.rs -->\n";
    const END: &str = "<!-- end -->";
    let path = repository().join("docs/emulator.md");
    let manual = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = manual.split_once(BEGIN).unwrap();
    let (now, after) = rest.split_once(END).unwrap();
    let wanted = format!("\n{}\n", tables());
    if std::env::var_os("WRITE_TABLES").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
    } else {
        assert_eq!(
            now, wanted,
            "run this test with WRITE_TABLES=1, and commit docs/emulator.md"
        );
    }
}

#[test]
fn every_operation_is_served_or_has_its_reason() {
    let mut known: Vec<&str> = Emulator::actions().collect();
    known.extend(NOT_SERVED.iter().flat_map(|(_, actions)| *actions));
    known.sort_unstable();
    let mut all: Vec<&str> = ACTIONS.keys().map(String::as_str).collect();
    all.extend(OUTSIDE_OF_THE_SDK);
    all.sort_unstable();
    assert_eq!(known, all);
}

#[test]
fn every_operation_served_is_known() {
    for action in Emulator::actions() {
        let known = ACTIONS.contains_key(action) || OUTSIDE_OF_THE_SDK.contains(&action);
        assert!(known, "{action} is no operation of DTS");
    }
}
