"""Rows of the store as typed dicts, with the column names of the database.

Times are ISO 8601 text in UTC, ids are UUID text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

JobStatus: TypeAlias = Literal["pending", "running", "completed", "failed", "cancelled"]
"""Where a job or a task stands."""

Priority: TypeAlias = Literal["low", "normal", "high", "critical"]
"""How urgent a job is."""

CancelAnswer: TypeAlias = Literal["at_once", "requested", "already_ended", "not_found"]
"""What becomes of a request to cancel a job."""


class JobRow(TypedDict):
    """A row of `jobs`."""

    id: str
    """Its id."""
    job_type: str
    """What to do: one of the 24 job types, an alias, or a name the embedding program registered."""
    status: JobStatus
    """Where it stands."""
    target_scope: Any
    """What to do it to. Usually an object; null and arrays occur and are kept."""
    details: dict[str, Any]
    """Input, progress and result. Null is read as empty; keys we do not own are kept."""
    created_by: str | None
    """Who asked for it."""
    credential_set_ids: list[str]
    """Credentials to try (scan, test)."""
    priority: Priority
    """How urgent."""
    schedule_at: str | None
    """Not before this time."""
    created_at: str
    """When it was enqueued."""
    started_at: str | None
    """When its first attempt began."""
    completed_at: str | None
    """When it ended."""
    parent_job_id: str | None
    """The job it is part of."""
    component_order: int | None
    """Its place among its parent's children."""
    notes: str | None
    """A person's remark."""


class TaskRow(TypedDict):
    """A row of `job_tasks`: one target of a job."""

    id: str
    """Its id."""
    job_id: str
    """Its job."""
    server_id: str | None
    """The server it is about."""
    status: JobStatus
    """Where it stands."""
    log: str | None
    """Text for people."""
    progress: int
    """0 to 100; only rises."""
    started_at: str | None
    """When it began."""
    completed_at: str | None
    """When it ended."""
    created_at: str
    """When it was made."""


class AttemptRow(TypedDict):
    """One attempt in a job's history."""

    run: int
    """1, and one more for each explicit retry of the job."""
    number: int
    """1 for the first of its run."""
    executor: str
    """Who ran it."""
    started_at: str
    """When it began."""
    ended_at: str | None
    """When it ended; none while it runs."""
    outcome: str | None
    """`completed`, `failed`, `cancelled`, `retry`, `released` or `orphaned`."""
    error: str | None
    """Why, where it did not end well."""


class NewTask(TypedDict, total=False):
    """A target of a job to be added."""

    server_id: str | None
    """The server it is about."""


OnFailure: TypeAlias = Literal["stop", "continue"]
"""What becomes of the parts to come once one has failed: they are cancelled and the job fails, or they run."""


class NewJob(TypedDict, total=False):
    """A job to be added: one of `Engine.enqueue_all()`, or a part of another. Only `job_type` must be there."""

    job_type: str
    """What to do."""
    target_scope: Any
    """What to do it to."""
    details: Mapping[str, Any]
    """Input."""
    priority: Priority
    """How urgent."""
    created_by: str | None
    """Who asks."""
    credential_set_ids: Sequence[str]
    """Credentials to try."""
    schedule_at: datetime | str | None
    """Not before this time."""
    catch_up: bool
    """A time that has passed means now; else it is refused."""
    idempotency_key: str | None
    """The same key adds the same job once."""
    notes: str | None
    """A remark."""
    parent_job_id: str | None
    """The job it is part of."""
    component_order: int | None
    """Its place among its parent's children; those of one number run side by side."""
    lane: str | None
    """A lock it needs before it may run; its handler says so unless it is given."""
    lane_among: int | None
    """With how many others it shares its lane."""
    address: str | None
    """Where it works, for the limit of its subnet."""
    tasks: Sequence[NewTask]
    """One task a target."""
    children: Sequence[NewJob]
    """Parts by which it runs, instead of by a handler, in order."""
    on_failure: OnFailure
    """What becomes of the parts to come once one has failed."""
    id: str | None
    """Its id, if the caller made one."""


class StepRow(TypedDict):
    """A row of `workflow_executions`: a step of a job."""

    run: int
    """In which run of the job: 1, and one more for each explicit retry."""
    name: str
    """Its name, the only one of its run."""
    number: int
    """Its place among the steps of its run, from 1."""
    state: Literal["begun", "done"]
    """How far it is; what became of one that was only begun has to be looked up before it is done again."""
    note: Any
    """What its attempt noted before it began: what to look for."""
    result: Any
    """What came of it."""
    began_at: str
    """When it was first begun."""
    done_at: str | None
    """When it was done."""


