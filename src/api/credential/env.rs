//! Keys in the environment, under the names that Alibaba Cloud's Terraform provider and SDKs read (dts-api.md 8.2).

use secrecy::SecretString;

use super::place::Place;
use crate::api::context::Env;

/// Names of id, secret and token, in the order they are asked.
const FAMILIES: [(&str, &str, &str); 3] = [
    (
        "ALICLOUD_ACCESS_KEY",
        "ALICLOUD_SECRET_KEY",
        "ALICLOUD_SECURITY_TOKEN",
    ),
    (
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
    ),
    (
        "ALIBABACLOUD_ACCESS_KEY_ID",
        "ALIBABACLOUD_ACCESS_KEY_SECRET",
        "ALIBABACLOUD_SECURITY_TOKEN",
    ),
];

/// The first of these variables that is set and not empty, with its name.
pub(super) fn first<'a>(env: &dyn Env, names: &[&'a str]) -> Option<(&'a str, String)> {
    names.iter().find_map(|name| {
        let value = env.get(name).filter(|value| !value.is_empty())?;
        Some((*name, value))
    })
}

/// Whether a switch is on, written as the SDK reads it.
pub(super) fn is_true(env: &dyn Env, name: &str) -> bool {
    env.get(name)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The families, each a place of its own, so that what belongs to another id is told apart. An empty variable is not set.
pub(super) fn places(env: &dyn Env) -> Vec<Place> {
    let get = |name| first(env, &[name]).map(|(_, value)| value);
    FAMILIES
        .into_iter()
        .map(|(id_name, secret_name, token_name)| Place {
            name: "environment",
            id_name,
            secret_name,
            token_name,
            id: get(id_name),
            secret: get(secret_name).map(SecretString::from),
            token: get(token_name).map(SecretString::from),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::super::place::choose;
    use super::super::problem::Problem;
    use super::*;

    /// Variables as `NAME=value`.
    #[derive(Debug)]
    struct Variables(Vec<&'static str>);

    impl Env for Variables {
        fn get(&self, name: &str) -> Option<String> {
            self.0
                .iter()
                .find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
        }
    }

    fn check(variables: &[&'static str], expected: Result<Option<[&str; 3]>, &str>) {
        let keys = choose(&places(&Variables(variables.to_vec())));
        let found = keys.as_ref().map(|keys| {
            keys.as_ref().map(|keys| {
                let token = keys.security_token.as_ref();
                [
                    keys.access_key_id.as_str(),
                    keys.access_key_secret.expose_secret(),
                    token.map_or("", |token| token.expose_secret()),
                ]
            })
        });
        assert_eq!(found.map_err(Problem::message), expected, "{variables:?}");
    }

    #[test]
    fn every_family_is_read_in_order() {
        let old = [
            "ALICLOUD_ACCESS_KEY=a",
            "ALICLOUD_SECRET_KEY=sa",
            "ALICLOUD_SECURITY_TOKEN=ta",
        ];
        let new = [
            "ALIBABA_CLOUD_ACCESS_KEY_ID=b",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET=sb",
            "ALIBABA_CLOUD_SECURITY_TOKEN=tb",
        ];
        let third = [
            "ALIBABACLOUD_ACCESS_KEY_ID=c",
            "ALIBABACLOUD_ACCESS_KEY_SECRET=sc",
        ];
        check(&old, Ok(Some(["a", "sa", "ta"])));
        check(&new, Ok(Some(["b", "sb", "tb"])));
        check(&third, Ok(Some(["c", "sc", ""])));
        check(&[new.as_slice(), &old].concat(), Ok(Some(["a", "sa", "ta"])));
        check(&[third.as_slice(), &new].concat(), Ok(Some(["b", "sb", "tb"])));
        check(&["ALICLOUD_ACCESS_KEY=", "ALICLOUD_SECRET_KEY="], Ok(None));
    }

    #[test]
    fn each_of_the_three_has_a_list_of_its_own() {
        let pair = ["ALICLOUD_ACCESS_KEY=a", "ALICLOUD_SECRET_KEY=sa"];
        for token in ["ALIBABA_CLOUD_SECURITY_TOKEN=t", "ALIBABACLOUD_SECURITY_TOKEN=t"] {
            check(&[pair[0], pair[1], token], Ok(Some(["a", "sa", "t"])));
        }
        check(
            &["ALIBABA_CLOUD_ACCESS_KEY_ID=b", "ALICLOUD_SECRET_KEY=sb"],
            Ok(Some(["b", "sb", ""])),
        );
        // The token of another id is not.
        check(
            &[
                pair[0],
                pair[1],
                "ALIBABA_CLOUD_ACCESS_KEY_ID=b",
                "ALIBABA_CLOUD_SECURITY_TOKEN=tb",
            ],
            Ok(Some(["a", "sa", ""])),
        );
    }

    #[test]
    fn half_a_key_is_told_by_its_variables() {
        check(
            &["ALICLOUD_SECRET_KEY=sa"],
            Err("environment: ALICLOUD_SECRET_KEY is set, ALICLOUD_ACCESS_KEY is not"),
        );
        check(
            &[
                "ALIBABA_CLOUD_ACCESS_KEY_ID=b",
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET=",
            ],
            Err("environment: ALIBABA_CLOUD_ACCESS_KEY_ID is set, ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"),
        );
        let complete = [
            "ALIBABACLOUD_ACCESS_KEY_ID=c",
            "ALIBABACLOUD_ACCESS_KEY_SECRET=sc",
        ];
        check(
            &["ALICLOUD_ACCESS_KEY=a", complete[0], complete[1]],
            Err("environment: ALICLOUD_ACCESS_KEY is set, ALICLOUD_SECRET_KEY is not"),
        );
    }
}
