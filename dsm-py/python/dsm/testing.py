"""Holds what a program brings to what dsm needs of it.

`check_store()` examines a store written in Python: its calls one by one, several stores over it at once, and then every
case that the stores of dsm itself are held to. From a shell: `python -m dsm.testing package.module:factory`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import secrets
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import dsm
from dsm._dsm import _check_store, _check_store_async
from dsm._testing_resolver import ResolverReport, check_resolver, check_resolver_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dsm.stores import DocumentStore

__all__ = [
    "Case",
    "Report",
    "ResolverReport",
    "check_resolver",
    "check_resolver_async",
    "check_store",
    "check_store_async",
]


@dataclass(frozen=True)
class Case:
    """A case that failed or was skipped, and why."""

    name: str
    """Its name, `group::what_holds`."""
    why: str
    """What was seen instead, or what it would have needed."""

    def __str__(self) -> str:
        """Both."""
        return f"{self.name}: {self.why}"


@dataclass(frozen=True)
class Report:
    """What came of an examination."""

    backend: str
    """What the store calls itself."""
    caps: dict[str, bool]
    """What it says of itself: `durable`, `shared`."""
    seed: int
    """Of the dice: the same seed throws the same."""
    passed: list[str]
    """Cases that hold."""
    failed: list[Case]
    """Cases that do not."""
    skipped: list[Case]
    """Cases that could not be tried."""
    version: str = dsm.__version__
    """Of dsm."""
    at: str = field(default_factory=lambda: datetime.now(timezone.utc).isoformat(timespec="seconds"))
    """When."""

    @property
    def is_ok(self) -> bool:
        """Whether no case failed."""
        return not self.failed

    def certificate(self) -> dict[str, Any]:
        """All of it for `json.dump()`."""
        cases = {name: [vars(case) for case in getattr(self, name)] for name in ("failed", "skipped")}
        return {**vars(self), **cases, "is_ok": self.is_ok}

    def __str__(self) -> str:
        """For people: what does not hold, line by line."""
        numbers = f"{len(self.passed)} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"
        lines = [f"{self.backend}: {numbers}; dsm {self.version}, seed {self.seed}"]
        lines += [f"  FAILED {case}" for case in self.failed]
        lines += [f"  skipped {case}" for case in self.skipped]
        return "\n".join(lines)


def check_store(
    store: DocumentStore | Callable[[], DocumentStore],
    *,
    seed: int | None = None,
) -> Report:
    """Examines a store, or what a factory makes, which is closed afterwards if it has a `close()`.

    In a test: `report = check_store(MyStore(url))`, then `assert report.is_ok, report`.

    Works in documents whose keys begin with `check-` and removes them again; others are not touched. The suite moves
    the time of the cases about time itself. Raises `TypeError` for what is no store.
    """
    seed = _seed(seed)
    with _made(store) as made:
        return _report(seed, _check_store(made, seed))


async def check_store_async(
    store: DocumentStore | Callable[[], DocumentStore],
    *,
    seed: int | None = None,
) -> Report:
    """`check_store()` for asyncio: coroutines of the store run on this loop."""
    seed = _seed(seed)
    with _made(store) as made:
        return _report(seed, await _check_store_async(made, seed))


def _seed(given: int | None) -> int:
    return secrets.randbits(32) if given is None else given


@contextmanager
def _made(store: Any) -> Iterator[Any]:  # noqa: ANN401 - looked at by the compiled half
    """Makes it if need be, and closes what was made, if it has a plain `close()`."""
    is_factory = isinstance(store, type) or (callable(store) and not hasattr(store, "put_if"))
    made = store() if is_factory else store
    try:
        yield made
    finally:
        if is_factory and callable(getattr(made, "close", None)):
            made.close()


def _report(seed: int, found: dict[str, Any]) -> Report:
    failed, skipped = ([Case(*case) for case in found[name]] for name in ("failed", "skipped"))
    return Report(found["backend"], found["caps"], seed, found["passed"], failed, skipped)


def main(arguments: list[str] | None = None) -> int:
    """Reads the command line, examines, prints; 1 if a case failed."""
    parser = argparse.ArgumentParser(prog="python -m dsm.testing", description="Examine a store written in Python.")
    parser.add_argument("factory", help="what makes the store, as package.module:name")
    parser.add_argument("--seed", type=int, help="the dice of an earlier examination")
    parser.add_argument("--json", action="store_true", help="print the certificate")
    given = parser.parse_args(arguments)
    module, _, name = given.factory.partition(":")
    if not name:
        parser.error(f"{given.factory!r} names no factory; write package.module:name")
    try:
        factory = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        parser.error(str(error))
    report = check_store(factory, seed=given.seed)
    text = json.dumps(report.certificate(), indent=2) if given.json else str(report)
    sys.stdout.write(f"{text}\n")
    return 0 if report.is_ok else 1


if __name__ == "__main__":
    sys.exit(main())
