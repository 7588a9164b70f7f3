//! The one error of the client.

use std::fmt;

/// What kind of failure it is. The predicates of [`Error`] say what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No source gave credentials. Nothing was sent.
    NoCredentials,
    /// DTS rejected the credentials: unknown or inactive key, wrong secret, expired token.
    Credentials,
    /// The configured endpoint is not acceptable. Nothing was sent.
    Endpoint,
    /// The configured endpoint of STS is not acceptable. Nothing was sent.
    StsEndpoint,
    /// The configured region is not a region's name. Nothing was sent.
    Region,
    /// The endpoint could not be reached. Nothing was sent.
    Unreachable,
    /// A write got no usable answer: it may have taken effect.
    OutcomeUnknown,
    /// A read got no usable answer (timeout, lost connection, 5xx), also after repeating it.
    Unavailable,
    /// Something answered that is not DTS: HTML, or JSON that is no DTS reply. Also what a read got of something that never
    /// gave a reply of DTS, 5xx and 429 included.
    NotDts,
    /// DTS refused the call for its rate, also after waiting.
    Throttled,
    /// DTS refused the call with any other code.
    Api,
    /// The caller cancelled. A write ends so only if it was not sent, or was certainly refused before.
    Cancelled,
    /// The machine failed: the operating system gave no random numbers.
    Internal,
}

/// Why a call failed. `Display` is one line for a person; [`Error::advice`] says what to do next.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    action: String,
    code: Option<String>,
    message: String,
    request_id: Option<String>,
    http_status: Option<u16>,
    advice: Option<String>,
    outcome_unknown: bool,
    attempts: u32,
}

/// Exact codes (without `DTS.Msg.`) that say the job or instance does not exist. Narrow on purpose: a wider match would
/// drop something from the state that still exists and costs money.
const NOT_FOUND: [&str; 2] = ["Forbidden.InstanceNotFound", "InvalidJobId"];

/// Codes (without `DTS.Msg.`) of a wrong state that may pass by itself.
const BUSY: [&str; 5] = [
    "InvalidJobStatus",
    "InvalidTaskStatus",
    "ModifyDenied.JobStatusNotRunning",
    "UpdateJob.OperationDenied.InitStatus",
    "CheckJobFailed.ServerUnAvailable",
];

/// DTS puts this before the codes of its own (dts-api.md 7.1).
const PREFIX: &str = "DTS.Msg.";

impl Error {
    /// An error of `kind` while calling `action`.
    pub fn new(kind: Kind, action: impl Into<String>, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            action: action.into(),
            code: None,
            message: message.into(),
            request_id: None,
            http_status: None,
            advice: None,
            outcome_unknown: kind == Kind::OutcomeUnknown,
            attempts: 1,
        }))
    }

    /// Of another kind.
    #[must_use]
    pub(super) fn with_kind(mut self, kind: Kind) -> Error {
        self.0.kind = kind;
        self
    }

    /// With the code that DTS gave.
    #[must_use]
    pub fn with_code(mut self, code: Option<String>) -> Error {
        self.0.code = code;
        self
    }

    /// With the request id that DTS gave.
    #[must_use]
    pub fn with_request_id(mut self, request_id: Option<String>) -> Error {
        self.0.request_id = request_id;
        self
    }

    /// With the HTTP status of the answer.
    #[must_use]
    pub fn with_http_status(mut self, status: u16) -> Error {
        self.0.http_status = Some(status);
        self
    }

    /// With what to do next.
    #[must_use]
    pub fn with_advice(mut self, advice: Option<String>) -> Error {
        self.0.advice = advice;
        self
    }

    /// Says whether the request may have taken effect.
    #[must_use]
    pub fn with_outcome_unknown(mut self, unknown: bool) -> Error {
        self.0.outcome_unknown = unknown;
        self
    }

    /// With the number of attempts that were made.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Error {
        self.0.attempts = attempts;
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The action that was called, such as `CreateDtsInstance`; empty before any call.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.0.action
    }

    /// The code as DTS gave it, with its prefix if it had one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What went wrong, without code and ids.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The request id, for support tickets.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The HTTP status of the answer, if there was one.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// What to do next, if we know.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.0.advice.as_deref()
    }

    /// The job or instance does not exist: exactly `Forbidden.InstanceNotFound` or `InvalidJobId`.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.bare_code().is_some_and(|code| NOT_FOUND.contains(&code))
    }

    /// The keys' user has no permission for it, which does not pass by itself.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        !self.is_not_found()
            && self.bare_code().is_some_and(|code| {
                let mut parts = code.split('.');
                matches!(parts.next(), Some("Forbidden" | "NoPermission"))
            })
    }

    /// Refused for the rate of calls.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.0.kind == Kind::Throttled
    }

    /// The request may have taken effect, so it must not be repeated without looking first.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// The caller cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.kind == Kind::Cancelled
    }

    /// Refused for the state the job is in now, which may pass: the same call may succeed later.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.bare_code()
            .is_some_and(|code| BUSY.contains(&code) || code.starts_with("OperationDenied.JobStatus"))
    }

    /// DTS refused it with exactly this code, written with or without its prefix `DTS.Msg.`.
    #[must_use]
    pub fn is_code(&self, code: &str) -> bool {
        self.bare_code() == Some(code)
    }

    fn bare_code(&self) -> Option<&str> {
        self.code().map(bare)
    }
}

