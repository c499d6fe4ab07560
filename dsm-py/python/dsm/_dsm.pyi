import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from os import PathLike
from types import TracebackType
from typing import Any, Literal, final

from typing_extensions import Self, Unpack

from dsm.events import Event
from dsm.inventories import Inventory
from dsm.options import EngineOptions, IdracOptions, InventoryOptions
from dsm.records import (
    ActivityRow,
    AttemptRow,
    CancelAnswer,
    CredentialRangeRow,
    CredentialSetRow,
    InventoryRows,
    JobRow,
    JobStatus,
    Priority,
    ServerRow,
    TaskRow,
)
from dsm.results import JobProgress
from dsm.sim import Exchange, Generation, ServerSpec, ServerView, Totals

__all__ = [
    "Engine",
    "Events",
    "Fleet",
    "IdracHandle",
    "__version__",
    "_error_kinds",
    "_legacy_tls",
    "_operations",
    "inventory",
    "inventory_async",
    "restore",
]

__version__: str
_legacy_tls: bool

def _error_kinds() -> list[str]: ...
def _operations() -> list[str]: ...
def inventory(address: str, username: str, password: str, **options: Unpack[InventoryOptions]) -> Inventory: ...
def inventory_async(
    address: str, username: str, password: str, **options: Unpack[InventoryOptions]
) -> asyncio.Future[Inventory]: ...
def restore(record: Mapping[str, Any]) -> dict[str, Any]: ...

@final
class IdracHandle:
    def __new__(cls, address: str, username: str, password: str, **options: Unpack[IdracOptions]) -> Self: ...
    def call(
        self, name: str, arguments: Mapping[str, Any], progress: Callable[[JobProgress], object] | None = None
    ) -> Any: ...  # noqa: ANN401
    def call_async(
        self, name: str, arguments: Mapping[str, Any], progress: Callable[[JobProgress], object] | None = None
    ) -> asyncio.Future[Any]: ...
    def close(self) -> None: ...
    def close_async(self) -> asyncio.Future[None]: ...
    @property
    def address(self) -> str: ...
    @property
    def is_closed(self) -> bool: ...

@final
class Events(Iterator[Event], AsyncIterator[Event]):
    def __iter__(self) -> Self: ...
    def __next__(self) -> Event: ...
    def __aiter__(self) -> Self: ...
    def __anext__(self) -> asyncio.Future[Event]: ...

