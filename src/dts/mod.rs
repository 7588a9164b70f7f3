//! The domain: what a Terraform user manages of DTS. Framework words upward, API words downward.
//!
//! In reading order:
//! - [`provider`]: the list of objects, the client they share; `settings`: the provider block
//! - `instance`: `dts_instance`, with `purchase` for what makes buying safe, `bare` for what is bought and not
//!   configured, `lookup` for what became of a lost call, and [`siblings`] for the other processes of a run
//! - `job`: `dts_job`, with `endpoint`, `objects`, `reserve` for its parts, and `pairs` for what goes from where to where
//! - `status`, `course`: where a job is, and which calls lead to where the user wants it
//! - `subscription`: `dts_subscription`, changes to be consumed; `consumer_group`: `dts_consumer_group`, by whom
//! - `monitor_rule`: `dts_monitor_rule`, an alarm of a job
//! - `precheck`: `data.dts_precheck`, and the gate before a purchase
//! - `data`: the data sources beside it
//! - `actions`: calls that move a job along and are no part of its state
//! - `lists`: `terraform query`, what there is to be adopted
//! - `functions`: `db_list` and `parse_db_list`, object lists from maps and back
//! - `tags`: of whatever has tags, with the provider's defaults
//! - `identity`, `alicloud`: what names an object for good, and states that come from the alicloud provider
//! - [`ram`]: which permissions each object needs
//! - `wait`, `error`: polling, and what an API error says to the user

pub mod provider;
pub mod ram;
pub mod siblings;

mod actions;
mod alicloud;
mod bare;
mod configured;
mod consumer_group;
mod course;
mod data;
mod db_list;
mod endpoint;
mod error;
mod functions;
mod identity;
mod instance;
mod job;
mod lists;
mod lookup;
mod monitor_rule;
mod objects;
mod pairs;
mod password;
mod precheck;
mod purchase;
mod repeat;
mod reserve;
mod settings;
mod status;
mod subscription;
mod tags;
mod wait;

pub use provider::Dts;

use crate::framework::{Attribute, Check, Diagnostic, Diagnostics, Path, Type};

/// Where this provider is published.
pub const SOURCE_ADDRESS: &str = "registry.terraform.io/dts-community/dts";

/// The `operations` attribute that every resource has.
fn operations_attribute() -> Attribute {
    Attribute::new("operations", Type::list(Type::String)).computed().told_again().describe(
        "The API calls that the last change made, in order; in a plan, those that the apply will make (by a warning, where they are those of \
         the last change again: Terraform shows only what differs). Calls that only read are not listed. A call that the apply finds to be needless is left out with a warning, and stays listed, for Terraform records \
         what was planned. Calls that remove an object, also one that is replaced, are told by a warning of the plan; \
         not where the user asks for the replacement (`-replace`, `replace_triggered_by`), of which the provider is not told.",
    )
}

/// The shape of a region's id. Which regions there are, DTS knows.
fn region_check() -> Check {
    Check::new(|value| match value.as_str() {
        Some(text)
            if !text
                .bytes()
                .all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'))
                || text.starts_with('-')
                || text.ends_with('-') =>
        {
            Err(format!(
                "{text:?} is not a region's id. Write it in lower-case letters, digits and hyphens, such as cn-hangzhou."
            ))
        }
        _ => Ok(()),
    })
}

/// An import of something that is not there.
fn no_such(what: &str, thing: &str, id: &str, region: &str) -> Diagnostics {
    Diagnostic::error(
        format!("Unable to {what}"),
        format!(
            "There is no {thing} with the id {id:?} in region {region} of the account that the provider's credentials are of. Check the id. \
             It may be of another region or of another account, neither of which an id tells: then add a provider block with `alias` and \
             the `region` and credentials of its account, and set `provider` in the `import` block (and in the resource) to it."
        ),
    )
    .at(Path::attribute("id"))
    .into()
}

/// The resource that a job of the reported type is imported as.
fn resource_of(job_type: Option<&str>) -> &'static str {
    match job_type.map(data::job_type).as_deref() {
        Some("SUBSCRIBE") => "dts_subscription",
        _ => "dts_job",
    }
}

/// An import by the id of another thing: an instance and its job have one each.
fn other_thing(what: &str, id: &str, it_is: &str, then: &str) -> Diagnostics {
    Diagnostic::error(
        format!("Unable to {what}"),
        format!("{id:?} is the id of {it_is}. {then}"),
    )
    .at(Path::attribute("id"))
    .into()
}
