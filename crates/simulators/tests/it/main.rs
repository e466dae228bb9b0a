//! The simulators, from outside: what is documented of the vendors is what these must do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

mod binary;
mod client;
mod deel_api;
mod deel_people;
mod deel_webhooks;
mod faults;
mod jumpcloud_access;
mod jumpcloud_search;
mod jumpcloud_states;
mod jumpcloud_write;
mod many;
mod receiver;
