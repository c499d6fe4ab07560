"""What the README and the command line promise."""

from __future__ import annotations

import ast
import asyncio
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import dsm
import pytest
from conftest import PASSWORD, RANGE, USER
from lab import server

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = Path(__file__).resolve().parents[1]
PROJECT = PACKAGE.parent


def demo(folder: Path, arguments: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "dsm", "demo", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=110)


@pytest.mark.timeout(240)
def test_the_demo_runs_and_may_run_again(tmp_path: Path) -> None:
    for _ in range(2):
        done = demo(tmp_path)
        assert done.returncode == 0, done.stderr
        assert "231 iDRACs found" in done.stdout
        assert "Needs attention" in done.stdout
        assert "231 sessions opened and 231 closed" in done.stdout
        assert "health_check: 231 of 234 servers" in done.stdout
        assert "bios_config_write: 231 of 231 servers" in done.stdout
        assert re.search(r"^R760 +91 +BIOS +2\.1\.5 +→ 2\.4\.4 +needed$", done.stdout, re.MULTILINE)
        assert "\x1b" not in done.stdout
    with sqlite3.connect(tmp_path / "dsm.db") as store:
        assert store.execute("select count(*) from servers where model is not null").fetchone() == (231,)
    store.close()


def test_the_demo_leaves_a_store_of_yours_alone(tmp_path: Path) -> None:
    with dsm.Engine.open(tmp_path / "mine.db") as engine:
        engine.enqueue("discovery_scan", target_scope={"ip_range": "10.0.0.1"}, schedule_at="2099-01-01T00:00:00Z")
    before = (tmp_path / "mine.db").read_bytes()
    done = demo(tmp_path, ["--db", "mine.db"])
    assert done.returncode == 1
    assert "is a store of yours" in done.stderr
    assert (tmp_path / "mine.db").read_bytes() == before


def blocks(readme: Path) -> list[str]:
    """The programs in it."""
    return re.findall(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)


@pytest.mark.parametrize("readme", [PROJECT / "README.md", PACKAGE / "README.md"], ids=["project", "wheel"])
def test_the_example_of_the_readme_works_as_written(
    readme: Path,
    fleet: dsm.sim.Fleet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = blocks(readme)[0]
    assert "10.20.0.0/24" in code
    monkeypatch.setattr("getpass.getpass", lambda: PASSWORD)

    def open_on_loopback(path: str) -> dsm.Engine:
        return dsm.Engine.open(tmp_path / path, port=fleet.port, allow_loopback=True)

    # Only the addresses are others: those of the simulated fleet.
    code = code.replace("import dsm\n", "").replace("10.20.0.0/24", RANGE)
    exec(code, {"dsm": SimpleNamespace(Engine=SimpleNamespace(open=open_on_loopback))})  # noqa: S102
    printed = capsys.readouterr().out
    assert "'event': 'ended'" in printed
    assert printed.count("PowerEdge") >= 6


def test_the_operations_of_the_readme_work_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    _, blocking, asynchronous, *_ = blocks(PACKAGE / "README.md")
    with server() as fleet:

        def on_loopback(_address: str, user: str, password: str) -> dsm.Idrac:
            return dsm.Idrac(fleet.addresses[0], user, password, port=fleet.port, allow_loopback=True)

        names = {"dsm": SimpleNamespace(Idrac=on_loopback), "getpass": lambda: PASSWORD, "asyncio": asyncio}
        exec(blocking, names)  # noqa: S102
        compiled = compile(asynchronous, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        asyncio.run(eval(compiled, names))  # noqa: S307
        assert fleet.open_sessions() == 0
    printed = capsys.readouterr().out
    assert printed.startswith("certain [")
    assert "Completed 100\n" in printed
    assert "'is_as_requested': True" in printed


def test_the_handler_of_the_readme_works_as_written(
    fleet: dsm.sim.Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *_, handler, question, parts, called = blocks(PACKAGE / "README.md")

    def open_on_loopback(path: str, **given: object) -> dsm.Engine:
        return dsm.Engine.open(tmp_path / path, port=fleet.port, allow_loopback=True, **given)  # type: ignore[arg-type]

    async def lookup(_service_tag: str | None) -> None:
        """Knows nothing: the engine's own chain goes on."""

    with open_on_loopback("dsm.db") as engine:
        engine.add_credential_set("lab", USER, PASSWORD, default=True)
        engine.run("discovery_scan", target_scope={"ip_range": fleet.addresses[0]})
        names = {
            "dsm": SimpleNamespace(Backoff=dsm.Backoff, Engine=SimpleNamespace(open=open_on_loopback)),
            "my_vault": SimpleNamespace(lookup=lookup),
            "server_id": engine.servers()[0]["id"],
        }
    exec(handler, names)  # noqa: S102
    job = names["job"]
    assert isinstance(job, dict)
    assert (job["status"], job["details"]["entries"] > 0) == ("completed", True)
    with open_on_loopback("dsm.db") as engine:
        exec(question, {"engine": engine, "job": job["id"]})  # noqa: S102
    assert "completed" in capsys.readouterr().out
    collecting = names["CollectLogs"]
    assert isinstance(collecting, type)
    with open_on_loopback("dsm.db", handlers=[collecting()]) as engine:
        others = {"engine": engine, "dsm": dsm, "server_id": names["server_id"]}
        for code in (parts, called):
            # Only the addresses are others.
            exec(re.sub(r"10\.20\.\d\.0/24", RANGE, code), others)  # noqa: S102
        night = others["night"]
        assert isinstance(night, str)
        assert engine.wait(night, timeout=50)["status"] == "completed"
        assert engine.limits["per_subnet"] == 8
    assert capsys.readouterr().out == "completed 6 0\n"
