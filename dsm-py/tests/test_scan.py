"""The main job from Python: scan, follow, read back."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import TYPE_CHECKING

import dsm
import pytest
from conftest import PASSWORD, RANGE, USER
from dsm import exceptions

if TYPE_CHECKING:
    from pathlib import Path


def test_events_come_until_the_end(engine: dsm.Engine) -> None:
    job = engine.enqueue("discovery_scan", target_scope={"ip_range": RANGE})
    seen = list(engine.events(job))
    assert {event["job_id"] for event in seen} == {job}
    assert {"progress", "server", "inventory", "log", "ended"} <= {event["event"] for event in seen}
    assert seen[-1]["event"] == "ended"
    assert seen[-1]["status"] == "completed"
    servers = [event for event in seen if event["event"] == "server"]
    assert len({event["ip"] for event in servers}) == 6
    assert {event["change"] for event in servers} <= {"new", "updated"}
    row = engine.job(job)
    assert row["details"]["discovered_count"] == 6


def test_async_for_sees_the_same(engine: dsm.Engine) -> None:
    async def main() -> list[dsm.Event]:
        every = engine.events()
        job = await engine.enqueue_async("discovery_scan", target_scope={"ip_range": RANGE})
        seen = [event async for event in engine.events(job)]
        assert (await engine.wait_async(job))["status"] == "completed"
        first = await anext_of(every)
        assert first["event"] == "queued"
        return seen

    seen = asyncio.run(main())
    assert seen[-1]["event"] == "ended"
    assert sum(event["event"] == "inventory" for event in seen) == 6


async def anext_of(events: dsm.Events) -> dsm.Event:
    return await events.__anext__()


def test_events_have_their_types(engine: dsm.Engine) -> None:
    types = {
        "queued": dsm.events.QueuedEvent,
        "started": dsm.events.StartedEvent,
        "progress": dsm.events.ProgressEvent,
        "server": dsm.events.ServerEvent,
        "inventory": dsm.events.InventoryEvent,
        "activity": dsm.events.ActivityEvent,
        "log": dsm.events.LogEvent,
        "ended": dsm.events.EndedEvent,
    }
    every = engine.events()
    engine.enqueue("discovery_scan", target_scope={"ip_range": RANGE})
    missing = dict(types)
    for event in every:
        assert set(event) == set(types[event["event"]].__annotations__), event
        missing.pop(event["event"], None)
        if event["event"] == "ended":
            break
    assert not missing


def test_rows_have_their_types(scanned: tuple[dsm.Engine, str]) -> None:
    engine, job = scanned
    servers = engine.servers()
    assert [server["ip_address"] for server in servers] == [f"127.31.0.{n}" for n in range(1, 7)]
    for server in servers:
        assert set(server) == set(dsm.ServerRow.__annotations__)
        assert server["service_tag"]
        assert (server["model"] or "").startswith("PowerEdge R")
    assert engine.servers(addresses=["127.31.0.2"]) == [servers[1]]
    assert engine.servers(ids=[servers[2]["id"]]) == [servers[2]]
    assert engine.servers(limit=2) == servers[:2]
    inventory = engine.inventory(servers[0]["id"])
    assert set(inventory) == set(dsm.InventoryRows.__annotations__)
    for section, row in (
        ("drives", dsm.records.DriveRow),
        ("nics", dsm.records.NicRow),
        ("memory", dsm.records.MemoryRow),
        ("firmware", dsm.records.FirmwareRow),
    ):
        rows = inventory[section]  # type: ignore[literal-required]
        assert rows, section
        assert set(rows[0]) == set(row.__annotations__), section
    assert inventory["health"] is not None
    assert set(inventory["health"]) == set(dsm.records.HealthRow.__annotations__)
    (attempt,) = engine.attempts(job)
    assert set(attempt) == set(dsm.AttemptRow.__annotations__)
    assert attempt["outcome"] == "completed"


def test_documents_are_what_the_idrac_sent(scanned: tuple[dsm.Engine, str], fleet: dsm.sim.Fleet) -> None:
    engine, _ = scanned
    (server,) = engine.servers(addresses=["127.31.0.1"])
    documents = engine.documents(server["id"])
    assert {"system", "manager", "drives", "memory", "firmware", "bios"} <= set(documents)
    for section, resources in documents.items():
        for path, resource in resources.items():
            assert resource["@odata.id"] == path, section
    assert len(documents["memory"]) == len(engine.inventory(server["id"])["memory"])
    json.dumps(documents)


def test_every_exchange_is_on_record(scanned: tuple[dsm.Engine, str]) -> None:
    engine, job = scanned
    rows = engine.activity(job=job)
    assert rows
    assert set(rows[0]) == set(dsm.ActivityRow.__annotations__)
    assert {row["job_id"] for row in rows} == {job}
    (server,) = engine.servers(addresses=["127.31.0.1"])
    own = [row for row in rows if row["server_id"] == server["id"]]
    assert engine.activity(job=job, server_id=server["id"]) == own
    assert engine.activity(job=job, after=rows[4]["id"], limit=3) == rows[5:8]


def test_a_second_scan_knows_the_servers(scanned: tuple[dsm.Engine, str]) -> None:
    engine, _ = scanned
    before = {server["id"] for server in engine.servers()}
    row = engine.run("discovery_scan", target_scope={"ip_range": RANGE}, timeout=50)
    assert row["status"] == "completed"
    assert row["details"]["new_servers"] == 0
    assert {server["id"] for server in engine.servers()} == before


def test_a_changed_certificate_is_loud_until_it_is_trusted_anew(fleet: dsm.sim.Fleet, store: Path) -> None:
    address = "127.31.0.5"
    scan = {"ip_range": address}
    with dsm.Engine.open(store, port=fleet.port, allow_loopback=True) as engine:
        engine.add_credential_set("lab", USER, PASSWORD, default=True)
        assert engine.run("discovery_scan", target_scope=scan)["details"]["discovered_count"] == 1
        fleet.renew_certificate(address)
        details = engine.run("discovery_scan", target_scope=scan)["details"]
        assert details["certificate_changed_ips"] == [address]
        assert engine.trust_anew(address)
        assert engine.run("discovery_scan", target_scope=scan)["details"]["certificate_changed_ips"] == []


def test_a_running_scan_is_cancelled_within_a_second(store: Path) -> None:
    addresses = 64
    with (
        dsm.sim.Fleet("127.32.0.0", addresses, defaults={"kind": "hangs"}) as fleet,
        dsm.Engine.open(store, port=fleet.port, allow_loopback=True) as engine,
    ):
        engine.add_credential_set("lab", "root", "x", default=True)
        job = engine.enqueue("discovery_scan", target_scope={"ip_range": "127.32.0.1-127.32.0.64"})
        for event in engine.events(job):
            if event["event"] == "progress":
                break
        asked = time.monotonic()
        assert engine.cancel(job, "enough") == "requested"
        row = engine.wait(job)
        assert time.monotonic() - asked < 2
        assert row["status"] == "cancelled"
        assert row["details"]["cancelled_reason"] == "enough"


def test_input_that_cannot_be_is_named(engine: dsm.Engine) -> None:
    def refused(kind: type[dsm.Error], field: str, **job: object) -> None:
        job = {"job_type": "discovery_scan", **job}
        with pytest.raises(kind) as caught:
            engine.enqueue(**job)  # type: ignore[arg-type]
        assert field in (caught.value.subject or ""), caught.value

    refused(exceptions.NoHandlerError, "job_type", job_type="make_coffee")
    refused(exceptions.InvalidInputError, "target_scope", target_scope="10.0.0.1")
    refused(exceptions.InvalidInputError, "priority", priority="urgent")
    refused(exceptions.InvalidInputError, "schedule_at", schedule_at="tomorrow")
    refused(exceptions.InvalidInputError, "created_by", created_by="me")
    with pytest.raises(TypeError, match="set cannot be part of a job"):
        engine.enqueue("discovery_scan", target_scope={"ip_range": {1, 2}})
    for call in (engine.job, engine.wait, engine.tasks):
        with pytest.raises(exceptions.InvalidInputError) as caught:
            call("no id")
        assert caught.value.subject == "job"
    unknown = "01890000-0000-7000-8000-000000000000"
    with pytest.raises(exceptions.NotFoundError) as missing:
        engine.job(unknown)
    assert isinstance(missing.value, LookupError)
    with pytest.raises(exceptions.NotFoundError):
        next(engine.events(unknown))
    assert engine.jobs() == []


@pytest.mark.parametrize("text", ["10.0.0", "8.8.8.8"])
def test_a_range_that_cannot_be_scanned_is_refused_and_named(engine: dsm.Engine, text: str) -> None:
    with pytest.raises(dsm.Error, match=re.escape(text)) as refused:
        engine.run("discovery_scan", target_scope={"ip_range": text})
    assert refused.value.subject == "target_scope.ip_range"
    assert engine.jobs() == []
