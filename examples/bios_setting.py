"""Changes BIOS settings of one server: shows the plan, asks, and follows the job to its end.

    python examples/bios_setting.py 10.20.0.7 ProcVirtualization=Enabled --restart

Without --restart the settings wait for whatever restart of the host comes. The password comes from the environment
(IDRAC_PASSWORD) or is asked for.
"""

from __future__ import annotations

import argparse
import os
import sys
from getpass import getpass
from typing import TYPE_CHECKING

import dsm

if TYPE_CHECKING:
    from dsm.results import JobProgress, SettingsPlan


def show(plan: SettingsPlan) -> None:
    """What would be done, what comes along with it, and what stands against it."""
    for change in plan["validation"]["changes"]:
        print(f"{change['attribute']}: {change['from']} -> {change['to']}")
    for step in plan["plan"]["steps"]:
        print(f"  {step['method']} {step['path']} ({step['effect']})")
    for warning in plan["plan"]["warnings"]:
        print(f"  note: {warning}")
    print(f"  the host restarts: {plan['plan']['host']}")


def told(progress: JobProgress) -> None:
    """A line for everything new that is seen of the job."""
    state = "the iDRAC is away" if progress["away"] else progress["state"]
    print(f"{progress['elapsed_s']:6.1f} s  {progress['id']}  {state}  {progress['percent'] or 0} %")


def main() -> None:
    """Plans, asks, does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("setting", nargs="+", metavar="NAME=VALUE")
    parser.add_argument("--restart", action="store_true", help="restart the host now")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two looks at the job")
    parser.add_argument("--user", default="root")
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--allow-loopback", action="store_true", help="for the simulator")
    given = parser.parse_args()
    password = os.environ.get("IDRAC_PASSWORD") or getpass(f"Password of {given.user}: ")
    settings = dict(each.split("=", 1) for each in given.setting)
    restart: dsm.idrac.Reset | None = None
    if given.restart:
        # Asks the operating system first, takes the power away where it does not listen.
        restart = {"kind": "GracefulRestart", "escalation": "force", "in_two_steps": True, "poll": given.every / 2}

    with dsm.Idrac(given.address, given.user, password, port=given.port, allow_loopback=given.allow_loopback) as idrac:
        plan = idrac.bios.plan_set(settings, restart=restart)
        show(plan)
        if not plan["plan"]["steps"]:
            sys.exit(1 if plan["validation"]["problems"] else 0)
        if not given.yes and input("Do it? [y/N] ").lower() != "y":
            sys.exit(1)
        try:
            done = idrac.bios.set(settings, restart=restart, wait={"interval": given.every}, progress=told)
        except dsm.exceptions.RedfishError as error:
            sys.exit(f"{error.kind}: {error} {' '.join(error.message_ids)}")
    if done["end"]["how"] == "ended":
        print(f"{done['job']}: {done['end']['job']['verdict']}")
        for result in done["results"]:
            print(f"{result['attribute']} is {result['now']}")
    else:
        print(f"{done['job']} waits for a restart of the host")


if __name__ == "__main__":
    main()
