//! The two ends of a job: `source_endpoint` and `destination_endpoint`.

mod block;

pub(super) use block::{NOT_COMPARED, block};

use secrecy::SecretString;

use crate::api;
use crate::framework::validate::{is_certainly_set, is_set};
use crate::framework::{Diagnostic, Diagnostics, Object, Path, Value};

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Where data is read.
    Source,
    /// Where data is written.
    Destination,
    /// Where a subscription reads: a `source_endpoint` with words of its own.
    Subscribed,
}

impl Side {
    /// Both of a job, source first.
    pub(super) const BOTH: [Side; 2] = [Side::Source, Side::Destination];

    /// The block's name.
    pub(super) fn block(self) -> &'static str {
        match self {
            Side::Source | Side::Subscribed => "source_endpoint",
            Side::Destination => "destination_endpoint",
        }
    }

    /// The client's word.
    pub(super) fn api(self) -> api::Side {
        match self {
            Side::Source | Side::Subscribed => api::Side::Source,
            Side::Destination => api::Side::Destination,
        }
    }
}

/// Kinds that are reached by address, not by the id of an Alibaba Cloud database.
const SELF_MANAGED: [&str; 6] = ["OTHER", "LOCALINSTANCE", "ECS", "EXPRESS", "CEN", "DG"];

/// What names the database, and so is part of the job's configuration. Passwords are not: they rotate in place.
pub(super) const IDENTITY: [&str; 9] = [
    "instance_type",
    "engine_name",
    "instance_id",
    "region",
    "ip",
    "port",
    "oracle_sid",
    "database_name",
    "user_name",
];

/// What names the account that the database is of, where it is another one: both or none.
pub(super) const ACCOUNT: [&str; 2] = ["owner_id", "role"];

/// By which vSwitches DTS gets there. DTS does not tell them.
pub(super) const LINK: [&str; 3] = ["vswitch_id", "primary_vsw_id", "secondary_vsw_id"];

/// What `ModifyDtsJobEndpoint` can change (dts-api.md 2.5).
pub(super) const EXCHANGED: [&str; 11] = [
    "instance_type",
    "instance_id",
    "region",
    "ip",
    "port",
    "database_name",
    "user_name",
    "owner_id",
    "role",
    "primary_vsw_id",
    "secondary_vsw_id",
];

/// Kinds that a database may be exchanged for.
const EXCHANGED_FOR: [&str; 7] = [
    "RDS",
    "PolarDB",
    "MONGODB",
    "GREENPLUM",
    "ECS",
    "EXPRESS",
    "OTHER",
];

/// What an endpoint of its kind needs (dts-api.md 6.5). Unknown values are never missing.
pub(super) fn validate(config: &Object, diagnostics: &mut Diagnostics) {
    for side in Side::BOTH {
        validate_side(side, config, diagnostics);
    }
}

