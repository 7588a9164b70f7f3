//! Whatever fails, whenever it fails: every id is in the state, nothing is bought twice, and the next apply converges.

mod adopted;
mod beside;
mod calls;
mod left_over;
mod looking;
mod passwords;
mod release;
mod started;
mod stop;
mod tainted;
mod unseen;
mod updates;
