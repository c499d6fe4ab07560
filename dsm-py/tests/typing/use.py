"""Read by mypy, never run: what a user writes has the types a user expects."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone

import dsm
from dsm import testing
from dsm.results import DellViewKind, JobProgress, JobStatus, PlanStep, SettingsOutcome
from typing_extensions import assert_type


class Documents:
    """A store of the user's."""

    def now(self) -> datetime:
        """See `dsm.stores.DocumentStore`."""
        return datetime.now(timezone.utc)

    def get(self, _key: str) -> tuple[int, bytes] | None:
        """See there."""
        return None

    def put_if(self, _key: str, _value: bytes, _expected: int | None) -> int | None:
        """See there."""
        return None

    def delete_if(self, _key: str, _rev: int) -> bool:
        """See there."""
        return False

    def scan(self, _prefix: str, _after: str | None, _limit: int) -> list[tuple[str, int, bytes]]:
        """See there."""
        return []


def sync() -> None:
    """The blocking calls."""
    with dsm.Engine.open("dsm.db", tls={"pin": "ab"}, scan={"connect_width": 64}) as engine:
        assert_type(engine, dsm.Engine)
        job = engine.enqueue("discovery_scan", target_scope={"ip_range": "10.0.0.0/24"}, priority="high")
        assert_type(job, str)
        for event in engine.events(job):
            if event["event"] == "ended":
                assert_type(event["status"], dsm.JobStatus)
            elif event["event"] == "server":
                assert_type(event["service_tag"], str | None)
        assert_type(engine.wait(job), dsm.JobRow)
        for server in engine.servers():
            assert_type(server["memory_gb"], int | None)
            assert_type(engine.inventory(server["id"])["drives"], list[dsm.records.DriveRow])
        engine.enqueue("discovery_scan", priority="urgent")  # type: ignore[arg-type]
        engine.cancel(job, why="because")  # type: ignore[call-arg]
    dsm.Engine.open("dsm.db", ports=443)  # type: ignore[call-arg]
    report = testing.check_store(Documents)
    assert_type(report.is_ok, bool)
    assert_type(report.failed, list[testing.Case])
    with dsm.Engine.over(Documents(), key_file="dsm.key") as engine:
        assert_type(engine, dsm.Engine)
    dsm.Engine.over(object(), key_file="dsm.key")  # type: ignore[arg-type]


def grown_up() -> None:
    """Limits, parts, and the engine's own job types as calls."""
    with dsm.Engine.open("dsm.db", limits={"per_type": {"scp_export": 4}}, drain_time=30.0) as engine:
        assert_type(engine.limits["per_subnet"], int | None)
        limits = engine.limits
        limits["all"] = 20
        engine.set_limits(limits)
        engine.set_limits({"all": None})
        engine.set_limits({"al": 3})  # type: ignore[arg-type]
        part: dsm.NewJob = {"job_type": "discovery_scan", "target_scope": {"ip_range": "10.0.0.0/24"}}
        assert_type(engine.enqueue("night", children=[part, part], on_failure="continue"), str)
        assert_type(engine.enqueue_all([part]), list[str])
        engine.enqueue("night", children=[{"colour": 3}])  # type: ignore[typeddict-unknown-key]
        assert_type(engine.standing_back, dsm.Error | None)
        for reason in engine.why_not("x").reasons:
            if reason["reason"] == "limit":
                assert_type(reason["most"], int)
        with engine.lock(servers=["x"], label="by hand") as locks:
            assert_type(dsm.Idrac.through(engine, "x", locks=locks), dsm.Idrac)
        scan = dsm.handlers.DiscoveryScan(engine)
        assert_type(scan.execute({"target_scope": {}})["tasks"], list[dsm.TaskRow])
    dsm.handlers.DiscoveryScan("dsm.db", ports=443)  # type: ignore[call-arg]


async def asynchronous() -> None:
    """The same for asyncio."""
    async with await dsm.Engine.open_async() as engine:
        assert_type(engine, dsm.Engine)
        rows = engine.servers_async()
        assert_type(rows, asyncio.Future[list[dsm.ServerRow]])
        async for event in engine.events():
            assert_type(event["at"], str)


def one() -> None:
    """One server."""
    inventory = dsm.inventory("10.0.0.7", "root", "x", tls="system_roots")
    assert_type(inventory["drives"][0]["CapacityBytes"], int)
    assert_type(inventory["summary"]["model"], str | None)
    try:
        dsm.restore(inventory["system"])
    except dsm.exceptions.CertificateChangedError as error:
        assert_type(error.http_status, int | None)


def operations() -> None:
    """One server, everything that can be done with it."""

    def told(progress: JobProgress) -> None:
        assert_type(progress["percent"], int | None)

    with dsm.Idrac("10.0.0.7", "root", "x", concurrency=2) as idrac:
        assert_type(idrac, dsm.Idrac)
        assert_type(idrac.power.plan_reset("GracefulRestart")["steps"], list[PlanStep])
        outcome = idrac.bios.set({"ProcVirtualization": "Disabled"}, restart="GracefulRestart", progress=told)
        assert_type(outcome, SettingsOutcome)
        if outcome["end"]["how"] == "ended":
            assert_type(outcome["end"]["job"]["waited_s"], float)
        for problem in outcome["validation"]["problems"]:
            if problem["reason"] == "not_allowed":
                assert_type(problem["allowed"], list[str])
        idrac.network.set({"nic": {"mtu": 1400}})
        idrac.power.reset("Sideways")  # type: ignore[arg-type]
        idrac.bios.set({}, restart={"escalation": "force"})  # type: ignore[arg-type]
        idrac.network.set({"nic": {"colour": "red"}})  # type: ignore[typeddict-unknown-key]
        idrac.jobs.wait("JID_1", 30)  # type: ignore[call-arg, arg-type]
        assert_type(idrac.share_session(), dsm.SessionHandle)
        seen = idrac.if_changed("/redfish/v1/UpdateService")
        if seen["state"] == "changed":
            assert_type(seen["tag"], str | None)
        idrac.inventory(sections=["full", "nonsense"])  # type: ignore[list-item]
        idrac.hardware.dell_view("nonsense")  # type: ignore[arg-type]
        idrac.update_schedule.set({"kind": "nfs", "address": "10.0.0.1"}, "02:00", day_of_week="Sun")  # type: ignore[call-arg]
        with dsm.Idrac(session=idrac.share_session()) as other:
            assert_type(other.hardware.dell_view_kinds(), list[DellViewKind])
    dsm.Idrac("10.0.0.7", "root", "x", timeout=3)  # type: ignore[call-overload]
    dsm.Idrac("10.0.0.7")  # type: ignore[call-overload]


async def operations_asynchronous() -> None:
    """The same for asyncio."""
    async with dsm.Idrac("10.0.0.7", "root", "x") as idrac:
        assert_type(idrac, dsm.Idrac)
        assert_type(idrac.jobs.list_async(), asyncio.Future[list[JobStatus]])
        assert_type(await idrac.console.screenshot_async("preview"), bytes)
        assert_type(await idrac.lockdown_async(), bool | None)


def simulated() -> None:
    """A fleet."""
    with dsm.sim.Fleet("127.20.0.0", 2, generations=dsm.sim.DEMO_MIX, servers={1: {"kind": "dead"}}) as fleet:
        assert_type(fleet.totals(), dsm.sim.Totals)
    dsm.sim.Fleet(servers={1: {"kind": "asleep"}})  # type: ignore[typeddict-item]
