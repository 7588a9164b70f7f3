//! Somewhere keys may be as they are, and how several such places make one identity.

use secrecy::SecretString;

use super::Credentials;
use super::problem::{Problem, listed};

/// Somewhere keys may be, wholly or in part.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// For messages: `configuration`, `environment`.
    pub(super) name: &'static str,
    /// What the id, the secret and the token are called there.
    pub(super) id_name: &'static str,
    pub(super) secret_name: &'static str,
    pub(super) token_name: &'static str,
    pub(super) id: Option<String>,
    pub(super) secret: Option<SecretString>,
    pub(super) token: Option<SecretString>,
}

impl Place {
    /// For a place that nothing is in.
    pub(super) fn is_unset(&self) -> String {
        format!(
            "{}: {} and {} are not set",
            self.name, self.id_name, self.secret_name
        )
    }

    fn names(&self, set: bool) -> Vec<&'static str> {
        let all = [
            (self.id_name, self.id.is_some()),
            (self.secret_name, self.secret.is_some()),
            (self.token_name, self.token.is_some()),
        ];
        // Keys without a token are whole.
        let needed = if set { 3 } else { 2 };
        let named = all[..needed].iter().filter(|(_, is_set)| *is_set == set);
        named.map(|(name, _)| *name).collect()
    }

    /// Part of the keys is set here, and the rest nowhere.
    fn half(&self) -> Problem {
        let (set, missing) = (self.names(true), self.names(false));
        let are = |names: &[&str]| if names.len() == 1 { "is" } else { "are" };
        Problem::new(
            format!(
                "{}: {} {} set, {} {} not",
                self.name,
                listed(&set),
                are(&set),
                listed(&missing),
                are(&missing)
            ),
            format!(
                "Set {} too; or unset {}, and keys are looked for elsewhere.",
                listed(&missing),
                listed(&set)
            ),
        )
    }
}

/// The first id there is, with a secret and perhaps a token: each from the first place (the configuration) if that has it,
/// else from where the id is, else from the first place that names no other id. `None` if nothing is set anywhere.
///
/// # Errors
/// For keys of which only a part is set: going on would sign as somebody else.
pub(super) fn choose(places: &[Place]) -> Result<Option<Credentials>, Problem> {
    let Some((own, id)) = places.iter().find_map(|place| Some((place, place.id.as_ref()?))) else {
        let begun = places.iter().find(|place| !place.names(true).is_empty());
        return begun.map_or(Ok(None), |place| Err(place.half()));
    };
    let others = places
        .iter()
        .filter(|place| place.id.as_ref().is_none_or(|other| other == id));
    let serving = places.first().into_iter().chain([own]).chain(others);
    let secret = serving
        .clone()
        .find_map(|place| Some((place, place.secret.clone()?)));
    let (secret_place, access_key_secret) = secret.ok_or_else(|| own.half())?;
    let token = serving
        .clone()
        .find_map(|place| Some((place, place.token.clone()?)));
    let (token_place, security_token) = token.unzip();
    let mut parts = vec![
        (own.name, own.id_name),
        (secret_place.name, secret_place.secret_name),
    ];
    parts.extend(token_place.map(|place| (place.name, place.token_name)));
    Ok(Some(Credentials {
        access_key_id: id.clone(),
        access_key_secret,
        security_token,
        origin: origin(&parts),
    }))
}

