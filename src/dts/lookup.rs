//! Making once what has no idempotency token. A call whose outcome is unknown (answer lost, timeout, 5xx) is looked up before
//! anything else happens: what it made is found, or it is made again after DTS had time to show it. And before it is made at all,
//! what an apply that was cut off has left is not made a second time.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::provider::Client;
use crate::api;
use crate::framework::Diagnostics;

/// How often the call is made when it certainly did not happen before.
const ATTEMPTS: usize = 2;

/// What is younger may have been left by an apply that was cut off. Later than that somebody has looked.
const YOUNG: SignedDuration = SignedDuration::from_hours(1);

/// Something that DTS shows, and that a call could be taken to have made.
#[derive(Clone, Debug)]
pub(super) struct Candidate<T> {
    pub(super) made: T,
    /// By DTS's clock; none when DTS does not say.
    pub(super) created: Option<Timestamp>,
    /// Whether it is in everything that DTS should tell as the call would make it.
    pub(super) alike: bool,
}

/// What to do about something that is there before the call, made lately and had by nobody known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftOver {
    /// Make nothing, and tell.
    Stop,
    /// Take it, if it is only one.
    Take,
    /// Make another one.
    Ignore,
}

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
    async fn candidates(&self, api: &api::Client) -> Result<Vec<Candidate<Self::Made>>, api::Error>;

    /// Whether [`Once::candidates`] looks for one certain thing. Otherwise what was there before the call, and what a resource
    /// of this process has, is none that it made.
    fn is_certain(&self) -> bool;

    /// The same text for calls that make what cannot be told apart by what DTS shows.
    fn likeness(&self) -> String;

    /// The same text for calls that make the same, so that which of them made what does not matter.
    fn whole(&self) -> String {
        self.likeness()
    }

    /// What to do about what is there already, unless it is certain.
    fn left_over(&self) -> LeftOver;

    /// The id by which it is claimed.
    fn id(made: &Self::Made) -> &str;
}

/// What came of it. What was made, or found, is claimed.
pub(super) enum Outcome<T> {
    /// The call answered; and whether no resource of this process had it before.
    Made(T, bool),
    /// The call's answer was lost, and this is what it made.
    Found(T, api::Error),
    /// It was there already, and was taken.
    Taken(T),
    /// Nothing was made, for these may be it.
    LeftOver(Vec<Candidate<T>>),
    /// Certainly nothing was made.
    Refused(api::Error),
    /// Nothing was made, for what is there could not be read: what a lost call made could not be told from it.
    Unseen(api::Error),
    /// The answer was lost, and DTS does not show anything.
    Nothing(api::Error),
    /// The answer was lost, and any of these may be it.
    Several(Vec<T>, api::Error),
    /// The answer was lost, and it could not be looked up, for this reason.
    Blind(api::Error, api::Error),
}

/// Makes it exactly once, or says why that is not known.
pub(super) async fn once<O: Once>(
    client: &Client,
    api: &api::Client,
    order: &O,
) -> Result<Outcome<O::Made>, Diagnostics> {
    // Looking up must not be cut short by Stop: it is how what was made gets into the state.
    let looker = client.api(&CancellationToken::new())?;
    let likeness = order.likeness();
    let _turn = match order.is_certain() {
        true => None,
        false => Some(
            client
                .siblings
                .turn(&format!("{} {likeness}", api.region()), api)
                .await,
        ),
    };
    let Before { ids: before, left } = match known_before(client, &looker, order).await {
        Ok(before) => before,
        Err(cause) => return Ok(Outcome::Unseen(cause)),
    };
    let left = match abandoned(client, api, order, left).await {
        Ok(left) => left,
        Err(cause) => return Ok(Outcome::Unseen(cause)),
    };
    match left.as_slice() {
        [] => {}
        // Unless another resource has taken it meanwhile.
        [only] if order.left_over() == LeftOver::Take => {
            if client.claim(O::id(&only.made)) {
                return Ok(Outcome::Taken(only.made.clone()));
            }
        }
        _ => return Ok(Outcome::LeftOver(left)),
    }
    let mut attempt = 1;
    loop {
        let open = client.purchases.read().await;
        client.open(&likeness, order.whole());
        let lost = match order.make(api).await {
            Ok(made) => {
                let new = client.claim(O::id(&made));
                client.close(&likeness, &order.whole());
                return Ok(Outcome::Made(made, new));
            }
            Err(cause) if cause.is_outcome_unknown() => cause,
            Err(cause) => {
                client.close(&likeness, &order.whole());
                return Ok(Outcome::Refused(cause));
            }
        };
        drop(open);
        // Alone: all else that this process made is claimed by then, so what is unclaimed is ours.
        let _alone = client.purchases.write().await;
        let found = match look_up(client, &looker, order, &before).await {
            Ok(found) => found,
            Err(cause) => return Ok(Outcome::Blind(lost, cause)),
        };
        match found.as_slice() {
            [] => {
                client.close(&likeness, &order.whole());
                if attempt == ATTEMPTS {
                    return Ok(Outcome::Nothing(lost));
                }
                attempt += 1;
            }
            // Nothing is under way now but what was lost. Where all that asked for the same, and as many or more than is found, all
            // of it is of this process, and which is whose does not matter.
            [mine, ..]
                if found.iter().all(|one| one.alike)
                    && client.lost(&likeness).is_some_and(|lost| found.len() <= lost) =>
            {
                client.close(&likeness, &order.whole());
                client.claim(O::id(&mine.made));
                return Ok(Outcome::Found(mine.made.clone(), lost));
            }
            _ => {
                let found = found.into_iter().map(|one| one.made).collect();
                return Ok(Outcome::Several(found, lost));
            }
        }
    }
}

