//! Logs: the service, and its entries.

use std::time::SystemTime;

use super::{Link, Severity};
use crate::policy::parse_redfish_time;

resource! {
    /// One log (DMTF `LogService`): `Sel`, `Lclog`, `FaultList`.
    LogService {
        /// The collection of its entries; below `Logs` on iDRAC7/8.
        entries: Link = "Entries",
        /// How many entries it holds before the oldest go.
        max_records: u64 = "MaxNumberOfRecords",
        /// The clock its entries are stamped by.
        date_time: String = "DateTime",
        /// `SEL`, `OEM`.
        entry_type: String = "LogEntryType",
        /// `WrapsWhenFull`.
        overwrite_policy: String = "OverWritePolicy",
    }
}

resource! {
    /// One entry (DMTF `LogEntry`).
    LogEntry {
        /// When, with offset, as the iDRAC wrote it.
        created: String = "Created",
        /// `OK`, `Warning`, `Critical`.
        severity: String = "Severity",
        /// The text.
        message: String = "Message",
        /// Id with the registry's prefix in the Lifecycle log (`IDRAC.2.9.USR0030`), a code of the sensor in the SEL.
        message_id: String = "MessageId",
        /// What was put into the text.
        message_args: Vec<String> = "MessageArgs",
        /// `SEL`, `Oem`, `Event`.
        entry_type: String = "EntryType",
        /// `Assert`, `Deassert`.
        entry_code: String = "EntryCode",
        /// What kind of sensor, in the SEL.
        sensor_type: String = "SensorType",
        /// Which sensor, in the SEL.
        sensor_number: u64 = "SensorNumber",
        /// Number of the event it came with.
        event_id: String = "EventId",
        /// What it is about.
        links: LogEntryLinks = "Links",
        /// Dell's part.
        oem: LogEntryOem = "Oem",
    }
}

part! {
    /// `Links`.
    LogEntryLinks {
        /// The resource it is about.
        origin: Link = "OriginOfCondition",
    }
}

part! {
    /// `Oem`.
    LogEntryOem {
        /// Dell's part.
        dell: DellLogEntry = "Dell",
    }
}

part! {
    /// Dell `DellLCLogEntry`, and `DellLogEntry` of the list of faults.
    DellLogEntry {
        /// `Audit`, `Configuration`, `Storage`, `System Health`, `Updates`, `Work Notes`.
        category: String = "Category",
        /// What a person wrote beside it.
        comment: String = "Comment",
        /// The device, in the list of faults.
        fqdd: String = "FQDD",
        /// The subsystem, in the list of faults: `Intrusion`.
        subsystem: String = "SubSystem",
    }
}

impl LogEntry {
    /// When it was written; nothing where the iDRAC gives no moment (`TIME_NA`) or one without an offset.
    #[must_use]
    pub fn created_at(&self) -> Option<SystemTime> {
        self.created.as_deref().and_then(parse_redfish_time)
    }

    /// Its severity; nothing where it names none.
    #[must_use]
    pub fn level(&self) -> Option<Severity> {
        self.severity.as_deref().and_then(Severity::parse)
    }

    /// The bare id of its message: `USR0030`.
    #[must_use]
    pub fn bare_message_id(&self) -> Option<&str> {
        self.message_id.as_deref().and_then(|id| id.rsplit('.').next()).filter(|id| !id.is_empty())
    }

    /// Dell's category, of the Lifecycle log.
    #[must_use]
    pub fn category(&self) -> Option<&str> {
        self.oem.as_ref()?.dell.as_ref()?.category.as_deref()
    }
}