/// The same of one side.
pub(super) fn validate_side(side: Side, config: &Object, diagnostics: &mut Diagnostics) {
    if let Some(endpoint) = config.object(side.block()) {
        let at = Path::attribute(side.block());
        if is_certainly_set(endpoint, "password_wo")
            && endpoint.get("password_wo_version").is_null()
            && endpoint.get("password").is_null()
        {
            diagnostics.push(unversioned(side).at(at.clone().then("password_wo")));
        }
        for (name, told) in without_effect(side, endpoint) {
            diagnostics.push(told.at(at.clone().then(name)));
        }
        let mut say = |name: &str, summary: String, detail: String| {
            diagnostics.push(Diagnostic::error(summary, detail).at(at.clone().then(name)));
        };
        if is_certainly_set(endpoint, "password") && is_certainly_set(endpoint, "password_wo") {
            say(
                "password_wo",
                "password_wo cannot be set together with password".to_owned(),
                "Both give the account's password. Remove `password`, which would be stored in the state."
                    .to_owned(),
            );
        }
        if is_certainly_set(endpoint, "password_wo_version") && !is_set(endpoint, "password_wo") {
            say(
                "password_wo_version",
                "password_wo_version needs password_wo".to_owned(),
                "It says which `password_wo` is in use. Set `password_wo`, or remove `password_wo_version`."
                    .to_owned(),
            );
        }
        for (one, other) in [("owner_id", "role"), ("role", "owner_id")] {
            if is_certainly_set(endpoint, one) && !is_set(endpoint, other) {
                say(
                    other,
                    format!("{other} is missing in {}", side.block()),
                    format!(
                        "A database of another account is named by `owner_id` and `role`. Set `{other}`, or remove `{one}`."
                    ),
                );
            }
        }
        let Some(kind) = endpoint.str("instance_type") else {
            return;
        };
        let kind = kind.to_ascii_uppercase();
        let needed: &[&str] = match kind.as_str() {
            "OTHER" | "LOCALINSTANCE" => &["ip", "port"],
            "EXPRESS" | "CEN" | "DG" => &["instance_id", "ip", "port"],
            "ECS" => &["instance_id", "region", "port"],
            _ => &["instance_id", "region"],
        };
        for name in needed.iter().filter(|name| !is_set(endpoint, name)) {
            say(
                name,
                format!("{name} is missing in {}", side.block()),
                format!(
                    "An endpoint with `instance_type = \"{}\"` needs {}. Set `{name}`.",
                    documented(side.instance_types(), kind.clone()),
                    list(needed)
                ),
            );
        }
        if let Some(engine) = endpoint.str("engine_name")
            && needs_database(side, engine)
            && !is_set(endpoint, "database_name")
        {
            say(
                "database_name",
                format!("database_name is missing in {}", side.block()),
                format!("Engine {engine} needs the name of a database to connect to. Set `database_name`."),
            );
        }
    }
}

/// What DTS does not look at (dts-api.md 6.5): it is no harm, and not what the user thinks.
fn without_effect(side: Side, endpoint: &Object) -> Vec<(&'static str, Diagnostic)> {
    let told = |name: &'static str, why: String| {
        let summary = format!("{name} has no effect in {}", side.block());
        (
            name,
            Diagnostic::warning(summary, format!("{why} Remove `{name}`.")),
        )
    };
    let mut all = Vec::new();
    if let Some(kind) = endpoint.str("instance_type")
        && !SELF_MANAGED.contains(&kind.to_ascii_uppercase().as_str())
    {
        for name in ["ip", "port"] {
            if is_certainly_set(endpoint, name) {
                all.push(told(
                    name,
                    format!("DTS finds an endpoint with `instance_type = \"{kind}\"` by its `instance_id` and `region`."),
                ));
            }
        }
    }
    if let Some(engine) = endpoint.str("engine_name")
        && !engine.eq_ignore_ascii_case("ORACLE")
        && is_certainly_set(endpoint, "oracle_sid")
    {
        all.push(told(
            "oracle_sid",
            format!("Only an Oracle database has a SID, and this is {engine}."),
        ));
    }
    all
}

/// Engines that are connected to by a database's name (dts-api.md 2.2).
fn needs_database(side: Side, engine: &str) -> bool {
    let engine = engine.to_ascii_uppercase();
    matches!(engine.as_str(), "POSTGRESQL" | "POLARDB_O" | "MONGODB")
        || side == Side::Destination && matches!(engine.as_str(), "GREENPLUM" | "ODPS")
}

/// Right for as long as the password stays.
fn unversioned(side: Side) -> Diagnostic {
    Diagnostic::warning(
        format!("A new password_wo in {} would not be noticed", side.block()),
        "It is stored nowhere, so that nothing tells a new one from the old. Write `password_wo_version = 1` beside it, and raise that \
         with every new password. For a job that exists, add it together with the next new password: DTS refuses the present one.",
    )
}

