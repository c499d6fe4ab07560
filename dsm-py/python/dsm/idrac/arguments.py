"""What several operations are told alike. Times are seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypedDict

from dsm.results import Escalation, JobProgress, ResetType, ShareType

Progress: TypeAlias = Callable[[JobProgress], object]
"""Called with what is seen of a job, each time it is something new: on the caller's thread, for asyncio by the loop."""


class Wait(TypedDict, total=False):
    """How a job is waited for; what is not given suits everything but a job that needs hours."""

    interval: float
    """Between two looks; 10. The iDRAC's `Retry-After` makes it longer, up to ten times."""
    timeout: float
    """In all; two hours."""
    stall_limit: float
    """Without a change of state or percent; half an hour."""
    restart_limit: float
    """How long the iDRAC may be away at a stretch; a quarter of an hour."""
    grace: float
    """How long a job may be missing before it counts as gone; a minute."""


class _Reset(TypedDict):
    kind: ResetType
    """The reset."""


class Reset(_Reset, total=False):
    """How the host is reset, where its kind alone says too little."""

    escalation: Escalation
    """How far to go where it is ignored; `never` unless given."""
    patience: float
    """For each attempt; five minutes."""
    poll: float
    """Between two looks; 5."""
    until_post_is_over: bool
    """Whether to wait for the end of the power-on test, too, where the iDRAC tells."""
    in_two_steps: bool
    """Whether to restart by shutting down and powering on."""


class _Window(TypedDict):
    start: str
    """When it opens, as `2026-01-31T22:00:00-06:00`."""
    length: float
    """How long it is open."""


class Window(_Window, total=False):
    """A maintenance window in which settings are applied."""

    on_reset: bool
    """Whether they wait for a restart within the window; without it the iDRAC restarts the host itself."""


class _Proxy(TypedDict):
    server: str
    """Address or name."""
    port: int
    """Its port."""


class Proxy(_Proxy, total=False):
    """What stands between the iDRAC and a share."""

    socks: bool
    """Whether it speaks SOCKS; HTTP otherwise."""
    username: str
    """Who logs in there."""
    password: str
    """With which password."""


class _Share(TypedDict):
    kind: ShareType
    """The protocol."""
    address: str
    """Address or name of the server."""


class Share(_Share, total=False):
    """A place that the iDRAC reaches by itself."""

    name: str
    """The share, or the folder."""
    port: int
    """The protocol's own unless given."""
    username: str
    """Who logs in there."""
    password: str
    """With which password."""
    workgroup: str
    """Workgroup of a CIFS user."""
    ignore_certificate: bool
    """Whether any certificate of an HTTPS server will do."""
    proxy: Proxy
    """What the iDRAC goes through to get there."""
