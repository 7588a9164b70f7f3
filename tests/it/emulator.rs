//! The emulator over HTTP, as any client meets it. Nothing here uses the project's own client.

mod admin;
mod binary;
mod changes;
pub(crate) mod client;
mod describe;
mod faults;
mod flows;
mod precheck;
mod refusals;
mod signing;
