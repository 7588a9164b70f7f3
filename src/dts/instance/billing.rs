//! How an instance is paid for, and how much of it there is: what a configuration may say of it, and which calls a change needs
//! (dts-api.md 2.1, 2.6, 6.4, 6.5).

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use super::uncounted::Uncounted;
use crate::dts::provider::Client;
use crate::dts::status::Stage;
use crate::framework::resource::Plan;
use crate::framework::validate::{is_certainly_set, is_set};
use crate::framework::{Diagnostic, Diagnostics, Object, Path};

/// Another way of paying.
pub(super) const TRANSFER: &str = "TransferPayType";
/// More time of a `PrePaid` instance.
pub(super) const RENEW: &str = "RenewInstance";
/// Another class, or another number of databases.
pub(super) const CLASS: &str = "TransferInstanceClass";
/// Other DUs on the dedicated cluster.
pub(super) const DU: &str = "ModifyDtsJobDuLimit";

/// Classes of what moves once, and of what goes on (dts-api.md 2.1; the two largest are in other providers' lists).
const OF_MIGRATION: [&str; 5] = ["small", "medium", "large", "xlarge", "xxlarge"];
const OF_SYNC: [&str; 6] = ["micro", "small", "medium", "large", "2xlarge", "4xlarge"];
/// All of them, in rising order.
pub(super) const CLASSES: [&str; 8] = [
    "micro", "small", "medium", "large", "xlarge", "2xlarge", "xxlarge", "4xlarge",
];

/// What decides about the calls of [`operations`].
const DECIDING: [&str; 8] = [
    "pay_type",
    "period",
    "used_time",
    "instance_class",
    "database_count",
    "du",
    "min_du",
    "max_du",
];

/// How an instance is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payment {
    /// By use, at the price of its class.
    PostPaid,
    /// For a time, at the price of its class.
    PrePaid,
    /// By use, between a least and a greatest number of DUs.
    Serverless,
}

impl Payment {
    pub(super) fn of(state: &Object) -> Option<Payment> {
        let pay_type = pay_type(state.str("pay_type")?);
        Some(if pay_type == "PrePaid" {
            Payment::PrePaid
        } else if is_set(state, "min_du") || is_set(state, "max_du") {
            Payment::Serverless
        } else {
            Payment::PostPaid
        })
    }

    /// As `TransferPayType` names it.
    pub(super) fn charge_type(self) -> &'static str {
        match self {
            Payment::PostPaid => "PostPaid",
            Payment::PrePaid => "PrePaid",
            Payment::Serverless => "sync_serverless",
        }
    }
}

/// The word of `pay_type` for one that DTS reports; it writes `POSTPAY` and `PREPAY` as well (dts-api.md 6.4). Serverless is by use.
pub(in crate::dts) fn pay_type(reported: &str) -> &str {
    match reported.to_ascii_lowercase().as_str() {
        "prepaid" | "prepay" => "PrePaid",
        "postpaid" | "postpay" | "sync_serverless" => "PostPaid",
        _ => reported,
    }
}

/// Months that are paid for.
pub(super) fn months(state: &Object) -> Option<i64> {
    let periods = state.i64("used_time")?;
    Some(match state.str("period")? {
        "Year" => periods * 12,
        _ => periods,
    })
}

/// The order that makes a `PrePaid` instance last longer: `Period` and `BuyCount`. None where nothing is to be paid.
pub(super) fn renewal(prior: &Object, planned: &Object) -> Option<(&'static str, i64)> {
    let both = [prior, planned].map(|state| Payment::of(state) == Some(Payment::PrePaid));
    let more = months(planned)? - months(prior)?;
    if both != [true, true] || more <= 0 {
        return None;
    }
    Some(match planned.str("period") {
        Some("Year") if more % 12 == 0 => ("Year", more / 12),
        _ => ("Month", more),
    })
}

/// What DTS does not tell of an instance.
const UNSEEN: [&str; 8] = [
    "period",
    "used_time",
    "auto_pay",
    "database_count",
    "du",
    "sync_architecture",
    "compute_unit",
    "fee_type",
];

/// The state of an instance that was imported, with what nobody knows of it as the configuration says.
pub(super) fn adopted(prior: &Object, planned: &Object, imported: bool) -> Object {
    let mut adopted = prior.clone();
    for name in UNSEEN {
        if imported && prior.get(name).is_null() {
            adopted.set(name, planned.get(name).clone());
        }
    }
    adopted
}

