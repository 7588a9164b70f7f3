//! Changing a job in place beyond its objects: its endpoints, its cluster and share of it, the settings of its modules.

use secrecy::SecretString;
use serde_json::{Value as Json, json};

use super::client::{Client, Safety};
use super::error::Error;
use super::job::{JobRef, Side};
use super::params::Params;

/// Parameters of `ModifyDtsJobEndpoint` (dts-api.md 2.5): another database at one end of a job.
#[derive(Clone, Debug, Default)]
pub struct ModifyDtsJobEndpoint {
    /// `EndpointInstanceType`: `rds`, `polardb`, `mongodb`, `distributed_mongodb`, `greenplum`, `kafka`, `ecs`, `express` or `other`, in any
    /// case. Required.
    pub instance_type: String,
    /// `EndpointInstanceId`.
    pub instance_id: Option<String>,
    /// `EndpointRegionId`.
    pub region: Option<String>,
    /// `EndpointIp`.
    pub ip: Option<String>,
    /// `EndpointPort`.
    pub port: Option<String>,
    /// `Database`: required for PostgreSQL and MongoDB.
    pub database: Option<String>,
    /// `Username` and `Password`, with `ModifyAccount`; without it the job keeps its account.
    pub account: Option<(String, SecretString)>,
    /// `AliyunUid`: the other account that the database is of. With `role`.
    pub owner_id: Option<String>,
    /// `RoleName`.
    pub role: Option<String>,
    /// `EndpointVpcId`, of `express`.
    pub vpc_id: Option<String>,
    /// `EndpointPrimaryVswId`.
    pub primary_vsw_id: Option<String>,
    /// `EndpointSecondaryVswId`.
    pub secondary_vsw_id: Option<String>,
}

/// A setting of a module (`ModifyDtsJobConfig`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobParameter {
    /// `03` full load, `04` incremental migration, `07` synchronization, `60` Kafka to Kafka.
    pub module: String,
    /// Such as `sink.batch.size.maximum`.
    pub name: String,
    /// As text.
    pub value: String,
}

/// A setting of a module as it holds (`DescribeDtsJobConfig`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunningParameter {
    /// `Module`.
    pub module: String,
    /// `Name`.
    pub name: String,
    /// `RunningValue`.
    pub value: String,
    /// `DefaultValue`.
    pub default: Option<String>,
}

