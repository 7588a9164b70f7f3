//! The provider block: its arguments, the environment behind them, and the client they make.
//!
//! Which source of keys serves, and why, is `api::credential`'s; here is only what the block says.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::{region_check, tags};
use crate::api;
use crate::api::context::Env;
use crate::framework::validate::{conflict, is_certainly_set};
use crate::framework::{
    Attribute, Block, Check, Diagnostic, Diagnostics, NestedBlock, Object, Path, Schema, Value,
};

const REGION: [&str; 2] = ["ALICLOUD_REGION", "ALIBABA_CLOUD_REGION"];
const ENDPOINT: [&str; 2] = ["ALIBABA_CLOUD_ENDPOINT_DTS", "DTS_ENDPOINT"];
const STS_ENDPOINT: [&str; 2] = ["ALIBABA_CLOUD_ENDPOINT_STS", "STS_ENDPOINT"];
const ENDPOINT_TYPE: &str = "DTS_ENDPOINT_TYPE";
/// The SDK's switch, which it reads for STS.
const VPC_ENDPOINT: &str = "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED";
const SIGNATURE_VERSION: &str = "DTS_SIGNATURE_VERSION";
const CONNECT_TIMEOUT: &str = "DTS_CLIENT_CONNECT_TIMEOUT";
const READ_TIMEOUT: &str = "DTS_CLIENT_READ_TIMEOUT";
const CA_BUNDLE: &str = "DTS_CA_BUNDLE";
/// What Terraform's own SDK adds to the user agent of every provider.
const APPEND_USER_AGENT: &str = "TF_APPEND_USER_AGENT";
/// Characters that `configuration_source` may have.
const LONGEST_SOURCE: usize = 128;

/// Milliseconds that a timeout may have.
const TIMEOUTS: (i64, i64) = (1, 600_000);

/// Sources of keys that the block may name: more than one leaves open who signs.
const SOURCES: [&str; 5] = [
    "access_key",
    "assume_role_with_oidc",
    "profile",
    "credentials_uri",
    "ecs_role_name",
];

/// The schema of the provider block.
pub(super) fn schema() -> Schema {
    Schema::new(
        keys(Block::new(
            "Alibaba Cloud Data Transmission Service (DTS): migrate, synchronize and subscribe to databases.",
        ))
        .attribute(text(
            "region",
            "Region of the DTS instances and jobs, such as `cn-hangzhou`. \
             Default: the environment variable `ALICLOUD_REGION` or `ALIBABA_CLOUD_REGION`, else the region of the profile.",
        ).check(region_check()))
        .attribute(text(
            "endpoint",
            "URL of the service instead of the region's own, such as `http://127.0.0.1:8080` for the emulator. Plain http \
             is accepted for loopback addresses only, unless `insecure` is set. \
             Default: `ALIBABA_CLOUD_ENDPOINT_DTS` or `DTS_ENDPOINT`, else the region's endpoint.",
        ))
        .attribute(
            text(
                "endpoint_type",
                "Which of the region's own endpoints is called: `public`, or `vpc` from a machine in a VPC of the region. STS, too, is then \
                 asked inside of the VPC. Default: `DTS_ENDPOINT_TYPE`, else `vpc` where `ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED` is `true`, \
                 else `public`.",
            )
            .check(Check::one_of(&["public", "vpc"])),
        )
        .attribute(text(
            "sts_endpoint",
            "URL of STS, which gives the keys of roles. Default: `ALIBABA_CLOUD_ENDPOINT_STS` or `STS_ENDPOINT`, else the endpoint of the region \
             in `ALIBABA_CLOUD_STS_REGION`, else the central one.",
        ))
        .attribute(
            Attribute::bool("insecure")
                .describe("Accept an `endpoint` with plain http that is not loopback: keys and passwords cross the network readable. Default: `false`."),
        )
        .attribute(
            text(
                "signature_version",
                "How calls are signed: `v1` (HMAC-SHA1, all parameters in the body) or `v3` (ACS3-HMAC-SHA256, parameters in the query as the \
                 official SDK has them). Default: `DTS_SIGNATURE_VERSION`, else `v1`.",
            )
            .check(Check::one_of(&["v1", "v3"])),
        )
        .attribute(milliseconds(
            "client_connect_timeout",
            "Milliseconds to connect, TLS included. Default: `DTS_CLIENT_CONNECT_TIMEOUT`, else `5000`.",
        ))
        .attribute(milliseconds(
            "client_read_timeout",
            "Milliseconds until a call's answer must be complete. Default: `DTS_CLIENT_READ_TIMEOUT`, else `30000`.",
        ))
        .attribute(
            text(
                "configuration_source",
                "Name of the module or example that the configuration is of, such as `acme/dts-migration`; it is sent as part of the user \
                 agent, which the audit log shows. What the environment variable `TF_APPEND_USER_AGENT` holds is added behind it.",
            )
            .check(Check::new(|value| match value.as_str() {
                Some(source) if source.chars().count() > LONGEST_SOURCE => Err(format!(
                    "It is longer than {LONGEST_SOURCE} characters. Shorten it."
                )),
                Some(source) if !source.chars().all(|c| c.is_ascii_graphic()) => Err(
                    "It holds white space, or characters that are not ASCII, which a header cannot have. Use letters, digits and signs such as / and -."
                        .to_owned(),
                ),
                _ => Ok(()),
            })),
        )
        .attribute(text(
            "ca_bundle",
            "File of certificates (PEM) that are trusted beside those of the system, such as a proxy's. Default: `DTS_CA_BUNDLE`. Proxies come \
             from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.",
        ))
        .block(tags::default_block())
        .local(),
    )
}

