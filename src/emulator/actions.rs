//! The operations that are served, one line each.

use super::{
    describe, instance, job, modify,
    params::Params,
    precheck,
    reply::{
        Body,
        Envelope::{self, BooleanSuccess, StringSuccess, Strings, Typed},
        Refusal,
    },
    state::State,
};

/// What an operation does.
type Run = fn(&mut State, &Params) -> Result<Body, Refusal>;

/// One operation.
pub(crate) struct Action {
    name: &'static str,
    /// The envelope of its answers.
    pub(crate) envelope: Envelope,
    pub(crate) run: Run,
}

/// The operations. A further one is a function in the file of its family, and a line here.
#[rustfmt::skip]
const ACTIONS: &[Action] = &[
    Action { name: "CreateDtsInstance", envelope: StringSuccess, run: instance::create },
    Action { name: "TransferInstanceClass", envelope: Typed, run: instance::transfer_class },
    Action { name: "ConfigureDtsJob", envelope: Strings, run: job::configure },
    Action { name: "StartDtsJob", envelope: Typed, run: job::start },
    Action { name: "SuspendDtsJob", envelope: Typed, run: job::suspend },
    Action { name: "StopDtsJob", envelope: Typed, run: job::stop },
    Action { name: "ResetDtsJob", envelope: Typed, run: job::reset },
    Action { name: "DeleteDtsJob", envelope: Typed, run: job::delete },
    Action { name: "ModifyDtsJobName", envelope: Typed, run: modify::name },
    Action { name: "ModifyDtsJobPassword", envelope: Typed, run: modify::password },
    Action { name: "ModifyDtsJob", envelope: BooleanSuccess, run: modify::job },
    Action { name: "DescribeDtsJobDetail", envelope: Typed, run: describe::detail },
    Action { name: "DescribeDtsJobs", envelope: Typed, run: describe::list },
    Action { name: "DescribePreCheckStatus", envelope: Typed, run: precheck::describe },
    Action { name: "SkipPreCheck", envelope: Typed, run: precheck::skip },
];

/// The operation of that name.
pub(crate) fn find(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}
