//! How Terraform's operations become calls: what the log tells of each, and how many there are.

mod count;
mod log;
