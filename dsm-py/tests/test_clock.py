"""Clocks of the program: what is due is theirs to say."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from dsm import exceptions
from handling import TYPE, Simple
from test_locks import until
from test_stores import Documents

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2031, 3, 30, 0, 30, tzinfo=timezone.utc)


class Own:
    """A clock of the program's."""

    def __init__(self) -> None:
        self.at = START
        self.broken = False

    def now(self) -> datetime:
        if self.broken:
            raise RuntimeError("no battery")
        return self.at


@pytest.mark.parametrize("stored", [True, False])
def test_a_job_is_due_when_the_clock_says_so(store: Path, stored: bool) -> None:  # noqa: FBT001 - both kinds of store
    clock = dsm.ManualClock(START)
    options: dsm.EngineOptions = {"clock": clock, "handlers": [Simple(lambda ctx, args: None)], "poll_interval": 0.05}
    opened = dsm.Engine.open(store, **options) if stored else dsm.Engine.in_memory(**options)
    with opened as engine:
        job = engine.enqueue(TYPE, schedule_at=START + timedelta(hours=2))
        (due,) = engine.why_not(job).reasons
        assert due["reason"] == "due"
        assert engine.job(job)["created_at"].startswith("2031-03-30T00:30")
        clock.advance(7200)
        assert engine.wait(job, timeout=30)["status"] == "completed"
        assert engine.prune(jobs_days=1)["jobs"] == 0
        clock.advance(2 * 86400)
        assert engine.prune(jobs_days=1)["jobs"] == 1
    assert clock.now() == START + timedelta(hours=2, days=2)
    assert repr(clock) == "ManualClock(2031-04-01T02:30:00Z)"


def test_a_clock_of_the_program_is_asked_and_never_taken_back() -> None:
    own = Own()
    with dsm.Engine.in_memory(clock=own, handlers=[Simple(lambda ctx, args: None)], poll_interval=0.05) as engine:
        job = engine.enqueue(TYPE, schedule_at=START + timedelta(minutes=5))
        own.at = START + timedelta(minutes=6)
        assert engine.wait(job, timeout=30)["status"] == "completed"
        own.at = START
        later = engine.enqueue(TYPE, schedule_at=START + timedelta(minutes=6))
        assert engine.wait(later, timeout=30)["status"] == "completed"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_clock_that_fails_stands_still() -> None:
    own = Own()
    with dsm.Engine.in_memory(clock=own, poll_interval=0.05) as engine:
        own.broken = True
        job = engine.enqueue(
            "discovery_scan", target_scope={"ip_range": "10.255.255.1"}, schedule_at=START + timedelta(1)
        )
        assert engine.job(job)["created_at"].startswith("2031-03-30T00:30")
        until(lambda: engine.cancel(job) == "at_once")


class Wrong:
    """Something that is no clock."""

    def __init__(self, now: Any) -> None:
        self.now = now


async def later() -> datetime:
    return START


@pytest.mark.parametrize(
    "clock",
    [7, Wrong(7), Wrong(lambda: "soon"), Wrong(lambda: datetime(2031, 1, 1)), Wrong(later)],  # noqa: DTZ001
)
def test_what_is_no_clock_is_said_when_it_is_handed_over(clock: Any, store: Path) -> None:
    with pytest.raises(exceptions.InvalidInputError) as refused:
        dsm.Engine.open(store, clock=clock)
    assert refused.value.subject == "clock"
    assert not store.exists()


def test_a_time_that_is_none_is_said() -> None:
    with pytest.raises(exceptions.InvalidInputError):
        dsm.ManualClock("soon")
    with pytest.raises(exceptions.InvalidInputError):
        dsm.ManualClock(START).advance(-1)


def test_a_store_of_the_programs_has_its_own_clock(tmp_path: Path) -> None:
    key = tmp_path / "key"
    with pytest.raises(exceptions.InvalidInputError, match="its own") as refused:
        dsm.Engine.over(Documents(), key_file=key, clock=dsm.ManualClock(START))
    assert (refused.value.subject, refused.value.hint) == ("clock", "let the store's now() say what time it is")

    async def main() -> None:
        await dsm.Engine.over_async(Documents(), key_file=key, clock=Own())

    with pytest.raises(exceptions.InvalidInputError, match="its own"):
        asyncio.run(main())
    assert not key.exists()
