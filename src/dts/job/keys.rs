//! Settings of `Reserve` that are arguments of their own: each with its key, its allowed values, and its place. What has no
//! argument is written in `reserve` (dts-api.md 5.2).

use serde_json::{Map, Value as Json};

use super::schema::WHILE_IT_RUNS;
use crate::api;
use crate::dts::reserve;
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, NestedBlock, Object, Path, Value};

/// The values of a setting.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// One of these, written as it is.
    Words(&'static [&'static str]),
    /// One of these, each with what the API has for it.
    Renamed(&'static [(&'static str, &'static str)]),
    Text,
    /// A whole number in this range. The API wants it in quotes.
    Number(i64, i64),
    Flag,
}

/// A setting: its argument below a place, its key in `Reserve`, and what it is.
#[derive(Clone, Copy, Debug)]
struct Setting {
    name: &'static str,
    key: &'static str,
    kind: Kind,
    description: &'static str,
}

const fn setting(name: &'static str, key: &'static str, kind: Kind, description: &'static str) -> Setting {
    Setting {
        name,
        key,
        kind,
        description,
    }
}

/// Of the job as a whole.
const OF_JOB: [Setting; 8] = [
    setting(
        "target_table_mode",
        "targetTableMode",
        Kind::Words(&["0", "2"]),
        "What happens with tables that the destination has already: `0`, the precheck fails; `2`, they are kept and written to.",
    ),
    setting(
        "db_list_case_change_mode",
        "dbListCaseChangeMode",
        Kind::Words(&["default", "source", "dest_upper", "dest_lower"]),
        "Case of names at the destination: `default` (as its engine has it), `source`, `dest_upper` or `dest_lower`.",
    ),
    setting(
        "max_retry_time",
        "maxRetryTime",
        Kind::Number(1, 86_400),
        "How long DTS tries to reach a database again. Its documents say minutes (10 to 1440), its examples have seconds.",
    ),
    setting(
        "retry_blind_seconds",
        "retry.blind.seconds",
        Kind::Number(1, 86_400),
        "How long DTS tries again after other troubles, in seconds.",
    ),
    setting(
        "conflict",
        "conflict",
        Kind::Words(&["overwrite", "interrupt", "ignore"]),
        "Of a two-way synchronization: what happens where both sides have changed a row.",
    ),
    setting(
        "filter_ddl",
        "filterDDL",
        Kind::Flag,
        "Of a two-way synchronization: whether changes of structure are left out.",
    ),
    setting(
        "trigger_mode",
        "triggerMode",
        Kind::Words(&["manual", "auto"]),
        "With a MySQL or PolarDB destination: how triggers are moved.",
    ),
    setting(
        "any_sink_table_engine_type",
        "anySinkTableEngineType",
        Kind::Words(&["innodb", "xengine"]),
        "With a PolarDB for MySQL destination: the storage engine of its tables.",
    ),
];

const SSL: Kind = Kind::Renamed(&[
    ("DISABLE", "0"),
    ("ENABLE_WITH_CERTIFICATE", "1"),
    ("ENABLE_ONLY_4_KAFKA_SCRAM_SHA_256", "3"),
]);
const ARCHITECTURE: Kind = Kind::Words(&["0", "1", "2"]);
const SSL_TEXT: &str = "How the connection is encrypted: `DISABLE`, `ENABLE_WITH_CERTIFICATE`, or of a Kafka destination `ENABLE_ONLY_4_KAFKA_SCRAM_SHA_256`.";
const CEN_TEXT: &str = "Id of the CEN instance. Required for `CEN`, where `instance_id` is the VPC.";
const ARCHITECTURE_TEXT: &str = "Architecture of a MongoDB: `0` a single node, `1` a replica set, `2` a sharded cluster. Required for MongoDB.";

