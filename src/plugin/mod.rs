//! The go-plugin process: what Terraform starts, speaks to and ends.
//!
//! In reading order, from the start of the process to a single call:
//!
//! - [`run`](mod@run): the whole of it, up to the exit code.
//! - [`handshake`]: what the parent says in the environment, and the one line of the answer.
//! - [`log`]: lines on stderr that Terraform understands; what a panic prints.
//! - [`signals`]: Ctrl-C, the end asked for, and a parent that is gone.
//! - [`tls`]: our certificate, and the one client certificate that gets in.
//! - [`listen`]: the socket in its private folder, or a port on the loopback interface.
//! - [`serve`]: from the socket to calls, and how it ends.
//! - [`services`]: what go-plugin asks of every process besides the provider.
//! - [`reattach`]: the line that `--debug` prints.
//! - [`rpc`]: the calls of the protocol, one function each.
//! - [`convert`], [`wire`]: between messages and the framework's words; values as bytes.
//! - [`proto`]: the messages, generated from `proto/`.
//!
//! Nothing here knows which provider is served. Nothing outside knows that there is protobuf.

pub mod convert;
pub mod error;
pub mod handshake;
pub mod listen;
pub mod log;
pub mod proto;
pub mod reattach;
pub mod rpc;
pub mod run;
pub mod serve;
pub mod services;
pub mod signals;
pub mod tls;
pub mod wire;

pub use error::Error;
