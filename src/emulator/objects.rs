//! The object list (`DbList`, returned as `DbObject`): what is moved, and under which names.

use serde_json::{Map, Value, json};

use super::{model::Stage, reply::Refusal};

/// The longest list accepted, in bytes.
const LONGEST: usize = 1 << 20;

/// Sections of a database that hold objects other than tables.
const SECTIONS: &[&str] = &[
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

/// A checked object list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Objects {
    given: Map<String, Value>,
    pub(crate) databases: Vec<Database>,
}

/// A source database, with the name it gets at the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) new_name: String,
    /// The tables named; all of them when `None`.
    pub(crate) tables: Option<Vec<Table>>,
}

/// A source table, with the name it gets at the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) new_name: String,
}

/// One object that a module moves.
pub(crate) struct Object<'a> {
    /// `Database`, `Table`, `View`, ...
    pub(crate) kind: &'static str,
    pub(crate) name: &'a str,
    pub(crate) new_name: &'a str,
    pub(crate) database: &'a str,
    pub(crate) new_database: &'a str,
}

impl Object<'_> {
    /// The statement that makes the object at the destination, in outline.
    pub(crate) fn definition(&self) -> String {
        let kind = self.kind.to_ascii_uppercase();
        match self.kind {
            "Database" => format!("CREATE {kind} `{}`", self.new_name),
            _ => format!("CREATE {kind} `{}`.`{}`", self.new_database, self.new_name),
        }
    }
}

impl Objects {
    /// Reads the value of the parameter `DbList`.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let wrong = |why: String| Refusal::invalid("DbList", &why);
        if text.len() > LONGEST {
            return Err(wrong("it is longer than 1 MB".to_owned()));
        }
        let given = match serde_json::from_str(text) {
            Ok(Value::Object(given)) => given,
            Ok(_) => return Err(wrong("a JSON object is expected".to_owned())),
            Err(error) => return Err(wrong(format!("it is not JSON: {error}"))),
        };
        if given.is_empty() {
            return Err(wrong("it names no database".to_owned()));
        }
        let databases = given
            .iter()
            .map(|(name, entry)| database(name, entry))
            .collect::<Result<_, _>>();
        Ok(Self {
            databases: databases.map_err(wrong)?,
            given,
        })
    }

    /// What a module moves: structure of every object, rows of tables, changes of databases. A database that is
    /// moved whole stands for its tables, whose names are not known here.
    pub(crate) fn moved(&self, stage: Stage) -> Vec<Object<'_>> {
        let mut moved = Vec::new();
        for database in &self.databases {
            let object = |kind, name, new_name| Object {
                kind,
                name,
                new_name,
                database: &database.name,
                new_database: &database.new_name,
            };
            if stage == Stage::Incremental || database.tables.is_none() {
                moved.push(object("Database", &database.name, &database.new_name));
                continue;
            }
            for table in database.tables.iter().flatten() {
                moved.push(object("Table", &table.name, &table.new_name));
            }
            let sections = SECTIONS.iter().filter(|_| stage == Stage::Structure);
            for section in sections {
                let named = self
                    .given
                    .get(&database.name)
                    .and_then(|entry| entry.get(*section)?.as_object());
                for (name, entry) in named.into_iter().flatten() {
                    let new_name = entry.get("name").and_then(Value::as_str).unwrap_or(name);
                    moved.push(object(section, name, new_name));
                }
            }
        }
        moved
    }

    /// Whether something of the list gets another name, or is moved in part: a subscription cannot do either.
    pub(crate) fn check_subscribed(&self) -> Result<(), Refusal> {
        let wrong = |at: &str, why: &str| Err(Refusal::invalid("DbList", &format!("{at}: {why}")));
        for database in &self.databases {
            if database.name != database.new_name {
                return wrong(&database.name, "a subscription renames nothing");
            }
            for table in database.tables.iter().flatten() {
                if table.name != table.new_name {
                    return wrong(&table.name, "a subscription renames nothing");
                }
                let entry = &self.given[&database.name]["Table"][&table.name];
                if entry.get("filter").is_some() || entry.get("column").is_some() {
                    return wrong(&table.name, "a subscription tracks whole tables");
                }
            }
        }
        Ok(())
    }

    /// The list as the service gives it back: keys in an order of its own, quoted booleans as booleans, and a
    /// state with every entry.
    pub(crate) fn db_object(&self) -> String {
        let mut given = self.given.clone();
        for database in given.values_mut() {
            returned(database);
            if let Some(tables) = database.get_mut("Table").and_then(Value::as_object_mut) {
                tables.values_mut().for_each(returned);
            }
        }
        Value::Object(given).to_string()
    }
}

fn returned(entry: &mut Value) {
    if let Some(entry) = entry.as_object_mut() {
        if let Ok(Some(all)) = all(entry) {
            entry.insert("all".to_owned(), all.into());
        }
        entry.insert("state".to_owned(), json!("normal"));
    }
}

