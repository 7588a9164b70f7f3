//! What an attempt came to: the reply, or why not, and whether it may be repeated.

use std::num::IntErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::{Map, Value};

use super::advice;
use super::client::Safety;
use super::context::{HttpResponse, Sent, TransportError};
use super::decode::Object;
use super::error::{Error, Kind, bare};
use super::reply::Reply;
use super::retry::Failure;
use super::scrub::Scrubber;

/// A failed attempt: what the caller is told if it was the last, and what repeating is decided by.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) failure: Failure,
    pub(super) error: Error,
}

/// One attempt, for judging.
pub(super) struct Attempt<'a> {
    pub(super) action: &'a str,
    pub(super) safety: Safety,
    pub(super) scrubber: &'a Scrubber,
    /// Where the keys come from.
    pub(super) origin: &'a str,
    /// For messages.
    pub(super) url: &'a str,
    /// Whether DTS has ever answered there: set by the first reply of its kind.
    pub(super) heard: &'a AtomicBool,
    /// When it was sent, by this machine's clock.
    pub(super) now: Timestamp,
}

/// Codes after which a call may have taken effect all the same (dts-api.md 7.1).
const UNCERTAIN: [&str; 3] = ["InternalError", "ServiceUnavailable", "SQLExecuteError"];

/// What DTS writes into `ErrCode` and `Code` when nothing is wrong.
const FINE: [&str; 4] = ["200", "0", "ok", "success"];

