"""Handlers written in Python."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from conftest import PASSWORD, USER
from dsm import exceptions
from lab import server
from test_locks import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TYPE = "collect_logs"


class Simple:
    """A handler of this function."""

    job_type = TYPE

    def __init__(self, work: Callable[[dsm.Context, Any], Any]) -> None:
        self.work = work

    def run(self, ctx: dsm.Context, args: Any) -> Any:
        return self.work(ctx, args)


def ran(work: Callable[[dsm.Context, Any], Any], **job: Any) -> dsm.JobRow:
    """The row of a job that this function did."""
    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        return engine.run(TYPE, timeout=30, **job)


def test_what_it_returns_is_how_the_job_ended() -> None:
    results: list[tuple[Any, str, dict[str, Any]]] = [
        (None, "completed", {}),
        ({"lines": 7}, "completed", {"lines": 7}),
        (dsm.Done({"lines": 7}), "completed", {"lines": 7}),
        (
            dsm.Partly("one is missing", {"lines": 6}),
            "completed",
            {"lines": 6, "partial": True, "error": "one is missing"},
        ),
        (dsm.Failed("no disk"), "failed", {"error": "no disk"}),
        (dsm.NeedsPerson("press F1"), "failed", {"needs_person": True, "error": "press F1"}),
    ]
    for result, status, details in results:
        row = ran(lambda ctx, args, result=result: result, details={"mine": 1})  # type: ignore[misc]
        assert (row["status"], row["details"]) == (status, {"mine": 1, **details})


def test_it_is_given_the_job_or_what_it_decodes() -> None:
    seen: list[Any] = []

    class Decoding:
        job_type = TYPE
        aliases = ("logs",)

        async def decode(self, job: dsm.JobRow) -> int:
            return int(job["details"]["lines"])

        def admit(self, job: dsm.JobRow) -> None:
            if job["details"]["lines"] > 100:
                raise exceptions.InvalidInputError("too many", subject="details.lines")

        def execute(self, ctx: dsm.Context, args: int) -> None:
            seen.append((ctx.job["job_type"], ctx.attempt, ctx.run, ctx.tasks, args))

    wanted: Any = [Decoding]
    with dsm.Engine.in_memory(handlers=wanted, poll_interval=0.05) as engine:
        with pytest.raises(exceptions.InvalidInputError, match="TypeError: '>'"):
            engine.run("logs", details={"lines": "7"})
        assert engine.run("logs", details={"lines": 7}, timeout=30)["status"] == "completed"
        assert seen == [("logs", 1, 1, [], 7)]
        with pytest.raises(exceptions.InvalidInputError, match="too many") as refused:
            engine.enqueue(TYPE, details={"lines": 101})
        assert refused.value.subject == "details.lines"
        with pytest.raises(exceptions.InvalidInputError, match="KeyError: 'lines'"):
            engine.enqueue(TYPE)
        assert len(engine.jobs()) == 1
    row = ran(lambda ctx, args: {"same": args == ctx.job})
    assert row["details"] == {"same": True}


def test_an_exception_is_the_attempts_error_with_its_place() -> None:
    def look_up() -> None:
        raise KeyError("password=planted-1")

    def work(ctx: dsm.Context, args: Any) -> None:
        try:
            look_up()
        except KeyError as error:
            raise RuntimeError("no such disk") from error

    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        row = engine.run(TYPE, timeout=30)
        (attempt,) = engine.attempts(row["id"])
    assert (row["status"], row["details"]["error_kind"]) == ("failed", "handler")
    error = attempt["error"]
    assert error is not None
    assert error == row["details"]["error"]
    assert error.startswith("RuntimeError: no such disk: raised at run (test_handlers.py:")
    assert "> work (test_handlers.py:" in error
    assert "planted-1" not in error


@pytest.mark.parametrize("way_out", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), StopIteration()])
@pytest.mark.parametrize("how", ["plain", "async"])
def test_nothing_it_raises_gets_out(way_out: BaseException, how: str) -> None:
    async def later() -> None:
        raise way_out

    def work(ctx: dsm.Context, args: Any) -> Any:
        if how == "plain":
            raise way_out
        return later()

    row = ran(work)
    assert (row["status"], row["details"]["error_kind"]) == ("failed", "handler")
    assert type(way_out).__name__ in row["details"]["error"]


def test_a_wrong_return_value_is_said() -> None:
    row = ran(lambda ctx, args: 7)
    assert "returned a value of type int" in row["details"]["error"]
    row = ran(lambda ctx, args: {"x": object()})
    assert "type object" in row["details"]["error"]


def test_errors_that_may_pass_are_tried_again() -> None:
    class Flaky:
        job_type = TYPE
        backoff = dsm.Backoff(attempts=3, first_s=0.01, longest_s=0.02)

        def run(self, ctx: dsm.Context, args: Any) -> dict[str, int]:
            if ctx.attempt == 1:
                raise TimeoutError("slow")
            if ctx.attempt == 2:
                raise exceptions.NotReadyError("booting")
            return {"attempt": ctx.attempt}

    class Defect(Flaky):
        job_type = "defect"

        def run(self, ctx: dsm.Context, args: Any) -> dict[str, int]:
            raise ValueError("no")

    with dsm.Engine.in_memory(handlers=[Flaky(), Defect()], poll_interval=0.02) as engine:
        row = engine.run(TYPE, timeout=30)
        assert (row["status"], row["details"]["attempt"]) == ("completed", 3)
        assert [each["outcome"] for each in engine.attempts(row["id"])] == ["retry", "retry", "completed"]
        assert len(engine.attempts(engine.run("defect", timeout=30)["id"])) == 1


def test_snoozing_is_not_held_against_it() -> None:
    times: list[int] = []

    def work(ctx: dsm.Context, args: Any) -> Any:
        times.append(ctx.attempt)
        return dsm.Snooze(timedelta(milliseconds=20)) if len(times) < 3 else None

    assert ran(work)["status"] == "completed"
    assert len(times) == 3


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


def test_cancelled_calls_raise_and_the_job_is_cancelled() -> None:
    began = threading.Event()

    def work(ctx: dsm.Context, args: Any) -> None:
        began.set()
        while True:
            ctx.check()
            time.sleep(0.01)

    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        job = engine.enqueue(TYPE)
        assert began.wait(20)
        assert engine.cancel(job, "enough") == "requested"
        row = engine.wait(job, timeout=30)
    assert (row["status"], row["details"]["cancelled_reason"]) == ("cancelled", "enough")


def test_a_call_under_way_ends_when_the_job_is_cancelled() -> None:
    began = threading.Event()
    raised: list[BaseException] = []

    def work(ctx: dsm.Context, args: Any) -> None:
        began.set()
        try:
            ctx.lock(keys=["rack:7"])
        except exceptions.CancelledError as error:
            raised.append(error)
            assert ctx.is_stopped
            ctx.write({"note": "given up"})
            raise

    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        with engine.lock(keys=["rack:7"], label="by hand"):
            job = engine.enqueue(TYPE)
            assert began.wait(20)
            until(lambda: len(engine.lock_holders()) == 2)
            engine.cancel(job)
            row = engine.wait(job, timeout=30)
        assert engine.lock_holders() == []
    assert row["status"] == "cancelled"
    assert len(raised) == 1
    assert row["details"]["note"] == "given up"


def test_a_handler_that_ignores_it_is_left_behind() -> None:
    began, over = threading.Event(), threading.Event()
    after: list[str] = []

    def work(ctx: dsm.Context, args: Any) -> None:
        began.set()
        try:
            while True:
                time.sleep(0.01)
        except dsm.handlers.Stopped:
            try:
                ctx.write({"late": 1})
            except exceptions.CancelledError as error:
                after.append(str(error))
            over.set()
            raise

    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        job = engine.enqueue(TYPE)
        assert began.wait(20)
        engine.cancel(job)
        row = engine.wait(job, timeout=30)
        assert row["status"] == "cancelled"
        assert over.wait(20)
        assert after == ["the attempt is over"]
        assert "late" not in engine.job(job)["details"]
        assert engine.running == 0


def test_a_coroutine_is_cancelled_where_it_waits() -> None:
    ended: list[str] = []

    class Waiting:
        job_type = TYPE

        async def run(self, ctx: dsm.Context, args: Any) -> None:
            ended.append(threading.current_thread().name)
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append("cleaned up")

    with dsm.Engine.in_memory(handlers=[Waiting()], poll_interval=0.05) as engine:
        job = engine.enqueue(TYPE)
        until(lambda: bool(ended))
        engine.cancel(job)
        assert engine.wait(job, timeout=30)["status"] == "cancelled"
        until(lambda: ended == ["dsm-loop", "cleaned up"])


def test_coroutines_run_on_the_loop_the_engine_was_opened_in() -> None:
    class Looking:
        job_type = TYPE

        async def lane(self, job: dsm.JobRow) -> str:
            return "rack:7"

        async def run(self, ctx: dsm.Context, args: Any) -> dict[str, Any]:
            await ctx.progress_async({"percent": 1})
            await ctx.write_async(checkpoint={"x": 1})
            task = await ctx.task_async(status="completed")
            rows = await ctx.servers_async()
            one = await ctx.step_async("one", lambda: asyncio.sleep(0, 1))
            return {
                "same": asyncio.get_running_loop() is loops[0],
                "task": task,
                "servers": rows,
                "one": one,
            }

    async def main() -> dsm.JobRow:
        loops.append(asyncio.get_running_loop())
        async with await dsm.Engine.in_memory_async(handlers=[Looking()], poll_interval=0.05) as engine:
            return await engine.run_async(TYPE, timeout=30)

    loops: list[asyncio.AbstractEventLoop] = []
    row = asyncio.run(main())
    assert row["status"] == "completed", row["details"]
    assert (row["details"]["same"], row["details"]["servers"], row["details"]["one"]) == (True, [], 1)


def test_an_attempt_that_takes_too_long_is_stopped() -> None:
    class Slow:
        job_type = TYPE
        timeout_s = 0.1

        async def run(self, ctx: dsm.Context, args: Any) -> None:
            await asyncio.sleep(3600)

    with dsm.Engine.in_memory(handlers=[Slow()], poll_interval=0.05) as engine:
        row = engine.run(TYPE, timeout=30)
    assert (row["status"], row["details"]["error_kind"]) == ("failed", "timeout")


def test_plain_handlers_run_side_by_side() -> None:
    together = threading.Barrier(3)

    def work(ctx: dsm.Context, args: Any) -> None:
        together.wait(20)

    with dsm.Engine.in_memory(handlers=[Simple(work)], slots=3, poll_interval=0.05) as engine:
        jobs = [engine.enqueue(TYPE) for _ in range(3)]
        assert [engine.wait(job, timeout=30)["status"] for job in jobs] == ["completed"] * 3


def test_a_lane_keeps_jobs_of_one_server_apart() -> None:
    at_once: list[int] = []
    running: list[int] = []

    class Laned:
        job_type = TYPE

        def lane(self, job: dsm.JobRow) -> str | None:
            return job["details"].get("lane")

        def run(self, ctx: dsm.Context, args: dsm.JobRow) -> None:
            running.append(1)
            at_once.append(len(running))
            time.sleep(0.02)
            running.pop()

    with dsm.Engine.in_memory(handlers=[Laned()], slots=4, poll_interval=0.02) as engine:
        jobs = [engine.enqueue(TYPE, details={"lane": "server:7"}) for _ in range(4)]
        for job in jobs:
            assert engine.wait(job, timeout=30)["status"] == "completed"
    assert at_once == [1, 1, 1, 1]


def test_closing_gives_a_running_job_back_with_its_checkpoint(store: Path) -> None:
    began = threading.Event()
    seen: list[Any] = []

    def first(ctx: dsm.Context, args: Any) -> None:
        ctx.write(checkpoint={"done": 3})
        began.set()
        while not ctx.is_stopped:
            time.sleep(0.01)
        ctx.check()

    def second(ctx: dsm.Context, args: Any) -> None:
        seen.append((ctx.checkpoint, ctx.attempt))

    with dsm.Engine.open(store, handlers=[Simple(first)], poll_interval=0.05) as engine:
        job = engine.enqueue(TYPE)
        assert began.wait(20)
    with dsm.Engine.open(store, handlers=[Simple(second)], poll_interval=0.05) as engine:
        assert engine.wait(job, timeout=30)["status"] == "completed"
    assert seen == [({"done": 3}, 1)]


class Wrong:
    """Something that is no handler."""

    job_type: Any = TYPE
    run: Any = None

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)


def one(_: Any) -> None: ...
def two(_: Any, __: Any) -> None: ...


@pytest.mark.parametrize(
    ("handlers", "field"),
    [
        (7, "handlers"),
        ([7], "handlers[0].job_type"),
        ([Wrong(job_type="")], "handlers[0].job_type"),
        ([Simple(two), Wrong()], "handlers[1].run"),
        ([Wrong(run=one)], "handlers[0].run"),
        ([Wrong(run=7)], "handlers[0].run"),
        ([Wrong(run=two, lane=two)], "handlers[0].lane"),
        ([Wrong(run=two, admit=7)], "handlers[0].admit"),
        ([Wrong(run=two, aliases="x")], "handlers[0].aliases"),
        ([Wrong(run=two, backoff=3)], "handlers[0].backoff"),
        ([Wrong(run=two, backoff=dsm.Backoff(0))], "handlers[0].backoff"),
        ([Wrong(run=two, waits_for_idracs=1)], "handlers[0].waits_for_idracs"),
        ([Wrong(run=two, interactive=1)], "handlers[0].interactive"),
        ([Wrong(run=two, timeout_s=0)], "handlers[0].timeout_s"),
        ([Simple], "handlers[0]"),
    ],
)
def test_what_is_no_handler_is_said_when_it_is_handed_over(handlers: Any, field: str, store: Path) -> None:
    with pytest.raises(exceptions.InvalidInputError) as refused:
        dsm.Engine.open(store, handlers=handlers)
    assert refused.value.subject == field
    assert not store.exists()


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


def test_a_program_that_ends_with_a_handler_at_work_ends() -> None:
    program = """
import time, dsm
class Busy:
    job_type = "busy"
    def run(self, ctx, args):
        while True:
            time.sleep(0.005)
engine = dsm.Engine.in_memory(handlers=[Busy()], poll_interval=0.05)
engine.enqueue("busy")
while engine.running == 0:
    time.sleep(0.01)
time.sleep(0.1)
print("done", flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False, timeout=50
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_a_handler_goes_with_its_engine() -> None:
    import weakref  # noqa: PLC0415 - of this test only

    def work(ctx: dsm.Context, args: Any) -> None: ...

    handler = Simple(work)
    gone = weakref.ref(handler)
    with dsm.Engine.in_memory(handlers=[handler], poll_interval=0.05) as engine:
        engine.run(TYPE, timeout=30)
    del handler

    def is_gone() -> bool:
        gc.collect()
        return gone() is None

    until(is_gone)
