//! Integration tests, one binary: each more would be linked on its own.

// `cfg(test)` tells clippy that helpers outside of a test function are test code too.
#[cfg(test)]
mod actions;
#[cfg(test)]
mod adopting;
#[cfg(test)]
mod aliases;
#[cfg(test)]
mod arguments;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod data;
#[cfg(test)]
mod debug;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod drift;
#[cfg(test)]
mod emulator;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod functions;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod handshake;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod input;
#[cfg(test)]
mod life;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod modules;
#[cfg(test)]
mod moved;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod plugin;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod rpc;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod sdk;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod support;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod terraform;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod toy;
#[cfg(test)]
mod traffic;
#[cfg(test)]
mod validation;
#[cfg(test)]
mod versions;
