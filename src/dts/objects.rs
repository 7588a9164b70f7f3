//! What a job moves, in words of the configuration: typed `database` blocks or `db_list`, to and from the `DbList` of the
//! wire ([`super::db_list`]).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::db_list::{KINDS, MOST_BYTES, check_text, same_text, truth, without_state};
use crate::framework::schema::OnChange;
use crate::framework::validate::is_certainly_set;
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, NestedBlock, Object, Path, Value};

/// Members of an entry that blocks call by the same name.
const TEXTS: [&str; 3] = ["filter", "dml_op", "ddl_op"];

/// The `database` block. Tables are sets, so that a plan shows the one that comes or goes wherever it stands; databases are a
/// list, for as elements of a set they would come and go with all their tables.
pub(super) fn database_block(change: OnChange) -> NestedBlock {
    let column = Block::new("A column to move. Without any, all columns are moved.")
        .attribute(name("column").describe("Name at the source."))
        .attribute(new_name());
    let table = Block::new("A table (or collection) to move. Without any table or other object, the whole database is moved. The order does not matter.")
        .attribute(name("table").describe("Name at the source."))
        .attribute(new_name())
        .attribute(
            Attribute::string("filter").check(Check::new(check_filter)).describe(
                "Condition that rows to be moved fulfil, as in the `WHERE` of SQL and without a semicolon, such as `id > 10`.",
            ),
        )
        .attributes(operations())
        .block(NestedBlock::set("column", column));
    let object =
        Block::new("Another object to move, such as a view or a procedure. The order does not matter.")
            .attribute(
                Attribute::string("kind")
                    .required()
                    .describe("Kind of the object, in the API's words.")
                    .check(Check::one_of(&KINDS)),
            )
            .attribute(name("object").describe("Name at the source."))
            .attribute(new_name());
    let database = Block::new(
        "A database (or schema, where the engine has schemas) to move. Becomes an entry of the API's `DbList`. Conflicts with `db_list`. \
         A plan compares databases by their place: put a new one last, and it shows that one alone.",
    )
    .attribute(name("database").describe("Name at the source."))
    .attribute(new_name())
    .attributes(operations())
    .block(NestedBlock::set("table", table))
    .block(NestedBlock::set("object", object));
    NestedBlock::list("database", database.each(&in_the_list).change(change))
}

/// A member of `DbList`.
pub(super) fn in_the_list(attribute: Attribute) -> Attribute {
    let parameter = match attribute.name.as_str() {
        // These are keys of it.
        "name" | "kind" => "DbList".to_owned(),
        "new_name" => "DbList: name".to_owned(),
        same => format!("DbList: {same}"),
    };
    attribute.parameter(&parameter)
}

fn name(_of: &str) -> Attribute {
    Attribute::string("name").required().check(Check::not_blank())
}

fn new_name() -> Attribute {
    Attribute::string("new_name")
        .check(Check::not_blank())
        .describe("Name at the destination. Default: the same name.")
}

fn operations() -> [Attribute; 2] {
    [
        Attribute::string("dml_op").check(Check::not_blank()).describe(
            "Changes of data to follow, separated by commas and in DTS's own words, such as `insert,update`. What a table says goes before what its \
             database says. Default: all.",
        ),
        Attribute::string("ddl_op")
            .check(Check::not_blank())
            .describe("Changes of structure to follow, likewise. Default: all."),
    ]
}

fn check_filter(value: &Value) -> Result<(), String> {
    match value.as_str().map(str::trim) {
        Some("") => Err("It must not be empty. Leave the argument out to move all rows.".to_owned()),
        Some(text) if text.ends_with(';') => {
            Err("It ends with a semicolon, which DTS does not take. Remove it.".to_owned())
        }
        _ => Ok(()),
    }
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
    let all = Path::attribute("database");
    let of_name = |block: &Object| block.str("name").map(str::to_owned);
    unique(
        config.list("database"),
        of_name,
        |index| all.clone().index(index).then("name"),
        "database",
        diagnostics,
    );
    for (index, database) in config
        .list("database")
        .iter()
        .filter_map(Value::as_map)
        .enumerate()
    {
        let at = all.clone().index(index);
        // Elements of a set have no line of their own: the database's is near.
        let here = |_| at.clone().then("name");
        unique(database.list("table"), of_name, here, "table", diagnostics);
        let of_kind = |block: &Object| Some(format!("{} {}", block.str("kind")?, block.str("name")?));
        unique(database.list("object"), of_kind, here, "object", diagnostics);
        for table in database.list("table").iter().filter_map(Value::as_map) {
            let what = format!("column of table {:?}", table.str("name").unwrap_or_default());
            unique(table.list("column"), of_name, here, &what, diagnostics);
        }
    }
    if let Some(text) = self::db_list(config).filter(|text| text.len() > MOST_BYTES && db_list.is_null()) {
        diagnostics.push(
            Diagnostic::error(
                "The objects are too many",
                format!(
                    "As JSON they have {} bytes; DTS takes {MOST_BYTES} at most. Move whole databases, or divide the objects among several jobs.",
                    text.len()
                ),
            )
            .at(all),
        );
    }
}

