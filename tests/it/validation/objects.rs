//! What is wrong with what is to be moved.

use serde_json::{Value as Json, json};

use super::{Case, objects, sync};

pub(super) fn of_objects() -> Vec<Case> {
    let list = |list: Json| sync(json!({ "database": null, "db_list": list.to_string() }));
    let large: Json = (0..20_000)
        .map(|n| json!({ "name": format!("{n:060}") }))
        .collect();
    let named = |name: &str| json!({ "name": name });
    vec![
        (
            "nothing to move",
            sync(json!({ "database": null })),
            "database",
            "add at least one `database` block",
        ),
        (
            "objects in both ways",
            sync(json!({ "db_list": "{\"a\":{\"all\":true}}" })),
            "db_list",
            "Remove `db_list`",
        ),
        (
            "a database twice in a list",
            sync(json!({ "database": null, "db_list":
                r#"{"a":{"name":"a","all":true},"a":{"name":"b","all":true}}"# })),
            "db_list",
            "\"a\" twice in one object",
        ),
        (
            "a table twice in a list",
            sync(json!({ "database": null, "db_list":
                r#"{"a":{"name":"a","all":false,"Table":{"t":{"name":"t","all":true},"t":{"name":"u","all":true}}}}"# })),
            "db_list",
            "\"t\" twice in one object",
        ),
        ("an empty list", list(json!({})), "db_list", "names no database"),
        (
            "a list that is no JSON",
            sync(json!({ "database": null, "db_list": "{" })),
            "db_list",
            "jsonencode",
        ),
        (
            "all of it and some of it",
            list(json!({ "a": { "all": true, "Table": { "t": {} } } })),
            "db_list",
            "Set `all = false`",
        ),
        (
            "none of it",
            list(json!({ "a": { "all": false } })),
            "db_list",
            "Set `all = true`",
        ),
        (
            "a name that is no text",
            list(json!({ "a": { "all": true, "name": 1 } })),
            "db_list",
            "in quotes",
        ),
        (
            "a list that is too long",
            list(json!({ "a": { "all": false, "Table": { "x".repeat(1 << 20): {} } } })),
            "db_list",
            "DTS takes 1048576 at most",
        ),
        (
            "blocks that are too many",
            objects(json!({ "name": "a", "table": large })),
            "database",
            "divide the objects",
        ),
        (
            "a database without a name",
            objects(named("")),
            "database[0].name",
            "must not be empty",
        ),
        (
            "the same database twice",
            sync(json!({ "database": [named("a"), named("a")] })),
            "database[1].name",
            "Merge the two",
        ),
        (
            "the same table twice",
            objects(json!({ "name": "a", "table": [named("t"), { "name": "t", "new_name": "u" }] })),
            "database[0].name",
            "Merge the two",
        ),
        (
            "the same view twice",
            objects(
                json!({ "name": "a", "object": [{ "kind": "View", "name": "v" }, { "kind": "View", "name": "v", "new_name": "w" }] }),
            ),
            "database[0].name",
            "Merge the two",
        ),
        (
            "the same column twice",
            objects(
                json!({ "name": "a", "table": [{ "name": "t", "column": [named("c"), { "name": "c", "new_name": "d" }] }] }),
            ),
            "database[0].name",
            "column of table \"t\"",
        ),
        (
            "a kind of object that is none",
            objects(json!({ "name": "a", "object": [{ "kind": "Table", "name": "v" }] })),
            "database[0].object",
            "View",
        ),
        (
            "a filter with a semicolon",
            objects(json!({ "name": "a", "table": [{ "name": "t", "filter": "id > 1;" }] })),
            "database[0].table",
            "Remove it",
        ),
        (
            "a filter of nothing",
            objects(json!({ "name": "a", "table": [{ "name": "t", "filter": " " }] })),
            "database[0].table",
            "Leave the argument out",
        ),
    ]
}
