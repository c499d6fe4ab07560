"""Every operation there is, run on a simulated iDRAC; its result is exactly what its method declares."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import calls
import dsm
import pytest
from dsm._dsm import _operations
from dsm.idrac._area import Area
from held import declared, misfits
from lab import GENERATIONS, ISO, QUICK, RESTART, idrac, server

if TYPE_CHECKING:
    from dsm.idrac import Reset

Call: TypeAlias = Callable[[dsm.Idrac], Any]

OFF: Reset = {"kind": "ForceOff", "poll": 0.1}
BIOS = {"ProcVirtualization": "Disabled"}
NTP = {"NTPConfigGroup.1.NTPEnable": "Enabled", "NTPConfigGroup.1.NTP1": "10.0.0.1"}


def user(line: dsm.Idrac) -> str:
    """A user beside ours."""
    line.accounts.create("eve", "Planted-Eve-1", "Operator")
    return "eve"


def job(line: dsm.Idrac) -> str:
    """A job that waits for a restart."""
    made = line.bios.set(BIOS)["job"]
    assert made is not None
    return made


READS: dict[str, Call] = {
    "accounts.list": lambda it: it.accounts.list(),
    "accounts.plan_delete": lambda it: it.accounts.plan_delete("root"),
    "attributes.fetch": lambda it: it.attributes.fetch("idrac"),
    "attributes.plan_set": lambda it: it.attributes.plan_set("idrac", NTP),
    "bios.fetch": lambda it: it.bios.fetch(),
    "bios.plan_reset": lambda it: it.bios.plan_reset(restart="GracefulRestart"),
    "bios.plan_restore": lambda it: it.bios.plan_restore(it.bios.snapshot()),
    "bios.plan_set": lambda it: it.bios.plan_set(BIOS, restart="GracefulRestart"),
    "bios.snapshot": lambda it: it.bios.snapshot(),
    "boot.fetch": lambda it: it.boot.fetch(),
    "boot.plan_set_order": lambda it: it.boot.plan_set_order(it.boot.fetch()["order"][1:]),
    "boot.plan_set_override": lambda it: it.boot.plan_set_override("Pxe"),
    "console.launch": lambda it: it.console.launch("root"),
    "console.screenshot": lambda it: it.console.screenshot(),
    "health.fetch": lambda it: it.health.fetch("full"),
    "idrac.inventory": lambda it: it.inventory(),
    "idrac.lc_status": lambda it: it.lc_status(),
    "idrac.lockdown": lambda it: it.lockdown(),
    "idrac.plan_restart": lambda it: it.plan_restart(),
    "idrac.test_share": lambda it: it.test_share({"kind": "nfs", "address": "10.1.2.3", "name": "/images"}),
    "idrac.wait_until_ready": lambda it: it.wait_until_ready(interval=0.05),
    "jobs.list": lambda it: it.jobs.list(),
    "jobs.plan_clear": lambda it: it.jobs.plan_clear("all"),
    "jobs.plan_clear_stale": lambda it: it.jobs.plan_clear_stale(completed=True),
    "jobs.plan_reboot": lambda it: it.jobs.plan_reboot("PowerCycle"),
    "logs.fetch": lambda it: it.logs.fetch("lifecycle", limit=60),
    "logs.plan_clear": lambda it: it.logs.plan_clear("sel"),
    "media.list": lambda it: it.media.list(),
    "media.plan_eject": lambda it: it.media.plan_eject(),
    "media.plan_insert": lambda it: it.media.plan_insert(ISO),
    "network.fetch": lambda it: it.network.fetch(),
    "network.plan_set": lambda it: it.network.plan_set({"nic": {"mtu": 1400}}),
    "power.plan_cycle_mains": lambda it: it.power.plan_cycle_mains(switch_off=OFF),
    "power.plan_reset": lambda it: it.power.plan_reset("GracefulRestart", escalation="power_cycle"),
}

WRITES: dict[str, Call] = {
    "accounts.change": lambda it: it.accounts.change(user(it), role="ReadOnly"),
    "accounts.change_password": lambda it: it.accounts.change_password(user(it), "Planted-Eve-2"),
    "accounts.create": user,
    "accounts.delete": lambda it: it.accounts.delete(user(it)),
    "attributes.set": lambda it: it.attributes.set("idrac", NTP),
    "bios.change_password": lambda it: it.bios.change_password("setup", "", "Planted-1", restart=RESTART, wait=QUICK),
    "bios.clear_pending": lambda it: (it.jobs.delete(job(it)), it.bios.clear_pending()),
    "bios.reset": lambda it: it.bios.reset(restart=RESTART),
    "bios.restore": lambda it: it.bios.restore(
        {**it.bios.snapshot(), "attributes": {"NodeInterleave": "Enabled"}}, restart=RESTART, wait=QUICK
    ),
    "bios.set": lambda it: it.bios.set(BIOS, restart=RESTART, wait=QUICK),
    "boot.disable_override": lambda it: (it.boot.set_override("Pxe"), it.boot.disable_override()),
    "boot.set_order": lambda it: it.boot.set_order(it.boot.fetch()["order"][1:]),
    "boot.set_override": lambda it: it.boot.set_override("Pxe", continuous=True),
    "idrac.restart": lambda it: it.restart(interval=0.05),
    "jobs.clear": lambda it: (job(it), it.jobs.clear("all")),
    "jobs.clear_stale": lambda it: (job(it), it.jobs.clear_stale(waiting_longer_than=0)),
    "jobs.delete": lambda it: it.jobs.delete(job(it)),
    "jobs.fetch": lambda it: it.jobs.fetch(job(it)),
    "jobs.reboot": lambda it: it.jobs.reboot("GracefulRebootWithForcedShutdown", wait=QUICK),
    "jobs.wait": lambda it: (job(it), it.jobs.wait(it.jobs.reboot("PowerCycle", wait=QUICK)["id"] or "", wait=QUICK)),
    "logs.clear": lambda it: it.logs.clear("sel"),
    "media.eject": lambda it: (it.media.insert(ISO), it.media.eject(image=ISO)),
    "media.insert": lambda it: it.media.insert(ISO),
    "network.set": lambda it: it.network.set({"ntp": {"timezone": "CST6CDT"}}),
    "power.cycle_mains": lambda it: it.power.cycle_mains(switch_off=OFF, poll=0.1),
    "power.locate": lambda it: it.power.locate(on=True),
    "power.reset": lambda it: it.power.reset("ForceRestart", poll=0.1),
}


CALLS = {**READS, **WRITES, **calls.READS, **calls.WRITES}


def test_every_operation_is_here() -> None:
    assert sorted(CALLS) == _operations()


@pytest.mark.parametrize("name", CALLS)
def test_a_result_is_what_its_method_declares(name: str) -> None:
    # An iDRAC that restarts is away for longer than the client itself would retry.
    spec = {"idrac_restart_ms": 3_600_000} if name == "idrac.restart" else calls.spec(name)
    with server(**spec) as fleet, idrac(fleet) as line:
        CALLS[name](line)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_reads_on_every_generation(generation: dsm.sim.Generation) -> None:
    with server(generation) as fleet, idrac(fleet) as line:
        missing = {name for name, call in READS.items() if not offers(line, call)}
    assert missing == UNSUPPORTED.get(generation, set())


def offers(line: dsm.Idrac, call: Call) -> bool:
    """Whether an iDRAC can do it at all."""
    try:
        call(line)
    except dsm.exceptions.UnsupportedError:
        return False
    return True


NO_DELL_SERVICES = {
    "console.screenshot",
    "idrac.lc_status",
    "idrac.test_share",
    "idrac.wait_until_ready",
    "jobs.plan_reboot",
    "power.plan_cycle_mains",
}
UNSUPPORTED: dict[str, set[str]] = {
    "idrac7": NO_DELL_SERVICES | {"attributes.fetch", "attributes.plan_set", "network.fetch", "network.plan_set"},
    "idrac8": NO_DELL_SERVICES,
    "idrac9_v5": {"power.plan_cycle_mains"},
}
"""What an iDRAC has not; the error of each says which capability is missing."""


BESIDE = {"events.stream", "firmware.diff", "firmware.diff_async", "logs.pages"}
"""Methods that are streams, or made of others."""


def areas(line: dsm.Idrac) -> dict[str, Area]:
    """Every area by its name."""
    found = {name: getattr(line, name) for name in type(line).__slots__}
    return {"idrac": line, **found}


def operations(area: Area) -> set[str]:
    """The public methods of an area that run an operation."""
    of = dsm.idrac.Controller if isinstance(area, dsm.Idrac) else type(area)
    return {name for name, each in vars(of).items() if inspect.isfunction(each) and not name.startswith("_")}


def test_every_compiled_operation_has_its_two_methods_and_no_other_is_there() -> None:
    line = dsm.Idrac("10.0.0.1", "root", "x")
    public = {f"{name}.{each}" for name, area in areas(line).items() for each in operations(area)}
    compiled = set(_operations())
    assert public - BESIDE == compiled | {f"{name}_async" for name in compiled}
    assert all(isinstance(area, Area) for area in areas(line).values())


def test_a_twin_takes_the_same_and_gives_a_future_of_the_same() -> None:
    for name, area in areas(dsm.Idrac("10.0.0.1", "root", "x")).items():
        for each in {each.removesuffix("_async") for each in operations(area) if f"{name}.{each}" not in BESIDE}:
            method, twin = getattr(type(area), each), getattr(type(area), f"{each}_async")
            ours, its = inspect.signature(method), inspect.signature(twin)
            assert its.parameters == ours.parameters, f"{name}.{each}"
            assert its.return_annotation == f"asyncio.Future[{ours.return_annotation}]", f"{name}.{each}"
            assert method.__doc__, f"{name}.{each}"


def test_misfits_are_seen() -> None:
    """The judge itself: what would hide in a lenient one."""
    plan = declared(dsm.idrac.Power.plan_reset)
    good: dict[str, Any] = {"summary": "", "steps": [], "host": "no", "idrac": "no", "warnings": []}
    assert misfits(good, plan) == []
    step = {"operation": "x", "effect": "read", "method": "GET", "path": "/", "body": {}}
    assert misfits({**good, "steps": [step]}, plan) == []
    for bad in (
        {**good, "more": 1},
        {key: value for key, value in good.items() if key != "host"},
        {**good, "host": "perhaps"},
        {**good, "warnings": [None]},
        {**good, "steps": [{**step, "effect": "none"}]},
        {**good, "summary": 1},
    ):
        assert len(misfits(bad, plan)) == 1
    assert misfits({"on": 1, "changed": True}, declared(dsm.idrac.Power.locate)) == [
        "result['on']: 1 is no <class 'bool'>"
    ]
    assert misfits({**good, "steps": [{**step, "effect": True}]}, plan)
    assert misfits(None, declared(dsm.idrac.Power.locate))
    assert misfits(1, float) == []
