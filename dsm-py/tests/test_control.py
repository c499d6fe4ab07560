"""What a person may ask of the jobs."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from dsm import control, exceptions
from held import misfits
from test_locks import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCAN = "discovery_scan"
NOWHERE = {"ip_range": "10.255.255.1"}
UNKNOWN = "00000000-0000-7000-8000-000000000000"
BEAT = """
    INSERT INTO executor_heartbeats (id, executor_id, version, last_seen_at, poll_count, jobs_processed, startup_time)
    VALUES (?, 'the old one', '1', ?, 0, 0, ?)
"""
SERVER = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def quiet() -> Iterator[dsm.Engine]:
    """An engine in which everything is held back."""
    with dsm.Engine.in_memory(heartbeat=1.0, lease_ttl=5.0, max_orphanings=2) as running:
        running.pause(everything=True, reason="tests", by="anna")
        yield running


def held_to(value: object, kind: Any) -> Any:
    """The value, which is what its type says."""
    assert misfits(value, kind) == []
    return value


def test_what_is_held_back_says_by_whom_and_goes_on(quiet: dsm.Engine) -> None:
    (only,) = quiet.pauses()
    assert held_to(only, dsm.PauseRow)["since"]
    assert (only["scope"], only["name"], only["reason"], only["by"]) == ("all", None, "tests", "anna")
    job = quiet.enqueue(SCAN, target_scope=NOWHERE)
    assert [each["reason"] for each in quiet.why_not(job).reasons] == ["paused"]
    more: tuple[tuple[dict[str, Any], tuple[str, str | None]], ...] = (
        ({"idracs": True}, ("idracs", None)),
        ({"job_type": SCAN}, ("job_type", SCAN)),
        ({"server": SERVER}, ("lane", f"server:{SERVER}")),
        ({"lane": "rack:7"}, ("lane", "rack:7")),
    )
    for scope, (kind, name) in more:
        row = held_to(quiet.pause(**scope), dsm.PauseRow)
        assert (row["scope"], row["name"], row["reason"], row["by"]) == (kind, name, None, None)
        assert quiet.resume(**scope)
        assert not quiet.resume(**scope)
    assert quiet.cancel(job) == "at_once"
    assert quiet.resume(everything=True)
    assert quiet.pauses() == []


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        ({}, "everything"),
        ({"everything": True, "idracs": True}, "everything"),
        ({"server": "7"}, "server"),
        ({"lane": " "}, "lane"),
        ({"job_type": ""}, "job_type"),
    ],
)
def test_a_pause_names_one_thing(quiet: dsm.Engine, scope: dict[str, Any], field: str) -> None:
    with pytest.raises(exceptions.InvalidInputError) as wrong:
        quiet.pause(**scope)
    assert wrong.value.subject == field
    assert len(quiet.pauses()) == 1


def test_an_ended_job_runs_once_more(quiet: dsm.Engine) -> None:
    job = quiet.enqueue(SCAN, target_scope=NOWHERE)
    answer = held_to(quiet.retry(job), control.RetryAnswer)
    assert answer == {"answer": "already_pending", "run": None, "parent_job_id": None, "parent_status": None}
    quiet.cancel(job)
    child = quiet.enqueue(SCAN, target_scope=NOWHERE, parent_job_id=job, component_order=1)
    quiet.cancel(child)
    blocked = held_to(quiet.retry(child), control.RetryAnswer)
    assert (blocked["answer"], blocked["parent_job_id"], blocked["parent_status"]) == ("parent_ended", job, "cancelled")
    assert held_to(quiet.retry(job), control.RetryAnswer)["run"] == 2
    assert quiet.job(job)["status"] == "pending"
    assert quiet.retry(UNKNOWN)["answer"] == "not_found"


def test_a_pending_job_gets_another_time_or_priority(quiet: dsm.Engine) -> None:
    job = quiet.enqueue(SCAN, target_scope=NOWHERE, tasks=[{"server_id": None}])
    assert [each["status"] for each in quiet.tasks(job)] == ["pending"]
    later = datetime.now(tz=timezone.utc) + timedelta(days=1)
    answer = held_to(quiet.reschedule(job, schedule_at=later, priority="critical"), control.RescheduleAnswer)
    assert answer == {"answer": "applied", "status": "pending"}
    row = quiet.job(job)
    assert row["priority"] == "critical"
    assert row["schedule_at"]
    assert [each["reason"] for each in quiet.why_not(job).reasons] == ["paused", "due"]
    quiet.cancel(job)
    assert quiet.reschedule(job, priority="low") == {"answer": "not_pending", "status": "cancelled"}
    assert quiet.reschedule(UNKNOWN, priority="low") == {"answer": "not_found", "status": None}
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "schedule_at"),
        ({"schedule_at": "tomorrow"}, "schedule_at"),
        ({"priority": "urgent"}, "priority"),
    )
    for change, field in wrong:
        with pytest.raises(exceptions.InvalidInputError) as refused:
            quiet.reschedule(job, **change)
        assert refused.value.subject == field


def test_why_a_job_does_not_run_is_said_in_words_and_records(quiet: dsm.Engine) -> None:
    parent = quiet.enqueue(SCAN, target_scope=NOWHERE)
    child = quiet.enqueue(SCAN, target_scope=NOWHERE, parent_job_id=parent)
    waiting = quiet.enqueue(SCAN, target_scope=NOWHERE, lane="rack:7")
    kinds = {}
    with quiet.lock(keys=["rack:7"], label="by hand"):
        quiet.resume(everything=True)
        quiet.pause(job_type="nothing")
        for job in (child, waiting):
            why = quiet.why_not(job)
            assert str(why) == why.text
            assert why.job_id == job
            assert pickle.loads(pickle.dumps(why)) == why
            for each in why.reasons:
                held_to(each, control.Reason)
                assert each["text"] in str(why)
                kinds[each["reason"]] = each
        quiet.pause(everything=True)
        quiet.cancel(waiting)
    lane = kinds["lane"]
    assert lane["reason"] == "lane"
    assert (lane["key"], lane["first"]["label"], lane["before"]) == ("rack:7", "by hand", 1)
    assert kinds["part"]["reason"] == "part"
    (ended,) = quiet.why_not(waiting).reasons
    assert held_to(ended, control.EndedReason)["status"] == "cancelled"
    with pytest.raises(exceptions.NotFoundError):
        quiet.why_not(UNKNOWN)


def elsewhere(store: Path, statement: str, *values: str) -> None:
    """Another program writes to the store: in this process its locks would end with the connection."""
    program = (
        "import sqlite3, sys; it = sqlite3.connect(sys.argv[1]); it.execute(sys.argv[2], sys.argv[3:]); it.commit()"
    )
    subprocess.run([sys.executable, "-c", program, str(store), statement, *values], check=True, timeout=50)


def refusal(engine: dsm.Engine) -> dsm.Error | None:
    return engine.standing_back


def test_beside_one_that_claims_without_a_condition_nothing_is_claimed(store: Path) -> None:
    with dsm.Engine.open(store, heartbeat=0.2, poll_interval=0.05) as engine:
        assert refusal(engine) is None
        stream = engine.events()
        now = datetime.now(tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        elsewhere(store, BEAT, UNKNOWN, now, now)
        told = next(each for each in stream if each["event"] == "stands_back")
        assert held_to(told, dsm.events.StandsBackEvent)["executors"] == ["the old one"]
        error = refusal(engine)
        assert isinstance(error, exceptions.BusyError)
        assert error.subject == "executor the old one"
        job = engine.enqueue(SCAN, target_scope=NOWHERE)
        reason, *_ = engine.why_not(job).reasons
        assert held_to(reason, control.UnguardedReason)["executors"] == ["the old one"]
        engine.cancel(job)
        elsewhere(store, "DELETE FROM executor_heartbeats WHERE id = ?", UNKNOWN)
        assert held_to(next(each for each in stream if each["event"] == "claims_again"), dsm.events.ClaimsAgainEvent)
        assert refusal(engine) is None


def test_a_window_and_a_schedule_are_reasons(quiet: dsm.Engine) -> None:
    opens = datetime.now(tz=timezone.utc).replace(microsecond=0) + timedelta(hours=1)
    window = quiet.put_window("move", times=[{"opens": opens, "closes": opens + timedelta(hours=1)}])
    job = quiet.enqueue(SCAN, target_scope=NOWHERE, details={"maintenance_window": "move"})
    reasons = {each["reason"]: each for each in quiet.why_not(job).reasons}
    assert held_to(reasons["window"], control.WindowReason)["name"] == "move"
    assert reasons["window"] == {**reasons["window"], "opens_at": window["opens_at"]}
    stream = quiet.events()
    quiet.put_schedule("often", "* * * * * *", SCAN, target_scope=NOWHERE)
    made = next(each for each in stream if each["event"] == "scheduled")
    quiet.remove_schedule("often")
    reasons = {each["reason"]: each for each in quiet.why_not(made["job_id"]).reasons}
    held_to(reasons["schedule"], control.ScheduleReason)
    assert reasons["schedule"] == {**reasons["schedule"], "name": "often", "due": made["due"]}


def test_what_is_over_and_old_goes(quiet: dsm.Engine) -> None:
    job = quiet.enqueue(SCAN, target_scope=NOWHERE)
    quiet.cancel(job)
    assert held_to(quiet.prune(), control.PruneCounts)["jobs"] == 0
    assert quiet.prune(jobs_days=None)["jobs"] == 0
    assert quiet.steps(job) == []
    until(lambda: quiet.prune(jobs_days=0, activity_days=None, health_days=None)["jobs"] == 1)
    with pytest.raises(exceptions.NotFoundError):
        quiet.job(job)
    with pytest.raises(exceptions.InvalidInputError) as wrong:
        quiet.prune(activity_days=-1)
    assert wrong.value.subject == "activity_days"


def test_asyncio_has_all_of_it() -> None:
    async def main() -> None:
        async with await dsm.Engine.in_memory_async() as engine:
            assert (await engine.pause_async(everything=True))["scope"] == "all"
            assert len(await engine.pauses_async()) == 1
            job = await engine.enqueue_async(SCAN, target_scope=NOWHERE)
            assert (await engine.reschedule_async(job, priority="low"))["answer"] == "applied"
            assert (await engine.why_not_async(job)).reasons[0]["reason"] == "paused"
            assert await engine.cancel_async(job) == "at_once"
            assert (await engine.retry_async(job))["answer"] == "queued"
            assert await engine.steps_async(job) == []
            assert await engine.attempts_async(job) == []
            assert (await engine.prune_async())["jobs"] == 0
            await engine.cancel_async(job)
            assert await engine.resume_async(everything=True)

    asyncio.run(main())
