//! Telemetry: the service, what is reported, and the reports.

use super::{Link, Scalar};

resource! {
    /// `TelemetryService` (DMTF `TelemetryService`), from iDRAC9 4.x with a Datacenter licence.
    TelemetryService {
        /// Whether it is on.
        enabled: bool = "ServiceEnabled",
        /// How many reports may be defined.
        max_reports: u64 = "MaxReports",
        /// Shortest interval, as an ISO 8601 duration.
        min_interval: String = "MinCollectionInterval",
        /// Report definitions.
        definitions: Link = "MetricReportDefinitions",
        /// Reports.
        reports: Link = "MetricReports",
    }
}

resource! {
    /// What one report is made of (DMTF `MetricReportDefinition`).
    MetricReportDefinition {
        /// Whether it is reported.
        enabled: bool = "MetricReportDefinitionEnabled",
        /// `Periodic`, `OnChange`, `OnRequest`.
        kind: String = "MetricReportDefinitionType",
        /// What is done with it: `RedfishEvent`, `LogToMetricReportsCollection`.
        actions: Vec<String> = "ReportActions",
        /// `Overwrite`, `NewReport`, …
        updates: String = "ReportUpdates",
        /// How often.
        schedule: ReportSchedule = "Schedule",
    }
}

part! {
    /// `Schedule`.
    ReportSchedule {
        /// Interval as an ISO 8601 duration: `PT0H1M0S`.
        interval: String = "RecurrenceInterval",
    }
}

resource! {
    /// One report (DMTF `MetricReport`).
    MetricReport {
        /// When it was made.
        timestamp: String = "Timestamp",
        /// Its number.
        sequence: String = "ReportSequence",
        /// Its definition.
        definition: Link = "MetricReportDefinition",
        /// The values.
        values: Vec<MetricValue> = "MetricValues",
    }
}

part! {
    /// One value of a [`MetricReport`].
    MetricValue {
        /// What is measured.
        metric_id: String = "MetricId",
        /// The value; a number is often written as a text.
        value: Scalar = "MetricValue",
        /// When it was measured.
        timestamp: String = "Timestamp",
        /// The property it was read from, if any.
        property: String = "MetricProperty",
    }
}
