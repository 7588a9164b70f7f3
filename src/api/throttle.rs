//! How fast calls are made: one budget for each action, shared by all calls of a process.
//!
//! DTS limits the calls of an account for each action and region. Each action has a lane here: it starts with the rate
//! that is documented, slows down to what DTS was seen to take once DTS refuses a call for its rate, closes for as long
//! as DTS asks for, and gains speed again by and by. Calls of a lane go in the order in which they came, and a busy lane
//! holds up no other.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::context::Clock;

/// Calls a second of one account in one region (dts-api.md 7.3). Other limits are not documented.
const DOCUMENTED: [(&str, f64); 2] = [("DescribeDtsJobs", 20.0), ("DescribeDtsJobDetail", 40.0)];

/// Where nothing is documented: the lowest rate that is.
const UNDOCUMENTED: f64 = 20.0;

/// Never slower, in calls a second.
const SLOWEST: f64 = 0.5;

/// Over which time it is counted what DTS takes.
const WINDOW: Duration = Duration::from_secs(1);

/// How long a lane closes at the first refusal; twice as long at each further one in a row, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// As long as a server may close a lane by asking for it: what is refused is a rate, and a lane that a mistaken header closed for
/// days would fail all calls of its action. A call that has less time ends at once.
const LONGEST_ASKED: Duration = Duration::from_secs(60 * 60);

/// After so long without a refusal, bursts are possible again.
const FORGET: Duration = Duration::from_secs(30);

/// The lanes of a process.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<String, Arc<Lane>>>);

/// The calls of one action.
#[derive(Debug)]
pub(super) struct Lane {
    /// Held by the call whose turn is next. Tokio hands it on in the order of asking.
    next: tokio::sync::Mutex<()>,
    pace: Mutex<Pace>,
}

/// The turn of a call does not come in its time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLate;

impl Throttle {
    /// The lane of an action.
    pub(super) fn lane(&self, action: &str, now: Instant) -> Arc<Lane> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(action) {
            return Arc::clone(lane);
        }
        let documented = DOCUMENTED.iter().find(|(name, _)| *name == action);
        let rate = documented.map_or(UNDOCUMENTED, |(_, rate)| *rate);
        let lane = Arc::new(Lane {
            next: tokio::sync::Mutex::new(()),
            pace: Mutex::new(Pace::new(rate, now)),
        });
        lanes.insert(action.to_owned(), Arc::clone(&lane));
        lane
    }
}

impl Lane {
    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn of a call. To give up, drop the future: the turn then goes to the next.
    ///
    /// # Errors
    /// [`TooLate`] when it does not come before `deadline`, as soon as that is certain.
    pub(super) async fn turn(&self, clock: &dyn Clock, deadline: Instant) -> Result<(), TooLate> {
        if self.pace().closed_until > deadline {
            return Err(TooLate);
        }
        let mine = async {
            let _next = self.next.lock().await;
            loop {
                let now = clock.instant();
                let Some(wait) = self.pace().take(now) else {
                    return Ok(());
                };
                if now + wait > deadline {
                    return Err(TooLate);
                }
                clock.sleep(wait).await;
            }
        };
        tokio::select! {
            biased;
            result = mine => result,
            () = clock.sleep(deadline.saturating_duration_since(clock.instant())) => Err(TooLate),
        }
    }

    /// A call was answered, and not refused for its rate.
    pub(super) fn taken(&self, now: Instant) {
        self.pace().taken(now);
    }

    /// A call that was sent at `sent` was refused for its rate. `asked` is how long DTS wants to be left alone, `dice` is
    /// in 0..1.
    pub(super) fn refused(&self, now: Instant, sent: Instant, asked: Option<Duration>, dice: f64) {
        self.pace().refused(now, sent, asked, dice);
    }
}

/// A lane's arithmetic: a bucket of calls that fills at a rate, and the rate.
#[derive(Debug)]
struct Pace {
    /// Calls a second at the start, and at most.
    most: f64,
    /// Calls a second.
    rate: f64,
    /// The rate that was refused last: gained quickly up to there, and slowly beyond.
    known: f64,
    /// Calls that may go at once.
    tokens: f64,
    /// When `tokens` and `rate` were right.
    at: Instant,
    /// No call before.
    closed_until: Instant,
    /// The last refusal that slowed the lane down.
    slowed: Option<Instant>,
    /// Refusals without an answer between.
    in_a_row: u32,
    /// When calls were taken, within [`WINDOW`].
    taken: VecDeque<Instant>,
}

impl Pace {
    fn new(rate: f64, now: Instant) -> Pace {
        Pace {
            most: rate,
            rate,
            known: rate,
            tokens: rate,
            at: now,
            closed_until: now,
            slowed: None,
            in_a_row: 0,
            taken: VecDeque::new(),
        }
    }

