//! The emulator over HTTP, as any client meets it. Nothing here uses the project's own client.

mod admin;
mod billing;
mod binary;
pub(crate) mod catalogue;
mod changes;
pub(crate) mod client;
mod consumer_group;
mod describe;
mod endpoint;
mod faults;
mod flows;
mod lists;
mod monitor_rule;
mod precheck;
mod refusals;
mod replay;
mod script;
mod signing;
mod subscription;
mod tags;
mod two_way;
