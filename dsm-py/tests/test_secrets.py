"""No planted password comes out of anything: repr, rows, errors, logs, pickles, files."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import pickle
import traceback
from typing import TYPE_CHECKING
from urllib.parse import quote

import dsm
import pytest
from conftest import PASSWORD, RANGE, USER
from lab import idrac, server

if TYPE_CHECKING:
    from pathlib import Path

WRONG = "planted-wrong-Pq9%&"


def forms(secret: str) -> list[str]:
    """A password as it might leak."""
    raw = secret.encode()
    pair = f"{USER}:{secret}".encode()
    return [
        secret,
        quote(secret),
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        base64.b64encode(raw).decode(),
        base64.b64encode(pair).decode(),
        raw.hex(),
    ]


def assert_clean(what: str, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    for secret in (PASSWORD, WRONG):
        for form in forms(secret):
            assert form.encode() not in data, f"{what} holds a password as {form!r}"


def test_nothing_that_python_sees_or_that_is_stored_holds_a_password(fleet: dsm.sim.Fleet, store: Path) -> None:
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logger = logging.getLogger("dsm")
    logger.addHandler(handler)
    logger.setLevel(1)
    try:
        with dsm.Engine.open(store, port=fleet.port, allow_loopback=True) as engine:
            wrong = engine.add_credential_set("wrong", USER, WRONG, default=True, priority=1)
            engine.add_credential_set("right", USER, PASSWORD, default=True, priority=2)
            engine.add_credential_range(wrong, "127.31.0.0/24")
            job = engine.enqueue("discovery_scan", target_scope={"ip_range": RANGE})
            events = engine.events(job)
            assert_clean("repr", repr(engine) + repr(events) + repr(fleet))
            assert_clean("events", repr(list(events)))
            assert engine.job(job)["details"]["discovered_count"] > 0
            rows = [engine.jobs(), engine.servers(), engine.credential_sets(), engine.credential_ranges()]
            assert_clean("rows", repr(rows) + repr(engine.activity()) + repr(engine.attempts(job)))
            for server in engine.servers():
                assert_clean("documents", repr(engine.documents(server["id"])))
            assert_clean("pickle", pickle.dumps([rows, engine.activity()]))
            for part in store.parent.iterdir():
                assert_clean(part.name, part.read_bytes())
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert said.getvalue()
    assert_clean("logs", said.getvalue())
    for part in store.parent.iterdir():
        assert_clean(part.name, part.read_bytes())


def test_no_error_holds_a_password(fleet: dsm.sim.Fleet) -> None:
    async def call() -> None:
        await dsm.inventory_async(fleet.addresses[0], USER, WRONG, port=fleet.port, allow_loopback=True)

    with pytest.raises(dsm.exceptions.AuthenticationError) as caught:
        asyncio.run(call())
    error = caught.value
    # Without the sources: a test's own lines may name its variables, and so may a user's.
    shown = traceback.TracebackException.from_exception(error)
    assert_clean("traceback", "".join(shown.format()) + repr(error) + repr(vars(error)))
    assert_clean("pickled error", pickle.dumps(error))
    with pytest.raises(dsm.Error) as refused:
        dsm.inventory("8.8.8.8", USER, WRONG)
    assert_clean("refusal", repr(refused.value) + repr(vars(refused.value)))
    with pytest.raises(TypeError) as wrong_type:
        dsm.inventory("10.0.0.1", 7, WRONG)  # type: ignore[arg-type]
    assert_clean("type error", repr(wrong_type.value))
    with pytest.raises(dsm.Error) as option:
        dsm.inventory("10.0.0.1", USER, WRONG, password_=WRONG)  # type: ignore[call-arg]
    assert "password_" in str(option.value)
    assert_clean("unknown option", repr(option.value))


def test_no_operation_shows_a_password() -> None:
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logger = logging.getLogger("dsm")
    logger.addHandler(handler)
    logger.setLevel(1)
    try:
        with server() as fleet, idrac(fleet) as line:
            made: list[object] = [line.accounts.create("eve", WRONG, "Operator"), line.accounts.plan_delete("eve")]
            made += [line.bios.plan_set({"SetupPassword": WRONG})]
            made += [line.attributes.plan_set("idrac", {"Users.2.Password": WRONG})]
            made += [line.media.plan_insert("http://10.1.2.3/a.iso", username="share", password=WRONG)]
            made += [line.media.insert("http://10.1.2.3/private/a.iso", username="share", password="share-secret")]
            assert_clean("results", repr(made) + repr(line) + repr(line.accounts) + repr(line.media.list()))
            with pytest.raises(dsm.Error) as taken:
                line.accounts.create("eve", WRONG, "Operator")
            with pytest.raises(dsm.Error) as odd:
                line.accounts.change_password("eve", password=[WRONG])  # type: ignore[arg-type]
            for error in (taken.value, odd.value):
                assert_clean("error", repr(error) + repr(vars(error)) + repr(error.__cause__))
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert said.getvalue()
    assert_clean("logs", said.getvalue())


def test_a_token_shows_only_where_it_is_asked_for() -> None:
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logger = logging.getLogger("dsm")
    logger.addHandler(handler)
    logger.setLevel(1)
    try:
        with server() as fleet, idrac(fleet) as line:
            handle = line.share_session()
            text = handle.lend().expose()
            token = json.loads(text)["token"]
            shown: list[object] = [handle, handle.lend(), vars(dsm.SessionHandle), dsm.SessionHandle.read(text)]
            shown += [getattr(handle, name) for name in dir(handle) if not callable(getattr(handle, name))]
            borrower = dsm.Idrac(session=handle, allow_loopback=True)
            shown += [borrower, borrower.boot.fetch(), borrower.sessions.list(), fleet.journal()]
            line.close()
            for attempt in (
                borrower.boot.fetch,
                lambda: dsm.SessionHandle.read(text[:-1]),
                lambda: dsm.SessionHandle.read(text.replace("Sessions", "Elsewhere")),
                lambda: dsm.Idrac("10.0.0.1", session=dsm.SessionHandle.read(text), allow_loopback=True),
                lambda: dsm.Idrac(session=text),  # type: ignore[call-overload]
            ):
                with pytest.raises((dsm.Error, TypeError)) as refused:
                    attempt()
                error = refused.value
                shown += [str(error), error, vars(error), error.__cause__]
            borrower.close()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert said.getvalue()
    assert token
    assert token not in repr(shown) + said.getvalue()
