"""Engines over a database server: PostgreSQL, and PostgREST before one."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import dsm
import pytest
from conftest import PASSWORD, RANGE, USER
from dsm import exceptions
from dsm.stores import Lack

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes(range(32))
READS = "health_check"
"""A type that the existing database has a word for, and that changes nothing."""


class Reads:
    """Does nothing, and says so."""

    job_type = READS

    def run(self, ctx: dsm.Context, args: Any) -> dsm.Done:
        ctx.write(details={"stage": "read"})
        return dsm.Done({"message": "done ✓"})


@contextmanager
def fake(*arguments: str) -> Iterator[dict[str, str]]:
    """The suite's PostgREST, over a PostgreSQL of its own unless it is told of another."""
    targets = [os.environ.get("CARGO_TARGET_DIR"), ROOT / "target"]
    binaries = [Path(target) / "debug" / "postgrest-fake" for target in targets if target]
    binary = next((path for path in binaries if path.exists()), None)
    if binary is None:
        pytest.skip("SKIPPED: cargo build -p dsm-suite --features postgres --bin postgrest-fake")
    with subprocess.Popen(
        [binary, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        told = process.stdout.readline()
        if not told:
            pytest.skip(process.stderr.read())
        try:
            yield json.loads(told)
        finally:
            process.stdin.close()


@pytest.fixture(scope="module")
def service() -> Iterator[dict[str, str]]:
    """Before the existing system's database, as it is."""
    with fake() as told:
        yield told


def does_its_work(engine: dsm.Engine) -> None:
    row = engine.run(READS, timeout=60)
    assert row["status"] == "completed", row
    assert row["details"]["message"] == "done ✓"
    assert row["details"]["stage"] == "read"


def test_an_untouched_database_behind_a_service(service: dict[str, str]) -> None:
    url, role = service["url"], service["key"]
    opened = dsm.Engine.over_postgrest(url, role, service={"page": 50}, key=KEY, handlers=[Reads()], poll_interval=0.05)
    with opened as engine:
        assert set(engine.lacks) == set(get_args(Lack))
        assert role not in repr(engine) + engine.store
        assert url.removeprefix("http://") in engine.store
        does_its_work(engine)
        with pytest.raises(exceptions.StoreNotOursError, match="accept_unfenced_changes"):
            engine.enqueue("power_action", target_scope={"server_ids": [str(uuid.uuid4())]}, details={"action": "On"})


class ErasesAlways(Reads):
    """Changes servers without a lane."""

    job_type = "power_action"
    changes_servers = True


class Erases(Reads):
    """Changes servers if it is told to."""

    job_type = "power_action"

    def changes_servers(self, job: dsm.JobRow) -> bool:
        return bool(job["details"]["does"] == "erase")


class Odd(Reads):
    """Says neither yes nor no."""

    changes_servers = "yes"


@pytest.mark.parametrize("handler", [ErasesAlways(), Erases()])
def test_a_handler_says_that_it_changes_servers(service: dict[str, str], handler: Reads) -> None:
    opened = dsm.Engine.over_postgrest(service["url"], service["key"], key=KEY, handlers=[handler], poll_interval=0.05)
    with opened as engine, pytest.raises(exceptions.StoreNotOursError, match="accept_unfenced_changes"):
        engine.enqueue("power_action", details={"does": "erase"})
    with pytest.raises(exceptions.InvalidInputError, match="changes_servers"):
        dsm.Engine.in_memory(handlers=[Odd()])


def test_servers_are_changed_there_if_that_is_accepted(service: dict[str, str], fleet: dsm.sim.Fleet) -> None:
    opened = dsm.Engine.over_postgrest(
        service["url"],
        service["key"],
        key=KEY,
        port=fleet.port,
        allow_loopback=True,
        poll_interval=0.05,
        accept_unfenced_changes=True,
    )
    with opened as engine:
        engine.add_credential_set("lab", USER, PASSWORD, default=True)
        assert engine.run("discovery_scan", target_scope={"ip_range": RANGE}, timeout=120)["status"] == "completed"
        found = [server["id"] for server in engine.servers() if server["service_tag"]]
        assert len(found) == 6
        job = engine.enqueue("power_action", target_scope={"server_ids": found[:2]}, details={"action": "ForceOff"})
        row = engine.wait(job, timeout=120)
        assert row["status"] == "completed", row["details"]
        assert [each["power_state"] for each in row["details"]["results"]] == ["Off", "Off"]


def test_the_address_comes_from_the_environment_as_well(
    service: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSM_URL", service["url"])
    monkeypatch.setenv("SERVICE_ROLE_KEY", service["key"])

    async def run() -> None:
        opened = dsm.Engine.over_postgrest_async(key=KEY, handlers=[Reads()], poll_interval=0.05)
        async with await opened as engine:
            assert (await engine.run_async(READS, timeout=60))["status"] == "completed"

    asyncio.run(run())
    monkeypatch.delenv("SERVICE_ROLE_KEY")
    monkeypatch.delenv("SUPABASE_SERVICE_ROLE_KEY", raising=False)
    with pytest.raises(exceptions.InvalidInputError, match="SERVICE_ROLE_KEY"):
        dsm.Engine.over_postgrest(key=KEY)


def test_a_server_itself_and_a_service_before_our_own_tables(service: dict[str, str]) -> None:
    schema, database = "apart", service["database"]
    with dsm.Engine.over_postgres(database, schema=schema, key=KEY, handlers=[Reads()]) as engine:
        assert engine.lacks == []
        assert "dsm:" not in engine.store
        does_its_work(engine)
        with fake("--database", database, "--schema", schema) as other:
            opened = dsm.Engine.over_postgrest(
                other["url"], other["key"], service={"schema": schema}, key=KEY, handlers=[Reads()], poll_interval=0.05
            )
            with opened as beside:
                assert beside.lacks == []
                does_its_work(beside)
                assert len(beside.jobs(status="completed")) == 2
                assert [each["job_type"] for each in engine.jobs()] == [READS, READS]
    # The existing system's own tables are not written to before they were extended.
    with pytest.raises(exceptions.StoreNotOursError):
        dsm.Engine.over_postgres(database, key=KEY)


def test_what_cannot_be_opened_says_what_is_wrong(service: dict[str, str]) -> None:
    url, role = service["url"], service["key"]
    with pytest.raises(exceptions.StoreError, match="SERVICE_ROLE_KEY") as refused:
        dsm.Engine.over_postgrest(url, "planted", key=KEY)
    assert "planted" not in str(refused.value)
    for given, named in (
        ({"url": url}, "service_role_key"),
        ({"url": "ftp://planted", "service_role_key": role}, "DSM_URL"),
        ({"url": url, "service_role_key": role, "service": {"colour": "red"}}, "colour"),
        ({"url": url, "service_role_key": role, "service": {"outage": -1}}, "outage"),
        ({"url": url, "service_role_key": role, "clock": dsm.ManualClock("2026-01-01T00:00:00Z")}, "clock"),
    ):
        with pytest.raises(exceptions.InvalidInputError, match=named):
            dsm.Engine.over_postgrest(**given, key=KEY)
    with pytest.raises(exceptions.InvalidInputError, match="key"):
        dsm.Engine.over_postgrest(url, role)
    with pytest.raises(exceptions.StoreError) as away:
        dsm.Engine.over_postgres("postgres://dsm:planted@127.0.0.1:1/dsm", key=KEY)
    assert "planted" not in str(away.value)