const OF_SOURCE: [Setting; 3] = [
    setting("ssl_solution", "srcSSL", SSL, SSL_TEXT),
    setting("cen_id", "srcInstanceId", Kind::Text, CEN_TEXT),
    setting(
        "engine_arch_type",
        "srcEngineArchType",
        ARCHITECTURE,
        ARCHITECTURE_TEXT,
    ),
];

const OF_DESTINATION: [Setting; 3] = [
    setting("ssl_solution", "destSSL", SSL, SSL_TEXT),
    setting("cen_id", "destInstanceId", Kind::Text, CEN_TEXT),
    setting(
        "engine_arch_type",
        "destEngineArchType",
        ARCHITECTURE,
        ARCHITECTURE_TEXT,
    ),
];

const OF_KAFKA: [Setting; 8] = [
    setting("topic", "destTopic", Kind::Text, "Topic that is written to."),
    setting(
        "version",
        "destVersion",
        Kind::Words(&["1.0", "0.9", "0.10"]),
        "Version of Kafka.",
    ),
    setting(
        "record_format",
        "kafkaRecordFormat",
        Kind::Words(&["canal_json", "avro", "default"]),
        "Format of the records.",
    ),
    setting(
        "partition_key",
        "destKafkaPartitionKey",
        Kind::Text,
        "What decides a record's partition, such as `none` or `primary_key`.",
    ),
    setting(
        "schema_registry",
        "destSchemaRegistry",
        Kind::Words(&["yes", "no"]),
        "Whether a schema registry is used.",
    ),
    setting(
        "schema_registry_url",
        "dest.kafka.schema.registry.url",
        Kind::Text,
        "URL of the schema registry.",
    ),
    setting(
        "compression_type",
        "destKafka.compression.type",
        Kind::Text,
        "How records are compressed.",
    ),
    setting(
        "ddl_topic",
        "sink.kafka.ddl.topic",
        Kind::Text,
        "Topic that changes of structure are written to.",
    ),
];

/// Where settings are: the blocks that lead there, and the settings.
const PLACES: [(&[&str], &[Setting]); 4] = [
    (&[], &OF_JOB),
    (&["source_endpoint"], &OF_SOURCE),
    (&["destination_endpoint"], &OF_DESTINATION),
    (&["destination_endpoint", KAFKA], &OF_KAFKA),
];

/// The block of a Kafka destination.
pub(super) const KAFKA: &str = "kafka";

impl Setting {
    fn attribute(&self) -> Attribute {
        let attribute = match self.kind {
            Kind::Number(least, greatest) => {
                Attribute::number(self.name).check(Check::between(least, greatest))
            }
            Kind::Flag => Attribute::bool(self.name),
            Kind::Text => Attribute::string(self.name).check(Check::not_blank()),
            Kind::Words(words) => Attribute::string(self.name).check(Check::one_of(words)),
            Kind::Renamed(words) => {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                Attribute::string(self.name).check(Check::one_of(&words))
            }
        };
        attribute
            .describe(self.description)
            .parameter(&format!("Reserve: {}", self.key))
            .change(WHILE_IT_RUNS)
    }

    /// As DTS wants it: in quotes, whatever it is.
    fn to_json(self, value: &Value) -> Option<Json> {
        Some(Json::from(match (self.kind, value) {
            (Kind::Renamed(words), Value::String(text)) => {
                let known = words.iter().find(|(word, _)| word == text);
                known.map_or(text.as_str(), |(_, there)| *there).to_owned()
            }
            (_, Value::String(text)) => text.clone(),
            (_, Value::Number(number)) => number.to_string(),
            (_, Value::Bool(flag)) => flag.to_string(),
            _ => return None,
        }))
    }

    /// As the state has it.
    fn read(self, there: &Json) -> Option<Value> {
        let text = match there {
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            Json::Bool(flag) => flag.to_string(),
            _ => return None,
        };
        Some(match self.kind {
            Kind::Number(..) => Value::from(text.parse::<i64>().ok()?),
            Kind::Flag => Value::from(text.to_ascii_lowercase().parse::<bool>().ok()?),
            Kind::Renamed(words) => {
                let known = words.iter().find(|(_, there)| *there == text);
                Value::from(known.map_or(text.as_str(), |(word, _)| *word))
            }
            Kind::Text | Kind::Words(_) => Value::from(text),
        })
    }
}

