//! Private state: what a provider remembers of an object and no user sees. Terraform keeps it beside the
//! state, readable by whoever reads the state file: nothing secret goes in.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Keys and values. A key that begins with `_` belongs to the framework.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Private(BTreeMap<String, Json>);

impl Private {
    /// Reads what Terraform kept. What we did not write reads as empty.
    pub fn from_bytes(bytes: &[u8]) -> Private {
        Private(serde_json::from_slice(bytes).unwrap_or_default())
    }

    /// As Terraform keeps it.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.get(key)
    }

    /// Whether the key is there and `true`.
    pub fn is_set(&self, key: &str) -> bool {
        self.get(key) == Some(&Json::Bool(true))
    }

    /// Sets a key.
    pub fn set(&mut self, key: &str, value: impl Into<Json>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Json> {
        self.0.remove(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip_and_foreign_bytes_are_empty() {
        let mut private = Private::default();
        assert_eq!(private.to_bytes(), b"");
        private.set("imported", true);
        assert!(Private::from_bytes(&private.to_bytes()).is_set("imported"));
        for foreign in [&b""[..], b"null", b"[1]", b"\xff"] {
            assert_eq!(Private::from_bytes(foreign), Private::default());
        }
    }
}
