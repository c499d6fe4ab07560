//! The rule for every message that has no row of its own: by the letters before its number, never by its text.
//!
//! A rule may name a failure; it never lets anything be sent again and never says that something ended well.

use super::MessageClass;

/// What the messages with one prefix have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// The letters of its ids.
    pub prefix: &'static str,
    /// What it is about.
    pub name: &'static str,
    /// What it makes of a message.
    pub rule: Rule,
    /// How many ids of the registry 2.9.0 fall under it. Newer firmware adds some.
    pub known: u16,
}

/// Why a family means what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A state of the hardware that is logged.
    Hardware,
    /// A line that notes who did what.
    Audit,
    /// Answers and notes of one service, good and bad under the same letters.
    Service,
    /// Notes about jobs, good and bad under the same letters.
    Job,
    /// Reasons of failed updates; what is no failure there has a row of its own.
    Update,
}

impl Rule {
    /// The class of its messages.
    #[must_use]
    pub const fn class(self) -> MessageClass {
        match self {
            Self::Update => MessageClass::Failed,
            _ => MessageClass::Info,
        }
    }

    /// Why.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Hardware => "hardware event: says nothing about a request",
            Self::Audit => "audit line: says nothing about a request",
            Self::Service => "good and bad share the letters: status and target decide",
            Self::Job => "good and bad share the letters: the job state decides",
            Self::Update => "a failure; what is none has a row",
        }
    }
}

/// The family of an id: letters, then digits only.
pub(super) fn find(id: &str) -> Option<&'static Family> {
    let (prefix, number) = id.split_at(id.find(|letter: char| letter.is_ascii_digit())?);
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    FAMILIES.binary_search_by(|family| family.prefix.cmp(prefix)).ok().and_then(|nth| FAMILIES.get(nth))
}

const fn family(prefix: &'static str, name: &'static str, rule: Rule, known: u16) -> Family {
    Family { prefix, name, rule, known }
}

