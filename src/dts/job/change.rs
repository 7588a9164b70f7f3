//! What differs between a job and its plan, as far as it decides which calls are needed.

use super::keys;
use super::options::{FIXED, Notice, moves_cluster, new_parameters};
use super::skip::RECHECK;
use crate::dts::endpoint::{self, Side};
use crate::dts::{db_list, objects, reserve};
use crate::framework::import::IMPORTED;
use crate::framework::private::Private;
use crate::framework::{Object, Path, Value};

/// What decides, beside the two states.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// The job was imported and never changed since: what cannot be read back is taken over, not changed.
    pub(super) imported: bool,
    /// A precheck passed with warnings that are to be errors: it has to run again.
    pub(super) recheck: bool,
    /// Source and destination: whether the configuration gives the password that the state has; `None` while unknown.
    same_password: [Option<bool>; 2],
    /// Source and destination: whether the configuration gives a password, which may be write-only and so in no plan.
    has_password: [bool; 2],
}

impl Facts {
    /// Of a change from `prior` to what `config` says.
    pub(super) fn of(private: &Private, prior: &Object, config: &Object) -> Facts {
        Facts {
            imported: private.is_set(IMPORTED),
            recheck: private.is_set(RECHECK),
            same_password: Side::BOTH.map(|side| endpoint::same_password(side, prior, config)),
            has_password: Side::BOTH.map(|side| endpoint::has_password(side, config)),
        }
    }
}

/// What differs of what a job is configured with.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) name: bool,
    pub(super) passwords: Vec<Side>,
    pub(super) password_gone: Option<Side>,
    /// Of an imported job, whose passwords nobody can read: taken to be those that it has.
    pub(super) taken_passwords: Vec<Side>,
    /// To another dedicated cluster.
    pub(super) cluster: bool,
    pub(super) du_limit: bool,
    pub(super) notices: Vec<Notice>,
    /// Settings of modules are added or changed.
    pub(super) parameters: bool,
    /// Another database at these ends, which a job that has run can be given too: the argument, and whether its account changes.
    pub(super) exchanged: Vec<(Side, &'static str, bool)>,
    /// Another account of the same database, whose password is set along with it.
    user: bool,
    fixed: Option<&'static str>,
    endpoint: Option<(Side, &'static str)>,
    objects: bool,
    reserve: bool,
    /// Whether settings are added or changed, and not only taken away.
    settings: bool,
}

const FLAGS: [&str; 3] = [
    "structure_initialization",
    "data_initialization",
    "data_synchronization",
];

const DECIDING: [&str; 15] = [
    "dts_job_name",
    "job_type",
    "synchronization_direction",
    "db_list",
    "database",
    "precheck",
    "dedicated_cluster_id",
    "du_limit",
    "job_parameters",
    "delay_notice",
    "delay_phone",
    "delay_rule_time",
    "error_notice",
    "error_phone",
    "reserve",
];

/// Which part of the configuration differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Objects,
    Reserve,
    ObjectsAndReserve,
    More,
}

impl Change {
    /// `None` while a value that decides is unknown.
    pub(super) fn between(prior: &Object, planned: &Object, facts: Facts) -> Option<Change> {
        let blocks = Side::BOTH.map(Side::block);
        let deciding = FIXED.iter().chain(&DECIDING).chain(&blocks);
        if !keys::are_known(planned)
            || !deciding
                .into_iter()
                .all(|name| planned.get(name).is_wholly_known())
        {
            return None;
        }
        let (old_keys, new_keys) = (keys::all(prior), keys::all(planned));
        // DTS tells no more of an imported job than what is read of any.
        let taken_over = |old: &Value, new: &Value| facts.imported && (old.is_null() || new.is_null());
        let mut change = Change {
            name: prior.get("dts_job_name") != planned.get("dts_job_name"),
            fixed: FIXED.into_iter().find(|name| {
                let (old, new) = (prior.get(name), planned.get(name));
                old != new && (FLAGS.contains(name) || !taken_over(old, new))
            }),
            reserve: !(reserve::same_meaning(&old_keys, &new_keys)
                || facts.imported && has_reserve(prior, planned)),
            cluster: moves_cluster(prior, planned),
            du_limit: {
                let (old, new) = (prior.get("du_limit"), planned.get("du_limit"));
                old != new && !new.is_null() && !taken_over(old, new)
            },
            notices: Notice::BOTH
                .into_iter()
                .filter(|notice| notice.differs(prior, planned))
                .collect(),
            parameters: !new_parameters(prior, planned).is_empty(),
            ..Change::default()
        };
        let cluster = "dedicated_cluster_id";
        let (old, new) = (prior.get(cluster), planned.get(cluster));
        if !change.cluster && old != new && !taken_over(old, new) && change.fixed.is_none() {
            change.fixed = Some(cluster);
        }
        change.settings = change.reserve && reserve::says_more(&old_keys, &new_keys);
        change.objects = match (objects::db_list(prior), objects::db_list(planned)) {
            (Some(old), Some(new)) => !db_list::same_text(&old, &new),
            (old, new) => old != new,
        };
        for (index, side) in Side::BOTH.into_iter().enumerate() {
            let nothing = Object::new();
            let old = prior.object(side.block()).unwrap_or(&nothing);
            let new = planned.object(side.block()).unwrap_or(&nothing);
            let mut differing = endpoint::differing(side, prior, planned);
            // What DTS does not tell of an imported job is taken over.
            differing
                .retain(|name| !(facts.imported && (old.get(name).is_null() || new.get(name).is_null())));
            let user = differing.contains(&"user_name");
            let has_password = facts.has_password[index];
            let exchangeable =
                endpoint::is_exchangeable(side, &differing, planned) && (!user || has_password);
            // Another account of the same database comes with its password.
            let only_user = differing == ["user_name"] && has_password;
            match differing.first() {
                Some(_) if only_user => change.user = true,
                Some(name) if exchangeable => change.exchanged.push((side, name, user)),
                Some(name) if change.endpoint.is_none() => change.endpoint = Some((side, name)),
                _ => {}
            }
            let had = !old.get("password").is_null() || !old.get("password_wo_version").is_null();
            if only_user {
                change.passwords.push(side);
            } else if endpoint::password_differs(side, prior, planned) {
                match (had, facts.has_password[index]) {
                    (true, true) if facts.same_password[index]? => {}
                    // Nothing is known of the password that is there: it is taken to be the one that is configured.
                    (false, true) if facts.imported => change.taken_passwords.push(side),
                    (true, false) if change.password_gone.is_none() => change.password_gone = Some(side),
                    (_, true) => change.passwords.push(side),
                    _ => {}
                }
            }
        }
        Some(change)
    }

