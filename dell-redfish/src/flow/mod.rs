//! Several operations to one end.

pub mod inventory;
