"""How many jobs are at work at a time: limits, slots of their own, shared lanes, and time to come to an end."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from dsm import control, exceptions
from handling import TYPE, Simple
from held import misfits
from test_locks import until

if TYPE_CHECKING:
    from pathlib import Path

LIMITED: dsm.Limits = {"all": 7, "per_type": {TYPE: 1}}


class Gate:
    """A handler that stays at work until it is let go."""

    job_type = TYPE

    def __init__(self) -> None:
        self.open = threading.Event()
        self.at_work = threading.Semaphore(0)

    def run(self, ctx: dsm.Context, args: Any) -> None:
        self.at_work.release()
        assert self.open.wait(20)


def test_what_is_over_its_limit_waits_and_says_so() -> None:
    gate = Gate()
    with dsm.Engine.in_memory(handlers=[gate], limits=LIMITED, poll_interval=0.05) as engine:
        assert misfits(engine.limits, control.LimitsRow) == []
        assert (engine.limits["all"], engine.limits["per_type"], engine.limits["per_subnet"]) == (7, {TYPE: 1}, None)
        first, second = (engine.enqueue(TYPE) for _ in range(2))
        assert gate.at_work.acquire(timeout=20)
        until(lambda: [each["reason"] for each in engine.why_not(second).reasons] == ["limit"])
        (reason,) = engine.why_not(second).reasons
        assert misfits(reason, control.LimitReason) == []
        assert reason == {"reason": "limit", "text": reason["text"], "key": f"type:{TYPE}", "used": 1, "most": 1}
        engine.set_limits({})
        assert gate.at_work.acquire(timeout=20)
        gate.open.set()
        assert [engine.wait(job, timeout=30)["status"] for job in (first, second)] == ["completed"] * 2


def test_limits_are_those_of_the_store(store: Path) -> None:
    with dsm.Engine.open(store, limits=LIMITED) as one, dsm.Engine.open(store, heartbeat=0.2) as other:
        assert other.limits == one.limits
        limits = other.limits
        limits["per_subnet"] = 3
        one.set_limits(limits)
        assert one.limits == limits
        until(lambda: other.limits == limits)

        async def lift() -> None:
            await one.set_limits_async({"readers_per_server": 2})

        asyncio.run(lift())
        until(lambda: other.limits["readers_per_server"] == 2)
        assert other.limits["all"] is None


@pytest.mark.parametrize("wrong", [{"al": 1}, {"all": 0}, {"all": -1}, {"ipv4_prefix": 33}, {"per_type": 3}, 7])
def test_limits_that_make_no_sense_are_refused(wrong: Any, store: Path) -> None:
    with pytest.raises(exceptions.InvalidInputError) as refused:
        dsm.Engine.open(store, limits=wrong)
    assert refused.value.subject == "limits"
    with dsm.Engine.in_memory(limits=LIMITED) as engine:
        with pytest.raises(exceptions.InvalidInputError) as refused:
            engine.set_limits(wrong)
        assert refused.value.subject == "limits"
        assert engine.limits["all"] == 7


def test_who_sits_in_front_of_it_waits_for_no_slot() -> None:
    gate = Gate()

    class Console:
        job_type = "console"
        interactive = True

        def run(self, ctx: dsm.Context, args: Any) -> None: ...

    with dsm.Engine.in_memory(
        handlers=[gate, Console()], slots=1, interactive_slots=1, limits={"all": 1}, poll_interval=0.05
    ) as engine:
        job = engine.enqueue(TYPE)
        assert gate.at_work.acquire(timeout=20)
        assert engine.run("console", timeout=30)["status"] == "completed"
        gate.open.set()
        assert engine.wait(job, timeout=30)["status"] == "completed"


@pytest.mark.parametrize(("drain_time", "status"), [(30.0, "completed"), (0.0, "pending")])
def test_closing_lets_what_runs_come_to_its_end(store: Path, drain_time: float, status: str) -> None:
    began = threading.Event()

    def work(ctx: dsm.Context, args: Any) -> None:
        began.set()
        ctx.sleep(0.5)

    with dsm.Engine.open(store, handlers=[Simple(work)], poll_interval=0.05, drain_time=drain_time) as engine:
        job = engine.enqueue(TYPE)
        assert began.wait(20)
    with dsm.Engine.open(store) as other:
        assert other.job(job)["status"] == status


class Laned(Gate):
    """One whose jobs need a lane."""

    def lane(self, job: dsm.JobRow) -> str:
        return "server:7"


def test_readers_share_their_lane() -> None:
    readers, writer = Laned(), Laned()
    readers.reads = True  # type: ignore[attr-defined]
    writer.job_type = "change"
    with dsm.Engine.in_memory(handlers=[readers, writer], poll_interval=0.05) as engine:
        reading = [engine.enqueue(TYPE) for _ in range(2)]
        for _ in reading:
            assert readers.at_work.acquire(timeout=20)
        changing = engine.enqueue("change")
        assert {each["among"] for each in engine.lock_holders(key="server:7") if not each["is_waiting"]} == {4}
        assert [each["reason"] for each in engine.why_not(changing).reasons] == ["lane"]
        writer.open.set()
        assert not writer.at_work.acquire(blocking=False)
        readers.open.set()
        assert {engine.wait(job, timeout=30)["status"] for job in [*reading, changing]} == {"completed"}


@pytest.mark.parametrize("how", ["always", "asked", "awaited"])
def test_who_does_not_wait_is_told_who_has_it(how: str) -> None:
    class Asking(Laned):
        def waits(self, job: dsm.JobRow) -> bool:
            return bool(job["details"].get("wait"))

    class Awaited(Laned):
        async def waits(self, job: dsm.JobRow) -> bool:
            return bool(job["details"].get("wait"))

    handler = {"always": Laned, "asked": Asking, "awaited": Awaited}[how]()
    if how == "always":
        handler.waits = False  # type: ignore[attr-defined]
    handler.open.set()
    with dsm.Engine.in_memory(handlers=[handler], poll_interval=0.05) as engine:
        with engine.lock(keys=["server:7"], label="by hand"):
            row = engine.run(TYPE, timeout=30)
            assert (row["status"], row["details"]["error_kind"]) == ("failed", "busy")
            assert "by hand" in row["details"]["error"]
            waiting = engine.enqueue(TYPE, details={"wait": True})
            if how == "always":
                assert engine.wait(waiting, timeout=30)["status"] == "failed"
            else:
                assert [each["reason"] for each in engine.why_not(waiting).reasons] == ["lane"]
        if how != "always":
            assert engine.wait(waiting, timeout=30)["status"] == "completed"