/// What is there before the call, as far as it could be taken for what the call makes.
struct Before<T> {
    ids: BTreeSet<String>,
    /// What was there before this process made anything of the kind, and may have been left by another.
    left: Vec<Candidate<T>>,
}

async fn known_before<O: Once>(
    client: &Client,
    api: &api::Client,
    order: &O,
) -> Result<Before<O::Made>, api::Error> {
    if order.is_certain() {
        let (ids, left) = (BTreeSet::new(), Vec::new());
        return Ok(Before { ids, left });
    }
    let ids = |found: &[Candidate<O::Made>]| -> BTreeSet<String> {
        found.iter().map(|one| O::id(&one.made).to_owned()).collect()
    };
    let likeness = order.likeness();
    let present = client.present(&likeness);
    let mut siblings = client.count_open(&likeness) > 0;
    let mut looked = None;
    // Whoever comes first looks before anything of the kind is made here: what comes later may be a sibling's.
    let first = present
        .get_or_try_init(|| async {
            let found = order.candidates(api).await?;
            let there = ids(&found);
            looked = Some(found);
            Ok(there)
        })
        .await?;
    let mut found = match looked {
        Some(found) => found,
        None => order.candidates(api).await?,
    };
    siblings |= client.count_open(&likeness) > 0;
    let mut before = ids(&found);
    if siblings {
        // What came since may be theirs; if their answer is lost too, whoever looks first takes any, and leaves the other one this.
        before.retain(|id| first.contains(id));
    }
    if order.left_over() == LeftOver::Ignore {
        found.clear();
    }
    let now = api.clock().now();
    found.retain(|one| one.alike && first.contains(O::id(&one.made)) && is_young(one.created, now));
    Ok(Before {
        ids: before,
        left: found,
    })
}

/// What DTS does not tell cannot speak against it.
fn is_young(created: Option<Timestamp>, now: Timestamp) -> bool {
    created.is_none_or(|created| now.duration_since(created) < YOUNG)
}

/// Those that nobody has, and that nobody goes on with while DTS is looked at for a moment: who has just bought one mostly
/// configures it at once.
async fn abandoned<O: Once>(
    client: &Client,
    api: &api::Client,
    order: &O,
    mut left: Vec<Candidate<O::Made>>,
) -> Result<Vec<Candidate<O::Made>>, api::Error> {
    for wait in O::LOOKS {
        left.retain(|one| !client.is_had(O::id(&one.made)));
        if left.is_empty() {
            break;
        }
        if wait.is_zero() {
            continue;
        }
        tokio::select! {
            () = api.cancelled() => {}
            () = api.clock().sleep(*wait) => {}
        }
        let still = order.candidates(api).await?;
        left.retain(|one| still.iter().any(|other| O::id(&other.made) == O::id(&one.made)));
    }
    left.retain(|one| !client.is_had(O::id(&one.made)));
    Ok(left)
}

async fn look_up<O: Once>(
    client: &Client,
    api: &api::Client,
    order: &O,
    before: &BTreeSet<String>,
) -> Result<Vec<Candidate<O::Made>>, api::Error> {
    for wait in O::LOOKS {
        api.clock().sleep(*wait).await;
        let mut found = order.candidates(api).await?;
        if !order.is_certain() {
            let is_new = |id: &str| !before.contains(id) && !client.is_had(id);
            found.retain(|one| is_new(O::id(&one.made)));
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_hour_old_is_nobody_s_left_over() {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        for (created, expected) in [
            (Some("2026-01-01T11:59:00Z"), true),
            (Some("2026-01-01T11:00:01Z"), true),
            (Some("2026-01-01T11:00:00Z"), false),
            (Some("2021-01-01T11:00:00Z"), false),
            // The two clocks differ.
            (Some("2026-01-01T12:05:00Z"), true),
            (None, true),
        ] {
            let created = created.map(|time| time.parse().unwrap());
            assert_eq!(is_young(created, now), expected, "{created:?}");
        }
    }
}
