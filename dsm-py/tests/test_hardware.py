"""What is read beside an inventory, only when it has changed, and the update that comes by itself."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import dsm
import pytest
from calls import CIFS
from conftest import PASSWORD, USER
from dsm import exceptions
from held import misfits
from lab import GENERATIONS, changes, idrac, server
from test_inventory import capture

if TYPE_CHECKING:
    from dsm.results import DellViewKind

__all__ = ["capture"]

SOURCES = Path(__file__).resolve().parents[2] / "dell-redfish" / "src"
FIRST_VIEWS = "idrac9_v5"


def kinds() -> dict[DellViewKind, type]:
    """The kinds of views, and the record of each."""
    names = get_args(importlib.import_module("dsm.results").DellViewKind)
    text = (SOURCES / "flow" / "dell_view.rs").read_text()
    types = re.findall(r'^    \w+: (\w+), [A-Z]+, "\w+";$', text, re.MULTILINE)
    return {name: getattr(dsm.models, of) for name, of in zip(names, types, strict=True)}


def assert_views(line: dsm.Idrac) -> list[DellViewKind]:
    """Each view that there is has the members that its record says, all of it; any other is told to be missing."""
    offered = line.hardware.dell_view_kinds()
    for kind, record in kinds().items():
        if kind not in offered:
            with pytest.raises(exceptions.UnsupportedError, match="Collection"):
                line.hardware.dell_view(kind)
            continue
        members = line.hardware.dell_view(kind)
        for each in members:
            assert misfits(each, record, kind) == []
    return offered


@pytest.mark.parametrize("generation", GENERATIONS)
def test_dell_views_are_as_their_records_say(generation: dsm.sim.Generation) -> None:
    with server(generation) as fleet, idrac(fleet) as line:
        offered = assert_views(line)
        assert bool(offered) == (GENERATIONS.index(generation) >= GENERATIONS.index(FIRST_VIEWS))
        if "switch_connections" in offered:
            assert line.hardware.dell_view("switch_connections") == line.hardware.switch_connections()
        with pytest.raises(exceptions.InvalidInputError, match="numeric_sensors"):
            line.hardware.dell_view("nonsense")  # type: ignore[arg-type]


def test_views_of_a_real_r750(capture: Path) -> None:
    with server(mockup=str(capture)) as fleet, idrac(fleet) as line:
        assert {"slots", "sensors", "switch_connections"} <= set(assert_views(line))
        assert line.hardware.assemblies()["Assemblies"]
        assert line.hardware.pcie_slots()["Slots"]


def test_a_resource_is_read_again_only_when_it_has_changed() -> None:
    users: list[dsm.sim.Account] = [
        {"user": USER, "password": PASSWORD, "role": "Administrator"},
        {"user": "guest", "password": "planted-Guest-1", "role": "ReadOnly"},
    ]
    guest = "/redfish/v1/AccountService/Accounts/3"
    with server(accounts=users) as fleet, idrac(fleet) as line:
        first = line.if_changed(guest)
        assert first["state"] == "changed"
        assert (first["resource"]["RoleId"], first["resource"]["@odata.id"]) == ("ReadOnly", guest)
        assert line.if_changed(guest, first["tag"]) == {"state": "unchanged"}
        assert fleet.journal()[-1]["status"] == 304
        line.accounts.change("guest", role="Operator")
        again = line.if_changed(guest, first["tag"])
        assert again["state"] == "changed"
        assert again["resource"]["RoleId"] == "Operator"
        assert again["tag"] != first["tag"]
        # The tag of one resource says nothing about another.
        assert line.if_changed("/redfish/v1/AccountService/Accounts/2", again["tag"])["state"] == "changed"
        untagged = line.if_changed("/redfish/v1/Systems/System.Embedded.1")
        assert untagged["state"] == "changed"
        assert untagged["tag"] is None
        asked = len(fleet.journal())
        for path, tag in (("Systems", None), ("/redfish/v1/Systems?$expand=*", None), (guest, 'W/"7"'), (guest, "{}")):
            with pytest.raises(exceptions.InvalidInputError):
                line.if_changed(path, tag)
        assert len(fleet.journal()) == asked


def test_an_update_schedule_comes_and_goes() -> None:
    with server() as fleet, idrac(fleet) as line:
        schedule = line.update_schedule
        assert schedule.fetch() is None
        plan = schedule.plan_set(CIFS, "02:30", day_of_month=15, repeat=12, reboot=False)
        assert "on day 15 of every month" in plan["summary"]
        assert "planted-Share-1" not in str(plan)
        for wrong in ({"day_of_month": 31}, {"day_of_week": "Someday"}, {"week_of_month": 2}, {"repeat": 400}):
            with pytest.raises(exceptions.InvalidInputError):
                schedule.set(CIFS, "02:30", **{"repeat": 1, "reboot": True, **wrong})  # type: ignore[arg-type]
        with pytest.raises(exceptions.ConflictError) as off:
            schedule.set(CIFS, "02:30", repeat=1, reboot=True)
        assert "RED082" in off.value.message_ids
        done = schedule.set(CIFS, "02:30", day_of_week="Fri", week_of_month="L", repeat=9, reboot=True, enable=True)
        assert (done["changed"], done["enabled"]) == (True, True)
        shown = schedule.fetch()
        assert shown is not None
        assert (shown["Time"], shown["DayofWeek"], shown["WeekofMonth"], shown["Repeat"]) == ("02:30", "Fri", "L", 9)
        before = changes(fleet)
        again = schedule.set(CIFS, "02:30", day_of_week="Fri", week_of_month="L", repeat=9, reboot=True)
        with pytest.raises(exceptions.ConflictError):
            schedule.set(CIFS, "03:30", repeat=9, reboot=True)
        assert (again["changed"], [each for each in changes(fleet)[len(before) :] if "Set" in each]) == (False, [])
        replaced = schedule.set(CIFS, "03:30", repeat=9, reboot=True, replace=True)
        assert (replaced["changed"], replaced["schedule"]["Time"]) == (True, "03:30")
        assert schedule.clear()
        assert not schedule.clear()


def test_a_share_may_have_a_user_without_a_password_but_not_the_other_way_round() -> None:
    image = "http://10.1.2.3/a.iso"
    with server() as fleet, idrac(fleet) as line:
        (step,) = line.media.plan_insert(image, username="reader")["steps"]
        assert (step["body"] or {})["UserName"] == "reader"
        with pytest.raises(exceptions.InvalidInputError, match="username"):
            line.media.plan_insert(image, password="planted-Share-1")
        assert changes(fleet) == []
