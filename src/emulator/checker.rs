//! What a precheck finds in the databases that exist.

use super::{
    checks::{BINLOG, Finding, Outcome},
    fixtures::{self, Fixtures},
    model::{Configuration, Endpoint},
};

/// The engine that a name means, whatever its spelling.
fn same_engine(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect()
    };
    plain(one) == plain(other)
}

/// Where an endpoint is, for people.
fn place(endpoint: &Endpoint) -> String {
    if endpoint.ip.is_empty() {
        let region = if endpoint.region.is_empty() {
            "no region"
        } else {
            &endpoint.region
        };
        format!("{} {} ({region})", endpoint.instance_type, endpoint.instance_id)
    } else {
        format!("{}:{}", endpoint.ip, endpoint.port)
    }
}

fn failed(error: &str, detail: String, repair: impl Into<String>) -> Outcome {
    Outcome::Failed(Finding {
        error: format!("CHECK__ERROR_{error}"),
        detail,
        repair: repair.into(),
    })
}

/// What keeps DTS from an endpoint, of any job: that it is not there, or that its account is refused.
pub(crate) fn unreachable(endpoint: &Endpoint, fixtures: Option<&Fixtures>) -> Option<Finding> {
    let fixtures = fixtures?;
    let side = SideOf {
        word: "specified",
        code: "DEST",
        configured: endpoint,
        found: fixtures.endpoints.iter().find(|known| known.is(endpoint)),
    };
    [side.connection(), side.account(&[])]
        .into_iter()
        .find_map(|outcome| match outcome {
            Outcome::Failed(finding) => Some(finding),
            _ => None,
        })
}

/// Looks at one configuration, with the databases of both its ends.
pub(crate) struct Checker<'a> {
    configuration: &'a Configuration,
    source: Option<&'a fixtures::Endpoint>,
    destination: Option<&'a fixtures::Endpoint>,
}