class ServerRow(TypedDict):
    """A row of `servers`, without the password."""

    id: str
    """Its id."""
    ip_address: str | None
    """Address; unique. Empty only after another server was found at it."""
    hostname: str | None
    """The operator's own name for it; never written by a job."""
    idrac_hostname: str | None
    """The name the iDRAC reports."""
    service_tag: str | None
    """Service tag; unique: the identity of a server."""
    manufacturer: str | None
    """Maker."""
    model: str | None
    """Model."""
    product_name: str | None
    """Product name."""
    redfish_version: str | None
    """Version of the Redfish service."""
    idrac_firmware: str | None
    """iDRAC firmware."""
    bios_version: str | None
    """BIOS version."""
    manager_mac_address: str | None
    """MAC address of the iDRAC."""
    cpu_model: str | None
    """First processor's model."""
    cpu_speed: str | None
    """Clock as the BIOS states it."""
    cpu_count: int | None
    """Processors."""
    cpu_cores_per_socket: int | None
    """Cores of one processor."""
    memory_gb: int | None
    """Memory in GiB."""
    total_drives: int | None
    """Drives."""
    total_storage_tb: float | None
    """Sum of the drives' capacity in TB (10^12 bytes)."""
    gpu_count: int | None
    """GPUs and other accelerators."""
    secure_boot: str | None
    """`Enabled`, `Disabled`."""
    virtualization_enabled: bool | None
    """Processor virtualisation is on."""
    boot_mode: str | None
    """`Uefi` or `Bios`."""
    boot_order: Any
    """Boot order, a list."""
    boot_source_override_enabled: str | None
    """`Disabled`, `Once`, `Continuous`."""
    boot_source_override_target: str | None
    """`None`, `Pxe`, `Cd`, …"""
    supported_endpoints: Any
    """What was learned about its Redfish service."""
    requires_legacy_ssl: bool | None
    """Only the OpenSSL transport reaches it."""
    power_state: str | None
    """`On`, `Off`, …"""
    overall_health: str | None
    """`OK`, `Warning`, `Critical`, `Unknown`."""
    connection_status: str | None
    """`online`, `offline`, `unknown`."""
    connection_error: str | None
    """Why not online."""
    credential_test_status: str | None
    """`valid`, `invalid`, `unknown`."""
    credential_set_id: str | None
    """Explicit credential set: level 1 of the order."""
    discovered_by_credential_set_id: str | None
    """Set that worked at discovery: level 2."""
    idrac_username: str | None
    """User name stored on the server itself: level 2."""
    discovery_job_id: str | None
    """The scan that found it."""
    vcenter_host_id: str | None
    """The ESXi host on it."""
    notes: str | None
    """A remark."""
    last_seen: str | None
    """When it last answered."""
    last_connection_test: str | None
    """When it was last tried."""
    last_health_check: str | None
    """When its health was last read."""
    last_boot_config_check: str | None
    """When what it starts from was last read."""
    credential_last_tested: str | None
    """When its credentials were last tried."""
    last_idrac_sync: str | None
    """When its inventory was last taken."""
    created_at: str
    """When it was added."""
    updated_at: str
    """When it last changed."""


class DriveRow(TypedDict):
    """A row of `server_drives`."""

    drive_identifier: str
    name: str | None
    manufacturer: str | None
    model: str | None
    serial_number: str | None
    last_known_serial_number: str | None
    part_number: str | None
    media_type: str | None
    protocol: str | None
    capacity_bytes: int | None
    capacity_gb: float | None
    slot: str | None
    enclosure: str | None
    controller: str | None
    health: str | None
    status: str | None
    predicted_failure: bool | None
    life_remaining_percent: int | None
    firmware_version: str | None
    rotation_speed_rpm: int | None
    capable_speed_gbps: float | None
    volume_id: str | None
    volume_name: str | None
    raid_level: str | None
    wwn: str | None
    failed_at: str | None
    """Since when it counts as failed. Kept by the store, ignored in a write."""
    first_seen_at: str | None
    """When it was first seen. Kept by the store, ignored in a write."""


class NicRow(TypedDict):
    """A row of `server_nics`."""

    fqdd: str
    name: str | None
    description: str | None
    mac_address: str | None
    permanent_mac_address: str | None
    manufacturer: str | None
    model: str | None
    serial_number: str | None
    part_number: str | None
    firmware_version: str | None
    port_id: str | None
    link_status: str | None
    current_speed_mbps: int | None
    max_speed_mbps: int | None
    health: str | None
    status: str | None
    switch_connection_id: str | None
    switch_port_description: str | None


