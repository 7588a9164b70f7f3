//! Subscriptions (change tracking): configured, changed, and where they are consumed (dts-api.md 2.3, 2.5, 2.11).

use super::client::{Client, Safety};
use super::error::{Error, Kind};
use super::job::{JobRef, Side};
use super::job_configure::{ConfiguredJob, Endpoint};
use super::params::Params;

/// Parameters of `ConfigureSubscription`. Without a job id and an instance id it makes a subscription. It never starts one.
#[derive(Clone, Debug, Default)]
pub struct ConfigureSubscription {
    /// The subscription to configure.
    pub dts_job_id: Option<String>,
    /// The instance whose subscription is configured.
    pub dts_instance_id: Option<String>,
    /// Name; need not be unique. Required.
    pub dts_job_name: String,
    /// The database that is followed. Its types are spelled otherwise than in `ConfigureDtsJob`: `LocalInstance`, `Express`, `dg`.
    pub source: Endpoint,
    /// What is followed, as JSON text (dts-api.md 5.1); nothing is renamed. Required.
    pub db_list: Option<String>,
    /// `SubscriptionInstanceNetworkType`: `vpc`. Without it the call means the old generation of subscriptions.
    pub network_type: String,
    /// `SubscriptionInstanceVPCId`.
    pub vpc_id: Option<String>,
    /// `SubscriptionInstanceVSwitchId`.
    pub vswitch_id: Option<String>,
    /// `SubscriptionDataTypeDDL`.
    pub data_type_ddl: Option<bool>,
    /// `SubscriptionDataTypeDML`.
    pub data_type_dml: Option<bool>,
    /// Further settings as JSON text (dts-api.md 5.2).
    pub reserve: Option<String>,
    /// From when on changes are followed, Unix seconds.
    pub checkpoint: Option<String>,
    /// Dedicated cluster to run on.
    pub dedicated_cluster_id: Option<String>,
    /// Least DTS units of a serverless instance.
    pub min_du: Option<String>,
    /// Most DTS units of a serverless instance.
    pub max_du: Option<String>,
    /// Warns of latency.
    pub delay_notice: Option<bool>,
    /// Phones for it, comma separated.
    pub delay_phone: Option<String>,
    /// Latency that warns, in seconds; required with `delay_notice`.
    pub delay_rule_time: Option<i64>,
    /// Warns of failure.
    pub error_notice: Option<bool>,
    /// Phones for it, comma separated.
    pub error_phone: Option<String>,
    /// `normal` or `online`.
    pub dts_bis_label: Option<String>,
    /// Resource group.
    pub resource_group_id: Option<String>,
}

impl ConfigureSubscription {
    fn params(&self) -> Params {
        let params = Params::new()
            .set_opt("DtsJobId", self.dts_job_id.as_ref())
            .set_opt("DtsInstanceId", self.dts_instance_id.as_ref())
            .set("DtsJobName", &self.dts_job_name)
            .set_opt("DbList", self.db_list.as_ref())
            .set("SubscriptionInstanceNetworkType", &self.network_type)
            .set_opt("SubscriptionInstanceVPCId", self.vpc_id.as_ref())
            .set_opt("SubscriptionInstanceVSwitchId", self.vswitch_id.as_ref())
            .set_opt("SubscriptionDataTypeDDL", self.data_type_ddl)
            .set_opt("SubscriptionDataTypeDML", self.data_type_dml)
            .set_opt("Reserve", self.reserve.as_ref())
            .set_opt("Checkpoint", self.checkpoint.as_ref())
            .set_opt("DedicatedClusterId", self.dedicated_cluster_id.as_ref())
            .set_opt("MinDu", self.min_du.as_ref())
            .set_opt("MaxDu", self.max_du.as_ref())
            .set_opt("DelayNotice", self.delay_notice)
            .set_opt("DelayPhone", self.delay_phone.as_ref())
            .set_opt("DelayRuleTime", self.delay_rule_time)
            .set_opt("ErrorNotice", self.error_notice)
            .set_opt("ErrorPhone", self.error_phone.as_ref())
            .set_opt("DtsBisLabel", self.dts_bis_label.as_ref())
            .set_opt("ResourceGroupId", self.resource_group_id.as_ref());
        self.source.add_to(params, Side::Source)
    }

    /// Without an id each call makes a subscription; with one it configures that one again.
    fn safety(&self) -> Safety {
        if self.dts_job_id.is_some() || self.dts_instance_id.is_some() {
            Safety::Repeatable
        } else {
            Safety::Once
        }
    }
}