/// `code` without the prefix `DTS.Msg.`.
pub(super) fn bare(code: &str) -> &str {
    code.strip_prefix(PREFIX).unwrap_or(code)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.action.is_empty() {
            write!(f, "{}: ", self.0.action)?;
        }
        f.write_str(&self.0.message)?;
        let facts: Vec<String> = [
            self.0.code.as_ref().map(|code| format!("code {code}")),
            self.0.http_status.map(|status| format!("HTTP {status}")),
            self.0.request_id.as_ref().map(|id| format!("RequestId {id}")),
            (self.0.attempts > 1).then(|| format!("{} attempts", self.0.attempts)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if facts.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", facts.join(", "))
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("text", &self.to_string())
            .field("advice", &self.0.advice)
            .field("outcome_unknown", &self.0.outcome_unknown)
            .finish()
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(code: &str) -> Error {
        Error::new(Kind::Api, "StartDtsJob", "no").with_code(Some(code.to_owned()))
    }

    #[test]
    fn a_code_is_known_with_and_without_its_prefix() {
        assert!(api("InvalidInstanceClass").is_code("InvalidInstanceClass"));
        assert!(api("DTS.Msg.InvalidInstanceClass").is_code("InvalidInstanceClass"));
        assert!(!api("InvalidInstanceClass.Odd").is_code("InvalidInstanceClass"));
    }

    /// Whether a code means not found, and busy.
    fn check(code: &str, expected: (bool, bool)) {
        for code in [code.to_owned(), format!("DTS.Msg.{code}")] {
            let error = api(&code);
            assert_eq!((error.is_not_found(), error.is_busy()), expected, "{code}");
        }
    }

    #[test]
    fn codes_are_matched_exactly() {
        check("Forbidden.InstanceNotFound", (true, false));
        check("InvalidJobId", (true, false));
        check("InvalidJobId.Malformed", (false, false));
        check("InvalidApi.NotFound", (false, false));
        check("InvalidAccessKeyId.NotFound", (false, false));
        check("Forbidden", (false, false));
        check("InvalidJobStatus", (false, true));
        check("InvalidTaskStatus", (false, true));
        check("OperationDenied.JobStatus", (false, true));
        check("OperationDenied.JobStatusModifying", (false, true));
        check("ModifyDenied.JobStatusNotRunning", (false, true));
        check("UpdateJob.OperationDenied.InitStatus", (false, true));
        check("OperationDenied", (false, false));
    }

    #[test]
    fn a_missing_permission_is_told_from_other_refusals() {
        for (code, denied) in [
            ("Forbidden.RAM", true),
            ("Forbidden", true),
            ("NoPermission", true),
            ("NoPermission.Operator", true),
            ("Forbidden.InstanceNotFound", false),
            ("ForbiddenOddly", false),
            ("InvalidParameter", false),
        ] {
            assert_eq!(api(code).is_denied(), denied, "{code}");
        }
    }

    #[test]
    fn the_text_holds_what_is_known() {
        assert_eq!(Error::new(Kind::Region, "", "no region").to_string(), "no region");
        assert_eq!(api("X").to_string(), "StartDtsJob: no (code X)");
        let error = api("X")
            .with_http_status(400)
            .with_request_id(Some("R".into()))
            .with_attempts(3);
        assert_eq!(
            error.to_string(),
            "StartDtsJob: no (code X, HTTP 400, RequestId R, 3 attempts)"
        );
    }

    #[test]
    fn only_an_unknown_outcome_is_unknown() {
        assert!(Error::new(Kind::OutcomeUnknown, "A", "m").is_outcome_unknown());
        assert!(!Error::new(Kind::Unavailable, "A", "m").is_outcome_unknown());
        assert!(
            Error::new(Kind::NotDts, "A", "m")
                .with_outcome_unknown(true)
                .is_outcome_unknown()
        );
    }
}
