"""Storage: planned, changed in one job a controller, refused before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from calls import FIRST, SECOND, SPECS, batch, drive, mirror
from dsm import exceptions
from lab import QUICK, RESTART, changes, idrac, server

if TYPE_CHECKING:
    from dsm.idrac import StorageBatch, StorageChange

PASSPHRASE = "planted-Raid-1"


def test_a_volume_is_planned_made_renamed_and_deleted() -> None:
    with server(**SPECS["storage"]) as fleet, idrac(fleet) as line:
        plan = line.storage.plan_change(batch(mirror()))
        assert [step["operation"] for step in plan["steps"]] == ["CreateVolume"]
        assert changes(fleet) == []
        jobs: list[str | None] = []
        (made,) = line.storage.change(batch(mirror()), wait=QUICK, progress=lambda job: jobs.append(job["id"]))
        assert (made["result"], made["error"]) == ("done", None)
        assert made["job"] in jobs
        volume = next(each for each in line.storage.fetch(FIRST)["volumes"] if each["name"] == "os")
        assert (volume["id"], volume["drives"]) == (made["volume"], [drive(3), drive(4)])
        delete = line.storage.plan_change(batch({"change": "delete_volume", "volume": "os"}))
        assert delete["warnings"]
        (gone,) = line.storage.change(batch({"change": "delete_volume", "volume": "os"}), wait=QUICK)
        assert gone["result"] == "done"


def test_two_controllers_change_side_by_side_at_a_restart() -> None:
    both: list[StorageBatch] = [
        *batch({"change": "assign_spare", "drive": drive(5)}),
        {"controller": SECOND, "changes": [{"change": "start_patrol_read"}]},
    ]
    with server(**SPECS["storage"]) as fleet, idrac(fleet) as line:
        outcomes = line.storage.change(both, restart=RESTART, wait=QUICK)
        assert [(each["controller"], each["result"]) for each in outcomes] == [(FIRST, "done"), (SECOND, "done")]


def test_keys_are_never_told() -> None:
    changing: list[StorageChange] = [
        {"change": "set_key", "key": PASSPHRASE, "key_id": "k1"},
        {"change": "enable_encryption", "mode": "Local", "key": PASSPHRASE, "key_id": "k1"},
    ]
    with server(**SPECS["storage"]) as fleet, idrac(fleet) as line:
        plan = line.storage.plan_change(batch(changing[0]))
        assert PASSPHRASE not in str(plan)
        for bad in (
            {"change": "set_key", "key": 4711, "key_id": "k1"},
            {"change": "set_key", "key": PASSPHRASE, "key_id": "k1", "more": 1},
            {"change": "change_key", "old_key": PASSPHRASE},
            {"change": "enable_encryption", "mode": "Local", "key": PASSPHRASE},
            {"change": "no_such"},
        ):
            with pytest.raises(exceptions.InvalidInputError) as refused:
                line.storage.change(batch(bad))  # type: ignore[arg-type]
            assert PASSPHRASE not in str(refused.value)
            assert "4711" not in str(refused.value)
        assert changes(fleet) == []


def test_what_cannot_work_is_refused_before_anything_is_sent() -> None:
    with server(**SPECS["storage"]) as fleet, idrac(fleet) as line:
        with pytest.raises(exceptions.InvalidInputError, match=r"no drive"):
            line.storage.change(batch({"change": "erase_drive", "drive": "Disk.Bay.99"}))
        with pytest.raises(exceptions.NotFoundError):
            line.storage.fetch("RAID.Slot.9-1")
        assert changes(fleet) == []