/// Parameters of `ModifySubscription`: the objects of a subscription that runs, and what of them is followed.
#[derive(Clone, Debug, Default)]
pub struct ModifySubscription {
    /// The subscription.
    pub subscription: JobRef,
    /// The whole new object list as JSON text: it replaces the old one. Required.
    pub db_list: String,
    /// `SubscriptionDataTypeDDL`. Required.
    pub data_type_ddl: bool,
    /// `SubscriptionDataTypeDML`. Required.
    pub data_type_dml: bool,
    /// Settings as JSON text: they are merged into those that are there.
    pub reserved: Option<String>,
}

/// Where one part of a distributed subscription is consumed (`DescribeSubscriptionMeta`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionMeta {
    /// `Sid`: the consumer group.
    pub sid: Option<String>,
    /// `Topic`.
    pub topic: Option<String>,
    /// `DProxyUrl`: the brokers, host and port.
    pub dproxy_url: Option<String>,
    /// `Checkpoint`, Unix seconds.
    pub checkpoint: Option<i64>,
    /// `DBList`: the objects as JSON text.
    pub db_list: Option<String>,
}

impl Client {
    /// Configures a subscription; without ids it makes one. Success says only that the configuration was accepted.
    ///
    /// # Errors
    /// As [`Client::call`]; also [`Kind::OutcomeUnknown`] when a success names no subscription.
    pub async fn configure_subscription(
        &self,
        request: &ConfigureSubscription,
    ) -> Result<ConfiguredJob, Error> {
        const ACTION: &str = "ConfigureSubscription";
        let reply = self.call(ACTION, request.params(), request.safety()).await?;
        let object = reply.object();
        let dts_instance_id = object
            .text("DtsInstanceId")
            .or_else(|| request.dts_instance_id.clone());
        match object.text("DtsJobId").or_else(|| request.dts_job_id.clone()) {
            Some(dts_job_id) => Ok(ConfiguredJob {
                dts_job_id,
                dts_instance_id,
            }),
            None => {
                let message = "the reply says success but names no subscription";
                Err(Error::new(Kind::OutcomeUnknown, ACTION, message).with_request_id(reply.request_id()))
            }
        }
    }

