"""The logs an iDRAC keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area, given

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence
    from datetime import datetime

    from dsm._dsm import LogPages
    from dsm.idrac.arguments import Share
    from dsm.results import Exported, LcLogScope, LogCursor, LogKind, LogRead, Plan, Severity


class Logs(Area):
    """The logs an iDRAC keeps."""

    __slots__ = ()

    def fetch(
        self,
        log: LogKind,
        *,
        limit: int | None = None,
        cursor: LogCursor | None = None,
        at_least: Severity | None = None,
        message_ids: Sequence[str] = (),
        except_message_ids: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> LogRead:
        """Reads a log, newest first. `cursor`, from the reading before, gives only what came since.

        `message_ids` are bare (`PSU0003`), or begin so (`PSU*`). A moment without a time zone is local time. `summary`
        says how the reading ended, and whether entries may be missing.

        Raises `UnsupportedError` where the iDRAC has no such log.
        """
        return self._run(
            "logs.fetch",
            log=log,
            limit=limit,
            cursor=cursor,
            at_least=at_least,
            message_ids=list(message_ids),
            except_message_ids=list(except_message_ids),
            since=since and since.timestamp(),
            until=until and until.timestamp(),
        )

    def fetch_async(
        self,
        log: LogKind,
        *,
        limit: int | None = None,
        cursor: LogCursor | None = None,
        at_least: Severity | None = None,
        message_ids: Sequence[str] = (),
        except_message_ids: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> asyncio.Future[LogRead]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "logs.fetch",
            log=log,
            limit=limit,
            cursor=cursor,
            at_least=at_least,
            message_ids=list(message_ids),
            except_message_ids=list(except_message_ids),
            since=since and since.timestamp(),
            until=until and until.timestamp(),
        )

    def clear(self, log: LogKind) -> None:
        """Deletes all entries of a log for good. Destroys.

        Raises `UnsupportedError` where it cannot be cleared: a Lifecycle log never can.
        """
        return self._run("logs.clear", log=log)

    def clear_async(self, log: LogKind) -> asyncio.Future[None]:
        """As `clear`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("logs.clear", log=log)

    def plan_clear(self, log: LogKind) -> Plan:
        """Says what `clear` would do; sends nothing that changes anything. Raises as `clear`."""
        return self._run("logs.plan_clear", log=log)

    def plan_clear_async(self, log: LogKind) -> asyncio.Future[Plan]:
        """As `plan_clear`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("logs.plan_clear", log=log)

    def pages(
        self,
        log: LogKind,
        *,
        limit: int | None = None,
        cursor: LogCursor | None = None,
        at_least: Severity | None = None,
        message_ids: Sequence[str] = (),
        except_message_ids: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> LogPages:
        """Reads a log as `fetch` does, a list of entries a page, in constant memory: for a whole Lifecycle log.

        It is for `for` and for `async for`. Its `cursor`, for the next reading, is there at the end. Nothing is sent
        before the first page is waited for; closing the `Idrac` ends it.
        """
        arguments = given(
            log=log,
            limit=limit,
            cursor=cursor,
            at_least=at_least,
            message_ids=[*message_ids],
            except_message_ids=[*except_message_ids],
            since=since and since.timestamp(),
            until=until and until.timestamp(),
        )
        return self._handle.log_pages(arguments)

    def export_lifecycle(
        self, scope: LcLogScope = "active", *, share: Share | None = None, file: str | None = None
    ) -> Exported:
        """Exports the whole Lifecycle log to a `file` on a `share`, by a job; without those it is left on the iDRAC.

        Raises `UnsupportedError` where the iDRAC has no such action or share (7 and 8 have neither).
        """
        return self._run("logs.export_lifecycle", scope=scope, share=share, file=file)

    def export_lifecycle_async(
        self, scope: LcLogScope = "active", *, share: Share | None = None, file: str | None = None
    ) -> asyncio.Future[Exported]:
        """As `export_lifecycle`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("logs.export_lifecycle", scope=scope, share=share, file=file)

    def plan_export_lifecycle(
        self, scope: LcLogScope = "active", *, share: Share | None = None, file: str | None = None
    ) -> Plan:
        """Says what `export_lifecycle` would send; sends nothing that changes anything."""
        return self._run("logs.plan_export_lifecycle", scope=scope, share=share, file=file)

    def plan_export_lifecycle_async(
        self, scope: LcLogScope = "active", *, share: Share | None = None, file: str | None = None
    ) -> asyncio.Future[Plan]:
        """As `plan_export_lifecycle`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("logs.plan_export_lifecycle", scope=scope, share=share, file=file)

    def fetch_exported(self, file: str) -> bytes:
        """Reads a file that an export left on the iDRAC, by its path, once the export's job has ended.

        Raises `InvalidInputError` for a path that is no place of such files.
        """
        return self._run("logs.fetch_exported", file=file)

    def fetch_exported_async(self, file: str) -> asyncio.Future[bytes]:
        """As `fetch_exported`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("logs.fetch_exported", file=file)
