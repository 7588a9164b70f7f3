//! Which databases exist: endpoints, their accounts, databases and tables. A precheck is judged by them.

use std::collections::BTreeMap;

use serde_json::Value;

/// The databases that exist, as a test or a user describes them in JSON (see `docs/emulator.md`).
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixtures {
    #[serde(default)]
    pub(crate) endpoints: Vec<Endpoint>,
    /// Verdicts that hold whatever was configured, for findings that are not modelled.
    #[serde(default)]
    pub(crate) precheck: Vec<Verdict>,
    /// The dedicated clusters that exist; any when absent.
    pub(crate) clusters: Option<Vec<Cluster>>,
}

/// A dedicated cluster.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cluster {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) region: String,
    /// How many DUs it has.
    #[serde(default = "Cluster::usual")]
    pub(crate) du: i64,
    #[serde(default = "Cluster::running")]
    pub(crate) state: String,
}

impl Cluster {
    fn usual() -> i64 {
        100
    }

    fn running() -> String {
        "running".to_owned()
    }
}

/// A database server: a cloud instance by `instance_id`, any other by `ip` and `port`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Endpoint {
    pub(crate) instance_id: Option<String>,
    pub(crate) ip: Option<String>,
    #[serde(default, deserialize_with = "port")]
    pub(crate) port: Option<String>,
    /// Any engine when absent.
    pub(crate) engine: Option<String>,
    /// Any region when absent.
    pub(crate) region: Option<String>,
    #[serde(default)]
    pub(crate) accounts: BTreeMap<String, Account>,
    /// Tables by database.
    #[serde(default)]
    pub(crate) databases: BTreeMap<String, Vec<Table>>,
    /// MySQL variables that differ from what replication needs, such as `{"log_bin": "OFF"}`.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
}

/// An account: its password alone, or with what it may do.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(from = "AccountForm")]
pub(crate) struct Account {
    pub(crate) password: String,
    /// Everything is allowed when absent.
    pub(crate) privileges: Option<Vec<String>>,
}

#[derive(serde::Deserialize)]
#[serde(
    untagged,
    expecting = "a password, or an object with \"password\" and \"privileges\""
)]
enum AccountForm {
    Password(String),
    Full {
        password: String,
        #[serde(default)]
        privileges: Option<Vec<String>>,
    },
}

impl From<AccountForm> for Account {
    fn from(form: AccountForm) -> Self {
        match form {
            AccountForm::Password(password) => Self {
                password,
                privileges: None,
            },
            AccountForm::Full { password, privileges } => Self { password, privileges },
        }
    }
}

/// A table: its name alone, or with whether it holds rows.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(from = "TableForm")]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) empty: bool,
}

#[derive(serde::Deserialize)]
#[serde(
    untagged,
    expecting = "a table's name, or an object with \"name\" and \"empty\""
)]
enum TableForm {
    Name(String),
    Full {
        name: String,
        #[serde(default)]
        empty: bool,
    },
}

impl From<TableForm> for Table {
    fn from(form: TableForm) -> Self {
        match form {
            TableForm::Name(name) => Self { name, empty: false },
            TableForm::Full { name, empty } => Self { name, empty },
        }
    }
}

/// What a precheck item finds, whatever was configured.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verdict {
    pub(crate) item: String,
    pub(crate) state: VerdictState,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) repair_method: String,
}

/// How such an item ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub(crate) enum VerdictState {
    Failed,
    Warning,
}

/// A port is written as a number or as text.
fn port<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match serde::Deserialize::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(port) => Ok(Some(port)),
        Value::Number(port) => Ok(Some(port.to_string())),
        _ => Err(serde::de::Error::custom("a port is a number or text")),
    }
}

/// The fixtures are not as documented.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the fixtures: {0}; see docs/emulator.md for their members")]
pub struct FixtureError(String);

impl Fixtures {
    /// Reads fixtures; `null` means that everything exists (`None`).
    ///
    /// # Errors
    /// A member is unknown or of the wrong type, or an endpoint says nothing by which it could be found.
    pub fn parse(fixtures: Value) -> Result<Option<Self>, FixtureError> {
        // A list would be taken for the members in order.
        if !fixtures.is_null() && !fixtures.is_object() {
            return Err(FixtureError("an object or null is expected".to_owned()));
        }
        let fixtures: Option<Self> =
            serde_json::from_value(fixtures).map_err(|error| FixtureError(error.to_string()))?;
        for (index, endpoint) in fixtures
            .iter()
            .flat_map(|fixtures| &fixtures.endpoints)
            .enumerate()
        {
            if endpoint.instance_id.is_none() && endpoint.ip.is_none() {
                return Err(FixtureError(format!("endpoint {index} needs instance_id or ip")));
            }
        }
        Ok(fixtures)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_both_forms() {
        let fixtures = Fixtures::parse(json!({"endpoints": [
            {"instance_id": "rm-source", "engine": "MySQL", "accounts": {"dtstest": "secret"}, "databases": {"dtsdb": ["person"]}},
            {"ip": "10.0.0.1", "port": 3306, "accounts": {"a": {"password": "p", "privileges": ["SELECT"]}},
             "databases": {"d": [{"name": "t", "empty": true}]}, "variables": {"log_bin": "OFF"}},
        ]}))
        .unwrap()
        .unwrap();
        let [source, other] = &fixtures.endpoints[..] else {
            panic!("two endpoints")
        };
        assert_eq!(source.accounts["dtstest"].password, "secret");
        assert!(source.accounts["dtstest"].privileges.is_none());
        assert!(!source.databases["dtsdb"][0].empty);
        assert_eq!(other.port.as_deref(), Some("3306"));
        assert_eq!(
            other.accounts["a"].privileges.as_deref(),
            Some(&["SELECT".to_owned()][..])
        );
        assert!(other.databases["d"][0].empty);
        assert!(Fixtures::parse(Value::Null).unwrap().is_none());
    }

    #[test]
    fn says_what_is_wrong() {
        for (fixtures, expected) in [
            (json!({"endpoint": []}), "unknown field `endpoint`"),
            (
                json!({"endpoints": [{"engine": "MySQL"}]}),
                "endpoint 0 needs instance_id or ip",
            ),
            (
                json!({"endpoints": [{"ip": "10.0.0.1", "port": true}]}),
                "a port is a number or text",
            ),
            (
                json!({"endpoints": [{"ip": "10.0.0.1", "accounts": {"a": 7}}]}),
                "a password, or an object",
            ),
            (
                json!({"endpoints": [{"ip": "10.0.0.1", "databases": {"d": [7]}}]}),
                "a table's name, or an object",
            ),
            (
                json!({"precheck": [{"item": "CHECK_SRC", "state": "Bad"}]}),
                "unknown variant `Bad`",
            ),
            (json!([]), "an object or null is expected"),
        ] {
            let error = Fixtures::parse(fixtures.clone()).unwrap_err().to_string();
            assert!(error.contains(expected), "{fixtures}: {error}");
        }
    }
}
