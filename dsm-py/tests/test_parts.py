"""Jobs that run by their parts, several jobs at once, and what else is said of a job when it is added."""

from __future__ import annotations

import asyncio
import threading
import uuid
from typing import Any

import dsm
import pytest
from dsm import control, exceptions
from handling import TYPE, Simple
from held import misfits
from test_limits import Gate
from test_locks import until

LONG_AGO = "2020-01-01T00:00:00Z"


def part(name: str, **more: Any) -> dsm.NewJob:
    """A part that leaves its name."""
    job: dsm.NewJob = {"job_type": TYPE, "details": {"name": name}}
    return {**job, **more}  # type: ignore[typeddict-item]


def named(done: list[str], failing: str = "") -> Simple:
    """Notes who ran."""

    def work(ctx: dsm.Context, args: dsm.JobRow) -> Any:
        done.append(args["details"]["name"])
        return dsm.Failed("no") if args["details"]["name"] == failing else None

    return Simple(work)


def test_parts_run_in_order_and_the_job_ends_as_they_did() -> None:
    done: list[str] = []
    with dsm.Engine.in_memory(handlers=[named(done)], poll_interval=0.05) as engine:
        row = engine.run("all_of_it", children=[part(name) for name in "abc"], timeout=30)
        parts = engine.jobs(parent_job_id=row["id"])
        assert len(engine.jobs()) == 4
    assert (row["status"], done) == ("completed", ["a", "b", "c"])
    order = [each["details"]["name"] for each in sorted(parts, key=lambda each: each["component_order"] or 0)]
    assert order == ["a", "b", "c"]


def test_parts_of_one_number_run_side_by_side() -> None:
    together = threading.Barrier(2)

    def work(ctx: dsm.Context, args: Any) -> None:
        together.wait(20)

    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        parts = [part(name, component_order=1) for name in "ab"]
        assert engine.run("all_of_it", children=parts, timeout=30)["status"] == "completed"


@pytest.mark.parametrize(
    ("on_failure", "ran", "partial"), [("stop", ["a", "b"], False), ("continue", ["a", "b", "c"], True)]
)
def test_what_becomes_of_the_parts_after_one_that_failed(
    on_failure: dsm.records.OnFailure,
    ran: list[str],
    partial: bool,  # noqa: FBT001 - of the two ways
) -> None:
    done: list[str] = []
    with dsm.Engine.in_memory(handlers=[named(done, "b")], poll_interval=0.05) as engine:
        parts = [part(name) for name in "abc"]
        row = engine.run("all_of_it", children=parts, on_failure=on_failure, timeout=30)
        ends = {each["details"]["name"]: each["status"] for each in engine.jobs(job_type=TYPE)}
    assert done == ran
    assert ends == {"a": "completed", "b": "failed", "c": "completed" if partial else "cancelled"}
    assert (row["status"], row["details"].get("partial", False)) == ("completed" if partial else "failed", partial)


def test_a_job_that_runs_by_its_parts_says_so() -> None:
    gate = Gate()
    with dsm.Engine.in_memory(handlers=[gate], poll_interval=0.05) as engine:
        job = engine.enqueue("all_of_it", children=[part("a"), part("b")])
        assert gate.at_work.acquire(timeout=20)
        (reason,) = engine.why_not(job).reasons
        assert misfits(reason, control.PartsReason) == []
        assert reason["reason"] == "parts"
        assert reason["open"] == 2
        gate.open.set()
        assert engine.wait(job, timeout=30)["status"] == "completed"


@pytest.mark.parametrize(
    ("children", "field"),
    [
        (7, "children"),
        ([7], "children[0]"),
        ([{}], "children[0].job_type"),
        ([part("a"), part("b", colour="blue")], "children[1].colour"),
        ([part("a", priority="urgent")], "children[0].priority"),
        ([part("a", children=[part("b", tasks=3)])], "children[0].children[0].tasks"),
    ],
)
def test_what_is_no_part_is_named_and_nothing_is_added(children: Any, field: str) -> None:
    with dsm.Engine.in_memory(handlers=[named([])]) as engine:
        with pytest.raises(exceptions.InvalidInputError) as refused:
            engine.enqueue("all_of_it", children=children)
        assert refused.value.subject == field
        assert engine.jobs() == []


def test_several_jobs_are_added_together_or_not_at_all() -> None:
    known = str(uuid.uuid4())
    with dsm.Engine.in_memory(handlers=[named([])], poll_interval=0.05) as engine:
        engine.pause(everything=True)
        jobs = engine.enqueue_all([part("a", id=known), part("b", parent_job_id=known), part("c", notes=None)])
        assert jobs[0] == known
        assert engine.job(jobs[1])["parent_job_id"] == known
        with pytest.raises(exceptions.NoHandlerError):
            engine.enqueue_all([part("d"), {"job_type": "make_coffee"}])
        with pytest.raises(exceptions.InvalidInputError) as refused:
            engine.enqueue_all([part("d"), part("e", schedule_at="soon")])
        assert refused.value.subject == "jobs[1].schedule_at"
        assert len(engine.jobs()) == 3

        async def more() -> list[str]:
            return await engine.enqueue_all_async([part("f")])

        assert len(asyncio.run(more())) == 1


def test_a_time_that_has_passed_is_refused_or_means_now() -> None:
    with dsm.Engine.in_memory(handlers=[named([])], poll_interval=0.05) as engine:
        with pytest.raises(exceptions.InvalidInputError) as refused:
            engine.enqueue(TYPE, details={"name": "late"}, schedule_at=LONG_AGO)
        assert refused.value.subject == "schedule_at"
        job = engine.enqueue(TYPE, details={"name": "late"}, schedule_at=LONG_AGO, catch_up=True)
        assert engine.wait(job, timeout=30)["status"] == "completed"


def test_a_lane_may_be_shared_and_an_address_said() -> None:
    gate = Gate()
    with dsm.Engine.in_memory(handlers=[gate], limits={"per_subnet": 2}, poll_interval=0.05) as engine:
        shared = [engine.enqueue(TYPE, lane="rack:7", lane_among=2, address="10.1.2.3") for _ in range(2)]
        for _ in shared:
            assert gate.at_work.acquire(timeout=20)
        held = {(each["key"], each["among"]) for each in engine.lock_holders()}
        assert held == {("rack:7", 2), ("subnet:10.1.2.0/24", 2)}
        beside = engine.enqueue(TYPE, address="10.1.2.4")
        until(lambda: [each["reason"] for each in engine.why_not(beside).reasons] == ["limit"])
        gate.open.set()
        assert {engine.wait(job, timeout=30)["status"] for job in [*shared, beside]} == {"completed"}
        with pytest.raises(exceptions.InvalidInputError) as refused:
            engine.enqueue(TYPE, address="the lab")
        assert refused.value.subject == "address"


def test_a_schedule_makes_jobs_with_parts(tmp_path: Any) -> None:
    done: list[str] = []
    with dsm.Engine.open(tmp_path / "dsm.db", handlers=[named(done)], poll_interval=0.05) as engine:
        row = engine.put_schedule("often", "* * * * * *", "all_of_it", children=[part("a"), part("b")])
        assert [each["details"]["name"] for each in row["job"]["children"]] == ["a", "b"]
        made = next(event for event in engine.events() if event["event"] == "scheduled")
        engine.remove_schedule("often")
        assert engine.wait(made["job_id"], timeout=30)["status"] == "completed"
    assert done[:2] == ["a", "b"]
