//! Whatever fails, whenever it fails: every id is in the state, nothing is bought twice, and the next apply converges.
