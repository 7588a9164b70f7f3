//! The framework layer.