/// Whether the way of paying changes.
pub(super) fn transfers(prior: &Object, planned: &Object) -> bool {
    let (before, after) = (Payment::of(prior), Payment::of(planned));
    let range = |state: &Object| [state.get("min_du").clone(), state.get("max_du").clone()];
    before != after || after == Some(Payment::Serverless) && range(prior) != range(planned)
}

/// The class that `TransferPayType` has to name: a serverless instance has none of its own to go back to.
pub(super) fn class_of_transfer<'a>(prior: &Object, planned: &'a Object) -> Option<&'a str> {
    let leaves =
        Payment::of(prior) == Some(Payment::Serverless) && Payment::of(planned) != Some(Payment::Serverless);
    planned.str("instance_class").filter(|_| leaves)
}

fn resizes(prior: &Object, planned: &Object) -> bool {
    let differs = |name: &str| prior.get(name) != planned.get(name);
    let class = differs("instance_class") && is_set(planned, "instance_class");
    let of_transfer = transfers(prior, planned) && class_of_transfer(prior, planned).is_some();
    // Without a number it is one.
    let count = |state: &Object| state.i64("database_count").unwrap_or(1);
    class && !of_transfer || count(prior) != count(planned)
}

/// The calls for what is paid, in order; none while a value that decides is unknown.
pub(super) fn operations(prior: &Object, planned: &Object) -> Option<Vec<&'static str>> {
    if DECIDING.iter().any(|name| planned.get(name).is_unknown()) {
        return None;
    }
    let du = prior.get("du") != planned.get("du");
    let calls = [
        (TRANSFER, transfers(prior, planned)),
        (RENEW, renewal(prior, planned).is_some()),
        (CLASS, resizes(prior, planned)),
        (DU, du),
    ];
    Some(
        calls
            .iter()
            .filter(|(_, made)| *made)
            .map(|(call, _)| *call)
            .collect(),
    )
}

/// The time that a `PrePaid` instance is paid for, as `period` and `used_time`, where its dates tell: whole months, and up to two days
/// more, for time ends with a day, and a job may have been configured before its instance was bought.
pub(in crate::dts) fn paid(create_time: &str, expire_time: &str) -> Option<(&'static str, i64)> {
    let [from, to] = [create_time, expire_time].map(|text| {
        let time: Timestamp = text.parse().ok()?;
        Some(time.to_zoned(TimeZone::UTC))
    });
    let (from, to) = (from?, to?);
    let months_of = |time: &Zoned| i64::from(time.year()) * 12 + i64::from(time.month());
    let most = months_of(&to) - months_of(&from);
    // The last month may not be full.
    let months = [most, most - 1]
        .into_iter()
        .filter(|months| *months > 0)
        .find(|months| {
            let full = from.checked_add(months.months());
            full.is_ok_and(|end| {
                (SignedDuration::ZERO..=SignedDuration::from_hours(48)).contains(&end.duration_until(&to))
            })
        })?;
    Some(match months % 12 {
        0 => ("Year", months / 12),
        _ => ("Month", months),
    })
}

/// What the plan of an imported instance has to say: what nobody could check, and what it buys.
pub(super) fn taken_over(prior: &Object, planned: &Object) -> Diagnostics {
    let mut told = Diagnostics::new();
    let unchecked = UNSEEN
        .into_iter()
        .filter(|name| prior.get(name).is_null() && planned.get(name).is_known());
    // One word for both.
    for name in unchecked.filter(|name| *name != "period") {
        let then = if name == "used_time" {
            " A greater number renews the instance by the difference to it (`RenewInstance`)."
        } else {
            ""
        };
        told.push(
            Diagnostic::warning(
                format!("{name} of an imported DTS instance is taken over unchecked"),
                format!(
                    "DTS does not tell it: what is configured is recorded as what was bought, and nothing is called. Compare it with the DTS \
                     console, or with the bill.{then}"
                ),
            )
            .at(Path::attribute(name)),
        );
    }
    if let Some((period, count)) = renewal(prior, planned) {
        let text = |name: &str| prior.str(name).unwrap_or_default();
        told.push(
            Diagnostic::warning(
                "An imported DTS instance is renewed",
                format!(
                    "DTS shows that instance {} was made at {} and expires at {}. That is `period = {:?}` and `used_time = {}`; the configuration \
                     says more, and the apply pays for the difference: {count} times {period}. To take it over as it is, write that.",
                    text("id"),
                    text("create_time"),
                    text("expire_time"),
                    text("period"),
                    prior.i64("used_time").unwrap_or_default()
                ),
            )
            .at(Path::attribute("used_time")),
        );
    }
    told
}

