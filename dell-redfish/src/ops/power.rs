//! Power of the host and of the chassis, and the locator light.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::accepted::Accepted;
use crate::effect::Effect;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::operation::Operation;
use crate::request::{Request, Response};

/// DMTF `Resource.ResetType`, as far as PowerEdge servers know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ResetType {
    /// Power on.
    On,
    /// Power off at once.
    ForceOff,
    /// Restart at once.
    ForceRestart,
    /// Ask the operating system to restart. Not offered by iDRAC9 3.36.
    GracefulRestart,
    /// Ask the operating system to shut down.
    GracefulShutdown,
    /// Press the power button: on from off, and a request to shut down from on.
    PushPowerButton,
    /// A non-maskable interrupt: most operating systems write a dump, and stop.
    Nmi,
    /// Power off and on.
    PowerCycle,
}

impl ResetType {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::On,
        Self::ForceOff,
        Self::ForceRestart,
        Self::GracefulRestart,
        Self::GracefulShutdown,
        Self::PushPowerButton,
        Self::Nmi,
        Self::PowerCycle,
    ];

    /// As DMTF spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "On",
            Self::ForceOff => "ForceOff",
            Self::ForceRestart => "ForceRestart",
            Self::GracefulRestart => "GracefulRestart",
            Self::GracefulShutdown => "GracefulShutdown",
            Self::PushPowerButton => "PushPowerButton",
            Self::Nmi => "Nmi",
            Self::PowerCycle => "PowerCycle",
        }
    }
}

impl fmt::Display for ResetType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ResetType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().find(|kind| kind.as_str() == text).copied().ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
            let message = format!("{text:?} is no reset type; there are {}", known.join(", "));
            Error::new(ErrorKind::InvalidInput, message)
        })
    }
}

/// `ComputerSystem.Reset`. A host that is in that state already answers 409 (`ActionParameterValueConflict`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetSystem {
    /// Where the system says the action is.
    pub target: ODataId,
    /// What to do.
    pub reset: ResetType,
}

impl Operation for ResetSystem {
    type Output = Accepted;

    const NAME: &'static str = "ResetSystem";
    const EFFECT: Effect = Effect::Disrupt;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &json!({"ResetType": self.reset.as_str()}))
    }

    fn effect(&self) -> Effect {
        if self.reset == ResetType::On { Effect::Change } else { Effect::Disrupt }
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// Mains gone and back, as if the cords had been pulled: `DellOemChassis.ExtendedReset`, or `Chassis.Reset`. The host must be
/// off, and the iDRAC itself is away meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetChassis {
    /// Where the chassis says the action is.
    pub target: ODataId,
    /// `FinalPowerState` of Dell's action, `On` or `Off`; DMTF's has none.
    pub final_power_state: Option<&'static str>,
}

impl Operation for ResetChassis {
    type Output = Accepted;

    const NAME: &'static str = "ResetChassis";
    const EFFECT: Effect = Effect::Disrupt;

    fn request(&self) -> Request {
        let mut body = json!({"ResetType": "PowerCycle"});
        if let Some(state) = self.final_power_state {
            body["FinalPowerState"] = state.into();
        }
        Request::post(self.target.path(), &body)
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// Turns the locator light of the chassis on or off: `LocationIndicatorActive`, or `IndicatorLED` of the older schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetLocator {
    /// Whether it is to locate.
    pub on: bool,
    /// Whether to use the older property.
    pub older: bool,
}

impl Operation for SetLocator {
    type Output = Accepted;

    const NAME: &'static str = "SetLocator";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        let body = match (self.older, self.on) {
            (false, on) => json!({"LocationIndicatorActive": on}),
            (true, true) => json!({"IndicatorLED": "Blinking"}),
            // PowerEdge servers show steady blue when nothing is the matter.
            (true, false) => json!({"IndicatorLED": "Lit"}),
        };
        Request::patch(endpoint::CHASSIS, &body).idempotent()
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reset_types_are_spelt_as_dmtf_does() {
        for kind in ResetType::ALL {
            assert_eq!(kind.as_str().parse::<ResetType>().unwrap(), *kind);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert!("on".parse::<ResetType>().is_err());
    }

    #[test]
    fn only_on_is_harmless() {
        let target = ODataId::parse("/redfish/v1/Systems/s/Actions/ComputerSystem.Reset").unwrap();
        for reset in ResetType::ALL.iter().copied() {
            let operation = ResetSystem { target: target.clone(), reset };
            assert_eq!(operation.effect().is_destructive(), reset != ResetType::On, "{reset}");
            assert!(!operation.request().idempotent);
        }
    }
}
