//! One job in full (`DescribeDtsJobDetail`), and the parts that the list of jobs shares with it.

use super::client::{Client, Safety};
use super::decode::Object;
use super::error::Error;
use super::job::JobRef;

/// One end of a job, as DTS reports it. Passwords are never returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointDetail {
    /// `InstanceType`, such as `RDS`.
    pub instance_type: Option<String>,
    /// `EngineName` in display form, such as `MySQL`: compare without case.
    pub engine_name: Option<String>,
    /// `InstanceID`.
    pub instance_id: Option<String>,
    /// `Region`.
    pub region: Option<String>,
    /// `Ip`.
    pub ip: Option<String>,
    /// `Port`.
    pub port: Option<String>,
    /// `DatabaseName`.
    pub database_name: Option<String>,
    /// `UserName`.
    pub user_name: Option<String>,
    /// `OracleSID`.
    pub oracle_sid: Option<String>,
    /// `AliyunUid`: the owning account.
    pub owner_id: Option<String>,
    /// `RoleName`: the role in that account.
    pub role: Option<String>,
    /// `SslSolutionEnum`, such as `DISABLE`.
    pub ssl_solution: Option<String>,
    /// `CanModifyPassword`.
    pub can_modify_password: Option<bool>,
}

impl EndpointDetail {
    pub(super) fn decode(object: Object<'_>) -> EndpointDetail {
        EndpointDetail {
            instance_type: object.text("InstanceType"),
            engine_name: object.text("EngineName"),
            instance_id: object.text("InstanceID"),
            region: object.text("Region"),
            ip: object.text("Ip"),
            port: object.text("Port"),
            database_name: object.text("DatabaseName"),
            user_name: object.text("UserName"),
            oracle_sid: object.text("OracleSID"),
            owner_id: object.text("AliyunUid"),
            role: object.text("RoleName"),
            ssl_solution: object.text("SslSolutionEnum"),
            can_modify_password: object.flag("CanModifyPassword"),
        }
    }
}

/// What a job does (`MigrationMode`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobMode {
    /// Moves the structure.
    pub structure_initialization: Option<bool>,
    /// Moves the data.
    pub data_initialization: Option<bool>,
    /// Follows changes.
    pub data_synchronization: Option<bool>,
}

impl JobMode {
    pub(super) fn decode(object: Object<'_>) -> JobMode {
        JobMode {
            structure_initialization: object.flag("StructureInitialization"),
            data_initialization: object.flag("DataInitialization"),
            data_synchronization: object.flag("DataSynchronization"),
        }
    }
}

/// How far one phase of a job is (dts-api.md 3.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhaseStatus {
    /// `NotStarted`, `Migrating`, `Suspending`, `Checking`, `Failed`, `Finished`, `Catched`, ...
    pub status: Option<String>,
    /// `0` to `100`.
    pub percent: Option<String>,
    /// Objects or rows done, or a rate such as `0.00RPS/(0.000MB/s)`.
    pub progress: Option<String>,
    /// Why it failed.
    pub error_message: Option<String>,
}

impl PhaseStatus {
    pub(super) fn decode(object: Object<'_>) -> Option<PhaseStatus> {
        object.exists().then(|| PhaseStatus {
            status: object.text("Status"),
            percent: object.text("Percent"),
            progress: object.text("Progress"),
            error_message: object.text("ErrorMessage"),
        })
    }
}

/// DTS repeating something by itself (`RetryState`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryState {
    /// Whether it does so now.
    pub retrying: Option<bool>,
    /// How often so far.
    pub retry_count: Option<i64>,
    /// Seconds so far.
    pub retry_time: Option<i64>,
    /// Seconds after which it gives up.
    pub max_retry_time: Option<i64>,
    /// `srcDB`, `destDB` or `inner_module`.
    pub retry_target: Option<String>,
    /// Code of the module, such as `04`.
    pub module: Option<String>,
    /// Why.
    pub err_message: Option<String>,
}

impl RetryState {
    pub(super) fn decode(object: Object<'_>) -> Option<RetryState> {
        object.exists().then(|| RetryState {
            retrying: object.flag("Retrying"),
            retry_count: object.int("RetryCount"),
            retry_time: object.int("RetryTime"),
            max_retry_time: object.int("MaxRetryTime"),
            retry_target: object.text("RetryTarget"),
            module: object.text("Module"),
            // Sub-tasks write ErrMsg.
            err_message: object.text("ErrMessage").or_else(|| object.text("ErrMsg")),
        })
    }
}

