"""Schedules, maintenance windows and settings."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import dsm
import pytest
from dsm import exceptions
from held import misfits

if TYPE_CHECKING:
    from pathlib import Path

SCOPE = {"ip_range": "127.31.0.9"}


def nightly(
    engine: dsm.Engine, cron: str, *, enabled: bool | None = None, revision: int | None = None
) -> dsm.ScheduleRow:
    """A schedule with something of everything."""
    return engine.put_schedule(
        "nightly",
        cron,
        "discovery_scan",
        target_scope=SCOPE,
        time_zone="Europe/Berlin",
        jitter=90.0,
        enabled=enabled,
        revision=revision,
    )


def test_a_schedule_makes_jobs_and_says_where_it_stands(store: Path) -> None:
    with dsm.Engine.open(store, allow_loopback=True) as engine:
        events = engine.events()
        row = engine.put_schedule("often", "* * * * * *", "discovery_scan", target_scope=SCOPE, overlap="allow")
        assert misfits(row, dsm.ScheduleRow) == []
        assert (row["revision"], row["time_zone"], row["catch_up"], row["last_job"]) == (1, "UTC", "none", None)
        made = next(event for event in events if event["event"] == "scheduled")
        assert made["schedule"] == "often"
        job = engine.job(made["job_id"])
        assert (job["details"]["schedule"], job["details"]["schedule_due"]) == ("often", made["due"])
        assert engine.remove_schedule("often")
        assert not engine.remove_schedule("often")
        assert engine.wait(made["job_id"], timeout=30)["status"] in ("completed", "failed")


def test_an_edit_goes_by_what_was_seen(store: Path) -> None:
    with dsm.Engine.open(store, allow_loopback=True) as engine:
        row = nightly(engine, "30 2 * * *")
        with pytest.raises(exceptions.ConflictError) as taken:
            nightly(engine, "30 3 * * *")
        assert taken.value.kind == "conflict"
        edited = nightly(engine, "30 3 * * *", enabled=False, revision=row["revision"])
        assert (edited["id"], edited["revision"], edited["next_due"]) == (row["id"], 2, None)
        with pytest.raises(exceptions.ConflictError):
            nightly(engine, "30 4 * * *", revision=row["revision"])
        assert engine.schedules() == [edited]


def test_what_cannot_be_is_named(store: Path) -> None:
    with dsm.Engine.open(store, allow_loopback=True) as engine:
        for cron, more, said in [
            ("61 * * * *", {}, "minute"),
            ("0 0 30 2 *", {}, "never comes"),
            ("@daily", {"time_zone": "Mars/Olympus"}, "Mars/Olympus"),
            ("@daily", {"overlap": "sometimes"}, "sometimes"),
            ("@daily", {"jitter": -1.0}, "negative"),
            ("@daily", {"window": "none of that name"}, "none of that name"),
            ("@daily", {"details": {"fetch_options": {"bios": 1}}}, "bios"),
        ]:
            with pytest.raises(exceptions.InvalidInputError, match=said):
                engine.put_schedule("x", cron, "discovery_scan", target_scope=SCOPE, **more)  # type: ignore[arg-type]
        with pytest.raises(exceptions.InvalidInputError, match="not said when"):
            engine.put_window("x")
        with pytest.raises(exceptions.InvalidInputError, match="ends before"):
            engine.put_window("x", times=[{"opens": "2026-12-02T00:00:00Z", "closes": "2026-12-01T00:00:00Z"}])
        assert (engine.schedules(), engine.windows()) == ([], [])


def test_a_window_keeps_jobs_waiting(store: Path) -> None:
    with dsm.Engine.open(store, allow_loopback=True) as engine:
        sundays = engine.put_window("sundays", cron="0 2 * * sun", duration=7200, time_zone="Europe/Berlin")
        assert misfits(sundays, dsm.WindowRow) == []
        opens = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=1)
        moves = engine.put_window("move", times=[{"opens": opens, "closes": opens + timedelta(hours=2)}])
        assert misfits(moves, dsm.WindowRow) == []
        assert not moves["is_open"]
        assert [row["name"] for row in engine.windows()] == ["move", "sundays"]
        job = engine.enqueue("discovery_scan", target_scope=SCOPE, details={"maintenance_window": "move"})
        assert engine.job(job)["schedule_at"] == moves["opens_at"]
        engine.put_schedule("weekly", "@weekly", "discovery_scan", target_scope=SCOPE, window="sundays")
        with pytest.raises(exceptions.InvalidInputError, match="weekly"):
            engine.remove_window("sundays")
        assert engine.remove_window("move")
        with pytest.raises(exceptions.InvalidInputError) as gone:
            engine.enqueue("discovery_scan", target_scope=SCOPE, details={"maintenance_window": "move"})
        assert gone.value.subject == "details.maintenance_window"


def test_settings_change_alone(store: Path) -> None:
    with dsm.Engine.open(store) as engine:
        before = engine.settings()
        assert misfits(before, dsm.Settings) == []
        assert (before["log_retention_days"], before["job_retention_days"]) == (30, 90)
        after = engine.put_settings(job_retention_days=7, auto_cleanup_enabled=False)
        assert (after["job_retention_days"], after["auto_cleanup_enabled"], after["log_retention_days"]) == (
            7,
            False,
            30,
        )
        with pytest.raises(exceptions.InvalidInputError, match="log_retention_days"):
            engine.put_settings(log_retention_days=0)


def test_the_same_for_asyncio(store: Path) -> None:
    async def story() -> None:
        async with await dsm.Engine.open_async(store, allow_loopback=True) as engine:
            await engine.put_window_async("nights", cron="0 22 * * *", duration=3600)
            row = await engine.put_schedule_async(
                "daily", "@daily", "discovery_scan", target_scope=SCOPE, window="nights"
            )
            assert await engine.schedules_async() == [row]
            assert len(await engine.windows_async()) == 1
            assert await engine.remove_schedule_async("daily")
            assert await engine.remove_window_async("nights")
            assert (await engine.put_settings_async(log_retention_days=9))["log_retention_days"] == 9
            assert (await engine.settings_async())["log_retention_days"] == 9

    asyncio.run(story())
