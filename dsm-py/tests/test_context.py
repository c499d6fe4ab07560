"""What a handler written in Python may touch: steps, writes, events, iDRACs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dsm
import pytest
from conftest import PASSWORD, USER
from dsm import exceptions
from handling import TYPE, Simple
from lab import server
from test_locks import until

if TYPE_CHECKING:
    from pathlib import Path


def test_a_secret_in_the_result_is_given_once() -> None:
    def work(ctx: dsm.Context, args: Any) -> dict[str, str]:
        ctx.expires("link", "ticket")
        return {"link": "https://console/1", "ticket": "s3cret", "name": "console"}

    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.02) as engine:
        first = engine.run(TYPE, timeout=30)
        again = engine.job(first["id"])
    shown = [{key: row["details"].get(key) for key in ("link", "ticket", "name")} for row in (first, again)]
    assert shown[0] == {"link": "https://console/1", "ticket": "s3cret", "name": "console"}
    assert shown[1]["name"] == "console"
    assert "s3cret" not in str(again)
    assert "https://console/1" not in str(again)


def test_steps_are_done_once_over_all_attempts() -> None:
    done: list[str] = []

    class Stepping:
        job_type = TYPE
        backoff = dsm.Backoff(attempts=5, first_s=0.01, longest_s=0.01)

        def run(self, ctx: dsm.Context, args: Any) -> dict[str, Any]:
            first = ctx.step("first", self.first)
            ctx.step("lost", self.lost, note={"slot": 3}, look_up=self.look_up)
            ctx.step("harmless", lambda: self.fail(ctx, 2), repeatable=True)
            ctx.write(checkpoint={"at": ctx.attempt})
            return {"first": first, "found": ctx.step("lost", self.lost)}

        def first(self) -> dict[str, str]:
            done.append("first")
            return {"job": "JID_1"}

        def lost(self) -> str:
            done.append("lost")
            raise TimeoutError("no answer")

        def look_up(self, note: dict[str, int]) -> str:
            return f"found in slot {note['slot']}"

        def fail(self, ctx: dsm.Context, attempt: int) -> None:
            done.append("harmless")
            if ctx.attempt == attempt:
                raise TimeoutError("no answer")

    with dsm.Engine.in_memory(handlers=[Stepping()], poll_interval=0.02) as engine:
        row = engine.run(TYPE, timeout=30)
        steps = engine.steps(row["id"])
    assert done == ["first", "lost", "harmless", "harmless"]
    assert (row["details"]["first"], row["details"]["found"]) == ({"job": "JID_1"}, "found in slot 3")
    assert [(each["name"], each["number"], each["state"]) for each in steps] == [
        ("first", 1, "done"),
        ("lost", 2, "done"),
        ("harmless", 3, "done"),
    ]
    assert steps[1]["note"] == {"slot": 3}


def test_a_step_that_was_begun_is_not_done_again_blindly() -> None:
    class Blind:
        job_type = TYPE
        backoff = dsm.Backoff(attempts=2, first_s=0.01, longest_s=0.01)

        async def run(self, ctx: dsm.Context, args: Any) -> None:
            await ctx.step_async("flash", self.flash)

        async def flash(self) -> None:
            raise TimeoutError("no answer")

    with dsm.Engine.in_memory(handlers=[Blind()], poll_interval=0.02) as engine:
        row = engine.run(TYPE, timeout=30)
    assert row["details"]["error_subject"] == "flash"
    assert "look_up" in row["details"]["error"]


def test_the_context_writes_and_tells() -> None:
    def work(ctx: dsm.Context, args: Any) -> dict[str, Any]:
        ctx.log("began")
        ctx.log("careful", "WARN")
        ctx.progress({"percent": 50})
        (task,) = ctx.tasks
        ctx.task(task["id"], status="running", progress=20, log="at it")
        more = ctx.task(server=None, status="completed", progress=100)
        ctx.write({"kept": 1}, checkpoint=[1, 2])
        assert ctx.checkpoint == [1, 2]
        with pytest.raises(exceptions.InvalidInputError):
            ctx.log("x", "DEBUG")  # type: ignore[arg-type]
        with pytest.raises(exceptions.InvalidInputError):
            ctx.task(task["id"], progress=101)
        with pytest.raises(exceptions.NotFoundError):
            ctx.idrac("00000000-0000-7000-8000-000000000000")
        with ctx.lock(keys=["rack:7"]) as locks:
            assert locks.keys == ["rack:7"]
        return {"more": more}

    events = []
    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        engine.pause(everything=True)
        job = engine.enqueue(TYPE, tasks=[{"server_id": None}])
        stream = engine.events(job)
        engine.resume(everything=True)
        events = list(stream)
        row = engine.job(job)
        tasks = engine.tasks(job)
    assert row["status"] == "completed", row["details"]
    kinds = [each["event"] for each in events]
    assert kinds == ["started", "log", "log", "progress", "task", "task", "ended"]
    assert row["details"]["percent"] == 50
    assert row["details"]["kept"] == 1
    assert [line.split("] ", 1)[1] for line in row["details"]["console_log"]] == ["[INFO] began", "[WARN] careful"]
    assert {each["id"] for each in tasks} >= {row["details"]["more"]}
    assert [each["progress"] for each in events if each["event"] == "task"] == [20, 100]


def test_the_idrac_of_a_server_goes_through_the_engine(store: Path) -> None:
    kept: list[dsm.Idrac] = []

    def work(ctx: dsm.Context, args: dsm.JobRow) -> dict[str, Any]:
        (row,) = ctx.servers()
        task = ctx.task(server=row["id"], status="running")
        line = ctx.idrac(row["id"], task=task)
        kept.append(line)
        found = ctx.credentials(row["id"])
        assert (found.username, found.password) == (USER, PASSWORD)
        assert PASSWORD not in repr(found)
        ctx.report(row["id"], accepted=True)
        ctx.log(f"it is {found.password}")
        return {"boot": line.boot.fetch(), "task": task}

    with server() as fleet:
        with dsm.Engine.open(
            store, port=fleet.port, allow_loopback=True, handlers=[Simple(work)], poll_interval=0.05
        ) as engine:
            engine.add_credential_set("lab", USER, PASSWORD, default=True)
            assert engine.run("discovery_scan", target_scope={"ip_range": fleet.addresses[0]})["status"] == "completed"
            stream = engine.events()
            row = engine.run(TYPE, timeout=30)
            assert row["status"] == "completed", row["details"]
            assert PASSWORD not in str(row)
            activity = engine.activity(job=row["id"])
            assert {each["task_id"] for each in activity} == {row["details"]["task"]}
            assert {each["server_id"] for each in activity} == {engine.servers()[0]["id"]}
            told = []
            for event in stream:
                if event["event"] == "activity":
                    told.append(event["id"])
                if event["event"] == "ended":
                    break
            assert {each["id"] for each in activity} == set(told)
            assert kept[0].is_closed
            with pytest.raises(exceptions.InvalidInputError, match="closed"):
                kept[0].boot.fetch()
            with dsm.Idrac.through(engine, engine.servers()[0]["id"]) as line:
                line.boot.fetch()
        until(lambda: fleet.open_sessions() == 0)
