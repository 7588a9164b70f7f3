//! `provider::dts::parse_db_list`: an object list as maps.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{FILTER, SHAPE, TEXTS};
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
                description: "The JSON of an object list, as `db_list` takes it and as DTS returns it."
                    .to_owned(),
            }],
            returns: Type::Dynamic,
            summary: "Reads the object list of a job into maps.".to_owned(),
            description: format!(
                "Reads the JSON of an object list into the maps that `provider::dts::db_list` takes; `db_list(parse_db_list(x))` names the \
                 same objects as `x`. What DTS adds on its own (`state`) is left out. The result: {SHAPE}"
            ),
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Error> {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        db_list::check_text(text).map_err(|wrong| Error::at(0, wrong))?;
        match serde_json::from_str(text) {
            Ok(Json::Object(databases)) => Ok(boxed(by_name(&databases, database))),
            _ => Err(Error::at(0, "It is no JSON object of databases.")),
        }
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

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn typed(self) -> Typed {
        (Type::Object(self.0), Value::Map(self.1))
    }
}

fn boxed(typed: Typed) -> Value {
    Value::Dynamic(Box::new(typed))
}

/// A map with an entry for each object of the JSON.
fn by_name(entries: &Map<String, Json>, read: impl Fn(&str, &Map<String, Json>) -> Members) -> Typed {
    let mut out = Members::default();
    for (name, entry) in entries {
        if let Json::Object(entry) = entry {
            out.set(name, read(name, entry).typed());
        }
    }
    out.typed()
}

fn database(name: &str, entry: &Map<String, Json>) -> Members {
    let (mut out, mut others) = (Members::default(), Members::default());
    let mut rest = started(name, entry, &mut out, &[]);
    rest.retain(|(member, value)| {
        match value {
            Json::Object(listed) if listed.is_empty() => {}
            Json::Object(tables) if member.eq_ignore_ascii_case("table") => {
                out.set("tables", by_name(tables, table))
            }
            Json::Object(listed) if listed.values().all(Json::is_object) => {
                others.set(member, by_name(listed, simple))
            }
            _ => return true,
        }
        false
    });
    if !others.is_empty() {
        out.set("objects", others.typed());
    }
    finished(out, rest)
}

fn table(name: &str, entry: &Map<String, Json>) -> Members {
    let mut out = Members::default();
    let mut rest = started(name, entry, &mut out, &[FILTER]);
    rest.retain(|(member, value)| {
        match value {
            Json::Object(columns) if member.eq_ignore_ascii_case("column") => {
                if !columns.is_empty() {
                    out.set("columns", by_name(columns, simple));
                }
            }
            _ => return true,
        }
        false
    });
    finished(out, rest)
}

/// A column, a view, a procedure: nothing but a name at the destination.
fn simple(name: &str, entry: &Map<String, Json>) -> Members {
    let mut out = Members::default();
    let rest = started(name, entry, &mut out, &[]);
    finished(out, rest)
}

/// Reads what every entry has, and `more` texts; what is left over comes back.
fn started<'a>(
    name: &str,
    entry: &'a Map<String, Json>,
    out: &mut Members,
    more: &[&str],
) -> Vec<(&'a str, &'a Json)> {
    let mut rest = Vec::new();
    for (member, value) in entry {
        match value {
            Json::Null => {}
            // DTS says how each object is; `all` follows from what is listed.
            _ if member == "state" || member == "all" => {}
            Json::String(new_name) if member == "name" => {
                if new_name != name {
                    out.set("new_name", (Type::String, Value::from(new_name.as_str())));
                }
            }
            Json::String(text) if TEXTS.contains(&member.as_str()) || more.contains(&member.as_str()) => {
                if !text.is_empty() {
                    out.set(member, (Type::String, Value::from(text.as_str())));
                }
            }
            value => rest.push((member.as_str(), value)),
        }
    }
    rest
}

fn finished(mut out: Members, rest: Vec<(&str, &Json)>) -> Members {
    if !rest.is_empty() {
        let mut extra = Members::default();
        for (member, value) in rest {
            extra.set(member, any(value));
        }
        out.set("extra", extra.typed());
    }
    out
}

/// Any JSON as a value with its type.
fn any(json: &Json) -> Typed {
    match json {
        Json::Null => (Type::Dynamic, Value::Null),
        Json::Bool(value) => (Type::Bool, Value::Bool(*value)),
        Json::Number(number) => match Number::parse(&number.to_string()) {
            Some(number) => (Type::Number, Value::Number(number)),
            None => (Type::String, Value::from(number.to_string())),
        },
        Json::String(text) => (Type::String, Value::from(text.as_str())),
        Json::Array(items) => {
            let (types, values) = items.iter().map(any).unzip();
            (Type::Tuple(types), Value::List(values))
        }
        Json::Object(members) => {
            let mut out = Members::default();
            for (name, member) in members {
                out.set(name, any(member));
            }
            out.typed()
        }
    }
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
                "View": {"v": {"name": "v", "all": true}}}}),
            json!({"a": {"objects": {"View": {"v": {}}},
                "tables": {"t": {"columns": {"c": {"new_name": "d"}}, "extra": {"shard": 5}}}}}),
        );
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
            let error = parse(text).unwrap_err();
            assert_eq!(error.argument, Some(0));
            assert!(error.text.contains(part), "{text}: {}", error.text);
        }
    }
}
