//! `ModifyDtsJobPassword`, and finding out what became of a call whose answer was lost, or nobody was left to hear.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use secrecy::{ExposeSecret as _, SecretString};

use super::endpoint::Side;
use super::error;
use crate::api;
use crate::framework::private::Private;
use crate::framework::{Diagnostic, Diagnostics};

/// A password for one end of a job.
pub(super) struct Rotation<'a> {
    pub(super) api: &'a api::Client,
    /// By its id, and by its direction where it is one of two.
    pub(super) job: api::JobRef,
    pub(super) side: Side,
    /// The account that it is of, where that is said.
    pub(super) user: Option<&'a str>,
    pub(super) password: &'a SecretString,
}

/// Why a password was not set, as far as is known.
pub(super) struct Refused {
    cause: api::Error,
    /// A call before, whose answer was lost.
    lost: Option<api::Error>,
}

impl Refused {
    /// Whether it may be the present one: the next try with the same password takes that into account, once the private state is
    /// recorded.
    pub(super) fn is_noted(&self) -> bool {
        self.lost.is_some() || self.cause.is_outcome_unknown() || is_the_present_one(&self.cause)
    }

    /// `given_by`: the argument that the password comes from. `version`: of the write-only one before.
    pub(super) fn told(&self, what: &str, given_by: &str, version: Option<i64>, job_id: &str) -> Diagnostic {
        let mut told = error::unable(what, &self.cause);
        if is_the_present_one(&self.cause) {
            told.detail.push_str("\n\n");
            told.detail
                .push_str(&if_it_is_the_present_one(given_by, version, job_id));
        } else if let Some(lost) = &self.lost {
            told.detail.push_str(&format!(
                "\n\nThe answer to a call before was lost, so that the password may be set: {lost}\n\nApply again once the cause is mended. If it \
                 is set, DTS refuses it as the present one, and it is taken as set."
            ));
        }
        told
    }
}

impl Rotation<'_> {
    /// Sets it. DTS takes no password that it has already (dts-api.md 2.5): a refusal of one that was tried before is taken for that.
    pub(super) async fn set(self, private: &mut Private, warnings: &mut Diagnostics) -> Result<(), Refused> {
        let key = tried(self.side);
        let known = private.remove(&key);
        let again = known.is_some_and(|known| known.as_u64() == Some(mark(self.password)));
        let set = self.call(again, warnings).await;
        if set.as_ref().is_err_and(Refused::is_noted) {
            private.set(&key, mark(self.password));
        }
        set
    }

    /// A lost answer is cleared up by a second call.
    async fn call(&self, again: bool, warnings: &mut Diagnostics) -> Result<(), Refused> {
        let set = || {
            self.api
                .modify_dts_job_password(&self.job, self.side.api(), self.user, self.password)
        };
        let (block, id) = (self.side.block(), self.job.job_id.as_deref().unwrap_or_default());
        let lost = match set().await {
            Err(lost) if lost.is_outcome_unknown() => lost,
            Err(refused) if again && is_the_present_one(&refused) => {
                warnings.push(Diagnostic::warning(
                    format!("The password in {block} of DTS job {id} is taken as set"),
                    format!(
                        "DTS refused it before, as it does the one that it has, and it was applied again. If it refuses it for another reason, \
                         DTS still has the old one: see in the console that the job runs with the new one. {refused}"
                    ),
                ));
                return Ok(());
            }
            known => return known.map_err(|cause| Refused { cause, lost: None }),
        };
        match set().await {
            Err(refused) if is_the_present_one(&refused) => {
                warnings.push(Diagnostic::warning(
                    format!("The password in {block} of DTS job {id} was set by a call whose answer was lost"),
                    format!("{lost}\n\nA second call was refused, as it is for the password that is there: {refused}"),
                ));
                Ok(())
            }
            other => other.map_err(|cause| Refused {
                cause,
                lost: Some(lost),
            }),
        }
    }
}

/// The private keys by which a password that DTS may have already is known again.
fn tried(side: Side) -> String {
    format!("tried_password_of_{}", side.block())
}

/// Enough to see that it is the same password again, and too little to find it out: there are 65536.
fn mark(password: &SecretString) -> u64 {
    let mut hasher = DefaultHasher::new();
    password.expose_secret().hash(&mut hasher);
    hasher.finish() & 0xffff
}

/// What a refusal speaks of that no present password can have: DTS took that one.
const OF_THE_FORM: [&str; 14] = [
    "format",
    "length",
    "long",
    "short",
    "character",
    "letter",
    "digit",
    "strength",
    "weak",
    "complex",
    "at least",
    "policy",
    "empty",
    "illegal",
];

/// No documented code tells it from another refusal, but that it is no fault of its form.
fn is_the_present_one(refused: &api::Error) -> bool {
    let texts = [refused.code().unwrap_or_default(), refused.message()].map(str::to_ascii_lowercase);
    let says = |word: &str| texts.iter().any(|text| text.contains(word));
    refused.kind() == api::Kind::Api && says("password") && !OF_THE_FORM.iter().any(|word| says(word))
}

/// What to know of a refused password: DTS refuses the one that it has already, say by an apply that was cut off, and no documented
/// code tells that from another refusal. `version`: of the write-only one before.
fn if_it_is_the_present_one(given_by: &str, version: Option<i64>, job_id: &str) -> String {
    let back = match (given_by, version) {
        ("password_wo", Some(version)) => {
            format!("set `password_wo_version` back to {version}, and raise it with the next new one")
        }
        ("password_wo", None) => {
            "remove `password_wo_version`, and add it together with the next new one".to_owned()
        }
        // Neither the old nor the new configuration need say what DTS has: only an import takes it as it is.
        _ => format!(
            "there is nothing to set, and the job only has to be told apart from one with another password: `terraform state rm` and then \
             `terraform import` of {job_id} take over what is configured, without a call"
        ),
    };
    format!(
        "DTS refuses a password that is the present one. If it is that, apply again, and it is taken as set; or {back}. Otherwise write \
         one that DTS takes."
    )
}
