//! Making once what has no idempotency token. A call whose outcome is unknown (answer lost, timeout, 5xx) is looked up before
//! anything else happens: what it made is found, or it is made again after DTS had time to show it.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::provider::Client;
use crate::api;
use crate::framework::Diagnostics;

/// How often the call is made when it certainly did not happen before.
const ATTEMPTS: usize = 2;

/// A call that makes something, and how to find what it made.
#[async_trait]
pub(super) trait Once: Sync {
    /// What is made.
    type Made: Clone + Send;

    /// How long DTS has to show it: the waits between looks.
    const LOOKS: &'static [Duration];

    /// Makes it.
    async fn make(&self, api: &api::Client) -> Result<Self::Made, api::Error>;

    /// What the call could be taken to have made, by what DTS shows now.
    async fn candidates(&self, api: &api::Client) -> Result<Vec<Self::Made>, api::Error>;

    /// Whether [`Once::candidates`] looks for one certain thing. Otherwise what was there before the call, and what a resource
    /// of this process has, is none that it made.
    fn is_certain(&self) -> bool;

    /// The id by which it is claimed.
    fn id(made: &Self::Made) -> &str;
}

/// What came of it. What was made, or found, is claimed.
pub(super) enum Outcome<T> {
    /// The call answered; and whether no resource of this process had it before.
    Made(T, bool),
    /// The call's answer was lost, and this is what it made.
    Found(T, api::Error),
    /// Certainly nothing was made.
    Refused(api::Error),
    /// The answer was lost, and DTS does not show anything.
    Nothing(api::Error),
    /// The answer was lost, and any of these may be it.
    Several(Vec<T>, api::Error),
    /// The answer was lost, and it could not be looked up, for this reason: none when it is not known what was there before.
    Blind(api::Error, Option<api::Error>),
}

/// Makes it exactly once, or says why that is not known.
pub(super) async fn once<O: Once>(
    client: &Client,
    api: &api::Client,
    order: &O,
) -> Result<Outcome<O::Made>, Diagnostics> {
    // Looking up must not be cut short by Stop: it is how what was made gets into the state.
    let looker = client.api(&CancellationToken::new())?;
    let before = match known_before(&looker, order).await {
        Ok(before) => Some(before),
        // Where nobody answers as DTS does, nothing is ordered.
        Err(cause) if matches!(cause.kind(), api::Kind::NotDts | api::Kind::Unreachable) => {
            return Ok(Outcome::Refused(cause));
        }
        Err(_) => None,
    };
    let mut attempt = 1;
    loop {
        let open = client.purchases.read().await;
        let lost = match order.make(api).await {
            Ok(made) => {
                let new = client.claim(O::id(&made));
                return Ok(Outcome::Made(made, new));
            }
            Err(cause) if cause.is_outcome_unknown() => cause,
            Err(cause) => return Ok(Outcome::Refused(cause)),
        };
        drop(open);
        // Alone: all else that this process made is claimed by then, so what is unclaimed is ours.
        let _alone = client.purchases.write().await;
        let found = match look_up(client, &looker, order, before.as_ref()).await {
            Ok(found) => found,
            Err(cause) => return Ok(Outcome::Blind(lost, cause)),
        };
        match found.as_slice() {
            [] if attempt < ATTEMPTS => attempt += 1,
            [] => return Ok(Outcome::Nothing(lost)),
            [only] => {
                client.claim(O::id(only));
                return Ok(Outcome::Found(only.clone(), lost));
            }
            _ => return Ok(Outcome::Several(found, lost)),
        }
    }
}

/// What is there before the call, as far as it could be taken for what the call makes.
async fn known_before<O: Once>(api: &api::Client, order: &O) -> Result<BTreeSet<String>, api::Error> {
    if order.is_certain() {
        return Ok(BTreeSet::new());
    }
    let found = order.candidates(api).await?;
    Ok(found.iter().map(|one| O::id(one).to_owned()).collect())
}

async fn look_up<O: Once>(
    client: &Client,
    api: &api::Client,
    order: &O,
    before: Option<&BTreeSet<String>>,
) -> Result<Vec<O::Made>, Option<api::Error>> {
    let before = before.ok_or(None)?;
    for wait in O::LOOKS {
        api.clock().sleep(*wait).await;
        let mut found = order.candidates(api).await?;
        if !order.is_certain() {
            found.retain(|one| !before.contains(O::id(one)) && !client.is_claimed(O::id(one)));
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}
