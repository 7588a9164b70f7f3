//! The JSON text that names what a job moves, on the wire and in `db_list` (`DbList`, dts-api.md 5.1). DTS returns it
//! reordered and with members of its own, so it is compared by meaning.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use crate::framework::Number;

/// Most bytes of a `DbList` (dts-api.md 2.2).
pub(super) const MOST_BYTES: usize = 1 << 20;

/// Kinds of objects beside tables, each a member of a database's entry (dts-api.md 5.1).
pub(super) const KINDS: [&str; 15] = [
    "View",
    "Synonym",
    "Procedure",
    "Function",
    "Type",
    "Rule",
    "Default",
    "Plan",
    "Package",
    "Sequence",
    "Domain",
    "Aggregate",
    "Operator",
    "Extension",
    "Job",
];

/// JSON in which no object has a key twice, which a parser would not tell.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Once, D::Error> {
        deserializer.deserialize_any(Once)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_str<E>(self, _: &str) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Once, A::Error> {
        while items.next_element::<Once>()?.is_some() {}
        Ok(Once)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Once, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("It has {key:?} twice in one object")));
            }
            seen.insert(key);
            members.next_value::<Once>()?;
        }
        Ok(Once)
    }
}

/// What is wrong with a `db_list`, and what to write instead.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    const HOW: &str = "Write for example jsonencode({ dtsdb = { name = \"dtsdb\", all = true } }).";
    if text.len() > MOST_BYTES {
        return Err(format!(
            "It has {} bytes; DTS takes {MOST_BYTES} at most.",
            text.len()
        ));
    }
    let databases = match serde_json::from_str::<Json>(text) {
        Ok(Json::Object(map)) => map,
        Ok(_) => return Err(format!("It is JSON, but no object of databases. {HOW}")),
        Err(error) => return Err(format!("It is no JSON ({error}). {HOW}")),
    };
    if databases.is_empty() {
        return Err(format!("It names no database. {HOW}"));
    }
    if let Err(twice) = serde_json::from_str::<Once>(text) {
        return Err(format!(
            "{twice}. Whoever reads it takes one of the two. Write each name once."
        ));
    }
    for (database, entry) in &databases {
        if database.is_empty() {
            return Err(format!("It has a database without a name. {HOW}"));
        }
        let Json::Object(entry) = entry else {
            return Err(format!("The entry of database {database:?} is no object. {HOW}"));
        };
        check_name(&format!("database {database:?}"), entry)?;
        if let Some((section, _)) = entry
            .iter()
            .find(|(key, value)| key.eq_ignore_ascii_case("table") && !value.is_object())
        {
            return Err(format!(
                "`{section}` of database {database:?} is no object. Write for example \
                 Table = {{ person = {{ name = \"person\", all = true }} }}."
            ));
        }
        let tables = section(entry, "table");
        match (entry.get("all").and_then(truth), tables.map_or(0, Map::len)) {
            (None, _) if entry.contains_key("all") => {
                return Err(format!(
                    "`all` of database {database:?} is neither true nor false. Write one of the two."
                ));
            }
            (Some(true), 1..) => {
                return Err(format!(
                    "Database {database:?} has `all = true` and a list of tables. Set `all = false`, or remove the tables."
                ));
            }
            // DTS does not take a missing `all` for true.
            (Some(false) | None, 0) if sections(entry) == 0 => {
                return Err(format!(
                    "Database {database:?} has neither `all = true` nor a `Table`. Set `all = true`, or list the tables."
                ));
            }
            _ => {}
        }
        for (table, entry) in tables.into_iter().flatten() {
            let Json::Object(entry) = entry else {
                return Err(format!(
                    "The entry of table {table:?} in database {database:?} is no object. Write for example \
                     {{ name = {table:?}, all = true }}."
                ));
            };
            check_name(&format!("table {table:?} in database {database:?}"), entry)?;
            for (column, entry) in section(entry, "column").into_iter().flatten() {
                if let Json::Object(entry) = entry {
                    check_name(
                        &format!("column {column:?} of table {table:?} in database {database:?}"),
                        entry,
                    )?;
                }
            }
        }
        // Views, procedures and what else there is, listed under their kind.
        for (kind, listed) in entry {
            let of_kind = listed.as_object().filter(|_| !kind.eq_ignore_ascii_case("table"));
            for (name, entry) in of_kind.into_iter().flatten() {
                if let Json::Object(entry) = entry {
                    check_name(&format!("{kind} {name:?} in database {database:?}"), entry)?;
                }
            }
        }
    }
    Ok(())
}