fn list(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The attributes that differ, of those that name the database and the way to it.
pub(super) fn differing(side: Side, prior: &Object, planned: &Object) -> Vec<&'static str> {
    let nothing = Object::new();
    let old = prior.object(side.block()).unwrap_or(&nothing);
    let new = planned.object(side.block()).unwrap_or(&nothing);
    let all = IDENTITY.into_iter().chain(ACCOUNT).chain(LINK);
    all.filter(|name| old.get(name) != new.get(name)).collect()
}

/// Whether `ModifyDtsJobEndpoint` can change all of what differs, to what is planned.
pub(super) fn is_exchangeable(side: Side, differing: &[&str], planned: &Object) -> bool {
    let kind = planned
        .object(side.block())
        .and_then(|endpoint| endpoint.str("instance_type"));
    differing.iter().all(|name| EXCHANGED.contains(name))
        && kind.is_some_and(|kind| EXCHANGED_FOR.iter().any(|known| known.eq_ignore_ascii_case(kind)))
}

/// The endpoint for `ModifyDtsJobEndpoint`; with its account where that changes too.
pub(super) fn to_exchange(
    side: Side,
    planned: &Object,
    config: &Object,
    with_account: bool,
) -> api::ModifyDtsJobEndpoint {
    let endpoint = to_api(side, planned, config);
    let account = endpoint.user_name.zip(endpoint.password).filter(|_| with_account);
    let kind = endpoint.instance_type.unwrap_or_default().to_ascii_lowercase();
    api::ModifyDtsJobEndpoint {
        vpc_id: endpoint.instance_id.clone().filter(|_| kind == "express"),
        instance_type: kind,
        instance_id: endpoint.instance_id,
        region: endpoint.region,
        ip: endpoint.ip,
        port: endpoint.port,
        database: endpoint.database_name,
        account,
        owner_id: endpoint.owner_id,
        role: endpoint.role,
        primary_vsw_id: endpoint.primary_vsw_id,
        secondary_vsw_id: endpoint.secondary_vsw_id,
    }
}

/// Whether the password, or the version of the write-only one, differs.
pub(super) fn password_differs(side: Side, prior: &Object, planned: &Object) -> bool {
    let (old, new) = (prior.object(side.block()), planned.object(side.block()));
    ["password", "password_wo_version"]
        .iter()
        .any(|name| old.map(|old| old.get(name)) != new.map(|new| new.get(name)))
}

/// Whether the configuration gives the password that the state has, only perhaps in another way; `None` while it is unknown.
/// DTS refuses to set the password that is set.
pub(super) fn same_password(side: Side, prior: &Object, config: &Object) -> Option<bool> {
    let endpoint = config.object(side.block());
    let old = prior.object(side.block()).and_then(|old| old.str("password"));
    let given = |name: &str| endpoint.map_or(&Value::Null, |endpoint| endpoint.get(name));
    match (old, given("password_wo"), given("password")) {
        (None, _, _) => Some(false),
        (_, Value::Unknown, _) | (_, _, Value::Unknown) => None,
        (Some(old), one, other) => Some(one.as_str().or(other.as_str()) == Some(old)),
    }
}

/// Whether the configuration gives a password, known or not.
pub(super) fn has_password(side: Side, config: &Object) -> bool {
    let endpoint = config.object(side.block());
    endpoint.is_some_and(|endpoint| is_set(endpoint, "password_wo") || is_set(endpoint, "password"))
}

/// The password that the configuration gives, write-only or not.
pub(super) fn password(side: Side, config: &Object) -> Option<SecretString> {
    let endpoint = config.object(side.block())?;
    endpoint
        .str("password_wo")
        .or_else(|| endpoint.str("password"))
        .map(SecretString::from)
}