impl Attempt<'_> {
    /// Judges what the transport gave.
    pub(super) fn judge(&self, result: Result<HttpResponse, TransportError>) -> Result<Reply, Failed> {
        match result {
            Err(error) if error.sent == Sent::No => {
                let message = format!(
                    "{} cannot be reached: {}",
                    self.url,
                    self.scrubber.clean(&error.message)
                );
                // Where the transport knows what to do, trying again does not help.
                let failure = error.advice.map_or(Failure::NotSent, |_| Failure::Final);
                let advice = error.advice.unwrap_or(advice::UNREACHABLE);
                let error = self.error(Kind::Unreachable, message, advice);
                Err(Failed { failure, error })
            }
            Err(error) => Err(self.no_answer(&format!("no answer: {}", error.message), None, None)),
            Ok(response) => self.answer(&response),
        }
    }

    fn answer(&self, response: &HttpResponse) -> Result<Reply, Failed> {
        let status = response.status;
        let json: Option<Value> = serde_json::from_slice(&response.body).ok();
        match json {
            Some(Value::Object(body)) if is_dts(&body) => {
                self.heard.store(true, Ordering::Relaxed);
                self.dts_answer(response, body)
            }
            // The gateway's own refusal of the rate needs no body.
            _ if status == 429 && self.heard.load(Ordering::Relaxed) => {
                Err(self.throttled(response, None, "too many requests", None))
            }
            _ if status == 429 => Err(self.throttled_by_stranger(response)),
            _ if status >= 500 || status == 408 => Err(self.stranger(response)),
            None if is_success(status) && response.body.trim_ascii().is_empty() => {
                Err(self.stranger(response))
            }
            None if is_success(status) && is_cut_off(&response.body) => {
                Err(self.no_answer("the reply is cut off", Some(status), None))
            }
            _ => Err(self.not_dts(response)),
        }
    }

    fn dts_answer(&self, response: &HttpResponse, body: Map<String, Value>) -> Result<Reply, Failed> {
        let status = response.status;
        let object = Object::new(&body);
        if is_success(status) && !says_failure(object) {
            return Ok(Reply::new(body));
        }
        let code = code(object);
        let message = message(object).unwrap_or_else(|| "no reason given".to_owned());
        let request_id = object.text("RequestId");
        let known = code.as_deref().map(bare);
        let failed = match known {
            _ if status == 429 || known.is_some_and(is_throttling) => {
                self.throttled(response, code, &message, request_id)
            }
            Some("SignatureNonceUsed") => self.nonce_used(response, code, &message, request_id),
            _ if is_uncertain(status, known, object) => {
                self.no_answer(&message, Some(status), request_id).with_code(code)
            }
            // Below 500 and refused in so many words: certainly without effect.
            _ => {
                let kind = if known.is_some_and(is_credentials) {
                    Kind::Credentials
                } else {
                    Kind::Api
                };
                let failure = if known.is_some_and(is_expired) {
                    Failure::Expired
                } else {
                    Failure::Final
                };
                let off = clock_difference(known.unwrap_or_default(), response, self.now);
                let error = self.refused(kind, status, code, &format!("{message}{off}"), request_id);
                Failed { failure, error }
            }
        };
        Err(failed)
    }

    fn throttled(
        &self,
        response: &HttpResponse,
        code: Option<String>,
        message: &str,
        request_id: Option<String>,
    ) -> Failed {
        let error = self.refused(Kind::Throttled, response.status, code, message, request_id);
        let error = if error.advice().is_some() {
            error
        } else {
            error.with_advice(Some(advice::THROTTLED.into()))
        };
        Failed {
            failure: Failure::Throttled(retry_after(response, self.now)),
            error,
        }
    }

    /// The nonce is fresh, so it was used by a copy of this very request, which may have been executed.
    fn nonce_used(
        &self,
        response: &HttpResponse,
        code: Option<String>,
        message: &str,
        request_id: Option<String>,
    ) -> Failed {
        let kind = if self.safety == Safety::Once {
            Kind::OutcomeUnknown
        } else {
            Kind::Api
        };
        let error = self
            .refused(kind, response.status, code, message, request_id)
            .with_outcome_unknown(self.safety != Safety::Read);
        Failed {
            failure: Failure::NonceUsed,
            error,
        }
    }

    fn no_answer(&self, message: &str, status: Option<u16>, request_id: Option<String>) -> Failed {
        let (kind, advice) = match self.safety {
            Safety::Read => (Kind::Unavailable, advice::UNAVAILABLE),
            Safety::Repeatable | Safety::Once => (Kind::OutcomeUnknown, advice::OUTCOME_UNKNOWN),
        };
        let error = self
            .error(kind, self.scrubber.clean(message), advice)
            .with_request_id(request_id);
        let error = match status {
            Some(status) => error.with_http_status(status),
            None => error,
        };
        Failed {
            failure: Failure::NoAnswer,
            error,
        }
    }

    /// An error, or nothing, without a reply of DTS: a gateway in front of it, or something else altogether.
    fn stranger(&self, response: &HttpResponse) -> Failed {
        let message = self.unlike_dts(response);
        let Failed { failure, error } = self.no_answer(&message, Some(response.status), None);
        let (failure, kind) = match (self.heard.load(Ordering::Relaxed), error.kind()) {
            (true, kind) => (failure, kind),
            (false, Kind::Unavailable) => (Failure::Stranger, Kind::NotDts),
            (false, kind) => (Failure::Stranger, kind),
        };
        let mut advice = advice::STRANGER.to_owned();
        if error.is_outcome_unknown() {
            advice = format!("{advice} {}", advice::OUTCOME_UNKNOWN);
        }
        Failed {
            failure,
            error: error.with_kind(kind).with_advice(Some(advice)),
        }
    }

    /// A refusal of the rate by what may be no DTS at all: had an effect nowhere, and is no reason to try for minutes.
    fn throttled_by_stranger(&self, response: &HttpResponse) -> Failed {
        let error = self
            .error(Kind::NotDts, self.unlike_dts(response), advice::STRANGER)
            .with_http_status(response.status);
        Failed {
            failure: Failure::StrangerThrottled(retry_after(response, self.now)),
            error,
        }
    }

    fn unlike_dts(&self, response: &HttpResponse) -> String {
        let what = match (response.redirect(), response.header("content-type")) {
            (Some(to), _) => format!("a redirect to {}", self.scrubber.clean(to)),
            (_, Some(kind)) => format!("{} bytes of {}", response.body.len(), self.scrubber.clean(kind)),
            (_, None) => format!("{} bytes", response.body.len()),
        };
        format!("{} does not answer as DTS does: {what}", self.url)
    }

    fn not_dts(&self, response: &HttpResponse) -> Failed {
        let message = self.unlike_dts(response);
        let error = self
            .error(Kind::NotDts, message, advice::NOT_DTS)
            .with_http_status(response.status)
            // A proxy may have swallowed the answer to a call that was executed.
            .with_outcome_unknown(is_success(response.status) && self.safety != Safety::Read);
        Failed {
            failure: Failure::Final,
            error,
        }
    }

    fn refused(
        &self,
        kind: Kind,
        status: u16,
        code: Option<String>,
        message: &str,
        request_id: Option<String>,
    ) -> Error {
        let advice = code
            .as_deref()
            .and_then(|code| advice::by_code(code, self.action, Some(self.origin)));
        Error::new(kind, self.action, self.scrubber.clean(message))
            .with_http_status(status)
            .with_code(code)
            .with_request_id(request_id)
            .with_advice(advice)
    }

    fn error(&self, kind: Kind, message: String, advice: &str) -> Error {
        Error::new(kind, self.action, message).with_advice(Some(advice.to_owned()))
    }
}

