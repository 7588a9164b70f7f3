//! Every source, once.

use serde_json::{Value, json};

use super::fakes::{
    BASE_KEY, DTS_KEY, MIDDLE_ROLE, OIDC_TOKEN, PROVIDER_ARN, ROLE, asked, cloud_sso, metadata, sts, uri,
};
use super::{Bed, assert_no_secret};
use crate::support::bench::bought_first;

const NO_ECS: (&str, &str) = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");

fn base_keys() -> String {
    format!(
        "access_key = \"{}\"\n  secret_key = \"{}\"",
        BASE_KEY.0, BASE_KEY.1
    )
}

fn assume(arn: &str) -> String {
    format!("assume_role {{\n    role_arn = \"{arn}\"\n  }}")
}

#[test]
fn roles_are_assumed_one_with_the_keys_of_the_other() {
    let (bed, sts) = (Bed::new(), sts());
    let endpoint = format!("sts_endpoint = \"{}\"", sts.url);
    let (middle, role) = (assume(MIDDLE_ROLE), assume(ROLE));
    bed.reaches_dts(&[&*base_keys(), &endpoint, &middle, &role].join("\n  "));
    assert_eq!(
        asked(&sts),
        [
            format!("AssumeRole baseKeyId {MIDDLE_ROLE}"),
            format!("AssumeRole middleKeyId {ROLE}")
        ]
    );
}

#[test]
fn a_role_of_the_environment() {
    let sts = sts();
    let bed = Bed::with(&[
        ("ALICLOUD_ACCESS_KEY", BASE_KEY.0),
        ("ALICLOUD_SECRET_KEY", BASE_KEY.1),
        ("ALIBABA_CLOUD_ROLE_ARN", ROLE),
        ("ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION", "900"),
        ("ALIBABA_CLOUD_ENDPOINT_STS", &sts.url),
    ]);
    bed.reaches_dts("");
    assert_eq!(asked(&sts), [format!("AssumeRole baseKeyId {ROLE}")]);
}

#[test]
fn a_token_that_expires_in_an_apply_is_replaced_and_the_purchase_sent_again() {
    let (bed, sts) = (Bed::new(), sts());
    let endpoint = format!("sts_endpoint = \"{}\"", sts.url);
    let provider = [
        &*base_keys(),
        &endpoint,
        &assume(ROLE),
        "region = \"cn-hangzhou\"",
    ]
    .join("\n  ");
    bed.configure(&provider, &bought_first("MIGRATION", ""));
    bed.emulator.add_faults(json!([
        {"action": "CreateDtsInstance", "kind": "status", "status": 403, "code": "InvalidSecurityToken.Expired"},
    ]));
    let outcome = bed.workspace.apply(&[]).ok();
    assert_no_secret(&outcome);
    assert_eq!(bed.emulator.instances().len(), 1);
    let calls = bed.emulator.calls();
    let bought = calls.iter().filter(|call| call.action == "CreateDtsInstance");
    assert_eq!(bought.map(|call| call.status).collect::<Vec<_>>(), [403, 200]);
    assert_eq!(asked(&sts).len(), 2);
    bed.workspace.assert_plan_is_empty();
}

#[test]
fn profiles_of_the_command_line_tool_in_every_mode() {
    let sts = sts();
    let metadata = metadata(true, false);
    let bed = Bed::with(&[
        ("ALIBABA_CLOUD_ENDPOINT_STS", &sts.url),
        ("DTS_ECS_METADATA_ENDPOINT", &metadata.url),
        // The block goes before the environment.
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "another"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "identity"),
    ]);
    let token = bed.file("token", OIDC_TOKEN);
    let (sso, uri) = (cloud_sso(), uri());
    let dts = |more: Value| {
        let mut profile = json!({"access_key_id": DTS_KEY.0, "access_key_secret": DTS_KEY.1});
        profile
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        profile
    };
    let printed = dts(json!({"mode": "StsToken", "sts_token": "t+hunter2"})).to_string();
    let printed = bed.file("printed.json", &printed);
    let base = json!({"access_key_id": BASE_KEY.0, "access_key_secret": BASE_KEY.1});
    let modes = [
        ("AK", dts(json!({}))),
        ("StsToken", dts(json!({"sts_token": "t+hunter2"}))),
        (
            "RamRoleArn",
            json!({"access_key_id": BASE_KEY.0, "access_key_secret": BASE_KEY.1, "ram_role_arn": ROLE}),
        ),
        ("EcsRamRole", json!({"ram_role_name": "web"})),
        (
            "ChainableRamRoleArn",
            json!({"source_profile": "base", "ram_role_arn": ROLE}),
        ),
        (
            "OIDC",
            json!({"ram_role_arn": ROLE, "oidc_provider_arn": PROVIDER_ARN, "oidc_token_file": token}),
        ),
        ("External", json!({"process_command": format!("cat '{printed}'")})),
        (
            "CredentialsURI",
            json!({"credentials_uri": format!("{}/hunter2?key=hunter2", uri.url)}),
        ),
        (
            "CloudSSO",
            json!({"cloud_sso_sign_in_url": format!("{}/login", sso.url), "cloud_sso_account_id": "17", "cloud_sso_access_config": "ac-1",
                   "access_token": "login+hunter2", "cloud_sso_access_token_expire": 4_070_908_800_i64}),
        ),
    ];
    let mut profiles = vec![base];
    profiles[0]["name"] = "base".into();
    profiles[0]["mode"] = "AK".into();
    for (mode, profile) in &modes {
        let mut profile = profile.clone();
        profile["name"] = format!("p-{mode}").into();
        profile["mode"] = (*mode).into();
        profiles.push(profile);
    }
    let file = bed.file(
        "config.json",
        &json!({"current": "base", "profiles": profiles}).to_string(),
    );
    for (mode, _) in modes {
        bed.reaches_dts(&format!(
            "shared_credentials_file = \"{file}\"\n  profile = \"p-{mode}\""
        ));
    }
}

