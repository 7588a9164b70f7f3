//! What is wrong with a `dts_instance` by its configuration alone.

use super::body::{Body, bought_first, bought_for_job};
use super::{Case, check, error};

#[test]
fn sound_ones_need_neither_credentials_nor_a_region() {
    let prepaid = bought_first()
        .set("type", r#""SYNC""#)
        .set("pay_type", r#""PrePaid""#)
        .set("period", r#""Year""#)
        .set("used_time", "5");
    let timeouts = Body::block("timeouts")
        .set("create", r#""1h30m""#)
        .set("delete", r#""1.5h""#);
    check(&[
        Case::new(bought_first(), []),
        Case::new(bought_for_job(), []),
        Case::new(bought_for_job().set("auto_start", "true"), []),
        Case::new(bought_first().set("auto_start", "false"), []),
        Case::new(bought_for_job().set("require_precheck", "true"), []),
        Case::new(prepaid, []),
        Case::new(bought_first().with_block(timeouts), []),
    ]);
}

#[test]
fn one_of_two_ways_in() {
    let mut cases = vec![
        Case::new(
            bought_for_job().set("type", r#""SYNC""#),
            [error(
                r#"type = "SYNC""#,
                "type cannot be set together with job_id",
                "Remove `job_id` or `type`",
            )],
        ),
        Case::new(
            bought_first()
                .without("destination_region")
                .set("job_id", r#""j1""#),
            [
                error(
                    r#"type = "MIGRATION""#,
                    "type cannot be set together with job_id",
                    "follows from the job",
                ),
                error(
                    r#"source_endpoint_engine_name = "MySQL""#,
                    "source_endpoint_engine_name cannot be set together with job_id",
                    "Remove",
                ),
                error(
                    r#"destination_endpoint_engine_name = "MySQL""#,
                    "destination_endpoint_engine_name cannot be set together with job_id",
                    "Remove",
                ),
                error(
                    r#"source_region = "cn-hangzhou""#,
                    "source_region cannot be set together with job_id",
                    "Remove",
                ),
            ],
        ),
        Case::new(
            bought_for_job().without("job_id"),
            [error(
                r#"resource "dts_instance" "r2" {"#,
                "Neither job_id nor type is set",
                "Set `job_id` to buy the instance for a job",
            )],
        ),
    ];
    let missing = [
        ("type", r#"resource "dts_instance" "r3" {"#, "type is missing"),
        (
            "source_endpoint_engine_name",
            r#"resource "dts_instance" "r4" {"#,
            "source_endpoint_engine_name is missing",
        ),
        (
            "destination_endpoint_engine_name",
            r#"resource "dts_instance" "r5" {"#,
            "destination_endpoint_engine_name is missing",
        ),
        (
            "source_region",
            r#"resource "dts_instance" "r6" {"#,
            "source_region is missing",
        ),
        (
            "destination_region",
            r#"resource "dts_instance" "r7" {"#,
            "destination_region is missing",
        ),
    ];
    for (name, line, summary) in missing {
        cases.push(Case::new(
            bought_first().without(name),
            [error(
                line,
                summary,
                "needs `type`, both engines and both regions",
            )],
        ));
    }
    check(&cases);
}

#[test]
fn words_that_dts_does_not_know() {
    check(&[
        Case::new(
            bought_first().set("type", r#""COPY""#),
            [error(
                r#"type = "COPY""#,
                "Invalid value for type",
                "Write one of: MIGRATION, SYNC, SUBSCRIBE.",
            )],
        ),
        Case::new(
            bought_first().set("instance_class", r#""huge""#),
            [error(
                r#"instance_class = "huge""#,
                "Invalid value for instance_class",
                "Write one of: micro, small, medium, large, xlarge, xxlarge.",
            )],
        ),
        Case::new(
            bought_first().set("source_endpoint_engine_name", r#""Access""#),
            [error(
                r#"source_endpoint_engine_name = "Access""#,
                "Invalid value for source_endpoint_engine_name",
                "MySQL, PolarDB",
            )],
        ),
        Case::new(
            bought_first().set("destination_endpoint_engine_name", r#""""#),
            [error(
                r#"destination_endpoint_engine_name = """#,
                "Invalid value for destination_endpoint_engine_name",
                "must not be empty",
            )],
        ),
        Case::new(
            bought_first().set("pay_type", r#""Prepaid""#),
            [error(
                r#"pay_type = "Prepaid""#,
                "Invalid value for pay_type",
                "Write one of: PostPaid, PrePaid.",
            )],
        ),
        Case::new(
            bought_first().set("on_destroy", r#""forget""#),
            [error(
                r#"on_destroy = "forget""#,
                "Invalid value for on_destroy",
                "Write one of: release, keep.",
            )],
        ),
        Case::new(
            bought_for_job().set("job_id", r#"" j1""#),
            [error(
                r#"job_id = " j1""#,
                "Invalid value for job_id",
                "begins or ends with white space",
            )],
        ),
        Case::new(
            bought_first().set("source_region", r#""Hangzhou""#),
            [error(
                r#"source_region = "Hangzhou""#,
                "Invalid value for source_region",
                "such as cn-hangzhou",
            )],
        ),
    ]);
}

#[test]
fn what_does_not_go_together() {
    check(&[
        Case::new(
            bought_first().set("auto_start", "true"),
            [error(
                "auto_start = true",
                "auto_start needs job_id",
                "desired_status",
            )],
        ),
        Case::new(
            bought_first().set("require_precheck", "true"),
            [error(
                "require_precheck = true",
                "require_precheck needs job_id",
                "Remove it",
            )],
        ),
        Case::new(
            bought_for_job().set("adopt", "true"),
            [error(
                "adopt = true",
                "adopt cannot be set together with job_id",
                "always taken",
            )],
        ),
        Case::new(
            bought_first().set("require_precheck", "false"),
            [error(
                "require_precheck = false",
                "require_precheck needs job_id",
                "Remove it",
            )],
        ),
        Case::new(
            bought_first().set("instance_class", r#""micro""#),
            [error(
                r#"instance_class = "micro""#,
                "There is no MIGRATION instance of class micro",
                "`small`, `medium`, `large`, `xlarge`, `xxlarge`",
            )],
        ),
        Case::new(
            bought_first()
                .set("type", r#""SYNC""#)
                .set("instance_class", r#""xxlarge""#),
            [error(
                r#"instance_class = "xxlarge""#,
                "There is no SYNC instance of class xxlarge",
                "`micro`, `small`, `medium`, `large`",
            )],
        ),
    ]);
}

#[test]
fn how_it_is_paid() {
    let prepaid = bought_first()
        .set("type", r#""SYNC""#)
        .set("pay_type", r#""PrePaid""#);
    let yearly = prepaid.clone().set("period", r#""Year""#);
    check(&[
        Case::new(
            prepaid.clone(),
            [
                error(
                    r#"resource "dts_instance" "r0" {"#,
                    "period is missing",
                    "`Year` or `Month`",
                ),
                error(
                    r#"resource "dts_instance" "r0" {"#,
                    "used_time is missing",
                    "`PrePaid`",
                ),
            ],
        ),
        Case::new(
            yearly.clone(),
            [error(
                r#"resource "dts_instance" "r1" {"#,
                "used_time is missing",
                "`PrePaid`",
            )],
        ),
        Case::new(
            yearly.clone().set("used_time", "4"),
            [error(
                "used_time = 4",
                "Invalid value for used_time",
                "1, 2, 3 or 5 years",
            )],
        ),
        Case::new(
            prepaid
                .clone()
                .set("period", r#""Month""#)
                .set("used_time", "1.5"),
            [error(
                "used_time = 1.5",
                "Invalid value for used_time",
                "whole number from 1 to 9",
            )],
        ),
        Case::new(
            prepaid.set("period", r#""Week""#).set("used_time", "1"),
            [error(
                r#"period = "Week""#,
                "Invalid value for period",
                "Write one of: Year, Month.",
            )],
        ),
        Case::new(
            yearly.set("type", r#""MIGRATION""#).set("used_time", "1"),
            [error(
                r#"pay_type = "PrePaid""#,
                "A MIGRATION instance cannot be PrePaid",
                "Set `pay_type = \"PostPaid\"`",
            )],
        ),
        Case::new(
            bought_first().set("period", r#""Year""#).set("used_time", "1"),
            [
                error(
                    r#"period = "Year""#,
                    "period is for PrePaid instances",
                    "Remove it",
                ),
                error("used_time = 1", "used_time is for PrePaid instances", "Remove it"),
            ],
        ),
    ]);
}

#[test]
fn durations() {
    let cases = [
        ("\"30\"", "create = \"30\""),
        ("\"5 m\"", "create = \"5 m\""),
        ("\"-5m\"", "create = \"-5m\""),
        ("\"0s\"", "create = \"0s\""),
        ("\"1d\"", "create = \"1d\""),
        ("\"\"", "create = \"\""),
    ];
    let cases: Vec<Case> = cases
        .into_iter()
        .map(|(value, line)| {
            Case::new(
                bought_first().with_block(Body::block("timeouts").set("create", value)),
                [error(
                    line,
                    "Invalid value for create",
                    "such as `90s`, `30m` or `1h30m`",
                )],
            )
        })
        .collect();
    check(&cases);
}
