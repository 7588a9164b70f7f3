//! Consumer groups of a subscription (dts-api.md 2.11): with the account of one, a Kafka client reads the changes.

use secrecy::SecretString;

use super::client::{Client, Safety};
use super::error::{Error, Kind};
use super::job::JobRef;
use super::paging::Paging;
use super::params::Params;

/// The largest page that is documented.
const PAGE_SIZE: usize = 100;

/// Parameters of `CreateConsumerChannel`.
#[derive(Clone, Debug)]
pub struct CreateConsumerChannel {
    /// The subscription.
    pub subscription: JobRef,
    /// Name, at most 128 characters.
    pub consumer_group_name: String,
    /// Account, at most 16 letters, digits and `_`.
    pub consumer_group_user_name: String,
    /// Its password, 8 to 32 characters of two kinds.
    pub consumer_group_password: SecretString,
}

/// Parameters of `ModifyConsumerChannel`: what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ModifyConsumerChannel {
    /// The subscription.
    pub subscription: JobRef,
    /// Which group.
    pub consumer_group_id: String,
    /// Another name.
    pub consumer_group_name: Option<String>,
    /// Another account.
    pub consumer_group_user_name: Option<String>,
    /// Another password.
    pub consumer_group_password: Option<SecretString>,
}

/// A consumer group as DTS lists it. Passwords are never returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumerGroup {
    /// `ConsumerGroupId`.
    pub id: String,
    /// `ConsumerGroupName`.
    pub name: Option<String>,
    /// `ConsumerGroupUserName`.
    pub user_name: Option<String>,
    /// `ConsumptionCheckpoint`: up to where it was read.
    pub consumption_checkpoint: Option<String>,
    /// `MessageDelay` in seconds; `-1` before anything was read.
    pub message_delay: Option<i64>,
    /// `UnconsumedData`: how many messages are left to read.
    pub unconsumed_data: Option<i64>,
}

impl Client {
    /// Makes a consumer group, and answers its id.
    ///
    /// # Errors
    /// As [`Client::call`]; [`Error::is_busy`] while the subscription is not `Normal`; [`Kind::OutcomeUnknown`] when a success names
    /// no group.
    pub async fn create_consumer_channel(&self, group: &CreateConsumerChannel) -> Result<String, Error> {
        const ACTION: &str = "CreateConsumerChannel";
        let params = group
            .subscription
            .params("DtsInstanceId")
            .set("ConsumerGroupName", &group.consumer_group_name)
            .set("ConsumerGroupUserName", &group.consumer_group_user_name)
            .secret("ConsumerGroupPassword", &group.consumer_group_password);
        let reply = self.call(ACTION, params, Safety::Once).await?;
        // ConsumerGroupID with a capital ID, unlike every other action.
        reply.object().text("ConsumerGroupID").ok_or_else(|| {
            let message = "the reply says success but names no consumer group";
            Error::new(Kind::OutcomeUnknown, ACTION, message).with_request_id(reply.request_id())
        })
    }

