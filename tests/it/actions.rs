//! Actions: by real Terraform of the newest release (`-invoke`, `action_trigger`, Ctrl-C), each example among them; and case by
//! case in this process: what is done already is not called again, and what cannot be done says why.

mod examples;
mod refused;
mod states;
mod terraform;
mod work;
