//! Keys in the configuration.

use secrecy::{ExposeSecret, SecretString};

use super::CredentialConfig;
use super::place::Place;

/// What `config` gives; an empty text is not set.
pub(super) fn place(config: &CredentialConfig) -> Place {
    let set = |secret: &Option<SecretString>| {
        secret
            .as_ref()
            .filter(|secret| !secret.expose_secret().is_empty())
            .cloned()
    };
    Place {
        name: "configuration",
        id_name: "access_key",
        secret_name: "secret_key",
        token_name: "security_token",
        id: config.access_key.clone().filter(|id| !id.is_empty()),
        secret: set(&config.secret_key),
        token: set(&config.security_token),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_is_not_set() {
        let empty = CredentialConfig {
            access_key: Some(String::new()),
            secret_key: Some(SecretString::from("")),
            security_token: Some(SecretString::from("")),
            ..CredentialConfig::default()
        };
        let place = place(&empty);
        assert!(place.id.is_none() && place.secret.is_none() && place.token.is_none());
    }
}
