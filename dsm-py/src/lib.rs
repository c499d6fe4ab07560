//! The wheel `dsm`: converts, calls, converts back. What is registered here is what Python sees.

mod argument;
mod both;
mod calling;
mod catalog;
mod client;
mod engine;
mod events;
mod failure;
mod handover;
mod idrac;
mod inventory;
mod logging;
mod profile;
mod program_store;
mod reply;
mod runtime;
mod sim;

/// The compiled half of the package `dsm`.
#[pyo3::pymodule(gil_used = false)]
mod _dsm {
    #[pymodule_export]
    use crate::catalog::{Catalog, Keyring};
    #[pymodule_export]
    use crate::client::{inventory, inventory_async, restore};
    #[pymodule_export]
    use crate::engine::{_check_resolver, _check_resolver_async, _job_types};
    #[pymodule_export]
    use crate::engine::{ContextHandle, Engine, HeldLocks, ManualClock};
    #[pymodule_export]
    use crate::events::Events;
    #[pymodule_export]
    use crate::failure::_error_kinds;
    #[pymodule_export]
    use crate::handover::SessionHandle;
    #[pymodule_export]
    use crate::idrac::{_operations, EventStream, IdracHandle, LogPages};
    #[pymodule_export]
    use crate::profile::Profile;
    #[pymodule_export]
    use crate::program_store::{_check_store, _check_store_async};
    #[pymodule_export]
    use crate::sim::Fleet;

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        use pyo3::types::PyModuleMethods as _;
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("_legacy_tls", cfg!(feature = "wheel"))
    }
}
