//! Another password for one end of a job, and what to say where DTS does not take it.

use super::apply::Run;
use crate::dts::endpoint::{self, Side};
use crate::dts::password::{Refused, Rotation};
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
        let user = planned
            .object(side.block())
            .and_then(|endpoint| endpoint.str("user_name"));
        let rotation = Rotation {
            api: &self.api,
            job: self.job(),
            side,
            user,
            password: &password,
        };
        let set = rotation
            .set(&mut self.apply.private, &mut self.apply.warnings)
            .await;
        if set.as_ref().is_err_and(Refused::is_noted) {
            self.record();
        }
        set.map_err(|refused| {
            let given_by = endpoint::password_given_by(side, config);
            let before = self.apply.prior.object(side.block());
            let version = before.and_then(|before| before.i64("password_wo_version"));
            let told = refused.told(&what, given_by, version, &self.id);
            Diagnostics::from(told.at(at.then(given_by)))
        })?;
        let mut endpoint = self.reached.object(side.block()).cloned().unwrap_or_default();
        for name in ["user_name", "password", "password_wo_version"] {
            let value = planned
                .object(side.block())
                .map_or(Value::Null, |planned| planned.get(name).clone());
            endpoint.set(name, value);
        }
        self.reached.set(side.block(), endpoint);
        Ok(())
    }
}
