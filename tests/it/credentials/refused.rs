//! Sources that cannot serve: what is wrong, where, and what to do next.

use serde_json::json;

use super::fakes::{BASE_KEY, DTS_KEY, PROVIDER_ARN, ROLE, metadata, sts, uri};
use super::server::{Answer, Server};
use super::{Bed, assert_no_secret};
use crate::support::Outcome;

const NO_ECS: (&str, &str) = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");

#[test]
fn without_any_every_source_is_named() {
    let nobody = metadata(false, false);
    let bed = Bed::with(&[("DTS_ECS_METADATA_ENDPOINT", &nobody.url)]);
    bed.has_no_keys(
        "",
        &[
            "configuration: access_key and secret_key are not set",
            "environment: ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set",
            "OIDC: ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE are not set",
            ".aliyun/config.json",
            ".alibabacloud/credentials is there",
            "credentials URI: ALIBABA_CLOUD_CREDENTIALS_URI is not set",
            "the ECS metadata service at",
            "name a profile, a role or another source of keys",
        ],
    );
}

#[test]
fn half_a_key_in_the_environment() {
    let profile =
        json!({"name": "other", "mode": "AK", "access_key_id": DTS_KEY.0, "access_key_secret": DTS_KEY.1});
    let other = json!({"current": "other", "profiles": [profile]}).to_string();
    for (variable, parts) in [
        (
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "id"),
            [
                "ALIBABA_CLOUD_ACCESS_KEY_ID is set, ALIBABA_CLOUD_ACCESS_KEY_SECRET is not",
                "Set ALIBABA_CLOUD_ACCESS_KEY_SECRET too; or unset ALIBABA_CLOUD_ACCESS_KEY_ID",
            ],
        ),
        (
            ("ALICLOUD_SECRET_KEY", "hunter2"),
            [
                "ALICLOUD_SECRET_KEY is set, ALICLOUD_ACCESS_KEY is not",
                "Set ALICLOUD_ACCESS_KEY too",
            ],
        ),
        (
            ("ALIBABA_CLOUD_SECURITY_TOKEN", "hunter2"),
            [
                "ALIBABA_CLOUD_SECURITY_TOKEN is set, ALIBABA_CLOUD_ACCESS_KEY_ID and",
                "or unset ALIBABA_CLOUD_SECURITY_TOKEN",
            ],
        ),
        (
            ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "token"),
            [
                "ALIBABA_CLOUD_ROLE_ARN and ALIBABA_CLOUD_OIDC_PROVIDER_ARN are not set, but ALIBABA_CLOUD_OIDC_TOKEN_FILE",
                "Set ALIBABA_CLOUD_ROLE_ARN and",
            ],
        ),
    ] {
        let bed = Bed::with(&[variable]);
        bed.home_file(".aliyun/config.json", &other);
        bed.has_no_keys("", &parts);
        // Another source that is named is not touched by it.
        bed.reaches_dts("profile = \"other\"");
    }
}

#[test]
fn a_file_that_is_broken() {
    let bed = Bed::new();
    let json = bed.file(
        "config.json",
        "{\"profiles\": [\n{\"access_key_secret\": hunter2}]}",
    );
    bed.has_no_keys(
        &format!("shared_credentials_file = \"{json}\""),
        &[&json, "is broken JSON at line 2, column", "Repair the file"],
    );
    let ini = bed.file("credentials", "[default]\ntype = access_key\nhunter2\n");
    bed.has_no_keys(
        &format!("shared_credentials_file = \"{ini}\""),
        &[&ini, "is broken at line 3: neither a [section] nor name = value"],
    );
    // Also the one of the home folder: what follows it may be another identity's.
    let bed = Bed::with(&[NO_ECS]);
    bed.home_file(".alibabacloud/credentials", "[default\n");
    bed.has_no_keys("", &[".alibabacloud/credentials is broken at line 1"]);
}

#[test]
fn a_profile_that_is_not_there() {
    let bed = Bed::new();
    let profile = json!({"name": "prod", "mode": "AK", "access_key_id": "id"});
    let file = bed.file(
        "config.json",
        &json!({"current": "prod", "profiles": [profile]}).to_string(),
    );
    bed.has_no_keys(
        &format!("shared_credentials_file = \"{file}\"\n  profile = \"stage\""),
        &[
            "profile \"stage\": it is not in",
            &file,
            "aliyun configure --profile stage",
            "There are: prod",
        ],
    );
    bed.has_no_keys(
        &format!("shared_credentials_file = \"{file}\""),
        &[
            "profile \"prod\": access_key_secret is missing",
            "Complete the profile",
        ],
    );
    bed.has_no_keys(
        "shared_credentials_file = \"no-such-file\"",
        &["no-such-file cannot be read", "shared_credentials_file"],
    );
    bed.has_no_keys(
        "profile = \"stage\"",
        &[
            "profile \"stage\": none of",
            ".aliyun/config.json",
            "aliyun configure --profile stage",
        ],
    );
}