fn text(name: &str, description: &str) -> Attribute {
    Attribute::string(name)
        .describe(description)
        .check(Check::not_blank())
}

fn milliseconds(name: &str, description: &str) -> Attribute {
    Attribute::number(name)
        .describe(description)
        .check(Check::between(TIMEOUTS.0, TIMEOUTS.1))
}

/// Where keys come from.
fn keys(block: Block) -> Block {
    block
        .attribute(text(
            "access_key",
            "AccessKey id. Default: `ALICLOUD_ACCESS_KEY`, `ALIBABA_CLOUD_ACCESS_KEY_ID` or `ALIBABACLOUD_ACCESS_KEY_ID`.",
        ))
        .attribute(
            text(
                "secret_key",
                "AccessKey secret. Default: `ALICLOUD_SECRET_KEY`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` or `ALIBABACLOUD_ACCESS_KEY_SECRET`.",
            )
            .sensitive(),
        )
        .attribute(
            text(
                "security_token",
                "Token of temporary keys (STS). Default: `ALICLOUD_SECURITY_TOKEN`, `ALIBABA_CLOUD_SECURITY_TOKEN` or `ALIBABACLOUD_SECURITY_TOKEN`, \
                 but none that stands beside another id than `access_key`.",
            )
            .sensitive(),
        )
        .attribute(text(
            "profile",
            "Profile of the credentials file. Default: `ALICLOUD_PROFILE` or `ALIBABA_CLOUD_PROFILE`, else the file's current profile, or its \
             section `default`.",
        ))
        .attribute(text(
            "shared_credentials_file",
            "Credentials file: the command line tool's (JSON) or one of the SDKs (sections). Default: `ALICLOUD_SHARED_CREDENTIALS_FILE` or \
             `ALIBABA_CLOUD_CREDENTIALS_FILE`, else `~/.aliyun/config.json`, `~/.alibabacloud/credentials.ini` and `~/.alibabacloud/credentials`.",
        ))
        .attribute(
            text(
                "credentials_uri",
                "URL that answers with temporary keys. Default: `ALICLOUD_CREDENTIALS_URI` or `ALIBABA_CLOUD_CREDENTIALS_URI`.",
            )
            .sensitive()
            .check(Check::new(|value| match value.as_str() {
                Some(url) if !url.starts_with("http://") && !url.starts_with("https://") => {
                    Err("It is not an http or https URL. Write it with its scheme, such as http://127.0.0.1:8080/keys.".to_owned())
                }
                _ => Ok(()),
            })),
        )
        .attribute(text(
            "ecs_role_name",
            "RAM role of the ECS instance that Terraform runs on. Default: `ALICLOUD_ECS_ROLE_NAME` or `ALIBABA_CLOUD_ECS_METADATA`; without \
             any other source of keys, whichever role the instance has.",
        ))
        .block(NestedBlock::list("assume_role", assume_role()))
        .block(NestedBlock::single("assume_role_with_oidc", assume_role_with_oidc()))
}

