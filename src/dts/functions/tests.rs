//! The promise of both functions, on any list: what is accepted comes back as it was.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::super::db_list::truth;
use super::{DbList, KINDS, Of, ParseDbList};
use crate::framework::Value;
use crate::framework::function::Function;

/// Entries as users and DTS write them, and now and then as neither does.
fn entries(of: Of) -> BoxedStrategy<Json> {
    let name = prop_oneof![30 => prop::sample::select(vec!["a", "b", "id", "state"]), 1 => Just("")];
    let entry = prop_oneof![
        30 => prop::collection::vec(member(of), 0..4).prop_map(|members| members.into_iter().collect()),
        1 => odd(),
    ];
    prop::collection::vec((name, entry), 1..3)
        .prop_map(|entries| entries.into_iter().collect())
        .boxed()
}

fn member(of: Of) -> BoxedStrategy<(&'static str, Json)> {
    let plain = prop_oneof![
        2 => prop::sample::select(vec![("all", json!(false)), ("all", json!("False")), ("all", json!(true))]),
        2 => prop::sample::select(vec![("name", json!("a")), ("name", json!("n")), ("state", json!("normal"))]),
        1 => prop::sample::select(vec![("x", json!([1.0, {"y": null}])), ("dml_op", json!("insert")), ("filter", json!("id>1"))]),
    ];
    let all = prop::sample::select(vec![
        "name", "all", "state", "Table", "table", "column", "Column", "View", "view", "Vieew", "filter",
        "dml_op", "x",
    ]);
    let any = (all, odd());
    match of {
        Of::Database => {
            let tables = (prop::sample::select(vec!["Table", "table"]), entries(Of::Table));
            let views = (
                prop::sample::select(vec!["View", "view", "Vieew"]),
                entries(Of::Object),
            );
            prop_oneof![5 => plain, 4 => tables, 3 => views, 1 => any].boxed()
        }
        Of::Table => {
            let columns = (
                prop::sample::select(vec!["column", "Column"]),
                entries(Of::Column),
            );
            prop_oneof![5 => plain, 3 => columns, 1 => any].boxed()
        }
        Of::Column | Of::Object => prop_oneof![9 => plain, 1 => any].boxed(),
    }
}

fn odd() -> BoxedStrategy<Json> {
    let some = vec![
        json!(null),
        json!(true),
        json!(""),
        json!(" "),
        json!("x;"),
        json!(1.0),
        json!([]),
        json!(["id", 1, null, {"a": {}}]),
        json!({}),
        json!({"a": {}}),
        json!({"a": {"all": false, "b": {"c": 1}}}),
    ];
    prop::sample::select(some).boxed()
}

/// What a list moves, written out: nothing left to defaults, sections in one spelling, without what DTS adds.
fn meaning(name: &str, entry: &Json) -> Json {
    let Json::Object(entry) = entry else {
        return entry.clone();
    };
    let mut out = Map::new();
    for (member, value) in entry {
        let known = ["Table", "column"]
            .into_iter()
            .chain(KINDS)
            .find(|known| known.eq_ignore_ascii_case(member));
        match (known, value) {
            (_, Json::Null) => {}
            _ if ["state", "name", "all"].contains(&member.as_str()) => {}
            (known, Json::Object(listed)) => {
                if !listed.is_empty() {
                    let listed = listed
                        .iter()
                        .map(|(name, entry)| (name.clone(), meaning(name, entry)));
                    out.insert(known.unwrap_or(member).to_owned(), listed.collect());
                }
            }
            _ => {
                out.insert(member.clone(), value.clone());
            }
        }
    }
    let all = entry
        .get("all")
        .and_then(truth)
        .unwrap_or(!out.values().any(Json::is_object));
    out.insert("all".to_owned(), Json::Bool(all));
    let new_name = entry.get("name").filter(|name| !name.is_null()).cloned();
    out.insert("name".to_owned(), new_name.unwrap_or_else(|| json!(name)));
    Json::Object(out)
}

/// Through text, where `1.0` is not yet `1`.
fn same_numbers(json: &Json) -> Json {
    serde_json::from_str(&json.to_string().replace("1.0", "1")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_list_that_is_read_is_written_as_it_was(list in entries(Of::Database)) {
        let text = list.to_string();
        let Ok(maps) = ParseDbList.call(&[Value::from(text.as_str())]) else { return Ok(()) };
        let written = DbList.call(std::slice::from_ref(&maps)).expect("what was read can be written");
        let again: Json = serde_json::from_str(written.as_str().unwrap()).unwrap();
        let all = |list: &Json| {
            let databases = list.as_object().unwrap();
            databases.iter().map(|(name, entry)| (name.clone(), same_numbers(&meaning(name, entry)))).collect::<Json>()
        };
        prop_assert_eq!(all(&again), all(&list));
        let read = ParseDbList.call(&[written]).expect("what was written can be read");
        prop_assert_eq!(read.reveal(), maps.reveal());
    }
}
