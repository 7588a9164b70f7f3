//! What is wrong with a `dts_instance` by its configuration alone.

use super::body::{Body, bought_first, bought_for_job};
use super::{Case, check, error};

#[test]
fn sound_ones_need_neither_credentials_nor_a_region() {
    let prepaid = bought_first()
        .set("type", r#""SYNC""#)
        .set("pay_type", r#""PrePaid""#)
        .set("period", r#""Year""#)
        .set("used_time", "5")
        .set("on_destroy", r#""keep""#);
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
fn engines_that_nothing_goes_between() {
    check(&[
        Case::new(
            bought_first()
                .set("source_endpoint_engine_name", r#""Redis""#)
                .set("destination_endpoint_engine_name", r#""PostgreSQL""#),
            [error(
                r#"destination_endpoint_engine_name = "PostgreSQL""#,
                "DTS moves nothing from Redis to PostgreSQL",
                "from REDIS goes only to REDIS",
            )],
        ),
        Case::new(
            bought_first().set("destination_endpoint_engine_name", r#""Redis""#),
            [],
        ),
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
                .without("destination_endpoint_engine_name")
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
                    r#"source_region = "cn-hangzhou""#,
                    "source_region cannot be set together with job_id",
                    "Remove",
                ),
                error(
                    r#"destination_region = "cn-hangzhou""#,
                    "destination_region cannot be set together with job_id",
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
                "Write one of: micro, small, medium, large, xlarge, 2xlarge, xxlarge, 4xlarge.",
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
                "`micro`, `small`, `medium`, `large`, `2xlarge`, `4xlarge`",
            )],
        ),
    ]);
}

#[test]
fn how_it_is_paid() {
    let prepaid = bought_first()
        .set("type", r#""SYNC""#)
        .set("pay_type", r#""PrePaid""#)
        .set("on_destroy", r#""keep""#);
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
            prepaid
                .clone()
                .set("period", r#""Month""#)
                .set("used_time", "1.5"),
            [error(
                "used_time = 1.5",
                "Invalid value for used_time",
                "whole number from 1 to 600",
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
            bought_first()
                .set("type", r#""SYNC""#)
                .set("pay_type", r#""PrePaid""#)
                .set("period", r#""Month""#)
                .set("used_time", "1"),
            [error(
                r#"resource "dts_instance" "r4" {"#,
                "A PrePaid instance needs on_destroy = \"keep\"",
                "Set `on_destroy = \"keep\"`",
            )],
        ),
        Case::new(
            yearly
                .clone()
                .set("used_time", "1")
                .set("on_destroy", r#""release""#),
            [error(
                r#"on_destroy = "release""#,
                "A PrePaid instance needs on_destroy = \"keep\"",
                "only when it expires",
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
        Case::new(
            bought_first().set("auto_pay", "true"),
            [error(
                "auto_pay = true",
                "auto_pay is for PrePaid instances",
                "Remove it",
            )],
        ),
        Case::new(
            bought_first()
                .set("type", r#""SYNC""#)
                .set("pay_type", r#""PrePaid""#)
                .set("period", r#""Month""#)
                .set("used_time", "1")
                .set("on_destroy", r#""keep""#)
                .set("min_du", "1")
                .set("max_du", "4"),
            [
                error("min_du = 1", "min_du is for PostPaid instances", "paid by use"),
                error("max_du = 4", "max_du is for PostPaid instances", "paid by use"),
            ],
        ),
    ]);
}

#[test]
fn how_much_of_it_there_is() {
    let sync = bought_first().set("type", r#""SYNC""#);
    let serverless = sync
        .clone()
        .without("instance_class")
        .set("min_du", "1")
        .set("max_du", "4");
    check(&[
        Case::new(serverless.clone(), []),
        Case::new(bought_for_job().without("instance_class").set("du", "4"), []),
        Case::new(
            bought_first()
                .without("instance_class")
                .set("type", r#""SUBSCRIBE""#),
            [],
        ),
    ]);
    check(&[
        Case::new(
            sync.clone().without("instance_class"),
            [error(
                r#"resource "dts_instance" "r0" {"#,
                "instance_class is missing",
                "such as to `small`",
            )],
        ),
        Case::new(
            serverless.clone().without("max_du"),
            [error("min_du = 1", "max_du is missing", "both bounds")],
        ),
        Case::new(
            serverless.clone().set("min_du", "8"),
            [error(
                "min_du = 8",
                "min_du is greater than max_du",
                "smaller one first",
            )],
        ),
        Case::new(
            serverless.clone().set("min_du", "3"),
            [error(
                "min_du = 3",
                "Invalid value for min_du",
                "Write one of: 1, 2, 4, 8, 16.",
            )],
        ),
        Case::new(
            sync.clone().set("du", "4"),
            [error("du = 4", "du needs job_id", "configured first")],
        ),
        Case::new(
            bought_for_job().set("du", "101"),
            [error("du = 101", "Invalid value for du", "from 1 to 100")],
        ),
        Case::new(
            bought_for_job()
                .set("du", "4")
                .set("min_du", "1")
                .set("max_du", "2"),
            [error(
                "du = 4",
                "du cannot be set together with min_du",
                "dedicated cluster",
            )],
        ),
    ]);
}

#[test]
fn what_only_some_types_have() {
    check(&[
        Case::new(
            bought_first().set("sync_architecture", r#""bidirectional""#),
            [error(
                r#"sync_architecture = "bidirectional""#,
                "A MIGRATION instance cannot be bidirectional",
                "Only a synchronization",
            )],
        ),
        Case::new(
            bought_first().set("fee_type", r#""ONLY_CONFIGURATION_FEE""#),
            [error(
                r#"fee_type = "ONLY_CONFIGURATION_FEE""#,
                "fee_type is not for a MIGRATION instance",
                "SUBSCRIBE",
            )],
        ),
        Case::new(
            bought_first().set("database_count", "2"),
            [error(
                "database_count = 2",
                "database_count is for a DRDS source",
                "PolarDB-X 1.0",
            )],
        ),
        Case::new(
            bought_first().set("destination_endpoint_engine_name", r#""OceanBase""#),
            [error(
                r#"destination_endpoint_engine_name = "OceanBase""#,
                "OceanBase is a source only",
                "another engine",
            )],
        ),
        Case::new(
            bought_first().set("compute_unit", "1"),
            [error(
                "compute_unit = 1",
                "Invalid value for compute_unit",
                "from 2",
            )],
        ),
        Case::new(
            bought_first().set("tags", r#"{ "acs:owner" = "me" }"#),
            [error(
                r#"tags = { "acs:owner" = "me" }"#,
                "Invalid value for tags",
                "Choose another key",
            )],
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
