//! What differs between a subscription and its plan, as far as it decides which calls are needed.

use super::schema::{ANEW, NOTICES};
use crate::dts::endpoint::{self, Side};
use crate::dts::{db_list, objects, reserve};
use crate::framework::{Object, Path, Value};

const SIDE: Side = Side::Subscribed;

/// What decides, beside the two states.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// The subscription was imported and never changed since: what cannot be read back is taken over, not changed.
    pub(super) imported: bool,
    /// Whether the configuration gives the password that the state has; `None` while unknown.
    same_password: Option<bool>,
    /// Whether the configuration gives a password, which may be write-only and so in no plan.
    has_password: bool,
}

impl Facts {
    /// Of a change from `prior` to what `config` says.
    pub(super) fn of(imported: bool, prior: &Object, config: &Object) -> Facts {
        Facts {
            imported,
            same_password: endpoint::same_password(SIDE, prior, config),
            has_password: endpoint::has_password(SIDE, config),
        }
    }
}

/// What became of the password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Password {
    #[default]
    Same,
    Other,
    /// Of an imported subscription, whose password nobody can read: taken to be the one that it has.
    Taken,
    /// The configuration gives none any more.
    Gone,
}

/// What differs of what a subscription is configured with.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) name: bool,
    pub(super) password: Password,
    /// What only a new configuration can change.
    pub(super) anew: Option<Path>,
    /// What `ModifySubscription` changes; settings that are only taken away are not in it.
    pub(super) modified: Option<Path>,
    /// Whether settings are taken away, which only a new configuration does.
    pub(super) reserve: bool,
    /// The types of the alarms that are said otherwise.
    pub(super) rules: Vec<&'static str>,
}

impl Change {
    /// `None` while a value that decides is unknown.
    pub(super) fn between(prior: &Object, planned: &Object, facts: Facts) -> Option<Change> {
        let notices = NOTICES.into_iter().flat_map(|(_, names)| names.iter().copied());
        let others = [
            "dts_job_name",
            "reserve",
            "db_list",
            "database",
            "subscription_data_type_ddl",
            "subscription_data_type_dml",
            SIDE.block(),
        ];
        let mut deciding = ANEW.into_iter().chain(others).chain(notices);
        if !deciding.all(|name| planned.get(name).is_wholly_known()) {
            return None;
        }
        let differs = |name: &str| prior.get(name) != planned.get(name);
        let reserve = !(reserve::same_meaning(prior.get("reserve"), planned.get("reserve"))
            || facts.imported && has_reserve(prior, planned));
        Some(Change {
            name: differs("dts_job_name"),
            password: password(prior, planned, facts)?,
            anew: anew(prior, planned, facts),
            modified: modified(prior, planned, reserve),
            reserve,
            rules: NOTICES
                .into_iter()
                // An import brings along what a `dts_monitor_rule` may be for.
                .filter(|(_, names)| !(facts.imported && planned.get(names[0]).is_null()))
                .filter(|(_, names)| names.iter().any(|name| differs(name)))
                .map(|(kind, _)| kind)
                .collect(),
        })
    }

    /// Whether anything differs that `ConfigureSubscription` alone says, before a subscription has started.
    pub(super) fn configuration(&self) -> bool {
        self.anew.is_some() || self.modified.is_some() || self.reserve
    }

    /// The attribute to blame.
    pub(super) fn path(&self) -> Path {
        self.anew
            .clone()
            .or_else(|| self.modified.clone())
            .unwrap_or_else(|| Path::attribute("status"))
    }
}

fn password(prior: &Object, planned: &Object, facts: Facts) -> Option<Password> {
    if !endpoint::password_differs(SIDE, prior, planned) {
        return Some(Password::Same);
    }
    let old = prior.object(SIDE.block()).cloned().unwrap_or_default();
    let had = !old.get("password").is_null() || !old.get("password_wo_version").is_null();
    Some(match (had, facts.has_password) {
        (true, true) if facts.same_password? => Password::Same,
        // Nothing is known of the password that is there: it is taken to be the one that is configured.
        (false, true) if facts.imported => Password::Taken,
        (_, true) => Password::Other,
        (true, false) => Password::Gone,
        (false, false) => Password::Same,
    })
}

