//! Replies: the envelopes of success with their inconsistent types, and the gateway's errors.

use serde_json::{Map, Value, json};

/// What an action answers, without its envelope.
pub(crate) type Body = Map<String, Value>;

/// A refused call: the gateway's error reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The service's error code.
    pub(crate) code: String,
    /// The text for people.
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// A parameter that must be there is not.
    pub(crate) fn missing(name: &str) -> Self {
        Self::new(
            400,
            &format!("Missing{name}"),
            format!("{name} is mandatory for this action."),
        )
    }

    /// A parameter has a value that it cannot have.
    pub(crate) fn invalid(name: &str, why: &str) -> Self {
        Self::new(
            400,
            &format!("Invalid{name}"),
            format!("The specified parameter {name} is not valid: {why}."),
        )
    }

    /// Parameters that do not go together.
    pub(crate) fn conflict(why: &str) -> Self {
        Self::new(400, "InvalidParameter", why)
    }

    /// The error body that the gateway sends with the HTTP status.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        json!({
            "RequestId": request_id,
            "HostId": "dts.aliyuncs.com",
            "Code": self.code,
            "Message": self.message,
            "Recommend": format!(
                "https://error-center.aliyun.com/status/search?Keyword={}&source=PopGw",
                self.code
            ),
        })
    }
}

/// What an action answers, from the members of a JSON object.
pub(crate) fn body(members: Value) -> Body {
    match members {
        Value::Object(members) => members,
        _ => Body::new(),
    }
}

/// The members that the service adds to every answer of an action. Their types differ from action to action, and
/// clients have to live with that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// `Success` a boolean, `HttpStatusCode` a number.
    Typed,
    /// `Success` and `HttpStatusCode` are strings.
    Strings,
    /// `Success` is a string, and there is no `HttpStatusCode` (CreateDtsInstance).
    StringSuccess,
    /// `Success` is a boolean, and there is no `HttpStatusCode` (ModifyDtsJob).
    BooleanSuccess,
    /// `Success` is a boolean, `HttpStatusCode` a string (ModifyDtsJobEndpoint).
    StringStatus,
    /// Nothing but `RequestId` (ModifyDtsJobConfig, DescribeTagKeys).
    Bare,
}

impl Envelope {
    /// The answer of a call that went well.
    pub(crate) fn success(self, request_id: &str, mut body: Body) -> Value {
        body.insert("RequestId".to_owned(), request_id.into());
        match self {
            Self::Typed => {
                body.insert("Success".to_owned(), true.into());
                body.insert("HttpStatusCode".to_owned(), 200.into());
            }
            Self::Strings => {
                body.insert("Success".to_owned(), "true".into());
                body.insert("HttpStatusCode".to_owned(), "200".into());
            }
            Self::StringSuccess => {
                body.insert("Success".to_owned(), "true".into());
            }
            Self::BooleanSuccess => {
                body.insert("Success".to_owned(), true.into());
            }
            Self::StringStatus => {
                body.insert("Success".to_owned(), true.into());
                body.insert("HttpStatusCode".to_owned(), "200".into());
            }
            Self::Bare => {}
        }
        Value::Object(body)
    }

    /// A failure that comes with HTTP status 200, as the service itself (not its gateway) reports some: `%s` in
    /// the message is for the client to fill in.
    pub(crate) fn failure(self, request_id: &str, code: &str) -> Value {
        let mut body = Body::new();
        body.insert("ErrCode".to_owned(), code.into());
        body.insert("ErrMessage".to_owned(), "The request was refused: %s.".into());
        body.insert(
            "DynamicMessage".to_owned(),
            "a fault of the emulator asked for it".into(),
        );
        body.insert("DynamicCode".to_owned(), code.into());
        let mut reply = self.success(request_id, body);
        let no = match self {
            Self::Typed | Self::BooleanSuccess | Self::StringStatus | Self::Bare => json!(false),
            Self::Strings | Self::StringSuccess => json!("false"),
        };
        reply["Success"] = no;
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_the_envelope_differ() {
        let mut body = Body::new();
        body.insert("JobId".to_owned(), "j".into());
        for (envelope, expected) in [
            (
                Envelope::Typed,
                json!({"JobId": "j", "RequestId": "R", "Success": true, "HttpStatusCode": 200}),
            ),
            (
                Envelope::Strings,
                json!({"JobId": "j", "RequestId": "R", "Success": "true", "HttpStatusCode": "200"}),
            ),
            (
                Envelope::StringSuccess,
                json!({"JobId": "j", "RequestId": "R", "Success": "true"}),
            ),
            (
                Envelope::BooleanSuccess,
                json!({"JobId": "j", "RequestId": "R", "Success": true}),
            ),
            (
                Envelope::StringStatus,
                json!({"JobId": "j", "RequestId": "R", "Success": true, "HttpStatusCode": "200"}),
            ),
            (Envelope::Bare, json!({"JobId": "j", "RequestId": "R"})),
        ] {
            assert_eq!(envelope.success("R", body.clone()), expected);
        }
    }

    #[test]
    fn a_failure_with_status_200_has_a_message_to_fill_in() {
        let reply = Envelope::Strings.failure("R", "DTS.Msg.Odd");
        assert_eq!(reply["Success"], "false");
        assert_eq!(reply["ErrCode"], "DTS.Msg.Odd");
        assert!(reply["ErrMessage"].as_str().unwrap().contains("%s"));
        assert_eq!(Envelope::Typed.failure("R", "X")["Success"], json!(false));
    }

    #[test]
    fn an_error_is_the_gateways() {
        let body = Refusal::missing("DtsJobId").body("R");
        assert_eq!(body["Code"], "MissingDtsJobId");
        assert_eq!(body["RequestId"], "R");
        assert!(body.get("Success").is_none());
    }
}
