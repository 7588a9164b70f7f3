//! Lists: `terraform query` of the newest release, each example among them; what it generates is adopted without a change; and filter
//! by filter in this process.

mod examples;
mod filters;
mod generated;