/// The name at the destination, where it is given.
fn check_name(of: &str, entry: &Map<String, Json>) -> Result<(), String> {
    match entry.get("name") {
        None | Some(Json::Null) => Ok(()),
        Some(Json::String(name)) if !name.is_empty() => Ok(()),
        Some(Json::String(_)) => Err(format!(
            "`name` of {of} is empty. Write its name at the destination, or leave it out for the same name."
        )),
        Some(_) => Err(format!(
            "`name` of {of} is no text. Write its name at the destination, in quotes."
        )),
    }
}

fn section<'a>(entry: &'a Map<String, Json>, name: &str) -> Option<&'a Map<String, Json>> {
    entry
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .and_then(|(_, value)| value.as_object())
}

/// How many sections an entry has that name something.
pub(super) fn sections(entry: &Map<String, Json>) -> usize {
    entry
        .values()
        .filter(|value| value.as_object().is_some_and(|section| !section.is_empty()))
        .count()
}

/// A truth value, quoted or not: the API's own examples quote them.
pub(super) fn truth(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(value) => Some(*value),
        Json::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// Whether two lists name the same objects.
pub(super) fn same_text(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    match (
        serde_json::from_str::<Json>(one),
        serde_json::from_str::<Json>(other),
    ) {
        (Ok(Json::Object(one)), Ok(Json::Object(other))) => same_entries(&one, &other),
        _ => false,
    }
}

fn same_entries(one: &Map<String, Json>, other: &Map<String, Json>) -> bool {
    let same =
        |(key, entry): (&String, &Json)| other.get(key).is_some_and(|there| same_entry(key, entry, there));
    one.len() == other.len() && one.iter().all(same)
}

/// With defaults as if they were written out, and without what DTS adds.
fn same_entry(key: &str, one: &Json, other: &Json) -> bool {
    let (Json::Object(one), Json::Object(other)) = (one, other) else {
        return same_plain(one, other);
    };
    let all = |entry: &Map<String, Json>| {
        entry
            .get("all")
            .and_then(truth)
            .unwrap_or_else(|| sections(entry) == 0)
    };
    let is_name = |entry: &Map<String, Json>, name: &str| match entry.get("name") {
        None | Some(Json::Null) => name == key,
        Some(there) => there.as_str() == Some(name),
    };
    let same_name = match one.get("name") {
        None | Some(Json::Null) => is_name(other, key),
        Some(Json::String(name)) => is_name(other, name),
        Some(odd) => other.get("name") == Some(odd),
    };
    let same = |(member, value): (&String, &Json)| match (value, counterpart(other, member)) {
        (Json::String(one), Some(Json::String(other))) if LISTED.contains(&member.as_str()) => {
            same_listed(one, other)
        }
        (Json::Object(one), Some(Json::Object(other))) => same_entries(one, other),
        (Json::Bool(one), Some(other)) => truth(other) == Some(*one),
        (one, Some(Json::Bool(other))) => truth(one) == Some(*other),
        (one, other) => other.is_some_and(|other| same_plain(one, other)),
    };
    same_name && all(one) == all(other) && said(one).count() == said(other).count() && said(one).all(same)
}

/// Members that are a list with commas, whose order means nothing (dts-api.md 5.1).
const LISTED: [&str; 2] = ["dml_op", "ddl_op"];

fn same_listed(one: &str, other: &str) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(',').map(|word| word.trim().to_ascii_lowercase());
        words.collect()
    };
    one == other || words(one) == words(other)
}

/// The same JSON, with numbers by what they are worth: Terraform writes them in its own way.
fn same_plain(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => {
            one == other
                || Number::parse(&one.to_string())
                    .is_some_and(|one| Number::parse(&other.to_string()) == Some(one))
        }
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_plain(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let same = |(key, one)| other.get(key).is_some_and(|other| same_plain(one, other));
            one.len() == other.len() && one.iter().all(same)
        }
        (one, other) => one == other,
    }
}