fn attributes_of(settings: &[Setting]) -> impl Iterator<Item = Attribute> {
    settings.iter().map(Setting::attribute)
}

/// The arguments of the job.
pub(super) fn attributes() -> impl Iterator<Item = Attribute> {
    attributes_of(&OF_JOB)
}

/// Adds to the block of an endpoint what is its own.
pub(super) fn extend(mut nested: NestedBlock) -> NestedBlock {
    let block = std::mem::take(&mut nested.block);
    nested.block = if nested.name == "source_endpoint" {
        block.attributes(attributes_of(&OF_SOURCE))
    } else {
        let kafka = Block::new("Of a Kafka destination. Required for the engine `KAFKA`.")
            .attributes(attributes_of(&OF_KAFKA));
        block
            .attributes(attributes_of(&OF_DESTINATION))
            .block(NestedBlock::single(KAFKA, kafka))
    };
    nested
}

fn at<'o>(job: &'o Object, blocks: &[&str]) -> Option<&'o Object> {
    blocks.iter().try_fold(job, |object, name| object.object(name))
}

fn path(blocks: &[&str], name: &str) -> Path {
    match blocks.split_first() {
        None => Path::attribute(name),
        Some((first, rest)) => rest
            .iter()
            .fold(Path::attribute(first), |path, block| path.then(block))
            .then(name),
    }
}

/// Every setting that is set, known or not, with its place.
fn set(job: &Object) -> impl Iterator<Item = (&'static [&'static str], &'static Setting, &Value)> {
    PLACES.iter().flat_map(move |(blocks, settings)| {
        let object = at(job, blocks);
        settings.iter().filter_map(move |setting| {
            let value = object?.get(setting.name);
            (!value.is_null()).then_some((*blocks, setting, value))
        })
    })
}

/// Whether all of them are known.
pub(super) fn are_known(job: &Object) -> bool {
    job.get("reserve").is_wholly_known() && set(job).all(|(_, _, value)| value.is_wholly_known())
}

/// All settings as one JSON text: `reserve`, and what has arguments of its own. Null where nothing is set.
pub(super) fn all(job: &Object) -> Value {
    let mut settings = set(job).peekable();
    if settings.peek().is_none() {
        return job.get("reserve").clone();
    }
    let mut map: Map<String, Json> = job
        .str("reserve")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    for (_, setting, value) in settings {
        if let Some(value) = setting.to_json(value) {
            map.insert(setting.key.to_owned(), value);
        }
    }
    Value::String(Json::Object(map).to_string())
}

/// The argument that differs first; `reserve` where none does.
pub(super) fn changed(prior: &Object, planned: &Object) -> Path {
    for (blocks, settings) in PLACES {
        let (old, new) = (at(prior, blocks), at(planned, blocks));
        for setting in settings {
            let value = |object: Option<&Object>| {
                object
                    .map(|object| object.get(setting.name).clone())
                    .unwrap_or_default()
            };
            if value(old) != value(new) {
                return path(blocks, setting.name);
            }
        }
    }
    Path::attribute("reserve")
}

/// What is written in both ways.
pub(super) fn validate(config: &Object, diagnostics: &mut Diagnostics) {
    let Some(Ok(written)) = config
        .str("reserve")
        .map(serde_json::from_str::<Map<String, Json>>)
    else {
        return;
    };
    for (blocks, setting, value) in set(config) {
        if value.is_known() && written.contains_key(setting.key) {
            diagnostics.push(
                Diagnostic::error(
                    format!("{} is set twice", setting.name),
                    format!(
                        "`{}` in `reserve` says the same. Remove it there, or remove `{}`.",
                        setting.key, setting.name
                    ),
                )
                .at(path(blocks, setting.name)),
            );
        }
    }
}

