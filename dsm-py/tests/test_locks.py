"""Locks that a script holds beside the jobs."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from dsm import exceptions
from held import misfits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SERVER = str(uuid.uuid4())


def until(seen: Callable[[], bool]) -> None:
    """Looks until it is so, and not for ever."""
    end = time.monotonic() + 20
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_lock_is_held_and_given_back(store: Path) -> None:
    with dsm.Engine.open(store) as engine, dsm.Engine.open(store) as other:
        with engine.lock(servers=[SERVER], keys=["rack:7"], label="new firmware by hand") as locks:
            assert (locks.keys, locks.is_released) == ([f"server:{SERVER}", "rack:7"], False)
            assert repr(locks) == f"<dsm.HeldLocks server:{SERVER}, rack:7>"
            (holder,) = other.lock_holders(server=SERVER)
            assert misfits(holder, dsm.LockHolder) == []
            assert (holder["label"], holder["is_waiting"], holder["among"]) == ("new firmware by hand", False, None)
            assert [each["key"] for each in other.lock_holders(key="rack:7")] == ["rack:7"]
            assert len(other.lock_holders()) == 2
            with pytest.raises(exceptions.BusyError, match="new firmware by hand") as busy:
                other.lock(servers=[SERVER], label="another")
            assert busy.value.kind == "busy"
            with pytest.raises(TypeError):
                pickle.dumps(locks)
        assert locks.is_released
        locks.release()
        assert other.lock_holders() == []


def test_whoever_waits_gets_it(store: Path) -> None:
    with dsm.Engine.open(store) as engine:
        first = engine.lock(keys=["rack:7"], label="first")
        got: list[str] = []

        def wait() -> None:
            with engine.lock(keys=["rack:7"], label="second", wait=True) as locks:
                got.extend(locks.keys)

        waiting = threading.Thread(target=wait)
        waiting.start()
        until(lambda: len(engine.lock_holders()) == 2)
        assert [each["is_waiting"] for each in engine.lock_holders(key="rack:7")] == [False, True]
        first.release()
        waiting.join(timeout=30)
        assert (got, engine.lock_holders()) == (["rack:7"], [])


def test_among_several() -> None:
    with dsm.Engine.in_memory() as engine:
        shared = [engine.lock(keys=["cluster:1"], label="one", among=2) for _ in range(2)]
        assert [each["among"] for each in engine.lock_holders()] == [2, 2]
        with pytest.raises(exceptions.BusyError, match="and 1 more"):
            engine.lock(keys=["cluster:1"], label="three", among=2)
        for held in shared:
            held.release()
        wrong: tuple[dict[str, Any], ...] = ({"keys": []}, {"servers": ["7"]}, {"keys": ["x"], "among": 0})
        for each in wrong:
            with pytest.raises(exceptions.InvalidInputError):
                engine.lock(label="wrong", **each)


def test_asyncio_locks_and_a_cancelled_wait_gives_its_place_up() -> None:
    async def main() -> None:
        async with await dsm.Engine.in_memory_async() as engine:
            async with await engine.lock_async(keys=["rack:7"], label="first") as locks:
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(engine.lock_async(keys=["rack:7"], label="second", wait=True), 0.3)
                await asyncio.to_thread(until, lambda: len(engine.lock_holders()) == 1)
                assert [each["label"] for each in await engine.lock_holders_async()] == ["first"]
            assert locks.is_released

    asyncio.run(main())


def test_a_lock_that_is_dropped_or_left_to_its_engine_is_given_back(store: Path) -> None:
    with dsm.Engine.open(store) as other:
        with dsm.Engine.open(store) as engine:
            locks: dsm.HeldLocks | None = engine.lock(keys=["rack:7"], label="dropped")
            assert locks is not None
            del locks
            until(lambda: other.lock_holders() == [])
            left = engine.lock(keys=["rack:7"], label="left")
        assert left.is_released
        assert other.lock_holders() == []


def test_ctrl_c_gives_the_place_in_line_up() -> None:
    with dsm.Engine.in_memory() as engine, engine.lock(keys=["rack:7"], label="first"):

        def interrupt() -> None:
            until(lambda: len(engine.lock_holders()) == 2)
            os.kill(os.getpid(), signal.SIGINT)

        interrupting = threading.Thread(target=interrupt)
        interrupting.start()
        with pytest.raises(KeyboardInterrupt):
            engine.lock(keys=["rack:7"], label="second", wait=True)
        interrupting.join()
        until(lambda: [each["label"] for each in engine.lock_holders()] == ["first"])