/// The brokers of a subscription, host and port each (`SubscriptionHost`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionHost {
    /// `PrivateHost`: from the classic network.
    pub private_host: Option<String>,
    /// `PublicHost`: from the Internet.
    pub public_host: Option<String>,
    /// `VpcHost`: from a VPC.
    pub vpc_host: Option<String>,
}

impl SubscriptionHost {
    fn decode(object: Object<'_>) -> SubscriptionHost {
        SubscriptionHost {
            private_host: object.text("PrivateHost"),
            public_host: object.text("PublicHost"),
            vpc_host: object.text("VpcHost"),
        }
    }
}

/// A job in full (dts-api.md 2.7). A field that DTS left out, or filled with `""`, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobDetail {
    /// `DtsJobId`.
    pub dts_job_id: Option<String>,
    /// `DtsInstanceID`; absent before the purchase.
    pub dts_instance_id: Option<String>,
    /// `DtsJobName`.
    pub dts_job_name: Option<String>,
    /// `DtsJobClass`: the class of the instance.
    pub dts_job_class: Option<String>,
    /// `DtsJobDirection`.
    pub dts_job_direction: Option<String>,
    /// `SynchronizationDirection`.
    pub synchronization_direction: Option<String>,
    /// `JobType`: `online` (migration), `sync`, `subscribe`, `subSync`, or as it was configured.
    pub job_type: Option<String>,
    /// `TaskType`.
    pub task_type: Option<String>,
    /// `Status` (dts-api.md 3.2): compare without case.
    pub status: Option<String>,
    /// `PayType`: `PostPaid`, `PrePaid`.
    pub pay_type: Option<String>,
    /// `CreateTime`, such as `2021-03-16T08:01:19Z`.
    pub create_time: Option<String>,
    /// `BeginTimestamp`.
    pub begin_timestamp: Option<String>,
    /// `EndTimestamp`.
    pub end_timestamp: Option<String>,
    /// `BootTime`.
    pub boot_time: Option<String>,
    /// `FinishTime`.
    pub finish_time: Option<String>,
    /// `ExpireTime` of a PrePaid instance.
    pub expire_time: Option<String>,
    /// `LastUpdateTime`.
    pub last_update_time: Option<String>,
    /// `Checkpoint`, Unix seconds.
    pub checkpoint: Option<String>,
    /// `InitCheckpoint`.
    pub init_checkpoint: Option<String>,
    /// `Delay` in milliseconds; `-1` before the incremental part.
    pub delay: Option<i64>,
    /// `MigrationMode`.
    pub mode: JobMode,
    /// `SourceEndpoint`.
    pub source: EndpointDetail,
    /// `DestinationEndpoint`.
    pub destination: EndpointDetail,
    /// `DbObject`: the objects as JSON text; members may be reordered and `state` added.
    pub db_object: Option<String>,
    /// `DbObjectOssUrl`: where the objects are instead when they are too many.
    pub db_object_oss_url: Option<String>,
    /// `Reserved`: the settings as JSON text.
    pub reserved: Option<String>,
    /// `StructureInitializationStatus`; only lists have it.
    pub structure_initialization_status: Option<PhaseStatus>,
    /// `DataInitializationStatus`; only lists have it.
    pub data_initialization_status: Option<PhaseStatus>,
    /// `DataSynchronizationStatus`.
    pub data_synchronization_status: Option<PhaseStatus>,
    /// `RetryState`.
    pub retry_state: Option<RetryState>,
    /// `ErrorMessage`: why the job failed, for a person.
    pub error_message: Option<String>,
    /// `MigrationErrCode`; only lists have it, and the next two.
    pub migration_err_code: Option<String>,
    /// `MigrationErrMsg`.
    pub migration_err_msg: Option<String>,
    /// `MigrationErrWorkaround`: what DTS suggests.
    pub migration_err_workaround: Option<String>,
    /// `DedicatedClusterId`.
    pub dedicated_cluster_id: Option<String>,
    /// `DatabaseCount`.
    pub database_count: Option<i64>,
    /// `MinDu`.
    pub min_du: Option<String>,
    /// `MaxDu`.
    pub max_du: Option<String>,
    /// `DtsBisLabel`.
    pub dts_bis_label: Option<String>,
    /// `ResourceGroupId`.
    pub resource_group_id: Option<String>,
    /// `TagList` as keys and values; only lists have it.
    pub tags: Option<Vec<(String, String)>>,
    /// `GroupId`.
    pub group_id: Option<String>,
    /// `SubscribeTopic`.
    pub subscribe_topic: Option<String>,
    /// `SubscriptionHost`: where it is consumed; only details have it.
    pub subscription_host: SubscriptionHost,
    /// `SubscriptionDataType.Ddl`: whether changes of definitions are followed; only details have it.
    pub subscription_data_type_ddl: Option<bool>,
    /// `SubscriptionDataType.Dml`: whether changes of data are.
    pub subscription_data_type_dml: Option<bool>,
    /// `SubSyncJob`: the sub-tasks of object changes.
    pub sub_sync_jobs: Vec<JobDetail>,
    /// `SubDistributedJob`: one per physical database of a distributed source.
    pub sub_distributed_jobs: Vec<JobDetail>,
}

