"""What the engine has in Rust, Python has as well: nothing public is missing that is not named here with its reason."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import dsm
import pytest
from dsm import _dsm, control, options, records, schedules, stores
from held import fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

PACKAGE = Path(__file__).resolve().parent.parent
CORE = PACKAGE.parent / "dsm-core" / "src"
SOURCES = {path.relative_to(CORE).as_posix(): path.read_text() for path in sorted(CORE.rglob("*.rs"))}


@pytest.fixture(scope="module")
def results() -> Iterator[ModuleType]:
    """The tool that reads types of the Rust code."""
    sys.path.insert(0, str(PACKAGE / "tools"))
    yield importlib.import_module("results")
    sys.path.remove(str(PACKAGE / "tools"))


def body(start: str, indent: str = "") -> str:
    """What is between the braces of the one item that begins so."""
    (found,) = (
        each
        for text in SOURCES.values()
        for each in re.findall(rf"^{indent}{start} \{{\n(.*?)^{indent}\}}", text, re.DOTALL | re.MULTILINE)
    )
    return str(found)


def calls(kind: str) -> set[str]:
    """The public functions of a type, those in other files among them."""
    blocks = [
        each
        for text in SOURCES.values()
        for each in re.findall(rf"^impl {kind} \{{\n(.*?)^\}}", text, re.DOTALL | re.MULTILINE)
    ]
    return {name for each in blocks for name in re.findall(r"^    pub (?:async |const )?fn (\w+)", each, re.MULTILINE)}


def members(kind: str) -> set[str]:
    """The public fields of a record."""
    return set(re.findall(r"^    pub (\w+):", body(f"pub struct {kind}"), re.MULTILINE))


def words(kind: str) -> set[str]:
    """The variants of an enum, as they are written."""
    found = re.findall(r"^    (\w+)(?:,| \{|\()", body(f"pub enum {kind}"), re.MULTILINE)
    return {snake(each) for each in found}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def parameters(call: Any) -> set[str]:
    return set(inspect.signature(call).parameters)


def compared(rust: set[str], python: set[str], renamed: Mapping[str, str], rust_only: Mapping[str, str]) -> None:
    """Each is there under its name, or under another, or is said to be missing and why; and none of that is stale."""
    assert len(rust) > 1
    assert renamed.keys() <= rust, "renamed, and not there any more"
    assert rust_only.keys() <= rust, "left out, and not there any more"
    missing = {name for name in rust - rust_only.keys() if renamed.get(name, name) not in python}
    assert missing == set(), "public in Rust, and neither in Python nor left out for a reason"
    assert rust_only.keys() & python == set(), "left out, and there all the same"


def test_the_engine() -> None:
    compared(
        calls("Engine"),
        set(dir(dsm.Engine)),
        {"builder": "open", "follow": "events", "job_events": "events", "shutdown": "close"},
        {"fleet": "what it gives has methods of its own here: `activity_stats`, `dsm.Idrac.through()`"},
    )


def test_what_an_engine_is_made_of() -> None:
    compared(
        calls("EngineBuilder"),
        set(options.EngineOptions.__annotations__) | {"open"},
        {
            "start": "open",
            "with_activity": "activity",
            "with_dyn_handler": "handlers",
            "with_env_credentials": "env_credentials",
            "with_executor_id": "executor_id",
            "with_handler": "handlers",
            "with_idrac": "idrac_concurrency",
            "with_network": "allow_networks",
            "with_options": "slots",
            "with_resolver": "resolver",
            "with_scan": "scan",
        },
        {"with_uptime": "leases are counted by it before each request: no code of a script may come in between"},
    )


def test_the_fleet() -> None:
    elsewhere = {"activity_stats": dsm.Engine, "idrac": dsm.Context, "report": dsm.Context}
    for name, where in elsewhere.items():
        assert hasattr(where, name)
    compared(
        calls("Fleet"),
        {*elsewhere, *parameters(dsm.Idrac.through)},
        {"under": "locks"},
        {
            "chain": "its parts are methods of the engine: credential sets, ranges, keys",
            "client": "an iDRAC whose server is not known yet: `dsm.Idrac` with the address",
            "idrac_options": "what the engine was opened with",
            "network": "what the engine was opened with",
            "resolver": "passwords are only handed out to handlers: `Context.credentials`",
            "scan_options": "what the engine was opened with",
            "store": "read by methods of the engine and of `Context`",
        },
    )


def test_the_context_of_a_handler() -> None:
    compared(
        calls("Ctx"),
        set(dir(dsm.Context)),
        {"emit": "progress", "stop": "stopped", "store": "servers", "try_lock": "lock", "write_patiently": "write"},
        {"fleet": "what it gives has methods of its own here: `idrac`, `credentials`, `report`"},
    )
    compared(calls("StopSignal"), set(dir(dsm.Context)), {"reason": "stop_reason"}, {})
    compared(
        members("AttemptWrite"),
        {*parameters(dsm.Context.write), "task", "step"},
        {"steps": "step", "tasks": "task"},
        {
            "findings": "servers are found by `discovery_scan`, which decides whether one is new or has moved",
            "inventories": "inventories are taken by the engine's own jobs, which make their rows",
            "lease": "the attempt's own",
            "parts": "how its parts are doing is told by jobs that make them: `full_server_update`",
            "rows": "tables of results are written by the engine's own jobs, which keep to their columns and keys",
        },
    )


def test_what_a_handler_says_of_itself() -> None:
    trait = body("pub trait Handler: Send \\+ Sync \\+ 'static")
    said = set(re.findall(r"^    (?:const|type|fn|async fn) (\w+)", trait, re.MULTILINE))
    # A card is a type on paper for this project's documentation.
    said.remove("CARD")
    # A handler in Python is not called any more once its job has to stop.
    said.remove("TIDY")
    names = {"JOB_TYPE": "job_type", "TIMEOUT": "timeout_s", "Args": "decode"}
    named = {each: names.get(each, each.lower()) for each in said}
    told = set(re.findall(r"\w+", dsm.Handler.__doc__ or "")) | {"job_type", "run"}
    assert len(said) > 10
    assert set(named.values()) - told == set()
    ours = [each.__name__ for each in get_args(dsm.handlers.Result) if each.__module__.startswith("dsm.")]
    assert words("Verdict") == {snake(each) for each in ours}


@pytest.mark.parametrize(
    ("record", "python", "renamed", "rust_only"),
    [
        ("EngineOptions", options.EngineOptions, {}, {}),
        # Its `clock` is what clients wait by, for tests in a simulated world; the engine's is that of the store.
        ("IdracOptions", options.EngineOptions, {"concurrency": "idrac_concurrency"}, {}),
        ("ScanOptions", options.ScanOptions, {}, {}),
        ("ActivityOptions", options.ActivityOptions, {"bodies": "reply_bodies"}, {}),
        ("BodyPolicy", options.ActivityOptions, {"requests": "request_bodies", "replies": "reply_bodies"}, {}),
        ("ActivityStats", records.ActivityStats, {}, {}),
        ("Limits", options.Limits, {}, {}),
        ("Limits", control.LimitsRow, {}, {}),
        ("NewJob", records.NewJob, {}, {}),
        (
            "PostgrestOptions",
            options.PostgrestOptions,
            {},
            {"clock": "the server's clock is that of all who share it"},
        ),
        ("ScheduleRow", schedules.ScheduleRow, {"schedule": "name"}, {}),
        ("Settings", schedules.Settings, {}, {}),
        ("Pruned", control.PruneCounts, {}, {"has_more": "`prune()` goes on until there are no more"}),
    ],
)
def test_a_record(record: str, python: Any, renamed: dict[str, str], rust_only: dict[str, str]) -> None:
    compared(members(record), set(python.__annotations__), renamed, rust_only)


@pytest.mark.parametrize(
    ("record", "call", "renamed", "rust_only"),
    [
        ("NewJob", dsm.Engine.enqueue, {}, {}),
        (
            "NewJob",
            dsm.Engine.put_schedule,
            {},
            {
                "component_order": "its jobs are part of no other",
                "id": "the schedule's to give",
                "idempotency_key": "the schedule's to give",
                "parent_job_id": "its jobs are part of no other",
                "schedule_at": "the schedule's to give",
            },
        ),
        ("JobQuery", dsm.Engine.jobs, {}, {"with_secrets": "for those who seal anew: `reseal()`"}),
        ("ServerQuery", dsm.Engine.servers, {}, {}),
        ("ActivityQuery", dsm.Engine.activity, {"job_id": "job"}, {}),
        ("Schedule", dsm.Engine.put_schedule, {"job": "job_type"}, {}),
        ("Window", dsm.Engine.put_window, {"opening": "cron", "scope": "job_types"}, {}),
        (
            "Retention",
            dsm.Engine.prune,
            {"jobs": "jobs_days", "activity": "activity_days", "health": "health_days"},
            {},
        ),
        ("Reschedule", dsm.Engine.reschedule, {}, {}),
        ("ResealOptions", dsm.Engine.reseal, {}, {"convert_old": "`convert_passwords()`"}),
    ],
)
def test_what_a_call_takes(record: str, call: Any, renamed: dict[str, str], rust_only: dict[str, str]) -> None:
    compared(members(record), parameters(call), renamed, rust_only)


@pytest.mark.parametrize(
    ("kind", "python"),
    [
        ("Retried", fields(control.RetryAnswer)["answer"]),
        ("Rescheduled", fields(control.RescheduleAnswer)["answer"]),
        ("Cancelled", records.CancelAnswer),
        ("OnFailure", records.OnFailure),
        ("CatchUp", schedules.CatchUp),
        ("Overlap", schedules.Overlap),
        ("PauseScope", fields(control.PauseRow)["scope"]),
        ("Lack", stores.Lack),
        ("ReplyBodies", fields(options.ActivityOptions)["reply_bodies"]),
    ],
)
def test_a_word(kind: str, python: Any) -> None:
    assert words(kind) == set(get_args(python))


def typed(union: Any, tag: str) -> dict[str, set[str]]:
    """The keys of each record of a union, by the word that says which it is."""
    return {get_args(fields(each)[tag])[0]: set(fields(each)) - {tag} for each in get_args(union)}


def test_every_event_is_typed(results: ModuleType) -> None:
    (kinds,) = (each for each in results.items("events.rs", SOURCES["engine/events.rs"]) if each.name == "EventKind")
    flat = {"Pause": {"scope", "name", "reason", "by", "since"}, "PauseScope": {"scope", "name"}}
    written = {
        results.spelled(each, kinds): {"at", "job_id"}
        | ({field.name for field in each.fields} or flat.get(each.kind, set()))
        for each in kinds.members
    }
    assert len(written) > 18
    assert typed(dsm.Event, "event") == written


def test_every_reason_is_typed(results: ModuleType) -> None:
    names = {"parent": "parent_job_id"}
    written = {}
    for each in results.members(body("pub enum Reason").splitlines()):
        fields = {names.get(field.name, field.name) for field in each.fields} or {"pause"}
        written[snake(each.name)] = {"text", *fields}
    assert len(written) > 12
    assert typed(control.Reason, "reason") == written


def test_every_job_type_of_the_engine_is_a_class() -> None:
    ours = [getattr(dsm.handlers, name) for name in dsm.handlers.builtin.__all__]
    assert {name for each in ours for name in (each.job_type, *each.aliases)} == set(_dsm._job_types())
    for each in ours:
        assert each.__name__ == "".join(part.capitalize() for part in each.job_type.split("_"))
        assert each.__name__ in dsm.handlers.__all__
        assert f"`{each.job_type}`" in (each.__doc__ or "")


def test_every_call_of_the_context_has_its_twin() -> None:
    at_once = {"check", "expires", "log", "secret"}
    plain = {
        name for name, value in vars(dsm.Context).items() if inspect.isfunction(value) and not name.startswith("_")
    }
    plain = {name for name in plain if not name.endswith("_async")}
    assert at_once <= plain
    for name in plain - at_once:
        twin = getattr(dsm.Context, f"{name}_async")
        assert parameters(twin) == parameters(getattr(dsm.Context, name)), name
        assert f"As `{name}`, for asyncio" in (twin.__doc__ or "")
