//! Functions for object lists: `provider::dts::db_list` writes the JSON that DTS takes (`DbList`, dts-api.md 5.1) from maps,
//! `provider::dts::parse_db_list` reads it back into the same maps.
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

/// Members that are texts in the maps and in the JSON alike.
const TEXTS: [&str; 2] = ["dml_op", "ddl_op"];

/// The text of a table's WHERE clause.
const FILTER: &str = "filter";

/// What the shape of the maps is, for both descriptions.
const SHAPE: &str = "A map by the name of each database (or schema) at the source. An entry may have `new_name` (at the destination; \
     default: the same), `tables`, `objects`, `dml_op` and `ddl_op` (comma lists of the operations to replicate), and `extra`. Without `tables` \
     and `objects` all of the database is meant. `tables` is a map by name at the source, or a list of names; an entry may have `new_name`, \
     `filter` (a SQL condition), `columns` (a map by name at the source, each with `new_name`, or a list of names), `dml_op`, \
     `ddl_op` and `extra`. `objects` is a map by kind as the API names it (`View`, `Function`, `Procedure`...), each a map by name or a list of names. \
     `extra` is a map of further members, passed on as they are.";