impl JobDetail {
    fn decode(object: Object<'_>) -> JobDetail {
        JobDetail {
            dts_job_id: object.text("DtsJobId"),
            dts_instance_id: object.text("DtsInstanceID"),
            dts_job_name: object.text("DtsJobName"),
            dts_job_class: object.text("DtsJobClass"),
            dts_job_direction: object.text("DtsJobDirection"),
            synchronization_direction: object.text("SynchronizationDirection"),
            job_type: object.text("JobType"),
            task_type: object.text("TaskType"),
            // The detail spells one status otherwise than lists do (dts-api.md 3.2).
            status: object.text("Status").map(|status: String| match status.as_str() {
                "synchronizing" => "Synchronizing".to_owned(),
                _ => status,
            }),
            pay_type: object.text("PayType"),
            create_time: object.text("CreateTime"),
            begin_timestamp: object.text("BeginTimestamp"),
            end_timestamp: object.text("EndTimestamp"),
            boot_time: object.text("BootTime"),
            finish_time: object.text("FinishTime"),
            expire_time: object.text("ExpireTime"),
            last_update_time: object.text("LastUpdateTime"),
            checkpoint: object.text("Checkpoint"),
            init_checkpoint: object.text("InitCheckpoint"),
            delay: object.int("Delay"),
            mode: JobMode::decode(object.object("MigrationMode")),
            source: EndpointDetail::decode(object.object("SourceEndpoint")),
            destination: EndpointDetail::decode(object.object("DestinationEndpoint")),
            db_object: object.text("DbObject"),
            db_object_oss_url: object.text("DbObjectOssUrl"),
            reserved: object.text("Reserved"),
            structure_initialization_status: PhaseStatus::decode(
                object.object("StructureInitializationStatus"),
            ),
            data_initialization_status: PhaseStatus::decode(object.object("DataInitializationStatus")),
            data_synchronization_status: PhaseStatus::decode(object.object("DataSynchronizationStatus")),
            retry_state: RetryState::decode(object.object("RetryState")),
            error_message: object.text("ErrorMessage"),
            migration_err_code: object.text("MigrationErrCode"),
            migration_err_msg: object.text("MigrationErrMsg"),
            migration_err_workaround: object.text("MigrationErrWorkaround"),
            dedicated_cluster_id: object.text("DedicatedClusterId"),
            database_count: object.int("DatabaseCount"),
            min_du: object.text("MinDu"),
            max_du: object.text("MaxDu"),
            dts_bis_label: object.text("DtsBisLabel"),
            resource_group_id: object.text("ResourceGroupId"),
            tags: object.get("TagList").is_some().then(|| tags(object)),
            group_id: object.text("GroupId"),
            subscribe_topic: object.text("SubscribeTopic"),
            subscription_host: SubscriptionHost::decode(object.object("SubscriptionHost")),
            subscription_data_type_ddl: object.object("SubscriptionDataType").flag("Ddl"),
            subscription_data_type_dml: object.object("SubscriptionDataType").flag("Dml"),
            sub_sync_jobs: object.list("SubSyncJob").map(JobDetail::decode).collect(),
            sub_distributed_jobs: object.list("SubDistributedJob").map(JobDetail::decode).collect(),
        }
    }
}

/// The tags of a list's entry.
pub(super) fn tags(object: Object<'_>) -> Vec<(String, String)> {
    let tags = object.list("TagList");
    tags.filter_map(|tag| Some((tag.text("TagKey")?, tag.text("TagValue").unwrap_or_default())))
        .collect()
}

impl JobDetail {
    /// An entry of `DescribeDtsJobs`, which has the same members but for owner and role of the endpoints, sub-tasks, and
    /// where long object lists are (dts-api.md 2.7, 2.8).
    pub(super) fn of_list(object: Object<'_>) -> JobDetail {
        let job = JobDetail::decode(object);
        let in_seconds = job
            .job_type
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("sync"));
        JobDetail {
            // Lists tell seconds of a synchronization, and milliseconds of anything else; -1 is neither.
            delay: job.delay.map(|delay| match delay {
                1.. if in_seconds => delay.saturating_mul(1000),
                _ => delay,
            }),
            ..job
        }
    }
}