/// One side of a job: which it is, what was configured, what was found there.
struct SideOf<'a> {
    word: &'static str,
    code: &'static str,
    configured: &'a Endpoint,
    found: Option<&'a fixtures::Endpoint>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(configuration: &'a Configuration, fixtures: &'a Fixtures) -> Self {
        let find = |endpoint| fixtures.endpoints.iter().find(|known| known.is(endpoint));
        Self {
            configuration,
            source: find(&configuration.source),
            destination: find(&configuration.destination),
        }
    }

    fn source(&self) -> SideOf<'a> {
        SideOf {
            word: "source",
            code: "SRC",
            configured: &self.configuration.source,
            found: self.source,
        }
    }

    fn destination(&self) -> SideOf<'a> {
        let configured = &self.configuration.destination;
        SideOf {
            word: "destination",
            code: "DEST",
            configured,
            found: self.destination,
        }
    }

    /// How the item `code` ends.
    pub(crate) fn check(&self, code: &str) -> Outcome {
        match code {
            "CHECK_CONN_SRC" => self.source().connection(),
            "CHECK_CONN_DEST" => self.destination().connection(),
            "CHECK_AUTH_SRC" => self.source().account(&self.source_privileges()),
            "CHECK_AUTH_DEST" => self.destination().account(&self.destination_privileges()),
            "CHECK_SRC" => self.source().engine(),
            "CHECK_TOPOLOGY" => self.topology(),
            "CHECK_SCHEMA_EXIST" => self.schema(),
            "CHECK_SAME_OBJ" => self.same_objects(),
            "CHECK_DEST_TABLE_EMPTY" => self.destination_tables(),
            _ => self.variable(code),
        }
    }

    fn source_privileges(&self) -> Vec<&'static str> {
        let modes = self.configuration.modes;
        let mut needed = vec!["SELECT"];
        if modes.increment {
            needed.extend(["REPLICATION CLIENT", "REPLICATION SLAVE"]);
        }
        needed
    }

    fn destination_privileges(&self) -> Vec<&'static str> {
        let modes = self.configuration.modes;
        let mut needed = vec!["SELECT"];
        if modes.structure {
            needed.extend(["CREATE", "ALTER", "DROP"]);
        }
        if modes.data || modes.increment {
            needed.extend(["INSERT", "UPDATE", "DELETE"]);
        }
        needed
    }

    /// The source tables that are moved: of a database given whole, those that exist.
    fn moved(&self) -> Vec<Moved<'a>> {
        let mut moved = Vec::new();
        for database in &self.configuration.objects.databases {
            let names: Vec<(&str, &str)> = match &database.tables {
                Some(tables) => tables
                    .iter()
                    .map(|table| (table.name.as_str(), table.new_name.as_str()))
                    .collect(),
                None => {
                    let found = self
                        .source
                        .and_then(|source| source.databases.get(&database.name));
                    found
                        .into_iter()
                        .flatten()
                        .map(|table| (table.name.as_str(), table.name.as_str()))
                        .collect()
                }
            };
            moved.extend(names.into_iter().map(|(table, new_table)| Moved {
                database: &database.name,
                table,
                new_database: &database.new_name,
                new_table,
            }));
        }
        moved
    }

    fn topology(&self) -> Outcome {
        let (Some(source), Some(destination)) = (self.source, self.destination) else {
            return Outcome::NotChecked;
        };
        if !std::ptr::eq(source, destination) {
            return Outcome::Success;
        }
        let onto_itself =
            |moved: &&Moved<'_>| moved.database == moved.new_database && moved.table == moved.new_table;
        match self.moved().iter().find(onto_itself) {
            None => Outcome::Success,
            Some(moved) => failed(
                "TOPOLOGY",
                format!(
                    "The source and the destination are the same database server, and {}.{} would be written onto itself.",
                    moved.database, moved.table
                ),
                "Give the object another name at the destination, or choose another destination.",
            ),
        }
    }

    fn schema(&self) -> Outcome {
        let Some(source) = self.source else {
            return Outcome::NotChecked;
        };
        let mut missing = Vec::new();
        for database in &self.configuration.objects.databases {
            match source.databases.get(&database.name) {
                None => missing.push(format!("database {}", database.name)),
                Some(existing) => missing.extend(
                    database
                        .tables
                        .iter()
                        .flatten()
                        .filter(|table| !existing.iter().any(|known| known.name == table.name))
                        .map(|table| format!("table {}.{}", database.name, table.name)),
                ),
            }
        }
        if missing.is_empty() {
            return Outcome::Success;
        }
        failed(
            "SCHEMA_EXIST",
            format!(
                "The source {} has no {}.",
                place(&self.configuration.source),
                missing.join(", no ")
            ),
            "Correct the names in the object list, or create the objects in the source.",
        )
    }

    /// The tables of the mapped names that the destination has already.
    fn taken(&self, destination: &fixtures::Endpoint, with_rows: bool) -> Vec<String> {
        let mut taken = Vec::new();
        for moved in self.moved() {
            let existing = destination
                .databases
                .get(moved.new_database)
                .into_iter()
                .flatten();
            let mut same =
                existing.filter(|table| table.name == moved.new_table && !(with_rows && table.empty));
            if same.next().is_some() {
                taken.push(format!("{}.{}", moved.new_database, moved.new_table));
            }
        }
        taken
    }

    /// Whether tables that exist at the destination are to be found and refused.
    fn refuses_existing(&self) -> bool {
        self.configuration
            .reserved("targetTableMode")
            .is_none_or(|mode| mode == "0")
    }

    fn same_objects(&self) -> Outcome {
        let Some(destination) = self.destination else {
            return Outcome::NotChecked;
        };
        let taken = self.taken(destination, false);
        if taken.is_empty() || !self.configuration.modes.structure || !self.refuses_existing() {
            return Outcome::Success;
        }
        failed(
            "SAME_OBJ",
            format!(
                "The destination {} already has objects of the same name: {}.",
                place(&self.configuration.destination),
                taken.join(", ")
            ),
            "Drop or rename them, give the objects other names at the destination, or set targetTableMode to 2 to keep them.",
        )
    }

    fn destination_tables(&self) -> Outcome {
        let Some(destination) = self.destination else {
            return Outcome::NotChecked;
        };
        let taken = self.taken(destination, true);
        if taken.is_empty() || !self.configuration.modes.data || !self.refuses_existing() {
            return Outcome::Success;
        }
        failed(
            "DEST_TABLE_EMPTY",
            format!(
                "Tables of the destination {} are not empty: {}.",
                place(&self.configuration.destination),
                taken.join(", ")
            ),
            "Empty or drop the tables, or give the objects other names at the destination.",
        )
    }

    fn variable(&self, code: &str) -> Outcome {
        let Some(source) = self.source else {
            return Outcome::NotChecked;
        };
        let Some((_, variable, needed)) = BINLOG.iter().find(|(known, ..)| *known == code) else {
            return Outcome::Success;
        };
        let Some(value) = source.variables.get(*variable) else {
            return Outcome::Success;
        };
        let right = match needed {
            Some(needed) => value.eq_ignore_ascii_case(needed),
            None => !matches!(value.as_str(), "0" | "1"),
        };
        if right {
            return Outcome::Success;
        }
        let needed = needed.unwrap_or("a number greater than 1");
        failed(
            code.trim_start_matches("CHECK_"),
            format!(
                "{variable} of the source {} is {value}.",
                place(&self.configuration.source)
            ),
            format!(
                "Set {variable} to {needed}, restart the database if it asks for that, and run the precheck again."
            ),
        )
    }
}

