//! Dell's views of sensors. On iDRAC9 and later DMTF's `Sensor` says most of it; discrete ones stand only here.

use super::Number;

resource! {
    /// A sensor with states and no reading (Dell `DellSensor`): battery, intrusion, cable, a power rail.
    DellSensor {
        /// What it watches: `CPU1 1P8 PG`.
        element_name: String = "ElementName",
        /// `Voltage`, `Battery`, `Presence`, …
        sensor_type: String = "SensorType",
        /// `Good`, `Bad`, …
        current_state: String = "CurrentState",
        /// `Enabled`, `Disabled`.
        enabled_state: String = "EnabledState",
        /// `OK`, `Degraded`, `Critical`, …
        health_state: String = "HealthState",
    }
}

resource! {
    /// A sensor with a reading (Dell `DellNumericSensor`).
    DellNumericSensor {
        /// What it measures: `System Board Fan1A`.
        element_name: String = "ElementName",
        /// The part it belongs to.
        device_id: String = "DeviceID",
        /// `Temperature`, `Tachometer`, `Voltage`, …
        sensor_type: String = "SensorType",
        /// The reading before `UnitModifier`: see [`DellNumericSensor::value`].
        current_reading: Number = "CurrentReading",
        /// `DegreesC`, `RPM`, `Volts`, …
        reading_units: String = "ReadingUnits",
        /// Power of ten that readings and limits are multiplied with.
        unit_modifier: i64 = "UnitModifier",
        /// `Normal`, `Upper Critical`, …
        current_state: String = "CurrentState",
        /// `OK`, `Degraded`, `Critical`, …
        health_state: String = "HealthState",
        /// The same over the part.
        primary_status: String = "PrimaryStatus",
        /// Below it is critical, before `UnitModifier`, as the three below.
        lower_critical: Number = "LowerThresholdCritical",
        /// Below it is a warning.
        lower_caution: Number = "LowerThresholdNonCritical",
        /// Above it is a warning.
        upper_caution: Number = "UpperThresholdNonCritical",
        /// Above it is critical.
        upper_critical: Number = "UpperThresholdCritical",
    }
}

resource! {
    /// A sensor of the power supplies with a reading (Dell `DellPSNumericSensor`).
    DellPsNumericSensor {
        /// What it measures: `PS1 Current 1`.
        element_name: String = "ElementName",
        /// `Current`, `PowerConsumption`, …
        sensor_type: String = "SensorType",
        /// The reading before `UnitModifier`: see [`DellPsNumericSensor::value`].
        current_reading: Number = "CurrentReading",
        /// `Amps`, `Watts`, …
        reading_units: String = "ReadingUnits",
        /// Power of ten that readings and limits are multiplied with.
        unit_modifier: i64 = "UnitModifier",
        /// `Normal`, `Upper Critical`, …
        current_state: String = "CurrentState",
        /// `OK`, `Degraded`, `Critical`, …
        health_state: String = "HealthState",
        /// The same over the part.
        primary_status: String = "PrimaryStatus",
        /// Above it is a warning, before `UnitModifier`, as below.
        upper_caution: Number = "UpperThresholdNonCritical",
        /// Above it is critical.
        upper_critical: Number = "UpperThresholdCritical",
    }
}

resource! {
    /// Whether a part is there and well (Dell `DellPresenceAndStatusSensor`): SD cards, the IDSDM.
    DellPresenceAndStatusSensor {
        /// What it watches.
        element_name: String = "ElementName",
        /// The part it belongs to.
        device_id: String = "DeviceID",
        /// `Presence`, `Status`.
        sensor_type: String = "SensorType",
        /// `Present`, `Absent`, …
        current_state: String = "CurrentState",
        /// `OK`, `Degraded`, `Error`.
        primary_status: String = "PrimaryStatus",
    }
}

resource! {
    /// The sensors of a GPU (Dell `DellGPUSensor`).
    DellGpuSensor {
        /// The GPU.
        device_id: String = "DeviceID",
        /// Degrees Celsius of the board.
        board_celsius: Number = "BoardTemperatureCelsius",
        /// Degrees Celsius of its memory.
        memory_celsius: Number = "MemoryTemperatureCelsius",
        /// Degrees Celsius of the chip.
        primary_celsius: Number = "PrimaryGPUTemperatureCelsius",
        /// Degrees Celsius of a second chip.
        secondary_celsius: Number = "SecondaryGPUTemperatureCelsius",
        /// Degrees Celsius at which it shuts down.
        shutdown_celsius: Number = "GPUShutdownTemperatureCelsius",
        /// Milliwatts taken in.
        power_milliwatts: u64 = "PowerConsumptionmW",
        /// `Sufficient`, `Insufficient`, …
        power_supply_status: String = "PowerSupplyStatus",
        /// `NotPending`, `Pending`, …
        thermal_alert: String = "ThermalAlertStatus",
    }
}

impl DellNumericSensor {
    /// The reading in `ReadingUnits`.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        scaled(self.current_reading, self.unit_modifier)
    }
}

impl DellPsNumericSensor {
    /// The reading in `ReadingUnits`.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        scaled(self.current_reading, self.unit_modifier)
    }
}

/// CIM's `UnitModifier`. What no meter has, a damaged reply may say.
fn scaled(reading: Option<Number>, modifier: Option<i64>) -> Option<f64> {
    let exponent = i32::try_from(modifier.unwrap_or(0)).ok().filter(|exponent| exponent.abs() <= 30)?;
    Some(reading?.0 * 10f64.powi(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_have_their_power_of_ten() {
        let tenths = scaled(Some(Number(6.0)), Some(-1)).unwrap();
        assert!((tenths - 0.6).abs() < 1e-9, "{tenths}");
        assert_eq!(scaled(Some(Number(240.0)), None), Some(240.0));
        assert_eq!(scaled(None, Some(0)), None);
        assert_eq!(scaled(Some(Number(1.0)), Some(i64::MAX)), None);
    }
}
