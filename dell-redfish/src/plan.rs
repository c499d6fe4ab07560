//! A dry run: what an operation or a flow would do, said before anything is done.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::effect::Effect;
use crate::operation::Operation;
use crate::redact::redact;

/// Whether the host restarts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// It does not, and needs not.
    #[default]
    No,
    /// It does not by this, but the change takes effect only once it did.
    Needed,
    /// Cannot be told before: it may.
    Possible,
    /// It does.
    Certain,
}

/// One request that would be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Name of the operation.
    pub operation: String,
    /// How much it can hurt.
    pub effect: Effect,
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
    /// JSON body, its secrets taken out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<Value>,
}

/// What would be done. Nothing that changes anything was sent to find out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// In a sentence.
    pub summary: String,
    /// The requests that would change something, in order.
    pub steps: Vec<Step>,
    /// Whether the host restarts.
    pub host: Restart,
    /// Whether the iDRAC restarts, and is away meanwhile.
    pub idrac: Restart,
    /// What the caller should know before saying yes.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Begins with what it is about.
    #[must_use]
    pub fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), ..Self::default() }
    }

    /// Adds what an operation would send.
    #[must_use]
    pub fn with_step<O: Operation>(mut self, operation: &O) -> Self {
        let request = operation.request();
        let body = request.body.as_ref().and_then(|body| body.whole());
        self.steps.push(Step {
            operation: O::NAME.to_owned(),
            effect: operation.effect(),
            method: request.method.to_string(),
            path: request.path.clone(),
            body: body.and_then(|body| serde_json::from_slice(&redact(body, request.secret_keys)).ok()),
        });
        self
    }

    /// Says whether the host restarts; the stronger of two answers stays.
    #[must_use]
    pub fn with_host(mut self, restart: Restart) -> Self {
        self.host = self.host.max(restart);
        self
    }

    /// Says whether the iDRAC restarts; the stronger of two answers stays.
    #[must_use]
    pub fn with_idrac(mut self, restart: Restart) -> Self {
        self.idrac = self.idrac.max(restart);
        self
    }

    /// Adds a warning.
    #[must_use]
    pub fn with_warning(mut self, warning: impl Into<String>) -> Self {
        self.warnings.push(warning.into());
        self
    }

    /// Whether everything is as wanted already.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The most that any step can hurt.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.steps.iter().map(|step| step.effect).max().unwrap_or(Effect::Read)
    }
}
