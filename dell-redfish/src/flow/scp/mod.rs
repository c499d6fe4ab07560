//! Exporting and importing configuration profiles.
//!
//! The actions are found by the end of their names, so that both families of them work, and get lists in the form they take. An
//! export or import is a job and followed to its true end; other work on the iDRAC is waited for, by message id. What an import
//! did is told setting by setting. A profile never reaches an observer.

mod action;
mod export;
mod import;
mod outcome;
mod password;
mod plan;
mod stall;
mod start;
mod task;

pub use export::{ExportOptions, Exported, best_format, export, follow_export, start_export};
pub use import::{ImportOptions, ImportSource, follow_import, import, start_import};
pub use outcome::{ComponentResult, ImportOutcome, PasswordInForce};
pub use plan::{ImportPlan, ImportPreview, plan_import, preview_import};

use crate::operation::Operation as _;
use crate::ops::{ExportSystemConfiguration, ImportSystemConfiguration, ImportSystemConfigurationPreview};

/// Dell's type of the job of an export.
pub const EXPORT_JOB_TYPE: &str = "ExportConfiguration";

/// Dell's type of the job of an import.
pub const IMPORT_JOB_TYPE: &str = "ImportConfiguration";

const EXPORT: &str = ExportSystemConfiguration::NAME;
const IMPORT: &str = ImportSystemConfiguration::NAME;
const PREVIEW: &str = ImportSystemConfigurationPreview::NAME;
