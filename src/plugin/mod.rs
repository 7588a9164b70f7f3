//! The plugin layer.
