//! Typed rows of the tables beside `jobs`, with the column names of the existing database.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::id::{CredentialSetId, JobId, ProfileId, ServerId, TaskId};
use crate::job::JobStatus;
use crate::store::coded;

/// Columns of `servers` that are learned or set; as a patch, `None` and an empty text leave a column as it is.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerFields {
    /// Address; unique. Empty only after another server was found at it.
    pub ip_address: Option<IpAddr>,
    /// The operator's own name for it; never written by a job.
    pub hostname: Option<String>,
    /// The name the iDRAC reports.
    pub idrac_hostname: Option<String>,
    /// Service tag; unique: the identity of a server.
    pub service_tag: Option<String>,
    /// Maker.
    pub manufacturer: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Product name.
    pub product_name: Option<String>,
    /// Version of the Redfish service.
    pub redfish_version: Option<String>,
    /// iDRAC firmware.
    pub idrac_firmware: Option<String>,
    /// BIOS version.
    pub bios_version: Option<String>,
    /// MAC address of the iDRAC.
    pub manager_mac_address: Option<String>,
    /// First processor's model.
    pub cpu_model: Option<String>,
    /// Clock as the BIOS states it.
    pub cpu_speed: Option<String>,
    /// Processors.
    pub cpu_count: Option<i64>,
    /// Cores of one processor.
    pub cpu_cores_per_socket: Option<i64>,
    /// Memory in GiB.
    pub memory_gb: Option<i64>,
    /// Drives.
    pub total_drives: Option<i64>,
    /// Sum of the drives' capacity in TB (10^12 bytes).
    pub total_storage_tb: Option<f64>,
    /// GPUs and other accelerators.
    pub gpu_count: Option<i64>,
    /// `Enabled`, `Disabled`.
    pub secure_boot: Option<String>,
    /// Processor virtualisation is on.
    pub virtualization_enabled: Option<bool>,
    /// `Uefi` or `Bios`.
    pub boot_mode: Option<String>,
    /// Boot order, a list.
    pub boot_order: Option<Value>,
    /// `Disabled`, `Once`, `Continuous`.
    pub boot_source_override_enabled: Option<String>,
    /// `None`, `Pxe`, `Cd`, …
    pub boot_source_override_target: Option<String>,
    /// What was learned about its Redfish service.
    pub supported_endpoints: Option<Value>,
    /// Only the OpenSSL transport reaches it.
    pub requires_legacy_ssl: Option<bool>,
    /// `On`, `Off`, …
    pub power_state: Option<String>,
    /// `OK`, `Warning`, `Critical`, `Unknown`.
    pub overall_health: Option<String>,
    /// `online`, `offline`, `unknown`.
    pub connection_status: Option<String>,
    /// Why not online.
    pub connection_error: Option<String>,
    /// `valid`, `invalid`, `unknown`.
    pub credential_test_status: Option<String>,
    /// Explicit credential set: level 1 of the order.
    pub credential_set_id: Option<CredentialSetId>,
    /// Set that worked at discovery: level 2.
    pub discovered_by_credential_set_id: Option<CredentialSetId>,
    /// User name stored on the server itself: level 2.
    pub idrac_username: Option<String>,
    /// Its password, sealed.
    pub idrac_password_encrypted: Option<String>,
    /// The scan that found it.
    pub discovery_job_id: Option<JobId>,
    /// The ESXi host on it.
    pub vcenter_host_id: Option<Uuid>,
    /// A remark.
    pub notes: Option<String>,
    /// When it last answered.
    pub last_seen: Option<Timestamp>,
    /// When it was last tried.
    pub last_connection_test: Option<Timestamp>,
    /// When its health was last read.
    pub last_health_check: Option<Timestamp>,
    /// When what it starts from was last read.
    pub last_boot_config_check: Option<Timestamp>,
    /// When its credentials were last tried.
    pub credential_last_tested: Option<Timestamp>,
    /// When its inventory was last taken.
    pub last_idrac_sync: Option<Timestamp>,
}

/// A row of `servers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerRow {
    /// Its id.
    pub id: ServerId,
    /// All else.
    #[serde(flatten)]
    pub fields: ServerFields,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A change to a server: what to set, and which columns to empty (an error that is over, say).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerPatch {
    /// Columns to set; `None` stays as it is.
    pub set: ServerFields,
    /// Names of columns to empty.
    #[serde(with = "coded::columns")]
    pub clear: Vec<&'static str>,
}

/// A server as a job met it at an address.
///
/// The store finds its row by service tag first, then by the id the job knows, then by address: a tag known at another
/// address is a server that moved; an address whose row has another tag is a new server, and the old row loses its
/// address (its server will be met elsewhere, or is gone), never its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerFinding {
    /// Where it answered. Goes into the row.
    pub ip_address: IpAddr,
    /// Its row, where the job knows it (refresh mode).
    pub server_id: Option<ServerId>,
    /// What to write.
    pub patch: ServerPatch,
    /// Columns of `patch.set` that are only written where the row has none yet: what an operator or the chain chose stays.
    #[serde(with = "coded::columns")]
    pub only_if_empty: Vec<&'static str>,
}

