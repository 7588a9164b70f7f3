//! What `dts_instance` accepts, and what its configuration alone can tell.

use super::SHAPE;
use crate::dts::{region_check, tags};
use crate::framework::timeouts::{self, Operation};
use crate::framework::validate::{conflict, is_certainly_set, is_set};
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema, Value};

const CLASSES: [&str; 6] = ["micro", "small", "medium", "large", "xlarge", "xxlarge"];

// dts-api.md 6.2, CreateDtsInstance.
const ENGINES: [&str; 21] = [
    "MySQL",
    "PolarDB",
    "polardb_o",
    "polardb_pg",
    "Redis",
    "DRDS",
    "PostgreSQL",
    "odps",
    "oracle",
    "mongodb",
    "tidb",
    "ADS",
    "ADB30",
    "Greenplum",
    "MSSQL",
    "kafka",
    "DataHub",
    "DB2",
    "as400",
    "Tablestore",
    "OceanBase",
];

fn same_letters(one: &Value, other: &Value) -> bool {
    matches!((one.as_str(), other.as_str()), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other))
}

pub(super) fn schema() -> Schema {
    let from_job = "Not with `job_id`, from whose job it then follows. A change replaces the instance.";
    let text = |name: &str, description: &str| {
        Attribute::string(name)
            .describe(description)
            .check(Check::not_blank())
    };
    let shape = |name: &str, description: &str| {
        text(name, &format!("{description} {from_job}"))
            .optional_computed()
            .stable()
            .same_meaning(same_letters)
    };
    Schema::new(
        Block::new(
            "A DTS instance: what is paid for (`CreateDtsInstance`). Buy it first and configure a `dts_job` on it, or \
             configure the job first and buy the instance for it with `job_id`; then nothing is bought while the job's \
             precheck runs or after it failed. Removed from the configuration, it is released, and DTS deletes its job with it: \
             another name in the configuration needs a `moved` block.",
        )
        .attribute(Attribute::string("id").computed().stable().describe("Id of the instance (`InstanceId`)."))
        .attribute(
            text("job_id", "Id of a job that was configured first: the instance is bought for it. Otherwise the id of the job that came with the instance.")
                .optional_computed()
                .stable(),
        )
        .attribute(
            Attribute::bool("auto_start")
                .optional_computed()
                .stable()
                .describe("Only with `job_id`: start the job once the instance is bought. Changed from `false` to `true` it starts the job then (`StartDtsJob`). Default: `false`."),
        )
        .attribute(
            Attribute::bool("require_precheck")
                .describe("Only with `job_id`, and only when it is bought: `true` buys only after a precheck that passed, `false` does not look at it. Without, a job that was never checked is bought for, and a failed check is not."),
        )
        .attribute(
            Attribute::bool("adopt")
                .describe("Only without `job_id`, and only when it is bought: what to do when DTS has an instance that is as this one would be, younger than an hour and with no job configured on it, most likely bought by an apply that was cut off. `true` takes it, `false` buys another. Without, that is an error which names it, and nothing is bought. With `job_id` the instance that the job already has is always taken."),
        )
        .attribute(shape("type", "What it does: `MIGRATION`, `SYNC` or `SUBSCRIBE`.").check(Check::one_of_ignore_case(&["MIGRATION", "SYNC", "SUBSCRIBE"])))
        .attribute(shape("source_endpoint_engine_name", "Engine of the source, such as `MySQL`.").check(Check::one_of_ignore_case(&ENGINES)))
        .attribute(shape("destination_endpoint_engine_name", "Engine of the destination, such as `MySQL`.").check(Check::one_of_ignore_case(&ENGINES)))
        .attribute(shape("source_region", "Region of the source, such as `cn-hangzhou`.").check(region_check()))
        .attribute(shape("destination_region", "Region of the destination.").check(region_check()))
        .attribute(
            text("instance_class", "Class, in rising order: `micro` (SYNC only), `small`, `medium`, `large`, `xlarge`, `xxlarge` (both MIGRATION only). A change is made in place (`TransferInstanceClass`).")
                .required()
                .same_meaning(same_letters)
                .check(Check::one_of(&CLASSES)),
        )
        .attribute(
            text("pay_type", "`PostPaid` (by use) or `PrePaid` (for a period; not for MIGRATION). Cannot be changed.")
                .required()
                .same_meaning(same_letters)
                .check(Check::one_of(&["PostPaid", "PrePaid"])),
        )
        .attribute(text("period", "Unit of `used_time`: `Year` or `Month`. Required with `PrePaid`. Cannot be changed.").check(Check::one_of(&["Year", "Month"])))
        .attribute(
            Attribute::number("used_time")
                .check(Check::between(1, 9))
                .describe("How many periods are paid: 1, 2, 3 or 5 years, or 1 to 9 months. Required with `PrePaid`. Cannot be changed."),
        )
        .attribute(
            text("on_destroy", "What a destroy does: `release` the instance, or `keep` it and only forget it. A `PrePaid` instance cannot be released. Default: `release`.")
                .default("release")
                .check(Check::one_of(&["release", "keep"])),
        )
        .attributes(tags::attributes())
        .attribute(Attribute::string("status").computed().describe("Status of the instance's job, as DTS reports it."))
        .attribute(crate::dts::operations_attribute())
        .block(timeouts::block(&[(Operation::Create, "20m"), (Operation::Update, "20m"), (Operation::Delete, "20m")])),
    )
}

