//! `provider::dts::db_list`: an object list from maps.

use serde_json::{Map, Value as Json};

use super::{FILTER, Of, SHAPE};
use crate::dts::db_list::{self, KINDS};
use crate::framework::function::{Error, Function, Parameter, Signature};
use crate::framework::{Object, Type, Value};

/// The function.
#[derive(Debug)]
pub(in crate::dts) struct DbList;

impl Function for DbList {
    fn name(&self) -> &'static str {
        "db_list"
    }

    fn signature(&self) -> Signature {
        Signature {
            parameters: vec![Parameter {
                name: "databases",
                ty: Type::Dynamic,
                description: SHAPE.to_owned(),
            }],
            returns: Type::String,
            summary: "Writes the object list of a job from maps.".to_owned(),
            description: "Writes the JSON that `db_list` takes (the API's `DbList`) from maps, which a module can build with `for` and `merge`. \
                          What DTS would refuse is an error that says where in the maps it is."
                .to_owned(),
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Error> {
        let databases = arguments.first().unwrap_or(&Value::Null);
        let text = write(databases).map_err(|wrong| Error::at(0, wrong))?;
        Ok(Value::String(text))
    }
}

/// What is wrong, with the place in front.
pub(super) type Wrong = String;

/// Where in the maps: `databases.dtsdb.tables`.
#[derive(Clone, Copy)]
struct Place<'a>(&'a [&'a str]);

impl Place<'_> {
    fn wrong(self, what: &str) -> Wrong {
        format!("{}: {what}", self.0.join("."))
    }

    fn empty(self, of: &str) -> Wrong {
        self.wrong(&format!(
            "names no {of}. Without it all is moved: leave it out (or null) for that, or name at least one {of}"
        ))
    }

    fn must_be(self, what: &str, value: &Value) -> Wrong {
        self.wrong(&format!("must be {what}, and is {}", kind(value)))
    }
}

/// The list of the maps, as JSON.
pub(super) fn write(databases: &Value) -> Result<String, Wrong> {
    let text = databases_of(databases)?;
    if text == "{}" {
        return Err(Place(&["databases"]).wrong(
            "names no database. Name at least one, for example { dtsdb = {} } for all of the database dtsdb",
        ));
    }
    db_list::check_text(&text)?;
    Ok(text)
}

fn databases_of(value: &Value) -> Result<String, Wrong> {
    let at = ["databases"];
    let mut out = Map::new();
    for (name, entry) in entries(value, Place(&at), "database")? {
        let at = ["databases", &name];
        let mut database = started(Of::Database, &name, &entry, Place(&at))?;
        let tables = tables_of(&entry, &name)?;
        let others = objects_of(&entry, &name)?;
        // DTS wants a JSON boolean here, and not both all of a database and some of it.
        database.insert(
            "all".to_owned(),
            Json::Bool(tables.is_empty() && others.is_empty()),
        );
        if !tables.is_empty() {
            database.insert("Table".to_owned(), Json::Object(tables));
        }
        database.extend(others);
        out.insert(name.clone(), Json::Object(database));
    }
    Ok(Json::Object(out).to_string())
}

fn tables_of(database: &Object, name: &str) -> Result<Map<String, Json>, Wrong> {
    let at = ["databases", name, "tables"];
    let mut out = Map::new();
    for (table, entry) in listed(database.get("tables"), Place(&at), "table")? {
        let at = ["databases", name, "tables", &table];
        let place = Place(&at);
        let mut written = started(Of::Table, &table, &entry, place)?;
        if text(&entry, FILTER, place)?.is_some_and(|filter| filter.trim_end().ends_with(';')) {
            return Err(place.wrong("`filter` ends with a semicolon, which DTS does not take: remove it"));
        }
        let columns = columns_of(&entry, &at)?;
        written.insert("all".to_owned(), Json::Bool(columns.is_empty()));
        if !columns.is_empty() {
            written.insert("column".to_owned(), Json::Object(columns));
        }
        out.insert(table.clone(), Json::Object(written));
    }
    Ok(out)
}

fn columns_of(table: &Object, at: &[&str]) -> Result<Map<String, Json>, Wrong> {
    let at = [at, &["columns"]].concat();
    let mut out = Map::new();
    for (column, entry) in listed(table.get("columns"), Place(&at), "column")? {
        let at = [at.as_slice(), &[column.as_str()]].concat();
        let written = started(Of::Column, &column, &entry, Place(&at))?;
        out.insert(column.clone(), Json::Object(written));
    }
    Ok(out)
}

/// Views, procedures and the like, by the API's name for the kind.
fn objects_of(database: &Object, name: &str) -> Result<Map<String, Json>, Wrong> {
    let at = ["databases", name, "objects"];
    let mut out = Map::new();
    for (kind, of_kind) in members(database.get("objects"), Place(&at), "kind of objects")? {
        let at = ["databases", name, "objects", &kind];
        if kind.eq_ignore_ascii_case("table") {
            return Err(Place(&at).wrong("tables are listed in `tables`: move them there"));
        }
        if !KINDS.contains(&kind.as_str()) {
            let kinds = KINDS.join(", ");
            return Err(Place(&at).wrong(&format!("is no kind of objects; there are {kinds}")));
        }
        let mut found = Map::new();
        for (object, entry) in listed(&of_kind, Place(&at), "object")? {
            let at = [at.as_slice(), &[object.as_str()]].concat();
            let mut written = started(Of::Object, &object, &entry, Place(&at))?;
            written.insert("all".to_owned(), Json::Bool(true));
            found.insert(object.clone(), Json::Object(written));
        }
        if !found.is_empty() {
            out.insert(kind, Json::Object(found));
        }
    }
    if out.is_empty() && !plain(database.get("objects")).is_null() {
        return Err(Place(&at).empty("object"));
    }
    Ok(out)
}

/// What every entry has: the name at the destination, its texts, and what is passed on as it is.
fn started(of: Of, name: &str, entry: &Object, place: Place<'_>) -> Result<Map<String, Json>, Wrong> {
    check_members(of, entry, place)?;
    let mut out = Map::new();
    let at = [place.0, &["extra"]].concat();
    for (member, value) in members(entry.get("extra"), Place(&at), "member")? {
        if let Some(instead) = of.instead(&member) {
            return Err(Place(&at).wrong(&format!("`{member}` cannot be here: {instead}")));
        }
        out.insert(member, plain(&value).reveal());
    }
    let new_name = text(entry, "new_name", place)?;
    out.insert(
        "name".to_owned(),
        Json::String(new_name.unwrap_or_else(|| name.to_owned())),
    );
    for member in of.texts() {
        if let Some(text) = text(entry, member, place)? {
            out.insert((*member).to_owned(), Json::String(text));
        }
    }
    Ok(out)
}

fn check_members(of: Of, entry: &Object, place: Place<'_>) -> Result<(), Wrong> {
    let known = [&["new_name"], of.lists(), of.texts(), &["extra"]].concat();
    match entry.iter().find(|(name, _)| !known.contains(name)) {
        None => Ok(()),
        Some((name, _)) => Err(place.wrong(&format!(
            "`{name}` is not known here; there are {}. What is not among them goes into `extra`",
            known.join(", ")
        ))),
    }
}

fn text(entry: &Object, member: &str, place: Place<'_>) -> Result<Option<String>, Wrong> {
    match plain(entry.get(member)) {
        Value::Null => Ok(None),
        Value::String(text) if !text.trim().is_empty() => Ok(Some(text.clone())),
        Value::String(_) => Err(place.wrong(&format!("`{member}` is empty: write a text, or leave it out"))),
        other => Err(place.wrong(&format!("`{member}` must be a text, and is {}", kind(other)))),
    }
}

/// Entries that narrow down what is moved. An empty list would say the opposite of what it looks like, for without one all is
/// moved.
fn listed(value: &Value, place: Place<'_>, of: &str) -> Result<Vec<(String, Object)>, Wrong> {
    let found = entries(value, place, of)?;
    match plain(value) {
        Value::List(_) | Value::Map(_) if found.is_empty() => Err(place.empty(of)),
        _ => Ok(found),
    }
}

/// Entries by name: a map of objects, or a list of names.
fn entries(value: &Value, place: Place<'_>, of: &str) -> Result<Vec<(String, Object)>, Wrong> {
    if let Value::List(names) = plain(value) {
        let mut out: Vec<(String, Object)> = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            match plain(name) {
                Value::String(name) if out.iter().any(|(other, _)| other == name) => {
                    return Err(place.wrong(&format!("names {name:?} twice: list each {of} once")));
                }
                Value::String(name) if !name.is_empty() => out.push((name.clone(), Object::new())),
                other => {
                    let what = kind(other);
                    return Err(place.wrong(&format!(
                        "element {index} must be the name of a {of}, and is {what}"
                    )));
                }
            }
        }
        return Ok(out);
    }
    let mut out = Vec::new();
    for (name, entry) in members(value, place, of)? {
        let at = [place.0, &[name.as_str()]].concat();
        match plain(&entry) {
            Value::Map(entry) => out.push((name, entry.clone())),
            Value::Null => out.push((name, Object::new())),
            other => return Err(Place(&at).must_be("an object such as {}", other)),
        }
    }
    Ok(out)
}

