"""A job type of one's own, written in Python: makes the servers of a range blink, so that somebody finds them.

    python examples/own_handler.py 10.20.0.0/24 --user root

The password is asked for by a credential resolver of one's own, and never stored.
"""

from __future__ import annotations

import argparse
import os
from getpass import getpass
from typing import TYPE_CHECKING

import dsm

if TYPE_CHECKING:
    from dsm.resolvers import Target


class Blink:
    """Switches the locator of each server on. Done twice it does no harm, so it is tried again."""

    job_type = "blink"
    backoff = dsm.Backoff(attempts=3, first_s=5)

    def admit(self, job: dsm.JobRow) -> None:
        """Refuses a job without servers before it is stored."""
        if not job["target_scope"]["server_ids"]:
            raise ValueError("there is no server to blink")

    def run(self, ctx: dsm.Context, job: dsm.JobRow) -> dsm.Done | dsm.Partly:
        """One task a server; a restart of the program goes on with those that are not done."""
        done: list[str] = ctx.checkpoint or []
        failed = []
        servers = [each for each in ctx.servers(ids=job["target_scope"]["server_ids"]) if each["id"] not in done]
        for server in servers:
            task = ctx.task(server=server["id"], status="running")
            try:
                with ctx.lock(servers=[server["id"]]), ctx.idrac(server["id"], task=task) as idrac:
                    idrac.power.locate(on=True)
            except dsm.exceptions.RedfishError as error:
                ctx.log(f"{server['ip_address']}: {error}", "WARN")
                ctx.task(task, status="failed", log=str(error))
                failed.append(server["ip_address"])
            else:
                done.append(server["id"])
                ctx.task(task, status="completed", progress=100)
                ctx.write({"blinking": len(done)}, checkpoint=done)
        if failed:
            return dsm.Partly(f"{len(failed)} do not blink: {', '.join(map(str, failed))}", {"blinking": len(done)})
        return dsm.Done({"blinking": len(done)})


class Asked:
    """One user and password for every iDRAC."""

    def __init__(self, user: str, password: str) -> None:
        """Keeps them in memory."""
        self.pair = (user, password)

    async def resolve(self, target: Target) -> tuple[str, str] | None:
        """Those, for an iDRAC."""
        return self.pair if target.purpose == "idrac" else None

    async def report(self, target: Target, ok: bool) -> None:  # noqa: FBT001 - as the engine calls it
        """Says which iDRAC does not take them."""
        if not ok:
            print(f"{target.address} refuses them")


def main() -> None:
    """Looks what is there, then lets it blink."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("range", help="addresses, CIDR, dash ranges; commas between them")
    parser.add_argument("--user", default="root")
    parser.add_argument("--db", default="dsm.db")
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--allow-loopback", action="store_true", help="for the simulator")
    given = parser.parse_args()
    password = os.environ.get("IDRAC_PASSWORD") or getpass(f"Password of {given.user}: ")

    with dsm.Engine.open(
        given.db,
        port=given.port,
        allow_loopback=given.allow_loopback,
        handlers=[Blink()],
        resolver=Asked(given.user, password),
    ) as engine:
        engine.run("discovery_scan", target_scope={"ip_range": given.range})
        job = engine.enqueue("blink", target_scope={"server_ids": [each["id"] for each in engine.servers()]})
        for event in engine.events(job):
            if event["event"] == "task" and event["status"] != "running":
                print("task", event["status"])
            elif event["event"] == "activity" and event["command_type"] == "PATCH":
                print(event["command_type"], event["full_url"], event["status_code"])
        print(engine.job(job)["status"], engine.job(job)["details"]["blinking"])


if __name__ == "__main__":
    main()
