//! Configuring a job (`ConfigureDtsJob`).

use secrecy::SecretString;

use super::client::{Client, Safety};
use super::error::{Error, Kind};
use super::job::Side;
use super::params::Params;

/// One end of a job in `ConfigureDtsJob` (dts-api.md 2.2, 6.3).
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    /// `RDS`, `PolarDB`, `OTHER`, `ECS`, `EXPRESS`, ...; required.
    pub instance_type: Option<String>,
    /// `MYSQL`, `POSTGRESQL`, ...
    pub engine_name: Option<String>,
    /// Id of the RDS, ECS, ... instance; of the VPC for `EXPRESS` and `CEN`.
    pub instance_id: Option<String>,
    /// Region of an Alibaba Cloud database.
    pub region: Option<String>,
    /// Address of a self-managed database.
    pub ip: Option<String>,
    /// Port of a self-managed database.
    pub port: Option<String>,
    /// Database name, where the engine needs one.
    pub database_name: Option<String>,
    /// Account.
    pub user_name: Option<String>,
    /// Its password.
    pub password: Option<SecretString>,
    /// Oracle SID, for Oracle that is not RAC.
    pub oracle_sid: Option<String>,
    /// Account id of another account's database.
    pub owner_id: Option<String>,
    /// RAM role in that account.
    pub role: Option<String>,
    /// vSwitch of a data-delivery link (`SourceEndpointVSwitchID`); source only.
    pub vswitch_id: Option<String>,
    /// Primary vSwitch of a VPC NAT (`SrcPrimaryVswId`, `DestPrimaryVswId`).
    pub primary_vsw_id: Option<String>,
    /// Secondary vSwitch of a VPC NAT.
    pub secondary_vsw_id: Option<String>,
}

impl Endpoint {
    pub(super) fn add_to(&self, params: Params, side: Side) -> Params {
        // The destination alone spells DataBase with a capital B.
        let (prefix, database, vsw) = match side {
            Side::Source => ("SourceEndpoint", "DatabaseName", "Src"),
            Side::Destination => ("DestinationEndpoint", "DataBaseName", "Dest"),
        };
        let name = |suffix: &str| format!("{prefix}{suffix}");
        params
            .set_opt(name("InstanceType"), self.instance_type.as_ref())
            .set_opt(name("EngineName"), self.engine_name.as_ref())
            .set_opt(name("InstanceID"), self.instance_id.as_ref())
            .set_opt(name("Region"), self.region.as_ref())
            .set_opt(name("IP"), self.ip.as_ref())
            .set_opt(name("Port"), self.port.as_ref())
            .set_opt(name(database), self.database_name.as_ref())
            .set_opt(name("UserName"), self.user_name.as_ref())
            .secret_opt(name("Password"), self.password.as_ref())
            .set_opt(name("OracleSID"), self.oracle_sid.as_ref())
            .set_opt(name("OwnerID"), self.owner_id.as_ref())
            .set_opt(name("Role"), self.role.as_ref())
            .set_opt(name("VSwitchID"), self.vswitch_id.as_ref())
            .set_opt(format!("{vsw}PrimaryVswId"), self.primary_vsw_id.as_ref())
            .set_opt(format!("{vsw}SecondaryVswId"), self.secondary_vsw_id.as_ref())
    }
}

/// Parameters of `ConfigureDtsJob` (dts-api.md 2.2). Without a job id and an instance id it creates a job.
#[derive(Clone, Debug, Default)]
pub struct ConfigureDtsJob {
    /// The job to configure.
    pub dts_job_id: Option<String>,
    /// The instance whose job is configured.
    pub dts_instance_id: Option<String>,
    /// Name; need not be unique. Required.
    pub dts_job_name: String,
    /// `MIGRATION`, `SYNC` or `CHECK`. Required.
    pub job_type: String,
    /// Moves the structure.
    pub structure_initialization: bool,
    /// Moves the data.
    pub data_initialization: bool,
    /// Follows changes.
    pub data_synchronization: bool,
    /// The source.
    pub source: Endpoint,
    /// The destination.
    pub destination: Endpoint,
    /// What to move, as JSON text of at most 1 MB (dts-api.md 5.1).
    pub db_list: Option<String>,
    /// Further settings as JSON text (dts-api.md 5.2).
    pub reserve: Option<String>,
    /// Start of the incremental part, Unix seconds.
    pub checkpoint: Option<String>,
    /// `Forward` or `Reverse` of a two-way synchronization.
    pub synchronization_direction: Option<String>,
    /// Data validation as JSON text (dts-api.md 5.3).
    pub data_check_configure: Option<String>,
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
    /// A geo-disaster-recovery task.
    pub disaster_recovery_job: Option<bool>,
    /// `normal` or `online`.
    pub dts_bis_label: Option<String>,
    /// Task file in OSS instead of `db_list`.
    pub file_oss_url: Option<String>,
    /// Resource group.
    pub resource_group_id: Option<String>,
}

