"""What a handler reaches: passwords of its job, servers, subnets, their locks, and the order to stop."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import dsm
import pytest
from conftest import PASSWORD, USER
from dsm import exceptions
from handling import TYPE, Simple, ran
from lab import changes, server

UNKNOWN = "00000000-0000-7000-8000-000000000000"


def test_a_password_in_the_details_is_only_for_the_handler() -> None:
    seen: list[Any] = []

    def work(ctx: dsm.Context, args: dsm.JobRow) -> dict[str, str]:
        seen.extend([ctx.secret("/share/password"), ctx.secret("/share/user"), ctx.secret("/nothing")])
        assert "planted-9" not in str(args)
        ctx.log(f"it is {seen[0]}")
        raise RuntimeError(f"refused: {seen[0]}")

    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        row = engine.run(TYPE, details={"share": {"user": "anna", "password": "planted-9"}}, timeout=30)
        attempts = engine.attempts(row["id"])
    assert (seen[0], seen[2]) == ("planted-9", None)
    assert row["status"] == "failed"
    assert "refused" in row["details"]["error"]
    assert "planted-9" not in f"{row} {attempts}"


def test_whoever_waits_is_told_to_stop() -> None:
    began = threading.Event()
    seen: list[Any] = []

    def work(ctx: dsm.Context, args: Any) -> None:
        ctx.sleep(0.01)
        seen.append(ctx.stopped(0.01))
        began.set()
        try:
            ctx.sleep(3600)
        except exceptions.CancelledError:
            seen.extend([ctx.stopped(), ctx.stopped(0)])
            raise

    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        job = engine.enqueue(TYPE)
        assert began.wait(20)
        engine.cancel(job, "enough")
        assert engine.wait(job, timeout=30)["status"] == "cancelled"
    assert seen == [None, "cancelled: enough", "cancelled: enough"]


def test_a_coroutine_that_waits_is_told_to_stop() -> None:
    seen: list[Any] = []

    class Waiting:
        job_type = TYPE

        async def run(self, ctx: dsm.Context, args: Any) -> None:
            await ctx.sleep_async(0.01)
            seen.append(await ctx.stopped_async(0.01))
            began.set()
            seen.append(await ctx.stopped_async())
            await ctx.sleep_async(1)

    async def main() -> None:
        async with await dsm.Engine.in_memory_async(handlers=[Waiting()], poll_interval=0.05) as engine:
            job = await engine.enqueue_async(TYPE)
            await asyncio.wait_for(began.wait(), 20)
            await engine.cancel_async(job, "enough")
            assert (await engine.wait_async(job, timeout=30))["status"] == "cancelled"

    began = asyncio.Event()
    asyncio.run(main())
    assert seen == [None, "cancelled: enough"]


def test_whoever_still_waits_at_the_end_is_told() -> None:
    told: list[str | None] = []
    waiting: list[threading.Thread] = []

    def work(ctx: dsm.Context, args: Any) -> None:
        waiting.append(threading.Thread(target=lambda: told.append(ctx.stopped())))
        waiting[0].start()

    assert ran(work)["status"] == "completed"
    waiting[0].join(20)
    assert told == ["the attempt is over"]


def test_whether_anybody_listens() -> None:
    listening: list[bool] = []
    let = threading.Event()

    def work(ctx: dsm.Context, args: Any) -> None:
        assert let.wait(20)
        listening.append(ctx.is_watched)

    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        job = engine.enqueue(TYPE)
        stream = engine.events(job)
        let.set()
        assert list(stream)[-1]["event"] == "ended"
    assert listening == [True]


def test_a_share_of_a_subnet_is_held_as_long_as_it_is_needed() -> None:
    def held(engine: dsm.Engine) -> list[str]:
        return [each["key"] for each in engine.lock_holders()]

    def work(ctx: dsm.Context, args: Any) -> dict[str, list[str]]:
        with ctx.enter_subnet("10.1.2.3"):
            inside = held(engines[0])
        with pytest.raises(exceptions.InvalidInputError):
            ctx.enter_subnet("the lab")
        return {"inside": inside, "after": held(engines[0])}

    for limits, inside in (({"per_subnet": 1}, ["subnet:10.1.2.0/24"]), ({}, [])):
        given: Any = limits
        with dsm.Engine.in_memory(handlers=[Simple(work)], limits=given, poll_interval=0.05) as engine:
            engines = [engine]
            details = engine.run(TYPE, timeout=30)["details"]
            assert (details["inside"], details["after"]) == (inside, [])


def test_a_lock_is_had_at_once_or_not_at_all() -> None:
    def work(ctx: dsm.Context, args: Any) -> None:
        with ctx.lock(keys=["rack:8"], wait=False) as locks:
            assert locks.keys == ["rack:8"]
        with pytest.raises(exceptions.BusyError, match="by hand"):
            ctx.lock(keys=["rack:7"], wait=False)

    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        with engine.lock(keys=["rack:7"], label="by hand"):
            row = engine.run(TYPE, timeout=30)
        assert row["status"] == "completed", row["details"]


def test_the_targets_of_a_job() -> None:
    def work(ctx: dsm.Context, args: Any) -> dict[str, Any]:
        return {
            "found": [each["id"] for each in ctx.targets()],
            "tags": [each["service_tag"] for each in ctx.targets()],
        }

    assert ran(work)["details"]["found"] == []
    assert ran(work, target_scope=["anything"])["details"]["found"] == []
    row = ran(work, target_scope={"server_ids": [UNKNOWN]})
    assert (row["status"], row["details"]["error_subject"]) == ("failed", f"server {UNKNOWN}")

    class Async:
        job_type = TYPE

        async def run(self, ctx: dsm.Context, args: Any) -> dict[str, Any]:
            return {"found": [each["id"] for each in await ctx.targets_async()]}

    with server() as fleet:
        options: dsm.EngineOptions = {"port": fleet.port, "allow_loopback": True, "poll_interval": 0.05}
        options["env_credentials"] = (USER, PASSWORD)
        for handler in (Simple(work), Async()):
            options["handlers"] = [handler]
            with dsm.Engine.in_memory(**options) as engine:
                engine.run("discovery_scan", target_scope={"ip_range": fleet.addresses[0]}, timeout=30)
                (known,) = (each["id"] for each in engine.servers())
                scope = {"server_ids": [known, known]}
                row = engine.run(TYPE, target_scope=scope, tasks=[{"server_id": known}], timeout=30)
                assert row["details"]["found"] == [known]
                row = engine.run(TYPE, tasks=[{"server_id": known}], timeout=30)
                assert row["details"]["found"] == [known]


def test_a_script_changes_a_server_only_while_it_holds_its_locks() -> None:
    with server() as fleet:
        credential = dsm.Credential(USER, PASSWORD)
        with dsm.Engine.in_memory(
            port=fleet.port, allow_loopback=True, env_credentials=credential, poll_interval=0.05
        ) as engine:
            engine.run("discovery_scan", target_scope={"ip_range": fleet.addresses[0]}, timeout=30)
            (known,) = (each["id"] for each in engine.servers())
            fleet.clear_journal()
            locks = engine.lock(servers=[known], label="by hand")
            with dsm.Idrac.through(engine, known, locks=locks) as idrac:
                idrac.power.locate(on=True)
                done = changes(fleet)
                assert len(done) == 1
                locks.release()
                with pytest.raises(exceptions.FencedError):
                    idrac.power.locate(on=False)
                assert changes(fleet) == done
                idrac.boot.fetch()
            with pytest.raises(exceptions.InvalidInputError, match="given back"):
                dsm.Idrac.through(engine, known, locks=locks)

            async def main() -> None:
                async with await engine.lock_async(servers=[known], label="by hand") as held:
                    line = await dsm.Idrac.through_async(engine, known, locks=held)
                    await line.power.locate_async(on=False)

            asyncio.run(main())
            assert len(changes(fleet)) == 2
            assert engine.activity_stats["recorded"] >= len(engine.activity()) > 0
