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
import threading
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import dsm

SCHEMA = "CREATE TABLE IF NOT EXISTS document (key TEXT PRIMARY KEY, rev INTEGER, value BLOB) WITHOUT ROWID"
LAST = "~"
"""No key has a letter as late in the alphabet."""


class Documents:
    """What dsm needs of a store: five calls. They come from several threads, so that each takes its turn."""

    name = "one SQLite table, from Python"

    def __init__(self, path: Path) -> None:
        """The file is made at first use."""
        self._turn = threading.Lock()
        self._database = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._turn:
            return self._database.execute(sql, values).fetchall()

    def _changes(self, sql: str, *values: object) -> bool:
        with self._turn:
            return self._database.execute(sql, values).rowcount == 1

    def now(self) -> datetime:
        """One machine, one clock."""
        return datetime.now(timezone.utc)

    def get(self, key: str) -> tuple[int, bytes] | None:
        """Reads a document."""
        for rev, value in self._rows("SELECT rev, value FROM document WHERE key = ?", key):
            return rev, value
        return None

    def put_if(self, key: str, value: bytes, expected: int | None) -> int | None:
        """Writes a document on condition."""
        if expected is None:
            is_written = self._changes("INSERT INTO document VALUES (?, 1, ?) ON CONFLICT DO NOTHING", key, value)
        else:
            sql = "UPDATE document SET rev = rev + 1, value = ? WHERE key = ? AND rev = ?"
            is_written = self._changes(sql, value, key, expected)
        return (expected or 0) + 1 if is_written else None

    def delete_if(self, key: str, rev: int) -> bool:
        """Removes a document on condition."""
        return self._changes("DELETE FROM document WHERE key = ? AND rev = ?", key, rev)

    def scan(self, prefix: str, after: str | None, limit: int) -> list[tuple[Any, ...]]:
        """Reads documents in the order of their keys."""
        sql = "SELECT key, rev, value FROM document WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?"
        return self._rows(sql, prefix, prefix + LAST, after or "", limit)


def examined() -> Documents:
    """A store that is looked at once."""
    return Documents(Path(tempfile.mkdtemp()) / "documents.db")


def main() -> None:
    """Opens an engine over the store and shows what it knows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    given = parser.parse_args()
    key_file = given.path.with_suffix(".key")
    with closing(Documents(given.path)) as store, dsm.Engine.over(store, key_file=key_file) as engine:
        print(f"{engine.store}: {len(engine.servers())} servers, {len(engine.jobs())} jobs")


if __name__ == "__main__":
    main()
