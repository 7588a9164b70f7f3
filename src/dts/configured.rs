//! What comes of configuring a job or a subscription: without ids in the request it makes one, and never two.

use async_trait::async_trait;

use super::error;
use super::lookup::{self, Candidate, Once, Outcome};
use super::provider::Client;
use crate::api;
use crate::framework::{Diagnostic, Diagnostics, Path};

/// The ids that a request to configure names.
pub(super) struct On<'a> {
    pub(super) job: Option<&'a str>,
    pub(super) instance: Option<&'a str>,
}

/// A request to configure, and what only its kind can tell of it.
#[async_trait]
pub(super) trait Configuring: Once<Made = api::ConfiguredJob> + Sync {
    /// As in `DTS job`.
    const THING: &'static str;

    /// By what, beside the name, one that is there is taken for it.
    const ALIKE: &'static str;

    fn name(&self) -> &str;

    fn on(&self) -> On<'_>;

    /// Another resource has what is on the instance.
    fn two_on(instance: &str) -> Diagnostic;

    /// Why DTS refused it, where more is known than DTS says; `refused` is what it says.
    async fn explain(
        &self,
        client: &Client,
        cause: &api::Error,
        refused: Diagnostic,
    ) -> Result<Diagnostic, Diagnostics>;
}

/// Configures it.
pub(super) async fn configure<C: Configuring>(
    client: &Client,
    api: &api::Client,
    request: &C,
    warnings: &mut Diagnostics,
) -> Result<api::ConfiguredJob, Diagnostics> {
    let (thing, name, on) = (C::THING, request.name(), request.on());
    let what = format!("configure DTS {thing} {name:?}");
    let problem = match lookup::once(client, api, request).await? {
        Outcome::Made {
            made: job,
            new,
            again,
        } => {
            // With an id it is the same one in any case.
            if let Some(lost) = again.filter(|_| on.job.is_none() && on.instance.is_none()) {
                warnings.push(error::made_again(
                    &format!("DTS {thing} {}", job.dts_job_id),
                    &format!("one of the name {name:?} that nobody knows"),
                    &lost,
                ));
            }
            return match (on.job, on.instance) {
                (None, Some(instance)) if !new => Err(C::two_on(instance).into()),
                _ => Ok(job),
            };
        }
        Outcome::Found(Candidate { made: only, .. }, lost) => {
            warnings.push(Diagnostic::warning(
                format!(
                    "DTS {thing} {} was configured by a call whose answer was lost",
                    only.dts_job_id
                ),
                format!("{lost}\n\nIt was looked up and taken into the state; none was made twice."),
            ));
            return Ok(only);
        }
        // Never asked for.
        Outcome::Taken(job) => return Ok(job.made),
        Outcome::LeftOver(left) => left_over::<C>(name, &left),
        Outcome::Refused(cause) => {
            request
                .explain(client, &cause, error::unable(&what, &cause))
                .await?
        }
        Outcome::Unseen(cause) => error::unseen(&what, &cause),
        Outcome::Nothing(cause) => error::unable(&what, &cause),
        Outcome::Several(several, lost) => {
            let ids: Vec<&str> = several.iter().map(|job| job.dts_job_id.as_str()).collect();
            Diagnostic::error(
                format!("Unable to tell which DTS {thing} {name:?} was made"),
                format!(
                    "{lost}\n\nThese {thing}s of that name appeared since and belong to nobody here: {}. Import the one that is yours, or \
                     delete them, then apply again.",
                    ids.join(", ")
                ),
            )
        }
        Outcome::Blind(lost, cause) => {
            let mut problems = Diagnostics::from(error::unable(&what, &lost));
            problems.push(error::unable(
                &format!("look up whether the {thing} was configured"),
                &cause,
            ));
            return Err(problems);
        }
    };
    Err(problem.into())
}

/// One is there that may be what is to be made.
fn left_over<C: Configuring>(name: &str, left: &[Candidate<api::ConfiguredJob>]) -> Diagnostic {
    let ids: Vec<&str> = left.iter().map(|one| one.made.dts_job_id.as_str()).collect();
    let ids = ids.join(", ");
    Diagnostic::error(
        format!(
            "Unable to tell whether DTS {} {name:?} was configured before: {ids}",
            C::THING
        ),
        format!(
            "DTS has {ids} of this name, with the same {}, without an instance, younger than an hour: most likely configured by an apply that \
             was cut off. None was made now.\n\nImport it (`terraform import <address> <id>`), or delete it in the DTS console, and apply \
             again. If another resource has it, give this one another name.",
            C::ALIKE
        ),
    )
    .at(Path::attribute("dts_job_name"))
}