/// The argument that the password comes from.
pub(super) fn password_given_by(side: Side, config: &Object) -> &'static str {
    let endpoint = config.object(side.block());
    if endpoint.is_some_and(|endpoint| !endpoint.get("password_wo").is_null()) {
        "password_wo"
    } else {
        "password"
    }
}

/// The spelling that ConfigureDtsJob takes: the user may write any, and other actions report others.
fn documented(spellings: &[&str], text: String) -> String {
    let same = spellings.iter().find(|known| known.eq_ignore_ascii_case(&text));
    same.map_or(text, |known| (*known).to_owned())
}

/// The endpoint for `ConfigureDtsJob`: what is planned, with the password of the configuration.
pub(super) fn to_api(side: Side, planned: &Object, config: &Object) -> api::Endpoint {
    let text = |name: &str| {
        planned
            .object(side.block())
            .and_then(|endpoint| endpoint.str(name))
            .map(str::to_owned)
    };
    api::Endpoint {
        instance_type: text("instance_type").map(|kind| documented(side.instance_types(), kind)),
        engine_name: text("engine_name").map(|engine| documented(side.engines(), engine)),
        instance_id: text("instance_id"),
        region: text("region"),
        ip: text("ip"),
        port: text("port"),
        database_name: text("database_name"),
        user_name: text("user_name"),
        password: password(side, config),
        oracle_sid: text("oracle_sid"),
        owner_id: text("owner_id"),
        role: text("role"),
        vswitch_id: text("vswitch_id"),
        primary_vsw_id: text("primary_vsw_id"),
        secondary_vsw_id: text("secondary_vsw_id"),
    }
}

