//! Configurations of a `dts_instance` and a `dts_job` as JSON, for the engine and (as `.tf.json`) for real Terraform.

use serde_json::{Value as Json, json};

pub(crate) const MIGRATION: &str = "MIGRATION";
pub(crate) const SYNC: &str = "SYNC";

/// An instance that is bought first.
pub(crate) fn instance(kind: &str) -> Json {
    json!({
        "type": kind,
        "source_endpoint_engine_name": "MySQL",
        "destination_endpoint_engine_name": "MySQL",
        "source_region": "cn-hangzhou",
        "destination_region": "cn-hangzhou",
        "instance_class": "small",
        "pay_type": "PostPaid",
    })
}

/// An instance for a job.
pub(crate) fn instance_for(job_id: &str) -> Json {
    json!({ "job_id": job_id, "instance_class": "small", "pay_type": "PostPaid" })
}

/// A job without an instance. A migration moves once what is there.
pub(crate) fn job(kind: &str) -> Json {
    json!({
        "job_type": kind,
        "dts_job_name": "rdsmysql_to_rdsmysql",
        "structure_initialization": true,
        "data_initialization": true,
        "data_synchronization": kind == SYNC,
        "reserve": r#"{"targetTableMode":"0"}"#,
        "source_endpoint": {
            "instance_type": "RDS",
            "engine_name": "MYSQL",
            "instance_id": "rm-source",
            "region": "cn-hangzhou",
            "database_name": "dtsdb",
            "user_name": "dtstest",
            "password": "source-password",
        },
        "destination_endpoint": {
            "instance_type": "RDS",
            "engine_name": "MYSQL",
            "instance_id": "rm-destination",
            "region": "cn-hangzhou",
            "user_name": "dtstest",
            "password": "destination-password",
        },
        "database": [{ "name": "dtsdb", "new_name": "dtsdb_1", "table": [{ "name": "person", "new_name": "person" }] }],
    })
}

pub(crate) const SUBSCRIBE: &str = "SUBSCRIBE";

/// A subscription without an instance.
pub(crate) fn subscription() -> Json {
    json!({
        "dts_job_name": "orders",
        "subscription_instance_vpc_id": "vpc-1",
        "subscription_instance_vswitch_id": "vsw-1",
        "source_endpoint": {
            "instance_type": "RDS",
            "engine_name": "MySQL",
            "instance_id": "rm-source",
            "region": "cn-hangzhou",
            "user_name": "dtstest",
            "password": "source-password",
        },
        "database": [{ "name": "dtsdb", "table": [{ "name": "person" }] }],
    })
}

/// `base` with members replaced or added at any depth; null takes a member away.
pub(crate) fn with(base: &Json, changes: Json) -> Json {
    match (base, changes) {
        (Json::Object(base), Json::Object(changes)) => {
            let mut out = base.clone();
            for (name, change) in changes {
                let old = out.remove(&name).unwrap_or_default();
                if !change.is_null() {
                    out.insert(name, with(&old, change));
                }
            }
            Json::Object(out)
        }
        (_, changes) => changes,
    }
}

/// Databases in which [`job`] passes its precheck.
pub(crate) fn fixtures(source_password: &str, destination_password: &str) -> Json {
    json!({"endpoints": [
        {"instance_id": "rm-source", "engine": "MySQL", "accounts": {"dtstest": source_password},
         "databases": {"dtsdb": ["person", "city"], "other": ["thing"]}},
        {"instance_id": "rm-destination", "engine": "MySQL", "accounts": {"dtstest": destination_password}, "databases": {}},
    ]})
}