fn database(name: &str, entry: &Value) -> Result<Database, String> {
    let at = format!("database {name:?}");
    let entry = object(&at, entry)?;
    let new_name = new_name(&at, name, entry)?;
    let tables = section(&at, "Table", entry)?;
    let others = SECTIONS
        .iter()
        .map(|name| section(&at, name, entry))
        .collect::<Result<Vec<_>, _>>()?;
    let named = tables.is_some_and(|tables| !tables.is_empty());
    let tables = match all(entry).map_err(|error| format!("{at}: {error}"))? {
        Some(true) if named => return Err(format!("{at}: all is true, so no Table may be named")),
        Some(true) => None,
        _ if named => {
            let tables = tables.into_iter().flatten();
            Some(
                tables
                    .map(|(name, entry)| table(&at, name, entry))
                    .collect::<Result<_, _>>()?,
            )
        }
        _ if others.iter().flatten().any(|section| !section.is_empty()) => Some(Vec::new()),
        _ => return Err(format!("{at}: all is false, so Table must name at least one")),
    };
    Ok(Database {
        name: name.to_owned(),
        new_name,
        tables,
    })
}

fn table(database: &str, name: &str, entry: &Value) -> Result<Table, String> {
    let at = format!("{database}, table {name:?}");
    let entry = object(&at, entry)?;
    all(entry).map_err(|error| format!("{at}: {error}"))?;
    section(&at, "column", entry)?;
    match entry.get("filter") {
        None | Some(Value::Null) => {}
        Some(Value::String(filter)) if !filter.trim_end().ends_with(';') => {}
        Some(_) => {
            return Err(format!(
                "{at}: filter is the text of a condition without a ; at its end"
            ));
        }
    }
    Ok(Table {
        name: name.to_owned(),
        new_name: new_name(&at, name, entry)?,
    })
}

fn object<'v>(at: &str, entry: &'v Value) -> Result<&'v Map<String, Value>, String> {
    entry
        .as_object()
        .ok_or_else(|| format!("{at}: an object is expected"))
}

fn section<'v>(
    at: &str,
    name: &str,
    entry: &'v Map<String, Value>,
) -> Result<Option<&'v Map<String, Value>>, String> {
    match entry.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(section)) => Ok(Some(section)),
        Some(_) => Err(format!("{at}: {name} is an object")),
    }
}

fn new_name(at: &str, name: &str, entry: &Map<String, Value>) -> Result<String, String> {
    match entry.get("name") {
        None | Some(Value::Null) => Ok(name.to_owned()),
        Some(Value::String(new_name)) if !new_name.is_empty() => Ok(new_name.clone()),
        Some(_) => Err(format!("{at}: name is a name")),
    }
}

/// The member `all`: a boolean, or one in quotes, as the documentation shows it.
fn all(entry: &Map<String, Value>) -> Result<Option<bool>, String> {
    match entry.get("all") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(all)) => Ok(Some(*all)),
        Some(Value::String(text)) if text == "true" => Ok(Some(true)),
        Some(Value::String(text)) if text == "false" => Ok(Some(false)),
        Some(_) => Err("all is true or false".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_documented_example_quoted_or_not() {
        for all in ["true", "\"true\""] {
            let none = all.replace("true", "false");
            let text = format!(
                r#"{{"dtsdb":{{"name":"dtsdb_1","all":{none},"Table":{{"person":{{"name":"person_2","all":{all}}}}}}}}}"#
            );
            let objects = Objects::parse(&text).unwrap();
            assert_eq!(
                objects.databases,
                [Database {
                    name: "dtsdb".to_owned(),
                    new_name: "dtsdb_1".to_owned(),
                    tables: Some(vec![Table {
                        name: "person".to_owned(),
                        new_name: "person_2".to_owned()
                    }]),
                }]
            );
            assert_eq!(
                objects.db_object(),
                r#"{"dtsdb":{"Table":{"person":{"all":true,"name":"person_2","state":"normal"}},"all":false,"name":"dtsdb_1","state":"normal"}}"#
            );
        }
        let whole = Objects::parse(r#"{"d":{"all":true}}"#).unwrap();
        assert_eq!(
            (whole.databases[0].new_name.as_str(), &whole.databases[0].tables),
            ("d", &None)
        );
        Objects::parse(r#"{"d":{"all":false,"View":{"v":{"name":"v"}}}}"#).unwrap();
    }

    #[test]
    fn refuses_what_the_service_cannot_use() {
        for (text, expected) in [
            ("{", "it is not JSON"),
            ("[]", "a JSON object is expected"),
            ("{}", "it names no database"),
            (r#"{"d":[]}"#, r#"database "d": an object is expected"#),
            (r#"{"d":{"all":false}}"#, "Table must name at least one"),
            (
                r#"{"d":{"all":"false","Table":{}}}"#,
                "Table must name at least one",
            ),
            (r#"{"d":{"all":true,"Table":{"t":{}}}}"#, "no Table may be named"),
            (r#"{"d":{"all":"yes"}}"#, "all is true or false"),
            (r#"{"d":{"all":true,"name":""}}"#, "name is a name"),
            (
                r#"{"d":{"Table":{"t":{"all":1}}}}"#,
                r#"database "d", table "t": all is true or false"#,
            ),
            (
                r#"{"d":{"Table":{"t":{"filter":"id>1;"}}}}"#,
                "filter is the text of a condition",
            ),
            (r#"{"d":{"Table":{"t":{"column":[]}}}}"#, "column is an object"),
            (r#"{"d":{"Table":["t"]}}"#, "Table is an object"),
        ] {
            let refusal = Objects::parse(text).unwrap_err();
            assert_eq!(refusal.code, "InvalidDbList");
            assert!(refusal.message.contains(expected), "{text}: {}", refusal.message);
        }
        assert!(
            Objects::parse(&" ".repeat(LONGEST + 1))
                .unwrap_err()
                .message
                .contains("1 MB")
        );
    }
}
