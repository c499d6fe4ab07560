"""Takes the inventory of one server, without a store, and prints it as JSON.

    python examples/one_server.py 10.20.0.7 --user root

The password comes from the environment (IDRAC_PASSWORD) or is asked for. The output has every value that the iDRAC
sent: what no typed field says is under `extra`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from getpass import getpass

import dsm


def main() -> None:
    """Reads and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--user", default="root")
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--allow-loopback", action="store_true", help="for the simulator")
    given = parser.parse_args()
    password = os.environ.get("IDRAC_PASSWORD") or getpass(f"Password of {given.user}: ")
    try:
        inventory = dsm.inventory(
            given.address, given.user, password, port=given.port, allow_loopback=given.allow_loopback
        )
    except dsm.exceptions.CertificateInvalidError as error:
        sys.exit(f"{error}\npin the certificate: dsm.inventory(..., tls={{'pin': '<SHA-256>'}})")
    json.dump(inventory, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
