//! The parameters of one call.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// Action parameters by name. Common parameters (`Action`, `Timestamp`, ...) are added when signing.
///
/// `Debug` shows names only: values may be passwords, or JSON that holds some.
#[derive(Clone, Default)]
pub struct Params(BTreeMap<String, Value>);

#[derive(Clone)]
enum Value {
    Plain(String),
    Secret(SecretString),
}

impl Params {
    /// No parameters.
    #[must_use]
    pub fn new() -> Params {
        Params::default()
    }

    /// Sets `name`. Booleans are written `true` and `false`, numbers as plain text.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl fmt::Display) -> Params {
        self.0.insert(name.into(), Value::Plain(value.to_string()));
        self
    }

    /// Sets `name` if there is a value; an empty text is a value.
    #[must_use]
    pub fn set_opt(self, name: impl Into<String>, value: Option<impl fmt::Display>) -> Params {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Sets `name` to a secret, which is then scrubbed from whatever the server answers.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: &SecretString) -> Params {
        self.0.insert(name.into(), Value::Secret(value.clone()));
        self
    }

    /// Sets `name` to a secret if there is one.
    #[must_use]
    pub fn secret_opt(self, name: impl Into<String>, value: Option<&SecretString>) -> Params {
        match value {
            Some(value) => self.secret(name, value),
            None => self,
        }
    }

    /// Whether `name` is set.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Names and values in byte order of the names, for signing.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| {
            let text = match value {
                Value::Plain(text) => text.as_str(),
                Value::Secret(secret) => secret.expose_secret(),
            };
            (name.as_str(), text)
        })
    }

    /// The secret values.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        self.0.values().filter_map(|value| match value {
            Value::Plain(_) => None,
            Value::Secret(secret) => Some(secret),
        })
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_dts_reads_them_and_shown_to_nobody() {
        let secret = SecretString::from("hunter2");
        let params = Params::new()
            .set("B", true)
            .set("A", 3)
            .set_opt("C", None::<&str>)
            .set_opt("D", Some(""))
            .secret("P", &secret)
            .secret_opt("Q", None);
        let pairs: Vec<(&str, &str)> = params.pairs().collect();
        assert_eq!(pairs, [("A", "3"), ("B", "true"), ("D", ""), ("P", "hunter2")]);
        assert_eq!(params.secrets().count(), 1);
        assert_eq!(format!("{params:?}"), r#"{"A", "B", "D", "P"}"#);
    }
}
