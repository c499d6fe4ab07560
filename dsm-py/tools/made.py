"""What the tools that write a module of the package have in common: formatting, and `--check`, which only compares."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def formatted(text: str, path: Path) -> str:
    """As ruff sorts the imports and formats it."""
    for how in (["check", "--fix-only", "--select", "I", "--quiet"], ["format"]):
        command = [sys.executable, "-m", "ruff", *how, "--stdin-filename", str(path), "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)  # noqa: S603 - ruff
        text = done.stdout
    return text


def written_or_compared(path: Path, text: str) -> int:
    """Writes a file that differs; with `--check` only says so, by the exit code, too."""
    if path.exists() and path.read_text() == text:
        return 0
    if "--check" in sys.argv[1:]:
        sys.stderr.write(f"{path} is not what {sys.argv[0]} makes of the sources: run it\n")
        return 1
    path.write_text(text)
    sys.stdout.write(f"{path}\n")
    return 0