impl Client {
    /// Has another database take the place of one end of a job.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn modify_dts_job_endpoint(
        &self,
        job: &JobRef,
        side: Side,
        endpoint: &ModifyDtsJobEndpoint,
    ) -> Result<(), Error> {
        let (user, password) = endpoint
            .account
            .as_ref()
            .map(|(user, password)| (user, password))
            .unzip();
        let params = job
            .params("DtsInstanceId")
            .set("Endpoint", side.endpoint())
            .set("EndpointInstanceType", &endpoint.instance_type)
            .set_opt("EndpointInstanceId", endpoint.instance_id.as_ref())
            .set_opt("EndpointRegionId", endpoint.region.as_ref())
            .set_opt("EndpointIp", endpoint.ip.as_ref())
            .set_opt("EndpointPort", endpoint.port.as_ref())
            .set_opt("Database", endpoint.database.as_ref())
            .set("ModifyAccount", endpoint.account.is_some())
            .set_opt("Username", user)
            .secret_opt("Password", password)
            .set_opt("AliyunUid", endpoint.owner_id.as_ref())
            .set_opt("RoleName", endpoint.role.as_ref())
            .set_opt("EndpointVpcId", endpoint.vpc_id.as_ref())
            .set_opt("EndpointPrimaryVswId", endpoint.primary_vsw_id.as_ref())
            .set_opt("EndpointSecondaryVswId", endpoint.secondary_vsw_id.as_ref());
        self.call("ModifyDtsJobEndpoint", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// Moves a job that is on a dedicated cluster to another one.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn modify_dts_job_dedicated_cluster(&self, job_id: &str, cluster: &str) -> Result<(), Error> {
        let params = Params::new()
            .set("DtsJobIds", job_id)
            .set("DedicatedClusterId", cluster);
        self.call("ModifyDtsJobDedicatedCluster", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// Sets settings of a job's modules; those that are not named stay.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn modify_dts_job_config(
        &self,
        job_id: &str,
        parameters: &[JobParameter],
    ) -> Result<(), Error> {
        let parameters: Json = parameters
            .iter()
            .map(|one| json!({"module": one.module, "name": one.name, "value": one.value}))
            .collect();
        let params = Params::new()
            .set("DtsJobId", job_id)
            .set("Parameters", parameters);
        self.call("ModifyDtsJobConfig", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// The settings of a job's modules with the values that hold (`DescribeDtsJobConfig`, which the SDK lacks; dts-api.md 2.5).
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn describe_dts_job_config(&self, job_id: &str) -> Result<Vec<RunningParameter>, Error> {
        let params = Params::new().set("DtsJobId", job_id);
        let reply = self.call("DescribeDtsJobConfig", params, Safety::Read).await?;
        let settings = reply.object().list("Parameters").filter_map(|one| {
            Some(RunningParameter {
                module: one.text("Module")?,
                name: one.text("Name")?,
                value: one.text("RunningValue")?,
                default: one.text("DefaultValue"),
            })
        });
        Ok(settings.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    fn answering(reply: &Json) -> Arc<FakeTransport> {
        FakeTransport::new([Answer::json(200, reply)])
    }

    #[tokio::test]
    async fn an_endpoint_is_exchanged_with_its_account_or_without() {
        let bare = ModifyDtsJobEndpoint {
            instance_type: "rds".to_owned(),
            instance_id: Some("rm-1".to_owned()),
            region: Some("cn-hangzhou".to_owned()),
            ..ModifyDtsJobEndpoint::default()
        };
        let with = ModifyDtsJobEndpoint {
            account: Some(("me".to_owned(), SecretString::from("secret"))),
            ..bare.clone()
        };
        for (request, more) in [
            (bare, &["ModifyAccount=false"][..]),
            (with, &["ModifyAccount=true", "Password=secret", "Username=me"]),
        ] {
            let transport = answering(&json!({"Success": true}));
            let job = JobRef::job("abc").direction("Reverse");
            client(&transport)
                .modify_dts_job_endpoint(&job, Side::Destination, &request)
                .await
                .unwrap();
            let mut sent = transport.seen()[0].parameters();
            sent.retain(|one| !one.starts_with("RegionId="));
            let mut expected = vec![
                "Action=ModifyDtsJobEndpoint",
                "DtsJobId=abc",
                "Endpoint=dest",
                "EndpointInstanceId=rm-1",
                "EndpointInstanceType=rds",
                "EndpointRegionId=cn-hangzhou",
                "SynchronizationDirection=Reverse",
            ];
            expected.extend(more);
            expected.sort_unstable();
            assert_eq!(sent, expected);
            assert!(!format!("{request:?}").contains("secret"));
        }
    }

    #[tokio::test]
    async fn settings_of_modules_there_and_back() {
        let reply = json!({"RequestId": "1", "Parameters": [
            {"Module": "07", "Name": "sink.batch.size.maximum", "RunningValue": "2048", "DefaultValue": "1024"}]});
        let transport = FakeTransport::new([
            Answer::json(200, &json!({"RequestId": "1"})),
            Answer::json(200, &reply),
        ]);
        let one = JobParameter {
            module: "07".to_owned(),
            name: "sink.batch.size.maximum".to_owned(),
            value: "2048".to_owned(),
        };
        let client = client(&transport);
        client
            .modify_dts_job_config("abc", std::slice::from_ref(&one))
            .await
            .unwrap();
        let sent = transport.seen()[0].get("Parameters").to_owned();
        assert_eq!(
            sent,
            r#"[{"module":"07","name":"sink.batch.size.maximum","value":"2048"}]"#
        );
        let running = RunningParameter {
            module: one.module,
            name: one.name,
            value: one.value,
            default: Some("1024".to_owned()),
        };
        assert_eq!(client.describe_dts_job_config("abc").await.unwrap(), [running]);
    }
}