fn anew(prior: &Object, planned: &Object, facts: Facts) -> Option<Path> {
    // What an import did not find, or the configuration does not say of it, is as it is.
    let counts = |old: &Object, new: &Object, name: &str| {
        let (old, new) = (old.get(name), new.get(name));
        old != new && !(facts.imported && (old.is_null() || new.is_null()))
    };
    let (nothing, block) = (Object::new(), SIDE.block());
    let old = prior.object(block).unwrap_or(&nothing);
    let new = planned.object(block).unwrap_or(&nothing);
    let mut names = endpoint::IDENTITY.into_iter().chain(endpoint::ACCOUNT);
    let of_source = names.find(|name| counts(old, new, name));
    of_source
        .map(|name| Path::attribute(block).then(name))
        .or_else(|| {
            let name = ANEW.into_iter().find(|name| counts(prior, planned, name))?;
            Some(Path::attribute(name))
        })
}

fn modified(prior: &Object, planned: &Object, reserve: bool) -> Option<Path> {
    let same_objects = match (objects::db_list(prior), objects::db_list(planned)) {
        (Some(old), Some(new)) => db_list::same_text(&old, &new),
        (old, new) => old == new,
    };
    if !same_objects {
        let written = ["db_list", "database"].into_iter().find(|name| {
            prior.get(name) != planned.get(name)
                && !planned.get(name).is_null()
                && (*name == "db_list" || !planned.list(name).is_empty())
        });
        return Some(match written {
            Some("db_list") => Path::attribute("db_list"),
            _ => blamed(
                Path::attribute("database"),
                prior.list("database"),
                planned.list("database"),
            ),
        });
    }
    let flag = ["subscription_data_type_ddl", "subscription_data_type_dml"]
        .into_iter()
        .find(|name| prior.get(name) != planned.get(name));
    flag.map(Path::attribute).or_else(|| {
        let more = reserve && reserve::says_more(prior.get("reserve"), planned.get("reserve"));
        more.then(|| Path::attribute("reserve"))
    })
}

/// Terraform has a line for an argument, none for a block as a whole, nor for an element of a set as its tables are: the name of the
/// first database that differs, or of the last one when one was taken away after it.
fn blamed(at: Path, old: &[Value], new: &[Value]) -> Path {
    let differs = |index: &usize| old.get(*index) != new.get(*index);
    match (0..new.len()).find(differs).or(new.len().checked_sub(1)) {
        Some(index) => at.index(index).then("name"),
        None => at,
    }
}

/// Whether DTS has all the settings that the configuration of an imported subscription says.
pub(super) fn has_reserve(prior: &Object, planned: &Object) -> bool {
    matches!((prior.str("reserve"), planned.str("reserve")), (Some(old), Some(new)) if reserve::contains(old, new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_block_is_blamed_at_a_line_of_it() {
        let block = |name: &str, tables: &[&str]| {
            let tables: Vec<Object> = tables
                .iter()
                .map(|name| Object::new().with("name", *name))
                .collect();
            Value::from(Object::new().with("name", name).with("table", tables))
        };
        let prior = [block("a", &["t", "u"]), block("b", &[])];
        for (planned, expected) in [
            (vec![prior[0].clone(), block("c", &[])], "database[1].name"),
            (
                vec![block("a", &["t", "v"]), prior[1].clone()],
                "database[0].name",
            ),
            (vec![block("a", &["t"]), prior[1].clone()], "database[0].name"),
            (vec![block("a", &[]), prior[1].clone()], "database[0].name"),
            (vec![prior[0].clone()], "database[0].name"),
            (vec![], "database"),
        ] {
            let found = blamed(Path::attribute("database"), &prior, &planned);
            assert_eq!(found.to_string(), expected);
        }
    }
}
