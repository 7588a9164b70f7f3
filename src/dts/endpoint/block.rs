//! The block of an endpoint: its arguments, the words that each side has for kinds and engines, and what each is called in the API.

use super::super::region_check;
use super::Side;
use crate::framework::schema::{OnChange, Parameter};
use crate::framework::{Attribute, Block, Check, NestedBlock, Value};

// dts-api.md 6.3 and 6.2, ConfigureDtsJob.
const SOURCE_TYPES: [&str; 14] = [
    "RDS",
    "PolarDB",
    "ADS",
    "REDIS",
    "DISTRIBUTED_POLARDBX10",
    "POLARDBX20",
    "MONGODB",
    "DISTRIBUTED_DMSLOGICDB",
    "LINDORM",
    "OTHER",
    "ECS",
    "EXPRESS",
    "CEN",
    "DG",
];
const DESTINATION_TYPES: [&str; 19] = [
    "RDS",
    "PolarDB",
    "DISTRIBUTED_POLARDBX10",
    "POLARDBX20",
    "REDIS",
    "ADS",
    "MONGODB",
    "ROCKETMQ",
    "GREENPLUM",
    "DATAHUB",
    "ELK",
    "Tablestore",
    "ODPS",
    "LINDORM",
    "OTHER",
    "ECS",
    "EXPRESS",
    "CEN",
    "DG",
];
const SOURCE_ENGINES: [&str; 19] = [
    "MYSQL",
    "MARIADB",
    "PolarDB",
    "POLARDB_O",
    "POLARDBX10",
    "POLARDBX20",
    "ADB30",
    "ORACLE",
    "POSTGRESQL",
    "MSSQL",
    "MONGODB",
    "DB2",
    "AS400",
    "DMSPOLARDB",
    "HBASE",
    "TERADATA",
    "TiDB",
    "REDIS",
    "LINDORM",
];
const DESTINATION_ENGINES: [&str; 23] = [
    "MYSQL",
    "MARIADB",
    "PolarDB",
    "POLARDB_O",
    "POLARDBX10",
    "POLARDBX20",
    "ORACLE",
    "PostgreSQL",
    "MSSQL",
    "ADS",
    "ADB30",
    "MONGODB",
    "ROCKETMQ",
    "GREENPLUM",
    "KAFKA",
    "DATAHUB",
    "DB2",
    "AS400",
    "ODPS",
    "Tablestore",
    "ELK",
    "REDIS",
    "LINDORM",
];

// dts-api.md 2.3, ConfigureSubscription: the same kinds are spelled otherwise.
const SUBSCRIBED_TYPES: [&str; 8] = [
    "RDS",
    "PolarDB",
    "DRDS",
    "LocalInstance",
    "ECS",
    "Express",
    "CEN",
    "dg",
];
const SUBSCRIBED_ENGINES: [&str; 3] = ["MySQL", "PostgreSQL", "Oracle"];

impl Side {
    pub(in crate::dts) fn instance_types(self) -> &'static [&'static str] {
        match self {
            Side::Source => &SOURCE_TYPES,
            Side::Destination => &DESTINATION_TYPES,
            Side::Subscribed => &SUBSCRIBED_TYPES,
        }
    }

    pub(in crate::dts) fn engines(self) -> &'static [&'static str] {
        match self {
            Side::Source => &SOURCE_ENGINES,
            Side::Destination => &DESTINATION_ENGINES,
            Side::Subscribed => &SUBSCRIBED_ENGINES,
        }
    }

    /// The first spelling of each list that means a MySQL.
    fn default_engine(self) -> &'static str {
        self.engines()[0]
    }
}

/// What a change of a write-only argument does.
pub(in crate::dts) const NOT_COMPARED: OnChange =
    OnChange::Told("It is compared with nothing: a change of its version has it used.");

fn same_letters(one: &Value, other: &Value) -> bool {
    matches!((one.as_str(), other.as_str()), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other))
}