impl Client {
    /// One job in full.
    ///
    /// # Errors
    /// As [`Client::call`]; [`Error::is_not_found`] when there is no such job.
    pub async fn describe_dts_job_detail(&self, job: &JobRef) -> Result<JobDetail, Error> {
        // DtsInstanceID with a capital ID, unlike every other action.
        let reply = self
            .call("DescribeDtsJobDetail", job.params("DtsInstanceID"), Safety::Read)
            .await?;
        Ok(JobDetail::decode(reply.object()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    async fn describe(reply: serde_json::Value) -> JobDetail {
        let transport = FakeTransport::new([Answer::json(200, &reply)]);
        client(&transport)
            .describe_dts_job_detail(&JobRef::job("abc"))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_full_reply_is_read() {
        let endpoint = |side: &str| {
            json!({"RoleName": "", "UserName": "dtstest", "InstanceID": format!("rm-{side}"), "SslSolutionEnum": "DISABLE",
                "Port": 3306, "Region": "cn-hangzhou", "InstanceType": "RDS", "EngineName": "MySQL"})
        };
        let detail = describe(json!({
            "RequestId": "1", "Success": true, "HttpStatusCode": 200, "Code": 200,
            "DtsInstanceID": "dtsabc", "DtsJobId": "abc", "DtsJobName": "name", "DtsJobClass": "small",
            "Status": "Migrating", "PayType": "PostPaid", "CreateTime": "2021-03-16T08:01:19Z", "Delay": "-1",
            "Checkpoint": 1_616_405_159, "ErrorMessage": "", "JobType": "online", "MinDu": 1,
            "MigrationMode": {"StructureInitialization": "true", "DataInitialization": true, "DataSynchronization": "False"},
            "SourceEndpoint": endpoint("source"), "DestinationEndpoint": endpoint("destination"),
            "DbObject": "{\"dtsdb\":{}}", "Reserved": {"targetTableMode": "0"},
            "DataSynchronizationStatus": {"Status": "Migrating", "Percent": "80", "Progress": "1RPS"},
            "RetryState": {"Retrying": true, "RetryCount": 2, "MaxRetryTime": "720", "RetryTarget": "srcDB", "ErrMsg": "lost"},
            "SubSyncJob": [{"DtsJobId": "sub", "JobType": "subSync", "RetryState": {"ErrMessage": "x"}}],
        }))
        .await;
        let text = |text: &str| Some(text.to_owned());
        let source = EndpointDetail {
            instance_type: text("RDS"),
            engine_name: text("MySQL"),
            instance_id: text("rm-source"),
            region: text("cn-hangzhou"),
            port: text("3306"),
            user_name: text("dtstest"),
            ssl_solution: text("DISABLE"),
            ..EndpointDetail::default()
        };
        let expected = JobDetail {
            dts_job_id: text("abc"),
            dts_instance_id: text("dtsabc"),
            dts_job_name: text("name"),
            dts_job_class: text("small"),
            job_type: text("online"),
            status: text("Migrating"),
            pay_type: text("PostPaid"),
            create_time: text("2021-03-16T08:01:19Z"),
            checkpoint: text("1616405159"),
            delay: Some(-1),
            min_du: text("1"),
            mode: JobMode {
                structure_initialization: Some(true),
                data_initialization: Some(true),
                data_synchronization: Some(false),
            },
            destination: EndpointDetail {
                instance_id: text("rm-destination"),
                ..source.clone()
            },
            source,
            db_object: text(r#"{"dtsdb":{}}"#),
            reserved: text(r#"{"targetTableMode":"0"}"#),
            data_synchronization_status: Some(PhaseStatus {
                status: text("Migrating"),
                percent: text("80"),
                progress: text("1RPS"),
                error_message: None,
            }),
            retry_state: Some(RetryState {
                retrying: Some(true),
                retry_count: Some(2),
                max_retry_time: Some(720),
                retry_target: text("srcDB"),
                err_message: text("lost"),
                ..RetryState::default()
            }),
            sub_sync_jobs: vec![JobDetail {
                dts_job_id: text("sub"),
                job_type: text("subSync"),
                retry_state: Some(RetryState {
                    err_message: text("x"),
                    ..RetryState::default()
                }),
                ..JobDetail::default()
            }],
            ..JobDetail::default()
        };
        assert_eq!(detail, expected);
    }

    #[tokio::test]
    async fn a_bare_reply_is_read() {
        assert_eq!(
            describe(json!({"RequestId": "1", "Success": "true"})).await,
            JobDetail::default()
        );
    }
}