fn unique(
    blocks: &[Value],
    key: impl Fn(&Object) -> Option<String>,
    at: impl Fn(usize) -> Path,
    what: &str,
    diagnostics: &mut Diagnostics,
) {
    let mut seen = BTreeSet::new();
    let mut told = BTreeSet::new();
    for (index, block) in blocks.iter().enumerate() {
        let Some(key) = block.as_map().and_then(&key) else {
            continue;
        };
        if seen.insert(key.clone()) || !told.insert(key.clone()) {
            continue;
        }
        diagnostics.push(
            Diagnostic::error(
                format!("Two {what} blocks for {key:?}"),
                "Each has one block. Merge the two.",
            )
            .at(at(index)),
        );
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
    let databases = object
        .list("database")
        .iter()
        .filter_map(Value::as_map)
        .map(entry_of_database);
    let databases: Map<String, Json> = databases.collect::<Option<_>>()?;
    Some(Json::Object(databases).to_string())
}

type Named = (String, Json);

fn entry_of_database(database: &Object) -> Option<Named> {
    let (name, mut entry) = named(database)?;
    let tables = database
        .list("table")
        .iter()
        .filter_map(Value::as_map)
        .map(entry_of_table);
    let tables: Map<String, Json> = tables.collect::<Option<_>>()?;
    let objects = database.list("object");
    // DTS wants a JSON boolean here, and not both all of a database and some of it.
    entry.insert(
        "all".to_owned(),
        Json::Bool(tables.is_empty() && objects.is_empty()),
    );
    if !tables.is_empty() {
        entry.insert("Table".to_owned(), Json::Object(tables));
    }
    for object in objects.iter().filter_map(Value::as_map) {
        let (name, mut listed) = named(object)?;
        listed.insert("all".to_owned(), Json::Bool(true));
        let of_kind = entry
            .entry(object.str("kind")?)
            .or_insert_with(|| Json::Object(Map::new()));
        of_kind.as_object_mut()?.insert(name, Json::Object(listed));
    }
    Some((name, Json::Object(entry)))
}

fn entry_of_table(table: &Object) -> Option<Named> {
    let (name, mut entry) = named(table)?;
    let columns = table
        .list("column")
        .iter()
        .filter_map(Value::as_map)
        .map(|column| {
            let (name, entry) = named(column)?;
            Some((name, Json::Object(entry)))
        });
    let columns: Map<String, Json> = columns.collect::<Option<_>>()?;
    entry.insert("all".to_owned(), Json::Bool(columns.is_empty()));
    if !columns.is_empty() {
        // In lower case, unlike `Table` (dts-api.md 5.1).
        entry.insert("column".to_owned(), Json::Object(columns));
    }
    Some((name, Json::Object(entry)))
}

/// What every entry has of its block.
fn named(block: &Object) -> Option<(String, Map<String, Json>)> {
    let name = block.str("name")?;
    let new_name = block.str("new_name").unwrap_or(name);
    let mut entry = Map::from_iter([("name".to_owned(), Json::from(new_name))]);
    for text in TEXTS {
        if let Some(value) = block.str(text) {
            entry.insert(text.to_owned(), Json::from(value));
        }
    }
    Some((name.to_owned(), entry))
}

/// Brings the objects in `state` up to date with what DTS reports (`DbObject`). Where they mean the same, the user's own
/// form and order stay.
pub(super) fn read_back(state: &mut Object, reported: &str) {
    let Ok(Json::Object(mut theirs)) = serde_json::from_str::<Json>(reported) else {
        return;
    };
    if !state.list("database").is_empty() {
        // No block could have said it, so it is DTS's own.
        theirs.values_mut().for_each(drop_unsaid);
    }
    let same = |mine: String| {
        same_text(&mine, reported) || same_text(&mine, &Json::from(theirs.clone()).to_string())
    };
    if theirs.is_empty() || db_list(state).is_some_and(same) {
        return;
    }
    let as_blocks = if state.str("db_list").is_some() {
        None
    } else {
        let before = state.list("database");
        blocks(&theirs, before, Of::Databases).map(|found| in_order(found, before))
    };
    match as_blocks {
        Some(blocks) => state.set("database", blocks),
        None => {
            state.set("database", Vec::<Value>::new());
            state.set("db_list", Json::Object(without_state(&theirs)).to_string());
        }
    }
}

/// Without the members of an entry that neither name other entries nor have an argument.
fn drop_unsaid(entry: &mut Json) {
    let Json::Object(entry) = entry else { return };
    entry.retain(|member, value| {
        value.is_object()
            || TEXTS.contains(&member.as_str())
            || ["name", "all", "state"].contains(&member.as_str())
    });
    let sections = entry.values_mut().filter_map(Json::as_object_mut);
    sections.for_each(|section| section.values_mut().for_each(drop_unsaid));
}

/// What entries are of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Databases,
    Tables,
    /// Columns, views, ...
    Others,
}