/// Brings the endpoint in `state` up to date with what DTS reports: what the user set and DTS reports differently. DTS
/// reports more than was configured, which is no drift. An import takes over what its kind of endpoint is named by.
pub(super) fn read_back(side: Side, state: &mut Object, reported: &api::EndpointDetail) {
    let mut endpoint = state.object(side.block()).cloned().unwrap_or_default();
    let imported = endpoint.get("instance_type").is_null();
    let kind = reported
        .instance_type
        .as_deref()
        .unwrap_or_default()
        .to_ascii_uppercase();
    let self_managed = SELF_MANAGED.contains(&kind.as_str());
    for name in IDENTITY {
        let there = match name {
            "instance_type" => &reported.instance_type,
            "engine_name" => &reported.engine_name,
            "instance_id" => &reported.instance_id,
            "region" => &reported.region,
            "ip" => &reported.ip,
            "port" => &reported.port,
            "oracle_sid" => &reported.oracle_sid,
            "database_name" => &reported.database_name,
            _ => &reported.user_name,
        };
        let Some(there) = there.as_deref() else { continue };
        let mine = endpoint.str(name);
        let wanted = match mine {
            // Spelling is the user's own business where DTS has several.
            Some(mine) if matches!(name, "instance_type" | "engine_name") => {
                !mine.eq_ignore_ascii_case(there)
            }
            Some(mine) => mine != there,
            // The address of a cloud database is DTS's finding, not configuration.
            None => imported && (self_managed || !matches!(name, "ip" | "port")),
        };
        if wanted {
            endpoint.set(name, there);
        }
    }
    // DTS tells the account of every database; only with a role it is another one.
    let cross = [("owner_id", &reported.owner_id), ("role", &reported.role)];
    for (name, there) in cross {
        let Some(there) = there.as_deref() else { continue };
        let wanted = match endpoint.str(name) {
            Some(mine) => mine != there,
            None => imported && reported.role.is_some(),
        };
        if wanted {
            endpoint.set(name, there);
        }
    }
    state.set(side.block(), endpoint);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endpoint: Object, expected: &[(&str, &str)]) {
        let mut diagnostics = Diagnostics::new();
        validate(&Object::new().with("source_endpoint", endpoint), &mut diagnostics);
        let found: Vec<_> = diagnostics
            .iter()
            .map(|d| (d.path.clone().unwrap_or_default().to_string(), d.summary.clone()))
            .collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((path, summary), (expected_path, part)) in found.iter().zip(expected) {
            assert_eq!(path, expected_path);
            assert!(summary.contains(part), "{summary}");
        }
    }

    #[test]
    fn what_dts_does_not_look_at_is_told() {
        let rds = Object::new()
            .with("instance_type", "rds")
            .with("instance_id", "rm-1")
            .with("region", "cn-hangzhou");
        check(rds.clone().with("ip", Value::Unknown), &[]);
        check(
            rds.clone().with("ip", "10.0.0.1").with("port", "3306"),
            &[
                ("source_endpoint.ip", "ip has no effect"),
                ("source_endpoint.port", "port has no effect"),
            ],
        );
        let with_sid = rds.with("oracle_sid", "orcl");
        check(with_sid.clone(), &[]);
        check(
            with_sid.clone().with("engine_name", "MYSQL"),
            &[("source_endpoint.oracle_sid", "oracle_sid has no effect")],
        );
        check(with_sid.with("engine_name", "oracle"), &[]);
    }

    #[test]
    fn each_kind_needs_its_own() {
        let of = |kind: &str| Object::new().with("instance_type", kind);
        check(
            of("RDS")
                .with("instance_id", "rm-1")
                .with("region", "cn-hangzhou"),
            &[],
        );
        check(
            of("rds"),
            &[
                ("source_endpoint.instance_id", "missing"),
                ("source_endpoint.region", "missing"),
            ],
        );
        check(
            of("OTHER").with("ip", Value::Unknown),
            &[("source_endpoint.port", "missing")],
        );
        check(Object::new().with("instance_type", Value::Unknown), &[]);
        check(
            of("OTHER")
                .with("ip", "10.0.0.1")
                .with("port", "5432")
                .with("engine_name", "POSTGRESQL"),
            &[("source_endpoint.database_name", "missing")],
        );
    }

    #[test]
    fn one_password_only() {
        let endpoint = Object::new().with("password", "a").with("password_wo", "b");
        check(endpoint.clone(), &[("source_endpoint.password_wo", "together")]);
        // It may turn out to be null.
        check(endpoint.with("password_wo", Value::Unknown), &[]);
        let alone = Object::new().with("password_wo", "b");
        check(
            alone.clone(),
            &[("source_endpoint.password_wo", "not be noticed")],
        );
        check(alone.clone().with("password_wo_version", 1), &[]);
        check(alone.clone().with("password_wo_version", Value::Unknown), &[]);
        check(alone.with("password", Value::Unknown), &[]);
        check(
            Object::new().with("password_wo_version", 1),
            &[("source_endpoint.password_wo_version", "needs")],
        );
    }

    #[test]
    fn drift_is_only_in_what_was_configured() {
        let configured = Object::new()
            .with("instance_type", "RDS")
            .with("engine_name", "MYSQL")
            .with("instance_id", "rm-1")
            .with("user_name", "dtstest");
        let reported = api::EndpointDetail {
            instance_type: Some("RDS".into()),
            engine_name: Some("MySQL".into()),
            instance_id: Some("rm-2".into()),
            user_name: Some("dtstest".into()),
            ip: Some("10.0.0.9".into()),
            port: Some("3306".into()),
            ..api::EndpointDetail::default()
        };
        let mut state = Object::new().with("source_endpoint", configured.clone());
        read_back(Side::Source, &mut state, &reported);
        assert_eq!(
            state.object("source_endpoint"),
            Some(&configured.clone().with("instance_id", "rm-2"))
        );

        let mut imported = Object::new();
        read_back(Side::Source, &mut imported, &reported);
        let endpoint = imported.object("source_endpoint").unwrap();
        assert_eq!(endpoint.str("engine_name"), Some("MySQL"));
        assert!(endpoint.get("ip").is_null() && endpoint.get("port").is_null());
    }
}