    /// Changes the objects of a subscription. Twice is the same as once.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn modify_subscription(&self, request: &ModifySubscription) -> Result<(), Error> {
        let params = request
            .subscription
            .params("DtsInstanceId")
            .set("DbList", &request.db_list)
            .set("SubscriptionDataTypeDDL", request.data_type_ddl)
            .set("SubscriptionDataTypeDML", request.data_type_dml)
            .set_opt("Reserved", request.reserved.as_ref());
        self.call("ModifySubscription", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// Where the parts of a distributed subscription are consumed. `sid` is the id of a consumer group; one of `topics` and
    /// `job_ids` says which parts.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn describe_subscription_meta(
        &self,
        dts_instance_id: &str,
        sid: &str,
        topics: &[String],
        job_ids: &[String],
    ) -> Result<Vec<SubscriptionMeta>, Error> {
        let list = |items: &[String]| (!items.is_empty()).then(|| items.join(","));
        let params = Params::new()
            .set("DtsInstanceId", dts_instance_id)
            .set("Sid", sid)
            .set_opt("Topics", list(topics))
            .set_opt("SubMigrationJobIds", list(job_ids));
        let reply = self
            .call("DescribeSubscriptionMeta", params, Safety::Read)
            .await?;
        let metas = reply
            .object()
            .list("SubscriptionMetaList")
            .map(|meta| SubscriptionMeta {
                sid: meta.text("Sid"),
                topic: meta.text("Topic"),
                dproxy_url: meta.text("DProxyUrl"),
                checkpoint: meta.int("Checkpoint"),
                db_list: meta.text("DBList"),
            });
        Ok(metas.collect())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use serde_json::json;

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[tokio::test]
    async fn configuring_writes_every_parameter_by_its_name() {
        let reply = json!({"DtsJobId": "abc", "DtsInstanceId": "dtsabc", "Success": "true"});
        let transport = FakeTransport::new([Answer::json(200, &reply)]);
        let request = ConfigureSubscription {
            dts_job_id: text("abc"),
            dts_instance_id: text("dtsabc"),
            dts_job_name: "name".to_owned(),
            source: Endpoint {
                instance_type: text("Express"),
                engine_name: text("Oracle"),
                instance_id: text("vpc-2"),
                region: text("cn-hangzhou"),
                ip: text("10.0.0.1"),
                port: text("1521"),
                database_name: text("db"),
                user_name: text("me"),
                password: Some(SecretString::from("hunter2")),
                oracle_sid: text("orcl"),
                owner_id: text("17"),
                role: text("reader"),
                ..Endpoint::default()
            },
            db_list: text("{}"),
            network_type: "vpc".to_owned(),
            vpc_id: text("vpc-1"),
            vswitch_id: text("vsw-1"),
            data_type_ddl: Some(true),
            data_type_dml: Some(false),
            reserve: text("{}"),
            checkpoint: text("1700000000"),
            dedicated_cluster_id: text("dtscluster"),
            min_du: text("1"),
            max_du: text("4"),
            delay_notice: Some(true),
            delay_phone: text("1"),
            delay_rule_time: Some(60),
            error_notice: Some(true),
            error_phone: text("2"),
            dts_bis_label: text("normal"),
            resource_group_id: text("rg-1"),
        };
        let made = client(&transport).configure_subscription(&request).await.unwrap();
        assert_eq!(
            (made.dts_job_id.as_str(), made.dts_instance_id.as_deref()),
            ("abc", Some("dtsabc"))
        );
        assert_eq!(
            transport.seen()[0].parameters(),
            [
                "Action=ConfigureSubscription",
                "Checkpoint=1700000000",
                "DbList={}",
                "DedicatedClusterId=dtscluster",
                "DelayNotice=true",
                "DelayPhone=1",
                "DelayRuleTime=60",
                "DtsBisLabel=normal",
                "DtsInstanceId=dtsabc",
                "DtsJobId=abc",
                "DtsJobName=name",
                "ErrorNotice=true",
                "ErrorPhone=2",
                "MaxDu=4",
                "MinDu=1",
                "RegionId=cn-hangzhou",
                "Reserve={}",
                "ResourceGroupId=rg-1",
                "SourceEndpointDatabaseName=db",
                "SourceEndpointEngineName=Oracle",
                "SourceEndpointIP=10.0.0.1",
                "SourceEndpointInstanceID=vpc-2",
                "SourceEndpointInstanceType=Express",
                "SourceEndpointOracleSID=orcl",
                "SourceEndpointOwnerID=17",
                "SourceEndpointPassword=hunter2",
                "SourceEndpointPort=1521",
                "SourceEndpointRegion=cn-hangzhou",
                "SourceEndpointRole=reader",
                "SourceEndpointUserName=me",
                "SubscriptionDataTypeDDL=true",
                "SubscriptionDataTypeDML=false",
                "SubscriptionInstanceNetworkType=vpc",
                "SubscriptionInstanceVPCId=vpc-1",
                "SubscriptionInstanceVSwitchId=vsw-1",
            ]
        );
    }

    #[tokio::test]
    async fn without_an_id_it_is_made_once_and_a_success_has_to_name_it() {
        let request = ConfigureSubscription::default();
        assert_eq!(request.safety(), Safety::Once);
        let transport = FakeTransport::new([Answer::json(200, &json!({"Success": true}))]);
        let lost = client(&transport)
            .configure_subscription(&request)
            .await
            .unwrap_err();
        assert!(lost.is_outcome_unknown());
    }

    #[tokio::test]
    async fn objects_are_changed_and_metas_read() {
        let transport = FakeTransport::new([
            Answer::json(200, &json!({"Success": "true"})),
            Answer::json(
                200,
                &json!({"Success": "true", "SubscriptionMetaList": [
                    {"Sid": "g1", "Topic": "t", "DProxyUrl": "host:18001", "Checkpoint": 17, "DBList": "{}"},
                ]}),
            ),
        ]);
        let api = client(&transport);
        let request = ModifySubscription {
            subscription: JobRef::both("abc", "dtsabc"),
            db_list: "{}".to_owned(),
            data_type_ddl: false,
            data_type_dml: true,
            reserved: text("{\"a\":1}"),
        };
        api.modify_subscription(&request).await.unwrap();
        let metas = api
            .describe_subscription_meta("dtsabc", "g1", &["t".to_owned(), "u".to_owned()], &[])
            .await
            .unwrap();
        let expected = SubscriptionMeta {
            sid: text("g1"),
            topic: text("t"),
            dproxy_url: text("host:18001"),
            checkpoint: Some(17),
            db_list: text("{}"),
        };
        assert_eq!(metas, [expected]);
        let sent: Vec<Vec<String>> = transport.seen().iter().map(|seen| seen.parameters()).collect();
        let modified: &[&str] = &[
            "Action=ModifySubscription",
            "DbList={}",
            "DtsInstanceId=dtsabc",
            "DtsJobId=abc",
            "RegionId=cn-hangzhou",
            "Reserved={\"a\":1}",
            "SubscriptionDataTypeDDL=false",
            "SubscriptionDataTypeDML=true",
        ];
        let described: &[&str] = &[
            "Action=DescribeSubscriptionMeta",
            "DtsInstanceId=dtsabc",
            "RegionId=cn-hangzhou",
            "Sid=g1",
            "Topics=t,u",
        ];
        assert_eq!(sent, [modified, described]);
    }
}