    /// Takes the turn of one call, or tells how long to wait before asking again.
    fn take(&mut self, now: Instant) -> Option<Duration> {
        self.advance(now);
        if now < self.closed_until {
            return Some(self.closed_until - now);
        }
        if self.tokens < 1.0 {
            // Tokio's clock has milliseconds: what is shorter would not end.
            let wait = Duration::from_secs_f64((1.0 - self.tokens) / self.rate);
            return Some(wait.max(Duration::from_millis(1)));
        }
        self.tokens -= 1.0;
        None
    }

    fn advance(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        if self
            .slowed
            .is_some_and(|slowed| now.saturating_duration_since(slowed) > FORGET)
        {
            self.slowed = None;
        }
        if self.rate < self.most {
            // A second without refusals proves little above what was refused, and much below.
            let gain = if self.rate < 0.9 * self.known {
                (self.known / 4.0).min(2.0) + self.rate / 2.0
            } else {
                (self.rate / 20.0).max((self.known / 20.0).min(0.25))
            };
            self.rate = (self.rate + gain * seconds.min(1.0)).min(self.most);
        }
        // What is waiting after a pause may catch up a little; a lane that was never refused has a whole second's worth.
        let burst = match self.slowed {
            Some(_) => self.rate / 4.0,
            None => self.rate,
        };
        self.tokens = (self.tokens + seconds * self.rate).min(burst.max(1.0));
    }

    fn taken(&mut self, now: Instant) {
        self.in_a_row = 0;
        self.taken.push_back(now);
        self.forget_before(now);
    }

    fn forget_before(&mut self, now: Instant) {
        while self
            .taken
            .front()
            .is_some_and(|taken| now.saturating_duration_since(*taken) >= WINDOW)
        {
            self.taken.pop_front();
        }
    }