#[test]
fn a_current_profile_that_is_not_there() {
    let bed = Bed::with(&[NO_ECS]);
    let profile =
        json!({"name": "prod", "mode": "AK", "access_key_id": "id", "access_key_secret": "hunter2"});
    let config = json!({"current": "gone", "profiles": [profile]});
    bed.home_file(".aliyun/config.json", &config.to_string());
    // Another identity's.
    let section = format!(
        "[default]\naccess_key_id = {}\naccess_key_secret = {}\n",
        DTS_KEY.0, DTS_KEY.1
    );
    bed.home_file(".alibabacloud/credentials", &section);
    bed.has_no_keys(
        "",
        &[
            ".aliyun/config.json: the current profile \"gone\" is not there",
            "aliyun configure switch",
            "There are: prod",
        ],
    );
}

#[test]
fn a_region_that_only_a_profile_could_tell() {
    let profile =
        json!({"name": "here", "mode": "AK", "access_key_id": "id", "access_key_secret": "hunter2"});
    let config = json!({"current": "here", "profiles": [profile]}).to_string();
    let broken = "{\"profiles\": [\n{\"access_key_secret\": hunter2";
    let nope = ("ALICLOUD_PROFILE", "nope");
    for (variable, file, parts) in [
        (
            NO_ECS,
            Some(broken),
            [".aliyun/config.json is broken JSON at line 2", "Repair the file"],
        ),
        (
            nope,
            None,
            ["profile \"nope\": none of", "aliyun configure --profile nope"],
        ),
        (
            nope,
            Some(&*config),
            ["profile \"nope\": it is not in", "There are: here"],
        ),
        (
            NO_ECS,
            Some(&*config),
            [
                "profile \"here\" in ",
                "has no region_id. Set it there: aliyun configure set --profile here",
            ],
        ),
    ] {
        let bed = Bed::with(&[variable]);
        if let Some(text) = file {
            bed.home_file(".aliyun/config.json", text);
        }
        bed.configure(
            "",
            "data \"dts_precheck\" \"m\" {\n  job_id = \"j0123456789\"\n}\n",
        );
        let outcome = bed.workspace.plan(&[]).fails();
        let error = outcome.error("The provider needs a region");
        for part in [parts[0], parts[1], "Set `region` in the provider block"] {
            assert!(error.detail.contains(part), "{part}{}", outcome.report());
        }
        assert_no_secret(&outcome);
    }
    // One that is no region's name is told by its profile.
    let bed = Bed::new();
    let odd = config.replace("\"mode\"", "\"region_id\":\"no region\",\"mode\"");
    bed.home_file(".aliyun/config.json", &odd);
    bed.configure(
        "",
        "data \"dts_precheck\" \"m\" {\n  job_id = \"j0123456789\"\n}\n",
    );
    let outcome = bed.workspace.plan(&[]).fails();
    let error = outcome.error("Invalid region");
    assert!(
        error.detail.contains("It is set by profile \"here\" in "),
        "{}",
        outcome.report()
    );
}

#[test]
fn redirects() {
    let moved = Server::start(|_| Answer {
        headers: "Location: https://login.example.com/hunter2\r\n".to_owned(),
        ..Answer::new(302, "")
    });
    let bed = Bed::new();
    bed.has_no_keys(
        &format!("credentials_uri = \"{}/hunter2\"", moved.url),
        &[
            "credentials_uri at http://127.0.0.1:",
            "HTTP 302, a redirect to https://login.example.com, which",
        ],
    );
    let moved = Server::start(|_| Answer {
        headers: "Location: https://login.example.com/sts\r\n".to_owned(),
        ..Answer::new(302, "")
    });
    let (key, secret) = BASE_KEY;
    bed.has_no_keys(
        &format!(
            "access_key = \"{key}\"\n  secret_key = \"{secret}\"\n  sts_endpoint = \"{}\"\n  assume_role {{\n    role_arn = \"{ROLE}\"\n  }}",
            moved.url
        ),
        &["does not answer as STS does: a redirect to https://login.example.com/sts (HTTP 302)", "Check sts_endpoint"],
    );
}

