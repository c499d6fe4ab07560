"""Opening, closing, and what an engine is."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import pickle
import sqlite3
import stat
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import dsm
import pytest
from conftest import PASSWORD, USER
from dsm import exceptions
from handling import TYPE, Simple
from held import misfits
from lab import server

if TYPE_CHECKING:
    from pathlib import Path


def test_a_store_outlives_its_engine(store: Path) -> None:
    with dsm.Engine.open(store) as engine:
        assert repr(engine) == f'Engine("{store}")'
        assert engine.store == str(store)
        assert engine.running == 0
        set_id = engine.add_credential_set("lab", "root", "one", default=True)
        assert engine.add_credential_set("lab", "admin", "two", priority=5) == set_id
    assert engine.is_closed
    assert stat.S_IMODE((store.parent / "dsm.db.key").stat().st_mode) == 0o600
    with dsm.Engine.open(str(store)) as engine:
        (only,) = engine.credential_sets()
        assert only == {
            "id": set_id,
            "name": "lab",
            "credential_type": "idrac",
            "username": "admin",
            "has_password": True,
            "is_default": False,
            "priority": 5,
            "description": None,
        }
        assert set(only) == set(dsm.CredentialSetRow.__annotations__)


def test_asyncio_has_the_same_engine(store: Path) -> None:
    async def main() -> None:
        async with await dsm.Engine.open_async(store, key_file=store.parent / "elsewhere.key") as engine:
            set_id = await engine.add_credential_set_async("lab", "root", "one")
            range_id = await engine.add_credential_range_async(set_id, "10.0.0.0/8", description="all")
            (only,) = await engine.credential_ranges_async()
            assert (only["id"], only["credential_set_id"], only["ip_range"]) == (range_id, set_id, "10.0.0.0/8")
            assert set(only) == set(dsm.CredentialRangeRow.__annotations__)
            assert await engine.remove_credential_set_async(set_id)
            assert not await engine.remove_credential_set_async(set_id)
            assert await engine.credential_ranges_async() == []
        assert engine.is_closed
        await engine.close_async()
        async with await dsm.Engine.in_memory_async() as engine:
            assert engine.store == ":memory:"

    asyncio.run(main())
    assert (store.parent / "elsewhere.key").exists()


def test_a_closed_engine_says_so(store: Path) -> None:
    engine = dsm.Engine.open(store)
    engine.close()
    engine.close()
    assert repr(engine) == f'Engine("{store}", closed)'
    for call in (engine.servers, engine.events, lambda: engine.running):
        with pytest.raises(exceptions.InvalidInputError, match="the engine is closed"):
            call()


def test_an_engine_that_is_not_closed_is_reported(store: Path) -> None:
    open_engines = [dsm.Engine.open(store)]
    with pytest.warns(ResourceWarning, match="unclosed Engine"):
        open_engines.clear()


def test_live_things_are_not_pickled(fleet: dsm.sim.Fleet) -> None:
    with dsm.Engine.in_memory() as engine:
        for live in (engine, engine.events(), fleet):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(live)
            with pytest.raises(TypeError, match="cannot be pickled"):
                copy.copy(live)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"port": 70_000}, "port"),
        ({"ports": 443}, "ports"),
        ({"tls": "none"}, "tls"),
        ({"tls": {"pin": "no fingerprint"}}, "tls"),
        ({"allow_networks": ["10.0.0"]}, "allow_networks"),
        ({"scan": {"connect_timeout": -1.0}}, "scan.connect_timeout"),
        ({"scan": {"width": 1}}, "scan"),
        ({"idrac_concurrency": 9}, "idrac.concurrency"),
    ],
)
def test_an_option_that_cannot_be_is_named(options: dict[str, object], field: str) -> None:
    with pytest.raises(exceptions.InvalidInputError) as caught:
        dsm.Engine.in_memory(**options)  # type: ignore[arg-type]
    assert caught.value.subject is not None
    assert field in caught.value.subject
    assert isinstance(caught.value, ValueError)


def test_a_file_that_is_not_ours_is_left_alone(store: Path) -> None:
    store.write_text("a shopping list")
    with pytest.raises(exceptions.StoreNotOursError) as caught:
        dsm.Engine.open(store)
    assert caught.value.kind == "store_not_ours"
    assert store.read_text() == "a shopping list"
    assert not (store.parent / "dsm.db.key").exists()


def test_another_key_opens_no_password(store: Path) -> None:
    with dsm.Engine.open(store) as engine:
        engine.add_credential_set("lab", "root", "one", default=True)
    (store.parent / "dsm.db.key").unlink()
    with dsm.Engine.open(store) as engine:
        assert engine.credential_sets()[0]["has_password"]
    # Not while the engine has it open: two SQLite libraries in one process let go of each other's locks.
    with contextlib.closing(sqlite3.connect(store)) as rows:
        (sealed,) = rows.execute("select password_encrypted from credential_sets").fetchone()
    assert sealed.startswith("dsm1:")


def test_jobs_wait_for_their_time(engine: dsm.Engine) -> None:
    later = datetime.now(timezone.utc) + timedelta(days=1)
    scan = {"ip_range": "127.31.0.7"}
    job = engine.enqueue(
        "discovery_scan",
        target_scope=scan,
        details={"colour": "blue"},
        priority="high",
        schedule_at=later,
        idempotency_key="once",
        notes="tomorrow",
    )
    assert engine.enqueue("discovery_scan", target_scope=scan, idempotency_key="once") == job
    row = engine.job(job)
    assert set(row) == set(dsm.JobRow.__annotations__)
    assert row["status"] == "pending"
    assert row["priority"] == "high"
    assert row["notes"] == "tomorrow"
    assert row["details"]["colour"] == "blue"
    assert engine.jobs(status="pending", job_type="discovery_scan") == [row]
    assert engine.jobs(ids=[job], limit=1) == [row]
    assert engine.jobs(status="running") == []
    assert engine.tasks(job) == []
    assert engine.attempts(job) == []
    with pytest.raises(exceptions.DeadlineError) as caught:
        engine.wait(job, timeout=0.05)
    assert isinstance(caught.value, TimeoutError)
    assert engine.cancel(job, "not tomorrow either") == "at_once"
    assert engine.cancel(job) == "already_ended"
    assert engine.wait(job)["status"] == "cancelled"
    assert [event["event"] for event in engine.events(job)] == ["ended"]


def test_a_closed_store_is_one_file(store: Path) -> None:
    for _ in range(3):
        with dsm.Engine.open(store) as engine:
            engine.add_credential_set("lab", "root", "one")
        assert {path.name for path in store.parent.iterdir()} == {"dsm.db", "dsm.db.key"}


def test_the_credentials_of_last_resort_are_said(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("planted", ("root", ""), ("root", 7), {"root": "planted"}):
        with pytest.raises(exceptions.InvalidInputError) as refused:
            dsm.Engine.open(store, env_credentials=wrong)  # type: ignore[arg-type]
        assert refused.value.subject == "env_credentials"
        assert "planted" not in str(refused.value)
    monkeypatch.setenv("IDRAC_USER", "root")
    monkeypatch.setenv("IDRAC_PASSWORD", "planted")
    tried: list[str] = []

    def work(ctx: dsm.Context, args: dsm.JobRow) -> dict[str, str]:
        found = ctx.credentials(ctx.servers()[0]["id"])
        tried.append(f"{found.username}/{found.password}")
        return {}

    with server() as fleet:
        at: dsm.EngineOptions = {"port": fleet.port, "allow_loopback": True, "poll_interval": 0.05}
        at["env_credentials"] = (USER, PASSWORD)
        with dsm.Engine.open(store, **at) as engine:
            assert engine.run("discovery_scan", target_scope={"ip_range": fleet.addresses[0]})["status"] == "completed"
        del at["env_credentials"]
        at["handlers"] = [Simple(work)]
        others: tuple[dsm.EngineOptions, ...] = ({}, {"env_credentials": None}, {"env_credentials": ("anna", "other")})
        ends = []
        for more in others:
            options: dsm.EngineOptions = {**at, **more}
            with dsm.Engine.open(store, **options) as engine:
                ends.append(engine.run(TYPE, timeout=30)["status"])
    assert ends == ["completed", "failed", "completed"]
    assert tried == ["root/planted", "anna/other"]


def test_how_exchanges_are_recorded_is_said(store: Path) -> None:
    with server() as fleet:
        for keep, kept in (("always", True), ("never", False)):
            recording: dsm.options.ActivityOptions = {"reply_bodies": keep, "spill": store.parent / "spill"}  # type: ignore[typeddict-item]
            with dsm.Engine.open(
                store, port=fleet.port, allow_loopback=True, env_credentials=(USER, PASSWORD), activity=recording
            ) as engine:
                job = engine.run("discovery_scan", target_scope={"ip_range": fleet.addresses[0]}, timeout=30)
                reads = [each for each in engine.activity(job=job["id"]) if each["command_type"] == "GET"]
                assert any(each["response_body"] for each in reads) == kept
                assert misfits(engine.activity_stats, dsm.records.ActivityStats) == []
    with pytest.raises(exceptions.InvalidInputError) as refused:
        dsm.Engine.open(store, activity={"interval": -1.0})
    assert refused.value.subject == "activity.interval"
    with pytest.raises(exceptions.InvalidInputError) as refused:
        dsm.Engine.open(store, activity={"replies": "never"})  # type: ignore[typeddict-unknown-key]
    assert refused.value.subject == "activity"
