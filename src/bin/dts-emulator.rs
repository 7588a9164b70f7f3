//! A local DTS.

fn main() {}
