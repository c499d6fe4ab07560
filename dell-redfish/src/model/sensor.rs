//! Sensors, newer schema.

use super::{Number, Status};

resource! {
    /// One sensor (DMTF `Sensor`).
    Sensor {
        /// `Temperature`, `Rotational`, `Voltage`, `Power`, …
        reading_type: String = "ReadingType",
        /// `Cel`, `{rev}/min`, `V`, `W`, `%`, …
        reading_units: String = "ReadingUnits",
        /// The reading, in that unit.
        reading: Number = "Reading",
        /// `CPU`, `Intake`, `SystemBoard`, …
        physical_context: String = "PhysicalContext",
        /// Limits.
        thresholds: Thresholds = "Thresholds",
        /// State and health.
        status: Status = "Status",
    }
}

part! {
    /// `Thresholds`.
    Thresholds {
        /// Above it is critical.
        upper_critical: Threshold = "UpperCritical",
        /// Above it is a warning.
        upper_caution: Threshold = "UpperCaution",
        /// Below it is a warning.
        lower_caution: Threshold = "LowerCaution",
        /// Below it is critical.
        lower_critical: Threshold = "LowerCritical",
    }
}

part! {
    /// One limit.
    Threshold {
        /// Its value, in the sensor's unit.
        reading: Number = "Reading",
    }
}

impl Sensor {
    /// Whether it measures a temperature.
    #[must_use]
    pub fn is_temperature(&self) -> bool {
        self.reading_type.as_deref() == Some("Temperature") || self.reading_units.as_deref() == Some("Cel")
    }
}