fn role_arn(default: &str) -> Attribute {
    text(
        "role_arn",
        &format!("ARN of the role, such as `acs:ram::123456789012:role/terraform`. Default: {default}."),
    )
    .check(Check::new(|value| match value.as_str() {
        Some(arn) if !arn.starts_with("acs:ram::") || !arn.contains(":role/") => Err(format!(
            "{arn:?} is not the ARN of a role. Write it as acs:ram::<account id>:role/<role name>."
        )),
        _ => Ok(()),
    }))
}

fn session_expiration(default: &str) -> Attribute {
    Attribute::number("session_expiration")
        .describe(&format!(
            "Seconds of a session, at most what the role allows; it is renewed in time. Default: {default}`3600`."
        ))
        .check(Check::between(900, 43200))
}

fn policy() -> Attribute {
    text(
        "policy",
        "RAM policy in JSON that narrows what the session may do. Default: all that the role may.",
    )
}

fn assume_role() -> Block {
    Block::new("A RAM role to assume with the keys found; several are assumed one after another, each with the keys of the one before.")
        .attribute(role_arn("`ALICLOUD_ASSUME_ROLE_ARN` or `ALIBABA_CLOUD_ROLE_ARN`"))
        .attribute(text(
            "session_name",
            "Name of the session, which audit logs show. Default: `ALICLOUD_ASSUME_ROLE_SESSION_NAME` or `ALIBABA_CLOUD_ROLE_SESSION_NAME`, \
             else `terraform`.",
        ))
        .attribute(policy())
        .attribute(session_expiration("`ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION`, else "))
        .attribute(text(
            "external_id",
            "What the trust policy of another account's role asks for. Default: `ALIBABA_CLOUD_ROLE_EXTERNAL_ID`.",
        ))
}

fn assume_role_with_oidc() -> Block {
    Block::new("A RAM role to assume with a token of another issuer, such as Kubernetes or a CI system.")
        .attribute(role_arn("`ALIBABA_CLOUD_ROLE_ARN`"))
        .attribute(text(
            "oidc_provider_arn",
            "ARN of the OIDC provider in RAM. Default: `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`.",
        ))
        .attribute(text(
            "oidc_token_file",
            "File of the token, read anew for each session. Default: `ALIBABA_CLOUD_OIDC_TOKEN_FILE`.",
        ))
        .attribute(
            text("oidc_token", "The token itself. Default: `ALIBABA_CLOUD_OIDC_TOKEN`. Conflicts with `oidc_token_file`.").sensitive(),
        )
        .attribute(text(
            "role_session_name",
            "Name of the session, which audit logs show. Default: `ALIBABA_CLOUD_ROLE_SESSION_NAME`, else `terraform`.",
        ))
        .attribute(policy())
        .attribute(session_expiration(""))
}

