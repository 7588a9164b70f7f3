//! What `dts_instance` accepts, and what its configuration alone can tell.

use super::{SHAPE, billing};
use crate::dts::{pairs, region_check, tags};
use crate::framework::schema::OnChange;
use crate::framework::timeouts::{self, Operation};
use crate::framework::validate::{conflict, is_certainly_set, is_set};
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema, Value};

// dts-api.md 6.2, CreateDtsInstance.
const ENGINES: [&str; 22] = [
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
    "clickhouse",
    "OceanBase",
];

fn same_letters(one: &Value, other: &Value) -> bool {
    matches!((one.as_str(), other.as_str()), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other))
}

fn whole(name: &str, description: &str, allowed: &'static [i64]) -> Attribute {
    Attribute::number(name)
        .describe(description)
        .check(Check::one_of_numbers(allowed))
        .change(OnChange::InPlace)
}

const PAID: OnChange = OnChange::Told(
    "Changed in place, to pay for longer (`RenewInstance`, or `TransferPayType` with `pay_type`); for less time it is refused.",
);

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
            .change(OnChange::Replaces)
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
                .change(OnChange::Told("Another job replaces the instance."))
                .optional_computed()
                .stable(),
        )
        .attribute(
            Attribute::bool("auto_start")
                .change(OnChange::Told("A change back calls nothing."))
                .optional_computed()
                .stable()
                .describe("Only with `job_id`: start the job once the instance is bought. Changed from `false` to `true` it starts the job then (`StartDtsJob`). Default: `false`."),
        )
        .attribute(
            Attribute::bool("require_precheck")
                .local()
                .describe("Only with `job_id`, and only when it is bought: `true` buys only after a precheck that passed, `false` does not look at it. Without, a job that was never checked is bought for, and a failed check is not."),
        )
        .attribute(
            Attribute::bool("adopt")
                .local()
                .describe("Only without `job_id`, and only when it is bought: what to do when DTS has an instance that is as this one would be, younger than an hour and with no job configured on it, most likely bought by an apply that was cut off. `true` takes it, `false` buys another. Without, that is an error which names it, and nothing is bought. It is taken only where plan and apply are one command, for the apply of a saved plan does not know which instances other resources have; there it is named as well. Do not set it to `true` together with `-target`: what Terraform leaves alone it tells nobody of, and two resources would have one instance. With `job_id` the instance that the job already has is always taken."),
        )
        .attribute(shape("type", "What it does: `MIGRATION`, `SYNC` or `SUBSCRIBE`.").check(Check::one_of_ignore_case(&["MIGRATION", "SYNC", "SUBSCRIBE"])))
        .attribute(shape("source_endpoint_engine_name", "Engine of the source, such as `MySQL`.").check(Check::one_of_ignore_case(&ENGINES)))
        .attribute(shape("destination_endpoint_engine_name", "Engine of the destination, such as `MySQL`.").check(Check::one_of_ignore_case(&ENGINES)))
        .attribute(shape("source_region", "Region of the source, such as `cn-hangzhou`.").check(region_check()))
        .attribute(shape("destination_region", "Region of the destination.").check(region_check()))
        .attribute(
            text("instance_class", "Class: `small`, `medium`, `large`; of a MIGRATION also `xlarge` and `xxlarge`; of others also `micro`, `2xlarge` and `4xlarge`. Required for a \
                 MIGRATION and a SYNC, unless it is serverless (`min_du`) or on a dedicated cluster. Changed in place (`TransferInstanceClass`).")
                .optional_computed()
                .change(OnChange::InPlace)
                .stable()
                .same_meaning(same_letters)
                .check(Check::one_of(&billing::CLASSES)),
        )
        .attribute(
            text("pay_type", "`PostPaid` (by use) or `PrePaid` (for a time; not for MIGRATION). Changed in place (`TransferPayType`).")
                .change(OnChange::InPlace)
                .required()
                .same_meaning(same_letters)
                .check(Check::one_of(&["PostPaid", "PrePaid"])),
        )
        .attribute(text("period", "Unit of `used_time`: `Year` or `Month`. Required with `PrePaid`.").check(Check::one_of(&["Year", "Month"])).change(PAID))
        .attribute(
            Attribute::number("used_time")
                .change(PAID)
                .check(Check::between(1, 600))
                .describe("How many periods are paid in all, each renewal included. A purchase sells 1, 2, 3 or 5 years, or 1 to 9 months; more than was paid before renews \
                    the instance by the difference (`RenewInstance`), less is refused. An import finds it where `create_time` and `expire_time` tell. Required with `PrePaid`."),
        )
        .attribute(
            Attribute::bool("auto_pay")
                .change(OnChange::Told("Taken with the purchase and with a change of `pay_type`, and not changed otherwise."))
                .describe("Only with `PrePaid`: renew the instance automatically when it expires. Taken with the purchase and with a change of `pay_type`, and not changed otherwise. Default: `false`."),
        )
        .attribute(
            whole("min_du", "Only of a SYNC or SUBSCRIBE with `PostPaid`: makes it serverless, with at least so many DUs: 1, 2, 4, 8 or 16. Changed in place (`TransferPayType` with `sync_serverless`, of a SYNC).", &[1, 2, 4, 8, 16]),
        )
        .attribute(whole("max_du", "The most DUs of a serverless instance: 2, 4, 8 or 16. Set and changed with `min_du`.", &[2, 4, 8, 16]))
        .attribute(
            Attribute::number("du")
                .change(OnChange::InPlace)
                .optional_computed()
                .stable()
                .check(Check::between(1, 100))
                .describe("Only with `job_id` of a job on a dedicated cluster: how many DUs of the cluster it may use, 1 to 100. Changed in place (`ModifyDtsJobDuLimit`); left out, it stays as it is. DTS does not tell it, so it is not compared."),
        )
        .attribute(
            text("sync_architecture", "Only of a SYNC: `oneway`, or `bidirectional` with a job for each direction. From the first to the second in place (`UpgradeTwoWay`), while the job synchronizes MySQL with MySQL and is paid by use. \
                 Back, it is another instance. Default: `oneway`; with `job_id` as the job is configured.")
                .change(OnChange::Told("Back, it is another instance."))
                .check(Check::one_of(&["oneway", "bidirectional"])),
        )
        .attribute(
            Attribute::number("database_count")
                .change(OnChange::InPlace)
                .check(Check::between(1, 10_000))
                .describe("Only with a `DRDS` source: number of private RDS instances under PolarDB-X 1.0. Changed in place (`TransferInstanceClass`). Default: `1`."),
        )
        .attribute(
            Attribute::number("compute_unit")
                .change(OnChange::Replaces)
                .check(Check::between(2, 10_000))
                .describe("Compute units of ETL, at least 2; with any, ETL is enabled. A change replaces the instance."),
        )
        .attribute(
            text("fee_type", "Only of a SUBSCRIBE, what is charged: `ONLY_CONFIGURATION_FEE` or `CONFIGURATION_FEE_AND_DATA_FEE`. A change replaces the instance.")
                .change(OnChange::Replaces)
                .check(Check::one_of(&["ONLY_CONFIGURATION_FEE", "CONFIGURATION_FEE_AND_DATA_FEE"])),
        )
        .attribute(
            text("resource_group_id", "Resource group of the instance. Changed in place (`ConvertInstanceResourceGroup`); left out, it stays where it is. Default: that of the job, else the account's default group.")
                .change(OnChange::InPlace)
                .optional_computed()
                .stable(),
        )
        .attribute(
            text("on_destroy", "What a destroy does: `release` the instance, or `keep` it and only forget it. A `PrePaid` instance cannot be released and needs `keep`. Default: `release`.")
                .default("release")
                .local()
                .check(Check::one_of(&["release", "keep"])),
        )
        .attributes(tags::attributes())
        .attribute(Attribute::string("status").computed().describe("Status of the instance's job, as DTS reports it."))
        .attribute(Attribute::string("create_time").computed().stable().describe("When it was made, such as `2021-03-16T08:01:19Z`."))
        .attribute(Attribute::string("expire_time").computed().stable().describe("When a `PrePaid` instance expires."))
        .attribute(crate::dts::operations_attribute())
        .block(timeouts::block(&[(Operation::Create, "20m"), (Operation::Update, "20m"), (Operation::Delete, "20m")]))
        .change(OnChange::InPlace),
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
        if !is_generated(config) {
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
    let engines =
        ["source_endpoint_engine_name", "destination_endpoint_engine_name"].map(|name| config.str(name));
    let moves = config
        .str("type")
        .is_some_and(|kind| !kind.eq_ignore_ascii_case("SUBSCRIBE"));
    if let [Some(source), Some(destination)] = engines
        && moves
        && let Some(told) = pairs::check(source, destination)
    {
        diagnostics.push(told.at(Path::attribute("destination_endpoint_engine_name")));
    }
    billing::validate(config, is_generated(config), diagnostics);
}

/// Whether it is as Terraform generates it for an instance that is there: it says the job and what follows from it, and they agree, which
/// the plan compares. A subscription that is configured has no destination, and a self-built database no region.
fn is_generated(config: &Object) -> bool {
    let subscribes = config
        .str("type")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("SUBSCRIBE"));
    let mut told = SHAPE
        .iter()
        .filter(|name| !(name.ends_with("_region") || subscribes && name.starts_with("destination_")));
    is_certainly_set(config, "job_id") && told.all(|name| is_certainly_set(config, name))
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
