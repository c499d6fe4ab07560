"""`python -m dsm demo`: the main job on a simulated fleet."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import dsm
from dsm import _demo


def main() -> int:
    """Reads the command line and runs what it names."""
    parser = argparse.ArgumentParser(prog="python -m dsm", description=dsm.__doc__)
    parser.add_argument("--version", action="version", version=f"dsm {dsm.__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="scan a simulated fleet of 254 iDRACs and show what was found")
    demo.add_argument("--db", type=Path, default=Path("dsm.db"), help="the store, dsm.db unless given")
    given = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a dash still shows the numbers.
        sys.stdout.reconfigure(errors="replace")
    try:
        return _demo.run(given.db)
    except dsm.Error as error:
        sys.stderr.write(f"demo: {error}\n")
        cause = error.__cause__
        while cause is not None:
            sys.stderr.write(f"  because: {cause}\n")
            cause = cause.__cause__
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("demo: interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