/// What the block alone can tell.
pub(super) fn validate(config: &Object, context: &api::Context, diagnostics: &mut Diagnostics) {
    for (name, kind) in [
        ("endpoint", api::Kind::Endpoint),
        ("sts_endpoint", api::Kind::StsEndpoint),
    ] {
        if config.str(name).is_none() || config.get("insecure").is_unknown() {
            continue;
        }
        let mut settings = of_block(config);
        settings.region = "cn-hangzhou".to_owned();
        if name == "endpoint" {
            settings.sts_endpoint = None;
        } else {
            settings.endpoint = None;
        }
        if let Err(error) = api::Client::new(settings, context.clone())
            && error.kind() == kind
        {
            diagnostics.push(invalid(&error));
        }
    }
    for (one, other) in [
        ("access_key", "secret_key"),
        ("secret_key", "access_key"),
        ("security_token", "access_key"),
    ] {
        // With both others missing, the first of them is enough to say.
        let told = one == "security_token" && !config.get("secret_key").is_null();
        if is_certainly_set(config, one) && config.get(other).is_null() && !told {
            diagnostics.push(
                Diagnostic::error(
                    format!("{other} is missing"),
                    format!("`{one}` is set, and one does not work without the other. Set `{other}` too, or leave both to the environment."),
                )
                .at(Path::attribute(one)),
            );
        }
    }
    for (index, first) in SOURCES.iter().enumerate() {
        for second in &SOURCES[index + 1..] {
            conflict(config, first, second, "Keys come from one source.", diagnostics);
        }
    }
    if config.get("profile").is_null() {
        let first = SOURCES.iter().find(|name| is_certainly_set(config, name));
        if let Some(first) = first {
            conflict(
                config,
                first,
                "shared_credentials_file",
                "Keys come from one source.",
                diagnostics,
            );
        }
    }
    if let Some(oidc) = config.object("assume_role_with_oidc")
        && is_certainly_set(oidc, "oidc_token")
        && is_certainly_set(oidc, "oidc_token_file")
    {
        diagnostics.push(
            Diagnostic::error(
                "oidc_token cannot be set together with oidc_token_file",
                "One of them is the token. Remove `oidc_token` or `oidc_token_file`.",
            )
            .at(Path::attribute("assume_role_with_oidc").then("oidc_token")),
        );
    }
}

/// The client, or why there is none yet. Calls nothing.
pub(super) fn client(
    config: &Object,
    context: &api::Context,
    terraform_version: &str,
) -> Result<api::Client, Diagnostics> {
    // Nothing is called with default tags.
    let mut needed = config.iter().filter(|(name, _)| *name != "default_tags");
    if let Some((name, _)) = needed.find(|(_, value)| !value.is_wholly_known()) {
        return Err(Diagnostic::error(
            "The provider's configuration is not known yet",
            format!(
                "`{name}` is only known after an apply, but something has to be read now. Apply what it depends on first \
                 (`terraform apply -target=...`), or give the value directly."
            ),
        )
        .at(Path::attribute(name))
        .into());
    }
    let env = context.env.as_ref();
    let mut settings = of_block(config);
    settings.user_agent = user_agent(config, env, terraform_version);
    let (region_from, region) = region(config, &settings.credentials, env)?;
    settings.region = region;
    let endpoint = configured(config, "endpoint").or_else(|| environment(env, &ENDPOINT));
    let (endpoint_from, endpoint) = endpoint.unzip();
    settings.endpoint = endpoint;
    let sts = configured(config, "sts_endpoint").or_else(|| environment(env, &STS_ENDPOINT));
    let (sts_from, sts) = sts.unzip();
    settings.sts_endpoint = sts;
    complete(&mut settings, config, env)?;
    api::Client::new(settings, context.clone()).map_err(|error| {
        let mut problem = invalid(&error);
        let from = match error.kind() {
            api::Kind::Region => region_from,
            api::Kind::StsEndpoint => sts_from.unwrap_or_default(),
            _ => endpoint_from.unwrap_or_default(),
        };
        if !from.is_empty() {
            problem.detail = format!("It is set by {from}: {}", problem.detail);
        }
        problem.into()
    })
}

