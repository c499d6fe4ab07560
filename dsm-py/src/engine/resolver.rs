//! A credential resolver that the program brought.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use dsm_core::credential::conformance::{self, Examined};
use dsm_core::credential::{CredentialResolver, Level, Outcome as Said, Purpose, Resolved, Secret, Target};
use dsm_core::{Error, ErrorKind, Result};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::handler::off_worker;
use super::raised::error_of;
use crate::argument;
use crate::calling::{Callee, Home};
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::{Outcome, block_on, spawn};

/// What `dsm.resolvers` made of the object.
pub(crate) struct ProgramResolver {
    resolve: Callee,
    report: Option<Callee>,
}

impl ProgramResolver {
    /// Takes an object apart; an error names what is wrong with it.
    pub(crate) fn new(given: &Bound<'_, PyAny>, home: &Arc<Home>) -> PyResult<Self> {
        let py = given.py();
        let parts = py
            .import(intern!(py, "dsm.resolvers"))?
            .call_method1(intern!(py, "_checked"), (given,))?
            .cast_into::<PyDict>()?;
        let (resolve, report) = (parts.as_any().get_item("resolve")?, parts.as_any().get_item("report")?);
        let report = (!report.is_none())
            .then(|| Callee::new(report, home, "`report` of the credential resolver".to_owned()));
        let resolve = Callee::new(resolve, home, "`resolve` of the credential resolver".to_owned());
        Ok(Self { resolve, report })
    }
}

impl fmt::Debug for ProgramResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramResolver").finish_non_exhaustive()
    }
}

#[async_trait]
impl CredentialResolver for ProgramResolver {
    async fn resolve(&self, target: &Target, purpose: Purpose) -> Result<Resolved> {
        let asked = (target.clone(), purpose);
        let answer = self
            .resolve
            .call(
                move |py| PyTuple::new(py, [shown(py, &asked.0, asked.1)?]),
                |answer| {
                    let py = answer.py();
                    let pair = py
                        .import(intern!(py, "dsm.resolvers"))?
                        .call_method1(intern!(py, "_answer"), (answer,))?;
                    let pair: Option<(String, String)> = pair.extract()?;
                    Ok(pair.map(|(username, password)| (username, Secret::new(password))))
                },
            )
            .await;
        match answer {
            Ok(Some((username, secret))) => {
                Ok(Resolved { username, secret, source: Level::Program, set_id: None })
            }
            Ok(None) => {
                Err(Error::new(ErrorKind::NotFound, "the program's resolver has none")
                    .about(target.to_string()))
            }
            Err(error) => Err(off_worker(move || {
                let cause = error_of(&error, &[]);
                // Not what it was, but that nothing is tried in its place: `NotFound` would let the chain go on.
                let kind = if cause.is_transient() { cause.kind() } else { ErrorKind::Handler };
                Error::new(kind, "the program's credential resolver failed").with_source(cause)
            })
            .await
            .about(target.to_string())),
        }
    }

    async fn report(&self, target: &Target, _resolved: &Resolved, outcome: Said) {
        let Some(report) = &self.report else { return };
        let told = target.clone();
        let said = report
            .call(
                move |py| {
                    let ok = (outcome == Said::Accepted).into_pyobject(py)?.to_owned().into_any();
                    PyTuple::new(py, [shown(py, &told, Purpose::Idrac)?, ok])
                },
                |_| Ok(()),
            )
            .await;
        if let Err(error) = said {
            let error = off_worker(move || error_of(&error, &[])).await;
            tracing::warn!(%target, "the program's credential resolver was told and failed: {}", error.chain());
        }
    }
}

/// Holds a resolver to what is needed of one: cases by name, and what was seen where one does not hold.
#[pyfunction]
pub(crate) fn _check_resolver<'py>(
    py: Python<'py>,
    resolver: &Bound<'py, PyAny>,
    known: &Bound<'py, PyAny>,
    unknown: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    block_on(py, checking(examined(resolver, known, unknown, false)?))
}

/// The same for asyncio: gives a future.
#[pyfunction]
pub(crate) fn _check_resolver_async<'py>(
    py: Python<'py>,
    resolver: &Bound<'py, PyAny>,
    known: &Bound<'py, PyAny>,
    unknown: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    spawn(py, checking(examined(resolver, known, unknown, true)?))
}

fn examined(
    resolver: &Bound<'_, PyAny>,
    known: &Bound<'_, PyAny>,
    unknown: &Bound<'_, PyAny>,
    inside: bool,
) -> PyResult<Examined> {
    let home = Home::new(resolver.py(), inside)?;
    let (known, purpose) = meant(known)?;
    let resolver = Arc::new(ProgramResolver::new(resolver, &home)?);
    Ok(Examined { resolver, known, unknown: meant(unknown)?.0, purpose })
}

async fn checking(examined: Examined) -> Outcome {
    let findings = conformance::check(&examined).await;
    Reply::json(&findings.into_iter().map(|(name, found)| (name, found.err())).collect::<Vec<_>>())
}

/// The target that a `dsm.resolvers.Target` stands for.
fn meant(given: &Bound<'_, PyAny>) -> PyResult<(Target, Purpose)> {
    let py = given.py();
    let part = |name: &str| -> PyResult<Option<String>> { given.getattr(name)?.extract() };
    let purpose = match part("purpose")?.as_deref() {
        Some("idrac") => Purpose::Idrac,
        Some("esxi") => Purpose::Esxi,
        Some("vcenter") => Purpose::Vcenter,
        _ => {
            let error = Error::invalid("purpose", "it is none", "use idrac, esxi or vcenter");
            return Err(Failure::Core(error).into_python(py));
        }
    };
    let id = |text: &str| argument::parse(py, "credential_set_id", text);
    let target = Target {
        address: part("address")?.map(|text| argument::parse(py, "address", &text)).transpose()?,
        server_id: part("server_id")?.map(|text| argument::parse(py, "server_id", &text)).transpose()?,
        service_tag: part("service_tag")?,
        credential_set_id: part("credential_set_id")?.as_deref().map(id).transpose()?,
        ..Target::default()
    };
    Ok((target, purpose))
}

/// A `dsm.resolvers.Target`.
fn shown<'py>(py: Python<'py>, target: &Target, purpose: Purpose) -> PyResult<Bound<'py, PyAny>> {
    let facts = PyDict::new(py);
    facts.set_item("address", target.address.map(|address| address.to_string()))?;
    facts.set_item("server_id", target.server_id.map(|id| id.to_string()))?;
    facts.set_item("service_tag", target.service_tag.as_deref())?;
    facts.set_item("credential_set_id", target.credential_set_id.map(|id| id.to_string()))?;
    let class = py.import(intern!(py, "dsm.resolvers"))?.getattr(intern!(py, "Target"))?;
    class.call((purpose.credential_type(),), Some(&facts))
}
