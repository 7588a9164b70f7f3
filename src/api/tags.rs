//! Tags of instances (`TagResources`, `UntagResources`, `ListTagResources`; dts-api.md 2.14). A job has none of its own.

use std::collections::BTreeMap;

use super::client::{Client, Safety};
use super::error::Error;
use super::params::Params;

/// The only thing that DTS tags.
const RESOURCE_TYPE: &str = "ALIYUN::DTS::INSTANCE";

/// Tags that one call takes.
const AT_ONCE: usize = 20;

impl Client {
    /// Sets tags of an instance; a key that is there gets the new value, all others stay.
    ///
    /// # Errors
    /// As [`Client::call`]. Tags of an earlier call may be set then: twenty go with each.
    pub async fn tag_resources(
        &self,
        instance_id: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let tags: Vec<(&String, &String)> = tags.iter().collect();
        for some in tags.chunks(AT_ONCE) {
            let mut params = of_instance(instance_id);
            for (number, (key, value)) in (1..).zip(some) {
                params = params
                    .set(format!("Tag.{number}.Key"), key)
                    .set(format!("Tag.{number}.Value"), value);
            }
            self.call("TagResources", params, Safety::Repeatable).await?;
        }
        Ok(())
    }

    /// Takes tags away from an instance, by their keys. One that is not there is no error.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn untag_resources(&self, instance_id: &str, keys: &[String]) -> Result<(), Error> {
        for some in keys.chunks(AT_ONCE) {
            let mut params = of_instance(instance_id);
            for (number, key) in (1..).zip(some) {
                params = params.set(format!("TagKey.{number}"), key);
            }
            self.call("UntagResources", params, Safety::Repeatable).await?;
        }
        Ok(())
    }

    /// All tags of an instance, from all pages; also those of the service itself.
    ///
    /// # Errors
    /// As [`Client::call`]; the error of any page is the error of the whole.
    pub async fn list_tag_resources(&self, instance_id: &str) -> Result<BTreeMap<String, String>, Error> {
        let mut tags = BTreeMap::new();
        let mut next: Option<String> = None;
        loop {
            let params = of_instance(instance_id).set_opt("NextToken", next.as_ref());
            let reply = self.call("ListTagResources", params, Safety::Read).await?;
            let object = reply.object();
            let page = object.object("TagResources").list("TagResource");
            tags.extend(
                page.filter(|tag| tag.text("ResourceId").is_none_or(|id| id == instance_id))
                    .filter_map(|tag| Some((tag.text("TagKey")?, tag.text("TagValue").unwrap_or_default()))),
            );
            let token = object.text("NextToken");
            // The same token again would be the same page for ever.
            if token.is_none() || token == next {
                return Ok(tags);
            }
            next = token;
        }
    }
}

fn of_instance(instance_id: &str) -> Params {
    Params::new()
        .set("ResourceType", RESOURCE_TYPE)
        .set("ResourceId.1", instance_id)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    fn ok() -> Answer {
        Answer::json(200, &json!({"Success": true}))
    }

    fn page(tags: &[(&str, &str)], next: Value) -> Answer {
        let tags: Vec<Value> = tags
            .iter()
            .map(|(key, value)| json!({"ResourceId": "dtsa", "TagKey": key, "TagValue": value}))
            .collect();
        Answer::json(
            200,
            &json!({"Success": true, "NextToken": next, "TagResources": {"TagResource": tags}}),
        )
    }

    /// The tags that come of these pages, and the tokens that were sent.
    async fn check(pages: Vec<Answer>, expected: &[(&str, &str)], tokens: &[&str]) {
        let transport = FakeTransport::new(pages);
        let tags = client(&transport).list_tag_resources("dtsa").await.unwrap();
        let tags: Vec<(&str, &str)> = tags
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(tags, expected);
        assert_eq!(transport.values("NextToken"), tokens);
        let first = &transport.seen()[0];
        assert_eq!(
            [first.get("ResourceType"), first.get("ResourceId.1")],
            ["ALIYUN::DTS::INSTANCE", "dtsa"]
        );
    }

    #[tokio::test]
    async fn all_pages_are_read() {
        check(vec![page(&[], json!(""))], &[], &[""]).await;
        check(
            vec![page(&[("b", "2")], json!("t1")), page(&[("a", "")], Value::Null)],
            &[("a", ""), ("b", "2")],
            &["", "t1"],
        )
        .await;
        // A token that leads nowhere.
        check(
            vec![page(&[("a", "1")], json!("t1")), page(&[("a", "1")], json!("t1"))],
            &[("a", "1")],
            &["", "t1"],
        )
        .await;
    }

    #[tokio::test]
    async fn twenty_go_with_each_call() {
        let keys: Vec<String> = (0..21).map(|number| format!("k{number:02}")).collect();
        let tags = keys.iter().map(|key| (key.clone(), "v".to_owned())).collect();
        let transport = FakeTransport::new([ok(), ok(), ok(), ok()]);
        let client = client(&transport);
        client.tag_resources("dtsa", &tags).await.unwrap();
        client.untag_resources("dtsa", &keys).await.unwrap();
        assert_eq!(
            transport.values("Action"),
            ["TagResources", "TagResources", "UntagResources", "UntagResources"]
        );
        assert_eq!(transport.values("Tag.20.Key"), ["k19", "", "", ""]);
        assert_eq!(transport.values("Tag.1.Key"), ["k00", "k20", "", ""]);
        assert_eq!(transport.values("Tag.1.Value"), ["v", "v", "", ""]);
        assert_eq!(transport.values("TagKey.1"), ["", "", "k00", "k20"]);
    }

    #[tokio::test]
    async fn nothing_to_change_calls_nothing() {
        let transport = FakeTransport::new([]);
        let client = client(&transport);
        client.tag_resources("dtsa", &BTreeMap::new()).await.unwrap();
        client.untag_resources("dtsa", &[]).await.unwrap();
        assert!(transport.seen().is_empty());
    }
}
