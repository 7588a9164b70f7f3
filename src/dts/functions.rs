//! Functions for object lists: `provider::dts::db_list` writes the JSON that DTS takes (`DbList`, dts-api.md 5.1) from maps,
//! `provider::dts::parse_db_list` reads it back into the same maps. What the maps cannot say is an error: what is moved never
//! changes on the way.
//!
//! The maps, by name at the source:
//!
//! ```hcl
//! {
//!   dtsdb = {                       # a database or schema
//!     new_name = "dtsdb_1"          # its name at the destination
//!     tables = {
//!       person = {
//!         new_name = "people"
//!         filter   = "id > 10"
//!         columns  = { id = {}, name = { new_name = "full_name" } }
//!       }
//!     }
//!     objects = { View = { recent = {} } }
//!   }
//!   crm = {}                        # all of it
//! }
//! ```

mod db_list;
mod parse_db_list;

pub(super) use db_list::DbList;
pub(super) use parse_db_list::ParseDbList;

use super::db_list::KINDS;

/// The text of a table's WHERE clause.
const FILTER: &str = "filter";

/// What an entry is of, which decides what it may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Database,
    Table,
    Column,
    /// A view, a procedure and the like.
    Object,
}

/// What a member of the JSON lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Tables,
    Columns,
    /// Objects of this kind.
    Objects(&'static str),
}

impl Of {
    /// Texts, by the same name in the maps and in the JSON.
    fn texts(self) -> &'static [&'static str] {
        match self {
            Of::Database => &["dml_op", "ddl_op"],
            Of::Table => &[FILTER, "dml_op", "ddl_op"],
            Of::Column | Of::Object => &[],
        }
    }

    /// Members of the maps that list what is inside.
    fn lists(self) -> &'static [&'static str] {
        match self {
            Of::Database => &["tables", "objects"],
            Of::Table => &["columns"],
            Of::Column | Of::Object => &[],
        }
    }

    /// What a member of the JSON lists, in whatever letters (dts-api.md 5.1).
    fn section(self, member: &str) -> Option<Section> {
        let is = |name: &str| member.eq_ignore_ascii_case(name);
        match self {
            Of::Database if is("table") => Some(Section::Tables),
            Of::Database => KINDS.into_iter().find(|kind| is(kind)).map(Section::Objects),
            Of::Table if is("column") => Some(Section::Columns),
            Of::Table | Of::Column | Of::Object => None,
        }
    }

    /// Why a member of the JSON is none of `extra`: what to do instead.
    fn instead(self, member: &str) -> Option<String> {
        match (member, self.section(member)) {
            ("name", _) => Some("write the name at the destination as `new_name`".to_owned()),
            ("all", _) => Some("remove it: it follows from what is listed".to_owned()),
            ("state", _) => Some("remove it: it is DTS that says it".to_owned()),
            (_, Some(Section::Tables)) => Some("list tables in `tables`".to_owned()),
            (_, Some(Section::Columns)) => Some("list columns in `columns`".to_owned()),
            (_, Some(Section::Objects(kind))) => Some(format!("list them in `objects`, as `{kind}`")),
            (text, None) if self.texts().contains(&text) => {
                Some(format!("write `{text}` outside of `extra`"))
            }
            (_, None) => None,
        }
    }
}

/// What the shape of the maps is, for both descriptions.
const SHAPE: &str = "A map by the name of each database (or schema) at the source. An entry may have `new_name` (at the destination; \
     default: the same), `tables`, `objects`, `dml_op` and `ddl_op` (comma lists of the operations to replicate), and `extra`. Without `tables` \
     and `objects`, or where both are null, all of the database is meant; an empty one is an error. `tables` is a map by name at the source, or a \
     list of names; an entry may have `new_name`, `filter` (a SQL condition), `columns` (a map by name at the source, each with `new_name` and \
     `extra`, or a list of names), `dml_op`, `ddl_op` and `extra`. `objects` is a map by kind (`View`, `Synonym`, `Procedure`, `Function`, `Type`, \
     `Rule`, `Default`, `Plan`, `Package`, `Sequence`, `Domain`, `Aggregate`, `Operator`, `Extension` or `Job`), each a map by name or a list of \
     names. `extra` is a map of members that nothing else here writes, passed on as they are. In the API \
     it all is `DbList`.";

#[cfg(test)]
mod tests;
