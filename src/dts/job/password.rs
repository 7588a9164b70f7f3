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
        let at = Path::attribute(side.block()).then("password");
        let Some(password) = endpoint::password(side, config) else {
            return Err(Diagnostic::error(
                format!("Unable to {what}"),
                "The configuration gives no password.",
            )
            .at(at)
            .into());
        };
        self.set_password(side, planned, &password)
            .await
            .map_err(|cause| Diagnostics::from(error::unable(&what, &cause).at(at)))?;
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

fn is_about_the_password(refused: &api::Error) -> bool {
    let says = |text: &str| text.to_ascii_lowercase().contains("password");
    refused.code().is_some_and(says) || says(refused.message())
}
