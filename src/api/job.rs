//! Jobs: configuring, starting, stopping, changing.

use secrecy::SecretString;

use super::client::{Client, Safety};
use super::error::{Error, Kind};
use super::params::Params;

/// Which job. An instance of a two-way synchronization has two jobs, told apart by the direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobRef {
    /// `DtsJobId`.
    pub job_id: Option<String>,
    /// `DtsInstanceId`.
    pub instance_id: Option<String>,
    /// `SynchronizationDirection`: `Forward` (default) or `Reverse`.
    pub direction: Option<String>,
}

impl JobRef {
    /// By the job's id.
    pub fn job(job_id: impl Into<String>) -> JobRef {
        JobRef {
            job_id: Some(job_id.into()),
            ..JobRef::default()
        }
    }

    /// By the instance's id.
    pub fn instance(instance_id: impl Into<String>) -> JobRef {
        JobRef {
            instance_id: Some(instance_id.into()),
            ..JobRef::default()
        }
    }

    /// By both ids.
    pub fn both(job_id: impl Into<String>, instance_id: impl Into<String>) -> JobRef {
        JobRef {
            instance_id: Some(instance_id.into()),
            ..JobRef::job(job_id)
        }
    }

    /// In this direction of a two-way synchronization.
    #[must_use]
    pub fn direction(mut self, direction: impl Into<String>) -> JobRef {
        self.direction = Some(direction.into());
        self
    }

    /// The parameters. `instance_parameter` is `DtsInstanceId`, but `DtsInstanceID` in DescribeDtsJobDetail.
    pub(super) fn params(&self, instance_parameter: &str) -> Params {
        Params::new()
            .set_opt("DtsJobId", self.job_id.as_ref())
            .set_opt(instance_parameter, self.instance_id.as_ref())
            .set_opt("SynchronizationDirection", self.direction.as_ref())
    }
}

/// One end of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The database that is read.
    Source,
    /// The database that is written.
    Destination,
}

impl Side {
    /// As ModifyDtsJobPassword and ModifyDtsJobEndpoint write it.
    fn endpoint(self) -> &'static str {
        match self {
            Side::Source => "src",
            Side::Destination => "dest",
        }
    }
}

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
    fn add_to(&self, params: Params, side: Side) -> Params {
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

/// Parameters of `ModifyDtsJob` (dts-api.md 2.5): the objects or the settings of a job that runs.
#[derive(Clone, Debug, Default)]
pub struct ModifyDtsJob {
    /// The instance. Required.
    pub dts_instance_id: String,
    /// The job.
    pub dts_job_id: Option<String>,
    /// The whole new object list as JSON text: it replaces the old one.
    pub db_list: Option<String>,
    /// Settings as JSON text: they are merged into the existing ones.
    pub reserved: Option<String>,
    /// `ModifyTypeEnum`: absent for objects, `UPDATE_RESERVED` for settings only.
    pub modify_type: Option<String>,
    /// Idempotency token, at most 64 ASCII characters. With one the call is repeatable.
    pub client_token: Option<String>,
    /// `Forward` or `Reverse` of a two-way synchronization.
    pub synchronization_direction: Option<String>,
    /// Moves the structure of added objects.
    pub structure_initialization: Option<bool>,
    /// Moves the data of added objects.
    pub data_initialization: Option<bool>,
    /// Follows changes of added objects.
    pub data_synchronization: Option<bool>,
}

/// What `ModifyDtsJob` answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModifiedJob {
    /// The sub-task made for added objects, not the job itself.
    pub dts_job_id: Option<String>,
    /// Status of the change.
    pub status: Option<String>,
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

    /// Starts or resumes a job; a job without an instance is only prechecked. Success says only that DTS accepted it.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn start_dts_job(&self, job: &JobRef) -> Result<(), Error> {
        self.change("StartDtsJob", job).await
    }

    /// Pauses a job; it is still paid for.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn suspend_dts_job(&self, job: &JobRef) -> Result<(), Error> {
        self.change("SuspendDtsJob", job).await
    }

    /// Ends a job for good.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn stop_dts_job(&self, job: &JobRef) -> Result<(), Error> {
        self.change("StopDtsJob", job).await
    }

    /// Clears the configuration of a SYNC or SUBSCRIBE job, which keeps its instance.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn reset_dts_job(&self, job: &JobRef) -> Result<(), Error> {
        self.change("ResetDtsJob", job).await
    }

    /// Deletes a job and releases its instance. `job_type` is `MIGRATION`, `SYNC` or `SUBSCRIBE`.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn delete_dts_job(&self, job: &JobRef, job_type: Option<&str>) -> Result<(), Error> {
        let params = job.params("DtsInstanceId").set_opt("JobType", job_type);
        self.call("DeleteDtsJob", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// Renames a job.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn modify_dts_job_name(&self, job_id: &str, name: &str) -> Result<(), Error> {
        let params = Params::new().set("DtsJobId", job_id).set("DtsJobName", name);
        self.call("ModifyDtsJobName", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// Gives a job another password, and account, for one of its databases. The password must differ from the present one.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn modify_dts_job_password(
        &self,
        job: &JobRef,
        side: Side,
        user_name: Option<&str>,
        password: &SecretString,
    ) -> Result<(), Error> {
        let params = job
            .params("DtsInstanceId")
            .set("Endpoint", side.endpoint())
            .set_opt("UserName", user_name)
            .secret("Password", password);
        self.call("ModifyDtsJobPassword", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// Changes the objects or the settings of a job.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn modify_dts_job(&self, request: &ModifyDtsJob) -> Result<ModifiedJob, Error> {
        let params = Params::new()
            .set("DtsInstanceId", &request.dts_instance_id)
            .set_opt("DtsJobId", request.dts_job_id.as_ref())
            .set_opt("DbList", request.db_list.as_ref())
            .set_opt("Reserved", request.reserved.as_ref())
            .set_opt("ModifyTypeEnum", request.modify_type.as_ref())
            .set_opt("ClientToken", request.client_token.as_ref())
            .set_opt(
                "SynchronizationDirection",
                request.synchronization_direction.as_ref(),
            )
            .set_opt("StructureInitialization", request.structure_initialization)
            .set_opt("DataInitialization", request.data_initialization)
            .set_opt("DataSynchronization", request.data_synchronization);
        let safety = if request.client_token.is_some() {
            Safety::Repeatable
        } else {
            Safety::Once
        };
        let reply = self.call("ModifyDtsJob", params, safety).await?;
        let object = reply.object();
        Ok(ModifiedJob {
            dts_job_id: object.text("DtsJobId"),
            status: object.text("Status"),
        })
    }

    async fn change(&self, action: &str, job: &JobRef) -> Result<(), Error> {
        self.call(action, job.params("DtsInstanceId"), Safety::Repeatable)
            .await
            .map(drop)
    }
}
