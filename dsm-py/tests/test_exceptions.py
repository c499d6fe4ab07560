"""Exceptions: one class a kind, fields, chain."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback

import dsm
import pytest
from conftest import USER
from dsm import _dsm, exceptions

CLASSES: list[type[dsm.Error]] = [dsm.Error, *exceptions.KINDS.values()]


def test_the_kinds_are_those_of_the_library() -> None:
    assert set(exceptions.KINDS) == set(_dsm._error_kinds())


def test_every_class_is_an_error_of_one_kind() -> None:
    found = inspect.getmembers(exceptions, inspect.isclass)
    assert {each for _, each in found if each.__module__ == exceptions.__name__} == set(CLASSES)
    assert {each.kind for each in CLASSES} - {""} == set(exceptions.KINDS)
    assert len(CLASSES) == len(exceptions.KINDS) + 1
    for kind, each in exceptions.KINDS.items():
        assert each.kind == kind


@pytest.mark.parametrize("each", CLASSES, ids=lambda each: each.__name__)
def test_errors_are_pickled_whole(each: type[dsm.Error]) -> None:
    error = each("one line", subject="port", hint="try 443", http_status=401, message_ids=["SYS415"], retry_after=2.5)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is each
        assert str(again) == "one line"
        assert vars(again) == vars(error)
        assert again.message_ids == ["SYS415"]


def test_facts_are_fields_and_the_chain_is_kept() -> None:
    with dsm.sim.Fleet("127.33.0.0", 1, defaults={"kind": "dead"}) as fleet, pytest.raises(dsm.Error) as caught:
        dsm.inventory("127.33.0.1", USER, "x", port=fleet.port, allow_loopback=True)
    error = caught.value
    assert isinstance(error, exceptions.ConnectError)
    assert isinstance(error, ConnectionError)
    assert error.kind == "connect"
    assert error.host == f"127.33.0.1:{fleet.port}"
    assert error.permanence in {"temporary", "exhausted"}
    assert error.hint is None
    assert "\n" not in str(error)
    levels = []
    cause = error.__cause__
    while cause is not None:
        levels.append(cause)
        cause = cause.__cause__
    assert levels, "the operating system said why"
    assert all(str(below) not in str(error) for below in levels)
    assert "direct cause" in "".join(traceback.format_exception(error))


def test_an_address_that_may_not_be_talked_to_is_refused() -> None:
    with pytest.raises(exceptions.AddressRefusedError) as caught:
        dsm.inventory("8.8.8.8", USER, "x")
    assert caught.value.subject == "8.8.8.8"
    assert caught.value.hint
