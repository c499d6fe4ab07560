//! Objects that the program hands over when it opens an engine, checked before anything is opened.

use std::sync::Arc;

use dsm_core::credential::{EnvCredentials, Secret};
use dsm_core::engine::EngineBuilder;
use dsm_core::store::StorageClock;
use dsm_core::{DynHandler, Error};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::clock;
use super::handler::ProgramHandler;
use super::resolver::ProgramResolver;
use crate::calling::Home;
use crate::failure::Failure;

/// Its handlers, its resolver, its clock, and the credentials of last resort.
#[derive(Default)]
pub(super) struct Objects {
    handlers: Vec<Arc<dyn DynHandler>>,
    resolver: Option<Arc<ProgramResolver>>,
    clock: Option<StorageClock>,
    env: Option<EnvCredentials>,
}

impl Objects {
    /// Takes them out of the options. Coroutines of theirs run on the running loop, if `inside` one.
    pub(super) fn take(py: Python<'_>, options: &Bound<'_, PyDict>, inside: bool) -> PyResult<Self> {
        let mut objects = Self::default();
        let part = |name: &str| -> PyResult<Option<Bound<'_, PyAny>>> {
            let given = options.get_item(name)?;
            if given.is_some() {
                options.del_item(name)?;
            }
            Ok(given.filter(|given| !given.is_none()))
        };
        if let Some(given) = options.get_item("env_credentials")? {
            objects.env = Some(credentials(&given)?);
            options.del_item("env_credentials")?;
        }
        let (handlers, resolver, clock) = (part("handlers")?, part("resolver")?, part("clock")?);
        if handlers.is_some() || resolver.is_some() {
            let home = Home::new(py, inside)?;
            if let Some(handlers) = handlers {
                for (nth, given) in listed(&handlers)?.enumerate() {
                    objects.handlers.push(Arc::new(ProgramHandler::new(&given?, nth, &home)?));
                }
            }
            if let Some(resolver) = resolver {
                objects.resolver = Some(Arc::new(ProgramResolver::new(&resolver, &home)?));
            }
        }
        if let Some(given) = clock {
            objects.clock = Some(clock::read(&given)?);
        }
        Ok(objects)
    }

    /// The machine's own unless one was given.
    pub(super) fn clock(&self) -> StorageClock {
        self.clock.clone().unwrap_or_default()
    }

    pub(super) const fn has_clock(&self) -> bool {
        self.clock.is_some()
    }

    pub(super) fn apply(self, mut builder: EngineBuilder) -> EngineBuilder {
        for handler in self.handlers {
            builder = builder.with_dyn_handler(handler);
        }
        if let Some(env) = self.env {
            builder = builder.with_env_credentials(env);
        }
        match self.resolver {
            Some(resolver) => builder.with_resolver(resolver),
            None => builder,
        }
    }
}

/// In place of those in the environment: a `dsm.Credential`, a pair, or none at all.
fn credentials(given: &Bound<'_, PyAny>) -> PyResult<EnvCredentials> {
    let py = given.py();
    let pair: Option<(String, String)> =
        py.import("dsm.resolvers")?.call_method1("_pair", ("env_credentials", given))?.extract()?;
    let (username, password) = pair.unzip();
    Ok(EnvCredentials::new(username, password.map(Secret::new)))
}

fn listed<'py>(handlers: &Bound<'py, PyAny>) -> PyResult<Bound<'py, pyo3::types::PyIterator>> {
    handlers.try_iter().map_err(|_| {
        let error = Error::invalid("handlers", "it is no list", "hand over a list of handlers");
        Failure::Core(error).into_python(handlers.py())
    })
}