/// The region, and where it is set.
fn region(
    config: &Object,
    credentials: &api::CredentialConfig,
    env: &dyn Env,
) -> Result<(String, String), Diagnostics> {
    let said = configured(config, "region").or_else(|| environment(env, &REGION));
    let profile = match said {
        Some(said) => return Ok(said),
        None => api::credential::region_of_profile(credentials, env),
    };
    let mut detail = "Set `region` in the provider block, or the environment variable ALICLOUD_REGION or ALIBABA_CLOUD_REGION, \
                      to the region of your DTS instances, such as cn-hangzhou."
        .to_owned();
    match profile {
        Ok(Some(said)) => return Ok(said),
        Ok(None) => {}
        Err(error) => {
            let advice = error.advice().unwrap_or_default();
            detail = format!("{detail}\n\nThe credentials file was asked, too: {error}. {advice}");
        }
    }
    let problem = Diagnostic::error("The provider needs a region", detail);
    Err(problem.at(Path::attribute("region")).into())
}

/// Who calls, for the audit log: Terraform, this provider, the module that the calls are of, and what whoever runs Terraform adds.
fn user_agent(config: &Object, env: &dyn Env, terraform_version: &str) -> String {
    let mut agent = format!(
        "Terraform/{terraform_version} (+https://www.terraform.io) terraform-provider-dts/{}",
        env!("CARGO_PKG_VERSION")
    );
    if let Some(source) = config.str("configuration_source") {
        agent.push_str(" Module/");
        agent.push_str(source);
    }
    let more = env.get(APPEND_USER_AGENT).unwrap_or_default();
    for word in more.split_whitespace() {
        agent.push(' ');
        agent.push_str(word);
    }
    agent
}

/// What has a default in the environment and is not set in the block.
fn complete(settings: &mut api::Config, config: &Object, env: &dyn Env) -> Result<(), Diagnostics> {
    if config.str("endpoint_type").is_none() {
        let allowed = "public or vpc";
        settings.network = match environment(env, &[ENDPOINT_TYPE]) {
            Some((name, text)) => api::Network::parse(&text)
                .ok_or_else(|| bad_variable("endpoint_type", &name, &text, allowed))?,
            None if is_true(env, VPC_ENDPOINT) => api::Network::Vpc,
            None => api::Network::Public,
        };
    }
    if config.str("signature_version").is_none()
        && let Some((name, text)) = environment(env, &[SIGNATURE_VERSION])
    {
        settings.signature = api::SignatureVersion::parse(&text)
            .ok_or_else(|| bad_variable("signature_version", &name, &text, "v1 or v3"))?;
    }
    let connection = &mut settings.connection;
    for (argument, variable, timeout) in [
        (
            "client_connect_timeout",
            CONNECT_TIMEOUT,
            &mut connection.connect_timeout,
        ),
        ("client_read_timeout", READ_TIMEOUT, &mut connection.read_timeout),
    ] {
        if config.i64(argument).is_none()
            && let Some((name, text)) = environment(env, &[variable])
        {
            let (least, greatest) = TIMEOUTS;
            let number = text.trim().parse::<i64>().ok();
            let milliseconds = number
                .filter(|number| (least..=greatest).contains(number))
                .and_then(|number| u64::try_from(number).ok())
                .ok_or_else(|| {
                    let allowed = format!("a whole number from {least} to {greatest}");
                    bad_variable(argument, &name, &text, &allowed)
                })?;
            *timeout = Duration::from_millis(milliseconds);
        }
    }
    if connection.ca_bundle.is_none() {
        connection.ca_bundle = environment(env, &[CA_BUNDLE]).map(|(_, file)| PathBuf::from(file));
    }
    Ok(())
}

fn bad_variable(argument: &str, name: &str, text: &str, allowed: &str) -> Diagnostics {
    Diagnostic::error(
        format!("Invalid {argument}"),
        format!("It is set by {name} to {text:?}, which is not {allowed}. Correct the variable, or set `{argument}`."),
    )
    .at(Path::attribute(argument))
    .into()
}

/// The value in the block, with nothing to add about where it comes from.
fn configured(config: &Object, name: &str) -> Option<(String, String)> {
    Some((String::new(), config.str(name)?.to_owned()))
}

