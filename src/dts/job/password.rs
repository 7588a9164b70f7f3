//! `ModifyDtsJobPassword`, and finding out what became of a call whose answer was lost, or nobody was left to hear.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use secrecy::{ExposeSecret as _, SecretString};

use super::apply::Run;
use crate::api;
use crate::dts::endpoint::{self, Side};
use crate::dts::error;
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Value};

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

impl Run<'_> {
    /// Changes the password of one end to what is configured.
    pub(super) async fn rotate(
        &mut self,
        side: Side,
        planned: &Object,
        config: &Object,
    ) -> Result<(), Diagnostics> {
        let what = format!("change the password in {} of DTS job {}", side.block(), self.id);
        let at = Path::attribute(side.block());
        let Some(password) = endpoint::password(side, config) else {
            return Err(Diagnostic::error(
                format!("Unable to {what}"),
                "The configuration gives no password.",
            )
            .at(at.then("password"))
            .into());
        };
        let known = self.apply.private.remove(&tried(side));
        let again = known.is_some_and(|known| known.as_u64() == Some(mark(&password)));
        let set = self.set_password(side, planned, &password, again).await;
        if let Err(cause) = &set
            && (cause.is_outcome_unknown() || is_the_present_one(cause))
        {
            self.apply.private.set(&tried(side), mark(&password));
            self.record();
        }
        set.map_err(|cause| {
            let mut refused = error::unable(&what, &cause);
            if is_the_present_one(&cause) {
                refused.detail.push_str("\n\n");
                refused
                    .detail
                    .push_str(&self.if_it_is_the_present_one(side, config));
            }
            Diagnostics::from(refused.at(at.then(given_by(side, config))))
        })?;
        let mut endpoint = self.reached.object(side.block()).cloned().unwrap_or_default();
        for name in ["password", "password_wo_version"] {
            let value = planned
                .object(side.block())
                .map_or(Value::Null, |planned| planned.get(name).clone());
            endpoint.set(name, value);
        }
        self.reached.set(side.block(), endpoint);
        Ok(())
    }

    /// DTS takes no password that it has already (dts-api.md 2.5), say by an apply that was cut off, and no documented code tells
    /// that from another refusal.
    fn if_it_is_the_present_one(&self, side: Side, config: &Object) -> String {
        let before = self.apply.prior.object(side.block());
        let version = before.and_then(|before| before.i64("password_wo_version"));
        let back = match (given_by(side, config), version) {
            ("password_wo", Some(version)) => {
                format!("set `password_wo_version` back to {version}, and raise it with the next new one")
            }
            ("password_wo", None) => {
                "remove `password_wo_version`, and add it together with the next new one".to_owned()
            }
            // Neither the old nor the new configuration need say what DTS has: only an import takes it as it is.
            _ => format!(
                "there is nothing to set, and the job only has to be told apart from one with another password: `terraform state rm` and then \
                 `terraform import` of {} take over what is configured, without a call",
                self.id
            ),
        };
        format!(
            "DTS refuses a password that is the present one. If it is that, apply again, and it is taken as set; or {back}. Otherwise write \
             one that DTS takes."
        )
    }

    /// A lost answer is cleared up by a second call: DTS takes no password that it has already (dts-api.md 2.5).
    async fn set_password(
        &mut self,
        side: Side,
        planned: &Object,
        password: &SecretString,
        again: bool,
    ) -> Result<(), api::Error> {
        let user = planned
            .object(side.block())
            .and_then(|endpoint| endpoint.str("user_name"));
        let job = self.job();
        let set = || self.api.modify_dts_job_password(&job, side.api(), user, password);
        let lost = match set().await {
            Err(lost) if lost.is_outcome_unknown() => lost,
            Err(refused) if again && is_the_present_one(&refused) => {
                self.apply.warnings.push(Diagnostic::warning(
                    format!("The password in {} of DTS job {} is taken as set", side.block(), self.id),
                    format!(
                        "DTS refused it before, as it does the one that it has, and it was applied again: {refused}"
                    ),
                ));
                return Ok(());
            }
            known => return known,
        };
        match set().await {
            Err(refused) if is_the_present_one(&refused) => {
                self.apply.warnings.push(Diagnostic::warning(
                    format!(
                        "The password in {} of DTS job {} was set by a call whose answer was lost",
                        side.block(),
                        self.id
                    ),
                    format!("{lost}\n\nA second call was refused, as it is for the password that is there: {refused}"),
                ));
                Ok(())
            }
            other => other,
        }
    }
}

/// The argument that the password comes from.
fn given_by(side: Side, config: &Object) -> &'static str {
    let endpoint = config.object(side.block());
    if endpoint.is_some_and(|endpoint| !endpoint.get("password_wo").is_null()) {
        "password_wo"
    } else {
        "password"
    }
}

/// No documented code tells it from another refusal.
fn is_the_present_one(refused: &api::Error) -> bool {
    let says = |text: &str| text.to_ascii_lowercase().contains("password");
    refused.kind() == api::Kind::Api && (refused.code().is_some_and(says) || says(refused.message()))
}
