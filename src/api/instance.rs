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

/// Parameters of `TransferPayType` (dts-api.md 2.6).
#[derive(Clone, Debug, Default)]
pub struct TransferPayType {
    /// The instance's job. Required.
    pub dts_job_id: String,
    /// `PrePaid`, `PostPaid` or `sync_serverless`. Required.
    pub charge_type: &'static str,
    /// `Year` or `Month`; with `PrePaid`, and required there.
    pub period: Option<String>,
    /// Number of periods: 1 to 5 years or 1 to 60 months; with `PrePaid`, and required there.
    pub buy_count: Option<i64>,
    /// The class that it has then.
    pub instance_class: Option<String>,
    /// Least DTS units: 1, 2, 4, 8, 16; with `sync_serverless`.
    pub min_du: Option<String>,
    /// Most DTS units: 2, 4, 8, 16; with `sync_serverless`.
    pub max_du: Option<String>,
    /// Renews automatically at expiry; with `PrePaid`.
    pub auto_pay: Option<bool>,
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
    /// `order_type` is `UPGRADE`, the only documented value (dts-api.md 2.6). `database_count`: see
    /// [`CreateDtsInstance::database_count`].
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn transfer_instance_class(
        &self,
        job_id: &str,
        instance_class: &str,
        order_type: &str,
        database_count: Option<i64>,
    ) -> Result<(), Error> {
        let params = Params::new()
            .set("DtsJobId", job_id)
            .set("InstanceClass", instance_class)
            .set("OrderType", order_type)
            .set_opt("DatabaseCount", database_count);
        self.call("TransferInstanceClass", params, Safety::Once)
            .await
            .map(drop)
    }