    /// For a new configuration, which says all settings.
    pub(super) fn configuration(&self) -> Option<Part> {
        self.part(self.user || !self.exchanged.is_empty(), self.reserve)
    }

    /// For a change of a job that has started, which takes no settings away. `ended`: nothing can be exchanged any more.
    pub(super) fn modification(&self, ended: bool) -> Option<Part> {
        self.part(ended && (self.user || !self.exchanged.is_empty()), self.settings)
    }

    fn part(&self, another: bool, reserve: bool) -> Option<Part> {
        match (
            self.fixed.is_some() || self.endpoint.is_some() || another,
            self.objects,
            reserve,
        ) {
            (true, _, _) => Some(Part::More),
            (false, true, true) => Some(Part::ObjectsAndReserve),
            (false, true, false) => Some(Part::Objects),
            (false, false, true) => Some(Part::Reserve),
            (false, false, false) => None,
        }
    }

    /// The attribute to blame for a replacement.
    pub(super) fn path(&self, prior: &Object, planned: &Object) -> Path {
        let exchanged = self.exchanged.first().map(|(side, name, _)| (*side, *name));
        let user = self
            .passwords
            .first()
            .filter(|_| self.user)
            .map(|side| (*side, "user_name"));
        match (self.fixed, self.endpoint.or(exchanged).or(user)) {
            (Some(fixed), _) => Path::attribute(fixed),
            (None, Some((side, name))) => Path::attribute(side.block()).then(name),
            (None, None) if self.reserve && !self.objects => keys::changed(prior, planned),
            // Where the list is written now, rather than where it was.
            (None, None) => ["db_list", "database"]
                .into_iter()
                .find(|name| prior.get(name) != planned.get(name) && !planned.get(name).is_null())
                .map_or_else(|| Path::attribute("status"), Path::attribute),
        }
    }
}

/// Where an error about a change at `path` is shown: Terraform has a line for an argument, none for a block as a whole.
pub(super) fn blamed(path: Path, prior: &Object, planned: &Object) -> Path {
    if path == Path::attribute("database") {
        blamed_block(path, "database", prior, planned)
    } else {
        path
    }
}

/// The argument that differs in the first of the blocks `name` that does; the last block when one was taken away after it.
fn blamed_block(at: Path, name: &str, prior: &Object, planned: &Object) -> Path {
    let (old, new) = (prior.list(name), planned.list(name));
    let differs = |index: &usize| old.get(*index) != new.get(*index);
    let Some(index) = (0..new.len()).find(differs).or(new.len().checked_sub(1)) else {
        return at;
    };
    let at = at.index(index);
    let body = |blocks: &[Value]| {
        blocks
            .get(index)
            .and_then(Value::as_map)
            .cloned()
            .unwrap_or_default()
    };
    let (old, new) = (body(old), body(new));
    if old.get("name") == new.get("name") && old.get("new_name") != new.get("new_name") {
        return at.then("new_name");
    }
    at.then("name")
}

/// Whether DTS has all the settings that the configuration of an imported job says.
pub(super) fn has_reserve(prior: &Object, planned: &Object) -> bool {
    matches!((keys::all(prior).as_str(), keys::all(planned).as_str()), (Some(old), Some(new)) if reserve::contains(old, new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_block_is_blamed_at_a_line_of_it() {
        let block = |name: &str, new_name: &str, tables: &[&str]| {
            let tables: Vec<Object> = tables
                .iter()
                .map(|name| Object::new().with("name", *name))
                .collect();
            Object::new()
                .with("name", name)
                .with("new_name", new_name)
                .with("table", tables)
        };
        let of = |blocks: &[Object]| Object::new().with("database", blocks.to_vec());
        let (a, b) = (block("a", "a", &["t", "u"]), block("b", "b", &[]));
        let prior = of(&[a.clone(), b.clone()]);
        for (planned, expected) in [
            (of(&[a.clone(), block("c", "b", &[])]), "database[1].name"),
            (of(&[a.clone(), block("b", "c", &[])]), "database[1].new_name"),
            (of(&[block("a", "a", &["t", "v"]), b.clone()]), "database[0].name"),
            (of(&[block("a", "a", &["t"]), b.clone()]), "database[0].name"),
            (of(&[block("a", "a", &[]), b.clone()]), "database[0].name"),
            (
                of(&[a.clone(), b.clone(), block("c", "c", &[])]),
                "database[2].name",
            ),
            (of(&[a]), "database[0].name"),
            (of(&[]), "database"),
        ] {
            let found = blamed(Path::attribute("database"), &prior, &planned);
            assert_eq!(found.to_string(), expected);
        }
        assert_eq!(
            blamed(Path::attribute("reserve"), &prior, &prior).to_string(),
            "reserve"
        );
    }
}
