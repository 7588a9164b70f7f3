//! What `dts_job` accepts.

use super::{condition, keys, options, skip};
use crate::dts::course::Desired;
use crate::dts::{endpoint, objects, reserve};
use crate::framework::schema::OnChange;
use crate::framework::timeouts::{self, Operation};
use crate::framework::{Attribute, Block, Check, NestedBlock, Schema};

/// How far an apply may follow a job, in the order of a job's life.
pub(super) const WAITS: [&str; 6] = [
    "none",
    "prechecked",
    "running",
    "initialized",
    "caught_up",
    "finished",
];

/// What DTS has no call for.
pub(super) const UNTIL_STARTED: OnChange = OnChange::Told(
    "Changed in place until the job has started; after that a SYNC is replaced, and the plan of a MIGRATION refuses it.",
);

/// Settings.
pub(super) const WHILE_IT_RUNS: OnChange =
    OnChange::Told("Changed in place until the job has started, and while it runs (`ModifyDtsJob`).");

const OBJECTS: OnChange = OnChange::Told(
    "Changed in place until the job has started, and of a SYNC while it runs (`ModifyDtsJob`); the plan of a MIGRATION that has started \
     refuses it.",
);

/// What names a database.
const EXCHANGED: OnChange = OnChange::Told(
    "Changed in place until the job has started, and after that as far as DTS exchanges databases (`ModifyDtsJobEndpoint`); else a SYNC is \
     replaced, and the plan of a MIGRATION refuses it.",
);

/// What a job is to be.
pub(in crate::dts) const MOVES: OnChange = OnChange::Told(
    "A change calls what leads there (such as `StartDtsJob`, `SuspendDtsJob` or `StopDtsJob`).",
);

/// The block of an end of the job.
fn end(side: endpoint::Side) -> NestedBlock {
    let mut nested = keys::extend(endpoint::block(side));
    nested.block = std::mem::take(&mut nested.block).each(&|attribute| {
        let change = match attribute.change {
            Some(change) => change,
            None if endpoint::EXCHANGED.contains(&attribute.name.as_str()) => EXCHANGED,
            None => UNTIL_STARTED,
        };
        attribute.change(change)
    });
    nested
}

pub(super) fn schema() -> Schema {
    let text = |name: &str, description: &str| {
        Attribute::string(name)
            .describe(description)
            .check(Check::not_blank())
    };
    let flag = |name: &str, description: &str| {
        Attribute::bool(name)
            .required()
            .describe(description)
            .change(UNTIL_STARTED)
    };
    Schema::new(
        Block::new(
            "A DTS job: what is migrated or synchronized from where to where (`ConfigureDtsJob`), and what it shall do \
             (`desired_status`). Configured on an instance that was bought first (`dts_instance_id`), or without one, to be \
             checked before an instance is bought for it (`dts_instance` with `job_id`). Removing a job never releases an instance.",
        )
        .attribute(Attribute::string("id").computed().stable().describe("Id of the job (`DtsJobId`)."))
        .attribute(
            text("dts_instance_id", "Id of the instance to configure the job on. Leave it out to configure first; once an instance was bought for the job, it is shown here. Another instance replaces the job; where the instance itself is replaced in the same apply, the job is configured on the new one in place.")
                .change(OnChange::Replaces)
                .optional_computed()
                .stable(),
        )
        .attribute(text("dts_job_name", "Name of the job; it need not be unique. Changed in place (`ModifyDtsJobName`).").required().change(OnChange::InPlace))
        .attribute(
            text("job_type", "`MIGRATION` or `SYNC`. A change replaces the job. `CHECK`, a validation that moves nothing, is not offered, for DTS documents neither how it is \
                 paid for nor how it ends: `data_check_configure` validates what a job moves.")
                .change(OnChange::Replaces)
                .required()
                // Not `replaces()`: a value that is only not known yet must not replace a job that runs (plan.rs decides).
                .check(Check::one_of(&["MIGRATION", "SYNC"])),
        )
        .attribute(flag("structure_initialization", "Move the structure (tables, ...)."))
        .attribute(flag("data_initialization", "Move the data that is there."))
        .attribute(flag("data_synchronization", "Follow changes from then on."))
        .attribute(
            text(
                "desired_status",
                "What the job shall be: `configured` (nothing is run), `prechecked` (checked, not started; without an instance only), \
                 `running` (checked and started), `suspended` or `stopped` (for good); the last three need an instance. `configured` and `prechecked` are floors: a \
                 job that went further satisfies them. A job that has not run is not started only to be `suspended`, and a migration that has finished cannot be. A migration that somebody \
                 stopped before it had moved everything is `Finished` to DTS and has not finished here: `running` and `suspended` are refused. Default: `running` with `dts_instance_id`, else `configured`.",
            )
            .optional_computed()
            .local()
            .change(MOVES)
            .check(Check::one_of(&Desired::ALL)),
        )
        .attribute(
            text(
                "wait_for",
                "How far an apply follows the job: `none`, `prechecked`, `running`, `initialized` (structure and data are moved), \
                 `caught_up` (changes are followed with less delay than `max_delay_seconds`), `finished` (a migration without changes). \
                 Default: as far as `desired_status` says.",
            )
            .local()
            .check(Check::one_of(&WAITS)),
        )
        .attribute(
            Attribute::number("max_delay_seconds")
                .local()
                .check(Check::between(1, 86_400))
                .describe("With `wait_for = \"caught_up\"`: the greatest delay, in seconds. Default: `10`."),
        )
        .attribute(
            super::on_wait_failure("job", "; the next plan does not wait again"),
        )
        .attribute(
            Attribute::string("reserve")
                .optional_computed()
                .stable()
                .change(WHILE_IT_RUNS)
                .same_meaning(reserve::same_meaning)
                .check(reserve::check())
                .describe(
                    "Further settings as a JSON object (`Reserve`), such as `jsonencode({ targetTableMode = \"0\" })`. Compared by meaning. \
                     Keys are added or changed, never taken away.",
                ),
        )
        .attributes(keys::attributes())
        .attribute(objects::db_list_attribute().change(OBJECTS))
        .attributes(options::attributes())
        .attribute(Attribute::string("status").computed().describe("Status of the job, as DTS reports it."))
        .attributes(condition::attributes())
        .attribute(crate::dts::operations_attribute())
        .block(end(endpoint::Side::Source))
        .block(end(endpoint::Side::Destination))
        .block(objects::database_block(OBJECTS))
        .block(skip::block())
        .block(timeouts::block(&[(Operation::Create, "30m"), (Operation::Update, "30m"), (Operation::Delete, "20m")]))
        .change(UNTIL_STARTED),
    )
}