    /// Changes how an instance is paid for, through its job. It is an order: not repeatable.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn transfer_pay_type(&self, request: &TransferPayType) -> Result<(), Error> {
        let params = Params::new()
            .set("DtsJobId", &request.dts_job_id)
            .set("ChargeType", request.charge_type)
            .set_opt("Period", request.period.as_ref())
            .set_opt("BuyCount", request.buy_count)
            .set_opt("InstanceClass", request.instance_class.as_ref())
            .set_opt("MinDu", request.min_du.as_ref())
            .set_opt("MaxDu", request.max_du.as_ref())
            .set_opt("AutoPay", request.auto_pay);
        self.call("TransferPayType", params, Safety::Once).await.map(drop)
    }

    /// Makes a `PrePaid` instance last `count` periods longer (`Year` or `Month`), through its job. It is an order: not
    /// repeatable.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn renew_instance(&self, job_id: &str, period: &str, count: i64) -> Result<(), Error> {
        let params = Params::new()
            .set("DtsJobId", job_id)
            // The only value, in the spelling of replies.
            .set("ChargeType", "PREPAY")
            .set("Period", period)
            .set("BuyCount", count);
        self.call("RenewInstance", params, Safety::Once).await.map(drop)
    }

    /// Moves an instance to another resource group.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn convert_instance_resource_group(
        &self,
        instance_id: &str,
        resource_group_id: &str,
    ) -> Result<(), Error> {
        let params = Params::new()
            .set("ResourceId", instance_id)
            .set("NewResourceGroupId", resource_group_id);
        self.call("ConvertInstanceResourceGroup", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// How many DUs of its dedicated cluster a job may use, at least 1.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn modify_dts_job_du_limit(&self, job_id: &str, du_limit: i64) -> Result<(), Error> {
        let params = Params::new().set("DtsJobId", job_id).set("DuLimit", du_limit);
        self.call("ModifyDtsJobDuLimit", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// Gives a one-way synchronization a reverse half: MySQL on both sides, running, paid by use. It is an order: not
    /// repeatable.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn upgrade_two_way(&self, instance_id: &str, instance_class: &str) -> Result<(), Error> {
        let params = Params::new()
            .set("InstanceId", instance_id)
            .set("InstanceClass", instance_class);
        self.call("UpgradeTwoWay", params, Safety::Once).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    /// Buys; gives what was bought and the parameters that were sent, without the common ones.
    async fn buy(
        request: CreateDtsInstance,
        reply: serde_json::Value,
    ) -> (Result<PurchasedInstance, Error>, Vec<String>) {
        let transport = FakeTransport::new([Answer::json(200, &reply)]);
        let result = client(&transport).create_dts_instance(&request).await;
        (result, transport.seen()[0].parameters())
    }

    #[tokio::test]
    async fn buying_first_names_everything() {
        let text = |text: &str| Some(text.to_owned());
        let request = CreateDtsInstance {
            pay_type: text("PostPaid"),
            type_: text("MIGRATION"),
            source_endpoint_engine_name: text("MySQL"),
            destination_endpoint_engine_name: text("MySQL"),
            source_region: text("cn-hangzhou"),
            destination_region: text("cn-hangzhou"),
            instance_class: text("small"),
            ..CreateDtsInstance::default()
        };
        let reply = json!({"RequestId": "1", "InstanceId": "dtsabc", "JobId": "abc", "Success": "true"});
        let (bought, sent) = buy(request, reply).await;
        let expected = PurchasedInstance {
            instance_id: "dtsabc".into(),
            job_id: Some("abc".into()),
        };
        assert_eq!(bought.unwrap(), expected);
        assert_eq!(
            sent,
            [
                "Action=CreateDtsInstance",
                "DestinationEndpointEngineName=MySQL",
                "DestinationRegion=cn-hangzhou",
                "InstanceClass=small",
                "PayType=PostPaid",
                "RegionId=cn-hangzhou",
                "SourceEndpointEngineName=MySQL",
                "SourceRegion=cn-hangzhou",
                "Type=MIGRATION",
            ]
        );
    }

    #[tokio::test]
    async fn buying_for_a_job_keeps_the_job() {
        let request = CreateDtsInstance {
            pay_type: Some("PrePaid".into()),
            job_id: Some("abc".into()),
            auto_start: Some(false),
            used_time: Some(3),
            ..CreateDtsInstance::default()
        };
        let reply = json!({"RequestId": "1", "InstanceId": "dtsxyz", "Success": true});
        let (bought, sent) = buy(request, reply).await;
        assert_eq!(bought.unwrap().job_id.as_deref(), Some("abc"));
        assert_eq!(
            sent,
            [
                "Action=CreateDtsInstance",
                "AutoStart=false",
                "JobId=abc",
                "PayType=PrePaid",
                "RegionId=cn-hangzhou",
                "UsedTime=3",
            ]
        );
    }

    #[tokio::test]
    async fn a_success_without_an_instance_may_have_bought_one() {
        let reply = json!({"RequestId": "R-7", "Success": true});
        let error = buy(CreateDtsInstance::default(), reply).await.0.unwrap_err();
        assert!(error.is_outcome_unknown());
        assert_eq!(error.request_id(), Some("R-7"));
    }

    #[tokio::test]
    async fn a_class_is_changed_through_the_job() {
        let transport = FakeTransport::new([Answer::json(200, &json!({"Success": true}))]);
        client(&transport)
            .transfer_instance_class("abc", "large", "UPGRADE", None)
            .await
            .unwrap();
        let expected = [
            "Action=TransferInstanceClass",
            "DtsJobId=abc",
            "InstanceClass=large",
            "OrderType=UPGRADE",
            "RegionId=cn-hangzhou",
        ];
        assert_eq!(transport.seen()[0].parameters(), expected);
    }

    #[tokio::test]
    async fn orders_name_what_dts_asks_for() {
        let transport = FakeTransport::new([(); 5].map(|()| Answer::json(200, &json!({"Success": true}))));
        let client = client(&transport);
        let transfer = TransferPayType {
            dts_job_id: "abc".into(),
            charge_type: "sync_serverless",
            min_du: Some("1".into()),
            max_du: Some("8".into()),
            ..TransferPayType::default()
        };
        client.transfer_pay_type(&transfer).await.unwrap();
        client.renew_instance("abc", "Month", 3).await.unwrap();
        client
            .convert_instance_resource_group("dtsabc", "rg-1")
            .await
            .unwrap();
        client.modify_dts_job_du_limit("abc", 4).await.unwrap();
        client.upgrade_two_way("dtsabc", "small").await.unwrap();
        let sent: Vec<String> = transport
            .seen()
            .iter()
            .map(|seen| seen.parameters().join(" "))
            .collect();
        assert_eq!(
            sent,
            [
                "Action=TransferPayType ChargeType=sync_serverless DtsJobId=abc MaxDu=8 MinDu=1 RegionId=cn-hangzhou",
                "Action=RenewInstance BuyCount=3 ChargeType=PREPAY DtsJobId=abc Period=Month RegionId=cn-hangzhou",
                "Action=ConvertInstanceResourceGroup NewResourceGroupId=rg-1 RegionId=cn-hangzhou ResourceId=dtsabc",
                "Action=ModifyDtsJobDuLimit DtsJobId=abc DuLimit=4 RegionId=cn-hangzhou",
                "Action=UpgradeTwoWay InstanceClass=small InstanceId=dtsabc RegionId=cn-hangzhou",
            ]
        );
    }
}