/// A setting by its key, wherever it is written: known, or `Unknown` where it may be there.
pub(super) fn find(config: &Object, key: &str) -> Value {
    if let Some((_, setting, value)) = set(config).find(|(_, setting, _)| setting.key == key) {
        return match setting.to_json(value) {
            Some(Json::String(text)) => Value::from(text),
            _ => Value::Unknown,
        };
    }
    if config.get("reserve").is_unknown() {
        return Value::Unknown;
    }
    let written: Option<Map<String, Json>> = config
        .str("reserve")
        .and_then(|text| serde_json::from_str(text).ok());
    match written.as_ref().and_then(|written| written.get(key)) {
        None => Value::Null,
        Some(Json::String(text)) => Value::from(text.as_str()),
        Some(other) => Value::from(other.to_string()),
    }
}

/// Brings the arguments in `state` that are set up to date with what DTS reports (`Reserved`).
///
/// What an endpoint says of its encryption counts more than the key that it was set by (dts-api.md 5.2).
pub(super) fn read_back(state: &mut Object, reported: &str, endpoints: [&api::EndpointDetail; 2]) {
    let Ok(mut reported) = serde_json::from_str::<Map<String, Json>>(reported) else {
        return;
    };
    for (key, endpoint) in ["srcSSL", "destSSL"].into_iter().zip(endpoints) {
        if let Some(code) = endpoint.ssl_solution.as_deref().and_then(ssl_code) {
            reported.insert(key.to_owned(), code.into());
        }
    }
    for (blocks, settings) in PLACES {
        read_place(state, blocks, settings, &reported);
    }
}

fn ssl_code(solution: &str) -> Option<&'static str> {
    match solution.to_ascii_uppercase().as_str() {
        "DISABLE" => Some("0"),
        "ENABLE_WITH_CERTIFICATE" | "ENABLE_ONLY_4_MONGODB_ALTAS" => Some("1"),
        "ENABLE_ONLY_4_KAFKA_SCRAM_SHA_256" => Some("3"),
        _ => None,
    }
}

fn read_place(object: &mut Object, blocks: &[&str], settings: &[Setting], reported: &Map<String, Json>) {
    if let Some((first, rest)) = blocks.split_first() {
        if let Some(Value::Map(inner)) = object.get_mut(first) {
            read_place(inner, rest, settings, reported);
        }
        return;
    }
    for setting in settings {
        let mine = object.get(setting.name);
        if mine.is_null() {
            continue;
        }
        let there = reported
            .get(setting.key)
            .and_then(|there| setting.read(there))
            .unwrap_or_default();
        if *mine != there {
            object.set(setting.name, there);
        }
    }
}

/// Takes over all settings, and nothing else.
pub(super) fn take_over(reached: &mut Object, planned: &Object) {
    reached.set("reserve", planned.get("reserve").clone());
    for (blocks, settings) in PLACES {
        let nothing = Object::new();
        let from = at(planned, blocks).unwrap_or(&nothing);
        take_place(reached, blocks, settings, from);
    }
}

fn take_place(object: &mut Object, blocks: &[&str], settings: &[Setting], from: &Object) {
    match blocks.split_first() {
        None => {
            for setting in settings {
                object.set(setting.name, from.get(setting.name).clone());
            }
        }
        Some((first, rest)) => {
            let inner = object.object(first).cloned();
            // A block that is to be there, or was.
            if inner.is_some() || !from.is_empty() {
                let mut inner = inner.unwrap_or_default();
                take_place(&mut inner, rest, settings, from);
                object.set(first, inner);
            }
        }
    }
}

