//! Every documented value of a parameter with a closed list is allowed, or left out for a reason (dts-api.md 2.1, 2.2, 2.6, 6.1 to 6.4).

use terraform_provider_dts::framework::{Attribute, Value};

use super::objects;

/// The argument, what is allowed, and what is documented but left out, with the reason.
type Line = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const VALUES: [Line; 20] = [
    (
        "dts_job.job_type",
        "MIGRATION SYNC",
        &[(
            "CHECK",
            "neither its states nor how it is paid for are documented; data_check_configure validates what a job moves",
        )],
    ),
    ("dts_instance.type", "MIGRATION SYNC SUBSCRIBE", &[]),
    ("dts_instance.source_endpoint_engine_name", BOUGHT, &[]),
    ("dts_instance.destination_endpoint_engine_name", BOUGHT, &[]),
    (
        "dts_instance.pay_type",
        "PostPaid PrePaid",
        &[("sync_serverless", "min_du says so")],
    ),
    ("dts_instance.period", "Year Month", &[]),
    (
        "dts_instance.instance_class",
        "micro small medium large xlarge 2xlarge xxlarge 4xlarge",
        &[],
    ),
    ("dts_instance.sync_architecture", "oneway bidirectional", &[]),
    (
        "dts_instance.fee_type",
        "ONLY_CONFIGURATION_FEE CONFIGURATION_FEE_AND_DATA_FEE",
        &[],
    ),
    ("dts_instance.min_du", "1 2 4 8 16", &[]),
    ("dts_instance.max_du", "2 4 8 16", &[]),
    (
        "dts_job.source_endpoint.engine_name",
        "MYSQL MARIADB PolarDB POLARDB_O POLARDBX10 POLARDBX20 ADB30 ORACLE POSTGRESQL MSSQL MONGODB DB2 AS400 DMSPOLARDB HBASE TERADATA \
         TiDB REDIS LINDORM",
        &[],
    ),
    (
        "dts_job.destination_endpoint.engine_name",
        "MYSQL MARIADB PolarDB POLARDB_O POLARDBX10 POLARDBX20 ORACLE PostgreSQL MSSQL ADS ADB30 MONGODB ROCKETMQ GREENPLUM KAFKA DATAHUB \
         DB2 AS400 ODPS Tablestore ELK REDIS LINDORM",
        &[],
    ),
    (
        "dts_job.source_endpoint.instance_type",
        "RDS PolarDB ADS REDIS DISTRIBUTED_POLARDBX10 POLARDBX20 MONGODB DISTRIBUTED_DMSLOGICDB LINDORM OTHER ECS EXPRESS CEN DG",
        &[],
    ),
    (
        "dts_job.destination_endpoint.instance_type",
        "RDS PolarDB DISTRIBUTED_POLARDBX10 POLARDBX20 REDIS ADS MONGODB ROCKETMQ GREENPLUM DATAHUB ELK Tablestore ODPS LINDORM OTHER ECS \
         EXPRESS CEN DG",
        &[],
    ),
    (
        "dts_subscription.source_endpoint.engine_name",
        "MySQL PostgreSQL Oracle",
        &[],
    ),
    (
        "dts_subscription.source_endpoint.instance_type",
        "RDS PolarDB DRDS LocalInstance ECS Express CEN dg",
        &[],
    ),
    ("dts_subscription.subscription_instance_network_type", "vpc", &[]),
    ("dts_subscription.dts_bis_label", "normal online", &[]),
    ("dts_monitor_rule.type", "delay error full_timeout", &[]),
];

const BOUGHT: &str = "MySQL PolarDB polardb_o polardb_pg Redis DRDS PostgreSQL odps oracle mongodb tidb ADS ADB30 Greenplum MSSQL kafka DataHub DB2 \
                      as400 Tablestore OceanBase clickhouse";

fn attribute(path: &str) -> Attribute {
    let (object, rest) = path.split_once('.').unwrap();
    let mut block = objects().remove(object).unwrap();
    let mut name = rest;
    while let Some((nested, rest)) = name.split_once('.') {
        block = block.find_block(nested).unwrap().block.clone();
        name = rest;
    }
    block
        .find_attribute(name)
        .unwrap_or_else(|| panic!("there is no {path}"))
        .clone()
}

#[test]
fn every_documented_value_is_allowed_or_left_out_for_a_reason() {
    for (path, allowed, left_out) in VALUES {
        let attribute = attribute(path);
        let fits = |text: &str| {
            let value = text
                .parse()
                .map_or_else(|_| Value::from(text), |number: i64| Value::from(number));
            attribute.checks.iter().all(|check| check.run(&value).is_ok())
        };
        for value in allowed.split_whitespace() {
            assert!(fits(value), "{path} = {value} is documented");
        }
        for (value, reason) in left_out {
            assert!(
                !fits(value),
                "{path} = {value} is allowed, and said to be left out: {reason}"
            );
        }
        // Nothing that is documented nowhere.
        let listed = attribute.checks.iter().flat_map(|check| &check.allowed);
        for value in listed {
            let documented = allowed
                .split_whitespace()
                .any(|one| one.eq_ignore_ascii_case(value));
            assert!(documented, "{path} = {value} is documented nowhere");
        }
    }
}