    /// Changes a consumer group.
    ///
    /// # Errors
    /// As [`Client::call`]; [`Error::is_busy`] while the subscription is not `Normal`.
    pub async fn modify_consumer_channel(&self, change: &ModifyConsumerChannel) -> Result<(), Error> {
        let params = one(&change.subscription, &change.consumer_group_id)
            .set_opt("ConsumerGroupName", change.consumer_group_name.as_ref())
            .set_opt("ConsumerGroupUserName", change.consumer_group_user_name.as_ref())
            .secret_opt("ConsumerGroupPassword", change.consumer_group_password.as_ref());
        self.call("ModifyConsumerChannel", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// Deletes a consumer group.
    ///
    /// # Errors
    /// As [`Client::call`]; [`Error::is_busy`] while the subscription is not `Normal`.
    pub async fn delete_consumer_channel(
        &self,
        subscription: &JobRef,
        consumer_group_id: &str,
    ) -> Result<(), Error> {
        let params = one(subscription, consumer_group_id);
        self.call("DeleteConsumerChannel", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// All groups of a subscription, from all pages.
    ///
    /// # Errors
    /// As [`Client::call`]; [`Error::is_not_found`] when there is no such subscription.
    pub async fn describe_consumer_channel(
        &self,
        subscription: &JobRef,
    ) -> Result<Vec<ConsumerGroup>, Error> {
        let mut groups = Vec::new();
        let mut paging = Paging::default();
        while let Some(number) = paging.next() {
            let params = subscription
                .params("DtsInstanceId")
                .set("PageNumber", number)
                .set("PageSize", PAGE_SIZE);
            let reply = self.call("DescribeConsumerChannel", params, Safety::Read).await?;
            let object = reply.object();
            let page = object
                .list("ConsumerChannels")
                .filter_map(|group| {
                    Some(ConsumerGroup {
                        id: group.text("ConsumerGroupId")?,
                        name: group.text("ConsumerGroupName"),
                        user_name: group.text("ConsumerGroupUserName"),
                        consumption_checkpoint: group.text("ConsumptionCheckpoint"),
                        message_delay: group.int("MessageDelay"),
                        unconsumed_data: group.int("UnconsumedData"),
                    })
                })
                .collect();
            groups.extend(paging.fresh(object, page, |group: &ConsumerGroup| Some(&group.id)));
        }
        Ok(groups)
    }
}

fn one(subscription: &JobRef, consumer_group_id: &str) -> Params {
    subscription
        .params("DtsInstanceId")
        .set("ConsumerGroupId", consumer_group_id)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    #[tokio::test]
    async fn a_group_is_made_changed_and_deleted() {
        let subscription = JobRef::instance("dtsabc");
        let password = SecretString::from("secret-Pass1");
        let transport = FakeTransport::new([Answer::json(
            200,
            &json!({"ConsumerGroupID": "g1", "Success": "true"}),
        )]);
        let api = client(&transport);
        let group = CreateConsumerChannel {
            subscription: subscription.clone(),
            consumer_group_name: "billing".to_owned(),
            consumer_group_user_name: "reader".to_owned(),
            consumer_group_password: password.clone(),
        };
        assert_eq!(api.create_consumer_channel(&group).await.unwrap(), "g1");
        let change = ModifyConsumerChannel {
            subscription: subscription.clone(),
            consumer_group_id: "g1".to_owned(),
            consumer_group_password: Some(password),
            ..ModifyConsumerChannel::default()
        };
        api.modify_consumer_channel(&change).await.unwrap();
        api.delete_consumer_channel(&subscription, "g1").await.unwrap();
        let sent: Vec<Vec<String>> = transport.seen().iter().map(|seen| seen.parameters()).collect();
        let expected: [&[&str]; 3] = [
            &[
                "Action=CreateConsumerChannel",
                "ConsumerGroupName=billing",
                "ConsumerGroupPassword=secret-Pass1",
                "ConsumerGroupUserName=reader",
                "DtsInstanceId=dtsabc",
                "RegionId=cn-hangzhou",
            ],
            &[
                "Action=ModifyConsumerChannel",
                "ConsumerGroupId=g1",
                "ConsumerGroupPassword=secret-Pass1",
                "DtsInstanceId=dtsabc",
                "RegionId=cn-hangzhou",
            ],
            &[
                "Action=DeleteConsumerChannel",
                "ConsumerGroupId=g1",
                "DtsInstanceId=dtsabc",
                "RegionId=cn-hangzhou",
            ],
        ];
        assert_eq!(sent, expected);
    }

    #[tokio::test]
    async fn a_success_without_an_id_is_no_success() {
        let transport =
            FakeTransport::new([Answer::json(200, &json!({"Success": true, "RequestId": "R-1"}))]);
        let group = CreateConsumerChannel {
            subscription: JobRef::job("abc"),
            consumer_group_name: "billing".to_owned(),
            consumer_group_user_name: "reader".to_owned(),
            consumer_group_password: SecretString::from("secret-Pass1"),
        };
        let lost = client(&transport)
            .create_consumer_channel(&group)
            .await
            .unwrap_err();
        assert!(lost.is_outcome_unknown());
        assert_eq!(lost.request_id(), Some("R-1"));
    }

    fn page(ids: &[&str], total: Value) -> Answer {
        let groups: Vec<Value> = ids
            .iter()
            .map(|id| json!({"ConsumerGroupId": id, "ConsumerGroupName": id, "MessageDelay": "-1", "UnconsumedData": 0}))
            .collect();
        Answer::json(
            200,
            &json!({"Success": "true", "ConsumerChannels": groups, "TotalRecordCount": total}),
        )
    }

    #[tokio::test]
    async fn all_pages_are_read() {
        for (pages, expected, calls) in [
            (
                vec![page(&["a", "b"], json!(3)), page(&["c"], json!(3))],
                &["a", "b", "c"][..],
                2,
            ),
            (vec![page(&["a"], json!(null)), page(&[], json!(null))], &["a"], 2),
            // A server that ignores the page number.
            (vec![page(&["a"], json!(0)), page(&["a"], json!(0))], &["a"], 2),
            (vec![page(&[], json!(0))], &[], 1),
        ] {
            let transport = FakeTransport::new(pages);
            let groups = client(&transport)
                .describe_consumer_channel(&JobRef::job("abc"))
                .await
                .unwrap();
            let ids: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
            assert_eq!(ids, expected);
            assert_eq!(transport.seen().len(), calls);
        }
    }
}