/// What a configuration alone can tell. `generated`: by Terraform, for an instance that is there and whose time DTS may not have told.
pub(super) fn validate(config: &Object, generated: bool, diagnostics: &mut Diagnostics) {
    let mut say = |name: &str, summary: &str, detail: &str| {
        diagnostics.push(Diagnostic::error(summary, detail).at(Path::attribute(name)));
    };
    let kind = config.str("type").map(str::to_ascii_uppercase);
    let kind = kind.as_deref();
    match config.str("pay_type") {
        Some("PrePaid") => {
            if kind == Some("MIGRATION") {
                say(
                    "pay_type",
                    "A MIGRATION instance cannot be PrePaid",
                    "DTS sells migrations by use only. Set `pay_type = \"PostPaid\"`.",
                );
            }
            for (name, write) in [
                ("period", "Set it to `Year` or `Month`."),
                ("used_time", "Set it to how many periods are paid, such as `1`."),
            ] {
                if !is_set(config, name) && !generated {
                    say(
                        name,
                        &format!("{name} is missing"),
                        &format!("A `PrePaid` instance needs `period` and `used_time`. {write}"),
                    );
                }
            }
            if !config.get("on_destroy").is_unknown() && config.str("on_destroy") != Some("keep") {
                say(
                    "on_destroy",
                    "A PrePaid instance needs on_destroy = \"keep\"",
                    "DTS releases it only when it expires, so no destroy could. Set `on_destroy = \"keep\"`: a destroy, or a replacement, then only \
                     forgets it.",
                );
            }
            for name in ["min_du", "max_du"] {
                if is_certainly_set(config, name) {
                    say(
                        name,
                        &format!("{name} is for PostPaid instances"),
                        "A serverless instance is paid by use. Remove `min_du` and `max_du`, or set `pay_type = \"PostPaid\"`.",
                    );
                }
            }
        }
        Some(_) => {
            for name in ["period", "used_time"] {
                if is_certainly_set(config, name) {
                    say(
                        name,
                        &format!("{name} is for PrePaid instances"),
                        "A `PostPaid` instance is paid by use. Remove it, or set `pay_type = \"PrePaid\"`.",
                    );
                }
            }
            if config.bool("auto_pay") == Some(true) {
                say(
                    "auto_pay",
                    "auto_pay is for PrePaid instances",
                    "Only what expires can be renewed. Remove it, or set `pay_type = \"PrePaid\"`.",
                );
            }
        }
        None => {}
    }
    validate_size(config, kind, &mut say);
    validate_shape(config, kind, &mut say);
}

/// Class and DUs.
fn validate_size(config: &Object, kind: Option<&str>, say: &mut dyn FnMut(&str, &str, &str)) {
    let elastic = ["du", "min_du", "max_du"].iter().any(|name| is_set(config, name));
    match (kind, config.str("instance_class")) {
        (Some(kind), Some(class)) => {
            if let Some((summary, detail)) = impossible_class(kind, class) {
                say("instance_class", &summary, &detail);
            }
        }
        (Some(kind @ ("MIGRATION" | "SYNC")), None)
            if !is_set(config, "instance_class") && !elastic && !is_set(config, "job_id") =>
        {
            say(
                "instance_class",
                "instance_class is missing",
                &format!(
                    "A {kind} instance is sold by its class, unless it is serverless. Set it, such as to `small`, or set `min_du` and `max_du`."
                ),
            );
        }
        _ => {}
    }
    for (one, other) in [("min_du", "max_du"), ("max_du", "min_du")] {
        if is_certainly_set(config, one) && !is_set(config, other) {
            say(
                one,
                &format!("{other} is missing"),
                &format!("A serverless instance has both bounds. Set `{other}` too, or remove `{one}`."),
            );
        }
    }
    let number = |name: &str| config.get(name).as_number().and_then(|number| number.as_f64());
    if let (Some(least), Some(most)) = (number("min_du"), number("max_du"))
        && least > most
    {
        say(
            "min_du",
            "min_du is greater than max_du",
            "A serverless instance has between `min_du` and `max_du` DUs. Write the smaller one first.",
        );
    }
    if is_certainly_set(config, "du") {
        if !is_set(config, "job_id") {
            say(
                "du",
                "du needs job_id",
                "DUs are of a dedicated cluster, and a job on one is configured first. Set `job_id`, or remove `du`.",
            );
        }
        if is_certainly_set(config, "min_du") {
            say(
                "du",
                "du cannot be set together with min_du",
                "A serverless instance is not on a dedicated cluster. Remove `du`, or `min_du` and `max_du`.",
            );
        }
    }
}

