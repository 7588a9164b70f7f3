//! From an error of the DTS client to what Terraform shows.

use crate::api;
use crate::framework::{Diagnostic, Diagnostics};

/// Nothing was made, for what is there already could not be read.
pub(super) fn unseen(what: &str, cause: &api::Error) -> Diagnostic {
    let mut unseen = unable(what, cause);
    unseen.detail.push_str(
        "\n\nNothing was made: what is there already could not be read, and without that a call whose answer is lost could not be found \
         again. Apply again once DTS can be read.",
    );
    unseen
}

/// What was made by a second call, for the first one's answer was lost and DTS showed nothing that it made.
pub(super) fn made_again(what: &str, look_for: &str, lost: &api::Error) -> Diagnostic {
    Diagnostic::warning(
        format!("{what} was asked for a second time"),
        format!(
            "{lost}\n\nThe answer to the first call was lost. DTS was looked at for a while and showed nothing that it made, so the call was \
             made again, and {what} is what that one made. Most likely it is the only one. Look into the DTS console: where there is \
             {look_for}, made a moment before, the first call took effect late; remove it."
        ),
    )
}

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
