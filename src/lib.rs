//! Terraform provider for Alibaba Cloud Data Transmission Service (DTS).
//!
//! Four layers, arrows one way only, and the emulator beside them (see `ARCHITECTURE.md`):
//!
//! ```text
//! main.rs --> plugin --> framework <-- dts --> api          emulator (its own tree)
//! ```
//!
//! [`docs`] writes what the registry shows, from the schemas.

pub mod api;
pub mod docs;
pub mod dts;
pub mod emulator;
pub mod framework;
pub mod plugin;