#[test]
fn a_role_that_cannot_be_assumed() {
    let (bed, sts) = (Bed::new(), sts());
    let provider = |key: &str, secret: &str, role: &str| {
        format!(
            "access_key = \"{key}\"\n  secret_key = \"{secret}\"\n  sts_endpoint = \"{}\"\n  assume_role {{\n    role_arn = \"{role}\"\n  }}",
            sts.url
        )
    };
    let (key, secret) = BASE_KEY;
    for (key, secret, role, parts) in [
        (
            key,
            secret,
            "acs:ram::1:role/forbidden",
            [
                "code NoPermission, HTTP 403, RequestId R-STS",
                "Allow the identity sts:AssumeRole",
            ],
        ),
        (
            key,
            secret,
            "acs:ram::1:role/nobody",
            [
                "code EntityNotExist.Role",
                "There is no such role: check role_arn",
            ],
        ),
        (
            key,
            "wrong-hunter2",
            ROLE,
            [
                "code SignatureDoesNotMatch",
                "come from access_key and secret_key in the configuration",
            ],
        ),
        (
            "wrong",
            secret,
            ROLE,
            [
                "code InvalidAccessKeyId.NotFound",
                "come from access_key and secret_key in the configuration",
            ],
        ),
    ] {
        let what = format!("role {role} cannot be assumed: AssumeRole:");
        bed.has_no_keys(&provider(key, secret, role), &[&what, parts[0], parts[1]]);
    }
    bed.has_no_keys(
        &provider(key, secret, ROLE).replace(&sts.url, "http://127.0.0.1:1"),
        &[
            "STS at http://127.0.0.1:1/ cannot be reached",
            "Check sts_endpoint",
        ],
    );
}

#[test]
fn keys_that_are_rejected_are_told_with_where_they_stand() {
    let wrong = (DTS_KEY.0, "wrong-hunter2");
    let bed = Bed::with(&[
        ("ALICLOUD_ACCESS_KEY", wrong.0),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", wrong.1),
    ]);
    let base =
        json!({"name": "base", "mode": "AK", "access_key_id": BASE_KEY.0, "access_key_secret": wrong.1});
    let profile =
        json!({"name": "prod", "mode": "AK", "access_key_id": wrong.0, "access_key_secret": wrong.1});
    let role = json!({"name": "role", "mode": "ChainableRamRoleArn", "source_profile": "base", "ram_role_arn": ROLE});
    let config = json!({"current": "prod", "profiles": [base, profile, role]});
    let config = bed.file("config.json", &config.to_string());
    let section = format!(
        "[stage]\naccess_key_id = {}\naccess_key_secret = {}\n",
        wrong.0, wrong.1
    );
    let section = bed.file("credentials", &section);
    let uri = Server::start(move |_| {
        let keys = json!({"Code": "Success", "AccessKeyId": wrong.0, "AccessKeySecret": wrong.1, "SecurityToken": "hunter2"});
        Answer::new(200, keys)
    });
    let sts = sts();
    let endpoint = format!("sts_endpoint = \"{}\"", sts.url);
    for (provider, origin) in [
        (
            String::new(),
            "ALICLOUD_ACCESS_KEY and ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment".to_owned(),
        ),
        (
            format!("shared_credentials_file = \"{config}\""),
            format!("profile \"prod\" in {config}"),
        ),
        (
            format!("shared_credentials_file = \"{section}\"\n  profile = \"stage\""),
            format!("section [stage] in {section}"),
        ),
        (
            format!("credentials_uri = \"{}/hunter2\"", uri.url),
            format!("credentials_uri at {}", uri.url),
        ),
        // STS refuses the keys that the role is assumed with.
        (
            format!("shared_credentials_file = \"{config}\"\n  profile = \"role\"\n  {endpoint}"),
            format!("profile \"base\" in {config}"),
        ),
    ] {
        let outcome = bed.read(&provider).fails();
        let error = outcome.error("Unable to read the precheck of DTS job j0123456789");
        for part in ["SignatureDoesNotMatch", &format!("The keys come from {origin}.")] {
            assert!(error.detail.contains(part), "{part}{}", outcome.report());
        }
        assert_no_secret(&outcome);
    }
}

#[test]
fn a_token_file_that_vanished() {
    let (bed, sts) = (Bed::new(), sts());
    let block = |file: &str| {
        format!(
            "sts_endpoint = \"{}\"\n  assume_role_with_oidc {{\n    role_arn = \"{ROLE}\"\n    oidc_provider_arn = \"{PROVIDER_ARN}\"\n    \
             oidc_token_file = \"{file}\"\n  }}",
            sts.url
        )
    };
    bed.has_no_keys(
        &block("vanished"),
        &[
            "the OIDC token file vanished cannot be read: No such file",
            "Check oidc_token_file",
        ],
    );
    let old = bed.file("old", "old+hunter2");
    bed.has_no_keys(
        &block(&old),
        &[
            "The token *** is expired.",
            "code AuthenticationFail.OIDCToken.Expired",
            "get a new one",
        ],
    );
}

