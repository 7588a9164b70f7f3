//! Jobs: starting, stopping, deleting, changing.

use secrecy::SecretString;

use super::client::{Client, Safety};
use super::error::Error;
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
    pub(super) fn endpoint(self) -> &'static str {
        match self {
            Side::Source => "src",
            Side::Destination => "dest",
        }
    }
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

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::future::Future;

    use serde_json::json;

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    /// One call of a typed action, and the parameters it sent.
    async fn check<T: Debug, F>(call: impl FnOnce(Client) -> F, expected: &[&str])
    where
        F: Future<Output = Result<T, Error>>,
    {
        let transport = FakeTransport::new([Answer::json(200, &json!({"RequestId": "1", "Success": true}))]);
        call(client(&transport)).await.unwrap();
        let sent = transport.seen()[0].parameters();
        let sent: Vec<&str> = sent
            .iter()
            .map(String::as_str)
            .filter(|one| !one.starts_with("RegionId="))
            .collect();
        assert_eq!(sent, expected);
    }

    #[tokio::test]
    async fn changes_name_the_job_by_either_id() {
        let job = JobRef::job("abc");
        let both = JobRef::both("abc", "dtsabc").direction("Reverse");
        let (job, both) = (&job, &both);
        check(
            async |c| c.start_dts_job(job).await,
            &["Action=StartDtsJob", "DtsJobId=abc"],
        )
        .await;
        check(
            async |c| c.suspend_dts_job(job).await,
            &["Action=SuspendDtsJob", "DtsJobId=abc"],
        )
        .await;
        check(
            async |c| c.stop_dts_job(job).await,
            &["Action=StopDtsJob", "DtsJobId=abc"],
        )
        .await;
        let reset = [
            "Action=ResetDtsJob",
            "DtsInstanceId=dtsabc",
            "DtsJobId=abc",
            "SynchronizationDirection=Reverse",
        ];
        check(async |c| c.reset_dts_job(both).await, &reset).await;
        let delete = ["Action=DeleteDtsJob", "DtsInstanceId=dtsabc", "JobType=SYNC"];
        let instance = JobRef::instance("dtsabc");
        check(async |c| c.delete_dts_job(&instance, Some("SYNC")).await, &delete).await;
        let rename = ["Action=ModifyDtsJobName", "DtsJobId=abc", "DtsJobName=new name"];
        check(async |c| c.modify_dts_job_name("abc", "new name").await, &rename).await;
        let detail = ["Action=DescribeDtsJobDetail", "DtsInstanceID=dtsabc"];
        check(async |c| c.describe_dts_job_detail(&instance).await, &detail).await;
        let password = [
            "Action=ModifyDtsJobPassword",
            "DtsJobId=abc",
            "Endpoint=dest",
            "Password=new",
            "UserName=me",
        ];
        let new = SecretString::from("new");
        check(
            async |c| {
                c.modify_dts_job_password(job, Side::Destination, Some("me"), &new)
                    .await
            },
            &password,
        )
        .await;
        let modify = ModifyDtsJob {
            dts_instance_id: "dtsabc".into(),
            reserved: text("{}"),
            modify_type: text("UPDATE_RESERVED"),
            ..ModifyDtsJob::default()
        };
        let sent = [
            "Action=ModifyDtsJob",
            "DtsInstanceId=dtsabc",
            "ModifyTypeEnum=UPDATE_RESERVED",
            "Reserved={}",
        ];
        check(async |c| c.modify_dts_job(&modify).await, &sent).await;
    }
}
