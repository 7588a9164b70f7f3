//! Why a source that is there cannot serve.

use crate::api::error::{Error, Kind};

/// What went wrong with a source of keys, and what to do next. Another source is not asked then: it may be another
/// identity's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    message: String,
    advice: String,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, advice: impl Into<String>) -> Problem {
        Problem {
            message: message.into(),
            advice: advice.into(),
        }
    }

    /// With what it happened to in front.
    pub(super) fn with(self, what: &str) -> Problem {
        Problem {
            message: format!("{what}: {}", self.message),
            ..self
        }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// As the reason that there is no region.
    pub(super) fn into_region_error(self) -> Error {
        Error::new(Kind::Region, "", self.message).with_advice(Some(self.advice))
    }

    /// As the error of a call to `action`.
    pub(super) fn into_error(self, action: &str) -> Error {
        Error::new(
            Kind::NoCredentials,
            action,
            format!("no credentials: {}", self.message),
        )
        .with_advice(Some(self.advice))
    }
}

/// Names in a sentence: `a, b and c`.
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
