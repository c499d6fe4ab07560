"""Credential resolvers written in Python."""

from __future__ import annotations

import asyncio
import itertools
import threading
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from conftest import PASSWORD, USER
from dsm import exceptions
from dsm.resolvers import Target
from dsm.testing import check_resolver, check_resolver_async
from lab import server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KNOWN = Target("idrac", address="10.0.0.1", service_tag="KNOWN")
UNKNOWN = Target("idrac", address="10.0.0.2")


class Vault:
    """A resolver of this function; keeps what it is asked and told."""

    def __init__(self, answer: Callable[[Target], Any]) -> None:
        self.answer = answer
        self.asked: list[Target] = []
        self.told: list[tuple[str | None, bool]] = []

    def resolve(self, target: Target) -> Any:
        self.asked.append(target)
        return self.answer(target)

    def report(self, target: Target, ok: bool) -> None:  # noqa: FBT001 - as the engine calls it
        self.told.append((target.address, ok))


class Later(Vault):
    """The same for asyncio."""

    async def resolve(self, target: Target) -> Any:
        await asyncio.sleep(0)
        return super().resolve(target)

    async def report(self, target: Target, ok: bool) -> None:  # type: ignore[override]  # noqa: FBT001 - see above
        super().report(target, ok)


def scanned(vault: Any, store: Path, fleet: dsm.sim.Fleet, *, known: bool = False) -> dsm.JobRow:
    """The row of a scan that asked it: of an address, and once more of the server found there."""
    with dsm.Engine.open(store, port=fleet.port, allow_loopback=True, resolver=vault, poll_interval=0.05) as engine:
        scope: dict[str, Any] = {"ip_range": fleet.addresses[0]}
        if known:
            scope = {"server_ids": [each["id"] for each in engine.servers()]}
        return engine.run("discovery_scan", target_scope=scope, timeout=50)


@pytest.mark.parametrize("kind", [Vault, Later])
def test_it_is_asked_first_and_told_what_became_of_it(kind: type[Vault], store: Path) -> None:
    vault = kind(lambda target: (USER, PASSWORD))
    with server() as fleet:
        assert scanned(vault, store, fleet)["status"] == "completed"
        (asked, *_) = vault.asked
        assert (asked.purpose, asked.address, asked.server_id) == ("idrac", fleet.addresses[0], None)
        assert asked.service_tag == fleet.server(0)["service_tag"]
        assert set(vault.told) == {(fleet.addresses[0], True)}
        vault.asked.clear()
        assert scanned(vault, store, fleet, known=True)["status"] == "completed"
        assert {each.server_id is not None for each in vault.asked} == {True}


def test_none_lets_the_chain_go_on_and_an_error_ends_the_search(store: Path) -> None:
    with server() as fleet:
        with dsm.Engine.open(store) as engine:
            engine.add_credential_set("lab", USER, PASSWORD, default=True)
        vault = Vault(lambda target: None)
        row = scanned(vault, store, fleet)
        assert (row["status"], vault.told) == ("completed", [])

        def sealed(target: Target) -> None:
            raise RuntimeError("the vault is sealed, password=planted-9")

        row = scanned(Vault(sealed), store, fleet)
        assert "the vault is sealed" in str(row["details"])
        assert "planted-9" not in str(row)
        logins = [each for each in fleet.journal() if each["method"] == "POST"]
        assert len(logins) <= 1, "no other credentials were tried"


def test_a_wrong_password_is_sent_twice_and_no_more(store: Path) -> None:
    vault = Vault(lambda target: dsm.Credential(USER, "planted-wrong"))
    with server() as fleet:
        with dsm.Engine.open(store, port=fleet.port, allow_loopback=True) as engine:
            engine.add_credential_set("lab", USER, PASSWORD, default=True)
            engine.run("discovery_scan", target_scope={"ip_range": fleet.addresses[0]})
        with dsm.Engine.open(store, port=fleet.port, allow_loopback=True, resolver=vault) as engine:
            (row,) = engine.servers()
            for _ in range(2):
                with dsm.Idrac.through(engine, row["id"]) as line, pytest.raises(exceptions.AuthenticationError):
                    line.boot.fetch()
            with pytest.raises(exceptions.CredentialError, match="2 times"):
                dsm.Idrac.through(engine, row["id"])
        assert vault.told == [(fleet.addresses[0], False)] * 2


class Wrong:
    """Something that is no resolver."""

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)


@pytest.mark.parametrize(
    ("resolver", "field"),
    [
        (7, "resolver.resolve"),
        (Wrong(resolve=7), "resolver.resolve"),
        (Wrong(resolve=lambda: None), "resolver.resolve"),
        (Wrong(resolve=lambda target: None, report=lambda target: None), "resolver.report"),
        (Vault, "resolver"),
    ],
)
def test_what_is_no_resolver_is_said_when_it_is_handed_over(resolver: Any, field: str, store: Path) -> None:
    with pytest.raises(exceptions.InvalidInputError) as refused:
        dsm.Engine.open(store, resolver=resolver)
    assert refused.value.subject == field
    assert not store.exists()


def test_a_good_one_passes_the_suite_and_bad_ones_do_not() -> None:
    def of(target: Target) -> Any:
        return ("root", "planted-4") if target.service_tag else None

    for good in (Vault(of), Later(of)):
        report = check_resolver(good, known=KNOWN, unknown=UNKNOWN)
        assert report.is_ok, str(report)
        assert len(report.passed) == 6
    assert asyncio.run(check_resolver_async(Later(of), known=KNOWN, unknown=UNKNOWN)).is_ok
    numbers = itertools.count()

    def missing(target: Target) -> Any:
        return {"KNOWN": ("root", "planted-4")}[target.service_tag or ""]

    busy = threading.Lock()

    def one_at_a_time(target: Target) -> Any:
        if not busy.acquire(blocking=False):
            raise RuntimeError("only one at a time")
        try:
            return of(target)
        finally:
            threading.Event().wait(0.01)
            busy.release()

    bad: dict[str, Callable[[Target], Any]] = {
        "a_known_device_has_the_same_credentials_each_time": lambda target: (f"root{next(numbers)}", "planted-4"),
        "an_unknown_device_has_none_and_that_is_no_failure": lambda target: ("root", "planted-4"),
        "many_may_ask_at_once": one_at_a_time,
    }
    report = check_resolver(Vault(missing), known=KNOWN, unknown=UNKNOWN)
    assert list(report.failed) == ["an_unknown_device_has_none_and_that_is_no_failure"]
    for case, answer in bad.items():
        report = check_resolver(Vault(answer), known=KNOWN, unknown=UNKNOWN)
        assert case in report.failed, str(report)
        assert "planted-4" not in str(report)


@pytest.mark.parametrize(
    "answer", [7, ("root",), ("root", None), ("", "planted-5"), ("root", ""), ["root", "planted-5"]]
)
def test_an_answer_that_is_none_is_refused_without_showing_it(answer: Any) -> None:
    report = check_resolver(Vault(lambda target: answer), known=KNOWN, unknown=UNKNOWN)
    assert "a_known_device_has_the_same_credentials_each_time" in report.failed
    assert "planted-5" not in str(report)