/// What an entry says beside its name and whether it is whole.
fn said(entry: &Map<String, Json>) -> impl Iterator<Item = (&String, &Json)> {
    entry.iter().filter(|(member, value)| {
        !matches!(member.as_str(), "state" | "all" | "name")
            && !value.is_null()
            && !value.as_object().is_some_and(Map::is_empty)
    })
}

/// The same member, or the same section in other letters.
fn counterpart<'a>(entry: &'a Map<String, Json>, member: &str) -> Option<&'a Json> {
    entry.get(member).or_else(|| {
        let mut alike = entry
            .iter()
            .filter(|(name, value)| value.is_object() && name.eq_ignore_ascii_case(member));
        alike.next().map(|(_, value)| value)
    })
}

/// Without the states that DTS adds.
pub(super) fn without_state(entries: &Map<String, Json>) -> Map<String, Json> {
    let clean = entries
        .iter()
        .filter(|(key, _)| *key != "state")
        .map(|(key, value)| match value {
            Json::Object(inner) => (key.clone(), Json::Object(without_state(inner))),
            value => (key.clone(), value.clone()),
        });
    clean.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meaning_counts_not_text() {
        for (one, other, same) in [
            (
                r#"{"a":{}}"#,
                r#"{"a":{"name":"a","all":true,"state":"normal"}}"#,
                true,
            ),
            (
                r#"{"a":{"table":{"t":{}}}}"#,
                r#"{"a":{"all":"false","Table":{"t":{"all":"true","state":"normal"}}}}"#,
                true,
            ),
            (r#"{"a":{},"b":{}}"#, r#"{"b":{},"a":{}}"#, true),
            (
                r#"{"a":{"dml_op":"insert,update"}}"#,
                r#"{"a":{"dml_op":"UPDATE, insert"}}"#,
                true,
            ),
            (
                r#"{"a":{"ddl_op":"insert"}}"#,
                r#"{"a":{"ddl_op":"insert,update"}}"#,
                false,
            ),
            (r#"{"a":{"filter":"a,b"}}"#, r#"{"a":{"filter":"b,a"}}"#, false),
            (r#"{"a":{}}"#, r#"{"a":{"name":"b"}}"#, false),
            (r#"{"a":{}}"#, r#"{"a":{"Table":{"t":{}}}}"#, false),
            (
                r#"{"a":{"all":true,"x":[1.0,{"y":1e2}]}}"#,
                r#"{"a":{"all":true,"x":[1,{"y":100}]}}"#,
                true,
            ),
            (
                r#"{"a":{"all":true,"x":1.01}}"#,
                r#"{"a":{"all":true,"x":1}}"#,
                false,
            ),
            (
                r#"{"a":{"Table":{"t":{"filter":"id>1"}}}}"#,
                r#"{"a":{"Table":{"t":{}}}}"#,
                false,
            ),
        ] {
            assert_eq!(same_text(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn bad_lists_say_what_to_write() {
        for (text, part) in [
            ("{", "no JSON"),
            ("[]", "no object"),
            ("{}", "no database"),
            (r#"{"a":1}"#, "\"a\""),
            (r#"{"a":{"all":false}}"#, "nor a `Table`"),
            (r#"{"a":{}}"#, "nor a `Table`"),
            (r#"{"a":{"all":true,"Table":{"t":{}}}}"#, "all = false"),
            (r#"{"a":{"all":"perhaps"}}"#, "neither true nor false"),
            (r#"{"a":{"all":false,"Table":{"t":1}}}"#, "\"t\""),
            (
                r#"{"a":{"all":false,"Table":{"t":{"column":{"c":{"name":{}}}}}}}"#,
                "is no text",
            ),
            (r#"{"a":{"all":false,"View":{"v":{"name":5}}}}"#, "is no text"),
        ] {
            let problem = check_text(text).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
        assert_eq!(check_text(r#"{"a":{"all":"false","Table":{"t":{}}}}"#), Ok(()));
        assert_eq!(check_text(r#"{"a":{"all":false,"View":{"v":{}}}}"#), Ok(()));
    }
}