@final
class Engine:
    @staticmethod
    def open(
        path: str | PathLike[str] = "dsm.db",
        *,
        key_file: str | PathLike[str] | None = None,
        **options: Unpack[EngineOptions],
    ) -> Engine: ...
    @staticmethod
    def open_async(
        path: str | PathLike[str] = "dsm.db",
        *,
        key_file: str | PathLike[str] | None = None,
        **options: Unpack[EngineOptions],
    ) -> asyncio.Future[Engine]: ...
    @staticmethod
    def in_memory(**options: Unpack[EngineOptions]) -> Engine: ...
    @staticmethod
    def in_memory_async(**options: Unpack[EngineOptions]) -> asyncio.Future[Engine]: ...
    def close(self) -> None: ...
    def close_async(self) -> asyncio.Future[None]: ...
    def enqueue(
        self,
        job_type: str,
        *,
        target_scope: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        priority: Priority | None = None,
        created_by: str | None = None,
        credential_set_ids: Sequence[str] | None = None,
        schedule_at: datetime | str | None = None,
        idempotency_key: str | None = None,
        notes: str | None = None,
    ) -> str: ...
    def enqueue_async(
        self,
        job_type: str,
        *,
        target_scope: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        priority: Priority | None = None,
        created_by: str | None = None,
        credential_set_ids: Sequence[str] | None = None,
        schedule_at: datetime | str | None = None,
        idempotency_key: str | None = None,
        notes: str | None = None,
    ) -> asyncio.Future[str]: ...
    def run(
        self,
        job_type: str,
        *,
        target_scope: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        priority: Priority | None = None,
        created_by: str | None = None,
        credential_set_ids: Sequence[str] | None = None,
        idempotency_key: str | None = None,
        notes: str | None = None,
        timeout: float | None = None,
    ) -> JobRow: ...
    def run_async(
        self,
        job_type: str,
        *,
        target_scope: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        priority: Priority | None = None,
        created_by: str | None = None,
        credential_set_ids: Sequence[str] | None = None,
        idempotency_key: str | None = None,
        notes: str | None = None,
        timeout: float | None = None,
    ) -> asyncio.Future[JobRow]: ...
    def wait(self, job: str, timeout: float | None = None) -> JobRow: ...
    def wait_async(self, job: str, timeout: float | None = None) -> asyncio.Future[JobRow]: ...
    def job(self, job: str) -> JobRow: ...
    def job_async(self, job: str) -> asyncio.Future[JobRow]: ...
    def jobs(
        self,
        *,
        ids: Sequence[str] | None = None,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
    ) -> list[JobRow]: ...
    def jobs_async(
        self,
        *,
        ids: Sequence[str] | None = None,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
    ) -> asyncio.Future[list[JobRow]]: ...
    def tasks(self, job: str) -> list[TaskRow]: ...
    def tasks_async(self, job: str) -> asyncio.Future[list[TaskRow]]: ...
    def attempts(self, job: str) -> list[AttemptRow]: ...
    def attempts_async(self, job: str) -> asyncio.Future[list[AttemptRow]]: ...
    def cancel(self, job: str, reason: str = "cancelled by request") -> CancelAnswer: ...
    def cancel_async(self, job: str, reason: str = "cancelled by request") -> asyncio.Future[CancelAnswer]: ...
    def servers(
        self, *, ids: Sequence[str] | None = None, addresses: Sequence[str] | None = None, limit: int | None = None
    ) -> list[ServerRow]: ...
    def servers_async(
        self, *, ids: Sequence[str] | None = None, addresses: Sequence[str] | None = None, limit: int | None = None
    ) -> asyncio.Future[list[ServerRow]]: ...
    def inventory(self, server_id: str) -> InventoryRows: ...
    def inventory_async(self, server_id: str) -> asyncio.Future[InventoryRows]: ...
    def documents(self, server_id: str) -> dict[str, dict[str, dict[str, Any]]]: ...
    def documents_async(self, server_id: str) -> asyncio.Future[dict[str, dict[str, dict[str, Any]]]]: ...
    def activity(
        self,
        *,
        job: str | None = None,
        server_id: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[ActivityRow]: ...
    def activity_async(
        self,
        *,
        job: str | None = None,
        server_id: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> asyncio.Future[list[ActivityRow]]: ...
    def trust_anew(self, address: str) -> bool: ...
    def trust_anew_async(self, address: str) -> asyncio.Future[bool]: ...
    def add_credential_set(
        self,
        name: str,
        username: str,
        password: str,
        *,
        type: Literal["idrac", "esxi", "vcenter"] = "idrac",
        default: bool = False,
        priority: int = 100,
        description: str | None = None,
    ) -> str: ...
    def add_credential_set_async(
        self,
        name: str,
        username: str,
        password: str,
        *,
        type: Literal["idrac", "esxi", "vcenter"] = "idrac",
        default: bool = False,
        priority: int = 100,
        description: str | None = None,
    ) -> asyncio.Future[str]: ...
    def credential_sets(self) -> list[CredentialSetRow]: ...
    def credential_sets_async(self) -> asyncio.Future[list[CredentialSetRow]]: ...
    def remove_credential_set(self, set_id: str) -> bool: ...
    def remove_credential_set_async(self, set_id: str) -> asyncio.Future[bool]: ...
    def add_credential_range(
        self, set_id: str, ip_range: str, *, priority: int = 100, description: str | None = None
    ) -> str: ...
    def add_credential_range_async(
        self, set_id: str, ip_range: str, *, priority: int = 100, description: str | None = None
    ) -> asyncio.Future[str]: ...
    def credential_ranges(self) -> list[CredentialRangeRow]: ...
    def credential_ranges_async(self) -> asyncio.Future[list[CredentialRangeRow]]: ...
    def events(self, job: str | None = None) -> Events: ...
    @property
    def store(self) -> str: ...
    @property
    def is_closed(self) -> bool: ...
    @property
    def running(self) -> int: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_error: object) -> None: ...
    def __aenter__(self) -> asyncio.Future[Self]: ...
    def __aexit__(
        self, *_error: type[BaseException] | BaseException | TracebackType | None
    ) -> asyncio.Future[None]: ...

@final
class Fleet:
    def __new__(
        cls,
        network: str | None = None,
        count: int | None = None,
        *,
        addresses: Sequence[str] | None = None,
        port: int | None = None,
        generations: Sequence[Generation] | None = None,
        defaults: ServerSpec | None = None,
        servers: Mapping[int | str, ServerSpec] | None = None,
        journal: Literal["off", "counts", "full"] | None = None,
        clock_scale: float | None = None,
        allow_non_loopback: bool | None = None,
    ) -> Self: ...
    @property
    def addresses(self) -> list[str]: ...
    @property
    def port(self) -> int: ...
    def __len__(self) -> int: ...
    def totals(self) -> Totals: ...
    def open_sessions(self) -> int: ...
    def journal(self) -> list[Exchange]: ...
    def clear_journal(self) -> None: ...
    def server(self, at: int | str) -> ServerView: ...
    def renew_certificate(self, at: int | str) -> str: ...
    def stop(self) -> None: ...
    def stop_async(self) -> asyncio.Future[None]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_error: object) -> None: ...
    def __aenter__(self) -> asyncio.Future[Self]: ...
    def __aexit__(
        self, *_error: type[BaseException] | BaseException | TracebackType | None
    ) -> asyncio.Future[None]: ...