struct Moved<'a> {
    database: &'a str,
    table: &'a str,
    new_database: &'a str,
    new_table: &'a str,
}

impl SideOf<'_> {
    fn connection(&self) -> Outcome {
        let place = place(self.configured);
        let error = format!("{}_CONN", self.code);
        let Some(found) = self.found else {
            return failed(
                &error,
                format!("DTS cannot reach the {} database {place}.", self.word),
                "Check the instance id, region, address and port, and let the servers of DTS through the allow list of the database.",
            );
        };
        match &found.engine {
            // A source of another engine has an item of its own.
            Some(engine) if self.code == "DEST" && !same_engine(engine, &self.configured.engine) => failed(
                &error,
                format!(
                    "No {} answers at the {} {place}: it is {engine}.",
                    self.configured.engine, self.word
                ),
                "Correct the engine name or the endpoint.",
            ),
            _ => Outcome::Success,
        }
    }

    fn engine(&self) -> Outcome {
        let Some(found) = self.found else {
            return Outcome::NotChecked;
        };
        match &found.engine {
            Some(engine) if !same_engine(engine, &self.configured.engine) => failed(
                "SRC_ENGINE",
                format!(
                    "The {} database {} is {engine}, and {} was configured.",
                    self.word,
                    place(self.configured),
                    self.configured.engine
                ),
                "Correct the engine name or the endpoint.",
            ),
            _ => Outcome::Success,
        }
    }

    fn account(&self, needed: &[&str]) -> Outcome {
        let Some(found) = self.found else {
            return Outcome::NotChecked;
        };
        let (user, place, word) = (&self.configured.user, place(self.configured), self.word);
        let error = format!("{}_AUTH", self.code);
        let Some(account) = found.accounts.get(user) else {
            return failed(
                &error,
                format!("The {word} database {place} has no account {user:?}."),
                "Correct the account name, or create the account.",
            );
        };
        if account.password != self.configured.password.0 {
            return failed(
                &error,
                format!("The {word} database {place} refuses the password of the account {user:?}."),
                "Correct the password in the configuration of the job, or set it at the database.",
            );
        }
        let granted = |needed: &str| {
            account.privileges.as_ref().is_none_or(|granted| {
                granted.iter().any(|one| {
                    [needed, "ALL", "ALL PRIVILEGES"]
                        .iter()
                        .any(|enough| one.eq_ignore_ascii_case(enough))
                })
            })
        };
        let missing: Vec<&str> = needed.iter().copied().filter(|needed| !granted(needed)).collect();
        if missing.is_empty() {
            return Outcome::Success;
        }
        failed(
            &error,
            format!(
                "The account {user:?} of the {word} database {place} lacks privileges: {}.",
                missing.join(", ")
            ),
            format!("Grant {} to the account {user:?}.", missing.join(", ")),
        )
    }
}

impl fixtures::Endpoint {
    /// Whether this is the database server that was configured.
    fn is(&self, endpoint: &Endpoint) -> bool {
        let same = |known: &Option<String>, given: &str| known.as_deref() == Some(given);
        let free =
            |known: &Option<String>, given: &str| given.is_empty() || known.is_none() || same(known, given);
        let found = if endpoint.ip.is_empty() {
            same(&self.instance_id, &endpoint.instance_id)
        } else {
            same(&self.ip, &endpoint.ip)
        };
        found && free(&self.port, &endpoint.port) && free(&self.region, &endpoint.region)
    }
}
