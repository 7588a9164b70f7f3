//! `provider::dts::parse_db_list`: an object list as maps.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::db_list::{Wrong, write};
use super::{Of, SHAPE, Section};
use crate::dts::db_list;
use crate::framework::function::{Error, Function, Parameter, Signature};
use crate::framework::{Number, Object, Type, Value};

/// The function.
#[derive(Debug)]
pub(in crate::dts) struct ParseDbList;

impl Function for ParseDbList {
    fn name(&self) -> &'static str {
        "parse_db_list"
    }

    fn signature(&self) -> Signature {
        Signature {
            parameters: vec![Parameter {
                name: "db_list",
                ty: Type::String,
                description:
                    "The JSON of an object list (`DbList`), as `db_list` takes it and as DTS returns it."
                        .to_owned(),
            }],
            returns: Type::Dynamic,
            summary: "Reads the object list of a job into maps.".to_owned(),
            description: format!(
                "Reads the JSON of an object list into the maps that `provider::dts::db_list` takes; `db_list(parse_db_list(x))` names the \
                 same objects as `x`, and a list that the maps cannot say is an error that says what of it. What DTS adds on its own (`state`) \
                 is left out. The result: {SHAPE}"
            ),
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Error> {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        read(text).map_err(|wrong| Error::at(0, wrong))
    }
}

fn read(text: &str) -> Result<Value, Wrong> {
    db_list::check_text(text)?;
    let Ok(Json::Object(databases)) = serde_json::from_str(text) else {
        return Err("It is no JSON object of databases.".to_owned());
    };
    let maps = boxed(by_name(Of::Database, &databases, "database", "")?);
    // What was promised, held: a list that would come out as another is no list to work on.
    let again = write(&maps)?;
    if db_list::same_text(&again, text) {
        Ok(maps)
    } else {
        Err(format!(
            "The maps cannot say all of it: `db_list` would write {again} of them."
        ))
    }
}

/// A value together with its type, as a result of type `any` needs it.
type Typed = (Type, Value);

/// An object under construction.
#[derive(Default)]
struct Members(BTreeMap<String, Type>, Object);

impl Members {
    fn set(&mut self, name: &str, (ty, value): Typed) {
        self.0.insert(name.to_owned(), ty);
        self.1.set(name, value);
    }

    fn typed(self) -> Typed {
        (Type::Object(self.0), Value::Map(self.1))
    }
}

fn boxed(typed: Typed) -> Value {
    Value::Dynamic(Box::new(typed))
}

/// A map with an entry for each of the JSON. `within`: ` of database "a"`, or nothing.
fn by_name(of: Of, entries: &Map<String, Json>, what: &str, within: &str) -> Result<Typed, Wrong> {
    let mut out = Members::default();
    for (name, entry) in entries {
        let place = format!("{what} {name:?}{within}");
        let Json::Object(entry) = entry else {
            return Err(format!(
                "The entry of {place} is no object. Write for example {{ name = {name:?} }}."
            ));
        };
        out.set(name, members(of, name, entry, &place)?.typed());
    }
    Ok(out.typed())
}

/// An entry as the maps say it, or what of it they cannot say.
fn members(of: Of, name: &str, entry: &Map<String, Json>, place: &str) -> Result<Members, Wrong> {
    let (mut out, mut objects, mut extra) = (Members::default(), Members::default(), Members::default());
    let within = format!(" of {place}");
    for (member, value) in entry {
        let section = of.section(member);
        match (member.as_str(), value) {
            // DTS says how each object is; `all` follows from what is listed.
            (_, Json::Null) | ("state" | "all", _) => {}
            ("name", Json::String(new_name)) if new_name == name => {}
            ("name", Json::String(new_name)) => out.set("new_name", text(new_name)),
            (member, Json::String(value)) if of.texts().contains(&member) => out.set(member, text(value)),
            (member, _) if member == "name" || of.texts().contains(&member) => {
                return Err(format!("`{member}` of {place} is no text. Put it in quotes."));
            }
            (_, Json::Object(listed)) if section.is_some() && listed.is_empty() => {}
            (_, Json::Object(listed)) => {
                let (into, member, value) = match section {
                    Some(Section::Tables) => {
                        (&mut out, "tables", by_name(Of::Table, listed, "table", &within)?)
                    }
                    Some(Section::Columns) => (
                        &mut out,
                        "columns",
                        by_name(Of::Column, listed, "column", &within)?,
                    ),
                    Some(Section::Objects(kind)) => {
                        (&mut objects, kind, by_name(Of::Object, listed, kind, &within)?)
                    }
                    None => (&mut extra, member.as_str(), any(value)?),
                };
                if into.0.contains_key(member) {
                    return Err(format!(
                        "`{member}` of {place} is listed twice, in different letters. Write one list."
                    ));
                }
                into.set(member, value);
            }
            (member, _) if section.is_some() => {
                return Err(format!(
                    "`{member}` of {place} is no object. Write an entry for each name, such as {member} = {{ x = {{ name = \"x\" }} }}."
                ));
            }
            (member, value) => extra.set(member, any(value)?),
        }
    }
    for (member, found) in [("objects", objects), ("extra", extra)] {
        if !found.0.is_empty() {
            out.set(member, found.typed());
        }
    }
    check_all(of, entry, &out, place)?;
    Ok(out)
}

/// `all` is written by what is listed, and has to say the same.
fn check_all(of: Of, entry: &Map<String, Json>, out: &Members, place: &str) -> Result<(), Wrong> {
    let said = entry.get("all").filter(|all| !all.is_null());
    let truth = said.and_then(db_list::truth);
    if said.is_some() && truth.is_none() {
        return Err(format!(
            "`all` of {place} is neither true nor false. Write one of the two."
        ));
    }
    let by_default = db_list::sections(entry) == 0;
    let lists = of.lists().iter().any(|list| out.0.contains_key(*list));
    let written = match of {
        Of::Database | Of::Table => !lists,
        Of::Column => by_default,
        Of::Object => true,
    };
    let whole = truth.unwrap_or(by_default);
    if whole == written {
        return Ok(());
    }
    Err(match (whole, of) {
        (true, Of::Database | Of::Table) => format!(
            "{place} has `all = true` and lists some of what is in it. Set `all = false`, or remove the lists."
        ),
        (false, Of::Database) => format!(
            "{place} has no `all = true`, and lists neither tables nor other objects of a kind that is known. Set `all = true` to move \
             all of it, or list what to move."
        ),
        (false, Of::Table) => format!(
            "{place} has no `all = true`, and lists no columns. Set `all = true` to move all of them, or list them in `column`."
        ),
        (_, Of::Column | Of::Object) => {
            format!("`all` of {place} has no meaning there: it is moved as a whole. Write `all = true`.")
        }
    })
}

fn text(value: &str) -> Typed {
    (Type::String, Value::from(value))
}

/// Any JSON as a value with its type.
fn any(json: &Json) -> Result<Typed, Wrong> {
    Ok(match json {
        Json::Null => (Type::Dynamic, Value::Null),
        Json::Bool(value) => (Type::Bool, Value::Bool(*value)),
        Json::Number(number) => match Number::parse(&number.to_string()) {
            Some(number) => (Type::Number, Value::Number(number)),
            None => return Err(format!("{number} is larger than any number. Put it in quotes.")),
        },
        Json::String(value) => text(value),
        Json::Array(items) => {
            let items: Vec<Typed> = items.iter().map(any).collect::<Result<_, _>>()?;
            let (types, values) = items.into_iter().unzip();
            (Type::Tuple(types), Value::List(values))
        }
        Json::Object(members) => {
            let mut out = Members::default();
            for (name, member) in members {
                out.set(name, any(member)?);
            }
            out.typed()
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::DbList;
    use super::*;

    fn parse(text: &str) -> Result<Value, Error> {
        ParseDbList.call(&[Value::from(text)])
    }

    fn check(list: Json, maps: Json) {
        let parsed = parse(&list.to_string()).unwrap();
        assert_eq!(parsed.reveal(), maps, "{list}");
        let again = DbList.call(&[parsed]).unwrap();
        let same = db_list::same_text(again.as_str().unwrap(), &list.to_string());
        assert!(same, "{list} became {}", again.reveal());
    }

    #[test]
    fn maps_from_lists_and_back() {
        check(json!({"crm": {"name": "crm", "all": true}}), json!({"crm": {}}));
        check(
            json!({"crm": {"name": "crm", "all": "true", "state": "normal"}}),
            json!({"crm": {}}),
        );
        check(
            json!({"a": {"name": "b", "all": false, "dml_op": "insert", "Table": {"t": {"name": "u", "all": true, "filter": "id>1", "state": "normal"}}}}),
            json!({"a": {"new_name": "b", "dml_op": "insert", "tables": {"t": {"new_name": "u", "filter": "id>1"}}}}),
        );
        check(
            json!({"a": {"name": "a", "all": false, "Table": {"t": {"name": "t", "all": false, "column": {"c": {"name": "d"}}, "shard": 5}},
                "view": {"v": {"name": "v", "all": true}}}}),
            json!({"a": {"objects": {"View": {"v": {}}},
                "tables": {"t": {"columns": {"c": {"new_name": "d"}}, "extra": {"shard": 5}}}}}),
        );
    }

    #[test]
    fn members_that_the_maps_do_not_name_are_passed_on() {
        check(
            json!({"a": {"name": "a", "all": true, "patternType": "regex", "Custom": {"x": {"y": [1.5, null, {"z": []}]}}}}),
            json!({"a": {"extra": {"patternType": "regex", "Custom": {"x": {"y": [1.5, null, {"z": []}]}}}}}),
        );
        check(
            json!({"a": {"Table": {"t": {"column": {"c": {"dml_op": "x", "type": 1.0}}}}}}),
            json!({"a": {"tables": {"t": {"columns": {"c": {"extra": {"dml_op": "x", "type": 1}}}}}}}),
        );
    }

    fn refused(text: &str, part: &str) {
        let error = parse(text).unwrap_err();
        assert_eq!(error.argument, Some(0));
        assert!(error.text.contains(part), "{text}: {}", error.text);
        assert!(!error.text.ends_with('.'), "{}", error.text);
    }

    /// Each of them once came back as another list.
    #[test]
    fn what_the_maps_cannot_say_is_told_with_the_place() {
        let t = "table \"t\" of database \"a\"";
        let of_table = |entry: &str, part: &str| {
            let text = format!(r#"{{"a":{{"all":false,"Table":{{"t":{entry}}}}}}}"#);
            refused(&text, part);
            refused(&text, t);
        };
        of_table(r#"{"all":false,"column":{"id":"id"}}"#, "column \"id\"");
        of_table(r#"{"all":false,"column":["id"]}"#, "`column`");
        of_table(r#"{"all":false}"#, "lists no columns");
        of_table(r#"{"all":true,"column":{"c":{}}}"#, "`all = true` and lists");
        of_table(r#"{"all":"maybe"}"#, "neither true nor false");
        of_table(r#"{"column":{"c":{}},"Column":{"d":{}}}"#, "twice");
        of_table(r#"{"filter":5}"#, "`filter`");
        of_table(r#"{"column":{"c":{"all":false}}}"#, "column \"c\"");
        for (text, part) in [
            (
                r#"{"a":{"all":false,"View":{"v":"v"}}}"#,
                "View \"v\" of database \"a\" is no object",
            ),
            (
                r#"{"a":{"all":true,"View":["v"]}}"#,
                "`View` of database \"a\" is no object",
            ),
            (
                r#"{"a":{"all":true,"View":{"v":{}}}}"#,
                "`all = true` and lists some",
            ),
            (r#"{"a":{"View":{"v":{}},"view":{"w":{}}}}"#, "listed twice"),
            (
                r#"{"a":{"View":{"v":{"all":false}}}}"#,
                "View \"v\" of database \"a\"",
            ),
            (
                r#"{"a":{"all":false,"Vieew":{"v":{}}}}"#,
                "neither tables nor other objects",
            ),
            (
                r#"{"a":{"all":false,"Table":{"t":{"filter":"id>1;"}}}}"#,
                "databases.a.tables.t: `filter` ends with a semicolon",
            ),
            (
                r#"{"a":{"all":true,"dml_op":""}}"#,
                "databases.a: `dml_op` is empty",
            ),
            (
                r#"{"a":{"all":true,"x":1e99999999999}}"#,
                "larger than any number",
            ),
        ] {
            refused(text, part);
        }
    }

    #[test]
    fn what_is_no_list_is_told_with_the_place() {
        for (text, part) in [
            ("", "no JSON"),
            ("[]", "no object of databases"),
            (r#"{"a":{"name":"a","all":tru"#, "line 1 column"),
            (r#"{"a":1}"#, "database \"a\" is no object"),
            (
                r#"{"a":{"all":false,"Table":{"t":7}}}"#,
                "table \"t\" in database \"a\"",
            ),
        ] {
            refused(text, part);
        }
    }
}
