"""Firmware: updates from a file with its progress, from an address, held back, and back again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from calls import CIFS, DIAGNOSTICS, SOON, SPECS, package, uri
from dsm import exceptions
from lab import changes, idrac, server

if TYPE_CHECKING:
    from pathlib import Path

    import dsm
    from dsm.idrac import ExpectedFirmware
    from dsm.results import JobProgress, UploadProgress


def expecting(version: str) -> ExpectedFirmware:
    return {"version": version, "devices": [DIAGNOSTICS]}


def installed(line: dsm.Idrac) -> str:
    return next(each["version"] for each in line.firmware.list()["installed"] if each["fqdd"] == DIAGNOSTICS)


def test_a_file_is_sent_in_pieces_and_told_of(tmp_path: Path) -> None:
    with server() as fleet, idrac(fleet) as line:
        path = package(tmp_path, "4301A99", 3_000_000)
        plan = line.firmware.plan_update(path=path, expected=expecting("4301A99"))
        assert [step["operation"] for step in plan["steps"]] == ["UploadPackage"]
        assert changes(fleet) == []
        sent: list[UploadProgress] = []
        jobs: list[JobProgress] = []
        outcome = line.firmware.update(
            path=path, expected=expecting("4301A99"), progress=jobs.append, upload_progress=sent.append, **SOON
        )
        assert outcome["result"] == "installed"
        assert installed(line) == "4301A99"
        length = path.stat().st_size
        assert [each["total_bytes"] for each in sent] == [length] * len(sent)
        told = [each["sent_bytes"] for each in sent]
        assert told == sorted(told)
        assert told[-1] == length
        assert len(told) > 10
        assert jobs
        assert all("state" in each for each in jobs)
        # Who listens to the job alone hears nothing of the upload.
        only: list[JobProgress] = []
        other = package(tmp_path, "4301A98")
        line.firmware.update(path=other, expected=expecting("4301A98"), progress=only.append, **SOON)
        assert only
        assert all("state" in each for each in only)
        path = package(tmp_path, "4301A98", 3_000_000)
        again = line.firmware.update(path=path, expected=expecting("4301A98"), **SOON)
        assert again["result"] == "no_change"


def test_an_upload_for_asyncio_is_told_of_by_the_loop(tmp_path: Path) -> None:
    async def main(line: dsm.Idrac) -> list[int]:
        sent: list[UploadProgress] = []
        path = package(tmp_path, "4301A99")
        await line.firmware.update_async(path=str(path), upload_progress=sent.append, **SOON)
        return [each["sent_bytes"] for each in sent]

    with server() as fleet, idrac(fleet) as line:
        told = asyncio.run(main(line))
    assert told[-1] > 300_000


def test_an_update_is_held_back_started_and_taken_back() -> None:
    with server() as fleet, idrac(fleet) as line:
        before = installed(line)
        held = line.firmware.update(
            uri=uri("4301A98"), expected=expecting("4301A98"), apply_time="OnStartUpdateRequest", **SOON
        )
        assert held["result"] == "scheduled"
        assert line.firmware.start_updates(wait=SOON["wait"])["verdict"] == "done"
        assert installed(line) == "4301A98"
        assert line.firmware.rollback(DIAGNOSTICS, **SOON)["result"] == "installed"
        assert installed(line) == before


def test_a_repository_is_compared_and_installed() -> None:
    with server(**SPECS["firmware"]) as fleet, idrac(fleet) as line:
        found = line.firmware.compare_repository(CIFS, wait=SOON["wait"])
        assert [each["version"] for each in found] == ["4301A99", "9.9.9"]
        plan = line.firmware.plan_install_repository(CIFS, reboot=True)
        assert CIFS["password"] not in str(plan)
        outcome = line.firmware.install_repository(CIFS, wait=SOON["wait"])
        assert [child["verdict"] for child in outcome["children"]] == ["done", "scheduled"]


def test_what_does_not_go_together_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with server() as fleet, idrac(fleet) as line:
        path = package(tmp_path, "4301A99")
        for arguments in (
            {},
            {"path": path, "uri": uri("1")},
            {"path": path, "username": "u", "password": "planted-Http-1"},
            {"uri": uri("1"), "password": "planted-Http-1"},
            {"uri": uri("1"), "apply_time": "AtMaintenanceWindowStart"},
            {"uri": "https://u:planted-Http-1@10.1.2.3/a.exe"},
            {"path": tmp_path / "nothing.exe"},
        ):
            with pytest.raises(exceptions.InvalidInputError) as refused:
                line.firmware.update(**arguments)
            assert "planted-Http-1" not in str(refused.value)
        assert fleet.totals()["connections"] == 0
        with pytest.raises(exceptions.NotFoundError):
            line.firmware.rollback("Nowhere.1")
        with pytest.raises(exceptions.JobFailedError):
            line.firmware.update(uri="https://10.1.2.3/UNSIGNED_25806_1.EXE", expected=expecting("1"), **SOON)
