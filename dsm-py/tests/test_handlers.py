"""Handlers written in Python: what they are, what they give, what they raise."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from dsm import exceptions
from handling import TYPE, Simple, ran
from test_locks import until

if TYPE_CHECKING:
    from pathlib import Path


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
    assert error.startswith("RuntimeError: no such disk: raised at run (handling.py:")
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
        ([Wrong(run=two, reads=1)], "handlers[0].reads"),
        ([Wrong(run=two, waits=1)], "handlers[0].waits"),
        ([Wrong(run=two, waits=two)], "handlers[0].waits"),
        ([Wrong(run=two, timeout_s=0)], "handlers[0].timeout_s"),
        ([Simple], "handlers[0]"),
    ],
)
def test_what_is_no_handler_is_said_when_it_is_handed_over(handlers: Any, field: str, store: Path) -> None:
    with pytest.raises(exceptions.InvalidInputError) as refused:
        dsm.Engine.open(store, handlers=handlers)
    assert refused.value.subject == field
    assert not store.exists()


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
