"""Asks many servers at a time with asyncio, without a store.

    python examples/many_servers.py 10.20.0.7 10.20.0.8 --user root

The password comes from the environment (IDRAC_PASSWORD) or is asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from getpass import getpass

import dsm

AT_A_TIME = 64


async def main() -> None:
    """Asks them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="+")
    parser.add_argument("--user", default="root")
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--allow-loopback", action="store_true", help="for the simulator")
    given = parser.parse_args()
    password = os.environ.get("IDRAC_PASSWORD") or getpass(f"Password of {given.user}: ")
    options: dsm.InventoryOptions = {"port": given.port, "allow_loopback": given.allow_loopback, "timeout": 300.0}
    gate = asyncio.Semaphore(AT_A_TIME)

    async def ask(address: str) -> None:
        async with gate:
            try:
                inventory = await dsm.inventory_async(address, given.user, password, **options)
            except dsm.Error as error:
                print(f"{address}: {error.kind}: {error}")
                return
        summary = inventory["summary"]
        print(f"{address}: {summary['service_tag']} {summary['model']}, {inventory['requests']} requests")

    await asyncio.gather(*(ask(address) for address in given.address))


if __name__ == "__main__":
    asyncio.run(main())