/// Why the type has no such class.
fn impossible_class(kind: &str, class: &str) -> Option<(String, String)> {
    let allowed = match kind {
        "MIGRATION" => &OF_MIGRATION[..],
        "SYNC" | "SUBSCRIBE" => &OF_SYNC,
        _ => &CLASSES,
    };
    // What is no class at all is told by the attribute's own check.
    let is_class = CLASSES.contains(&class);
    (is_class && !allowed.contains(&class)).then(|| {
        let allowed: Vec<String> = allowed.iter().map(|class| format!("`{class}`")).collect();
        (
            format!("There is no {kind} instance of class {class}"),
            format!("Write one of: {}.", allowed.join(", ")),
        )
    })
}

/// What only some types have.
fn validate_shape(config: &Object, kind: Option<&str>, say: &mut dyn FnMut(&str, &str, &str)) {
    let Some(kind) = kind else { return };
    if kind != "SYNC" && config.str("sync_architecture") == Some("bidirectional") {
        say(
            "sync_architecture",
            &format!("A {kind} instance cannot be bidirectional"),
            "Only a synchronization goes both ways. Remove it, or set `type = \"SYNC\"`.",
        );
    }
    if kind != "SUBSCRIBE" && is_certainly_set(config, "fee_type") {
        say(
            "fee_type",
            &format!("fee_type is not for a {kind} instance"),
            "It says what of a subscription is charged. Remove it, or set `type = \"SUBSCRIBE\"`.",
        );
    }
    let engine = config.str("source_endpoint_engine_name");
    if is_certainly_set(config, "database_count")
        && engine.is_some_and(|engine| !engine.eq_ignore_ascii_case("DRDS"))
    {
        say(
            "database_count",
            "database_count is for a DRDS source",
            "It counts the private RDS instances under PolarDB-X 1.0. Remove it, or set `source_endpoint_engine_name = \"DRDS\"`.",
        );
    }
    let destination = config.str("destination_endpoint_engine_name");
    if destination.is_some_and(|engine| engine.eq_ignore_ascii_case("OceanBase")) {
        say(
            "destination_endpoint_engine_name",
            "OceanBase is a source only",
            "DTS sells no instance with OceanBase as its destination. Write another engine.",
        );
    }
}

/// What a purchase sells. A renewal may come to other sums, so the configuration alone does not tell.
pub(super) fn plan_purchase(plan: &mut Plan<'_, Client>) {
    let Some(count) = plan.planned.i64("used_time") else {
        return;
    };
    let problem = match plan.planned.str("period") {
        Some("Year") if ![1, 2, 3, 5].contains(&count) => "DTS sells 1, 2, 3 or 5 years. Write one of these",
        Some("Month") if !(1..=9).contains(&count) => "DTS sells 1 to 9 months. Write one of these",
        _ => return,
    };
    plan.refuse(
        Diagnostic::error(
            "Invalid value for used_time",
            format!("{problem}; once it is bought, a greater number renews it."),
        )
        .at(Path::attribute("used_time")),
    );
}