impl ConfigureDtsJob {
    fn params(&self) -> Params {
        let params = Params::new()
            .set_opt("DtsJobId", self.dts_job_id.as_ref())
            .set_opt("DtsInstanceId", self.dts_instance_id.as_ref())
            .set("DtsJobName", &self.dts_job_name)
            .set("JobType", &self.job_type)
            .set("StructureInitialization", self.structure_initialization)
            .set("DataInitialization", self.data_initialization)
            .set("DataSynchronization", self.data_synchronization)
            .set_opt("DbList", self.db_list.as_ref())
            .set_opt("Reserve", self.reserve.as_ref())
            .set_opt("Checkpoint", self.checkpoint.as_ref())
            .set_opt(
                "SynchronizationDirection",
                self.synchronization_direction.as_ref(),
            )
            .set_opt("DataCheckConfigure", self.data_check_configure.as_ref())
            .set_opt("DedicatedClusterId", self.dedicated_cluster_id.as_ref())
            .set_opt("MinDu", self.min_du.as_ref())
            .set_opt("MaxDu", self.max_du.as_ref())
            .set_opt("DelayNotice", self.delay_notice)
            .set_opt("DelayPhone", self.delay_phone.as_ref())
            .set_opt("DelayRuleTime", self.delay_rule_time)
            .set_opt("ErrorNotice", self.error_notice)
            .set_opt("ErrorPhone", self.error_phone.as_ref())
            .set_opt("DisasterRecoveryJob", self.disaster_recovery_job)
            .set_opt("DtsBisLabel", self.dts_bis_label.as_ref())
            .set_opt("FileOssUrl", self.file_oss_url.as_ref())
            .set_opt("ResourceGroupId", self.resource_group_id.as_ref());
        let params = self.source.add_to(params, Side::Source);
        self.destination.add_to(params, Side::Destination)
    }

    /// Without an id each call creates a job; with one it configures that job again.
    fn safety(&self) -> Safety {
        if self.dts_job_id.is_some() || self.dts_instance_id.is_some() {
            Safety::Repeatable
        } else {
            Safety::Once
        }
    }
}

/// A configured job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredJob {
    /// `DtsJobId`.
    pub dts_job_id: String,
    /// `DtsInstanceId`; absent where no instance was bought yet.
    pub dts_instance_id: Option<String>,
}

impl Client {
    /// Configures a job; without ids it creates one. Success says only that the configuration was accepted.
    ///
    /// # Errors
    /// As [`Client::call`]; also [`Kind::OutcomeUnknown`] when a success names no job.
    pub async fn configure_dts_job(&self, request: &ConfigureDtsJob) -> Result<ConfiguredJob, Error> {
        const ACTION: &str = "ConfigureDtsJob";
        let reply = self.call(ACTION, request.params(), request.safety()).await?;
        let object = reply.object();
        match object.text("DtsJobId").or_else(|| request.dts_job_id.clone()) {
            Some(dts_job_id) => Ok(ConfiguredJob {
                dts_job_id,
                dts_instance_id: object
                    .text("DtsInstanceId")
                    .or_else(|| request.dts_instance_id.clone()),
            }),
            None => Err(Error::new(
                Kind::OutcomeUnknown,
                ACTION,
                "the reply says success but names no job",
            )
            .with_request_id(reply.request_id())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing::field::{Field, Visit};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

    use super::*;
    use crate::api::sign::percent_encode;
    use crate::api::testing::{Answer, FakeTransport, SECRET_KEY, TOKEN, client};

    const PASSWORD: &str = "p@ss w0rd+hunter2";

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn migration() -> ConfigureDtsJob {
        let endpoint = |database: &str| Endpoint {
            instance_type: text("RDS"),
            engine_name: text("MYSQL"),
            instance_id: text("rm-1"),
            region: text("cn-hangzhou"),
            database_name: text(database),
            user_name: text("dtstest"),
            password: Some(SecretString::from(PASSWORD)),
            primary_vsw_id: text("vsw-1"),
            ..Endpoint::default()
        };
        ConfigureDtsJob {
            dts_job_name: "name".into(),
            job_type: "MIGRATION".into(),
            structure_initialization: true,
            data_initialization: true,
            source: endpoint("one"),
            destination: endpoint("two"),
            db_list: text("{}"),
            ..ConfigureDtsJob::default()
        }
    }

    #[tokio::test]
    async fn configuring_writes_the_names_of_the_api() {
        let reply = json!({"DtsJobId": "abc", "RequestId": "1", "HttpStatusCode": 200, "Success": true});
        let transport = FakeTransport::new([Answer::json(200, &reply)]);
        let job = client(&transport).configure_dts_job(&migration()).await.unwrap();
        assert_eq!(
            job,
            ConfiguredJob {
                dts_job_id: "abc".into(),
                dts_instance_id: None
            }
        );
        let password = format!("DestinationEndpointPassword={PASSWORD}");
        let source_password = format!("SourceEndpointPassword={PASSWORD}");
        assert_eq!(
            transport.seen()[0].parameters(),
            [
                "Action=ConfigureDtsJob",
                "DataInitialization=true",
                "DataSynchronization=false",
                "DbList={}",
                "DestPrimaryVswId=vsw-1",
                "DestinationEndpointDataBaseName=two",
                "DestinationEndpointEngineName=MYSQL",
                "DestinationEndpointInstanceID=rm-1",
                "DestinationEndpointInstanceType=RDS",
                password.as_str(),
                "DestinationEndpointRegion=cn-hangzhou",
                "DestinationEndpointUserName=dtstest",
                "DtsJobName=name",
                "JobType=MIGRATION",
                "RegionId=cn-hangzhou",
                "SourceEndpointDatabaseName=one",
                "SourceEndpointEngineName=MYSQL",
                "SourceEndpointInstanceID=rm-1",
                "SourceEndpointInstanceType=RDS",
                source_password.as_str(),
                "SourceEndpointRegion=cn-hangzhou",
                "SourceEndpointUserName=dtstest",
                "SrcPrimaryVswId=vsw-1",
                "StructureInitialization=true",
            ]
        );
    }

    #[tokio::test]
    async fn a_configured_job_keeps_the_ids_that_the_reply_leaves_out() {
        let transport =
            FakeTransport::new([Answer::json(200, &json!({"RequestId": "1", "Success": "true"}))]);
        let client = client(&transport);
        let request = ConfigureDtsJob {
            dts_job_id: text("abc"),
            dts_instance_id: text("dtsabc"),
            ..migration()
        };
        let job = client.configure_dts_job(&request).await.unwrap();
        assert_eq!(
            job,
            ConfiguredJob {
                dts_job_id: "abc".into(),
                dts_instance_id: text("dtsabc")
            }
        );
        let error = client.configure_dts_job(&migration()).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
    }

    #[test]
    fn only_a_configuration_with_an_id_is_repeatable() {
        assert_eq!(migration().safety(), Safety::Once);
        let request = ConfigureDtsJob {
            dts_instance_id: text("dtsabc"),
            ..migration()
        };
        assert_eq!(request.safety(), Safety::Repeatable);
    }

    /// Collects every event as text.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<String>>);

    struct Fields<'a>(&'a mut String);

    impl Visit for Fields<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            self.0.push_str(&format!("{field}={value:?} "));
        }
    }