#[test]
fn other_sources_that_do_not_serve() {
    let (bed, uri) = (Bed::new(), uri());
    bed.has_no_keys(
        &format!("credentials_uri = \"{}/other-hunter2\"", uri.url),
        &[
            "credentials_uri at http://127.0.0.1:",
            "HTTP 404",
            "Check credentials_uri",
        ],
    );
    let profile =
        json!({"name": "run", "mode": "External", "process_command": "sh -c 'echo hunter2 >&2; exit 3'"});
    let sso = json!({"name": "sso", "mode": "CloudSSO", "cloud_sso_sign_in_url": "https://x.invalid", "cloud_sso_account_id": "1",
                     "cloud_sso_access_config": "c", "access_token": "hunter2", "cloud_sso_access_token_expire": 1});
    let file = bed.file(
        "config.json",
        &json!({"current": "run", "profiles": [profile, sso]}).to_string(),
    );
    let file = format!("shared_credentials_file = \"{file}\"");
    bed.has_no_keys(
        &file,
        &[
            "process_command (sh) failed: exit status: 3",
            "Run the profile's process_command yourself",
        ],
    );
    bed.has_no_keys(
        &format!("{file}\n  profile = \"sso\""),
        &[
            "CloudSSO: the login has expired",
            "aliyun configure --mode CloudSSO",
        ],
    );
    let nobody = metadata(false, false);
    let bed = Bed::with(&[("DTS_ECS_METADATA_ENDPOINT", &nobody.url)]);
    bed.has_no_keys(
        "ecs_role_name = \"web\"",
        &["role web: HTTP 403", "Check that this runs on an ECS instance"],
    );
}

/// Plans a job, which calls nothing, with this provider block.
fn plan(provider: &str) -> Outcome {
    let bed = Bed::new();
    let text = format!("region = \"cn-hangzhou\"\n  {provider}");
    bed.configure(&text, &crate::support::bench::bought_first("MIGRATION", ""));
    bed.workspace.plan(&[])
}

#[test]
fn what_the_block_alone_tells() {
    for (provider, summary, detail) in [
        (
            "access_key = \"a\"\n  secret_key = \"b\"\n  profile = \"c\"",
            "profile cannot be set together with access_key",
            "Keys come from one source.",
        ),
        (
            "ecs_role_name = \"a\"\n  shared_credentials_file = \"c\"",
            "shared_credentials_file cannot be set together with ecs_role_name",
            "Keys come from one source.",
        ),
        (
            "assume_role {\n    role_arn = \"dts\"\n  }",
            "Invalid value for role_arn",
            "acs:ram::<account id>:role/<role name>",
        ),
        (
            "assume_role {\n    session_expiration = 60\n  }",
            "Invalid value for session_expiration",
            "from 900 to 43200",
        ),
        (
            "assume_role_with_oidc {\n    oidc_token = \"a\"\n    oidc_token_file = \"b\"\n  }",
            "oidc_token cannot be set together with oidc_token_file",
            "Remove `oidc_token`",
        ),
        (
            "credentials_uri = \"127.0.0.1\"",
            "Invalid value for credentials_uri",
            "with its scheme",
        ),
        (
            "sts_endpoint = \"http://sts.example.com\"",
            "Invalid sts_endpoint",
            "Use https",
        ),
        (
            "endpoint_type = \"private\"",
            "Invalid value for endpoint_type",
            "public, vpc",
        ),
        (
            "signature_version = \"v2\"",
            "Invalid value for signature_version",
            "v1, v3",
        ),
        (
            "client_read_timeout = 0",
            "Invalid value for client_read_timeout",
            "from 1 to 600000",
        ),
    ] {
        let outcome = plan(provider).fails();
        let error = outcome.error(summary);
        assert!(error.detail.contains(detail), "{}", outcome.report());
    }
    // What is not known yet is not wrong.
    let unknown = "resource \"terraform_data\" \"u\" {}\n";
    let bed = Bed::new();
    let body = format!(
        "{unknown}{}",
        crate::support::bench::bought_first("MIGRATION", "")
    );
    let role = "assume_role {\n    role_arn = terraform_data.u.id\n    session_expiration = length(terraform_data.u.id)\n  }";
    let rest = "access_key = terraform_data.u.id\n  profile = terraform_data.u.id\n  ca_bundle = terraform_data.u.id\n  \
                client_read_timeout = length(terraform_data.u.id)\n  signature_version = terraform_data.u.id";
    bed.configure(&format!("{role}\n  {rest}"), &body);
    bed.workspace.plan(&[]).ok();
}
