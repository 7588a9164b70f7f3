//! `ModifyDtsJobPassword`, and finding out what became of a call whose answer was lost.

use secrecy::SecretString;

use super::apply::Run;
use crate::api;
use crate::dts::endpoint::{self, Side};
use crate::dts::error;
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Value};

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
        self.set_password(side, planned, &password)
            .await
            .map_err(|cause| {
                let mut refused = error::unable(&what, &cause);
                if cause.kind() == api::Kind::Api && is_about_the_password(&cause) {
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

    /// DTS takes no password that it has already (dts-api.md 2.5), and no documented code tells that from another refusal.
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
            "DTS refuses a password that is the present one. If it is that, {back}. Otherwise write one that DTS takes."
        )
    }

    /// A lost answer is cleared up by a second call: DTS takes no password that it has already (dts-api.md 2.5).
    async fn set_password(
        &mut self,
        side: Side,
        planned: &Object,
        password: &SecretString,
    ) -> Result<(), api::Error> {
        let user = planned
            .object(side.block())
            .and_then(|endpoint| endpoint.str("user_name"));
        let job = self.job();
        let set = || self.api.modify_dts_job_password(&job, side.api(), user, password);
        let lost = match set().await {
            Err(lost) if lost.is_outcome_unknown() => lost,
            known => return known,
        };
        match set().await {
            Err(refused) if refused.kind() == api::Kind::Api && is_about_the_password(&refused) => {
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

fn is_about_the_password(refused: &api::Error) -> bool {
    let says = |text: &str| text.to_ascii_lowercase().contains("password");
    refused.code().is_some_and(says) || says(refused.message())
}
