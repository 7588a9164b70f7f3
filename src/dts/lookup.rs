//! Making once what has no idempotency token. A call whose outcome is unknown (answer lost, timeout, 5xx) is looked up before
//! anything else happens: what it made is found, or it is made again after DTS had time to show it. And before it is made at all,
//! what an apply that was cut off has left is not made a second time.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
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
    /// What the call asks for and DTS does not tell of it, as arguments.
    pub(super) untold: Vec<&'static str>,
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

    /// The same before the call, where also what was there before and is no more does no harm.
    async fn there(&self, api: &api::Client) -> Result<Vec<Candidate<Self::Made>>, api::Error> {
        self.candidates(api).await
    }

    /// The same candidates, each looked at more closely: done for the few that are left.
    async fn examine(
        &self,
        _api: &api::Client,
        found: Vec<Candidate<Self::Made>>,
    ) -> Result<Vec<Candidate<Self::Made>>, api::Error> {
        Ok(found)
    }

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
    /// The call answered.
    Made {
        /// What it made.
        made: T,
        /// Whether no resource of this process had it before.
        new: bool,
        /// Why it was made again: the answer of a call before was lost, and DTS showed nothing that it made.
        again: Option<api::Error>,
    },
    /// The call's answer was lost, and this is what it made.
    Found(Candidate<T>, api::Error),
    /// It was there already, and was taken.
    Taken(Candidate<T>),
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
                return Ok(Outcome::Taken(only.clone()));
            }
        }
        _ => return Ok(Outcome::LeftOver(left)),
    }
    let mut attempt = 1;
    let mut again = None;
    loop {
        let open = client.purchases.read().await;
        client.open(&likeness, order.whole());
        let lost = match order.make(api).await {
            Ok(made) => {
                let new = client.claim(O::id(&made));
                client.close(&likeness, &order.whole());
                return Ok(Outcome::Made { made, new, again });
            }
            Err(cause) if cause.is_outcome_unknown() => cause,
            Err(cause) => {
                client.close(&likeness, &order.whole());
                return Ok(Outcome::Refused(cause));
            }
        };
        // Until it is known what became of it.
        let undecided = client.undecided.join();
        drop(open);
        loop {
            // Alone: all else that this process made is claimed by then, so what is unclaimed is ours.
            let alone = client.purchases.write().await;
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
                    again = Some(lost);
                    break;
                }
                // Nothing is under way now but what was lost. Where all that asked for the same, and as many or more than is found,
                // all of it is of this process, and which is whose does not matter.
                [mine, ..]
                    if found.iter().all(|one| one.alike)
                        && client.lost(&likeness).is_some_and(|lost| found.len() <= lost) =>
                {
                    client.close(&likeness, &order.whole());
                    client.claim(O::id(&mine.made));
                    return Ok(Outcome::Found(mine.clone(), lost));
                }
                _ => {}
            }
            // Something of it may be what another one has lost, and finds by being looked for in another way.
            let Some(decision) = undecided.cannot_tell() else {
                let found = found.into_iter().map(|one| one.made).collect();
                return Ok(Outcome::Several(found, lost));
            };
            drop(alone);
            decision.come().await;
        }
    }
}

/// The calls of a process whose answers were lost, and of which it is not known yet what became.
#[derive(Debug, Default)]
pub(super) struct Undecided {
    count: Mutex<Count>,
    /// Told each time that one of them is decided.
    decided: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Count {
    all: usize,
    /// Those that have looked, and cannot tell unless another one is decided.
    stuck: usize,
}

/// One of them.
struct Lost<'a>(&'a Undecided);

/// That another one is decided.
struct Decision(watch::Receiver<()>);

impl Undecided {
    fn with<T>(&self, then: impl FnOnce(&mut Count) -> T) -> T {
        then(&mut self.count.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn join(&self) -> Lost<'_> {
        self.with(|count| count.all += 1);
        Lost(self)
    }
}

impl Lost<'_> {
    /// What to wait for; none where all others wait as well. Asked by one at a time.
    fn cannot_tell(&self) -> Option<Decision> {
        self.0.with(|count| {
            if count.stuck + 1 >= count.all {
                return None;
            }
            count.stuck += 1;
            Some(Decision(self.0.decided.subscribe()))
        })
    }
}

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        self.0.with(|count| {
            count.all -= 1;
            // They all look again.
            count.stuck = 0;
        });
        self.0.decided.send_replace(());
    }
}

