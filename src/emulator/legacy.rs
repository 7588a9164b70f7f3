//! Releases in the words of the older API, which the provider `alicloud` still uses: a job is named by the id of its
//! instance.

use super::{
    job,
    model::Kind,
    params::Params,
    reply::{Body, Refusal},
    state::State,
};

fn delete(state: &mut State, params: &Params, name: &str, kind: Kind) -> Result<Body, Refusal> {
    let id = params.required(name)?;
    let params = Params::of_action([
        ("DtsInstanceId".to_owned(), id.to_owned()),
        ("JobType".to_owned(), kind.name().to_owned()),
    ]);
    job::delete(state, &params)
}

/// DeleteMigrationJob.
pub(crate) fn delete_migration(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    delete(state, params, "MigrationJobId", Kind::Migration)
}

/// DeleteSynchronizationJob.
pub(crate) fn delete_synchronization(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    delete(state, params, "SynchronizationJobId", Kind::Sync)
}

/// DeleteSubscriptionInstance.
pub(crate) fn delete_subscription(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    delete(state, params, "SubscriptionInstanceId", Kind::Subscribe)
}
