//! What a job moves: typed `database` blocks, or `db_list` as JSON, on the wire always one JSON text (`DbList`,
//! dts-api.md 5.1). DTS returns it reordered and with members of its own, so it is compared by meaning.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::framework::validate::is_certainly_set;
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, NestedBlock, Object, Path, Value};

/// Most bytes of a `DbList` (dts-api.md 2.2).
const MOST_BYTES: usize = 1 << 20;

/// The `database` block.
pub(super) fn database_block() -> NestedBlock {
    let table = Block::new("A table (or collection) to move. Without any, the whole database is moved.")
        .attribute(name("table").describe("Name at the source."))
        .attribute(new_name().describe("Name at the destination. Default: the same name."));
    let database = Block::new(
        "A database (or schema) to move. Becomes an entry of the API's `DbList`. Conflicts with `db_list`.",
    )
    .attribute(name("database").describe("Name at the source."))
    .attribute(new_name().describe("Name at the destination. Default: the same name."))
    .block(NestedBlock::list("table", table));
    NestedBlock::list("database", database)
}

fn name(_of: &str) -> Attribute {
    Attribute::string("name").required().check(Check::not_blank())
}

fn new_name() -> Attribute {
    Attribute::string("new_name").check(Check::not_blank())
}

/// The `db_list` attribute.
pub(super) fn db_list_attribute() -> Attribute {
    Attribute::string("db_list")
        .describe(
            "What to move as JSON, in the form of the API's `DbList`, for what `database` blocks cannot say. Compared by \
             meaning, not by text. Conflicts with `database`.",
        )
        .same_meaning(|one, other| match (one.as_str(), other.as_str()) {
            (Some(one), Some(other)) => same_text(one, other),
            _ => false,
        })
        .check(Check::new(|value| value.as_str().map_or(Ok(()), check_text)))
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

fn sections(entry: &Map<String, Json>) -> usize {
    entry
        .values()
        .filter(|value| value.as_object().is_some_and(|section| !section.is_empty()))
        .count()
}

/// A truth value, quoted or not: the API's own examples quote them.
fn truth(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(value) => Some(*value),
        Json::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// Exactly one of the two ways, each object once.
pub(super) fn validate(config: &Object, diagnostics: &mut Diagnostics) {
    let databases = config.get("database");
    let db_list = config.get("db_list");
    let has_blocks = !config.list("database").is_empty();
    if has_blocks && is_certainly_set(config, "db_list") {
        diagnostics.push(
            Diagnostic::error(
                "db_list cannot be set together with database blocks",
                "Both say what to move. Remove `db_list` or the `database` blocks.",
            )
            .at(Path::attribute("db_list")),
        );
    } else if !has_blocks && !databases.is_unknown() && db_list.is_null() {
        diagnostics.push(
            Diagnostic::error(
                "Nothing to move",
                "Say what the job moves: add at least one `database` block, or set `db_list`.",
            )
            .at(Path::attribute("database")),
        );
    }
    unique(
        config.list("database"),
        &Path::attribute("database"),
        "database",
        diagnostics,
    );
    for (index, database) in config
        .list("database")
        .iter()
        .filter_map(Value::as_map)
        .enumerate()
    {
        let at = Path::attribute("database").index(index).then("table");
        unique(database.list("table"), &at, "table", diagnostics);
    }
}

fn unique(blocks: &[Value], at: &Path, what: &str, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for (index, block) in blocks.iter().enumerate() {
        if let Some(name) = block.as_map().and_then(|block| block.str("name"))
            && !seen.insert(name)
        {
            diagnostics.push(
                Diagnostic::error(
                    format!("Two {what} blocks for {name:?}"),
                    format!("Each {what} has one block. Merge the two."),
                )
                .at(at.clone().index(index).then("name")),
            );
        }
    }
}

/// The `DbList` that the configuration or state says; `None` when it says nothing or not all is known yet.
pub(super) fn db_list(object: &Object) -> Option<String> {
    if let Some(text) = object.str("db_list") {
        return Some(text.to_owned());
    }
    let blocks = object.get("database");
    if !blocks.is_wholly_known() || object.list("database").is_empty() {
        return None;
    }
    let mut databases = Map::new();
    for database in object.list("database").iter().filter_map(Value::as_map) {
        let (name, mut entry) = named(database)?;
        let tables: Map<String, Json> = database
            .list("table")
            .iter()
            .filter_map(Value::as_map)
            .map(|table| {
                let (name, mut entry) = named(table)?;
                entry.insert("all".to_owned(), Json::Bool(true));
                Some((name, Json::Object(entry)))
            })
            .collect::<Option<_>>()?;
        entry.insert("all".to_owned(), Json::Bool(tables.is_empty()));
        if !tables.is_empty() {
            entry.insert("Table".to_owned(), Json::Object(tables));
        }
        databases.insert(name, Json::Object(entry));
    }
    Some(Json::Object(databases).to_string())
}

fn named(block: &Object) -> Option<(String, Map<String, Json>)> {
    let name = block.str("name")?;
    let new_name = block.str("new_name").unwrap_or(name);
    Some((
        name.to_owned(),
        Map::from_iter([("name".to_owned(), Json::from(new_name))]),
    ))
}

/// Whether two lists name the same objects.
pub(super) fn same_text(one: &str, other: &str) -> bool {
    match (
        serde_json::from_str::<Json>(one),
        serde_json::from_str::<Json>(other),
    ) {
        (Ok(Json::Object(one)), Ok(Json::Object(other))) => normal(&one) == normal(&other),
        _ => one == other,
    }
}

/// Entries with their defaults written out, without what DTS adds.
fn normal(entries: &Map<String, Json>) -> Map<String, Json> {
    entries
        .iter()
        .map(|(key, entry)| {
            let Json::Object(entry) = entry else {
                return (key.clone(), entry.clone());
            };
            let mut out = Map::new();
            for (member, value) in entry {
                match value {
                    _ if member == "state" || member == "all" => {}
                    Json::Object(inner) if inner.is_empty() => {}
                    Json::Object(inner) => {
                        out.insert(member.to_ascii_lowercase(), Json::Object(normal(inner)));
                    }
                    Json::Bool(value) => {
                        out.insert(member.clone(), Json::from(value.to_string()));
                    }
                    Json::Null => {}
                    value => {
                        out.insert(member.clone(), value.clone());
                    }
                }
            }
            let all = entry
                .get("all")
                .and_then(truth)
                .unwrap_or_else(|| sections(entry) == 0);
            out.insert("all".to_owned(), Json::Bool(all));
            out.entry("name").or_insert_with(|| Json::from(key.as_str()));
            (key.clone(), Json::Object(out))
        })
        .collect()
}

/// Brings the objects in `state` up to date with what DTS reports (`DbObject`). Where they mean the same, the user's own
/// form and order stay.
pub(super) fn read_back(state: &mut Object, reported: &str) {
    let Ok(Json::Object(theirs)) = serde_json::from_str::<Json>(reported) else {
        return;
    };
    if theirs.is_empty() || db_list(state).is_some_and(|mine| same_text(&mine, reported)) {
        return;
    }
    let as_blocks = if state.str("db_list").is_some() {
        None
    } else {
        blocks(&theirs, state.list("database"), true)
    };
    match as_blocks {
        Some(blocks) => state.set("database", blocks),
        None => {
            state.set("database", Vec::<Value>::new());
            state.set("db_list", Json::Object(without_state(&theirs)).to_string());
        }
    }
}

fn without_state(entries: &Map<String, Json>) -> Map<String, Json> {
    let clean = entries
        .iter()
        .filter(|(key, _)| *key != "state")
        .map(|(key, value)| match value {
            Json::Object(inner) => (key.clone(), Json::Object(without_state(inner))),
            value => (key.clone(), value.clone()),
        });
    clean.collect()
}

/// The entries as blocks, those that are already there in their order; `None` when blocks cannot say all of it.
/// `databases`: whether these are databases, which have tables.
fn blocks(entries: &Map<String, Json>, before: &[Value], databases: bool) -> Option<Vec<Value>> {
    let sayable = |key: &str| match key.to_ascii_lowercase().as_str() {
        "name" | "all" | "state" => true,
        "table" => databases,
        _ => false,
    };
    let mut order: Vec<&str> = before
        .iter()
        .filter_map(|block| block.as_map()?.str("name"))
        .collect();
    order.retain(|name| entries.contains_key(*name));
    order.extend(entries.keys().map(String::as_str).filter(|name| {
        !before.iter().any(|block| {
            block
                .as_map()
                .is_some_and(|block| block.str("name") == Some(name))
        })
    }));
    order
        .into_iter()
        .map(|name| {
            let entry = entries.get(name)?.as_object()?;
            if !entry.keys().all(|key| sayable(key)) {
                return None;
            }
            let old = before
                .iter()
                .filter_map(Value::as_map)
                .find(|block| block.str("name") == Some(name));
            let new_name = entry.get("name").and_then(Json::as_str).unwrap_or(name);
            let written = new_name != name || old.is_some_and(|old| old.str("new_name").is_some());
            let mut block = Object::new()
                .with("name", name)
                .with("new_name", written.then_some(new_name));
            let tables = section(entry, "table");
            let all = entry.get("all").and_then(truth).unwrap_or(sections(entry) == 0);
            if all == tables.is_some_and(|tables| !tables.is_empty()) {
                return None;
            }
            if databases {
                let old_tables = old.map(|old| old.list("table")).unwrap_or_default();
                block.set(
                    "table",
                    tables.map_or(Some(Vec::new()), |tables| blocks(tables, old_tables, false))?,
                );
            }
            Some(Value::Map(block))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table(name: &str, new_name: Option<&str>) -> Value {
        Value::from(Object::new().with("name", name).with("new_name", new_name))
    }

    fn seed() -> Object {
        let database = Object::new()
            .with("name", "dtsdb")
            .with("new_name", "dtsdb_1")
            .with("table", Value::List(vec![table("person", Some("person"))]));
        Object::new().with("database", vec![database])
    }

    #[test]
    fn blocks_become_the_list_of_the_seed() {
        let text = db_list(&seed()).unwrap();
        let expected = json!({"dtsdb": {"name": "dtsdb_1", "all": false, "Table": {"person": {"name": "person", "all": true}}}});
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), expected);
        // As the seed's page writes it, with quoted truth values.
        assert!(same_text(
            &text,
            r#"{"dtsdb":{"name":"dtsdb_1","all":"false","Table":{"person":{"name":"person","all":"true"}}}}"#
        ));
    }

    #[test]
    fn a_database_without_tables_is_whole() {
        let whole = Object::new().with("database", vec![Object::new().with("name", "a")]);
        assert_eq!(db_list(&whole).unwrap(), r#"{"a":{"all":true,"name":"a"}}"#);
        let unknown = Object::new().with("database", vec![Object::new().with("name", Value::Unknown)]);
        assert_eq!(db_list(&unknown), None);
    }

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
            (r#"{"a":{}}"#, r#"{"a":{"name":"b"}}"#, false),
            (r#"{"a":{}}"#, r#"{"a":{"Table":{"t":{}}}}"#, false),
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
    fn reading_back_keeps_what_means_the_same_and_shows_what_differs() {
        let mut state = seed();
        read_back(
            &mut state,
            r#"{"dtsdb":{"all":false,"state":"normal","name":"dtsdb_1","Table":{"person":{"state":"normal","name":"person","all":true}}}}"#,
        );
        assert_eq!(state, seed());
        read_back(
            &mut state,
            r#"{"dtsdb":{"name":"dtsdb_1","all":false,"Table":{"orders":{"name":"orders","all":true},"person":{"name":"person","all":true}}}}"#,
        );
        let tables = state.list("database")[0].as_map().unwrap().list("table").to_vec();
        assert_eq!(tables, [table("person", Some("person")), table("orders", None)]);
        // What blocks cannot say is told as db_list.
        read_back(
            &mut state,
            r#"{"dtsdb":{"all":false,"Table":{"person":{"filter":"id>1","all":true}}}}"#,
        );
        assert!(state.list("database").is_empty() && state.str("db_list").unwrap().contains("filter"));
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
        ] {
            let problem = check_text(text).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
        assert_eq!(check_text(r#"{"a":{"all":"false","Table":{"t":{}}}}"#), Ok(()));
        assert_eq!(check_text(r#"{"a":{"all":false,"View":{"v":{}}}}"#), Ok(()));
    }

    #[test]
    fn exactly_one_way_and_each_object_once() {
        let check = |config: Object, path: &str, part: &str| {
            let mut diagnostics = Diagnostics::new();
            validate(&config, &mut diagnostics);
            let found: Vec<_> = diagnostics.into_iter().collect();
            assert_eq!(found.len(), usize::from(!part.is_empty()), "{found:?}");
            for diagnostic in found {
                assert_eq!(diagnostic.path.unwrap().to_string(), path);
                assert!(diagnostic.summary.contains(part), "{}", diagnostic.summary);
            }
        };
        check(seed(), "", "");
        check(Object::new(), "database", "Nothing to move");
        check(seed().with("db_list", "{}"), "db_list", "together");
        check(Object::new().with("db_list", Value::Unknown), "", "");
        check(Object::new().with("database", Value::Unknown), "", "");
        let twice = Object::new().with("name", "a");
        check(
            Object::new().with("database", vec![twice.clone(), twice]),
            "database[1].name",
            "Two database",
        );
    }
}
