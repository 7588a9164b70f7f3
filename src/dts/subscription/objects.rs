//! What a subscription follows: the same list as of a job, but whole tables and under their own names (dts-api.md 5.1).

use serde_json::{Map, Value as Json};

use crate::dts::objects;
use crate::framework::schema::OnChange;
use crate::framework::{Attribute, Block, Check, NestedBlock, Object, Value};

/// The `database` block. Tables are a set and databases a list, as in a job.
pub(super) fn database_block(change: OnChange) -> NestedBlock {
    let name = |of: &str| {
        Attribute::string("name")
            .required()
            .check(Check::not_blank())
            .describe(&format!("Name of the {of}."))
    };
    let table = Block::new(
        "A table to follow. Without any, the whole database is followed. The order does not matter.",
    )
    .attribute(name("table"));
    let database = Block::new(
        "A database (or schema) whose changes are followed. Becomes an entry of the API's `DbList`. Conflicts with `db_list`.",
    )
    .attribute(name("database"))
    .block(NestedBlock::set("table", table));
    NestedBlock::list("database", database.each(&objects::in_the_list).change(change))
}

/// The `db_list` attribute.
pub(super) fn db_list_attribute() -> Attribute {
    objects::db_list_attribute()
        .describe(
            "What to follow as JSON, in the form of the API's `DbList`. Whole databases and tables, under their own names: a subscription \
             neither renames nor filters. Compared by meaning, not by text. Conflicts with `database`.",
        )
        .check(Check::new(|value| value.as_str().map_or(Ok(()), followable)))
}

/// A subscription renames nothing, and follows whole tables.
fn followable(text: &str) -> Result<(), String> {
    let Ok(Json::Object(databases)) = serde_json::from_str::<Json>(text) else {
        return Ok(());
    };
    for (database, entry) in &databases {
        let Json::Object(entry) = entry else { continue };
        same_name(&format!("database {database:?}"), database, entry)?;
        let tables = entry.iter().find(|(key, _)| key.eq_ignore_ascii_case("table"));
        for (table, entry) in tables
            .and_then(|(_, tables)| tables.as_object())
            .into_iter()
            .flatten()
        {
            let Json::Object(entry) = entry else { continue };
            let of = format!("table {table:?} in database {database:?}");
            same_name(&of, table, entry)?;
            let part = |key: &&String| {
                ["filter", "column"]
                    .iter()
                    .any(|part| key.eq_ignore_ascii_case(part))
            };
            if let Some(part) = entry.keys().find(part) {
                return Err(format!(
                    "`{part}` of {of}: a subscription follows whole tables. Remove it, and select where the changes are consumed."
                ));
            }
        }
    }
    Ok(())
}

fn same_name(of: &str, name: &str, entry: &Map<String, Json>) -> Result<(), String> {
    match entry.get("name").and_then(Json::as_str) {
        Some(other) if other != name => Err(format!(
            "`name` of {of} is {other:?}: a subscription renames nothing. Write {name:?}, or leave `name` out."
        )),
        _ => Ok(()),
    }
}

/// Brings the objects in `state` up to date with what DTS reports, in blocks as far as those of a subscription can say it.
pub(super) fn read_back(state: &mut Object, reported: &str) {
    objects::read_back(state, reported);
    if state.get("database").is_null() || !state.get("db_list").is_null() {
        return;
    }
    let plain: Option<Vec<Value>> = state
        .list("database")
        .iter()
        .map(|block| plain(block, true))
        .collect();
    match plain {
        Some(blocks) => state.set("database", blocks),
        None => {
            let text = objects::db_list(state);
            state.set("database", Vec::<Value>::new());
            state.set("db_list", text);
        }
    }
}

/// A block with the name and the tables alone; `None` when it says more.
fn plain(block: &Value, is_database: bool) -> Option<Value> {
    let block = block.as_map()?;
    let name = block.str("name")?;
    let mut out = Object::new().with("name", name);
    for (member, value) in block.iter() {
        match (member, value) {
            ("name", _) | (_, Value::Null) => {}
            ("table", _) if is_database => {}
            ("new_name", value) if value.as_str() == Some(name) => {}
            (_, Value::List(items)) if items.is_empty() => {}
            _ => return None,
        }
    }
    if is_database {
        let tables: Option<Vec<Value>> = block
            .list("table")
            .iter()
            .map(|table| plain(table, false))
            .collect();
        out.set("table", tables?);
    }
    Some(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_is_renamed_or_filtered() {
        for fine in [
            r#"{"a":{"all":true}}"#,
            r#"{"a":{"name":"a","all":false,"Table":{"t":{"name":"t","all":true}}}}"#,
            r#"{"a":{"all":false,"Table":{"t":{"all":"true"}}}}"#,
        ] {
            assert_eq!(followable(fine), Ok(()), "{fine}");
        }
        for (wrong, part) in [
            (
                r#"{"a":{"name":"b","all":true}}"#,
                "`name` of database \"a\" is \"b\"",
            ),
            (
                r#"{"a":{"all":false,"Table":{"t":{"name":"u","all":true}}}}"#,
                "`name` of table \"t\" in database \"a\" is \"u\"",
            ),
            (
                r#"{"a":{"all":false,"table":{"t":{"all":true,"filter":"id>1"}}}}"#,
                "`filter` of table \"t\"",
            ),
            (
                r#"{"a":{"all":false,"Table":{"t":{"all":false,"column":{"c":{"name":"c"}}}}}}"#,
                "`column` of table \"t\"",
            ),
        ] {
            let told = followable(wrong).unwrap_err();
            assert!(told.contains(part), "{told}");
        }
    }

    fn read(before: serde_json::Value, reported: &str) -> serde_json::Value {
        let mut state = Object::new();
        if let Some(list) = before["db_list"].as_str() {
            state.set("db_list", list);
        }
        read_back(&mut state, reported);
        state.reveal()
    }

    #[test]
    fn blocks_say_names_and_tables() {
        let reported = r#"{"a":{"all":false,"name":"a","state":"normal","Table":{"t":{"all":true,"name":"t","state":"normal"}}}}"#;
        assert_eq!(
            read(json!({}), reported),
            json!({"database": [{"name": "a", "table": [{"name": "t"}]}]})
        );
        // What blocks cannot say is JSON.
        let odd = r#"{"a":{"all":true,"name":"b"}}"#;
        let read = read(json!({}), odd);
        assert_eq!(read["database"], json!([]));
        assert!(read["db_list"].as_str().unwrap().contains(r#""name":"b""#));
    }
}