impl Failed {
    fn with_code(self, code: Option<String>) -> Failed {
        Failed {
            error: self.error.with_code(code),
            ..self
        }
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Every reply of DTS and of its gateway has one of these.
fn is_dts(body: &Map<String, Value>) -> bool {
    let object = Object::new(body);
    ["RequestId", "Success", "ErrCode", "Code"]
        .iter()
        .any(|name| object.get(name).is_some())
}

/// JSON that began and did not end.
fn is_cut_off(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'{')
        && serde_json::from_slice::<Value>(body).is_err_and(|error| error.is_eof())
}

/// Whether a reply with HTTP 2xx reports a failure. `Success` decides; some replies have none (dts-api.md 1.7).
fn says_failure(object: Object<'_>) -> bool {
    match object.flag("Success") {
        Some(success) => !success,
        None => {
            let named = |name| object.text(name).is_some_and(|code: String| !is_fine(&code));
            // Code alone may be the module of a precheck; with Message it is the gateway's.
            named("ErrCode")
                || (named("Code") && object.text("Message").is_some())
                || object.int("HttpStatusCode").is_some_and(|status| status >= 400)
        }
    }
}

fn is_fine(code: &str) -> bool {
    FINE.iter().any(|fine| fine.eq_ignore_ascii_case(code))
}

fn code(object: Object<'_>) -> Option<String> {
    ["ErrCode", "DynamicCode", "Code"]
        .iter()
        .filter_map(|name| object.text(name))
        .find(|code| !is_fine(code))
}

/// The message, with `DynamicMessage` in its gaps.
fn message(object: Object<'_>) -> Option<String> {
    let dynamic = object.text("DynamicMessage");
    match object.text("ErrMessage").or_else(|| object.text("Message")) {
        Some(message) => Some(match &dynamic {
            Some(dynamic) => message.replace("%s", dynamic),
            None => message,
        }),
        None => dynamic,
    }
}

fn is_throttling(code: &str) -> bool {
    code.contains("Throttling")
}

/// The keys are not taken.
pub(super) fn is_credentials(code: &str) -> bool {
    let prefixes = [
        "InvalidAccessKeyId",
        "InvalidSecurityToken",
        "MissingSecurityToken",
    ];
    matches!(code, "SignatureDoesNotMatch" | "IncompleteSignature")
        || prefixes.iter().any(|prefix| code.starts_with(prefix))
}

/// The token of temporary keys has run out (dts-api.md 7.1).
fn is_expired(code: &str) -> bool {
    code == "InvalidSecurityToken.Expired"
}

/// How far this machine's clock is from the server's, as an addition to a message: for a request that was refused for its time.
pub(super) fn clock_difference(code: &str, response: &HttpResponse, now: Timestamp) -> String {
    let Some(server) = date(response, "date").filter(|_| code.starts_with("InvalidTimeStamp")) else {
        return String::new();
    };
    let seconds = now.as_second() - server.as_second();
    // So little is no reason to refuse: the date is of another clock than the one that refused.
    if seconds.abs() < 5 * 60 {
        return String::new();
    }
    let side = if seconds < 0 { "behind" } else { "ahead of" };
    let minutes = seconds.unsigned_abs() / 60;
    format!(" This machine's clock is {minutes} minutes {side} the server's.")
}

fn is_uncertain(status: u16, code: Option<&str>, object: Object<'_>) -> bool {
    status >= 500
        || status == 408
        || code.is_some_and(|code| UNCERTAIN.contains(&code))
        || (code.is_none() && object.int("HttpStatusCode").is_some_and(|status| status >= 500))
}

/// The wait that the server asks for: `x-acs-retry-after` in milliseconds, else `retry-after` in seconds or as a date.
fn retry_after(response: &HttpResponse, now: Timestamp) -> Option<Duration> {
    let number = |name| match response.header(name)?.trim().parse::<u64>() {
        Ok(number) => Some(number),
        Err(error) => (*error.kind() == IntErrorKind::PosOverflow).then_some(u64::MAX),
    };
    let until = || {
        let until = date(response, "retry-after")?;
        // By the server's own clock where it tells it: ours may be wrong.
        let now = date(response, "date").unwrap_or(now);
        Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
    };
    number("x-acs-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
        .or_else(until)
}

/// A header that is a date.
fn date(response: &HttpResponse, name: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(response.header(name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://dts.cn-hangzhou.aliyuncs.com/";

    fn response(status: u16, body: &str) -> HttpResponse {
        HttpResponse {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    fn judge(safety: Safety, result: Result<HttpResponse, TransportError>) -> Result<Reply, Failed> {
        judge_by(safety, &AtomicBool::new(false), result)
    }

    fn judge_by(
        safety: Safety,
        heard: &AtomicBool,
        result: Result<HttpResponse, TransportError>,
    ) -> Result<Reply, Failed> {
        let scrubber = Scrubber::new([]);
        Attempt {
            action: "CreateDtsInstance",
            safety,
            scrubber: &scrubber,
            origin: "a test",
            url: URL,
            heard,
            now: Timestamp::UNIX_EPOCH,
        }
        .judge(result)
    }

    fn fails(safety: Safety, status: u16, body: &str) -> Failed {
        judge(safety, Ok(response(status, body))).expect_err(body)
    }

    /// What a purchase (`Once`) and a read come to: failure, kind, whether the outcome is unknown.
    #[track_caller]
    fn check(status: u16, body: &str, once: (Failure, Kind, bool), read: (Failure, Kind)) {
        let failed = fails(Safety::Once, status, body);
        let found = (
            failed.failure,
            failed.error.kind(),
            failed.error.is_outcome_unknown(),
        );
        assert_eq!(found, once, "{status} {body}");
        assert_eq!(failed.error.http_status(), Some(status));
        let failed = fails(Safety::Read, status, body);
        assert_eq!((failed.failure, failed.error.kind()), read, "{status} {body}");
        assert!(!failed.error.is_outcome_unknown(), "a read has no effect");
    }

    /// A refusal that is certain and final.
    #[track_caller]
    fn refused(status: u16, body: &str, kind: Kind) {
        check(
            status,
            body,
            (Failure::Final, kind, false),
            (Failure::Final, kind),
        );
    }

    /// An answer that says nothing about the effect.
    #[track_caller]
    fn uncertain(status: u16, body: &str) {
        check(
            status,
            body,
            (Failure::NoAnswer, Kind::OutcomeUnknown, true),
            (Failure::NoAnswer, Kind::Unavailable),
        );
    }

    #[track_caller]
    fn throttled(status: u16, body: &str) {
        let failure = Failure::Throttled(None);
        check(
            status,
            body,
            (failure, Kind::Throttled, false),
            (failure, Kind::Throttled),
        );
    }

    #[test]
    fn success_has_many_spellings() {
        for body in [
            r#"{"RequestId":"1","Success":true}"#,
            r#"{"RequestId":"1","Success":"true"}"#,
            r#"{"RequestId":"1","Success":"True","ErrCode":""}"#,
            r#"{"RequestId":"1","Success":true,"Code":"01","HttpStatusCode":200}"#,
            r#"{"RequestId":"1","Success":true,"Code":200,"HttpStatusCode":"200"}"#,
            r#"{"RequestId":"1","Code":"01","State":"Finished"}"#,
            r#"{"RequestId":"1","Code":"200","Message":"ok"}"#,
            r#"{"RequestId":"1","Parameters":[]}"#,
        ] {
            let reply = judge(Safety::Once, Ok(response(200, body))).expect(body);
            assert_eq!(reply.request_id().as_deref(), Some("1"));
        }
    }

    #[test]
    fn http_200_may_be_a_failure() {
        for body in [
            r#"{"RequestId":"1","Success":false,"ErrCode":"InvalidParameter","ErrMessage":"x"}"#,
            r#"{"RequestId":"1","Success":"false","ErrCode":"InvalidParameter"}"#,
            r#"{"RequestId":"1","ErrCode":"InvalidParameter"}"#,
            r#"{"RequestId":"1","Code":"InvalidParameter","Message":"x"}"#,
            r#"{"RequestId":"1","Success":false}"#,
            r#"{"RequestId":"1","HttpStatusCode":"403"}"#,
        ] {
            refused(200, body, Kind::Api);
        }
    }

    #[test]
    fn codes_decide_the_kind() {
        let body = |code: &str| format!(r#"{{"RequestId":"1","Code":"{code}","Message":"m"}}"#);
        refused(403, &body("LXBuyError"), Kind::Api);
        refused(403, &body("Forbidden.RAM"), Kind::Api);
        refused(400, &body("InvalidTimeStamp.Expired"), Kind::Api);
        for code in [
            "InvalidAccessKeyId.NotFound",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "InvalidSecurityToken.MismatchWithAccessKey",
        ] {
            refused(403, &body(code), Kind::Credentials);
        }
        check(
            403,
            &body("InvalidSecurityToken.Expired"),
            (Failure::Expired, Kind::Credentials, false),
            (Failure::Expired, Kind::Credentials),
        );
        for code in [
            "Throttling",
            "Throttling.User",
            "Rejected.Throttling",
            "DTS.Msg.Throttling.Api",
        ] {
            throttled(400, &body(code));
            throttled(503, &body(code));
        }
        throttled(
            200,
            r#"{"RequestId":"1","Success":false,"ErrCode":"Throttling.User"}"#,
        );
        // Of a gateway in front of what was DTS before; of a stranger it is another thing.
        let heard = AtomicBool::new(true);
        let failed = judge_by(Safety::Once, &heard, Ok(response(429, "slow down"))).unwrap_err();
        assert_eq!(
            (failed.failure, failed.error.kind()),
            (Failure::Throttled(None), Kind::Throttled)
        );
        let stranger = Failure::StrangerThrottled(None);
        check(
            429,
            "slow down",
            (stranger, Kind::NotDts, false),
            (stranger, Kind::NotDts),
        );
        for code in [
            "InternalError",
            "ServiceUnavailable",
            "SQLExecuteError",
            "DTS.Msg.InternalError",
        ] {
            uncertain(400, &body(code));
        }
        uncertain(500, &body("AnyOther"));
        uncertain(
            200,
            r#"{"RequestId":"1","Success":false,"ErrCode":"InternalError"}"#,
        );
        uncertain(200, r#"{"RequestId":"1","Success":false,"HttpStatusCode":500}"#);
        check(
            400,
            &body("SignatureNonceUsed"),
            (Failure::NonceUsed, Kind::OutcomeUnknown, true),
            (Failure::NonceUsed, Kind::Api),
        );
    }

    #[test]
    fn broken_answers_may_hide_an_effect() {
        uncertain(200, r#"{"RequestId":"1","Succ"#);
    }

    #[test]
    fn an_error_without_a_reply_of_dts_may_be_of_a_gateway_or_of_anything() {
        let mut answers = vec![(200, ""), (200, " \n"), (500, ""), (503, r#"{"hello":"world"}"#)];
        answers.extend([408, 500, 502, 503, 504].map(|status| (status, "<html>proxy</html>")));
        for (status, body) in answers {
            check(
                status,
                body,
                (Failure::Stranger, Kind::OutcomeUnknown, true),
                (Failure::Stranger, Kind::NotDts),
            );
            // Where DTS has answered before, it is DTS that is disturbed, most likely.
            for (safety, kind) in [
                (Safety::Read, Kind::Unavailable),
                (Safety::Once, Kind::OutcomeUnknown),
            ] {
                let heard = AtomicBool::new(false);
                judge_by(
                    safety,
                    &heard,
                    Ok(response(400, r#"{"RequestId":"1","Code":"X"}"#)),
                )
                .unwrap_err();
                let failed = judge_by(safety, &heard, Ok(response(status, body))).unwrap_err();
                assert_eq!((failed.failure, failed.error.kind()), (Failure::NoAnswer, kind));
                let advice = failed.error.advice().unwrap();
                assert!(failed.error.message().contains(URL), "{}", failed.error);
                assert!(
                    advice.contains("check endpoint") && advice.contains("disturbed"),
                    "{advice}"
                );
            }
        }
    }

    #[test]
    fn a_redirect_tells_where_to() {
        let mut moved = response(302, "");
        moved.headers = vec![("location".to_owned(), "https://login.example.com/".to_owned())];
        let error = judge(Safety::Read, Ok(moved)).unwrap_err().error;
        assert_eq!(error.kind(), Kind::NotDts);
        assert!(
            error
                .message()
                .contains("a redirect to https://login.example.com/"),
            "{error}"
        );
    }

    #[test]
    fn what_is_not_dts_is_named() {
        let swallowed = (
            (Failure::Final, Kind::NotDts, true),
            (Failure::Final, Kind::NotDts),
        );
        for body in [
            "<html>log in</html>",
            "[1]",
            "hello",
            r#"{"hello":"world"}"#,
            "{]",
        ] {
            check(200, body, swallowed.0, swallowed.1);
        }
        for status in [301, 302, 400, 404, 407] {
            refused(status, "<html>no</html>", Kind::NotDts);
        }
        let error = fails(Safety::Read, 404, "<html>no</html>").error;
        assert!(error.to_string().contains(URL), "{error}");
        assert!(error.advice().is_some_and(|advice| advice.contains("endpoint")));
    }

    #[test]
    fn a_request_that_was_not_sent_is_told_from_one_that_may_have_been() {
        let lost = |sent| {
            Err(TransportError {
                advice: None,
                sent,
                message: "connection reset".into(),
            })
        };
        for safety in [Safety::Read, Safety::Repeatable, Safety::Once] {
            let failed = judge(safety, lost(Sent::No)).unwrap_err();
            assert_eq!(
                (failed.failure, failed.error.kind()),
                (Failure::NotSent, Kind::Unreachable)
            );
            assert!(!failed.error.is_outcome_unknown());
            let failed = judge(safety, lost(Sent::Maybe)).unwrap_err();
            assert_eq!(failed.failure, Failure::NoAnswer);
            assert_eq!(failed.error.is_outcome_unknown(), safety != Safety::Read);
        }
    }

    #[test]
    fn the_text_is_for_a_person() {
        let body = r#"{"RequestId":"7E1","HostId":"dts.aliyuncs.com","Code":"LXBuyError","Message":"Buy instance error.ARREARAGE"}"#;
        let error = fails(Safety::Once, 403, body).error;
        assert_eq!(
            error.to_string(),
            "CreateDtsInstance: Buy instance error.ARREARAGE (code LXBuyError, HTTP 403, RequestId 7E1)"
        );
        assert_eq!(
            (error.code(), error.request_id()),
            (Some("LXBuyError"), Some("7E1"))
        );
        assert!(error.advice().is_some());
    }

    #[test]
    fn the_dynamic_message_fills_the_gap() {
        let text = |body| fails(Safety::Read, 200, body).error.message().to_owned();
        let body = r#"{"Success":false,"ErrCode":"DTS.Msg.InvalidJobId","ErrMessage":"The job %s is not exists.","DynamicMessage":"abc"}"#;
        assert_eq!(text(body), "The job abc is not exists.");
        assert!(fails(Safety::Read, 200, body).error.is_not_found());
        assert_eq!(text(r#"{"Success":false,"DynamicMessage":"abc"}"#), "abc");
        assert_eq!(text(r#"{"Success":false,"ErrMessage":"no %s"}"#), "no %s");
        assert_eq!(text(r#"{"Success":false}"#), "no reason given");
    }

    #[test]
    fn the_server_says_how_long_to_wait() {
        let after = |headers: &[(&str, &str)]| {
            let headers = headers
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect();
            let body = br#"{"Code":"Throttling"}"#.to_vec();
            let failed = judge(
                Safety::Read,
                Ok(HttpResponse {
                    status: 400,
                    headers,
                    body,
                }),
            )
            .unwrap_err();
            failed.failure
        };
        let throttled = |millis| Failure::Throttled(Some(Duration::from_millis(millis)));
        assert_eq!(
            after(&[("x-acs-retry-after", "1500"), ("retry-after", "9")]),
            throttled(1500)
        );
        assert_eq!(after(&[("retry-after", "9")]), throttled(9000));
        // The clock of this machine is at the beginning of 1970.
        let date = |text| ("retry-after", text);
        assert_eq!(after(&[date("Thu, 01 Jan 1970 00:00:42 GMT")]), throttled(42_000));
        assert_eq!(after(&[date("Wed, 31 Dec 1969 23:00:00 GMT")]), throttled(0));
        let told = ("date", "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(
            after(&[date("Thu, 01 Jan 2026 00:00:07 GMT"), told]),
            throttled(7000)
        );
        for (header, most) in [
            ("x-acs-retry-after", Duration::from_millis(u64::MAX)),
            ("retry-after", Duration::from_secs(u64::MAX)),
        ] {
            for number in ["18446744073709551615", "99999999999999999999999"] {
                assert_eq!(
                    after(&[(header, number)]),
                    Failure::Throttled(Some(most)),
                    "{number}"
                );
            }
            for nonsense in ["-1", "soon", "", "1.5"] {
                assert_eq!(
                    after(&[(header, nonsense)]),
                    Failure::Throttled(None),
                    "{nonsense}"
                );
            }
        }
        assert_eq!(after(&[]), Failure::Throttled(None));
    }

    #[test]
    fn a_request_that_was_refused_for_its_time_tells_how_far_the_clock_is_off() {
        for (code, date, expected) in [
            (
                "InvalidTimeStamp.Expired",
                "Thu, 01 Jan 1970 00:20:10 GMT",
                "m This machine's clock is 20 minutes behind the server's.",
            ),
            (
                "InvalidTimeStamp.Expired",
                "Wed, 31 Dec 1969 22:00:00 GMT",
                "m This machine's clock is 120 minutes ahead of the server's.",
            ),
            ("InvalidTimeStamp.Expired", "Thu, 01 Jan 1970 00:00:10 GMT", "m"),
            ("InvalidTimeStamp.Format", "yesterday", "m"),
            ("LXBuyError", "Thu, 01 Jan 1970 00:20:10 GMT", "m"),
        ] {
            let body = format!(r#"{{"RequestId":"1","Code":"{code}","Message":"m"}}"#);
            let mut answer = response(400, &body);
            answer.headers = vec![("date".to_owned(), date.to_owned())];
            let error = judge(Safety::Read, Ok(answer)).unwrap_err().error;
            assert_eq!(error.message(), expected, "{date}");
        }
    }
}
