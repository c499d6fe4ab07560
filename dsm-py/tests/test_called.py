"""The engine's own job types, called one by one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from conftest import PASSWORD, RANGE, USER
from dsm import exceptions
from dsm.handlers import DiscoveryScan, PowerAction
from held import misfits
from lab import changes, server
from test_limits import Gate

if TYPE_CHECKING:
    from pathlib import Path

SCAN = {"target_scope": {"ip_range": RANGE}}


def test_a_job_is_a_call(engine: dsm.Engine) -> None:
    scan = DiscoveryScan(engine)
    row = scan.execute({**SCAN, "details": None, "notes": "by hand"}, timeout=50)
    assert misfits(row, dsm.handlers.Executed) == []
    assert (row["job_type"], row["status"], row["notes"]) == ("discovery_scan", "completed", "by hand")
    assert row["details"]["discovered_count"] == 6
    ids = [each["id"] for each in engine.servers()][:2]
    again = asyncio.run(scan.execute_async({"target_scope": {"server_ids": ids}}, timeout=50))
    assert misfits(again, dsm.handlers.Executed) == []
    assert again["status"] == "completed"
    # What came back goes in again: a row says what to do, too.
    third = scan.execute({**again, "schedule_at": "2020-01-01T00:00:00Z", "status": "running"}, timeout=50)
    assert third["id"] not in (row["id"], again["id"])
    assert third["status"] == "completed"


def test_it_needs_no_engine_of_the_programs(fleet: dsm.sim.Fleet, store: Path) -> None:
    options: dsm.EngineOptions = {
        "port": fleet.port,
        "allow_loopback": True,
        "env_credentials": dsm.Credential(USER, PASSWORD),
    }
    row = DiscoveryScan(**options).execute(SCAN, timeout=50)
    assert (row["status"], row["details"]["discovered_count"]) == ("completed", 6)
    for where in (store, str(store)):
        assert DiscoveryScan(where, **options).execute(SCAN, timeout=50)["status"] == "completed"
    asyncio.run(DiscoveryScan(store, **options).execute_async(SCAN, timeout=50))
    with dsm.Engine.open(store) as engine:
        assert [each["status"] for each in engine.jobs()] == ["completed"] * 3
        assert len(engine.servers()) == 6


@pytest.mark.parametrize(
    ("job", "field"),
    [
        ({"job_type": "make_coffee"}, "job.job_type"),
        ({"colour": "blue"}, "job.colour"),
        ({"target_scope": {"ip_range": 7}}, "target_scope.ip_range"),
        ({}, "target_scope"),
        ({**SCAN, "priority": "urgent"}, "priority"),
    ],
)
def test_input_that_could_not_run_is_raised(engine: dsm.Engine, job: dict[str, Any], field: str) -> None:
    with pytest.raises(exceptions.InvalidInputError) as refused:
        DiscoveryScan(engine).execute(job)
    assert refused.value.subject == field
    with pytest.raises(exceptions.InvalidInputError) as refused:
        asyncio.run(DiscoveryScan(engine).execute_async(job))
    assert refused.value.subject == field
    assert engine.jobs() == []


def test_power_is_a_call_too() -> None:
    with server() as fleet:
        with dsm.Engine.in_memory(
            port=fleet.port, allow_loopback=True, env_credentials=(USER, PASSWORD), poll_interval=0.05
        ) as engine:
            DiscoveryScan(engine).execute({"target_scope": {"ip_range": fleet.addresses[0]}}, timeout=50)
            (known,) = (each["id"] for each in engine.servers())
            fleet.clear_journal()
            off: dict[str, Any] = {"target_scope": {"server_ids": [known]}, "details": {"action": "ForceOff"}}
            power = PowerAction(engine)
            plan = power.execute({**off, "details": {**off["details"], "dry_run": True}}, timeout=50)
            assert (plan["status"], changes(fleet)) == ("completed", [])
            row = asyncio.run(power.execute_async(off, timeout=50))
            assert misfits(row, dsm.handlers.Executed) == []
            assert row["status"] == "completed", row["details"]
            assert [each["status"] for each in row["tasks"]] == ["completed"]
            assert len(changes(fleet)) == 1
            again = power.execute(off, timeout=50)
            assert again["status"] == "completed"
            assert len(changes(fleet)) == 1
            assert engine.servers()[0]["power_state"] == "Off"
        assert fleet.open_sessions() == 0


def test_options_are_those_of_the_engine(engine: dsm.Engine) -> None:
    with pytest.raises(exceptions.InvalidInputError, match="the engine has its own"):
        DiscoveryScan(engine, slots=3)


def test_a_call_that_is_given_up_cancels_its_job() -> None:
    gate = Gate()
    gate.job_type = "discovery_scan"
    with dsm.Engine.in_memory(handlers=[gate], poll_interval=0.05) as engine:
        with pytest.raises(exceptions.DeadlineError):
            DiscoveryScan(engine).execute({}, timeout=0.1)

        async def main() -> None:
            calling = asyncio.ensure_future(DiscoveryScan(engine).execute_async({}))
            assert await asyncio.to_thread(gate.at_work.acquire, timeout=20)
            assert await asyncio.to_thread(gate.at_work.acquire, timeout=20)
            calling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await calling

        asyncio.run(main())
        rows = [engine.wait(each["id"], timeout=30) for each in engine.jobs()]
        assert [(each["status"], each["details"]["cancelled_reason"]) for each in rows] == [
            ("cancelled", "the call was given up")
        ] * 2
        gate.open.set()
