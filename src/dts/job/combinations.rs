//! What goes together in a `dts_job`, and what each needs: engines and kinds of endpoints, settings of engines, directions,
//! clusters, notices (dts-api.md 6.2, 6.3, 6.5).

use super::keys;
use super::options::direction;
use crate::dts::endpoint::Side;
use crate::dts::pairs;
use crate::framework::validate::{is_certainly_set, is_set};
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Value};

/// Kinds of endpoints that only have engines of their own. What is not here takes any.
const ENGINES: [(&str, &[&str]); 15] = [
    ("RDS", &["MYSQL", "MARIADB", "POSTGRESQL", "MSSQL"]),
    ("POLARDB", &["POLARDB", "MYSQL", "POSTGRESQL", "POLARDB_O"]),
    ("ADS", &["ADS", "ADB30"]),
    ("REDIS", &["REDIS"]),
    ("MONGODB", &["MONGODB"]),
    ("LINDORM", &["LINDORM", "HBASE"]),
    ("DISTRIBUTED_POLARDBX10", &["POLARDBX10"]),
    ("POLARDBX20", &["POLARDBX20"]),
    ("DISTRIBUTED_DMSLOGICDB", &["DMSPOLARDB"]),
    ("ROCKETMQ", &["ROCKETMQ"]),
    ("GREENPLUM", &["GREENPLUM"]),
    ("DATAHUB", &["DATAHUB"]),
    ("TABLESTORE", &["TABLESTORE"]),
    ("ODPS", &["ODPS"]),
    ("ELK", &["ELK"]),
];

struct Rules<'a> {
    config: &'a Object,
    diagnostics: &'a mut Diagnostics,
}

pub(super) fn validate(config: &Object, diagnostics: &mut Diagnostics) {
    let mut rules = Rules { config, diagnostics };
    for side in Side::BOTH {
        if let Some(endpoint) = config.object(side.block()) {
            rules.endpoint(side, endpoint);
        }
    }
    rules.pair();
    rules.two_way();
    rules.checkpoint();
    rules.cluster();
    rules.notices();
    rules.onto_itself();
}

fn upper(endpoint: &Object, name: &str) -> Option<String> {
    match endpoint.get(name) {
        Value::String(text) => Some(text.to_ascii_uppercase()),
        _ => None,
    }
}

