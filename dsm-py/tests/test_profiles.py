"""Configuration profiles, with an iDRAC and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dsm
import pytest
from calls import CIFS, NTP_PROFILE
from dsm import exceptions
from lab import QUICK, changes, idrac, server

if TYPE_CHECKING:
    from pathlib import Path

    from dsm.profiles import ProfileComponent

SECRET = "planted-Profile-1"
BIOS: ProfileComponent = {"fqdd": "BIOS.Setup.1-1", "attributes": [{"name": "BootMode", "value": "Uefi"}]}
IDRAC: ProfileComponent = {
    "fqdd": "iDRAC.Embedded.1",
    "attributes": [
        {"name": "Users.2#Password", "value": SECRET},
        {"name": "IPv4Static.1#Address", "value": "192.0.2.1", "set_on_import": False},
    ],
}


def test_a_profile_is_read_cut_and_cleaned_offline(tmp_path: Path) -> None:
    whole = dsm.Profile.of([BIOS, IDRAC], "JSON")
    assert [each["fqdd"] for each in whole.components()] == ["BIOS.Setup.1-1", "iDRAC.Embedded.1"]
    assert whole.secrets() == [{"component": "iDRAC.Embedded.1", "attribute": "Users.2#Password", "masked": False}]
    assert SECRET not in repr(whole)
    assert SECRET not in str(whole.components())
    assert SECRET in str(whole.components(secrets=True))
    assert SECRET.encode() in whole.raw
    clean = whole.without_secrets()
    assert SECRET.encode() not in clean.raw
    assert clean.secrets() == []
    bios = whole.only(["BIOS"])
    assert bios.to_bytes("XML").startswith(b"<")
    assert whole.only_attributes(lambda fqdd, name: name == "BootMode").raw == bios.raw
    assert not whole.moves_idrac
    path = tmp_path / "profile.json"
    path.write_bytes(whole.raw)
    again = dsm.Profile.open(path)
    assert (again.format, again.diff(whole)["changes"]) == ("JSON", [])


def test_profiles_are_compared_without_their_secrets() -> None:
    other: ProfileComponent = {"fqdd": "BIOS.Setup.1-1", "attributes": [{"name": "BootMode", "value": "Bios"}]}
    secret: ProfileComponent = {
        "fqdd": "iDRAC.Embedded.1",
        "attributes": [{"name": "Users.2#Password", "value": "planted-Profile-2"}],
    }
    diff = dsm.Profile.of([BIOS, IDRAC]).diff(dsm.Profile.of([other, secret], "JSON"))
    assert [(each["attribute"], each["before"], each["after"], each["secret"]) for each in diff["changes"]] == [
        ("BootMode", ["Uefi"], ["Bios"], False),
        ("Users.2#Password", ["[redacted]"], ["[redacted]"], True),
    ]
    raid = dsm.Profile.of([{"fqdd": "RAID.SL.3-1", "attributes": [{"name": "RAIDresetConfig", "value": "True"}]}])
    assert raid.hazards() == [{"component": "RAID.SL.3-1", "attribute": "RAIDresetConfig", "value": "True"}]
    fit = raid.fit("PowerEdge R750")
    assert fit["model"] == "unknown"


def test_what_is_no_profile_is_refused_without_any_of_it() -> None:
    for bad in (SECRET, b"\xff\xfe\x00\xd8", f"<{SECRET}", "{}"):
        with pytest.raises(exceptions.InvalidInputError) as refused:
            dsm.Profile(bad)
        assert SECRET not in str(refused.value)
    with pytest.raises(exceptions.InvalidInputError) as refused:
        dsm.Profile.of([{"fqdd": "a", "attributes": [{"name": "Users.2#Password", "value": 4711}]}])  # type: ignore[typeddict-item]
    assert "4711" not in str(refused.value)
    with pytest.raises(ZeroDivisionError):
        dsm.Profile(NTP_PROFILE).only_attributes(lambda _fqdd, _name: 1 // 0)
    with pytest.raises(exceptions.InvalidInputError, match="format"):
        dsm.Profile(NTP_PROFILE).to_bytes("YAML")  # type: ignore[arg-type]


def test_an_export_comes_back_and_goes_to_a_share() -> None:
    with server() as fleet, idrac(fleet) as line:
        seen: list[str | None] = []
        exported = line.profiles.export("JSON", wait=QUICK, progress=lambda job: seen.append(job["id"]))
        assert exported["profile"] is not None
        profile = dsm.Profile(exported["profile"])
        assert profile.format == "JSON"
        assert profile.fit(service_tag=fleet.server(0)["service_tag"])["service_tag"] == "same"
        assert exported["job"]["verdict"] == "done"
        assert seen
        shared = line.profiles.export(share=CIFS, file="a.xml", wait=QUICK)
        assert shared["profile"] is None
        with pytest.raises(exceptions.InvalidInputError, match="together"):
            line.profiles.export(share=CIFS)


def test_an_import_is_planned_done_and_told_by_component() -> None:
    with server() as fleet, idrac(fleet) as line:
        plan = line.profiles.plan_import_profile(NTP_PROFILE, shutdown="NoReboot", wait=QUICK)
        assert plan["preview"] is not None
        assert [step["operation"] for step in plan["plan"]["steps"]] == ["ImportSystemConfiguration"]
        outcome = line.profiles.import_profile(dsm.Profile(NTP_PROFILE), shutdown="NoReboot", wait=QUICK)
        assert outcome["job"]["verdict"] == "done"
        assert [(each["fqdd"], each["applied"]) for each in outcome["components"]] == [("iDRAC.Embedded.1", 1)]
        now = line.profiles.export(targets=["IDRAC"], wait=QUICK)["profile"]
        assert now is not None
        assert [each["attribute"] for each in dsm.Profile(NTP_PROFILE).diff(dsm.Profile(now))["changes"]].count(
            "NTPConfigGroup.1#NTPEnable"
        ) == 0
        before = len(changes(fleet))
        with pytest.raises(exceptions.InvalidInputError):
            line.profiles.import_profile()
        with pytest.raises(exceptions.ConflictError):
            line.profiles.import_profile(
                NTP_PROFILE.replace("<SystemC", '<SystemConfiguration Model="X"><SystemC', 1).replace(
                    "<SystemConfiguration>", "", 1
                )
            )
        assert len(changes(fleet)) == before
