//! What `dts_job` accepts.

use super::{condition, keys, options, skip};
use crate::dts::course::Desired;
use crate::dts::{endpoint, objects, reserve};
use crate::framework::timeouts::{self, Operation};
use crate::framework::{Attribute, Block, Check, Schema};

/// How far an apply may follow a job, in the order of a job's life.
pub(super) const WAITS: [&str; 6] = [
    "none",
    "prechecked",
    "running",
    "initialized",
    "caught_up",
    "finished",
];

pub(super) fn schema() -> Schema {
    let text = |name: &str, description: &str| {
        Attribute::string(name)
            .describe(description)
            .check(Check::not_blank())
    };
    let flag = |name: &str, description: &str| Attribute::bool(name).required().describe(description);
    Schema::new(
        Block::new(
            "A DTS job: what is migrated or synchronized from where to where (`ConfigureDtsJob`), and what it shall do \
             (`desired_status`). Configured on an instance that was bought first (`dts_instance_id`), or without one, to be \
             checked before an instance is bought for it (`dts_instance` with `job_id`). Removing a job never releases an instance.",
        )
        .attribute(Attribute::string("id").computed().stable().describe("Id of the job (`DtsJobId`)."))
        .attribute(
            text("dts_instance_id", "Id of the instance to configure the job on. Leave it out to configure first; once an instance was bought for the job, it is shown here. Another instance replaces the job; where the instance itself is replaced in the same apply, the job is configured on the new one in place.")
                .optional_computed()
                .stable(),
        )
        .attribute(text("dts_job_name", "Name of the job; it need not be unique. Changed in place (`ModifyDtsJobName`).").required())
        .attribute(
            text("job_type", "`MIGRATION` or `SYNC`. A change replaces the job.")
                .required()
                // Not `replaces()`: a value that is only not known yet must not replace a job that runs (plan.rs decides).
                .check(Check::one_of(&["MIGRATION", "SYNC"])),
        )
        .attribute(flag("structure_initialization", "Move the structure (tables, ...). Can be changed until the job has started."))
        .attribute(flag("data_initialization", "Move the data that is there. Can be changed until the job has started."))
        .attribute(flag("data_synchronization", "Follow changes from then on. Can be changed until the job has started."))
        .attribute(
            text(
                "desired_status",
                "What the job shall be: `configured` (nothing is run), `prechecked` (checked, not started; without an instance only), \
                 `running` (checked and started), `suspended` or `stopped` (for good); the last three need an instance. `configured` and `prechecked` are floors: a \
                 job that went further satisfies them. A job that has not run is not started only to be `suspended`. Default: `running` with `dts_instance_id`, else `configured`.",
            )
            .optional_computed()
            .check(Check::one_of(&Desired::ALL)),
        )
        .attribute(
            text(
                "wait_for",
                "How far an apply follows the job: `none`, `prechecked`, `running`, `initialized` (structure and data are moved), \
                 `caught_up` (changes are followed with less delay than `max_delay_seconds`), `finished` (a migration without changes). \
                 Default: as far as `desired_status` says.",
            )
            .check(Check::one_of(&WAITS)),
        )
        .attribute(
            Attribute::number("max_delay_seconds")
                .check(Check::between(1, 86_400))
                .describe("With `wait_for = \"caught_up\"`: the greatest delay, in seconds. Default: `10`."),
        )
        .attribute(
            Attribute::string("on_wait_failure")
                .check(Check::one_of(&["error", "warn"]))
                .describe(
                    "What it means that the job does not get as far as `wait_for` asks, though all calls were made: `error`, or `warn` (a warning; \
                     the next plan does not wait again). Default: `error`.",
                ),
        )
        .attribute(
            Attribute::string("reserve")
                .optional_computed()
                .stable()
                .same_meaning(reserve::same_meaning)
                .check(reserve::check())
                .describe(
                    "Further settings as a JSON object (`Reserve`), such as `jsonencode({ targetTableMode = \"0\" })`. Compared by meaning. \
                     Keys are added or changed, never taken away.",
                ),
        )
        .attributes(keys::attributes())
        .attribute(objects::db_list_attribute())
        .attributes(options::attributes())
        .attribute(Attribute::string("status").computed().describe("Status of the job, as DTS reports it."))
        .attributes(condition::attributes())
        .attribute(crate::dts::operations_attribute())
        .block(keys::extend(endpoint::block(endpoint::Side::Source)))
        .block(keys::extend(endpoint::block(endpoint::Side::Destination)))
        .block(objects::database_block())
        .block(skip::block())
        .block(timeouts::block(&[(Operation::Create, "30m"), (Operation::Update, "30m"), (Operation::Delete, "20m")])),
    )
}
