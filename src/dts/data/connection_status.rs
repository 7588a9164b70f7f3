//! `data.dts_connection_status`: whether DTS reaches two databases, before anything is configured.

use async_trait::async_trait;
use secrecy::SecretString;

use super::text;
use crate::api;
use crate::dts::provider::Client;
use crate::dts::{error, region_check};
use crate::framework::datasource::{DataSource, Query};
use crate::framework::validate::is_set;
use crate::framework::{
    Attribute, Block, Check, Diagnostic, Diagnostics, NestedBlock, Object, Path, Schema, Type, Value,
};

/// `data.dts_connection_status`
#[derive(Debug)]
pub(in crate::dts) struct ConnectionStatus;

// dts-api.md 2.12: the words of an older API.
const SOURCES: [&str; 8] = [
    "RDS",
    "LocalInstance",
    "ECS",
    "Express",
    "dg",
    "MongoDB",
    "POLARDB",
    "PolarDB_o",
];
const DESTINATIONS: [&str; 11] = [
    "ECS",
    "LocalInstance",
    "RDS",
    "DRDS",
    "MongoDB",
    "Redis",
    "PetaData",
    "POLARDB",
    "PolarDB_o",
    "AnalyticDB",
    "Greenplum",
];
const ENGINES: [&str; 9] = [
    "MySQL",
    "TiDB",
    "SQLServer",
    "PostgreSQL",
    "Oracle",
    "MongoDB",
    "Redis",
    "DRDS",
    "PPAS",
];
/// What has no id and is reached by its address.
const BY_ADDRESS: [&str; 3] = ["LocalInstance", "Express", "dg"];

const SIDES: [(&str, &str); 2] = [
    ("source_endpoint", "source"),
    ("destination_endpoint", "destination"),
];

fn side(name: &str, side: &str, types: &[&str]) -> NestedBlock {
    let listed: Vec<String> = types.iter().map(|name| format!("`{name}`")).collect();
    NestedBlock::single(
        name,
        Block::new(&format!("The {side}."))
            .attribute(
                text("instance_type", &format!("What it is, in the words of this operation: {}.", listed.join(", ")))
                    .required()
                    .check(Check::one_of(types)),
            )
            .attribute(text("engine_name", "Engine: `MySQL`, `TiDB`, `SQLServer`, `PostgreSQL`, `Oracle`, `MongoDB`, `Redis`; of a destination also `DRDS` and `PPAS`. Default: `MySQL`.").check(Check::one_of(&ENGINES)))
            .attribute(text("instance_id", "Id of a cloud database or of an ECS instance."))
            .attribute(text("region", "Region of the database.").check(region_check()))
            .attribute(text("ip", "Address of what has no id (`LocalInstance`, `Express`, `dg`)."))
            .attribute(text("port", "Port, of what has an address, and of a database on ECS."))
            .attribute(text("database_name", "Database to log in to."))
            .attribute(text("user_name", "Account."))
            .attribute(
                Attribute::string("password")
                    .sensitive()
                    .describe("Its password. It is stored in the state, as all arguments of a data source are."),
            )
            .attribute(text("oracle_sid", "SID of an Oracle database that is no RAC."))
            .attribute(text("architecture", "Of Oracle: `SID` or `RAC`.").check(Check::one_of(&["SID", "RAC"])))
            .each(&|attribute| {
                let prefix = if side == "source" { "SourceEndpoint" } else { "DestinationEndpoint" };
                let own = match attribute.name.as_str() {
                    "ip" => "IP".to_owned(),
                    "instance_id" => "InstanceID".to_owned(),
                    "oracle_sid" => "OracleSID".to_owned(),
                    _ => attribute.api_name().unwrap_or_default(),
                };
                attribute.parameter(&format!("{prefix}{own}"))
            }),
    )
    .required()
}