impl Decision {
    async fn come(mut self) {
        // An error would be that nobody is left to tell.
        let _ = self.0.changed().await;
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
            let found = order.there(api).await?;
            let there = ids(&found);
            looked = Some(found);
            Ok(there)
        })
        .await?;
    let mut found = match looked {
        Some(found) => found,
        None => order.there(api).await?,
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
    let is_left = |one: &Candidate<O::Made>| one.alike && !client.is_had(O::id(&one.made));
    left.retain(is_left);
    if left.is_empty() {
        return Ok(left);
    }
    left = order.examine(api, left).await?;
    for wait in O::LOOKS {
        left.retain(is_left);
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
    left.retain(is_left);
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
            found = order.examine(api, found).await?;
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::dts::provider::testing::client;

    /// A call whose answer is lost after some seconds, and what it could have made once all are made; each as likely, or not.
    struct Stub {
        name: &'static str,
        after: u64,
        made: Arc<AtomicUsize>,
        of: usize,
        shown: &'static [(&'static str, bool)],
    }

    #[async_trait]
    impl Once for Stub {
        type Made = &'static str;

        const LOOKS: &'static [Duration] = &[Duration::ZERO, Duration::from_secs(2)];

        async fn make(&self, api: &api::Client) -> Result<&'static str, api::Error> {
            api.clock().sleep(Duration::from_secs(self.after)).await;
            self.made.fetch_add(1, Ordering::SeqCst);
            Err(api::Error::new(api::Kind::OutcomeUnknown, "Make", "lost"))
        }

        async fn candidates(&self, _: &api::Client) -> Result<Vec<Candidate<&'static str>>, api::Error> {
            let all = self.made.load(Ordering::SeqCst) == self.of;
            let shown = self.shown.iter().filter(|_| all);
            Ok(shown
                .map(|&(made, alike)| Candidate {
                    made,
                    created: None,
                    alike,
                    untold: Vec::new(),
                })
                .collect())
        }

        fn is_certain(&self) -> bool {
            false
        }

        fn likeness(&self) -> String {
            self.name.to_owned()
        }

        fn left_over(&self) -> LeftOver {
            LeftOver::Stop
        }

        fn id<'a>(made: &'a &'static str) -> &'a str {
            made
        }
    }

    /// One whose instance could be either waits for the other, which can tell, whoever looks first. The two of which neither can tell
    /// both say so.
    #[tokio::test(start_paused = true)]
    async fn what_another_one_has_lost_is_not_in_the_way() {
        let either: &[_] = &[("a", false), ("b", true)];
        for (shown, expected) in [
            ([either, &[("a", true)]], ["found b", "found a"]),
            ([either, either], ["several", "several"]),
        ] {
            for after in [[1, 3], [3, 1]] {
                let client = client();
                let api = client.api(&CancellationToken::new()).unwrap();
                let made = Arc::new(AtomicUsize::new(0));
                let told = async |at: usize| {
                    let stub = Stub {
                        name: ["first", "second"][at],
                        after: after[at],
                        made: Arc::clone(&made),
                        of: 2,
                        shown: shown[at],
                    };
                    match once(&client, &api, &stub).await.unwrap() {
                        Outcome::Found(one, _) => format!("found {}", one.made),
                        Outcome::Several(..) => "several".to_owned(),
                        _ => "another outcome".to_owned(),
                    }
                };
                let (one, other) = tokio::join!(told(0), told(1));
                assert_eq!([one, other], expected, "{after:?}");
            }
        }
    }

    /// Two that cannot tell wait for the third; once nobody else is left, the last one gives up and the others look again.
    #[tokio::test]
    async fn who_cannot_tell_waits_for_who_can() {
        let undecided = Undecided::default();
        let [one, two, three] = [undecided.join(), undecided.join(), undecided.join()];
        let first = one.cannot_tell().expect("two may still tell");
        let second = two.cannot_tell().expect("one may still tell");
        assert!(three.cannot_tell().is_none(), "all others wait");
        drop(three);
        first.come().await;
        second.come().await;
        let again = one.cannot_tell().expect("the second looks again");
        assert!(two.cannot_tell().is_none());
        drop(two);
        again.come().await;
        assert!(one.cannot_tell().is_none());
    }

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
