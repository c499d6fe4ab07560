//! Switching telemetry on and off.

use serde_json::{Value, json};

use crate::effect::Effect;
use crate::endpoint;
use crate::error::Result;
use crate::id::ODataId;
use crate::operation::Operation;
use crate::request::{Request, Response};

/// PATCH of a switch of the telemetry service or of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTelemetry {
    path: String,
    body: Value,
}

impl SetTelemetry {
    /// The whole service.
    #[must_use]
    pub fn service(enabled: bool) -> Self {
        let path = endpoint::TELEMETRY_SERVICE.template.to_owned();
        Self { path, body: json!({"ServiceEnabled": enabled}) }
    }

    /// One report.
    #[must_use]
    pub fn report(definition: &ODataId, enabled: bool) -> Self {
        let path = definition.path().to_owned();
        Self { path, body: json!({"MetricReportDefinitionEnabled": enabled}) }
    }
}

impl Operation for SetTelemetry {
    type Output = ();

    const NAME: &'static str = "SetTelemetry";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        // The same switch twice is the same switch.
        Request::patch(self.path.clone(), &self.body).idempotent()
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}
