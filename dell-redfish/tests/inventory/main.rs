//! The inventory flow against a captured iDRAC9 and against snippets of every generation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod captured;
mod decode;
mod folder;
mod generations;
mod trouble;
