"""Options as typed dicts; what is not given has a default that suits a fleet. Times are seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from os import PathLike

    from dsm.handlers import Handler
    from dsm.resolvers import Credential, Resolver
    from dsm.results import Section


class Pin(TypedDict):
    """Exactly one certificate is accepted."""

    pin: str
    """Its SHA-256, hexadecimal, colons or not."""


class CaFile(TypedDict):
    """Certificates that the roots in a PEM file vouch for are accepted."""

    ca_file: str


Tls: TypeAlias = Literal["trust_on_first_use", "system_roots", "insecure"] | Pin | CaFile
"""How the certificates of iDRACs are judged. `insecure` lets whoever sits between read the password."""


class ScanOptions(TypedDict, total=False):
    """How wide and how fast a scan goes."""

    connect_width: int
    """TCP connections tried at a time; lowered to what the descriptor limit leaves."""
    connect_rate: int
    """New connections a second."""
    connect_burst: int
    """Connections that may start at once before the rate applies."""
    connect_timeout: float
    """How long an address may stay silent."""
    idrac_width: int
    """iDRACs identified and inventoried at a time."""
    identify_timeout: float
    """Time for the unauthenticated look at the service root."""
    max_addresses: int
    """Most addresses in one job, unless its `details` say `allow_large_range`."""


class Limits(TypedDict, total=False):
    """How many jobs may be at work at a time, over all engines on a store; what is not named is not limited."""

    all: int | None
    """In all."""
    per_type: Mapping[str, int]
    """Of these types, aliases by their own names."""
    per_subnet: int | None
    """In each subnet, of jobs that work on one server."""
    ipv4_prefix: int
    """How much of an IPv4 address names its subnet: 24 bits unless given."""
    ipv6_prefix: int
    """How much of an IPv6 address names its subnet: 64 bits unless given."""
    readers_per_server: int
    """At each server, of jobs that only read: 4 unless given. Jobs that change it wait for them, and they for those."""


class ActivityOptions(TypedDict, total=False):
    """How every exchange with an iDRAC is put on record."""

    request_bodies: bool
    """Whether bodies that are sent are kept, redacted; they are unless it is said otherwise."""
    reply_bodies: Literal["never", "failures_and_commands", "always"]
    """Which replies are kept: those of failures, and of what is no mere read, unless it is said otherwise."""
    batch: int
    """So many rows are written at once."""
    interval: float
    """No row of a command waits longer for its batch."""
    read_interval: float
    """No row of a read or a login does."""
    patience: float
    """Longer, but not longer than this, wait rows about an iDRAC whose server is still being found."""
    capacity: int
    """With so many rows waiting, bodies are left out and rows go to the file."""
    body_bytes: int
    """Likewise with so many bytes of bodies waiting."""
    spill: str | PathLike[str]
    """Where rows go while the store is down: the beginning of a file's name. Without it they wait in memory."""
    spill_bytes: int
    """Largest such file."""


class EngineOptions(TypedDict, total=False):
    """Options of an engine; what is not given has a default that suits a fleet."""

    port: int
    """TCP port of the iDRACs, 443 unless given. Never taken from a job."""
    tls: Tls
    """How certificates are judged; trust on first use unless given."""
    allow_loopback: bool
    """Lets the engine talk to this machine itself, for simulators."""
    allow_networks: list[str]
    """Networks beside the private ones that may be talked to."""
    executor_id: str
    """The name this engine keeps over restarts."""
    slots: int
    """Jobs run at a time."""
    interactive_slots: int
    """Jobs run at a time beside those, of types that never wait for a slot."""
    limits: Limits
    """How many jobs may be at work at a time, for all engines on the store from now on; what is in force there stays
    without it."""
    job_types: Sequence[str]
    """The job types this engine claims, aliases with them; every type that has a handler, unless given. Jobs of other
    types can be enqueued here and are run by whoever claims them: so a fleet moves over from another executor one type
    at a time."""
    drain_time: float
    """How long closing lets running jobs go on before it tells them to stop; no time unless given."""
    poll_interval: float
    """How often a store without a signal is asked for work."""
    lease_ttl: float
    """How long a job is held without a heartbeat; then another engine may take it."""
    heartbeat: float
    """How often leases are extended; at most half of `lease_ttl`."""
    max_orphanings: int
    """A job orphaned so often in a row is failed with the evidence instead of tried again."""
    cleanup_interval: float
    """How often what is over and old is removed, as the settings say."""
    accept_unfenced_changes: bool
    """Runs jobs that change servers although the store lacks fences and locks (`Engine.lacks`): after a lost connection
    such a job may run twice, or beside another one on the same server. Of no account on a store that has them."""
    secret_lifetime: float
    """How long the row of an ended job may show a secret that nobody has read."""
    idrac_concurrency: int
    """Requests sent to one iDRAC at a time, 1 to 4."""
    connect_timeout: float
    """Time for a TCP and TLS connection to an iDRAC."""
    request_timeout: float
    """Time for one request."""
    scan: ScanOptions
    """How wide and how fast a scan goes."""
    activity: ActivityOptions
    """How every exchange with an iDRAC is put on record."""
    handlers: Sequence[Handler]
    """Handlers of the program; one of a type that is known already takes its place."""
    resolver: Resolver
    """Asked for credentials before the engine's own chain is."""
    env_credentials: Credential | tuple[str, str] | None
    """Tried where nothing else is known, in place of `IDRAC_USER` and `IDRAC_PASSWORD` of the environment; `None` is
    nothing at all."""
    clock: Clock
    """What the store takes for the time, instead of the machine's clock. Not for a store of the program's, whose clock
    is its own."""


class PostgrestOptions(TypedDict, total=False):
    """How a PostgREST service is used; what is not given has a default that suits Supabase."""

    schema: str
    """The schema, as the service exposes it; `public` unless given."""
    connect_timeout: float
    """Time for a connection."""
    request_timeout: float
    """Time for one request."""
    outage: float
    """How long a call is repeated while the service cannot be reached."""
    max_reply: int
    """The largest answer that is read, in bytes."""
    page: int
    """Rows asked for at a time, and ids named in one request."""
    tls_roots: str | PathLike[str]
    """Certificates to trust (PEM), instead of the system's."""
    notify: bool
    """Tells the edge function `update-job` when a job begins or ends: people are notified as they are used to."""
    executor_secret: str
    """Signs what is sent there; `EXECUTOR_SHARED_SECRET` of the environment where the address comes from there."""
    plain: bool
    """Works as on a database that nobody extended, although our functions are installed."""


class Clock(Protocol):
    """Says what time it is. The store asks it for each thing it does: it must be quick. It is never taken back."""

    def now(self) -> datetime:
        """Now, with its zone."""


class IdracOptions(TypedDict, total=False):
    """Options of `dsm.Idrac`."""

    port: int
    """TCP port of the iDRAC, 443 unless given."""
    tls: Tls
    """How its certificate is judged; trust on first use unless given."""
    concurrency: int
    """Requests at a time, 1 to 4."""
    connect_timeout: float
    """Time for the TCP connection, and again for the TLS handshake."""
    request_timeout: float
    """Time for one attempt at a request."""
    allow_loopback: bool
    """Lets it talk to this machine itself, for simulators."""
    allow_networks: list[str]
    """Networks beside the private ones that may be talked to."""


class InventoryOptions(IdracOptions, total=False):
    """Options of `dsm.inventory()`."""

    timeout: float
    """Time for all of it."""
    sections: Sequence[Section | Literal["full", "all"]]
    """What to read, as in `Idrac.inventory`; `full` unless given."""
