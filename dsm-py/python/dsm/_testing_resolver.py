"""Holds a credential resolver of the program to what the engine needs of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsm import _dsm

if TYPE_CHECKING:
    import asyncio

    from dsm.resolvers import Resolver, Target


@dataclass(frozen=True)
class ResolverReport:
    """What came of an examination."""

    passed: list[str]
    """Cases that hold."""
    failed: dict[str, str]
    """Cases that do not, and what was seen instead."""

    @property
    def is_ok(self) -> bool:
        """Whether no case failed."""
        return not self.failed

    def __str__(self) -> str:
        """For people: what does not hold, line by line."""
        lines = [f"{len(self.passed)} passed, {len(self.failed)} failed"]
        return "\n".join(lines + [f"  FAILED {name}: {why}" for name, why in self.failed.items()])


def check_resolver(resolver: Resolver, *, known: Target, unknown: Target) -> ResolverReport:
    """Examines a resolver: with a device whose credentials it has, and with one it knows nothing of.

    No device is talked to. No password is in the report. Its coroutines run on a loop of their own.
    """
    return _report(_dsm._check_resolver(resolver, known, unknown))  # noqa: SLF001 - of this package


async def check_resolver_async(resolver: Resolver, *, known: Target, unknown: Target) -> ResolverReport:
    """As `check_resolver`, for asyncio: coroutines of the resolver run on the running loop."""
    work: asyncio.Future[list[tuple[str, str | None]]]
    work = _dsm._check_resolver_async(resolver, known, unknown)  # noqa: SLF001 - of this package
    return _report(await work)


def _report(findings: list[tuple[str, str | None]]) -> ResolverReport:
    passed = [name for name, why in findings if why is None]
    return ResolverReport(passed, {name: why for name, why in findings if why is not None})