impl Rules<'_> {
    fn say(&mut self, at: Path, summary: impl Into<String>, detail: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(summary, detail).at(at));
    }

    /// A setting that is certainly not there, wherever it may be written.
    fn lacks(&self, key: &str) -> bool {
        keys::find(self.config, key).is_null()
    }

    /// Engines that nothing goes between.
    fn pair(&mut self) {
        let ends = Side::BOTH.map(|side| self.config.object(side.block()));
        let [Some(source), Some(destination)] = ends else {
            return;
        };
        let engine = |endpoint: &Object| match endpoint.get("engine_name") {
            Value::Null => Some("MYSQL".to_owned()),
            _ => upper(endpoint, "engine_name"),
        };
        let engines = (engine(source), engine(destination));
        let (Some(from), Some(to)) = engines else { return };
        // One that is left out is not to blame for what the other is.
        let (blamed, side) = match destination.get("engine_name").is_null() {
            true => (source, Side::Source),
            false => (destination, Side::Destination),
        };
        let are_known = [(Side::Source, &from), (Side::Destination, &to)]
            .iter()
            .all(|(side, engine)| {
                side.engines()
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(engine))
            });
        if let Some(told) = pairs::check(&from, &to).filter(|_| are_known) {
            let name = if blamed.get("engine_name").is_null() {
                "instance_type"
            } else {
                "engine_name"
            };
            self.diagnostics
                .push(told.at(Path::attribute(side.block()).then(name)));
        }
    }

    fn endpoint(&mut self, side: Side, endpoint: &Object) {
        let block = side.block();
        let at = |name: &str| Path::attribute(block).then(name);
        let source = side == Side::Source;
        let key = |source_key: &'static str, key: &'static str| if source { source_key } else { key };
        let kind = upper(endpoint, "instance_type");
        // Left out, it is MYSQL.
        let engine = match endpoint.get("engine_name") {
            Value::Null => Some("MYSQL".to_owned()),
            _ => upper(endpoint, "engine_name"),
        };
        if kind.as_deref() == Some("CEN") && self.lacks(key("srcInstanceId", "destInstanceId")) {
            self.say(
                at("cen_id"),
                format!("cen_id is missing in {block}"),
                "An endpoint with `instance_type = \"CEN\"` needs the id of the CEN instance beside the VPC in `instance_id`. Set `cen_id`.",
            );
        }
        if let (Some(kind), Some(engine)) = (&kind, &engine) {
            self.engine_of(side, endpoint, kind, engine);
        }
        match engine.as_deref() {
            Some("ORACLE") => {
                let kind_of = keys::find(self.config, key("srcOracleType", "destOracleType"));
                let may_be_sid = matches!(&kind_of, Value::Null)
                    || kind_of.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("sid"));
                if may_be_sid && !is_set(endpoint, "oracle_sid") {
                    self.say(
                        at("oracle_sid"),
                        format!("oracle_sid is missing in {block}"),
                        format!(
                            "An Oracle database that is no RAC is found by its SID. Set `oracle_sid`, or for a RAC `{}` in `reserve`.",
                            key("srcOracleType", "destOracleType")
                        ),
                    );
                }
            }
            Some("MONGODB") if self.lacks(key("srcEngineArchType", "destEngineArchType")) => self.say(
                at("engine_arch_type"),
                format!("engine_arch_type is missing in {block}"),
                "DTS has to know how a MongoDB is made up. Set `engine_arch_type` to `0` (a single node), `1` (a replica set) or `2` (a sharded cluster).",
            ),
            _ => {}
        }
        let ssl = endpoint.str("ssl_solution");
        if ssl == Some("ENABLE_ONLY_4_KAFKA_SCRAM_SHA_256")
            && engine.as_deref().is_some_and(|engine| engine != "KAFKA")
        {
            self.say(
                at("ssl_solution"),
                format!("ssl_solution in {block} is for Kafka"),
                "Write `ENABLE_WITH_CERTIFICATE` or `DISABLE`.",
            );
        }
        if side == Side::Destination {
            self.destination(endpoint, kind.as_deref(), engine.as_deref());
        }
    }

    fn engine_of(&mut self, side: Side, endpoint: &Object, kind: &str, engine: &str) {
        let block = side.block();
        let at = if endpoint.get("engine_name").is_null() {
            "instance_type"
        } else {
            "engine_name"
        };
        let at = Path::attribute(block).then(at);
        if !side
            .engines()
            .iter()
            .any(|known| known.eq_ignore_ascii_case(engine))
        {
            // It is none, which is told of itself.
            return;
        }
        if let Some((_, engines)) = ENGINES.iter().find(|(known, _)| *known == kind)
            && !engines.contains(&engine)
        {
            self.say(
                at,
                format!("A {kind} endpoint has no engine {engine}"),
                format!(
                    "Set `engine_name` in `{block}` to one of: {}{}",
                    engines.join(", "),
                    if endpoint.get("engine_name").is_null() {
                        " (left out, it is MYSQL)."
                    } else {
                        "."
                    }
                ),
            );
        }
    }

    fn destination(&mut self, endpoint: &Object, kind: Option<&str>, engine: Option<&str>) {
        let block = Side::Destination.block();
        let at = |name: &str| Path::attribute(block).then(name);
        if is_certainly_set(endpoint, "owner_id")
            && let (Some(kind), Some(engine)) = (kind, engine)
            && (kind, engine) != ("RDS", "MYSQL")
        {
            self.say(
                at("owner_id"),
                "Only an RDS MySQL of another account can be written to",
                format!("The destination is a {kind} with engine {engine}. Remove `owner_id` and `role`, or choose an RDS MySQL."),
            );
        }
        let kafka = endpoint.object(keys::KAFKA);
        if endpoint.get(keys::KAFKA).is_unknown() {
            return;
        }
        if engine == Some("KAFKA") {
            for (name, key) in [
                ("topic", "destTopic"),
                ("version", "destVersion"),
                ("record_format", "kafkaRecordFormat"),
            ] {
                if self.lacks(key) {
                    self.say(
                        at(keys::KAFKA).then(name),
                        format!("{name} is missing for the Kafka destination"),
                        format!(
                            "DTS needs it to write records. Set `{name}` in a `kafka` block of `{block}`."
                        ),
                    );
                }
            }
        } else if kafka.is_some() && engine.is_some() {
            self.say(
                at("engine_name"),
                "kafka is for a Kafka destination",
                format!(
                    "The engine is {}. Set `engine_name = \"KAFKA\"`, or remove the `kafka` block.",
                    engine.unwrap_or_default()
                ),
            );
        }
        let Some(engine) = engine else { return };
        if engine == "POLARDB" && self.lacks("anySinkTableEngineType") {
            self.say(
                Path::attribute("any_sink_table_engine_type"),
                "any_sink_table_engine_type is missing",
                "A PolarDB for MySQL destination needs the storage engine of its tables. Set `any_sink_table_engine_type` to `innodb` or `xengine`.",
            );
        }
        let of_mysql = ["MYSQL", "MARIADB", "POLARDB"].contains(&engine);
        if is_certainly_set(self.config, "any_sink_table_engine_type") && engine != "POLARDB" {
            self.say(
                Path::attribute("any_sink_table_engine_type"),
                "any_sink_table_engine_type is for a PolarDB destination",
                format!("The destination's engine is {engine}. Remove the argument."),
            );
        }
        if is_certainly_set(self.config, "trigger_mode") && !of_mysql {
            self.say(
                Path::attribute("trigger_mode"),
                "trigger_mode is for a MySQL or PolarDB destination",
                format!("The destination's engine is {engine}. Remove the argument."),
            );
        }
    }

    fn two_way(&mut self) {
        let config = self.config;
        let migrates = config.str("job_type") == Some("MIGRATION");
        for name in ["conflict", "filter_ddl"] {
            if migrates && is_certainly_set(config, name) {
                self.say(
                    Path::attribute(name),
                    format!("{name} is for a two-way synchronization"),
                    format!(
                        "Remove `{name}`, or set `job_type = \"SYNC\"` on an instance that goes both ways."
                    ),
                );
            }
        }
        if direction(config) != Some("Reverse") {
            return;
        }
        let at = || Path::attribute("synchronization_direction");
        if migrates {
            self.say(
                at(),
                "A migration has no reverse direction",
                "Set `job_type = \"SYNC\"`, or remove `synchronization_direction`.",
            );
        } else if config.get("dts_instance_id").is_null() {
            self.say(
                at(),
                "A reverse job needs the instance of its forward job",
                "Only an instance that was bought for both directions has a reverse job. Set `dts_instance_id`.",
            );
        }
    }

    fn checkpoint(&mut self) {
        let config = self.config;
        if !is_certainly_set(config, "checkpoint") {
            return;
        }
        let moves = ["structure_initialization", "data_initialization"];
        if let Some(moves) = moves.into_iter().find(|name| config.bool(name) == Some(true)) {
            self.say(
                Path::attribute("checkpoint"),
                "checkpoint is for a job that only follows changes",
                format!("`{moves}` is true, and DTS then follows changes from the time of that. Set it to false, or remove `checkpoint`."),
            );
        } else if config.bool("data_synchronization") == Some(false) {
            self.say(
                Path::attribute("checkpoint"),
                "checkpoint says from when on changes are followed",
                "`data_synchronization` is false. Set it to true, or remove `checkpoint`.",
            );
        }
    }

    fn cluster(&mut self) {
        let config = self.config;
        let cluster = is_certainly_set(config, "dedicated_cluster_id");
        if cluster && is_certainly_set(config, "dts_instance_id") {
            self.say(
                Path::attribute("dedicated_cluster_id"),
                "A job on a dedicated cluster is configured first",
                "It gets no instance that was bought before. Remove `dts_instance_id`, and buy with `dts_instance` and `job_id`; or remove \
                 `dedicated_cluster_id`.",
            );
        }
        let region = |side: Side| {
            config
                .object(side.block())
                .and_then(|endpoint| endpoint.str("region"))
        };
        if cluster
            && let (Some(one), Some(other)) = (region(Side::Source), region(Side::Destination))
            && one != other
        {
            self.say(
                Path::attribute("dedicated_cluster_id"),
                "A dedicated cluster serves one region",
                format!(
                    "The source is in {one}, and the destination in {other}. Remove `dedicated_cluster_id`."
                ),
            );
        }
        if is_certainly_set(config, "du_limit") && config.get("dedicated_cluster_id").is_null() {
            self.say(
                Path::attribute("du_limit"),
                "du_limit is for a job on a dedicated cluster",
                "Set `dedicated_cluster_id`, or remove `du_limit`.",
            );
        }
        if let (Some(least), Some(greatest)) = (config.i64("min_du"), config.i64("max_du"))
            && least > greatest
        {
            self.say(
                Path::attribute("max_du"),
                "max_du is less than min_du",
                format!("Write {least} or more."),
            );
        }
    }

    fn notices(&mut self) {
        let config = self.config;
        for (notice, more) in [
            ("delay_notice", &["delay_phone", "delay_rule_time"][..]),
            ("error_notice", &["error_phone"]),
        ] {
            let off = config.get(notice).is_null() || config.bool(notice) == Some(false);
            for name in more.iter().filter(|name| off && is_certainly_set(config, name)) {
                self.say(
                    Path::attribute(name),
                    format!("{name} needs {notice} = true"),
                    format!("Nobody is told otherwise. Set `{notice} = true`, or remove `{name}`."),
                );
            }
        }
        if config.bool("delay_notice") == Some(true) && config.get("delay_rule_time").is_null() {
            self.say(
                Path::attribute("delay_notice"),
                "delay_rule_time is missing",
                "DTS has to know how far behind is too far. Set `delay_rule_time` to a number of seconds.",
            );
        }
    }

    /// A database that is written onto itself.
    fn onto_itself(&mut self) {
        let config = self.config;
        let [Some(source), Some(destination)] = Side::BOTH.map(|side| config.object(side.block())) else {
            return;
        };
        let same = |name: &str| source.str(name).is_some() && source.str(name) == destination.str(name);
        let place = same("instance_id") || same("ip") && same("port");
        let unlike = ["instance_id", "ip", "port", "region"]
            .iter()
            .any(|name| source.get(name) != destination.get(name));
        if !place || unlike {
            return;
        }
        for (index, database) in config
            .list("database")
            .iter()
            .filter_map(Value::as_map)
            .enumerate()
        {
            let stays = |block: &Object| match (block.get("name"), block.get("new_name")) {
                (Value::String(_), Value::Null) => true,
                (one @ Value::String(_), other) => one == other,
                _ => false,
            };
            let tables = database.list("table");
            let mut tables = tables.iter().filter_map(Value::as_map);
            if stays(database) && (database.list("table").is_empty() || tables.any(stays)) {
                let name = database.str("name").unwrap_or_default().to_owned();
                self.say(
                    Path::attribute("database").index(index).then("name"),
                    format!("Database {name:?} would be written onto itself"),
                    "Source and destination are the same database server. Give it another `new_name`, or choose another destination.",
                );
            }
        }
    }
}
