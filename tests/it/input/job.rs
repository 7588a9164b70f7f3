//! What is wrong with a `dts_job` by its configuration alone.

use super::body::{Body, job};
use super::{Case, check, error, terraform_block};
use crate::support::{Workspace, cli_version};

const MIGRATION_FLAGS: &str = "Set at least one";

#[test]
fn sound_ones_need_neither_credentials_nor_a_region() {
    let own = |engine: &str| {
        job()
            .set("source_endpoint.instance_type", r#""OTHER""#)
            .set("source_endpoint.engine_name", engine)
            .set("source_endpoint.ip", r#""10.0.0.1""#)
            .set("source_endpoint.port", "3306")
            .without("source_endpoint.instance_id")
            .without("source_endpoint.region")
    };
    let sync = job()
        .set("job_type", r#""SYNC""#)
        .set("data_synchronization", "true")
        .set("dts_instance_id", r#""dtsabc""#)
        .set("wait_for", r#""caught_up""#)
        .set("max_delay_seconds", "30");
    check(&[
        Case::new(job(), []),
        Case::new(job().set("desired_status", r#""prechecked""#), []),
        Case::new(
            job()
                .set("dts_instance_id", r#""dtsabc""#)
                .set("desired_status", r#""running""#),
            [],
        ),
        Case::new(own(r#""MYSQL""#), []),
        Case::new(
            own(r#""POSTGRESQL""#).set("source_endpoint.database_name", r#""postgres""#),
            [],
        ),
        Case::new(sync, []),
        Case::new(job().set("source_endpoint.engine_name", r#""mysql""#), []),
    ]);
}

#[test]
fn words_that_dts_does_not_know() {
    check(&[
        Case::new(
            job().set("desired_status", r#""started""#),
            [error(
                r#"desired_status = "started""#,
                "Invalid value for desired_status",
                "Write one of: configured, prechecked, running, suspended, stopped.",
            )],
        ),
        Case::new(
            job().set("job_type", r#""SUBSCRIBE""#),
            [error(
                r#"job_type = "SUBSCRIBE""#,
                "Invalid value for job_type",
                "Write one of: MIGRATION, SYNC.",
            )],
        ),
        Case::new(
            job().set("wait_for", r#""done""#),
            [error(
                r#"wait_for = "done""#,
                "Invalid value for wait_for",
                "Write one of: none, prechecked, running, initialized, caught_up, finished.",
            )],
        ),
        Case::new(
            job().set("source_endpoint.engine_name", r#""Access""#),
            [error(
                r#"engine_name = "Access""#,
                "Invalid value for engine_name",
                "Write one of: MYSQL,",
            )],
        ),
        // DTS writes to engines that it does not read from.
        Case::new(
            job().set("source_endpoint.engine_name", r#""KAFKA""#),
            [error(
                r#"engine_name = "KAFKA""#,
                "Invalid value for engine_name",
                "Write one of: MYSQL,",
            )],
        ),
        Case::new(
            job().set("destination_endpoint.instance_type", r#""EXCEL""#),
            [error(
                r#"instance_type = "EXCEL""#,
                "Invalid value for instance_type",
                "Write one of: RDS, PolarDB,",
            )],
        ),
        Case::new(
            job().set("dts_job_name", r#""""#),
            [error(
                r#"dts_job_name = """#,
                "Invalid value for dts_job_name",
                "must not be empty",
            )],
        ),
        Case::new(
            job().set("source_endpoint.region", r#""cn hangzhou""#),
            [error(
                r#"region = "cn hangzhou""#,
                "Invalid value for region",
                "such as cn-hangzhou",
            )],
        ),
    ]);
}

#[test]
fn what_does_not_go_together() {
    let no_flags = job()
        .set("structure_initialization", "false")
        .set("data_initialization", "false");
    let on_instance = job().set("dts_instance_id", r#""dtsabc""#);
    check(&[
        Case::new(
            no_flags,
            [error(
                "data_initialization = false",
                "The job would do nothing",
                MIGRATION_FLAGS,
            )],
        ),
        Case::new(
            job().set("job_type", r#""SYNC""#),
            [error(
                "data_synchronization = false",
                "A SYNC job follows changes",
                "Set `data_synchronization = true`",
            )],
        ),
        Case::new(
            on_instance.clone().set("desired_status", r#""prechecked""#),
            [error(
                r#"desired_status = "prechecked""#,
                "desired_status = \"prechecked\" is for a job without an instance",
                "Set `running` to start it",
            )],
        ),
        Case::new(
            on_instance.clone().set("wait_for", r#""caught_up""#),
            [error(
                r#"wait_for = "caught_up""#,
                "wait_for = \"caught_up\" cannot come true",
                "Write `finished` or `initialized`",
            )],
        ),
        Case::new(
            on_instance
                .clone()
                .set("data_synchronization", "true")
                .set("wait_for", r#""finished""#),
            [error(
                r#"wait_for = "finished""#,
                "wait_for = \"finished\" cannot come true",
                "Write `caught_up` or `initialized`",
            )],
        ),
        Case::new(
            job()
                .set("desired_status", r#""configured""#)
                .set("wait_for", r#""running""#),
            [error(
                r#"wait_for = "running""#,
                "wait_for = \"running\" cannot come true",
                "Leave `wait_for` out",
            )],
        ),
        Case::new(
            on_instance
                .clone()
                .set("wait_for", r#""finished""#)
                .set("max_delay_seconds", "5"),
            [error(
                "max_delay_seconds = 5",
                "max_delay_seconds needs wait_for = \"caught_up\"",
                "Remove it",
            )],
        ),
        Case::new(
            on_instance
                .set("data_synchronization", "true")
                .set("wait_for", r#""caught_up""#)
                .set("max_delay_seconds", "-1"),
            [error(
                "max_delay_seconds = -1",
                "Invalid value for max_delay_seconds",
                "whole number from 1 to 86400",
            )],
        ),
    ]);
}

#[test]
fn endpoints() {
    let own = |kind: &str| {
        job()
            .set("source_endpoint.instance_type", kind)
            .without("source_endpoint.instance_id")
            .without("source_endpoint.region")
    };
    let of_source = "source_endpoint {";
    check(&[
        Case::new(
            own(r#""RDS""#),
            [
                error(
                    of_source,
                    "instance_id is missing in source_endpoint",
                    "Set `instance_id`",
                ),
                error(of_source, "region is missing in source_endpoint", "Set `region`"),
            ],
        ),
        Case::new(
            own(r#""OTHER""#),
            [
                error(of_source, "ip is missing in source_endpoint", "Set `ip`"),
                error(of_source, "port is missing in source_endpoint", "Set `port`"),
            ],
        ),
        Case::new(
            own(r#""ECS""#),
            [
                error(of_source, "instance_id is missing in source_endpoint", "\"ECS\""),
                error(of_source, "region is missing in source_endpoint", "\"ECS\""),
                error(of_source, "port is missing in source_endpoint", "\"ECS\""),
            ],
        ),
        Case::new(
            job().set("destination_endpoint.engine_name", r#""PostgreSQL""#),
            [error(
                "destination_endpoint {",
                "database_name is missing in destination_endpoint",
                "Set `database_name`",
            )],
        ),
        Case::new(
            job().set("source_endpoint.password_wo_version", "1"),
            [error(
                "password_wo_version = 1",
                "password_wo_version needs password_wo",
                "Set `password_wo`, or remove",
            )],
        ),
    ]);
}

/// An older Terraform would store a write-only value in its state, so that it is refused there.
#[test]
fn write_only_passwords() {
    let with = job().set("source_endpoint.password_wo", r#""hush""#);
    let alone = with.clone().without("source_endpoint.password");
    let line = r#"password_wo = "hush""#;
    if cli_version() < (1, 11) {
        let too_old = error(
            line,
            "Write-only argument password_wo needs Terraform 1.11 or newer",
            "Use `password` instead, or a newer Terraform",
        );
        check(&[Case::new(alone, [too_old])]);
        return;
    }
    let twice = error(
        line,
        "password_wo cannot be set together with password",
        "Remove `password`",
    );
    check(&[Case::new(with, [twice]), Case::new(alone.clone(), [])]);
    // Alone a later one would not be noticed.
    let versioned = alone.clone().set("source_endpoint.password_wo_version", "1");
    let workspace = Workspace::new(None);
    for (body, warned) in [(alone, true), (versioned, false)] {
        workspace.write("main.tf", &[terraform_block(), body.resource("m")].concat());
        let outcome = workspace.plan(&[]).ok();
        // A plan validates twice, and Terraform shows both.
        let warnings = outcome.warnings().into_iter();
        let mut lines: Vec<String> = warnings.map(|warning| warning.code.trim().to_owned()).collect();
        lines.dedup();
        let expected: &[&str] = if warned { &[line] } else { &[] };
        assert_eq!(lines, expected, "{}", outcome.report());
    }
}

#[test]
fn ports() {
    let cases = [
        ("\"0\"", "port = \"0\""),
        ("65536", "port = 65536"),
        ("\"+80\"", "port = \"+80\""),
        ("3306.5", "port = 3306.5"),
        ("\"mysql\"", "port = \"mysql\""),
        ("\"10.0.0.1:3306\"", "port = \"10.0.0.1:3306\""),
    ];
    let cases: Vec<Case> = cases
        .into_iter()
        .map(|(value, line)| {
            Case::new(
                job().set("source_endpoint.port", value),
                [error(
                    line,
                    "Invalid value for port",
                    "Write a number from 1 to 65535",
                )],
            )
        })
        .collect();
    check(&cases);
}

#[test]
fn durations() {
    let timeouts = Body::block("timeouts")
        .set("create", r#""soon""#)
        .set("update", r#""0m""#)
        .set("delete", r#""10""#);
    check(&[Case::new(
        job().with_block(timeouts),
        [
            error(r#"create = "soon""#, "Invalid value for create", "`30m`"),
            error(r#"update = "0m""#, "Invalid value for update", "`30m`"),
            error(r#"delete = "10""#, "Invalid value for delete", "`30m`"),
        ],
    )]);
}

#[test]
fn prechecks() {
    let precheck = || Body::of_data("dts_precheck").set("job_id", r#""j1""#);
    check(&[
        Case::new(
            precheck().set("job_code", r#""1""#),
            [error(
                r#"job_code = "1""#,
                "Invalid value for job_code",
                "01, 02, 03, 04",
            )],
        ),
        Case::new(
            precheck().set("struct_type", r#""during""#),
            [error(
                r#"struct_type = "during""#,
                "Invalid value for struct_type",
                "before, after",
            )],
        ),
        Case::new(
            precheck().set("job_id", r#""""#),
            [error(
                r#"job_id = """#,
                "Invalid value for job_id",
                "must not be empty",
            )],
        ),
        Case::new(
            precheck().with_block(Body::block("timeouts").set("read", r#""1""#)),
            [error(r#"read = "1""#, "Invalid value for read", "`90s`")],
        ),
    ]);
}
