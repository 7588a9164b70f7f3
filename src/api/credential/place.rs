//! Somewhere keys may be as they are, and how several such places make one identity.

use secrecy::SecretString;

use super::Credentials;

/// Somewhere keys may be, wholly or in part.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// For messages: `configuration`, `environment`.
    pub(super) name: &'static str,
    /// What the id and the secret are called there.
    pub(super) id_name: &'static str,
    pub(super) secret_name: &'static str,
    pub(super) id: Option<String>,
    pub(super) secret: Option<SecretString>,
    pub(super) token: Option<SecretString>,
}

impl Place {
    fn problem(&self) -> String {
        let Place {
            name,
            id_name,
            secret_name,
            ..
        } = self;
        match (&self.id, &self.secret) {
            (None, None) => format!("{name}: {id_name} and {secret_name} are not set"),
            (None, Some(_)) => format!("{name}: {secret_name} is set, {id_name} is not"),
            (Some(_), None) => format!("{name}: {id_name} is set, {secret_name} is not"),
            (Some(_), Some(_)) => format!("{name}: not asked"),
        }
    }
}

/// The first place with an id decides. What the first place of all (the configuration) gives always holds; a missing
/// secret or token is taken from another place only if that place is not another identity's.
pub(super) fn choose(places: &[Place]) -> Result<Credentials, Vec<String>> {
    let configured = places.first();
    for (index, place) in places.iter().enumerate() {
        let Some(id) = &place.id else { continue };
        let lone = places
            .iter()
            .find(|other| other.secret.is_some() && other.id.as_ref().is_none_or(|other| other == id));
        let chosen = [configured, Some(place), lone].into_iter().flatten();
        let secret = chosen.clone().find_map(|place| place.secret.clone());
        if let Some(access_key_secret) = secret {
            return Ok(Credentials {
                access_key_id: id.clone(),
                access_key_secret,
                security_token: chosen.clone().find_map(|place| place.token.clone()),
            });
        }
        // A configured id without any secret is a mistake; going on would sign as somebody else.
        if index == 0 {
            break;
        }
    }
    Err(places.iter().map(Place::problem).collect())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn place(name: &'static str, id: &str, secret: &str, token: &str) -> Place {
        let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Place {
            name,
            id_name: "ID",
            secret_name: "SECRET",
            id: set(id),
            secret: set(secret).map(SecretString::from),
            token: set(token).map(SecretString::from),
        }
    }

    /// Places as (id, secret, token), and what is chosen of them.
    fn check(places: &[(&str, &str, &str)], expected: Option<(&str, &str, &str)>) {
        let list: Vec<Place> = places
            .iter()
            .map(|(id, secret, token)| place("place", id, secret, token))
            .collect();
        let chosen = choose(&list).ok();
        let found = chosen.as_ref().map(|keys| {
            let token = keys
                .security_token
                .as_ref()
                .map_or("", |token| token.expose_secret());
            (
                keys.access_key_id.as_str(),
                keys.access_key_secret.expose_secret(),
                token,
            )
        });
        assert_eq!(found, expected, "{places:?}");
    }

    #[test]
    fn the_first_place_with_keys_serves() {
        check(&[("a", "sa", ""), ("b", "sb", "tb")], Some(("a", "sa", "")));
        check(
            &[("", "", ""), ("b", "sb", "tb"), ("c", "sc", "")],
            Some(("b", "sb", "tb")),
        );
        check(
            &[("", "", ""), ("b", "", ""), ("c", "sc", "")],
            Some(("c", "sc", "")),
        );
        check(&[("", "", ""), ("", "", "")], None);
    }

    #[test]
    fn what_is_configured_holds_and_is_completed_from_the_environment() {
        check(&[("a", "", ""), ("", "sb", "tb")], Some(("a", "sb", "tb")));
        check(&[("", "sa", ""), ("b", "sb", "tb")], Some(("b", "sa", "tb")));
        check(&[("", "", "ta"), ("b", "sb", "tb")], Some(("b", "sb", "ta")));
        check(&[("b", "", ""), ("b", "sb", "")], Some(("b", "sb", "")));
    }

    #[test]
    fn two_identities_are_never_mixed() {
        check(&[("a", "", ""), ("b", "sb", "tb")], None);
        check(&[("a", "sa", ""), ("", "", "tb")], Some(("a", "sa", "")));
    }

    #[test]
    fn the_reasons_name_every_place() {
        let places = [
            place("one", "", "", ""),
            place("two", "id", "", ""),
            place("three", "", "hunter2", ""),
        ];
        let reasons = choose(&places[..2]).unwrap_err();
        assert_eq!(
            reasons,
            ["one: ID and SECRET are not set", "two: ID is set, SECRET is not"]
        );
        let error = choose(&[places[0].clone(), places[2].clone()]).unwrap_err();
        assert_eq!(error[1], "three: SECRET is set, ID is not");
    }
}
