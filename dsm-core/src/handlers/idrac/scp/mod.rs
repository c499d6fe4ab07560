//! Server configuration profiles: exported and kept as rows, and imported from them.

mod backup;
mod classes;
mod export;
mod import;
mod manner;
mod place;
mod report;
mod started;
mod take;
mod verify;
mod work;

pub use export::ScpExport;
pub use import::ScpImport;