/// As [`reserve::to_send`], of all settings.
pub(super) fn to_send(job: &Object, hold: bool) -> Option<String> {
    reserve::to_send(all(job).as_str(), hold)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job() -> Object {
        let kafka = Object::new().with("topic", "orders").with("version", "1.0");
        Object::new()
            .with("reserve", r#"{"srcHostPorts":"","maxRetryTime":"720"}"#)
            .with("target_table_mode", "2")
            .with("retry_blind_seconds", 600)
            .with("filter_ddl", true)
            .with(
                "source_endpoint",
                Object::new().with("ssl_solution", "ENABLE_WITH_CERTIFICATE"),
            )
            .with(
                "destination_endpoint",
                Object::new().with("cen_id", "cen-1").with(KAFKA, kafka),
            )
    }

    fn written() -> Json {
        json!({"srcHostPorts": "", "maxRetryTime": "720", "targetTableMode": "2", "retry.blind.seconds": "600", "filterDDL": "true",
            "srcSSL": "1", "destInstanceId": "cen-1", "destTopic": "orders", "destVersion": "1.0"})
    }

    #[test]
    fn arguments_become_keys() {
        let text = to_send(&job(), false).unwrap();
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), written());
        let only = Object::new().with("reserve", "{ \"a\": 1 }");
        assert_eq!(all(&only), Value::from("{ \"a\": 1 }"));
        assert!(all(&Object::new()).is_null());
        assert_eq!(find(&job(), "srcSSL"), Value::from("1"));
        assert_eq!(find(&job(), "maxRetryTime"), Value::from("720"));
        assert!(find(&job(), "conflict").is_null());
        assert!(find(&job().with("conflict", Value::Unknown), "conflict").is_unknown());
    }

    #[test]
    fn what_dts_reports_becomes_arguments_again() {
        let mut state = job();
        // Numbers and truth values, as its examples have them.
        let mut there = written();
        there["retry.blind.seconds"] = json!(600);
        there["filterDDL"] = json!(true);
        there["useJobTask"] = json!("1");
        let silent = api::EndpointDetail::default();
        read_back(&mut state, &there.to_string(), [&silent; 2]);
        assert_eq!(state, job());
        there["targetTableMode"] = json!("0");
        there["srcSSL"] = json!("0");
        there.as_object_mut().unwrap().remove("destTopic");
        read_back(&mut state, &there.to_string(), [&silent; 2]);
        assert_eq!(state.str("target_table_mode"), Some("0"));
        assert_eq!(
            state.object("source_endpoint").unwrap().str("ssl_solution"),
            Some("DISABLE")
        );
        let kafka = state
            .object("destination_endpoint")
            .unwrap()
            .object(KAFKA)
            .unwrap();
        assert!(kafka.get("topic").is_null());
        assert_eq!(changed(&job(), &state).to_string(), "target_table_mode");
    }

    #[test]
    fn encryption_is_what_the_endpoint_says() {
        for (solution, expected) in [
            ("DISABLE", "DISABLE"),
            ("ENABLE_WITH_CERTIFICATE", "ENABLE_WITH_CERTIFICATE"),
            ("ENABLE_ONLY_4_MONGODB_ALTAS", "ENABLE_WITH_CERTIFICATE"),
            ("of a later release", "ENABLE_WITH_CERTIFICATE"),
        ] {
            let source = api::EndpointDetail {
                ssl_solution: Some(solution.to_owned()),
                ..api::EndpointDetail::default()
            };
            let mut state = job();
            read_back(
                &mut state,
                &written().to_string(),
                [&source, &api::EndpointDetail::default()],
            );
            let source = state.object("source_endpoint").unwrap();
            assert_eq!(source.str("ssl_solution"), Some(expected), "{solution}");
        }
    }

    #[test]
    fn a_setting_is_written_once() {
        let mut diagnostics = Diagnostics::new();
        validate(&job().with("max_retry_time", 5), &mut diagnostics);
        let only = diagnostics.iter().next().unwrap();
        assert_eq!(only.path.clone().unwrap().to_string(), "max_retry_time");
        assert_eq!(diagnostics.len(), 1);
    }

    #[test]
    fn every_key_has_one_argument() {
        let mut keys: Vec<&str> = PLACES
            .iter()
            .flat_map(|(_, settings)| settings.iter().map(|one| one.key))
            .collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
}
