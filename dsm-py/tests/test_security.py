"""Certificates, licences, secure boot, proofs of parts, keys, defaults, erasing, sessions."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import dsm
import pytest
from calls import CIFS, KEY, LICENSE, PEM, SHORT, SUBJECT, first_key, license_id, part
from dsm import exceptions
from lab import QUICK, RESTART, changes, connected, idrac, server

if TYPE_CHECKING:
    from dsm.idrac import CertificateSubject, Share

SECRET = "planted-Open-1"


def test_a_certificate_is_requested_planned_and_installed_without_showing_its_key() -> None:
    with server() as fleet, idrac(fleet) as line:
        assert line.certificates.generate_csr(SUBJECT).startswith("-----BEGIN CERTIFICATE REQUEST-----")
        plan = line.certificates.plan_import_certificate("server", pem=PEM, key=KEY)
        assert [step["effect"] for step in plan["steps"]] == ["change", "disrupt"]
        assert "PRIVATE" not in str(plan)
        done = line.certificates.import_certificate("client_trust", pem=PEM)
        assert (done["idrac"], done["changes_trust"]) == ("no", False)
        assert line.certificates.export("client_trust") == PEM
        before = len(changes(fleet))
        incomplete: CertificateSubject = {**SUBJECT, "country": ""}
        with pytest.raises(exceptions.InvalidInputError, match="Country"):
            line.certificates.generate_csr(incomplete)
        with pytest.raises(exceptions.InvalidInputError):
            line.certificates.import_certificate("server", pem="MIIB")
        with pytest.raises(exceptions.InvalidInputError) as refused:
            line.certificates.import_certificate("server", pem=PEM, passphrase=SECRET)
        assert SECRET not in str(refused.value)
        assert len(changes(fleet)) == before
        # From here on the iDRAC shows another certificate.
        file = line.certificates.import_certificate("custom_certificate", pkcs12=b"MIIB", passphrase=SECRET)
        assert file["changes_trust"]


def test_licences_come_and_go() -> None:
    with server() as fleet, idrac(fleet) as line:
        assert line.licenses.import_license(LICENSE)["changed"]
        assert not line.licenses.import_license(LICENSE)["changed"]
        assert line.licenses.export("FD00000000000002") == LICENSE
        plan = line.licenses.plan_delete(license_id(line))
        assert plan["warnings"]
        line.licenses.delete("FD00000000000002")
        assert line.licenses.import_license(LICENSE)["changed"]
        accepted = line.licenses.export_to_share(license_id(line), CIFS, "a.xml")
        assert accepted["job"]
        with pytest.raises(exceptions.NotFoundError):
            line.licenses.delete("no-such")
        with pytest.raises(exceptions.InvalidInputError):
            line.licenses.import_license(b"")


def test_secure_boot_waits_for_the_next_start() -> None:
    with server() as fleet, idrac(fleet) as line:
        assert line.secure_boot.plan_set(enable=True)["host"] == "needed"
        accepted = line.secure_boot.set(enable=True)
        assert accepted is not None
        line.secure_boot.add_hash("dbx", "ab" * 32)
        line.secure_boot.delete_key(first_key(line))
        line.power.reset("ForceRestart", poll=0.1, until_post_is_over=True)
        line.jobs.wait(accepted["job"], wait=QUICK)
        assert line.secure_boot.set(enable=True) is None
        assert any(key.get("SignatureString") == "AB" * 32 for key in line.secure_boot.fetch_keys("dbx")["signatures"])
        with pytest.raises(exceptions.InvalidInputError):
            line.secure_boot.add_hash("dbx", "xyz")
        with pytest.raises(exceptions.InvalidInputError):
            line.secure_boot.plan_delete_key("/redfish/v1/Systems/System.Embedded.1")


def test_parts_prove_what_they_are() -> None:
    with server() as fleet, idrac(fleet) as line:
        signed = line.integrity.fetch_measurements(part(line), indices=[1, 2], nonce="cd" * 32, slot=0)
        assert signed["signed_measurements"]
        with pytest.raises(exceptions.InvalidInputError):
            line.integrity.fetch_measurements(part(line), nonce="short")
    with server("idrac8") as fleet, idrac(fleet) as line, pytest.raises(exceptions.UnsupportedError):
        line.integrity.list()


def test_keys_change_by_jobs_and_never_show() -> None:
    with server() as fleet, idrac(fleet) as line:
        plan = line.key_management.plan_change("enable_ilkm", key_id="key1", passphrase=SECRET)
        assert SECRET not in str(plan)
        assert line.key_management.change("enable_ilkm", key_id="key1", passphrase=SECRET)["job"]
        with pytest.raises(exceptions.InvalidInputError) as refused:
            line.key_management.change("disable_ilkm", passphrase=SECRET)
        assert SECRET not in str(refused.value)


def test_defaults_and_erasing_are_shown_first() -> None:
    with server() as fleet, idrac(fleet) as line:
        plan = line.defaults.plan_reset("All")
        assert (plan["idrac"], [step["effect"] for step in plan["steps"]]) == ("certain", ["destroy"])
        erasing = line.erase.plan_run(components=["LCData"])
        assert erasing["host"] == "certain"
        assert changes(fleet) == []
        with pytest.raises(exceptions.InvalidInputError):
            line.erase.run()
        with pytest.raises(exceptions.InvalidInputError, match="start"):
            line.erase.run(components=["IDRAC"])
        with pytest.raises(exceptions.InvalidInputError):
            line.defaults.reset("Everything")  # type: ignore[arg-type]
        assert changes(fleet) == []
        done = line.erase.run(components=["LCData", "DIAG"], wait=SHORT)
        assert done["service_tag"] == fleet.server(0)["service_tag"]


def test_sessions_are_seen_and_ended() -> None:
    with server() as fleet, idrac(fleet) as line, connected(fleet) as other:
        other.boot.fetch()
        mine = {each["@odata.id"] for each in line.sessions.list()}
        assert len(mine) == 2
        assert line.sessions.lockout_policy()["fail_count"]
        with pytest.raises(exceptions.InvalidInputError):
            line.sessions.delete("/redfish/v1/Systems/System.Embedded.1")
        for each in mine:
            line.sessions.delete(each)
        # Who was thrown out logs in anew by itself.
        assert other.boot.fetch()["order"]
        other.close()


def test_a_network_card_is_set_by_a_job() -> None:
    with server() as fleet, idrac(fleet) as line:
        card = ("NIC.Integrated.1", "NIC.Integrated.1-1-1")
        staged = line.network_cards.set(*card, {"WakeOnLan": "Enabled"})
        assert staged["job"]
        assert line.network_cards.fetch(*card)["pending"]["WakeOnLan"] == "Enabled"
        with pytest.raises(exceptions.ConflictError):
            line.network_cards.clear_pending(*card)
        done = line.network_cards.set(*card, {"WakeOnLan": "Enabled"}, restart=RESTART, wait=QUICK)
        assert line.network_cards.fetch(*card)["current"]["WakeOnLan"] == "Enabled"
        assert done["job"]
        with pytest.raises(exceptions.InvalidInputError):
            line.network_cards.set(*card, {"WakeOnLan": "Perhaps"})


def test_no_secret_of_a_share_a_key_or_a_profile_is_logged_or_shown() -> None:
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logger = logging.getLogger("dsm")
    logger.addHandler(handler)
    logger.setLevel(1)
    share: Share = {**CIFS, "password": SECRET, "proxy": {"server": "p", "port": 80, "password": SECRET}}
    profile = dsm.Profile.of(
        [{"fqdd": "iDRAC.Embedded.1", "attributes": [{"name": "Users.5#Password", "value": SECRET}]}]
    )
    try:
        with server() as fleet, idrac(fleet) as line:
            with pytest.raises(exceptions.InvalidInputError, match="username") as refused:
                line.firmware.plan_install_repository(share)
            share["proxy"]["username"] = "u"
            made: list[object] = [line.firmware.plan_install_repository(share)]
            made += [line.logs.plan_export_lifecycle(share=share, file="a.xml")]
            made += [line.logs.export_lifecycle(share=share, file="a.xml")]
            made += [line.key_management.change("enable_ilkm", key_id="k", passphrase=SECRET)]
            made += [line.profiles.plan_import_profile(profile, shutdown="NoReboot", wait=QUICK)]
            made += [line.profiles.import_profile(profile, shutdown="NoReboot", wait=QUICK)]
            made += [line.defaults.set_custom(profile.raw.decode())]
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert said.getvalue()
    for text in (said.getvalue(), repr(made), repr(profile), repr(refused.value) + repr(vars(refused.value))):
        assert SECRET not in text