pub(super) fn validate(config: &Object, diagnostics: &mut Diagnostics) {
    if is_set(config, "job_id") {
        conflict(
            config,
            "job_id",
            "adopt",
            "With `job_id` the instance that the job already has is always taken.",
            diagnostics,
        );
        // A configuration that Terraform generated for an instance that is there says both, and they agree: the plan compares.
        let generated =
            is_certainly_set(config, "job_id") && SHAPE.iter().all(|name| is_certainly_set(config, name));
        if !generated {
            validate_job(config, diagnostics);
        }
    } else {
        let missing: Vec<&str> = SHAPE.into_iter().filter(|name| !is_set(config, name)).collect();
        if missing.len() == SHAPE.len() {
            diagnostics.push(
                Diagnostic::error(
                    "Neither job_id nor type is set",
                    "Set `job_id` to buy the instance for a job that was configured first, or `type`, both engines and both \
                     regions to buy it first.",
                )
                .at(Path::attribute("job_id")),
            );
        } else {
            for name in missing {
                diagnostics.push(
                    Diagnostic::error(
                        format!("{name} is missing"),
                        format!("An instance that is bought first needs `type`, both engines and both regions. Set `{name}`."),
                    )
                    .at(Path::attribute(name)),
                );
            }
        }
        // `auto_start = false` is what happens then; to look or not to look at a precheck needs one.
        let meaningless = [
            ("auto_start", config.bool("auto_start") == Some(true)),
            ("require_precheck", is_certainly_set(config, "require_precheck")),
        ];
        for (name, is_set) in meaningless {
            if is_set {
                diagnostics.push(
                    Diagnostic::error(
                        format!("{name} needs job_id"),
                        "It is about a job that was configured first. With an instance that is bought first, the job's own \
                         `desired_status` says what runs. Remove it.",
                    )
                    .at(Path::attribute(name)),
                );
            }
        }
    }
    validate_billing(config, diagnostics);
}

/// What follows from the job cannot be said as well.
pub(super) fn validate_job(config: &Object, diagnostics: &mut Diagnostics) {
    for name in SHAPE {
        conflict(
            config,
            "job_id",
            name,
            "With `job_id` it follows from the job.",
            diagnostics,
        );
    }
}

fn validate_billing(config: &Object, diagnostics: &mut Diagnostics) {
    let mut say = |name: &str, summary: &str, detail: &str| {
        diagnostics.push(Diagnostic::error(summary, detail).at(Path::attribute(name)));
    };
    let kind = config.str("type").map(str::to_ascii_uppercase);
    match config.str("pay_type") {
        Some("PrePaid") => {
            if kind.as_deref() == Some("MIGRATION") {
                say(
                    "pay_type",
                    "A MIGRATION instance cannot be PrePaid",
                    "DTS sells migrations by use only. Set `pay_type = \"PostPaid\"`.",
                );
            }
            for (name, write) in [
                ("period", "Set it to `Year` or `Month`."),
                ("used_time", "Set it to how many periods are paid, such as `1`."),
            ] {
                if !is_set(config, name) {
                    say(
                        name,
                        &format!("{name} is missing"),
                        &format!("A `PrePaid` instance needs `period` and `used_time`. {write}"),
                    );
                }
            }
            if config.str("period") == Some("Year")
                && config
                    .i64("used_time")
                    .is_some_and(|years| ![1, 2, 3, 5].contains(&years))
            {
                say(
                    "used_time",
                    "Invalid value for used_time",
                    "DTS sells 1, 2, 3 or 5 years. Write one of these.",
                );
            }
        }
        Some(_) => {
            for name in ["period", "used_time"] {
                if is_certainly_set(config, name) {
                    say(
                        name,
                        &format!("{name} is for PrePaid instances"),
                        "A `PostPaid` instance is paid by use. Remove it, or set `pay_type = \"PrePaid\"`.",
                    );
                }
            }
        }
        None => {}
    }
    let class = config.str("instance_class");
    let impossible = match (kind.as_deref(), class) {
        (Some("MIGRATION"), Some("micro")) => Some("`small`, `medium`, `large`, `xlarge`, `xxlarge`"),
        (Some("SYNC"), Some("xlarge" | "xxlarge")) => Some("`micro`, `small`, `medium`, `large`"),
        _ => None,
    };
    if let (Some(kind), Some(class), Some(allowed)) = (kind, class, impossible) {
        say(
            "instance_class",
            &format!("There is no {kind} instance of class {class}"),
            &format!("Write one of: {allowed}."),
        );
    }
}