/// What became of a [`ServerFinding`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOutcome {
    /// Its row.
    pub server_id: ServerId,
    /// New, known, or known from elsewhere.
    pub change: ServerChange,
}

/// How a finding changed the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerChange {
    /// A new row.
    New,
    /// A known row at its known address.
    Updated,
    /// A known row, now at another address.
    Moved {
        /// Where it was.
        from: Option<IpAddr>,
    },
}

/// Which servers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerQuery {
    /// Only these; empty means all.
    pub ids: Vec<ServerId>,
    /// Only these addresses; empty means all.
    pub addresses: Vec<IpAddr>,
    /// At most this many; `None` means all.
    pub limit: Option<usize>,
}

/// Which jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobQuery {
    /// Only these; empty means all.
    pub ids: Vec<JobId>,
    /// Only in this status.
    pub status: Option<JobStatus>,
    /// Only of this type.
    pub job_type: Option<String>,
    /// Only parts of this job; a store may give others along with them.
    pub parent_job_id: Option<JobId>,
    /// Only those whose details hold a sealed password; a store may give others along with them.
    pub with_secrets: bool,
    /// At most this many, the newest; `None` means all.
    pub limit: Option<usize>,
}

/// A row of `idrac_commands`. Redacted before it gets here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivityRow {
    /// UUIDv7 made when the row was written first: a repeated write is recognised by it.
    pub id: Uuid,
    /// When it was sent.
    pub timestamp: Timestamp,
    /// The server, where known.
    pub server_id: Option<ServerId>,
    /// The job, where there is one.
    pub job_id: Option<JobId>,
    /// The task, where there is one.
    pub task_id: Option<TaskId>,
    /// HTTP method, or the operation's name for other protocols.
    pub command_type: String,
    /// `idrac_api`, `idrac_api_fallback`, `session_create`, `session_delete`, `vcenter_api`, `ssh_command`, `ldap_api`, …
    pub operation_type: String,
    /// Path and query.
    pub endpoint: String,
    /// With scheme and host.
    pub full_url: String,
    /// HTTP status, if a reply came.
    pub status_code: Option<u16>,
    /// As judged by status and message ids.
    pub success: bool,
    /// Milliseconds from sending to the end of the reply; `None` in a row that was written before its request was sent and has
    /// not been completed.
    pub response_time_ms: Option<u32>,
    /// Why not.
    pub error_message: Option<String>,
    /// Body sent, redacted.
    pub request_body: Option<Value>,
    /// Body received, redacted; kept for failures and commands, not for ordinary reads.
    pub response_body: Option<Value>,
    /// Who sent it, e.g. `job_executor`.
    pub source: String,
    /// On whose behalf.
    pub initiated_by: Option<ProfileId>,
}

/// Which activity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityQuery {
    /// Of this job.
    pub job_id: Option<JobId>,
    /// Of this server.
    pub server_id: Option<ServerId>,
    /// After this row (ids grow with time).
    pub after: Option<Uuid>,
    /// At most this many; `None` means all.
    pub limit: Option<usize>,
}

/// A row of `credential_sets`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialSetRow {
    /// Its id.
    pub id: CredentialSetId,
    /// Unique name.
    pub name: String,
    /// `idrac`, `esxi` or `vcenter`: offered to no device of another type.
    pub credential_type: String,
    /// User name.
    pub username: String,
    /// Password, sealed.
    pub password_encrypted: Option<String>,
    /// Level 4 of the order.
    pub is_default: bool,
    /// Lower is tried first.
    pub priority: i64,
    /// A remark.
    pub description: Option<String>,
}

impl std::fmt::Debug for CredentialSetRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialSetRow")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("credential_type", &self.credential_type)
            .field("username", &self.username)
            .field("is_default", &self.is_default)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}

/// A row of `credential_ip_ranges`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRangeRow {
    /// Its id.
    pub id: Uuid,
    /// The set it stands for.
    pub credential_set_id: CredentialSetId,
    /// CIDR, dash range or single address.
    pub ip_range: String,
    /// Lower is tried first.
    pub priority: i64,
    /// A remark.
    pub description: Option<String>,
}

/// A remembered certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinRow {
    /// `address:port`.
    pub host: String,
    /// SHA-256 of the certificate, lower-case hexadecimal.
    pub sha256: String,
    /// When it was first seen.
    pub first_seen: Timestamp,
}

/// A Redfish session of ours that may be open on an iDRAC. No token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Our ticket.
    pub id: Uuid,
    /// `address:port`.
    pub host: String,
    /// As whom.
    pub username: String,
    /// Its resource path; `None` between the request and its reply.
    pub location: Option<String>,
    /// When it was asked for.
    pub opened_at: Timestamp,
    /// The incarnation of the executor that asked for it.
    pub incarnation: Uuid,
}
