"""A session that goes from one `dsm.Idrac` to another, here and in another process."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
import textwrap
import time

import dsm
import pytest
from conftest import PASSWORD, USER
from dsm import exceptions
from lab import GENERATIONS, connected, idrac, server

RELAY = """
    import sys, dsm
    handle = dsm.SessionHandle.read(sys.stdin.read())
    with dsm.Idrac(session=handle, allow_loopback=True) as line:
        print(handle.role, len(line.boot.fetch()["order"]))
"""


def over(handle: dsm.SessionHandle) -> dsm.Idrac:
    """An object that goes on with it."""
    return dsm.Idrac(session=handle, allow_loopback=True)


def logins(fleet: dsm.sim.Fleet) -> tuple[int, int]:
    """How many there were, and how many sessions are open."""
    return (fleet.totals()["sessions_opened"], fleet.open_sessions())


def until_no_session(fleet: dsm.sim.Fleet) -> None:
    """What ends in the background has ended soon."""
    until = time.monotonic() + 10
    while fleet.open_sessions() and time.monotonic() < until:
        time.sleep(0.02)
    assert fleet.open_sessions() == 0


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_lent_session_serves_two_objects_with_one_login(generation: dsm.sim.Generation) -> None:
    with server(generation) as fleet, idrac(fleet) as line:
        handle = line.share_session()
        assert (handle.address, handle.port) == (fleet.addresses[0], fleet.port)
        assert (handle.user, handle.role, handle.is_spent) == (USER, "borrower", False)
        assert "/Sessions/" in handle.location
        assert handle.certificate
        with over(handle.lend()) as one, over(handle) as other:
            assert (one.address, handle.is_spent) == (fleet.addresses[0], True)
            assert one.boot.fetch() == other.boot.fetch() == line.boot.fetch()
        assert logins(fleet) == (1, 1), "a borrower's end leaves the session"
        for again in (lambda: over(handle), handle.lend, handle.expose):
            with pytest.raises(exceptions.InvalidInputError, match="handed over already"):
                again()


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_session_given_away_is_ended_by_its_new_owner(generation: dsm.sim.Generation) -> None:
    with server(generation) as fleet:
        line = connected(fleet)
        line.boot.fetch()
        handle = line.detach_session()
        line.close()
        assert (handle.role, *logins(fleet)) == ("owner", 1, 1)
        with over(handle) as owner:
            assert owner.boot.fetch()["order"]
            with over(owner.share_session()) as borrower, pytest.raises(exceptions.InvalidInputError):
                borrower.detach_session()
            assert logins(fleet) == (1, 1)
        assert logins(fleet) == (1, 0)


def test_asyncio_hands_over_too() -> None:
    async def main(fleet: dsm.sim.Fleet) -> None:
        async with connected(fleet) as line:
            lent, boot = await asyncio.gather(line.share_session_async(), line.boot.fetch_async())
            async with over(lent) as borrower, over(await line.detach_session_async()) as owner:
                both = await asyncio.gather(borrower.boot.fetch_async(), owner.boot.fetch_async())
                assert tuple(both) == (boot, boot)
            assert logins(fleet) == (1, 0)

    with server() as fleet:
        asyncio.run(main(fleet))


def test_one_that_is_never_used_is_ended_too() -> None:
    with server() as fleet, connected(fleet) as line:
        over(line.detach_session()).close()
        assert logins(fleet) == (1, 0)
        handle = line.detach_session()
        assert logins(fleet) == (2, 1)
        del handle
        until_no_session(fleet)
        handle = line.detach_session()
        taken = over(dsm.SessionHandle.read(handle.expose()))
        assert handle.is_spent, "whoever has the text ends the session"
        assert logins(fleet) == (3, 1)
        del handle
        assert taken.boot.fetch()["order"]
        del taken
        until_no_session(fleet)


def relay(code: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Another process."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=50)


def test_another_process_goes_on_with_it() -> None:
    with server() as fleet, connected(fleet) as line:
        order = len(line.boot.fetch()["order"])
        lent = relay(RELAY, text=line.share_session().expose())
        assert lent.stdout.split() == ["borrower", str(order)], lent.stderr
        assert logins(fleet) == (1, 1)
        text = line.detach_session().expose()
        given = relay(RELAY, text=text)
        assert given.stdout.split() == ["owner", str(order)], given.stderr
        assert logins(fleet) == (1, 0)
        dead = relay(RELAY, text=text)
        assert "AuthenticationError" in dead.stderr
        assert "hand a new session over" in dead.stderr


def test_a_process_that_ends_leaves_no_session_behind() -> None:
    code = """
        import sys, dsm
        line = dsm.Idrac(sys.argv[1], sys.argv[3], sys.argv[4], port=int(sys.argv[2]), allow_loopback=True)
        handle = line.detach_session()
        kept = handle, line
        print(handle.role)
    """
    with server() as fleet:
        done = relay(code, fleet.addresses[0], str(fleet.port), USER, PASSWORD)
        assert (done.stdout.strip(), done.stderr) == ("owner", "")
        assert logins(fleet) == (1, 0)


def test_a_session_that_is_over_is_one_clear_error_or_one_login() -> None:
    with server() as fleet:
        line = connected(fleet)
        handle = line.share_session()
        without = over(handle.lend())
        given: dsm.IdracOptions = {"allow_loopback": True, "port": fleet.port}
        with dsm.Idrac(fleet.addresses[0], USER, PASSWORD, session=handle, **given) as able:
            assert without.boot.fetch() == able.boot.fetch()
            line.close()
            assert logins(fleet) == (1, 0)
            with pytest.raises(exceptions.AuthenticationError, match="hand a new session over") as over_now:
                without.boot.fetch()
            assert over_now.value.permanence == "permanent"
            asked = len(fleet.journal())
            with pytest.raises(exceptions.AuthenticationError):
                without.boot.fetch()
            assert len(fleet.journal()) == asked, "a dead token goes out no more"
            assert able.boot.fetch()["order"]
            assert logins(fleet) == (2, 1)
        without.close()
        assert logins(fleet) == (2, 0)


def test_a_handle_is_taken_only_where_it_belongs_and_stays_when_refused() -> None:
    with server() as fleet, connected(fleet) as line:
        handle = line.detach_session()
        here = fleet.addresses[0]
        with pytest.raises(dsm.Error, match="loopback"):
            dsm.Idrac(session=handle)
        with pytest.raises(exceptions.InvalidInputError, match=f"one on {here}"):
            dsm.Idrac("10.0.0.1", session=handle, allow_loopback=True)
        with pytest.raises(exceptions.InvalidInputError, match="belongs to"):
            dsm.Idrac(session=handle, allow_loopback=True, port=1)
        with pytest.raises(exceptions.InvalidInputError, match="root"):
            dsm.Idrac(here, "eve", PASSWORD, session=handle, allow_loopback=True)
        with pytest.raises(exceptions.InvalidInputError):
            dsm.Idrac(session=handle, allow_loopback=True, concurrency=9)
        with pytest.raises(exceptions.InvalidInputError, match="who asks"):
            dsm.Idrac(here, USER, session=handle, allow_loopback=True)
        assert (handle.is_spent, *logins(fleet)) == (False, 1, 1)
        fleet.renew_certificate(0)
        with over(handle) as moved, pytest.raises(exceptions.CertificateChangedError):
            moved.boot.fetch()


@pytest.mark.parametrize("given", [(), ("10.0.0.1",), ("10.0.0.1", "root"), (None, "root", "x")])
def test_somebody_has_to_ask(given: tuple[str, ...]) -> None:
    with pytest.raises(exceptions.InvalidInputError, match="who asks"):
        dsm.Idrac(*given)


def test_a_handle_stays_in_its_process() -> None:
    with server() as fleet, idrac(fleet) as line:
        handle = line.share_session()
        for away in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                away(handle)
        for text in ("", "{}", "x" * 9000, '{"version": 1}'):
            with pytest.raises(exceptions.InvalidInputError):
                dsm.SessionHandle.read(text)
