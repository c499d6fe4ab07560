"""Stubs, docstrings, and what is generated."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args, is_typeddict

import dsm
import pytest
from dsm import _dsm
from held import misfits
from lab import idrac, server

if TYPE_CHECKING:
    from types import ModuleType

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent
MODULES = [
    dsm,
    dsm.control,
    dsm.events,
    dsm.exceptions,
    dsm.handlers,
    dsm.idrac,
    dsm.inventories,
    dsm.keys,
    dsm.models,
    dsm.options,
    dsm.profiles,
    dsm.records,
    dsm.resolvers,
    dsm.results,
    dsm.schedules,
    dsm.sim,
]


def test_the_stub_is_what_the_module_is() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "dsm._dsm", "--mypy-config-file", str(PACKAGE / "pyproject.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE)
    assert done.returncode == 0, done.stdout


def public(module: ModuleType) -> list[tuple[str, object]]:
    return [
        (f"{module.__name__}.{name}", value)
        for name, value in vars(module).items()
        if not name.startswith("_") and (inspect.isclass(value) or inspect.isroutine(value))
        if getattr(value, "__module__", "").split(".")[0] == "dsm"
    ]


@pytest.mark.parametrize("module", [*MODULES, _dsm], ids=lambda module: module.__name__)
def test_everything_public_has_a_docstring(module: ModuleType) -> None:
    assert module.__doc__
    empty = []
    for name, value in public(module):
        if not (value.__doc__ or "").strip():
            empty.append(name)
        if inspect.isclass(value) and re.fullmatch(r"dsm(\.sim|\.idrac.*)?", value.__module__):
            members = [each for each in vars(value) if not each.startswith("_")]
            empty += [f"{name}.{each}" for each in members if not inspect.getdoc(getattr(value, each))]
    assert empty == []


def test_every_call_has_its_twin_on_the_same_class() -> None:
    plain = {name for name in vars(dsm.Engine) if not name.startswith("_") and not name.endswith("_async")}
    # Attributes need no wait; `events` is an iterator of both kinds.
    plain -= {name for name in plain if inspect.isgetsetdescriptor(vars(dsm.Engine)[name])} | {"events"}
    assert len(plain) > 40
    for name in plain:
        twin = getattr(dsm.Engine, f"{name}_async")
        assert inspect.signature(twin) == inspect.signature(getattr(dsm.Engine, name)), name
        assert "future" in twin.__doc__


def test_all_is_all() -> None:
    for name in dsm.__all__:
        assert hasattr(dsm, name)
    assert "py.typed" in {path.name for path in Path(dsm.__file__).parent.iterdir()}


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PACKAGE / "tools" / f"{name}.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["handlers", "models", "results", "twins"])
def test_what_is_generated_is_up_to_date(name: str) -> None:
    done = tool(name, "--check")
    assert done.returncode == 0, done.stderr


FLOWS_OF_RUST_ONLY = {
    "adopt_job": "takes an error of the library; `jobs.create` and whatever makes a job use it",
    **dict.fromkeys(
        (
            "adopt_repository_install",
            "await_versions",
            "begin_repository_install",
            "best_format",
            "by_its_clock",
            "find_inserted",
            "follow_export",
            "follow_import",
            "start_export",
            "start_import",
            "start_of_repository_install",
            "submit_update",
            "verify_bios",
            "verify_settings",
        ),
        "one leg of a flow, for an engine that keeps a record between them; Python has the whole flow",
    ),
    "choose_virtual_cd": "the second half of `boot_iso`; `virtual_media_mount` has it as `boot_once`",
    "plan_virtual_cd": "likewise",
    "fetch_health_of": "takes the system as it was read a moment ago; `health` reads it",
    "find_started": "takes what was known before a request; whatever starts something uses it",
    "list_dell_views": "takes a type; `list_dell_view` takes the kind",
    "run_job": "takes a future that makes the job",
}


def test_every_flow_of_the_library_is_called_by_the_compiled_half() -> None:
    flows = PACKAGE.parent / "dell-redfish" / "src" / "flow"
    flow = re.compile(r"^ *pub async fn (\w+)", re.MULTILINE)
    public = {name for path in flows.rglob("*.rs") for name in flow.findall(path.read_text())}
    ours = {word for path in (PACKAGE / "src").rglob("*.rs") for word in re.findall(r"\w+", path.read_text())}
    assert len(public) > 150
    assert public - ours == set(FLOWS_OF_RUST_ONLY)


def test_the_simulator_is_typed_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against its own sources: no option is missing, and none is there that it would refuse."""
    monkeypatch.syspath_prepend(PACKAGE / "tools")
    results = importlib.import_module("results")
    source = PACKAGE.parent / "tests" / "sim" / "src"
    types = {}
    for path in (*sorted((source / "spec").glob("*.rs")), source / "tag.rs", source / "journal.rs"):
        types.update({item.name: item for item in results.items(path.name, path.read_text())})
    compared = set()
    for name, declared in vars(dsm.sim).items():
        item = types.get(name)
        # An exchange is written by the compiled half, not as it is kept.
        if item is None or name == "Exchange":
            continue
        if is_typeddict(declared):
            assert set(declared.__annotations__) == {results.key(each) for each in item.members}, name
        else:
            assert set(get_args(declared)) == {results.spelled(each, item) for each in item.members}, name
        compared.add(name)
    assert compared >= set(dsm.sim.__all__) - {"DEMO_MIX", "Exchange", "Fleet", "ServerView"}


def test_what_the_simulator_tells_is_typed_as_it_is() -> None:
    with server() as fleet, idrac(fleet) as line:
        line.boot.fetch()
        assert misfits(fleet.totals(), dsm.sim.Totals) == []
        assert misfits(fleet.server(0), dsm.sim.ServerView) == []
        assert misfits(fleet.journal()[0], dsm.sim.Exchange) == []
