"""Stores written in Python: what is asked of them, what they may raise, and an engine over one."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
import threading
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from conftest import PASSWORD, RANGE, USER
from dsm import exceptions, testing

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
UNPROVED = ["ends::a_crash_is_proved_and_its_jobs_released"]
"""No store of documents can prove that a process is dead."""


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The example, imported."""
    spec = importlib.util.spec_from_file_location("document_store", EXAMPLES / "document_store.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Documents:
    """Documents in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, bytes]] = {}
        self.lock = threading.Lock()
        self.waited = 0

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def get(self, key: str) -> tuple[int, bytes] | None:
        return self.rows.get(key)

    def put_if(self, key: str, value: bytes, expected: int | None) -> int | None:
        with self.lock:
            there = self.rows.get(key)
            if (there[0] if there else None) != expected:
                return None
            self.rows[key] = ((expected or 0) + 1, value)
            return (expected or 0) + 1

    def delete_if(self, key: str, rev: int) -> bool:
        with self.lock:
            if key in self.rows and self.rows[key][0] == rev:
                del self.rows[key]
                return True
            return False

    def scan(self, prefix: str, after: str | None, limit: int) -> list[tuple[str, int, bytes]]:
        with self.lock:
            keys = sorted(key for key in self.rows if key.startswith(prefix) and key > (after or ""))
            return [(key, *self.rows[key]) for key in keys[:limit]]


class Coroutines:
    """The same, asynchronous, and particular about its loop."""

    name = "coroutines"
    durable = False

    def __init__(self) -> None:
        self.kept = Documents()
        self.loops: set[asyncio.AbstractEventLoop] = set()

    async def now(self) -> datetime:
        self.loops.add(asyncio.get_running_loop())
        return self.kept.now()

    async def get(self, key: str) -> tuple[int, bytes] | None:
        await asyncio.sleep(0)
        return self.kept.get(key)

    async def put_if(self, key: str, value: bytes, expected: int | None) -> int | None:
        await asyncio.sleep(0)
        return self.kept.put_if(key, value, expected)

    async def delete_if(self, key: str, rev: int) -> bool:
        return self.kept.delete_if(key, rev)

    # Both kinds may be mixed.
    def scan(self, prefix: str, after: str | None, limit: int) -> list[tuple[str, int, bytes]]:
        return self.kept.scan(prefix, after, limit)


def skipped(report: testing.Report) -> list[str]:
    return [case.name for case in report.skipped]


@pytest.mark.timeout(300)
def test_the_example_passes_the_whole_suite(example: ModuleType, tmp_path: Path) -> None:
    with closing(example.Documents(tmp_path / "documents.db")) as store:
        store.put_if("not-ours", b"stays", None)
        report = testing.check_store(store, seed=7)
        assert store.scan("", None, 10) == [("not-ours", 1, b"stays")]
    assert report.is_ok, report
    assert skipped(report) == UNPROVED
    assert len(report.passed) > 110
    assert {"primitives::one_of_many_wins", "sharing::stores_share_the_work"} <= set(report.passed)
    certificate = json.loads(json.dumps(report.certificate()))
    assert certificate["backend"] == "one SQLite table, from Python"
    assert (certificate["version"], certificate["seed"], certificate["is_ok"]) == (dsm.__version__, 7, True)
    assert certificate["caps"] == {"durable": True, "shared": True}
    assert certificate["skipped"][0]["name"] == UNPROVED[0]
    assert str(report).startswith("one SQLite table, from Python: ")


@pytest.mark.timeout(300)
def test_coroutines_run_on_the_callers_loop() -> None:
    store = Coroutines()

    async def main() -> testing.Report:
        report = await testing.check_store_async(store)
        assert store.loops == {asyncio.get_running_loop()}
        return report

    report = asyncio.run(main())
    assert report.is_ok, report
    assert report.backend == "coroutines"
    assert report.caps == {"durable": False, "shared": True}


def test_coroutines_have_a_loop_of_their_own_for_blocking_calls(tmp_path: Path) -> None:
    store = Coroutines()
    with dsm.Engine.over(store, key_file=tmp_path / "key") as engine:
        assert engine.jobs() == []
        (loop,) = store.loops
        assert loop.is_running()


@pytest.mark.timeout(120)
def test_an_engine_works_over_it(fleet: dsm.sim.Fleet, example: ModuleType, tmp_path: Path) -> None:
    path, key_file = tmp_path / "documents.db", tmp_path / "documents.key"
    with (
        closing(example.Documents(path)) as store,
        dsm.Engine.over(store, key_file=key_file, port=fleet.port, allow_loopback=True) as engine,
    ):
        assert engine.store == "one SQLite table, from Python"
        engine.add_credential_set("lab", USER, PASSWORD, default=True)
        job = engine.run("discovery_scan", target_scope={"ip_range": RANGE}, timeout=60)
        assert job["status"] == "completed"
        found = [server["service_tag"] for server in engine.servers()]
        assert len(found) == 6
        assert engine.activity(job=job["id"])
    with closing(example.Documents(path)) as store, dsm.Engine.over(store, key_file=key_file) as other:
        assert [server["service_tag"] for server in other.servers()] == found
        server = other.servers()[0]["id"]
        assert other.inventory(server)["firmware"]
        assert [known["status"] for known in other.jobs()] == ["completed"]


def test_two_engines_see_what_the_other_wrote(tmp_path: Path) -> None:
    store, key = Documents(), tmp_path / "key"
    with dsm.Engine.over(store, key_file=key) as one, dsm.Engine.over(store, key_file=key) as other:
        later = datetime(2100, 1, 1, tzinfo=timezone.utc)
        job = one.enqueue("discovery_scan", target_scope={"ip_range": "10.0.0.1"}, schedule_at=later)
        assert [known["id"] for known in other.jobs()] == [job]
        assert other.cancel(job) == "at_once"
        (known,) = one.jobs()
        assert known["status"] == "cancelled"


def test_asyncio_has_the_same_engine(tmp_path: Path) -> None:
    async def main() -> None:
        async with await dsm.Engine.over_async(Coroutines(), key_file=tmp_path / "key") as engine:
            await engine.add_credential_set_async("lab", "root", "one")
            (only,) = await engine.credential_sets_async()
            assert only["name"] == "lab"

    asyncio.run(main())


class Incomplete:
    durable = 1

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    get = 3

    def put_if(self, key: str, value: bytes) -> int:
        return 1

    def delete_if(self, key: str, rev: int, *, sure: bool) -> bool:
        return True


@pytest.mark.parametrize("given", [Incomplete(), Incomplete])
def test_what_is_no_store_is_told_so_at_once(given: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError) as raised:
        testing.check_store(given)
    for part in (
        "Incomplete is no store",
        "`get(key)` is no method",
        "`put_if(key, value, expected)` does not take these arguments",
        "`delete_if(key, rev)` does not take these arguments",
        "`scan(prefix, after, limit)` is missing",
        "`durable` is neither True nor False",
    ):
        assert part in str(raised.value)
    assert "now" not in str(raised.value)
    with pytest.raises(TypeError, match="is no store"):
        dsm.Engine.over(Incomplete(), key_file=tmp_path / "key")  # type: ignore[arg-type]
    assert not (tmp_path / "key").exists()


class Troubled(Documents):
    """Raises what it is told to, before or after a write is made."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Exception] = []
        self.after: list[Exception] = []

    def put_if(self, key: str, value: bytes, expected: int | None) -> int | None:
        if self.before:
            raise self.before.pop()
        done = super().put_if(key, value, expected)
        if self.after:
            raise self.after.pop()
        return done


def test_a_lost_reply_does_nothing_twice(tmp_path: Path) -> None:
    store = Troubled()
    with dsm.Engine.over(store, key_file=tmp_path / "key") as engine:
        for trouble in (store.before, store.after):
            trouble.append(OSError("the line is cut"))
            engine.add_credential_set("lab", "root", "one")
            assert not trouble
        assert len(engine.credential_sets()) == 1


def test_a_store_that_is_gone_says_so(tmp_path: Path) -> None:
    store = Troubled()
    with dsm.Engine.over(store, key_file=tmp_path / "key") as engine:
        store.before = [ConnectionError("no route")] * 50
        with pytest.raises(exceptions.StoreError, match=r"`put_if` of the store.*ConnectionError: no route"):
            engine.add_credential_set("lab", "root", "one")
        store.before = []
        engine.add_credential_set("lab", "root", "one")


def test_a_kind_of_ours_is_kept(tmp_path: Path) -> None:
    class Theirs(Documents):
        def get(self, key: str) -> tuple[int, bytes] | None:
            raise exceptions.StoreNotOursError("another program's table")

    with pytest.raises(exceptions.StoreNotOursError, match="another program's table"):
        dsm.Engine.over(Theirs(), key_file=tmp_path / "key")


@pytest.mark.parametrize(
    ("name", "gives", "wanted"),
    [
        ("get", [1, 2], "`get` of the store: it gave list of another shape than a revision and bytes, or None"),
        ("get", (True, b""), "`get` of the store: it gave tuple"),
        ("get", (1, "text"), "`get` of the store: it gave tuple"),
        ("now", 17, "`now` of the store: it gave int of another shape than a datetime with its zone"),
        ("now", datetime(2026, 1, 1), "`now` of the store: it gave datetime"),  # noqa: DTZ001 - that is the point
        ("put_if", "1", "`put_if` of the store: it gave str of another shape than a revision, or None"),
    ],
)
def test_an_answer_of_another_shape_is_named(name: str, gives: object, wanted: str, tmp_path: Path) -> None:
    store = Documents()
    setattr(store, name, lambda *_: gives)

    def use() -> None:
        with dsm.Engine.over(store, key_file=tmp_path / "key") as engine:
            engine.add_credential_set("lab", "root", "one")

    with pytest.raises(exceptions.HandlerError) as raised:
        use()
    assert wanted in str(raised.value)


def test_a_store_that_can_wait_is_waited_on(tmp_path: Path) -> None:
    asked = threading.Event()

    class Waiting(Documents):
        def wait(self, timeout: float) -> None:
            assert 0 < timeout <= 1
            asked.set()
            threading.Event().wait(timeout)

    with dsm.Engine.over(Waiting(), key_file=tmp_path / "key"):
        assert asked.wait(30)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "dsm.testing", *arguments],
        cwd=EXAMPLES,
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )


@pytest.mark.timeout(300)
def test_the_command_prints_a_certificate() -> None:
    done = command("document_store:examined", "--seed", "3", "--json")
    assert done.returncode == 0, done.stderr
    certificate = json.loads(done.stdout)
    assert (certificate["seed"], certificate["failed"]) == (3, [])


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    for wrong in ("document_store", "no_such_module:x", "document_store:nothing"):
        done = command(wrong)
        assert done.returncode == 2, done.stderr
        assert "error:" in done.stderr


def test_a_flaw_is_found_and_named() -> None:
    class Careless(Documents):
        def put_if(self, key: str, value: bytes, expected: int | None) -> int | None:
            rev = self.rows.get(key, (0, b""))[0] + 1
            self.rows[key] = (rev, value)
            return rev

    report = testing.check_store(Careless)
    assert not report.is_ok
    assert "primitives::absent_means_absent" in [case.name for case in report.failed]
    assert "FAILED primitives::absent_means_absent: a second one" in str(report)
    assert [case.why for case in report.skipped] == ["the primitives have to hold first"]
    assert report.certificate()["is_ok"] is False


def test_the_example_runs(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", str(EXAMPLES / "document_store.py"), str(path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == "one SQLite table, from Python: 0 servers, 0 jobs\n"
