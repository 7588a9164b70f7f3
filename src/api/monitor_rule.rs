//! Alarm rules of a job: one for each type, set and never deleted (dts-api.md 2.10).

use super::client::{Client, Safety};
use super::error::Error;
use super::params::Params;

/// Parameters of `CreateJobMonitorRule`, which sets the whole rule of a type: one that is there is overwritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateJobMonitorRule {
    /// The job. Required.
    pub dts_job_id: String,
    /// `delay`, `error` or `full_timeout`. Required.
    pub type_: String,
    /// `Y`: it is on (what DTS takes when absent). `N`: it is off.
    pub state: Option<String>,
    /// Who is called, separated by commas. An empty text takes away who is there.
    pub phone: Option<String>,
    /// When it fires: seconds for `delay`, hours for `full_timeout`; required for both of them with `Y`.
    pub delay_rule_time: Option<i64>,
    /// Minutes between two looks at the incremental validation: 1, 5, 10 or 30.
    pub period: Option<i64>,
    /// How many looks in a row have to find it.
    pub times: Option<i64>,
    /// How many differences are too many.
    pub notice_value: Option<i64>,
}

/// A rule as DTS reports it (`DescribeJobMonitorRule`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonitorRule {
    /// `Type`: `delay`, `error`, `full_timeout`; `warn` has been seen too.
    pub type_: Option<String>,
    /// `State`: `Y` or `N`.
    pub state: Option<String>,
    /// `Phone`.
    pub phone: Option<String>,
    /// `DelayRuleTime`.
    pub delay_rule_time: Option<i64>,
    /// `Period`.
    pub period: Option<i64>,
    /// `Times`.
    pub times: Option<i64>,
    /// `NoticeValue`.
    pub notice_value: Option<i64>,
}

impl Client {
    /// Sets the rule of a type. Twice is the same as once.
    ///
    /// # Errors
    /// As [`Client::call`]; [`Error::is_not_found`] when there is no such job.
    pub async fn create_job_monitor_rule(&self, rule: &CreateJobMonitorRule) -> Result<(), Error> {
        let params = Params::new()
            .set("DtsJobId", &rule.dts_job_id)
            .set("Type", &rule.type_)
            .set_opt("State", rule.state.as_ref())
            .set_opt("Phone", rule.phone.as_ref())
            .set_opt("DelayRuleTime", rule.delay_rule_time)
            .set_opt("Period", rule.period)
            .set_opt("Times", rule.times)
            .set_opt("NoticeValue", rule.notice_value);
        self.call("CreateJobMonitorRule", params, Safety::Repeatable)
            .await
            .map(drop)
    }

    /// The rules of a job, those that are off too.
    ///
    /// # Errors
    /// As [`Client::call`]; [`Error::is_not_found`] when there is no such job.
    pub async fn describe_job_monitor_rule(&self, dts_job_id: &str) -> Result<Vec<MonitorRule>, Error> {
        let params = Params::new().set("DtsJobId", dts_job_id);
        let reply = self.call("DescribeJobMonitorRule", params, Safety::Read).await?;
        let rules = reply.object().list("MonitorRules").map(|rule| MonitorRule {
            type_: rule.text("Type"),
            state: rule.text("State"),
            phone: rule.text("Phone"),
            delay_rule_time: rule.int("DelayRuleTime"),
            period: rule.int("Period"),
            times: rule.int("Times"),
            notice_value: rule.int("NoticeValue"),
        });
        Ok(rules.collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    #[tokio::test]
    async fn a_rule_is_set_as_a_whole() {
        let transport = FakeTransport::new([Answer::json(200, &json!({"Success": true, "DtsJobId": "abc"}))]);
        let rule = CreateJobMonitorRule {
            dts_job_id: "abc".to_owned(),
            type_: "delay".to_owned(),
            state: Some("Y".to_owned()),
            phone: Some(String::new()),
            delay_rule_time: Some(60),
            period: Some(5),
            times: Some(2),
            notice_value: Some(1),
        };
        client(&transport).create_job_monitor_rule(&rule).await.unwrap();
        assert_eq!(
            transport.seen()[0].parameters(),
            [
                "Action=CreateJobMonitorRule",
                "DelayRuleTime=60",
                "DtsJobId=abc",
                "NoticeValue=1",
                "Period=5",
                "Phone=",
                "RegionId=cn-hangzhou",
                "State=Y",
                "Times=2",
                "Type=delay"
            ]
        );
    }

    #[tokio::test]
    async fn the_rules_of_a_job_are_read() {
        let reply = json!({"Success": true, "DtsJobId": "abc", "Topics": [], "MonitorRules": [
            {"Type": "delay", "State": "Y", "Phone": "1,2", "DelayRuleTime": "60", "JobId": "abc", "JobType": "SYNC"},
            {"Type": "error", "State": "N", "Phone": "", "Period": 5, "Times": 2, "NoticeValue": 1},
        ]});
        let transport = FakeTransport::new([Answer::json(200, &reply)]);
        let rules = client(&transport).describe_job_monitor_rule("abc").await.unwrap();
        let text = |text: &str| Some(text.to_owned());
        let expected = [
            MonitorRule {
                type_: text("delay"),
                state: text("Y"),
                phone: text("1,2"),
                delay_rule_time: Some(60),
                ..MonitorRule::default()
            },
            MonitorRule {
                type_: text("error"),
                state: text("N"),
                period: Some(5),
                times: Some(2),
                notice_value: Some(1),
                ..MonitorRule::default()
            },
        ];
        assert_eq!(rules, expected);
    }
}
