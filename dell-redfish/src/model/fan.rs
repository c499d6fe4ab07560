//! Fans, of both schemas.

use super::{Number, Status};

resource! {
    /// One fan: inline in `Thermal`, or DMTF `Fan` below `ThermalSubsystem`.
    Fan {
        /// Position within `Thermal`.
        member_id: String = "MemberId",
        /// Name on iDRAC7/8, where `Name` is missing.
        fan_name: String = "FanName",
        /// Speed in the unit below (`Thermal`).
        reading: Number = "Reading",
        /// `RPM` or `Percent` (`Thermal`).
        reading_units: String = "ReadingUnits",
        /// Reading below which it is critical (`Thermal`).
        lower_critical: Number = "LowerThresholdCritical",
        /// Speed (`Fan`).
        speed: SpeedPercent = "SpeedPercent",
        /// Where it blows.
        physical_context: String = "PhysicalContext",
        /// State and health.
        status: Status = "Status",
    }
}

part! {
    /// `SpeedPercent`: a percentage with the revolutions beside it; Dell gives the revolutions only.
    SpeedPercent {
        /// Percent of the highest speed.
        reading: Number = "Reading",
        /// Revolutions a minute.
        rpm: Number = "SpeedRPM",
    }
}

impl Fan {
    /// Revolutions a minute, whichever schema.
    #[must_use]
    pub fn rpm(&self) -> Option<f64> {
        let legacy = self.reading.filter(|_| self.reading_units.as_deref() == Some("RPM"));
        legacy.or_else(|| self.speed.as_ref()?.rpm).map(|number| number.0)
    }

    /// What it is called, whichever firmware.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.name.as_deref().or(self.fan_name.as_deref())
    }
}