/// Members of a map or object; none where it is null.
fn members(value: &Value, place: Place<'_>, of: &str) -> Result<Vec<(String, Value)>, Wrong> {
    match plain(value) {
        Value::Null => Ok(Vec::new()),
        Value::Map(members) => {
            if members.iter().any(|(name, _)| name.is_empty()) {
                return Err(place.wrong(&format!("has a {of} without a name")));
            }
            Ok(members
                .iter()
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect())
        }
        other => Err(place.must_be(&format!("a map by the name of each {of}"), other)),
    }
}

/// The value without the type that it brought.
fn plain(value: &Value) -> &Value {
    match value {
        Value::Dynamic(inner) => plain(&inner.1),
        value => value,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Unknown => "unknown",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty text",
        Value::String(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Dynamic(inner) => kind(&inner.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => Value::from(number.as_i64().unwrap()),
            Json::String(text) => Value::from(text.as_str()),
            Json::Array(items) => Value::List(items.iter().map(value).collect()),
            Json::Object(members) => {
                Value::Map(members.iter().fold(Object::new(), |object, (name, member)| {
                    object.with(name, value(member))
                }))
            }
        }
    }

    fn check(maps: &Json, expected: Result<Json, &str>) {
        let found = DbList.call(&[Value::Dynamic(Box::new((Type::Dynamic, value(maps))))]);
        match (found, expected) {
            (Ok(text), Ok(json)) => {
                assert_eq!(
                    serde_json::from_str::<Json>(text.as_str().unwrap()).unwrap(),
                    json,
                    "{maps}"
                );
            }
            (Err(error), Err(part)) => {
                assert_eq!(error.argument, Some(0), "{maps}");
                assert!(error.text.contains(part), "{maps}: {}", error.text);
                assert!(!error.text.ends_with('.'), "{}", error.text);
            }
            (found, expected) => panic!("{maps}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn lists_from_maps() {
        use serde_json::json;
        check(
            &json!({"crm": {}}),
            Ok(json!({"crm": {"name": "crm", "all": true}})),
        );
        check(
            &json!({"crm": null}),
            Ok(json!({"crm": {"name": "crm", "all": true}})),
        );
        check(&json!(["crm"]), Ok(json!({"crm": {"name": "crm", "all": true}})));
        check(
            &json!({"a": {"new_name": "b", "tables": ["t"]}}),
            Ok(json!({"a": {"name": "b", "all": false, "Table": {"t": {"name": "t", "all": true}}}})),
        );
        check(
            &json!({"a": {"dml_op": "insert", "tables": {"t": {
                "new_name": "u", "filter": "id>1", "columns": {"c": {"new_name": "d"}, "e": {}}, "extra": {"shard": "5"}
            }}}}),
            Ok(
                json!({"a": {"name": "a", "all": false, "dml_op": "insert", "Table": {"t": {
                    "name": "u", "all": false, "filter": "id>1", "column": {"c": {"name": "d"}, "e": {"name": "e"}}, "shard": "5"
                }}}}),
            ),
        );
        check(
            &json!({"a": {"objects": {"View": ["v"], "Procedure": {"p": {"new_name": "q"}}}}}),
            Ok(json!({"a": {"name": "a", "all": false,
                "View": {"v": {"name": "v", "all": true}}, "Procedure": {"p": {"name": "q", "all": true}}}})),
        );
    }

    #[test]
    fn wrong_shapes_name_the_place() {
        use serde_json::json;
        check(&json!({}), Err("names no database"));
        check(
            &json!("dtsdb"),
            Err("databases: must be a map by the name of each database, and is a text"),
        );
        check(
            &json!({"a": 1}),
            Err("databases.a: must be an object such as {}, and is a number"),
        );
        check(
            &json!({"a": {"table": {}}}),
            Err("databases.a: `table` is not known here; there are new_name, tables"),
        );
        check(
            &json!({"a": {"tables": {"t": true}}}),
            Err("databases.a.tables.t: must be an object"),
        );
        check(
            &json!({"a": {"tables": {"t": {"filter": 7}}}}),
            Err("databases.a.tables.t: `filter` must be a text, and is a number"),
        );
        check(
            &json!({"a": {"tables": {"t": {"filter": "id>1;"}}}}),
            Err("semicolon"),
        );
        check(
            &json!({"a": {"tables": {"t": {"columns": {"c": {"type": "x"}}}}}}),
            Err("databases.a.tables.t.columns.c: `type` is not known"),
        );
        check(
            &json!({"a": {"tables": ["t", "t"]}}),
            Err("databases.a.tables: names \"t\" twice"),
        );
        check(
            &json!({"a": {"tables": ["t", 3]}}),
            Err("databases.a.tables: element 1 must be the name of a table, and is a number"),
        );
        check(
            &json!({"a": {"objects": {"Table": ["t"]}}}),
            Err("tables are listed in `tables`"),
        );
        check(
            &json!({"a": {"objects": {"View": []}}}),
            Err("databases.a.objects.View: names no object"),
        );
        check(
            &json!({"a": {"new_name": ""}}),
            Err("databases.a: `new_name` is empty"),
        );
        check(&json!({"": {}}), Err("has a database without a name"));
    }

    /// Nothing listed is no way to say everything, and nothing that is said is written over.
    #[test]
    fn nothing_that_is_said_is_changed() {
        use serde_json::json;
        for (entry, part) in [
            (json!({"tables": []}), "databases.a.tables: names no table"),
            (json!({"tables": {}}), "leave it out"),
            (json!({"tables": []}), "or null"),
            (
                json!({"tables": {"t": {"columns": []}}}),
                "databases.a.tables.t.columns: names no column",
            ),
            (json!({"objects": {}}), "databases.a.objects: names no object"),
            (
                json!({"objects": {"View": {}}}),
                "databases.a.objects.View: names no object",
            ),
            (
                json!({"objects": {"Vieew": ["v"]}}),
                "databases.a.objects.Vieew: is no kind of objects; there are View, ",
            ),
            (
                json!({"objects": {"view": ["v"], "View": ["w"]}}),
                "databases.a.objects.view",
            ),
            (
                json!({"extra": {"name": "b"}}),
                "databases.a.extra: `name` cannot be here: write",
            ),
            (json!({"extra": {"all": false}}), "`all` cannot be here"),
            (json!({"extra": {"state": "normal"}}), "`state` cannot be here"),
            (json!({"extra": {"View": {"v": {}}}}), "in `objects`, as `View`"),
            (json!({"extra": {"table": {"t": {}}}}), "list tables in `tables`"),
            (json!({"extra": {"dml_op": "x"}}), "outside of `extra`"),
            (
                json!({"tables": {"t": {"extra": {"Column": {}}}}}),
                "databases.a.tables.t.extra: `Column`",
            ),
            (
                json!({"tables": {"t": {"extra": {"filter": "x"}}}}),
                "`filter` outside of `extra`",
            ),
            (
                json!({"tables": {"t": {"columns": {"c": {"extra": {"name": "d"}}}}}}),
                "databases.a.tables.t.columns.c.extra",
            ),
        ] {
            check(&json!({"a": entry}), Err(part));
        }
        let all = json!({"a": {"name": "a", "all": true}});
        check(
            &json!({"a": {"tables": null, "objects": null, "extra": null}}),
            Ok(all),
        );
    }
}
