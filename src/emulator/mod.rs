//! The emulator layer.