/// The entries as blocks, those that are already there in their order; `None` when blocks cannot say all of it.
fn blocks(entries: &Map<String, Json>, before: &[Value], of: Of) -> Option<Vec<Value>> {
    let before: BTreeMap<&str, &Object> = before
        .iter()
        .filter_map(Value::as_map)
        .filter_map(|block| Some((block.str("name")?, block)))
        .collect();
    entries
        .iter()
        .map(|(name, entry)| {
            let entry = entry.as_object()?;
            block_of(name, entry, before.get(name.as_str()).copied(), of).map(Value::Map)
        })
        .collect()
}

fn block_of(name: &str, entry: &Map<String, Json>, old: Option<&Object>, of: Of) -> Option<Object> {
    let new_name = entry.get("name").and_then(Json::as_str).unwrap_or(name);
    let written = new_name != name || old.is_some_and(|old| old.str("new_name").is_some());
    let mut block = Object::new()
        .with("name", name)
        .with("new_name", written.then_some(new_name));
    let nothing: &[Value] = &[];
    let before = |name: &str| old.map_or(nothing, |old| old.list(name));
    let mut parts = 0;
    let (mut tables, mut objects, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    for (member, value) in entry {
        let lower = member.to_ascii_lowercase();
        match (lower.as_str(), value) {
            ("name" | "all" | "state", _) | (_, Json::Null) => {}
            (_, Json::Object(listed)) if listed.is_empty() => {}
            ("dml_op" | "ddl_op", Json::String(text)) if of != Of::Others => block.set(&lower, text.as_str()),
            ("filter", Json::String(text)) if of == Of::Tables => block.set("filter", text.as_str()),
            ("table", Json::Object(listed)) if of == Of::Databases => {
                tables = blocks(listed, before("table"), Of::Tables)?;
                parts += listed.len();
            }
            ("column", Json::Object(listed)) if of == Of::Tables => {
                columns = blocks(listed, before("column"), Of::Others)?;
                parts += listed.len();
            }
            (kind, Json::Object(listed)) if of == Of::Databases => {
                let kind = KINDS.into_iter().find(|known| known.eq_ignore_ascii_case(kind))?;
                for (object, entry) in listed {
                    let same =
                        |old: &&Object| old.str("kind") == Some(kind) && old.str("name") == Some(object);
                    let old = before("object").iter().filter_map(Value::as_map).find(same);
                    let block = block_of(object, entry.as_object()?, old, Of::Others)?;
                    objects.push(block.with("kind", kind));
                }
                parts += listed.len();
            }
            _ => return None,
        }
    }
    let all = entry.get("all").and_then(truth).unwrap_or(parts == 0);
    if all == (parts > 0) {
        return None;
    }
    match of {
        Of::Databases => {
            block.set("table", tables);
            block.set("object", objects);
        }
        Of::Tables => block.set("column", columns),
        Of::Others => {}
    }
    Some(block)
}

/// The databases in the order that they had, for they are a list; then the new ones.
fn in_order(mut databases: Vec<Value>, before: &[Value]) -> Vec<Value> {
    let name = |block: &Value| {
        block
            .as_map()
            .and_then(|block| block.str("name"))
            .map(str::to_owned)
    };
    let order: Vec<Option<String>> = before.iter().map(name).collect();
    databases.sort_by_key(|block| {
        let name = name(block);
        order.iter().position(|old| *old == name).unwrap_or(usize::MAX)
    });
    databases
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table(name: &str, new_name: Option<&str>) -> Value {
        let columns = Vec::<Value>::new();
        Value::from(
            Object::new()
                .with("name", name)
                .with("new_name", new_name)
                .with("column", columns),
        )
    }

    fn seed() -> Object {
        let database = Object::new()
            .with("name", "dtsdb")
            .with("new_name", "dtsdb_1")
            .with("table", Value::List(vec![table("person", Some("person"))]))
            .with("object", Vec::<Value>::new());
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

    /// What DTS adds of its own, in whatever entry, is not the user's.
    #[test]
    fn members_that_no_block_has_change_nothing() {
        let said = r#"{"shop":{"name":"shop","all":false,"Table":{"orders":{"name":"orders","all":false,"column":{"id":{"name":"id"}}}}}}"#;
        let mut state = Object::new().with("db_list", Value::Null);
        let Json::Object(entries) = serde_json::from_str(said).unwrap() else {
            panic!()
        };
        state.set("database", blocks(&entries, &[], Of::Databases).unwrap());
        let before = state.clone();
        read_back(
            &mut state,
            &said.replace(r#"{"name":"id"}"#, r#"{"name":"id","type":"varchar"}"#),
        );
        assert_eq!(state, before);
        // And of what did change only that is shown.
        read_back(
            &mut state,
            &said.replace(
                r#"{"id":{"name":"id"}}"#,
                r#"{"total":{"name":"total","type":"varchar"}}"#,
            ),
        );
        assert!(state.str("db_list").is_none(), "{state:?}");
        assert_ne!(state, before);
    }

    /// All that blocks can say, there and back.
    #[test]
    fn blocks_say_columns_filters_operations_and_other_objects() {
        let text = r#"{"shop":{"name":"store","all":false,"dml_op":"insert","Table":{"orders":{"name":"orders","all":false,"filter":"id>10",
            "ddl_op":"none","column":{"id":{"name":"id"},"total":{"name":"sum"}}}},"View":{"v":{"name":"w","all":true}},"Procedure":{"p":{"name":"p","all":true}}}}"#;
        let expected: Json = serde_json::from_str(text).unwrap();
        let mut state = Object::new();
        read_back(&mut state, text);
        assert!(state.str("db_list").is_none(), "{:?}", state.reveal());
        let written: Json = serde_json::from_str(&db_list(&state).unwrap()).unwrap();
        assert_eq!(written, expected);
        let before = state.clone();
        // Lower case of `Table`, quoted truth values, and what DTS adds, mean the same.
        let other = text
            .replace("\"Table\"", "\"table\"")
            .replace("\"all\":true", "\"all\":\"true\",\"state\":\"normal\"");
        read_back(&mut state, &other);
        assert_eq!(state, before);
        // A column more.
        read_back(&mut state, &text.replace("\"id\":{", "\"at\":{},\"id\":{"));
        let database = state.list("database")[0].as_map().unwrap();
        assert_eq!(
            database.list("table")[0].as_map().unwrap().list("column").len(),
            3
        );
        // All columns but one, or a kind of object that blocks do not know.
        for beyond in [
            text.replace("\"View\"", "\"Trigger\""),
            text.replace("\"sum\"}", "\"sum\",\"type\":\"int\"}"),
        ] {
            let mut state = Object::new();
            read_back(&mut state, &beyond);
            assert!(state.str("db_list").is_some());
        }
    }

    #[test]
    fn a_database_without_tables_is_whole() {
        let whole = Object::new().with("database", vec![Object::new().with("name", "a")]);
        assert_eq!(db_list(&whole).unwrap(), r#"{"a":{"all":true,"name":"a"}}"#);
        let unknown = Object::new().with("database", vec![Object::new().with("name", Value::Unknown)]);
        assert_eq!(db_list(&unknown), None);
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
        assert_eq!(tables, [table("orders", None), table("person", Some("person"))]);
        // What blocks cannot say is told as db_list, where no block is said.
        let odd = r#"{"dtsdb":{"all":false,"Table":{"person":{"part_key":"id","all":true}}}}"#;
        let mut imported = Object::new();
        read_back(&mut imported, odd);
        assert!(
            imported.list("database").is_empty() && imported.str("db_list").unwrap().contains("part_key")
        );
        // A kind that nobody knows names more to move.
        read_back(
            &mut state,
            r#"{"dtsdb":{"all":false,"Sink":{"s":{"name":"s","all":true}}}}"#,
        );
        assert!(state.list("database").is_empty() && state.str("db_list").unwrap().contains("Sink"));
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
            Object::new().with("database", vec![twice.clone(), twice.clone()]),
            "database[1].name",
            "Two database",
        );
        let other = twice.clone().with("new_name", "b");
        for (name, part) in [("table", "Two table"), ("object", "Two object")] {
            let kind = |block: &Object| block.clone().with("kind", "View");
            let tables = twice.clone().with(name, vec![kind(&twice), kind(&other)]);
            check(
                Object::new().with("database", vec![tables]),
                "database[0].name",
                part,
            );
        }
        let columns = twice.clone().with("column", vec![twice.clone(), other]);
        let tables = twice.clone().with("table", vec![columns]);
        check(
            Object::new().with("database", vec![tables]),
            "database[0].name",
            "column of table \"a\"",
        );
        let many: Vec<Object> = (0..20_000)
            .map(|n| Object::new().with("name", format!("{n:060}")))
            .collect();
        check(
            Object::new().with("database", vec![twice.with("table", many)]),
            "database",
            "too many",
        );
    }
}