/// Refuses what cannot be changed. `uncounted` is paid and not in `prior`.
pub(super) fn plan_update(plan: &mut Plan<'_, Client>, prior: &Object, uncounted: Option<&Uncounted>) {
    let planned = plan.planned.clone();
    if DECIDING.iter().any(|name| planned.get(name).is_unknown()) {
        return;
    }
    let mut problems = Diagnostics::new();
    let mut say = |name: &str, summary: &str, detail: &str| {
        problems.push(Diagnostic::error(summary, detail).at(Path::attribute(name)));
    };
    let transfers = transfers(prior, &planned);
    let payment = Payment::of(&planned);
    let kind = planned.str("type").map(str::to_ascii_uppercase);
    let (first, what) = match payment {
        Some(Payment::Serverless) => ("min_du", "serverless"),
        _ => ("pay_type", "PrePaid"),
    };
    match kind.as_deref() {
        Some("MIGRATION") if transfers && payment != Some(Payment::PostPaid) => say(
            first,
            &format!("A MIGRATION instance cannot become {what}"),
            "DTS sells migrations by use only. Take the change back.",
        ),
        Some("SUBSCRIBE") if transfers && payment == Some(Payment::Serverless) => say(
            first,
            "A SUBSCRIBE instance cannot become serverless",
            "Only a synchronization can (`sync_serverless`). Take the change back.",
        ),
        _ => {}
    }
    // With `job_id` the configuration does not say the type, and DTS has told it since.
    let other_class = prior.get("instance_class") != planned.get("instance_class");
    if let (Some(kind), Some(class), true) = (kind.as_deref(), planned.str("instance_class"), other_class)
        && plan.config.get("type").is_null()
        && let Some((summary, detail)) = impossible_class(kind, class)
    {
        say("instance_class", &summary, &detail);
    }
    if transfers
        && Payment::of(prior) == Some(Payment::Serverless)
        && class_of_transfer(prior, &planned).is_none()
        && payment != Some(Payment::Serverless)
    {
        say(
            "instance_class",
            "instance_class is missing",
            "An instance that is no longer serverless is paid by its class. Set it, such as to `small`.",
        );
    }
    let order = if transfers && payment == Some(Payment::PrePaid) {
        planned.str("period").zip(planned.i64("used_time"))
    } else {
        renewal(
            &uncounted.map_or_else(|| prior.clone(), |more| more.counted(prior)),
            &planned,
        )
    };
    let most = |period: &str| if period == "Year" { 5 } else { 60 };
    if let Some((period, count)) = order
        && count > most(period)
    {
        say(
            "used_time",
            "Unable to pay for so much time at once",
            &format!(
                "DTS takes orders of up to 5 years or 60 months, and this is one of {count} times {period}. Write less, and renew again later."
            ),
        );
    }
    if transfers && payment == Some(Payment::PrePaid) {
        for name in ["period", "used_time"]
            .into_iter()
            .filter(|name| planned.get(name).is_null())
        {
            say(
                name,
                &format!("{name} is missing"),
                "What becomes `PrePaid` is paid for a time. Set `period` and `used_time`.",
            );
        }
    }
    let stays = !transfers && payment == Some(Payment::PrePaid);
    if stays
        && months(&planned)
            .zip(months(prior))
            .is_some_and(|(after, before)| after < before)
    {
        say(
            "used_time",
            "Unable to take back time that is paid",
            &format!(
                "`used_time` counts all periods that were paid, with every renewal: a greater number renews the instance, a smaller one cannot \
                 be. Write what it was (`period = {:?}`, `used_time = {}`), or more.",
                prior.str("period").unwrap_or_default(),
                prior.i64("used_time").unwrap_or_default()
            ),
        );
    }
    let told = uncounted.filter(|_| renewal(prior, &planned).is_some());
    plan.diagnostics
        .extend(told.map(|more| more.told(prior, &planned)));
    let same = planned.bool("auto_pay").unwrap_or(false) == prior.bool("auto_pay").unwrap_or(false);
    let same = same || planned.get("auto_pay").is_unknown();
    let takes_it = transfers && payment != Some(Payment::Serverless);
    if !same && !takes_it {
        say(
            "auto_pay",
            "Unable to change auto_pay of a DTS instance",
            "DTS takes it only with a purchase and with a change of `pay_type`. Change it in the console and leave the argument out here \
             (`ignore_changes`), or take the change back.",
        );
    }
    if resizes(prior, &planned) && prior.str("status").map(Stage::of) == Some(Stage::Finished) {
        say(
            "instance_class",
            "Unable to change the class of a DTS instance whose job has ended",
            "The job is finished or was stopped, for good, so that there is nothing that another class could speed up. Take the \
             change back, or replace the instance (`terraform apply -replace`) to start over with it. (To destroy it as it is: \
             `terraform destroy -refresh=false`, which does not plan the configuration first.)",
        );
    }
    plan.diagnostics.extend(problems);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(text: &str) -> Object {
        let mut state = Object::new();
        for part in text.split_whitespace() {
            match part.split_once('=') {
                Some((name, value)) => match value.parse::<i64>() {
                    Ok(number) => state.set(name, number),
                    Err(_) => state.set(name, value),
                },
                None => state.set("pay_type", part),
            }
        }
        state
    }

    #[track_caller]
    fn check(prior: &str, planned: &str, expected: &[&str]) {
        let found = operations(&state(prior), &state(planned)).unwrap();
        assert_eq!(found, expected, "{prior} -> {planned}");
    }

    #[test]
    fn the_calls_of_a_change() {
        let year = "PrePaid period=Year used_time=1";
        check(
            "PostPaid instance_class=small",
            "PostPaid instance_class=small",
            &[],
        );
        check(
            "PostPaid instance_class=small",
            "PostPaid instance_class=large",
            &[CLASS],
        );
        check("POSTPAY", "PostPaid", &[]);
        check("PostPaid", year, &[TRANSFER]);
        check(year, "PostPaid", &[TRANSFER]);
        check(year, "PrePaid period=Month used_time=12", &[]);
        check(year, "PrePaid period=Month used_time=13", &[RENEW]);
        check("PrePaid", year, &[]);
        check(
            "PostPaid instance_class=small",
            "PostPaid min_du=1 max_du=4",
            &[TRANSFER],
        );
        check(
            "PostPaid min_du=1 max_du=4",
            "PostPaid min_du=1 max_du=8",
            &[TRANSFER],
        );
        // The transfer names the class.
        check(
            "PostPaid min_du=1 max_du=4",
            "PostPaid instance_class=small",
            &[TRANSFER],
        );
        check("PostPaid database_count=1", "PostPaid database_count=2", &[CLASS]);
        check("PostPaid du=1", "PostPaid du=2", &[DU]);
        check(
            "PostPaid instance_class=small",
            "PrePaid period=Month used_time=1 instance_class=large",
            &[TRANSFER, CLASS],
        );
        let unknown = state("PostPaid").with("used_time", crate::framework::Value::Unknown);
        assert_eq!(operations(&state("PostPaid"), &unknown), None);
    }

    #[test]
    fn a_renewal_is_the_difference() {
        for (prior, planned, expected) in [
            ("Month 1", "Month 3", Some(("Month", 2))),
            ("Year 1", "Year 3", Some(("Year", 2))),
            ("Month 3", "Year 1", Some(("Month", 9))),
            ("Month 12", "Year 2", Some(("Year", 1))),
            ("Year 1", "Month 12", None),
            ("Month 3", "Month 2", None),
        ] {
            let state = |paid: &str| {
                let (period, count) = paid.split_once(' ').unwrap();
                state(&format!("PrePaid period={period} used_time={count}"))
            };
            assert_eq!(
                renewal(&state(prior), &state(planned)),
                expected,
                "{prior} -> {planned}"
            );
        }
    }

    #[test]
    fn the_dates_of_an_instance_tell_what_is_paid() {
        for (from, to, expected) in [
            ("2021-03-16T08:01:19Z", "2021-04-16T16:00:00Z", Some(("Month", 1))),
            ("2021-01-31T08:00:00Z", "2021-02-28T08:00:00Z", Some(("Month", 1))),
            ("2021-03-16T08:01:19Z", "2022-03-17T16:00:00Z", Some(("Year", 1))),
            (
                "2021-03-16T08:01:19Z",
                "2022-06-16T08:01:19Z",
                Some(("Month", 15)),
            ),
            // Paid by use at first.
            ("2021-03-16T08:01:19Z", "2021-04-26T16:00:00Z", None),
            ("2021-03-16T08:01:19Z", "2021-03-16T16:00:00Z", None),
            ("2021-03-16T08:01:19Z", "2020-03-16T08:01:19Z", None),
            ("2021-03-16T08:01:19Z", "", None),
            ("soon", "2021-04-16T16:00:00Z", None),
        ] {
            assert_eq!(paid(from, to), expected, "{from} to {to}");
        }
    }

    #[test]
    fn time_that_no_date_tells_is_taken_over_with_a_word() {
        let told = |prior: &str, planned: &str| -> Vec<String> {
            let told = taken_over(&state(prior), &state(planned));
            let of = |one: &Diagnostic| one.path.clone().unwrap_or_default().to_string();
            told.iter().map(of).collect()
        };
        let two_months = "PrePaid period=Month used_time=2";
        assert_eq!(told("PrePaid", two_months), ["used_time"]);
        assert_eq!(told(two_months, two_months), [""; 0]);
        assert_eq!(told("PostPaid", "PostPaid fee_type=A"), ["fee_type"]);
    }

    #[test]
    fn the_words_of_dts() {
        for (reported, expected) in [
            ("PREPAY", "PrePaid"),
            ("PostPaid", "PostPaid"),
            ("sync_serverless", "PostPaid"),
            ("Odd", "Odd"),
        ] {
            assert_eq!(pay_type(reported), expected);
        }
    }
}
