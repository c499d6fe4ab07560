"""Operations on one iDRAC by name: sync, asyncio, plans, progress, cancellation, sessions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from conftest import PASSWORD, USER
from dsm import exceptions
from dsm._dsm import IdracHandle, _operations

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def fleet() -> Iterator[dsm.sim.Fleet]:
    account: dsm.sim.Account = {"user": USER, "password": PASSWORD, "role": "Administrator"}
    with dsm.sim.Fleet(
        "127.36.0.0", 1, generations=["idrac9_v7"], defaults={"accounts": [account]}, journal="full"
    ) as it:
        yield it


def open_one(fleet: dsm.sim.Fleet) -> IdracHandle:
    return IdracHandle(fleet.addresses[0], USER, PASSWORD, port=fleet.port, allow_loopback=True)


READS: list[tuple[str, dict[str, Any]]] = [
    ("accounts.list", {}),
    ("attributes.fetch", {"group": "idrac"}),
    ("bios.fetch", {}),
    ("boot.fetch", {}),
    ("health.fetch", {"depth": "quick"}),
    ("jobs.list", {}),
    ("logs.fetch", {"log": "sel", "limit": 3}),
    ("media.list", {}),
    ("network.fetch", {}),
]


def test_the_names_are_sorted_and_each_is_there_once() -> None:
    names = _operations()
    assert names == sorted(set(names))


@pytest.mark.parametrize(("name", "arguments"), READS)
def test_a_reading_is_the_same_both_ways(fleet: dsm.sim.Fleet, name: str, arguments: dict[str, Any]) -> None:
    handle = open_one(fleet)
    blocking = handle.call(name, arguments)
    assert blocking is not None

    async def main() -> Any:
        return await handle.call_async(name, arguments)

    assert asyncio.run(main()) == blocking
    assert fleet.open_sessions() == 1
    handle.close()
    assert fleet.open_sessions() == 0


def test_a_plan_sends_nothing_that_changes(fleet: dsm.sim.Fleet) -> None:
    handle = open_one(fleet)
    plan = handle.call("power.plan_reset", {"kind": "ForceRestart"})
    assert [step["method"] for step in plan["steps"]] == ["POST"]
    handle.close()
    changing = [
        each for each in fleet.journal() if each["method"] in ("POST", "PATCH") and "Sessions" not in each["path"]
    ]
    assert changing == []


def test_errors_are_of_their_class(fleet: dsm.sim.Fleet) -> None:
    handle = open_one(fleet)
    assert fleet.totals()["connections"] == 0
    with pytest.raises(exceptions.InvalidInputError, match=r"power\.reset"):
        handle.call("power.reset", {"kind": "Sideways"})
    with pytest.raises(exceptions.InvalidInputError) as refused:
        handle.call("accounts.change_password", {"user": "root", "password": 12345})
    assert "12345" not in str(refused.value)
    with pytest.raises(exceptions.NotFoundError):
        handle.call("power.no_such", {})
    handle.close()
    handle.close()
    with pytest.raises(exceptions.InvalidInputError, match="closed"):
        handle.call("boot.fetch", {})


def test_a_cancelled_call_leaves_no_session(fleet: dsm.sim.Fleet) -> None:
    async def main() -> None:
        handle = open_one(fleet)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(handle.call_async("jobs.wait", {"job": "JID_1", "wait": {"grace": 600}}), 0.5)
        await handle.close_async()

    asyncio.run(main())
    assert fleet.totals()["sessions_opened"] >= 1
    assert fleet.open_sessions() == 0
