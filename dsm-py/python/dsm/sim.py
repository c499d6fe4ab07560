"""A simulated fleet of iDRACs on loopback addresses, in this process: for trying things out and for tests."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from dsm._dsm import Fleet

__all__ = [
    "DEMO_MIX",
    "Account",
    "ConditionRule",
    "Exchange",
    "FirmwareRules",
    "Fleet",
    "Generation",
    "HostRules",
    "InventorySize",
    "JobRules",
    "Kind",
    "ServerSpec",
    "ServerView",
    "SettingsRules",
    "TagRule",
    "TagScope",
    "Totals",
]

Generation: TypeAlias = Literal["idrac7", "idrac8", "idrac9_v5", "idrac9_v6", "idrac9_v7", "idrac10"]
"""Which family of iDRAC a server shows."""

Kind: TypeAlias = Literal["alive", "dead", "silent", "not_dell", "not_redfish", "hangs", "legacy_tls"]
"""What stands at an address."""

DEMO_MIX: tuple[Generation, ...] = (
    "idrac9_v7",
    "idrac9_v6",
    "idrac9_v7",
    "idrac8",
    "idrac9_v5",
    "idrac9_v7",
    "idrac10",
    "idrac9_v6",
    "idrac7",
    "idrac9_v7",
)
"""A machine room as one meets it: mostly iDRAC9, a few old ones, the first new ones."""


TagRule: TypeAlias = Literal[
    "honest",
    "required",
    "gives_weak_takes_strong",
    "gives_strong_takes_weak",
    "gives_packed_takes_plain",
    "takes_none",
]
"""Which forms of entity tags a server gives and takes."""

TagScope: TypeAlias = Literal["generation", "everywhere", "nowhere"]
"""Which resources have an entity tag."""

ConditionRule: TypeAlias = Literal["honest", "ignored", "refused", "contradictory"]
"""What a server makes of `If-None-Match`."""


class Account(TypedDict, total=False):
    """A user of a simulated iDRAC. The password is in clear: this is a simulator."""

    user: str
    password: str
    role: Literal["Administrator", "Operator", "ReadOnly"]


class InventorySize(TypedDict, total=False):
    """How many parts of each sort a server holds."""

    processors: int
    controllers: int
    drives: int
    volumes: int
    dimms: int
    adapters: int
    ports_per_adapter: int
    gpus: int
    power_supplies: int
    fans: int
    firmware: int
    lclog: int
    sel: int


class LockoutPolicy(TypedDict, total=False):
    """When a client address is shut out after failed logins."""

    fail_count: int
    fail_window_s: int
    penalty_s: int
    drop_connections: bool


class SettingsRules(TypedDict, total=False):
    """How staged settings misbehave."""

    shows_pending_early: bool
    hides_job: bool
    refuses_empty_password: bool
    job_fails: bool


class HostRules(TypedDict, total=False):
    """How the host misbehaves."""

    ignores_graceful: bool
    ignores_forced_restart: bool
    lacks_graceful_restart: bool
    boot_override: Literal["honest", "refused_though_set", "accepted_though_lost"]


class JobRules(TypedDict, total=False):
    """How the job queue misbehaves."""

    task_life_s: int | None
    hidden_s: int
    naming: Literal["told", "untold", "odd"]
    frozen_tasks: bool
    not_prepared: int
    stands_at: int | None
    ends: str | None
    lost_after_s: int | None


class FirmwareRules(TypedDict, total=False):
    """What a server can be updated with, and how its updates misbehave."""

    repository: list[tuple[int, str]]
    upload_needs_reset: bool
    upload_pause_ms: int
    flapping_reads: int


class ServerSpec(TypedDict, total=False):
    """What a simulated server is; what is not given stays at its default."""

    kind: Kind
    generation: Generation | None
    old_firmware: bool
    identity: str | None
    accounts: list[Account]
    latency_ms: int
    handshake_delay_ms: int
    expand_member_delay_ms: int
    quiet_ms: int
    redfish_off: bool
    session_limit: int
    session_timeout_s: int
    requests_at_once: int
    lockout: LockoutPolicy | None
    size: InventorySize
    faults: list[dict[str, object]]
    expand: Literal["works", "ignored", "unsupported", "unlicensed", "two_documents"] | None
    page_size: int | None
    wants_new_password: bool
    tags: TagRule
    tag_scope: TagScope
    conditions: ConditionRule
    strict_accept: bool
    host_header_check: bool
    html_unauthorized: bool
    mockup: str | None
    mockup_own_identity: bool
    alerts: bool
    telemetry_licensed: bool
    post_ms: int
    shutdown_ms: int
    idrac_restart_ms: int
    settings: SettingsRules
    host: HostRules
    firmware: FirmwareRules
    jobs: JobRules


class Totals(TypedDict):
    """What was counted since the start."""

    connections: int
    handshakes: int
    requests: int
    errors: int
    not_modified: int
    response_bytes: int
    sessions_opened: int
    sessions_closed: int
    failed_logins: int
    most_at_once: int


class ServerView(TypedDict):
    """A simulated server, seen from outside its network."""

    address: str
    service_tag: str
    generation: Generation
    kind: Kind
    open_sessions: int
    is_locked: bool
    totals: Totals


class Exchange(TypedDict):
    """One request and its answer, as the server saw it."""

    at: float
    address: str
    method: str
    path: str
    query: str
    status: int
    user: str | None
    session: str | None
    duration_s: float
    request_bytes: int
    response_bytes: int
