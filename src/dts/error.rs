//! From an error of the DTS client to what Terraform shows.

use crate::api;
use crate::framework::{Diagnostic, Diagnostics};

/// `Unable to <what>`, with the cause, its code and RequestId, and what to do next.
pub(super) fn unable(what: &str, error: &api::Error) -> Diagnostic {
    let mut detail = error.to_string();
    if let Some(advice) = error.advice() {
        detail.push_str("\n\n");
        detail.push_str(advice);
    }
    Diagnostic::error(format!("Unable to {what}"), detail)
}

/// For `map_err`: one error, `Unable to <what>`.
pub(super) fn to(what: &str) -> impl Fn(api::Error) -> Diagnostics + '_ {
    move |error| unable(what, &error).into()
}
