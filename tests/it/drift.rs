//! What happened behind Terraform's back: the next plan shows it, and the apply converges. And taking over what is there.

mod behind;
mod ended;
mod ends;
mod generated;
mod import;
mod wait;
