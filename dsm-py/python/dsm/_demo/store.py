"""The store of the demo: an earlier demo's is replaced, anybody else's is left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from dsm.exceptions import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

MARK = "dsm demo"
"""What the demo's job bears as its notes."""


def make_room(path: Path) -> None:
    """Removes an earlier demo's store; refuses to touch any other."""
    if not path.exists():
        return
    if not is_demo(path):
        text = f"{path} is a store of yours; run the demo in another folder, or with --db"
        raise InvalidInputError(text, subject="--db", hint="give another path")
    for suffix in ("", "-wal", "-shm", ".key"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def is_demo(path: Path) -> bool:
    """Whether no job but the demo's was ever in it. It is only read, and no engine is started on it."""
    marked = "SELECT EXISTS (SELECT 1 FROM dsm_meta WHERE key = 'value.demo')"
    other = "SELECT EXISTS (SELECT 1 FROM jobs WHERE notes IS NOT ?)"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as store:
            if store.execute(marked).fetchone()[0]:
                return True
            return not store.execute(other, (MARK,)).fetchone()[0]
    except sqlite3.Error:
        return False