/// The block of one side.
pub(in crate::dts) fn block(side: Side) -> NestedBlock {
    let (which, description) = match side {
        Side::Source => ("source", "The database that is read."),
        Side::Destination => ("destination", "The database that is written."),
        Side::Subscribed => ("source", "The database whose changes are followed."),
    };
    let text = |name: &str, description: &str| {
        Attribute::string(name)
            .describe(description)
            .check(Check::not_blank())
    };
    let (kinds, addressed) = match side {
        Side::Subscribed => (
            "Kind of database: an Alibaba Cloud product, or one that you run yourself (`ECS`, `LocalInstance`, `Express`, `CEN`, `dg`).",
            "Address of the database. Required for `LocalInstance`, `Express`, `CEN` and `dg`.",
        ),
        _ => (
            "Kind of database: an Alibaba Cloud product, or one that you run yourself (`ECS`, `OTHER`, `EXPRESS`, `CEN`, `DG`).",
            "Address of the database. Required for `OTHER`, `EXPRESS`, `CEN` and `DG`.",
        ),
    };
    let mut body = Block::new(description)
        .attribute(
            text("instance_type", kinds)
                .required()
                .same_meaning(same_letters)
                .check(Check::one_of_ignore_case(side.instance_types())),
        )
        .attribute(
            text(
                "engine_name",
                &format!("Engine of the database. Default: `{}`.", side.default_engine()),
            )
                .default(side.default_engine())
                .same_meaning(same_letters)
                .check(Check::one_of_ignore_case(side.engines())),
        )
        .attribute(text("instance_id", "Id of the database instance, of the ECS instance, of the database gateway (`DG`), or of the VPC (`EXPRESS`, `CEN`)."))
        .attribute(text("region", "Region of the database. Required for Alibaba Cloud databases.").check(region_check()))
        .attribute(text("ip", addressed))
        .attribute(text("port", "Port of the database. Required for databases that you run yourself.").check(port()))
        .attribute(text("oracle_sid", "SID of an Oracle database that is no RAC."))
        .attribute(text("database_name", "Name of the database, or the authentication database of MongoDB. Required for PostgreSQL, PolarDB for PostgreSQL and MongoDB, and at the destination for AnalyticDB for PostgreSQL and MaxCompute (the project)."))
        .attribute(text("user_name", "Account that DTS uses."))
        .attribute(
            text("password", "Password of the account; it is stored in the state. A change rotates it in place. Conflicts with `password_wo`.")
                .sensitive()
                .change(OnChange::InPlace),
        )
        .attribute(
            text("password_wo", "Password of the account, which is stored nowhere (Terraform 1.11 and newer). Conflicts with `password`.")
                .sensitive()
                .write_only()
                .change(NOT_COMPARED),
        )
        .attribute(
            Attribute::number("password_wo_version")
                .local()
                .check(Check::whole())
                .change(OnChange::InPlace)
                .describe("Raise it to have a new `password_wo` used: a change rotates the password in place."),
        );
    body = body
        .attribute(text(
            "owner_id",
            "Id of the Alibaba Cloud account that the database is of, where it is another one. With `role`.",
        ))
        .attribute(text(
            "role",
            "RAM role in that account which DTS may take. With `owner_id`.",
        ));
    if side == Side::Source {
        body = body.attribute(text("vswitch_id", "vSwitch of a data delivery link."));
    }
    if side != Side::Subscribed {
        for which in ["primary", "secondary"] {
            let name = format!("{which}_vsw_id");
            let described = format!("The {which} vSwitch by which DTS gets to the database.");
            body = body.attribute(text(&name, &described));
        }
    }
    let mut nested =
        NestedBlock::single(side.block(), body.each(&|attribute| named(side, attribute))).required();
    nested.block.description = format!(
        "{description} The API's parameters begin with `{}Endpoint`.",
        capital(which)
    );
    nested
}

/// With what the API calls it, where that is not the same in capitals.
fn named(side: Side, attribute: Attribute) -> Attribute {
    if attribute.parameter != Parameter::Same {
        return attribute;
    }
    let (prefix, short) = match side {
        Side::Source | Side::Subscribed => ("SourceEndpoint", "Src"),
        Side::Destination => ("DestinationEndpoint", "Dest"),
    };
    let name = match attribute.name.as_str() {
        "primary_vsw_id" => format!("{short}PrimaryVswId"),
        "secondary_vsw_id" => format!("{short}SecondaryVswId"),
        "ip" => format!("{prefix}IP"),
        "instance_id" => format!("{prefix}InstanceID"),
        "oracle_sid" => format!("{prefix}OracleSID"),
        "owner_id" => format!("{prefix}OwnerID"),
        "vswitch_id" => format!("{prefix}VSwitchID"),
        // In the words of the API.
        "database_name" if side == Side::Destination => format!("{prefix}DataBaseName"),
        "password_wo" => format!("{prefix}Password"),
        _ => format!("{prefix}{}", attribute.api_name().unwrap_or_default()),
    };
    attribute.parameter(&name)
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

fn port() -> Check {
    Check::new(|value| match value.as_str() {
        Some(text)
            // A sign is taken by `parse`, but not by DTS.
            if !text.parse::<u16>().is_ok_and(|port| port > 0) || text.starts_with('+') =>
        {
            Err(format!("{text:?} is no port. Write a number from 1 to 65535."))
        }
        _ => Ok(()),
    })
}
