//! An exception of the program as an error of the engine.

use std::error::Error as StdError;
use std::fmt;

use dell_redfish::redact::{REDACTED, redact_text};
use dsm_core::credential::Secret;
use dsm_core::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use serde::Deserialize;

use crate::argument;
use crate::runtime::with_interpreter;

/// Longest line that is kept of an exception.
const LONGEST: usize = 4096;

/// Where an exception was raised, innermost last.
#[derive(Debug)]
struct Raised(String);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Raised {}

/// What `dsm._calling.explain` says of an exception.
#[derive(Deserialize)]
struct Explained {
    kind: String,
    text: String,
    #[serde(rename = "where")]
    place: String,
    subject: Option<String>,
    hint: Option<String>,
}

/// The error of an exception. What was handed out as a secret, or is named like one, is not in it.
///
/// Takes hold of the interpreter: not on a worker of the runtime.
pub(super) fn error_of(error: &PyErr, secrets: &[Secret]) -> Error {
    let explained = with_interpreter(|py| -> PyResult<Explained> {
        let module = py.import(intern!(py, "dsm._calling"))?;
        // Not `value()`: before Python 3.12 that lacks the traceback.
        let value = error.clone_ref(py).into_value(py);
        argument::read("exception", &module.call_method1(intern!(py, "explain"), (value,))?)
    });
    match explained {
        Some(Ok(explained)) => explained.error(secrets),
        // Its own `__str__` raises, say.
        _ => Error::new(ErrorKind::Handler, "it raised an exception that does not say what it is"),
    }
}

/// A text for people without what was handed out as a secret, and without what is named like one.
pub(super) fn scrubbed(text: &str, secrets: &[Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.expose(), REDACTED);
    }
    redact_text(&text).chars().take(LONGEST).collect()
}

impl Explained {
    fn error(self, secrets: &[Secret]) -> Error {
        let scrub = |text: &str| scrubbed(text, secrets);
        let line = own_part(&self);
        let error = match ErrorKind::ALL.iter().find(|kind| kind.as_str() == self.kind) {
            Some(kind) => Error::new(*kind, scrub(line)),
            None => match dell_redfish::ErrorKind::ALL.iter().find(|kind| kind.as_str() == self.kind) {
                Some(kind) => {
                    let cause = dell_redfish::Error::new(*kind, scrub(line));
                    return Error::from(cause);
                }
                None => Error::new(ErrorKind::Handler, scrub(line)),
            },
        };
        let error = match &self.subject {
            Some(subject) => error.about(scrub(subject)),
            None => error,
        };
        let error = match &self.hint {
            Some(hint) => error.hint(scrub(hint)),
            None => error,
        };
        match self.place.is_empty() {
            true => error,
            false => error.with_source(Raised(scrub(&self.place))),
        }
    }
}

/// The line of one of ours says its subject and its hint, too.
fn own_part(explained: &Explained) -> &str {
    let mut line = explained.text.as_str();
    if let Some(subject) = &explained.subject {
        line = line.strip_prefix(subject.as_str()).and_then(|line| line.strip_prefix(": ")).unwrap_or(line);
    }
    if let Some(hint) = &explained.hint {
        line = line.strip_suffix(hint.as_str()).and_then(|line| line.strip_suffix("; ")).unwrap_or(line);
    }
    line
}