/// Sorted by prefix.
#[rustfmt::skip]
pub(super) const FAMILIES: &[Family] = &[
    family("AMP", "current sensors", Rule::Hardware, 24),
    family("ASR", "watchdog", Rule::Hardware, 15),
    family("BAR", "backup and restore of the server profile", Rule::Service, 130),
    family("BAT", "batteries", Rule::Hardware, 59),
    family("BEZL", "bezel and air filter", Rule::Hardware, 7),
    family("BIOS", "BIOS configuration", Rule::Service, 44),
    family("BOOT", "boot configuration", Rule::Service, 19),
    family("CBL", "cables", Rule::Hardware, 9),
    family("CERT", "certificate expiry", Rule::Audit, 2),
    family("CMC", "chassis management controller", Rule::Service, 90),
    family("CPU", "processors", Rule::Hardware, 43),
    family("CPUA", "absent processors", Rule::Hardware, 1),
    family("CTL", "storage controllers", Rule::Hardware, 113),
    family("DCI", "dry contacts", Rule::Hardware, 2),
    family("DH", "resources and certificates of the iDRAC", Rule::Service, 2),
    family("DIAG", "diagnostics", Rule::Service, 114),
    family("DIS", "auto discovery", Rule::Service, 26),
    family("DKM", "key management server", Rule::Audit, 5),
    family("DPU", "data processing units", Rule::Hardware, 3),
    family("ENC", "enclosures", Rule::Hardware, 32),
    family("FAN", "fans", Rule::Hardware, 51),
    family("FC", "Fibre Channel configuration", Rule::Service, 19),
    family("FCD", "FlexAddress", Rule::Service, 6),
    family("FSD", "debug authorization", Rule::Audit, 1),
    family("GMGR", "group manager", Rule::Service, 83),
    family("HTR", "heater manager", Rule::Hardware, 31),
    family("HWC", "hardware configuration", Rule::Hardware, 168),
    family("IOID", "I/O identity", Rule::Service, 16),
    family("IOV", "fabrics and PCIe slots of a chassis", Rule::Service, 30),
    family("IPA", "address changes", Rule::Audit, 1),
    family("ISM", "iDRAC Service Module", Rule::Service, 53),
    family("JCP", "job queue", Rule::Job, 11),
    family("LC", "Lifecycle Controller", Rule::Service, 91),
    family("LCS", "liquid cooling", Rule::Hardware, 10),
    family("LIC", "licences", Rule::Service, 47),
    family("LNK", "network links", Rule::Hardware, 9),
    family("LOG", "log services", Rule::Service, 30),
    family("MEM", "memory", Rule::Hardware, 122),
    family("NIC", "network card configuration", Rule::Service, 25),
    family("OSD", "operating system deployment", Rule::Service, 87),
    family("OSE", "operating system start", Rule::Hardware, 20),
    family("PCI", "PCI devices", Rule::Hardware, 67),
    family("PDR", "physical disks", Rule::Hardware, 140),
    family("PEEK", "PowerEdge extension kit", Rule::Service, 15),
    family("PFM", "performance thresholds", Rule::Hardware, 4),
    family("POW", "power-on permission of a sled", Rule::Hardware, 5),
    family("PR", "part replacement", Rule::Job, 24),
    family("PST", "POST codes", Rule::Hardware, 61),
    family("PSU", "power supplies", Rule::Hardware, 98),
    family("PSUA", "absent power supplies", Rule::Hardware, 1),
    family("PWR", "power", Rule::Hardware, 230),
    family("RAC", "iDRAC", Rule::Service, 731),
    family("RDU", "redundancy", Rule::Hardware, 42),
    family("RED", "update jobs", Rule::Update, 85),
    family("RFL", "internal dual SD module", Rule::Hardware, 9),
    family("RFLA", "absent internal dual SD module", Rule::Hardware, 1),
    family("RFM", "removable flash media", Rule::Hardware, 18),
    family("RRDU", "redundancy of the internal dual SD module", Rule::Hardware, 8),
    family("RSI", "readiness of the remote services", Rule::Service, 4),
    family("SCV", "secured component verification", Rule::Service, 27),
    family("SDK", "iDRAC plugins", Rule::Service, 22),
    family("SDPM", "software-defined persistent memory", Rule::Hardware, 10),
    family("SDS", "service data, text only", Rule::Hardware, 14),
    family("SEC", "intrusion and security", Rule::Audit, 69),
    family("SEKM", "key manager", Rule::Service, 119),
    family("SEL", "system event log", Rule::Hardware, 60),
    family("SPDM", "device authentication", Rule::Audit, 5),
    family("SRV", "SupportAssist", Rule::Service, 137),
    family("SSD", "wear of solid state drives", Rule::Hardware, 2),
    family("STOR", "storage configuration", Rule::Service, 145),
    family("SUP", "update service", Rule::Job, 76),
    family("SWC", "software configuration", Rule::Service, 283),
    family("SWU", "firmware of storage and chassis", Rule::Service, 66),
    family("SYS", "Redfish and server configuration profile", Rule::Service, 337),
    family("THRM", "thermal profile", Rule::Hardware, 18),
    family("TMP", "temperatures", Rule::Hardware, 80),
    family("TMPS", "inlet temperature over time", Rule::Hardware, 4),
    family("TST", "test of alerts", Rule::Service, 7),
    family("UEFI", "UEFI firmware", Rule::Hardware, 433),
    family("USR", "users and sessions", Rule::Audit, 62),
    family("VDR", "virtual disks", Rule::Hardware, 62),
    family("VF", "vFlash", Rule::Service, 53),
    family("VFL", "vFlash media", Rule::Service, 35),
    family("VFLA", "absent vFlash media", Rule::Hardware, 1),
    family("VLT", "voltages", Rule::Hardware, 48),
    family("VME", "console and media sessions", Rule::Audit, 8),
    family("VRM", "virtual media", Rule::Service, 1),
    family("WNS", "witness server", Rule::Hardware, 24),
];
