//! The items of a precheck: which there are, how they end, and how one is shielded.

use std::collections::BTreeSet;

use super::{
    checker::Checker,
    fixtures::{self, Fixtures, VerdictState},
    model::Configuration,
};

/// How one item ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    /// Could not be looked at, because what it needs failed.
    NotChecked,
    Warning(Finding),
    Failed(Finding),
}

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// A code, as the service gives it.
    pub(crate) error: String,
    /// For people.
    pub(crate) detail: String,
    /// For people.
    pub(crate) repair: String,
}

/// One item of a precheck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) code: String,
    pub(crate) outcome: Outcome,
    /// Whether SkipPreCheck has shielded it: its finding is then a warning.
    pub(crate) shielded: bool,
}

impl Item {
    /// Whether the job cannot go on.
    pub(crate) fn blocks(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }

    /// Whether the item may be shielded.
    pub(crate) fn can_skip(&self) -> bool {
        SKIPPABLE.contains(&self.code.as_str())
    }
}

/// Items that SkipPreCheck may shield.
const SKIPPABLE: &[&str] = &[
    "CHECK_SAME_OBJ",
    "CHECK_SAME_USER",
    "CHECK_SRC",
    "CHECK_TOPOLOGY",
    "CHECK_SERVER_ID",
    "CHECK_DEST_TABLE_EMPTY",
    "CHECK_SUPER_AUTH_DEST",
];

/// Items of every precheck, in order. `CHECK_SCHEMA_EXIST` is a name of ours: the check is documented, its code is not.
const ALWAYS: &[&str] = &[
    "CHECK_CONN_SRC",
    "CHECK_CONN_DEST",
    "CHECK_AUTH_SRC",
    "CHECK_AUTH_DEST",
    "CHECK_SRC",
    "CHECK_TOPOLOGY",
    "CHECK_SCHEMA_EXIST",
    "CHECK_SAME_OBJ",
    "CHECK_DEST_TABLE_EMPTY",
];

/// Those of them that a subscription has too.
const OF_A_SUBSCRIPTION: &[&str] = &[
    "CHECK_CONN_SRC",
    "CHECK_AUTH_SRC",
    "CHECK_SRC",
    "CHECK_SCHEMA_EXIST",
];

/// Further items where changes of a MySQL source are read from its binary log, with the variable that each looks
/// at, and the value that it needs (`None`: any but 0 or 1).
pub(crate) const BINLOG: &[(&str, &str, Option<&str>)] = &[
    ("CHECK_SERVER_ID", "server_id", None),
    ("CHECK_BINLOG_ON", "log_bin", Some("ON")),
    ("CHECK_BINLOG_MODE", "binlog_format", Some("ROW")),
    ("CHECK_BINLOG_ROW_IMAGE", "binlog_row_image", Some("FULL")),
    ("CHECK_BINLOG_EXIST", "binlog_files", Some("EXIST")),
];

/// Runs a precheck. Without fixtures everything passes.
pub(crate) fn run(
    configuration: &Configuration,
    fixtures: Option<&Fixtures>,
    shielded: &BTreeSet<String>,
) -> Vec<Item> {
    let reads_binlog = configuration.modes.increment
        && matches!(
            configuration.source.engine.to_ascii_uppercase().as_str(),
            "MYSQL" | "MARIADB" | "POLARDB"
        );
    let mut codes: Vec<&str> = ALWAYS.to_vec();
    if configuration.tracking.is_some() {
        // A subscription has no destination.
        codes.retain(|code| OF_A_SUBSCRIPTION.contains(code));
    }
    if reads_binlog {
        codes.extend(BINLOG.iter().map(|(code, ..)| *code));
    }
    let verdicts = fixtures
        .map(|fixtures| fixtures.precheck.as_slice())
        .unwrap_or_default();
    for verdict in verdicts {
        if !codes.contains(&verdict.item.as_str()) {
            codes.push(&verdict.item);
        }
    }
    let checker = fixtures.map(|fixtures| Checker::new(configuration, fixtures));
    codes
        .into_iter()
        .map(|code| {
            let verdict = verdicts.iter().find(|verdict| verdict.item == code);
            let outcome = match (verdict, &checker) {
                (Some(verdict), _) => decreed(verdict),
                (None, Some(checker)) => checker.check(code),
                (None, None) => Outcome::Success,
            };
            let shielded = shielded.contains(code);
            let outcome = match outcome {
                Outcome::Failed(finding) if shielded => Outcome::Warning(finding),
                outcome => outcome,
            };
            Item {
                code: code.to_owned(),
                outcome,
                shielded,
            }
        })
        .collect()
}

fn decreed(verdict: &fixtures::Verdict) -> Outcome {
    let text = |given: &str, default: &str| {
        if given.is_empty() {
            default.to_owned()
        } else {
            given.to_owned()
        }
    };
    let finding = Finding {
        error: verdict.item.replacen("CHECK_", "CHECK__ERROR_", 1),
        detail: text(&verdict.message, "The fixtures say so."),
        repair: text(&verdict.repair_method, "Change the fixtures."),
    };
    match verdict.state {
        VerdictState::Failed => Outcome::Failed(finding),
        VerdictState::Warning => Outcome::Warning(finding),
    }
}