#[test]
fn files_of_the_home_folder() {
    let bed = Bed::with(&[NO_ECS]);
    // The one of the SDKs, and then the command line tool's, which goes first and tells the region too.
    let section = format!(
        "[default]\ntype = access_key\naccess_key_id = {}\naccess_key_secret = {}\n",
        DTS_KEY.0, DTS_KEY.1
    );
    for mark in ["", "\u{feff}"] {
        bed.home_file(".alibabacloud/credentials", &format!("{mark}{section}"));
        bed.reaches_dts("");
    }
    let profile = json!({"name": "here", "mode": "AK", "access_key_id": DTS_KEY.0, "access_key_secret": DTS_KEY.1, "region_id": "cn-chengdu"});
    let config = json!({"current": "here", "profiles": [profile]});
    bed.home_file(".aliyun/config.json", &format!("\u{feff}{config}"));
    bed.configure("", &bought_first("MIGRATION", ""));
    bed.workspace.apply(&[]).ok();
    let calls = bed.emulator.calls();
    let bought = calls
        .iter()
        .find(|call| call.action == "CreateDtsInstance")
        .unwrap();
    assert_eq!(bought.params["RegionId"], "cn-chengdu");
}

#[test]
fn a_token_of_another_issuer() {
    let sts = sts();
    let bed = Bed::with(&[("STS_ENDPOINT", &sts.url)]);
    let token = bed.file("token", &format!("\u{feff}{OIDC_TOKEN}\n"));
    let block = format!(
        "assume_role_with_oidc {{\n    role_arn = \"{ROLE}\"\n    oidc_provider_arn = \"{PROVIDER_ARN}\"\n    oidc_token_file = \"{token}\"\n  }}"
    );
    bed.reaches_dts(&block);
    assert_eq!(asked(&sts), [format!("AssumeRoleWithOIDC  {ROLE}")]);
    // As Kubernetes gives it, by the environment alone; the role is not assumed once more on top.
    let bed = Bed::with(&[
        ("STS_ENDPOINT", &sts.url),
        ("ALIBABA_CLOUD_ROLE_ARN", ROLE),
        ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", PROVIDER_ARN),
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", &token),
    ]);
    bed.reaches_dts("");
    assert_eq!(asked(&sts).len(), 2);
}

#[test]
fn the_role_of_the_instance() {
    for (with_v2, with_v1) in [(true, false), (false, true)] {
        let metadata = metadata(with_v2, with_v1);
        let endpoint = ("DTS_ECS_METADATA_ENDPOINT", &*metadata.url);
        // Named in the block; found when nothing else is there.
        Bed::with(&[endpoint]).reaches_dts("ecs_role_name = \"web\"");
        Bed::with(&[endpoint]).reaches_dts("");
        let methods: Vec<String> = metadata
            .seen()
            .iter()
            .map(|request| request.method.clone())
            .collect();
        assert_eq!(methods, ["PUT", "GET", "PUT", "GET", "GET"]);
    }
    // Version 1 may be forbidden.
    let metadata = metadata(false, true);
    let bed = Bed::with(&[
        ("DTS_ECS_METADATA_ENDPOINT", &metadata.url),
        ("ALIBABA_CLOUD_IMDSV1_DISABLED", "true"),
    ]);
    bed.has_no_keys(
        "ecs_role_name = \"web\"",
        &["no token (HTTP 404), and ALIBABA_CLOUD_IMDSV1_DISABLED forbids"],
    );
}

#[test]
fn a_credentials_uri() {
    let uri = uri();
    let address = format!("{}/hunter2?key=hunter2", uri.url);
    Bed::new().reaches_dts(&format!("credentials_uri = \"{address}\""));
    Bed::with(&[("ALIBABA_CLOUD_CREDENTIALS_URI", &address)]).reaches_dts("");
}

#[test]
fn a_token_under_another_name_than_its_key() {
    let sts = sts();
    let bed = Bed::with(&[
        ("ALICLOUD_ACCESS_KEY", BASE_KEY.0),
        ("ALICLOUD_SECRET_KEY", BASE_KEY.1),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "token-hunter2"),
        ("ALIBABA_CLOUD_ROLE_ARN", ROLE),
        ("ALIBABA_CLOUD_ENDPOINT_STS", &sts.url),
    ]);
    bed.reaches_dts("");
    let body = &sts.seen()[0].body;
    assert!(body.contains("SecurityToken=token-hunter2"), "{body}");
}
