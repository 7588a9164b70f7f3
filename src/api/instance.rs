//! Instances: what is paid for.

use super::client::{Client, Safety};
use super::error::{Error, Kind};
use super::params::Params;

/// Parameters of `CreateDtsInstance` (dts-api.md 2.1). `PayType` is required; with `job_id` the type, engines and
/// regions come from the job, without it they are required.
#[derive(Clone, Debug, Default)]
pub struct CreateDtsInstance {
    /// `PrePaid` or `PostPaid`; MIGRATION is `PostPaid` only.
    pub pay_type: Option<String>,
    /// A job that was configured first.
    pub job_id: Option<String>,
    /// Starts the job's modules after the purchase. Only with `job_id`.
    pub auto_start: Option<bool>,
    /// `MIGRATION`, `SYNC` or `SUBSCRIBE`.
    pub type_: Option<String>,
    /// Engine of the source, in the purchase's own spelling (dts-api.md 6.2), such as `MySQL`.
    pub source_endpoint_engine_name: Option<String>,
    /// Engine of the destination, likewise.
    pub destination_endpoint_engine_name: Option<String>,
    /// Region of the source.
    pub source_region: Option<String>,
    /// Region of the destination.
    pub destination_region: Option<String>,
    /// `micro` (SYNC), `small`, `medium`, `large`, `xlarge`, `xxlarge` (MIGRATION).
    pub instance_class: Option<String>,
    /// `oneway` or `bidirectional`; SYNC only.
    pub sync_architecture: Option<String>,
    /// `Year` or `Month`; PrePaid only, and required there.
    pub period: Option<String>,
    /// Number of periods: 1, 2, 3, 5 years or 1 to 9 months; PrePaid only, and required there.
    pub used_time: Option<i64>,
    /// Renews automatically at expiry.
    pub auto_pay: Option<bool>,
    /// Number of private RDS instances under PolarDB-X 1.0.
    pub database_count: Option<i64>,
    /// ETL compute units, at least 2.
    pub compute_unit: Option<i64>,
    /// DTS units of a task on a dedicated cluster, 1 to 100.
    pub du: Option<i64>,
    /// Least DTS units of a serverless instance.
    pub min_du: Option<String>,
    /// Most DTS units of a serverless instance.
    pub max_du: Option<String>,
    /// `ONLY_CONFIGURATION_FEE` or `CONFIGURATION_FEE_AND_DATA_FEE`; SUBSCRIBE.
    pub fee_type: Option<String>,
    /// Resource group.
    pub resource_group_id: Option<String>,
}

impl CreateDtsInstance {
    fn params(&self) -> Params {
        Params::new()
            .set_opt("PayType", self.pay_type.as_ref())
            .set_opt("JobId", self.job_id.as_ref())
            .set_opt("AutoStart", self.auto_start)
            .set_opt("Type", self.type_.as_ref())
            .set_opt(
                "SourceEndpointEngineName",
                self.source_endpoint_engine_name.as_ref(),
            )
            .set_opt(
                "DestinationEndpointEngineName",
                self.destination_endpoint_engine_name.as_ref(),
            )
            .set_opt("SourceRegion", self.source_region.as_ref())
            .set_opt("DestinationRegion", self.destination_region.as_ref())
            .set_opt("InstanceClass", self.instance_class.as_ref())
            .set_opt("SyncArchitecture", self.sync_architecture.as_ref())
            .set_opt("Period", self.period.as_ref())
            .set_opt("UsedTime", self.used_time)
            .set_opt("AutoPay", self.auto_pay)
            .set_opt("DatabaseCount", self.database_count)
            .set_opt("ComputeUnit", self.compute_unit)
            .set_opt("Du", self.du)
            .set_opt("MinDu", self.min_du.as_ref())
            .set_opt("MaxDu", self.max_du.as_ref())
            .set_opt("FeeType", self.fee_type.as_ref())
            .set_opt("ResourceGroupId", self.resource_group_id.as_ref())
    }
}

/// What was bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchasedInstance {
    /// The instance, such as `dtsza0i4l8x167...`.
    pub instance_id: String,
    /// Its job. Only a reply without it leaves this empty.
    pub job_id: Option<String>,
}

impl Client {
    /// Buys an instance. There is no idempotency token: see [`Error::is_outcome_unknown`].
    ///
    /// # Errors
    /// As [`Client::call`]; also [`Kind::OutcomeUnknown`] when a success names no instance.
    pub async fn create_dts_instance(&self, request: &CreateDtsInstance) -> Result<PurchasedInstance, Error> {
        const ACTION: &str = "CreateDtsInstance";
        let reply = self.call(ACTION, request.params(), Safety::Once).await?;
        let object = reply.object();
        match object.text("InstanceId") {
            Some(instance_id) => Ok(PurchasedInstance {
                instance_id,
                job_id: object.text("JobId").or_else(|| request.job_id.clone()),
            }),
            None => Err(Error::new(
                Kind::OutcomeUnknown,
                ACTION,
                "the reply says success but names no instance",
            )
            .with_request_id(reply.request_id())),
        }
    }

    /// Changes the class of an instance, through its job (`TransferInstanceClass`). It is an order: not repeatable.
    /// `order_type` is `UPGRADE`, the only documented value (dts-api.md 2.6).
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn transfer_instance_class(
        &self,
        job_id: &str,
        instance_class: &str,
        order_type: &str,
    ) -> Result<(), Error> {
        let params = Params::new()
            .set("DtsJobId", job_id)
            .set("InstanceClass", instance_class)
            .set("OrderType", order_type);
        self.call("TransferInstanceClass", params, Safety::Once)
            .await
            .map(drop)
    }
}
