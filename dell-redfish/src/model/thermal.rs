//! Cooling, older schema: everything in one resource.

use super::{Fan, Number, Status};

resource! {
    /// `Chassis/…/Thermal` (DMTF `Thermal`); deprecated at 6.00, gone on iDRAC10.
    Thermal {
        /// The fans.
        fans: Vec<Fan> = "Fans",
        /// The temperature sensors.
        temperatures: Vec<Temperature> = "Temperatures",
    }
}

resource! {
    /// One sensor within `Thermal`.
    Temperature {
        /// Position within the resource.
        member_id: String = "MemberId",
        /// Degrees Celsius.
        reading_celsius: Number = "ReadingCelsius",
        /// `CPU`, `Intake`, `SystemBoard`, …
        physical_context: String = "PhysicalContext",
        /// Degrees above which it is critical.
        upper_critical: Number = "UpperThresholdCritical",
        /// Degrees above which to worry.
        upper_non_critical: Number = "UpperThresholdNonCritical",
        /// State and health.
        status: Status = "Status",
    }
}