/// Places and what is taken of each, in a sentence.
fn origin(parts: &[(&str, &str)]) -> String {
    let same_place = parts.chunk_by(|(one, _), (other, _)| one == other);
    let places: Vec<String> = same_place
        .map(|parts| {
            let names: Vec<&str> = parts.iter().map(|(_, name)| *name).collect();
            format!("{} in the {}", listed(&names), parts[0].0)
        })
        .collect();
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn place(id: &str, secret: &str, token: &str) -> Place {
        let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Place {
            name: "place",
            id_name: "ID",
            secret_name: "SECRET",
            token_name: "TOKEN",
            id: set(id),
            secret: set(secret).map(SecretString::from),
            token: set(token).map(SecretString::from),
        }
    }

    /// Places as (id, secret, token), and what is chosen of them.
    fn check(places: &[(&str, &str, &str)], expected: Result<Option<(&str, &str, &str)>, &str>) {
        let list: Vec<Place> = places
            .iter()
            .map(|(id, secret, token)| place(id, secret, token))
            .collect();
        let chosen = choose(&list);
        let found = chosen.as_ref().map(|keys| {
            keys.as_ref().map(|keys| {
                let token = keys
                    .security_token
                    .as_ref()
                    .map_or("", |token| token.expose_secret());
                let secret = keys.access_key_secret.expose_secret();
                (keys.access_key_id.as_str(), secret, token)
            })
        });
        assert_eq!(found.map_err(Problem::message), expected, "{places:?}");
    }

    #[test]
    fn keys_know_what_they_are_made_of() {
        let named = |name, place: Place| Place { name, ..place };
        let block = named("configuration", place("a", "sa", ""));
        let around = named("environment", place("", "", "t"));
        for (places, expected) in [
            (vec![block.clone()], "ID and SECRET in the configuration"),
            (
                vec![block, around],
                "ID and SECRET in the configuration, TOKEN in the environment",
            ),
        ] {
            assert_eq!(choose(&places).unwrap().unwrap().origin, expected);
        }
    }

    #[test]
    fn the_first_place_with_keys_serves() {
        check(&[("a", "sa", ""), ("b", "sb", "tb")], Ok(Some(("a", "sa", ""))));
        check(
            &[("", "", ""), ("b", "sb", "tb"), ("c", "sc", "")],
            Ok(Some(("b", "sb", "tb"))),
        );
        check(&[("", "", ""), ("", "", "")], Ok(None));
    }

    #[test]
    fn what_is_configured_holds_and_is_completed_from_the_environment() {
        check(&[("a", "", ""), ("", "sb", "tb")], Ok(Some(("a", "sb", "tb"))));
        check(&[("", "sa", ""), ("b", "sb", "tb")], Ok(Some(("b", "sa", "tb"))));
        check(&[("", "", "ta"), ("b", "sb", "tb")], Ok(Some(("b", "sb", "ta"))));
        check(&[("b", "", ""), ("b", "sb", "")], Ok(Some(("b", "sb", ""))));
    }

    #[test]
    fn each_part_may_stand_in_another_place_than_the_id() {
        let nothing = ("", "", "");
        check(
            &[nothing, ("a", "sa", ""), ("", "", "tb")],
            Ok(Some(("a", "sa", "tb"))),
        );
        check(&[("a", "sa", ""), ("", "", "tb")], Ok(Some(("a", "sa", "tb"))));
        check(
            &[nothing, ("a", "", ""), ("", "sb", ""), ("", "sc", "tc")],
            Ok(Some(("a", "sb", "tc"))),
        );
        // What stands beside the id goes before what stands alone.
        check(
            &[nothing, ("", "sa", "ta"), ("b", "sb", "tb")],
            Ok(Some(("b", "sb", "tb"))),
        );
    }

    #[test]
    fn two_identities_are_never_mixed() {
        let half = "place: ID is set, SECRET is not";
        check(&[("a", "", ""), ("b", "sb", "tb")], Err(half));
        check(
            &[("", "", ""), ("a", "sa", ""), ("b", "sb", "tb"), ("", "", "tc")],
            Ok(Some(("a", "sa", "tc"))),
        );
    }

    #[test]
    fn half_a_key_is_no_reason_to_sign_as_somebody_else() {
        let nothing = ("", "", "");
        for (half, expected) in [
            (("b", "", ""), "place: ID is set, SECRET is not"),
            (("b", "", "tb"), "place: ID and TOKEN are set, SECRET is not"),
        ] {
            check(&[nothing, half], Err(expected));
            check(&[nothing, half, ("c", "sc", "")], Err(expected));
        }
        check(&[nothing, ("", "sb", "")], Err("place: SECRET is set, ID is not"));
        check(
            &[nothing, ("", "", "tb")],
            Err("place: TOKEN is set, ID and SECRET are not"),
        );
    }
}
