//! Time that a `PrePaid` instance is paid for and that the state's `used_time` does not count: an order has no idempotency token, so its
//! time of expiry is what tells that an apply which was cut off has renewed it.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use super::billing::{Payment, months, renewal};
use crate::framework::private::Private;
use crate::framework::{Diagnostic, Object, Path};

/// The private key of when an instance expired by the time that the state's `used_time` counts. Only there while DTS tells another:
/// an apply that was cut off may have renewed it, or somebody else has, or DTS itself (`auto_pay`).
const COUNTED_UNTIL: &str = "counted_until";

/// Remembers it, when an instance is read. `expire_time` is what the state had.
pub(super) fn remember(private: &mut Private, state: &Object, expire_time: Option<&str>) {
    let is_prepaid = Payment::of(state) == Some(Payment::PrePaid);
    let counts = months(state).is_some();
    match expire_time {
        _ if !is_prepaid || !counts => forget(private),
        Some(counted)
            if private.get(COUNTED_UNTIL).is_none() && state.str("expire_time") != Some(counted) =>
        {
            private.set(COUNTED_UNTIL, counted);
        }
        _ => {}
    }
    if private.get(COUNTED_UNTIL).and_then(|counted| counted.as_str()) == state.str("expire_time") {
        forget(private);
    }
}

/// What the state's `used_time` counts is all there is, or nobody knows any more.
pub(super) fn forget(private: &mut Private) {
    private.remove(COUNTED_UNTIL);
}

/// Time that is paid and that the state's `used_time` does not count.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Uncounted {
    from: String,
    to: String,
    /// None where it is no number of months.
    months: Option<i64>,
}

impl Uncounted {
    /// By what DTS showed when `state` was read, or shows now.
    pub(super) fn of(private: &Private, state: &Object, now: Option<&str>) -> Option<Uncounted> {
        let from = private.get(COUNTED_UNTIL).and_then(|counted| counted.as_str());
        let from = from.or_else(|| state.str("expire_time"))?;
        let to = now.or_else(|| state.str("expire_time"))?;
        if from == to || Payment::of(state) != Some(Payment::PrePaid) {
            return None;
        }
        Some(Uncounted {
            from: from.to_owned(),
            to: to.to_owned(),
            months: months_between(from, to),
        })
    }

    /// The state with that time counted in.
    pub(super) fn counted(&self, state: &Object) -> Object {
        let mut counted = state.clone();
        if let (Some(paid), Some(more)) = (months(state), self.months) {
            counted.set("period", "Month");
            counted.set("used_time", paid + more);
        }
        counted
    }

    /// Remembers what of it `planned` does not count either, after an apply that ordered no time.
    pub(super) fn remember(&self, private: &mut Private, state: &Object, planned: &Object) {
        let more = months(planned)
            .zip(months(state))
            .map_or(0, |(after, before)| after - before);
        let from = self
            .from
            .parse::<Timestamp>()
            .map(|time| time.to_zoned(TimeZone::UTC));
        let until = from.and_then(|from| from.checked_add(more.months()));
        match until {
            Ok(until) if self.months.is_none_or(|months| more < months) => {
                private.set(COUNTED_UNTIL, until.timestamp().to_string());
            }
            _ => forget(private),
        }
    }

    /// What the plan has to say where `planned` asks for more time than the state counts.
    pub(super) fn told(&self, state: &Object, planned: &Object) -> Diagnostic {
        let Uncounted { from, to, .. } = self;
        let number = |state: &Object| {
            let text = state.str("period").unwrap_or_default();
            format!("{} times {text}", state.i64("used_time").unwrap_or_default())
        };
        let at = |told: Diagnostic| told.at(Path::attribute("used_time"));
        let Some(more) = self.months else {
            return at(Diagnostic::error(
                "Unable to tell for how long a DTS instance is paid",
                format!(
                    "It expired at {from} when {} were counted, and expires at {to} now, which is no number of months later: what has been paid \
                     in between is not known, and nothing is paid twice on a guess. Take the change back, or take the instance over as it is: \
                     `terraform state rm` and `terraform import` of {}.",
                    number(state),
                    state.str("id").unwrap_or_default()
                ),
            ));
        };
        let then = match renewal(&self.counted(state), planned) {
            Some((period, count)) => format!("this apply renews it by the rest, {count} times {period}"),
            None => "nothing is ordered".to_owned(),
        };
        at(Diagnostic::warning(
            "A DTS instance was paid for longer meanwhile",
            format!(
                "It expired at {from} when {} were counted, and expires at {to} now: {more} more months were paid, by an apply that was cut off, \
                 by somebody else or by `auto_pay`. `used_time` counts all that is paid, so {then}.",
                number(state)
            ),
        ))
    }
}

/// Whole months from one time to another; a few days more or less are the ends of months and days.
fn months_between(from: &str, to: &str) -> Option<i64> {
    let [from, to] = [from, to].map(|text| {
        let time: Timestamp = text.parse().ok()?;
        Some(time.to_zoned(TimeZone::UTC))
    });
    let (from, to) = (from?, to?);
    let months_of = |time: &Zoned| i64::from(time.year()) * 12 + i64::from(time.month());
    let most = months_of(&to) - months_of(&from);
    let near = SignedDuration::from_hours(4 * 24);
    [most - 1, most, most + 1]
        .into_iter()
        .filter(|months| *months > 0)
        .find(|months| {
            let there = from.checked_add(months.months());
            there.is_ok_and(|there| (-near..=near).contains(&there.duration_until(&to)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_past_their_ends() {
        for (from, to, months) in [
            ("2026-01-31T16:00:00Z", "2026-02-28T16:00:00Z", Some(1)),
            // Twice by one month.
            ("2026-01-31T16:00:00Z", "2026-03-28T16:00:00Z", Some(2)),
            ("2026-01-05T16:00:00Z", "2027-01-05T16:00:00Z", Some(12)),
            ("2026-01-30T16:00:00Z", "2026-03-02T16:00:00Z", Some(1)),
            ("2026-01-05T16:00:00Z", "2026-01-20T16:00:00Z", None),
            ("2026-02-05T16:00:00Z", "2026-01-05T16:00:00Z", None),
            ("2026-02-05T16:00:00Z", "soon", None),
        ] {
            assert_eq!(months_between(from, to), months, "{from} {to}");
        }
    }

    #[test]
    fn what_is_no_number_of_months_is_refused_where_more_is_asked_for() {
        let state = Object::new()
            .with("id", "dtsa")
            .with("pay_type", "PrePaid")
            .with("period", "Month")
            .with("used_time", 1)
            .with("expire_time", "2026-02-01T16:00:00Z");
        let odd = Uncounted::of(&Private::default(), &state, Some("2026-02-15T16:00:00Z")).unwrap();
        assert_eq!(odd.counted(&state), state);
        let told = odd.told(&state, &state.clone().with("used_time", 2));
        assert!(
            told.is_error() && told.detail.contains("terraform import` of dtsa"),
            "{told:?}"
        );
    }
}