    fn refused(&mut self, now: Instant, sent: Instant, asked: Option<Duration>, dice: f64) {
        self.advance(now);
        self.forget_before(now);
        if let Some(asked) = asked {
            self.closed_until = self.closed_until.max(now + asked.min(LONGEST_ASKED));
        }
        // Calls that were under way together are refused together: once is enough.
        if self.slowed.is_some_and(|slowed| sent <= slowed) {
            return;
        }
        self.slowed = Some(now);
        self.known = self.rate;
        self.in_a_row = self.in_a_row.saturating_add(1);
        #[expect(clippy::cast_precision_loss, reason = "calls within a second are few")]
        let seen = self.taken.len() as f64;
        // Nothing taken says only that somebody else used the budget up.
        self.rate = seen.max(self.rate / 2.0).min(self.rate).max(SLOWEST);
        self.tokens = self.tokens.min(0.0);
        let doubled = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(self.in_a_row - 1).unwrap_or(u32::MAX));
        // The upper half by chance: processes that were refused together come back apart.
        let pause = doubled
            .min(LONGEST_PAUSE)
            .mul_f64(0.5 + dice.clamp(0.0, 1.0) / 2.0);
        self.closed_until = self.closed_until.max(now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::FakeClock;

    /// A server that takes this many calls within any second.
    struct Server {
        most: usize,
        taken: Mutex<VecDeque<Instant>>,
        refused: Mutex<usize>,
    }

    impl Server {
        fn new(most: usize) -> Arc<Server> {
            Arc::new(Server {
                most,
                taken: Mutex::default(),
                refused: Mutex::default(),
            })
        }

        fn takes(&self, now: Instant) -> bool {
            let mut taken = self.taken.lock().unwrap();
            while taken.front().is_some_and(|taken| now - *taken >= WINDOW) {
                taken.pop_front();
            }
            if taken.len() < self.most {
                taken.push_back(now);
                return true;
            }
            *self.refused.lock().unwrap() += 1;
            false
        }
    }

    /// One call of `action`, repeated until the server takes it; `latency` each time.
    async fn call(throttle: &Throttle, server: &Server, action: &str, latency: Duration) {
        let clock = FakeClock::new();
        let lane = throttle.lane(action, clock.instant());
        loop {
            let now = clock.instant();
            lane.turn(&clock, now + Duration::from_secs(3600)).await.unwrap();
            let sent = clock.instant();
            let takes = server.takes(sent);
            clock.sleep(latency).await;
            let now = clock.instant();
            if takes {
                return lane.taken(now);
            }
            lane.refused(now, sent, None, fastrand::f64());
        }
    }

    /// How long `workers` take for so many rounds of these actions, one after the other, and how many calls are refused.
    async fn work(
        most: usize,
        rounds: usize,
        actions: &'static [&'static str],
        latency_ms: u64,
    ) -> (f64, usize) {
        let (throttle, server) = (Arc::new(Throttle::default()), Server::new(most));
        let left = Arc::new(Mutex::new(rounds));
        let begin = Instant::now();
        let workers: Vec<_> = (0..10)
            .map(|_| {
                let (throttle, server, left) =
                    (Arc::clone(&throttle), Arc::clone(&server), Arc::clone(&left));
                tokio::spawn(async move {
                    loop {
                        {
                            let mut left = left.lock().unwrap();
                            if *left == 0 {
                                return;
                            }
                            *left -= 1;
                        }
                        for action in actions {
                            call(&throttle, &server, action, Duration::from_millis(latency_ms)).await;
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        let refused = *server.refused.lock().unwrap();
        (begin.elapsed().as_secs_f64(), refused)
    }

    /// Whatever the server takes, the calls come close to it, and few of them in vain.
    #[tokio::test(start_paused = true)]
    async fn the_rate_is_found() {
        const CREATE: [&str; 2] = ["ConfigureDtsJob", "DescribeDtsJobDetail"];
        for (most, rounds, actions, latency) in [
            (20, 300, &CREATE[..1], 0),
            (20, 300, &CREATE[..], 0),
            (20, 300, &CREATE[..], 50),
            (10, 300, &CREATE[..], 50),
            (5, 200, &CREATE[..], 50),
            (2, 60, &CREATE[..1], 50),
        ] {
            let calls = rounds * actions.len();
            let ideal = calls as f64 / most as f64;
            let (seconds, refused) = work(most, rounds, actions, latency).await;
            let text = format!(
                "{calls} calls at {most}/s, {latency} ms: {seconds:.1} s of {ideal:.1} s, {refused} refused"
            );
            let most_seconds = if most == 20 { 1.15 } else { 1.2 } * ideal;
            assert!(seconds <= most_seconds, "{text}");
            // Some are the burst at the start, before anything is known.
            assert!(refused <= 25 + calls / 2, "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_documented_is_kept_from_the_start() {
        for (action, rate) in [
            ("DescribeDtsJobs", 20),
            ("DescribeDtsJobDetail", 40),
            ("StartDtsJob", 20),
        ] {
            let (throttle, server) = (Throttle::default(), Server::new(usize::MAX));
            let begin = Instant::now();
            for _ in 0..rate * 11 {
                call(&throttle, &server, action, Duration::ZERO).await;
            }
            // The first second's worth goes at once.
            let seconds = begin.elapsed().as_secs_f64();
            assert!((9.9..10.6).contains(&seconds), "{action} {seconds}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_lane_holds_up_no_other_and_a_turn_given_up_goes_to_the_next() {
        let clock = FakeClock::new();
        let throttle = Throttle::default();
        let lane = throttle.lane("StartDtsJob", clock.instant());
        lane.refused(
            clock.instant(),
            clock.instant(),
            Some(Duration::from_secs(60)),
            0.0,
        );
        let begin = Instant::now();
        let far = begin + Duration::from_secs(600);
        throttle
            .lane("StopDtsJob", begin)
            .turn(&clock, far)
            .await
            .unwrap();
        assert_eq!(begin.elapsed(), Duration::ZERO);

        assert!(
            tokio::time::timeout(Duration::from_secs(1), lane.turn(&clock, far))
                .await
                .is_err(),
            "closed"
        );
        lane.turn(&clock, far).await.unwrap();
        assert_eq!(
            begin.elapsed().as_secs(),
            60,
            "as long as DTS asked for, and no longer"
        );
    }

    /// Whatever a header says: it closes no lane for ever, and no sum of times overflows.
    #[tokio::test(start_paused = true)]
    async fn a_server_closes_a_lane_for_an_hour_at_most() {
        let clock = FakeClock::new();
        let begin = Instant::now();
        for seconds in [LONGEST_ASKED.as_secs() + 1, u64::MAX] {
            let lane = Throttle::default().lane("StartDtsJob", begin);
            lane.refused(begin, begin, Some(Duration::from_secs(seconds)), 0.0);
            let early = begin + LONGEST_ASKED - Duration::from_secs(1);
            assert_eq!(lane.turn(&clock, early).await, Err(TooLate), "{seconds}");
            assert_eq!(lane.pace().closed_until, begin + LONGEST_ASKED, "{seconds}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_came_first_goes_first() {
        let throttle = Arc::new(Throttle::default());
        let begin = Instant::now();
        let order = Arc::new(Mutex::new(Vec::new()));
        let lane = throttle.lane("StartDtsJob", begin);
        lane.refused(begin, begin, Some(Duration::from_secs(5)), 0.0);
        let mut tasks = Vec::new();
        for number in 0..5 {
            let (lane, order) = (Arc::clone(&lane), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let clock = FakeClock::new();
                lane.turn(&clock, begin + Duration::from_secs(60)).await.unwrap();
                order.lock().unwrap().push(number);
            }));
            tokio::task::yield_now().await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_cannot_come_in_time_is_given_up_at_once() {
        let clock = FakeClock::new();
        let begin = Instant::now();
        let lane = Throttle::default().lane("StartDtsJob", begin);
        lane.refused(begin, begin, Some(Duration::from_secs(60)), 0.0);
        let late = lane.turn(&clock, begin + Duration::from_secs(59)).await;
        assert_eq!((late, begin.elapsed()), (Err(TooLate), Duration::ZERO));
    }
}
