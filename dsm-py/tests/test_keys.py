"""Where the keys of stored passwords come from, and how passwords go over to another."""

from __future__ import annotations

import asyncio
import base64
import secrets
import sqlite3
import stat
from typing import TYPE_CHECKING

import dsm
import pytest
from dsm import exceptions
from dsm.keys import Resealed
from held import misfits
from test_stores import Documents

if TYPE_CHECKING:
    from pathlib import Path

OLD_KEY = base64.b64encode(bytes(range(32))).decode()
OLD_FORM = "md+L5w3djs6IymPpoTz/YQ=="


def stored(path: Path) -> list[str]:
    """The sealed texts as the file has them."""
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT password_encrypted FROM credential_sets ORDER BY name").fetchall()
    return [row[0] for row in rows]


def test_a_key_comes_as_bytes_as_text_from_a_function_or_from_the_environment(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = secrets.token_bytes(32)
    text = base64.b64encode(key).decode()
    with dsm.Engine.open(store, key=key) as engine:
        engine.add_credential_set("one", "root", "planted")
        (name,) = engine.key_ids
    assert not store.with_name(store.name + ".key").exists()
    monkeypatch.setenv("DSM_KEY", text)
    for given in (text, key.hex(), lambda: key, lambda: text, bytes(key)):
        with dsm.Engine.open(store, key=given) as engine:
            assert engine.key_ids == [name]
            assert engine.reseal(dry_run=True)["current"] == 1
    with dsm.Engine.open(store, key_variable="DSM_KEY") as engine:
        assert engine.key_ids == [name]
    # A keyring is reached by a function, here one that stands in for it.
    keyring = {("dsm", "key"): text}
    with dsm.Engine.open(store, key=lambda: keyring["dsm", "key"]) as engine:
        assert engine.key_ids == [name]


def test_what_is_no_key_is_refused_and_says_nothing_of_it(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DSM_KEY", raising=False)
    for given in (b"short", "planted", lambda: 7, lambda: lambda: b""):
        with pytest.raises(exceptions.CipherError) as refused:
            dsm.Engine.open(store, key=given)  # type: ignore[arg-type]
        assert "planted" not in str(refused.value)
    with pytest.raises(exceptions.CipherError, match="DSM_KEY"):
        dsm.Engine.open(store, key_variable="DSM_KEY")
    with pytest.raises(exceptions.InvalidInputError, match="more than one source"):
        dsm.Engine.open(store, key=secrets.token_bytes(32), key_variable="DSM_KEY")

    def locked() -> bytes:
        raise PermissionError("the keyring is locked")

    with pytest.raises(PermissionError, match="locked"):
        dsm.Engine.open(store, key=locked)


def test_the_key_file_gets_a_new_key_and_everything_goes_over_to_it(store: Path) -> None:
    file = store.with_name(store.name + ".key")
    with dsm.Engine.open(store) as engine:
        engine.add_credential_set("one", "root", "planted")
        (first,) = engine.key_ids
        done = engine.rotate_key()
        assert misfits(done, Resealed) == []
        assert (done["other_keys"], done["resealed"], done["unreadable"]) == (1, 1, 0)
        second, older = engine.key_ids
        assert (older, done["key_id"]) == (first, second)
        assert stored(store)[0].startswith(f"dsm1:{second}:")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # Started anew in the middle: both keys are in the file.
    with dsm.Engine.open(store) as engine:
        assert engine.key_ids == [second, first]
        assert engine.reseal()["resealed"] == 0
        assert engine.forget_old_keys() == [first]
        assert engine.forget_old_keys() == []
    with dsm.Engine.open(store) as engine:
        assert engine.key_ids == [second]
        assert engine.reseal(dry_run=True)["current"] == 1


def test_an_old_key_is_kept_as_long_as_something_needs_it(store: Path) -> None:
    one, two, three = (secrets.token_bytes(32).hex() for _ in range(3))
    with dsm.Engine.open(store, key=one) as engine:
        engine.add_credential_set("one", "root", "planted")
        with pytest.raises(exceptions.InvalidInputError, match="no key file"):
            engine.rotate_key()
    with dsm.Engine.open(store, key=f"{two},{one}") as engine:
        with pytest.raises(exceptions.BusyError, match="1 stored password"):
            engine.forget_old_keys()
        assert engine.reseal(dry_run=True)["other_keys"] == 1
        assert engine.reseal()["resealed"] == 1
        assert len(engine.forget_old_keys()) == 1
        assert engine.rotate_key(three)["resealed"] == 1
    with dsm.Engine.open(store, key=one) as engine:
        found = engine.reseal()
        assert (found["unreadable"], found["resealed"]) == (1, 0)
        assert "planted" not in repr(found)


def test_the_existing_systems_passwords_are_converted_on_demand(store: Path) -> None:
    with dsm.Engine.open(store) as engine:
        engine.add_credential_set("theirs", "root", "something else")
    with sqlite3.connect(store) as database:
        database.execute("UPDATE credential_sets SET password_encrypted = ?", [OLD_FORM])
    with dsm.Engine.open(store) as engine:
        assert engine.convert_passwords()["unreadable"] == 1
        with pytest.raises(exceptions.CipherError, match="encryption_key"):
            engine.convert_passwords(old_key="no base64!")
        plan = engine.convert_passwords(old_key=OLD_KEY)
        assert (plan["dry_run"], plan["old_format"], plan["resealed"], plan["unreadable"]) == (True, 1, 0, 0)
        assert stored(store) == [OLD_FORM]
        done = engine.convert_passwords(dry_run=False)
        assert (done["old_format"], done["resealed"]) == (1, 1)
        assert stored(store)[0].startswith("dsm1:")


def test_keys_of_a_store_of_the_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, file = Documents(), tmp_path / "keys"
    with dsm.Engine.over(store, key_file=file) as engine:
        engine.add_credential_set("one", "root", "planted")
        (first,) = engine.key_ids
        assert engine.rotate_key()["resealed"] == 1
        second, older = engine.key_ids
        assert older == first
        assert engine.forget_old_keys() == [first]
    with dsm.Engine.over(store, key_file=file) as engine:
        assert engine.key_ids == [second]
        assert engine.reseal(dry_run=True)["current"] == 1
    key = file.read_bytes()
    monkeypatch.setenv("DSM_KEY", key.hex())
    with dsm.Engine.over(store, key_variable="DSM_KEY") as engine:
        assert engine.key_ids == [second]

    async def main() -> None:
        async with await dsm.Engine.over_async(store, key=lambda: key) as engine:
            assert engine.key_ids == [second]
            with pytest.raises(exceptions.InvalidInputError, match="no key file"):
                await engine.rotate_key_async()
            assert (await engine.rotate_key_async(secrets.token_bytes(32)))["resealed"] == 1

    asyncio.run(main())
    with pytest.raises(exceptions.InvalidInputError, match="where the key") as refused:
        dsm.Engine.over(store)
    assert refused.value.subject == "key"


def test_all_of_it_for_asyncio(store: Path) -> None:
    async def work() -> None:
        async with await dsm.Engine.open_async(store) as engine:
            await engine.add_credential_set_async("one", "root", "planted")
            assert (await engine.rotate_key_async())["resealed"] == 1
            assert (await engine.reseal_async(dry_run=True))["current"] == 1
            assert (await engine.convert_passwords_async())["old_format"] == 0
            assert len(await engine.forget_old_keys_async()) == 1

    asyncio.run(work())
