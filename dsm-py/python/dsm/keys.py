"""Keys of the stored passwords: where they come from, and what came of giving them up for others."""

from __future__ import annotations

from typing import TypeAlias, TypedDict

__all__ = ["KeyGiven", "Resealed"]

KeyGiven: TypeAlias = str | bytes
"""32 bytes, or text: base64 or hexadecimal; several separated by commas, of which the first seals."""


class Resealed(TypedDict):
    """What was found among the stored passwords, and done."""

    dry_run: bool
    """Whether it was only looked at."""
    key_id: str
    """The name of the key that seals."""
    current: int
    """Passwords that were sealed with it already."""
    other_keys: int
    """Passwords sealed with another key."""
    old_format: int
    """Passwords in the existing system's form."""
    resealed: int
    """Passwords that were put under the key that seals."""
    replaced_meanwhile: int
    """Passwords that somebody else had replaced meanwhile: look again."""
    unreadable: int
    """How many do not open; they stay as they are."""
    problems: list[str]
    """Which, and why: the first hundred."""
