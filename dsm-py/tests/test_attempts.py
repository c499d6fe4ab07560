"""Attempts of handlers written in Python: tried again, side by side, stopped, given back."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dsm
from dsm import exceptions
from handling import TYPE, Simple, ran
from test_locks import until

if TYPE_CHECKING:
    from pathlib import Path


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


def test_an_attempt_that_takes_too_long_is_stopped() -> None:
    class Slow:
        job_type = TYPE
        timeout_s = 0.1

        async def run(self, ctx: dsm.Context, args: Any) -> None:
            await asyncio.sleep(3600)

    with dsm.Engine.in_memory(handlers=[Slow()], poll_interval=0.05) as engine:
        row = engine.run(TYPE, timeout=30)
    assert (row["status"], row["details"]["error_kind"]) == ("failed", "timeout")


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
