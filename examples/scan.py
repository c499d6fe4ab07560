"""Scans a range into a store and prints what was found.

    python examples/scan.py 10.20.0.0/24 --user root

The password comes from the environment (IDRAC_PASSWORD) or is asked for.
"""

from __future__ import annotations

import argparse
import os
from getpass import getpass

import dsm


def main() -> None:
    """Scans, follows, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("range", help="addresses, CIDR, dash ranges; commas between them")
    parser.add_argument("--user", default="root")
    parser.add_argument("--db", default="dsm.db")
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--allow-loopback", action="store_true", help="for the simulator")
    given = parser.parse_args()
    password = os.environ.get("IDRAC_PASSWORD") or getpass(f"Password of {given.user}: ")

    with dsm.Engine.open(given.db, port=given.port, allow_loopback=given.allow_loopback) as engine:
        engine.add_credential_set("scan", given.user, password, default=True)
        job = engine.enqueue("discovery_scan", target_scope={"ip_range": given.range})
        for event in engine.events(job):
            if event["event"] == "log":
                print(event["level"], event["text"])
            elif event["event"] == "inventory":
                print(event["ip"], "read,", event["failures"], "parts failed")
        for server in engine.servers():
            print(server["ip_address"], server["service_tag"], server["model"], server["overall_health"])


if __name__ == "__main__":
    main()