#[async_trait]
impl DataSource<Client> for ConnectionStatus {
    fn type_name(&self) -> &'static str {
        "dts_connection_status"
    }

    fn schema(&self) -> Schema {
        let test = Type::object([("name", Type::String), ("success", Type::Bool)]);
        let mut block = Block::new(
            "Has DTS try to reach a source and a destination, before anything is bought or configured (`DescribeConnectionStatus`). DTS tries them together.",
        )
        .block(side("source_endpoint", "source", &SOURCES))
        .block(side("destination_endpoint", "destination", &DESTINATIONS))
        .attribute(
            Attribute::bool("require_success")
                .local()
                .describe("Make it an error when one of them cannot be reached, so that nothing that depends on this goes on. Default: `false`."),
        )
        .attribute(Attribute::bool("connected").computed().describe("Whether both can be reached."));
        for (_, side) in SIDES {
            block = block
                .attribute(Attribute::bool(&format!("{side}_connected")).computed().describe(&format!("Whether the {side} can be reached.")))
                .attribute(Attribute::string(&format!("{side}_advice")).computed().describe(&format!("What to do about the {side}, as DTS puts it.")))
                .attribute(
                    Attribute::new(&format!("{side}_tests"), Type::list(test.clone()))
                        .computed()
                        .describe(&format!("The steps that were tried at the {side}. Each has `name`, such as `Ping`, and `success`.")),
                );
        }
        Schema::new(block)
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        for (name, _) in SIDES {
            let Some(endpoint) = config.object(name) else {
                continue;
            };
            let Some(kind) = endpoint.str("instance_type") else {
                continue;
            };
            let needed: &[&str] = match kind {
                _ if BY_ADDRESS.contains(&kind) => &["ip", "port"],
                "ECS" => &["instance_id", "port"],
                _ => &["instance_id"],
            };
            for argument in needed.iter().filter(|argument| !is_set(endpoint, argument)) {
                diagnostics.push(
                    Diagnostic::error(
                        format!("{argument} is missing"),
                        format!(
                            "A database of type `{kind}` is found by {}. Set `{argument}`.",
                            needed.join(" and ")
                        ),
                    )
                    .at(Path::attribute(name).then(argument)),
                );
            }
        }
    }

    async fn read(&self, query: &mut Query<Client>) -> Result<(), Diagnostics> {
        let api = query.client.api(&query.cancel)?;
        let nothing = Object::new();
        let [source, destination] =
            SIDES.map(|(name, _)| tried(query.state.object(name).unwrap_or(&nothing)));
        let what = "try the connection of DTS to the databases";
        let (source, destination) = api
            .describe_connection_status(&source, &destination)
            .await
            .map_err(error::to(what))?;
        let mut failed = Diagnostics::new();
        for ((name, side), status) in SIDES.into_iter().zip([&source, &destination]) {
            let connected = status.connected == Some(true);
            query.state.set(&format!("{side}_connected"), connected);
            query.state.set(&format!("{side}_advice"), status.advice.clone());
            let tests: Vec<Value> = status
                .tests
                .iter()
                .map(|(name, success)| {
                    Object::new()
                        .with("name", name.as_str())
                        .with("success", *success)
                        .into()
                })
                .collect();
            query.state.set(&format!("{side}_tests"), tests);
            if !connected {
                failed.push(not_connected(name, side, status));
            }
        }
        query.state.set("connected", failed.is_empty());
        if query.state.bool("require_success") == Some(true) && !failed.is_empty() {
            return Err(failed);
        }
        Ok(())
    }
}

fn tried(endpoint: &Object) -> api::TriedEndpoint {
    let text = |name: &str| endpoint.str(name).map(str::to_owned);
    api::TriedEndpoint {
        instance_type: text("instance_type").unwrap_or_default(),
        engine_name: text("engine_name"),
        region: text("region"),
        instance_id: text("instance_id"),
        ip: text("ip"),
        port: text("port"),
        database_name: text("database_name"),
        user_name: text("user_name"),
        password: endpoint.str("password").map(SecretString::from),
        oracle_sid: text("oracle_sid"),
        architecture: text("architecture"),
    }
}

fn not_connected(name: &str, side: &str, status: &api::ConnectionStatus) -> Diagnostic {
    let failed: Vec<&str> = status
        .tests
        .iter()
        .filter(|(_, success)| *success != Some(true))
        .map(|(name, _)| name.as_str())
        .collect();
    let failed = if failed.is_empty() {
        "DTS does not say at which step".to_owned()
    } else {
        format!("It failed at: {}", failed.join(", "))
    };
    let advice = status.advice.as_deref().unwrap_or(
        "DTS gives no advice; look at the allow list (`dts_ip_ranges`) and the account of the database.",
    );
    Diagnostic::error(
        format!("DTS cannot reach the {side}"),
        format!(
            "{failed}.\n\n{advice}\n\n`require_success` is set, so nothing that depends on this goes on."
        ),
    )
    .at(Path::attribute(name))
}