    impl<S: tracing::Subscriber> Layer<S> for Log {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            event.record(&mut Fields(&mut self.0.lock().unwrap()));
        }
    }

    #[tokio::test]
    async fn no_secret_is_in_any_text() {
        // What DTS answers to a wrong signature, and worse: a refusal and a page that repeat what was sent.
        let sent = format!(
            "SourceEndpointPassword={}&SecurityToken={}",
            percent_encode(PASSWORD),
            percent_encode(TOKEN)
        );
        let echo = format!(
            "no match. server string to sign is:POST&%2F&{}",
            percent_encode(&sent)
        );
        let answers: Vec<Value> = [echo, format!("bad {PASSWORD} {SECRET_KEY} {TOKEN} {sent}")]
            .iter()
            .map(|message| json!({"RequestId": "R-1", "Code": "SignatureDoesNotMatch", "Message": message}))
            .collect();
        let mut script: Vec<Answer> = answers.iter().map(|body| Answer::json(400, body)).collect();
        script.push(
            Answer::text(400, &format!("<html>{sent} {PASSWORD}</html>")).header("content-type", PASSWORD),
        );
        script.push(Answer::json(
            200,
            &json!({"RequestId": "R-2", "Success": true, "DtsJobId": PASSWORD}),
        ));
        let count = script.len();
        let transport = FakeTransport::new(script);
        let client = client(&transport);
        let log = Log::default();
        // With a single subscriber, tracing asks the thread that meets an event first whether it is wanted at all, which
        // may be another test's. With two it asks the subscribers.
        let _second = tracing::Dispatch::new(tracing_subscriber::registry());
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
        let request = migration();
        let mut texts = format!("{request:?} {client:?} {:?}", request.params());
        for _ in 0..count - 1 {
            let error = client.configure_dts_job(&request).await.unwrap_err();
            texts += &format!("{error} {error:?} {:?} {}\n", error.advice(), error.message());
        }
        texts += &format!(
            "{:?}",
            client
                .call("ConfigureDtsJob", request.params(), Safety::Read)
                .await
        );
        drop(guard);
        let log = log.0.lock().unwrap().clone();
        for field in [
            "api_action=\"ConfigureDtsJob\"",
            "api_request_id=\"R-1\"",
            "attempt=1",
            "status=400",
            "duration_ms=",
        ] {
            assert!(log.contains(field), "{field} is not in {log}");
        }
        texts += &log;
        assert!(texts.contains("***"), "{texts}");
        let signatures = transport.values("Signature");
        assert_eq!(signatures.len(), count);
        for secret in [PASSWORD, SECRET_KEY, TOKEN]
            .into_iter()
            .chain(signatures.iter().map(String::as_str))
        {
            let once = percent_encode(secret);
            for spelling in [secret, once.as_str(), percent_encode(&once).as_str()] {
                assert!(!texts.contains(spelling), "{spelling} is in {texts}");
            }
        }
        assert!(!texts.contains("hunter2"), "{texts}");
    }
}