/// The first of these variables that is set and not empty, with its name.
fn environment(env: &dyn Env, names: &[&str]) -> Option<(String, String)> {
    names.iter().find_map(|name| {
        let value = env.get(name).filter(|value| !value.is_empty())?;
        Some((format!("{name} in the environment"), value))
    })
}

fn is_true(env: &dyn Env, name: &str) -> bool {
    env.get(name)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// What the block says, with the defaults of the rest.
fn of_block(config: &Object) -> api::Config {
    let text = |name: &str| config.str(name).map(str::to_owned);
    let milliseconds = |name: &str, default: Duration| {
        let number = config.i64(name).and_then(|number| u64::try_from(number).ok());
        number.map_or(default, Duration::from_millis)
    };
    let connection = api::Connection::default();
    api::Config {
        region: String::new(),
        endpoint: text("endpoint"),
        network: config
            .str("endpoint_type")
            .and_then(api::Network::parse)
            .unwrap_or_default(),
        sts_endpoint: text("sts_endpoint"),
        insecure: config.bool("insecure").unwrap_or(false),
        signature: config
            .str("signature_version")
            .and_then(api::SignatureVersion::parse)
            .unwrap_or_default(),
        connection: api::Connection {
            connect_timeout: milliseconds("client_connect_timeout", connection.connect_timeout),
            read_timeout: milliseconds("client_read_timeout", connection.read_timeout),
            ca_bundle: text("ca_bundle").map(PathBuf::from),
        },
        credentials: credentials(config),
        user_agent: String::new(),
    }
}

fn credentials(config: &Object) -> api::CredentialConfig {
    let text = |object: &Object, name: &str| object.str(name).map(str::to_owned);
    let secret = |object: &Object, name: &str| object.str(name).map(SecretString::from);
    let seconds = |object: &Object| {
        let number = object.i64("session_expiration");
        number.and_then(|number| u32::try_from(number).ok())
    };
    let roles = config.list("assume_role").iter().filter_map(Value::as_map);
    api::CredentialConfig {
        access_key: text(config, "access_key"),
        secret_key: secret(config, "secret_key"),
        security_token: secret(config, "security_token"),
        profile: text(config, "profile"),
        shared_credentials_file: text(config, "shared_credentials_file"),
        credentials_uri: secret(config, "credentials_uri"),
        ecs_role_name: text(config, "ecs_role_name"),
        assume_role: roles
            .map(|role| api::AssumeRole {
                role_arn: text(role, "role_arn"),
                session_name: text(role, "session_name"),
                policy: text(role, "policy"),
                session_expiration: seconds(role),
                external_id: text(role, "external_id"),
            })
            .collect(),
        assume_role_with_oidc: config
            .object("assume_role_with_oidc")
            .map(|oidc| api::AssumeRoleWithOidc {
                role_arn: text(oidc, "role_arn"),
                oidc_provider_arn: text(oidc, "oidc_provider_arn"),
                oidc_token_file: text(oidc, "oidc_token_file"),
                oidc_token: secret(oidc, "oidc_token"),
                role_session_name: text(oidc, "role_session_name"),
                policy: text(oidc, "policy"),
                session_expiration: seconds(oidc),
            }),
    }
}

fn invalid(error: &api::Error) -> Diagnostic {
    let name = match error.kind() {
        api::Kind::Region => "region",
        api::Kind::StsEndpoint => "sts_endpoint",
        _ => "endpoint",
    };
    let mut detail = error.to_string();
    if let Some(advice) = error.advice() {
        detail.push_str("\n\n");
        detail.push_str(advice);
    }
    Diagnostic::error(format!("Invalid {name}"), detail).at(Path::attribute(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Variables(Vec<(&'static str, &'static str)>);

    impl Env for Variables {
        fn get(&self, name: &str) -> Option<String> {
            let found = self.0.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    /// Network, signature, timeouts in milliseconds and the file of certificates.
    fn check(block: &Object, variables: &[(&'static str, &'static str)], expected: Result<&str, &str>) {
        let mut settings = of_block(block);
        let found = complete(&mut settings, block, &Variables(variables.to_vec()));
        let found = found.map(|()| {
            let api::Connection {
                connect_timeout,
                read_timeout,
                ca_bundle,
            } = settings.connection;
            let file = ca_bundle.unwrap_or_default();
            format!(
                "{:?} {} {} {} {}",
                settings.network,
                settings.signature,
                connect_timeout.as_millis(),
                read_timeout.as_millis(),
                file.display()
            )
        });
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(problems), Err(part)) => {
                let problem = problems.iter().next().unwrap();
                assert!(problem.detail.contains(part), "{problem:?}");
            }
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn the_block_goes_before_the_environment_and_that_before_defaults() {
        let environment = [
            (ENDPOINT_TYPE, "vpc"),
            (SIGNATURE_VERSION, "v3"),
            (CONNECT_TIMEOUT, "7"),
            (READ_TIMEOUT, "8"),
            (CA_BUNDLE, "/env.pem"),
        ];
        let block = Object::new()
            .with("endpoint_type", "public")
            .with("signature_version", "v1")
            .with("client_connect_timeout", 9)
            .with("client_read_timeout", 10)
            .with("ca_bundle", "/block.pem");
        check(&Object::new(), &[], Ok("Public v1 5000 30000 "));
        check(&Object::new(), &environment, Ok("Vpc v3 7 8 /env.pem"));
        check(&block, &environment, Ok("Public v1 9 10 /block.pem"));
        check(
            &Object::new(),
            &[(VPC_ENDPOINT, "TRUE")],
            Ok("Vpc v1 5000 30000 "),
        );
    }

    #[test]
    fn the_user_agent_says_who_calls() {
        let ours = format!("terraform-provider-dts/{}", env!("CARGO_PKG_VERSION"));
        let named = Object::new().with("configuration_source", "acme/dts-migration");
        for (block, more, expected) in [
            (Object::new(), "", ""),
            (named.clone(), "", " Module/acme/dts-migration"),
            (Object::new(), " ci/7  team/db\n", " ci/7 team/db"),
            (named, "ci/7", " Module/acme/dts-migration ci/7"),
        ] {
            let env = Variables(vec![(APPEND_USER_AGENT, more)]);
            assert_eq!(
                user_agent(&block, &env, "1.15.5"),
                format!("Terraform/1.15.5 (+https://www.terraform.io) {ours}{expected}")
            );
        }
    }

    #[test]
    fn a_configuration_source_must_fit_into_a_header() {
        let long = "x".repeat(LONGEST_SOURCE + 1);
        for (source, part) in [
            ("acme/dts-migration", None),
            (&long[1..], None),
            (&long, Some("longer than 128")),
            ("acme dts", Some("white space")),
            ("\u{e9}t\u{e9}", Some("not ASCII")),
            ("", Some("must not be empty")),
        ] {
            let block = Object::new().with("configuration_source", source);
            let mut told = Diagnostics::new();
            crate::framework::validate::attributes(&schema().block, &block, true, &mut told);
            let told: Vec<&Diagnostic> = told.iter().collect();
            match part {
                None => assert!(told.is_empty(), "{told:?}"),
                Some(part) => {
                    assert!(told[0].detail.contains(part), "{told:?}");
                    assert_eq!(told[0].path, Some(Path::attribute("configuration_source")));
                }
            }
        }
    }

    #[test]
    fn a_bad_variable_is_named() {
        for (name, value, part) in [
            (
                ENDPOINT_TYPE,
                "private",
                "DTS_ENDPOINT_TYPE in the environment to \"private\"",
            ),
            (SIGNATURE_VERSION, "v2", "v1 or v3"),
            (READ_TIMEOUT, "0", "a whole number from 1 to 600000"),
            (CONNECT_TIMEOUT, "soon", "DTS_CLIENT_CONNECT_TIMEOUT"),
        ] {
            check(&Object::new(), &[(name, value)], Err(part));
        }
    }
}