class MemoryRow(TypedDict):
    """A row of `server_memory`."""

    dimm_identifier: str
    slot_name: str | None
    manufacturer: str | None
    part_number: str | None
    serial_number: str | None
    capacity_mb: int | None
    speed_mhz: int | None
    memory_type: str | None
    rank_count: int | None
    health: str | None
    status: str | None
    operating_speed_mhz: int | None
    error_correction: str | None
    volatile_size_mb: int | None
    non_volatile_size_mb: int | None


class FirmwareRow(TypedDict):
    """A row of `server_firmware_inventory`."""

    component_id: str
    component_name: str | None
    component_type: str | None
    version: str
    updateable: bool | None
    status: str | None
    """`Installed`, `Previous` or `Available`."""
    device_id: str | None
    component_category: str | None


class HealthRow(TypedDict):
    """The latest row of `server_health`."""

    power_state: str | None
    overall_health: str | None
    temperature_celsius: float | None
    fan_health: str | None
    psu_health: str | None
    storage_health: str | None
    memory_health: str | None
    network_health: str | None
    cpu_health: str | None
    sensors: Any


class InventoryRows(TypedDict):
    """The inventory of a server, as rows."""

    drives: list[DriveRow]
    """Drives."""
    nics: list[NicRow]
    """Network functions."""
    memory: list[MemoryRow]
    """DIMMs."""
    firmware: list[FirmwareRow]
    """Firmware."""
    health: HealthRow | None
    """The latest health."""


class ActivityRow(TypedDict):
    """A row of `idrac_commands`: one exchange, redacted."""

    id: str
    """UUIDv7 made when the row was written first: a repeated write is recognised by it."""
    timestamp: str
    """When it was sent."""
    server_id: str | None
    """The server, where known."""
    job_id: str | None
    """The job, where there is one."""
    task_id: str | None
    """The task, where there is one."""
    command_type: str
    """HTTP method, or the operation's name for other protocols."""
    operation_type: str
    """`idrac_api`, `idrac_api_fallback`, `session_create`, `session_delete`, …"""
    endpoint: str
    """Path and query."""
    full_url: str
    """With scheme and host."""
    status_code: int | None
    """HTTP status, if a reply came."""
    success: bool
    """As judged by status and message ids."""
    response_time_ms: int | None
    """Milliseconds from sending to the end of the reply; `None` in a row that was written before its request was
    sent and has not been completed."""
    error_message: str | None
    """Why not."""
    request_body: Any
    """Body sent, redacted."""
    response_body: Any
    """Body received, redacted; kept for failures and commands, not for ordinary reads."""
    source: str
    """Who sent it, e.g. `job_executor`."""
    initiated_by: str | None
    """On whose behalf."""


class ActivityStats(TypedDict):
    """What the record of every exchange did so far, in rows."""

    recorded: int
    """Recorded."""
    announced: int
    """Written before their request was sent; they are recorded once more with its end."""
    stored: int
    """Taken by the store, those from the file among them."""
    spilled: int
    """Put into the file, while the store was down."""
    replayed: int
    """Taken back from it."""
    refused: int
    """Refused by the store for themselves, one by one; kept in a file of their own."""
    attributed: int
    """Told their server after they had been written."""
    bodies_dropped: int
    """Bodies left out under overload."""
    waiting: int
    """Waiting now."""


class CredentialSetRow(TypedDict):
    """A row of `credential_sets`, without the password."""

    id: str
    """Its id."""
    name: str
    """Unique name."""
    credential_type: str
    """`idrac`, `esxi` or `vcenter`: offered to no device of another type."""
    username: str
    """User name."""
    has_password: bool
    """Whether a password is stored; it is never given out."""
    is_default: bool
    """Level 4 of the order."""
    priority: int
    """Lower is tried first."""
    description: str | None
    """A remark."""


class CredentialRangeRow(TypedDict):
    """A row of `credential_ip_ranges`."""

    id: str
    """Its id."""
    credential_set_id: str
    """The set it stands for."""
    ip_range: str
    """CIDR, dash range or single address."""
    priority: int
    """Lower is tried first."""
    description: str | None
    """A remark."""


class LockHolder(TypedDict):
    """Somebody with a lock, or with a place in line for it."""

    key: str
    """The lock's name."""
    among: int | None
    """So many may hold it at a time by this one's word; none is alone."""
    job_id: str | None
    """The job, if it is one."""
    label: str
    """What for."""
    executor: str | None
    """Through which engine; none for a job between two attempts."""
    since: str
    """Since when."""
    is_waiting: bool
    """Waits for it, and does not hold it."""
