//! Changes of what is there: in place by their own calls, by configuring again, by replacement, or refused.
//! [`in_place`], [`configuration`], [`desired`], [`options`], [`states`], [`two_way`], [`replacement`], [`billing`] and [`tags`] go through all of it in this process, by the rules of
//! Terraform;
//! [`terraform`], [`long_list`] and [`new_instance`] have the real one do the main ones, where two resources and the order of their calls matter.

pub(crate) mod bed;
mod billing;
pub(crate) mod config;
mod configuration;
mod consumer_group;
mod desired;
mod in_place;
mod long_list;
mod monitor_rule;
mod new_instance;
mod options;
pub(crate) mod raw;
mod replacement;
mod states;
pub(crate) mod subscribed;
mod subscription;
mod tags;
mod terraform;
mod two_way;

pub(crate) use in_place::sent;
