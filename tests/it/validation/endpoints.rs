//! What endpoints need, by their kind and their engine.

use serde_json::{Value as Json, json};

use super::{Case, destination_is_source, ends, kafka, mongodb, own, sync};

pub(super) fn of_endpoints() -> Vec<Case> {
    let source = |changes: Json| ends("source_endpoint", changes);
    let destination = |changes: Json| ends("destination_endpoint", changes);
    let cen = own("CEN", json!({ "instance_id": "vpc-1" }));
    let redis = json!({ "instance_type": "REDIS", "engine_name": "REDIS" });
    let sql_server = json!({ "engine_name": "MSSQL" });
    let oracle = json!({ "engine_name": "ORACLE" });
    vec![
        (
            "a cloud database without id",
            source(json!({ "instance_id": null })),
            "source_endpoint.instance_id",
            "Set `instance_id`",
        ),
        (
            "a cloud database without region",
            source(json!({ "region": null })),
            "source_endpoint.region",
            "Set `region`",
        ),
        (
            "one's own without address",
            source(own("OTHER", json!({ "ip": null }))),
            "source_endpoint.ip",
            "Set `ip`",
        ),
        (
            "one's own without port",
            source(own("OTHER", json!({ "port": null }))),
            "source_endpoint.port",
            "Set `port`",
        ),
        (
            "ECS without its id",
            source(own("ECS", json!({ "region": "cn-hangzhou" }))),
            "source_endpoint.instance_id",
            "\"ECS\"",
        ),
        (
            "a leased line without its VPC",
            source(own("EXPRESS", json!({}))),
            "source_endpoint.instance_id",
            "\"EXPRESS\"",
        ),
        (
            "a gateway without its id",
            source(own("DG", json!({}))),
            "source_endpoint.instance_id",
            "\"DG\"",
        ),
        (
            "CEN without its id",
            source(cen.clone()),
            "source_endpoint.cen_id",
            "Set `cen_id`",
        ),
        (
            "CEN without its id at the destination",
            destination(cen),
            "destination_endpoint.cen_id",
            "Set `cen_id`",
        ),
        (
            "PostgreSQL without a database",
            source(json!({ "engine_name": "POSTGRESQL", "database_name": null })),
            "source_endpoint.database_name",
            "Set `database_name`",
        ),
        (
            "AnalyticDB without a database",
            destination(json!({ "instance_type": "GREENPLUM", "engine_name": "GREENPLUM" })),
            "destination_endpoint.database_name",
            "Set `database_name`",
        ),
        (
            "MaxCompute without a project",
            destination(json!({ "instance_type": "ODPS", "engine_name": "ODPS" })),
            "destination_endpoint.database_name",
            "Set `database_name`",
        ),
        (
            "MongoDB without its architecture",
            source(mongodb(json!({ "engine_arch_type": null }))),
            "source_endpoint.engine_arch_type",
            "replica set",
        ),
        (
            "Oracle without its SID",
            source(own("OTHER", oracle.clone())),
            "source_endpoint.oracle_sid",
            "srcOracleType",
        ),
        (
            "Oracle without its SID at the destination",
            destination(own("OTHER", oracle)),
            "destination_endpoint.oracle_sid",
            "destOracleType",
        ),
        (
            "Kafka without a topic",
            destination(kafka(json!({ "kafka": { "topic": null } }))),
            "destination_endpoint.kafka.topic",
            "Set `topic`",
        ),
        (
            "Kafka without a version",
            destination(kafka(json!({ "kafka": { "version": null } }))),
            "destination_endpoint.kafka.version",
            "Set `version`",
        ),
        (
            "Kafka without a format",
            destination(kafka(json!({ "kafka": { "record_format": null } }))),
            "destination_endpoint.kafka.record_format",
            "Set `record_format`",
        ),
        (
            "records for a MySQL",
            destination(json!({ "kafka": { "topic": "orders" } })),
            "destination_endpoint.engine_name",
            "remove the `kafka` block",
        ),
        (
            "Kafka's encryption of a MySQL",
            destination(json!({ "ssl_solution": "ENABLE_ONLY_4_KAFKA_SCRAM_SHA_256" })),
            "destination_endpoint.ssl_solution",
            "ENABLE_WITH_CERTIFICATE",
        ),
        (
            "PolarDB without a storage engine",
            destination(json!({ "instance_type": "PolarDB", "engine_name": "PolarDB" })),
            "any_sink_table_engine_type",
            "innodb",
        ),
        (
            "a storage engine of a MySQL",
            sync(json!({ "any_sink_table_engine_type": "innodb" })),
            "any_sink_table_engine_type",
            "Remove the argument",
        ),
        (
            "triggers of a Redis",
            sync(
                json!({ "trigger_mode": "auto", "destination_endpoint": { "instance_type": "REDIS", "engine_name": "REDIS" } }),
            ),
            "trigger_mode",
            "Remove the argument",
        ),
        (
            "a Redis into a MySQL",
            source(redis.clone()),
            "destination_endpoint.engine_name",
            "from REDIS goes only to REDIS",
        ),
        (
            "a Redis into a MySQL that is not said",
            sync(json!({ "source_endpoint": redis, "destination_endpoint": { "engine_name": null } })),
            "source_endpoint.engine_name",
            "from REDIS goes only to REDIS",
        ),
        (
            "a MySQL into a MongoDB",
            destination(mongodb(json!({}))),
            "destination_endpoint.engine_name",
            "to MONGODB goes only MONGODB",
        ),
        (
            "a MongoDB into a SQL Server",
            sync(json!({ "source_endpoint": mongodb(json!({})), "destination_endpoint": sql_server })),
            "destination_endpoint.engine_name",
            "from MONGODB goes to MONGODB or, for example, MYSQL or KAFKA",
        ),
        (
            "a SQL Server into a Redis",
            sync(json!({ "source_endpoint": sql_server, "destination_endpoint": redis })),
            "destination_endpoint.engine_name",
            "to REDIS goes REDIS or, for example, MYSQL",
        ),
        (
            "an RDS with MongoDB",
            source(json!({ "engine_name": "MONGODB", "engine_arch_type": "1" })),
            "source_endpoint.engine_name",
            "MYSQL, MARIADB, POSTGRESQL, MSSQL",
        ),
        (
            "a Redis with the default engine",
            destination(json!({ "instance_type": "REDIS", "engine_name": null })),
            "destination_endpoint.instance_type",
            "left out, it is MYSQL",
        ),
        (
            "a PolarDB-X with MySQL",
            source(json!({ "instance_type": "POLARDBX20" })),
            "source_endpoint.engine_name",
            "POLARDBX20",
        ),
        (
            "another account without its role",
            source(json!({ "owner_id": "1" })),
            "source_endpoint.role",
            "Set `role`",
        ),
        (
            "a role of nobody",
            source(json!({ "role": "dts" })),
            "source_endpoint.owner_id",
            "Set `owner_id`",
        ),
        (
            "another account's PostgreSQL written to",
            destination(
                json!({ "engine_name": "PostgreSQL", "database_name": "a", "owner_id": "1", "role": "dts" }),
            ),
            "destination_endpoint.owner_id",
            "RDS MySQL",
        ),
        (
            "two passwords",
            source(json!({ "password_wo": "b" })),
            "source_endpoint.password_wo",
            "Remove `password`",
        ),
        (
            "a version of no password",
            source(json!({ "password_wo_version": 1 })),
            "source_endpoint.password_wo_version",
            "Set `password_wo`",
        ),
        (
            "a database onto itself",
            destination_is_source(json!({ "name": "dtsdb" })),
            "database[0].name",
            "another `new_name`",
        ),
        (
            "a table onto itself",
            destination_is_source(
                json!({ "name": "dtsdb", "table": [{ "name": "a", "new_name": "b" }, { "name": "c" }] }),
            ),
            "database[0].name",
            "another `new_name`",
        ),
    ]
}
