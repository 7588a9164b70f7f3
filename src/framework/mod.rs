//! What Terraform means, free of any wire: types, values, schema, diagnostics and the lifecycle of a
//! provider's objects. It knows no protobuf, no socket, no clock, no environment and no product.
//!
//! In reading order:
//! - [`types`], [`value`], [`path`], [`diagnostic`]: the words
//! - [`schema`]: what a provider, resource or data source accepts and answers; [`describe`]: all of it in words
//! - [`provider`], [`resource`], [`datasource`], [`function`], [`action`], [`list`]: what an author implements
//! - [`timeouts`], [`private`], [`identity`]: what every resource may have
//! - [`equal`]: when two values are the same
//! - [`conform`]: makes any object fit its schema, so that a state can always be encoded
//! - [`validate`], [`plan`], [`apply`], [`read`], [`import`], [`moved`], [`upgrade`]: one file for each step of the lifecycle
//! - [`rules`]: what Terraform checks of all that, for our tests
//! - [`service`], [`server`]: the facade that a wire protocol drives; every panic ends there as a diagnostic

pub mod action;
pub mod apply;
mod bodies;
mod catalogue;
mod check;
pub mod conform;
pub mod datasource;
pub mod describe;
pub mod diagnostic;
pub mod equal;
pub mod function;
pub mod identity;
pub mod import;
pub mod list;
pub mod moved;
mod outcome;
pub mod path;
pub mod plan;
pub mod private;
pub mod provider;
pub mod read;
mod replace;
pub mod resource;
pub mod rules;
pub mod schema;
pub mod server;
pub mod service;
mod soundness;
pub mod timeouts;
pub mod types;
pub mod upgrade;
pub mod validate;
pub mod value;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use path::{Path, Step};
pub use provider::Provider;
pub use schema::{Attribute, Block, Check, NestedBlock, Nesting, Schema};
pub use server::Server;
pub use service::Service;
pub use types::Type;
pub use value::{Number, Object, Value};
