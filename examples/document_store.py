"""A store of one's own in a hundred lines: documents in one table, and an engine over it.

    python examples/document_store.py documents.db

Any number of processes may do so at the same time: each shows what is in the store, and works on it. Whether a store
holds what it has to is told by `dsm.testing`:

    cd examples && python -m dsm.testing document_store:examined
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import dsm

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = "CREATE TABLE IF NOT EXISTS document (key TEXT PRIMARY KEY, rev INTEGER, value BLOB) WITHOUT ROWID"
LAST = "~"
"""No key has a letter as late in the alphabet."""


class Documents:
    """What dsm needs of a store: five calls. A connection a call, because they come from several threads."""

    name = "one SQLite table, from Python"

    def __init__(self, path: Path) -> None:
        """The file is made at first use."""
        self.path = path
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(SCHEMA)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as database:
            yield database

    def now(self) -> datetime:
        """One machine, one clock."""
        return datetime.now(timezone.utc)

    def get(self, key: str) -> tuple[int, bytes] | None:
        """Reads a document."""
        with self._open() as database:
            found: tuple[int, bytes] | None = database.execute(
                "SELECT rev, value FROM document WHERE key = ?", (key,)
            ).fetchone()
        return found

    def put_if(self, key: str, value: bytes, expected: int | None) -> int | None:
        """Writes a document on condition."""
        with self._open() as database:
            if expected is None:
                done = database.execute("INSERT INTO document VALUES (?, 1, ?) ON CONFLICT DO NOTHING", (key, value))
                return 1 if done.rowcount == 1 else None
            done = database.execute(
                "UPDATE document SET rev = rev + 1, value = ? WHERE key = ? AND rev = ?", (value, key, expected)
            )
        return expected + 1 if done.rowcount == 1 else None

    def delete_if(self, key: str, rev: int) -> bool:
        """Removes a document on condition."""
        with self._open() as database:
            return database.execute("DELETE FROM document WHERE key = ? AND rev = ?", (key, rev)).rowcount == 1

    def scan(self, prefix: str, after: str | None, limit: int) -> list[tuple[str, int, bytes]]:
        """Reads documents in the order of their keys."""
        with self._open() as database:
            return database.execute(
                "SELECT key, rev, value FROM document WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?",
                (prefix, prefix + LAST, after or "", limit),
            ).fetchall()


def examined() -> Documents:
    """A store that is looked at once."""
    return Documents(Path(tempfile.mkdtemp()) / "documents.db")


def main() -> None:
    """Opens an engine over the store and shows what it knows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    given = parser.parse_args()
    with dsm.Engine.over(Documents(given.path), key_file=given.path.with_suffix(".key")) as engine:
        print(f"{engine.store}: {len(engine.servers())} servers, {len(engine.jobs())} jobs")


if __name__ == "__main__":
    main()
