"""Rust's log lines in logging.getLogger("dsm")."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from conftest import PASSWORD, RANGE

if TYPE_CHECKING:
    import dsm
    import pytest

LOGGER = logging.getLogger("dsm")


def scan(engine: dsm.Engine) -> None:
    engine.run("discovery_scan", target_scope={"ip_range": RANGE})


def test_lines_arrive_with_level_target_and_place(engine: dsm.Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "dsm")
    before = time.time()
    scan(engine)
    started = [record for record in caplog.records if record.getMessage().startswith("job started")]
    assert len(started) == 1
    (record,) = started
    assert record.name == "dsm"
    assert record.levelno == logging.INFO
    assert record.__dict__["target"] == "dsm_core::engine::executor"
    assert record.pathname.endswith("executor.rs")
    assert record.lineno > 0
    assert before <= record.created <= time.time()
    assert "job_type=discovery_scan" in record.getMessage()


def test_the_level_decides_and_may_change(engine: dsm.Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "dsm")
    scan(engine)
    assert caplog.records == []
    caplog.set_level(logging.INFO, "dsm")
    scan(engine)
    count = len(caplog.records)
    assert count > 0
    assert {record.levelno for record in caplog.records} <= {logging.INFO, logging.WARNING, logging.ERROR}
    logging.disable(logging.CRITICAL)
    try:
        scan(engine)
    finally:
        logging.disable(logging.NOTSET)
    assert len(caplog.records) == count


def test_only_lines_of_ours_come_and_none_has_a_secret(engine: dsm.Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1, "dsm")
    scan(engine)
    targets = {record.__dict__["target"].split("::")[0] for record in caplog.records if "target" in record.__dict__}
    assert targets <= {"dsm_core", "dell_redfish", "idrac_sim"}
    assert all(PASSWORD not in str(vars(record)) for record in caplog.records)


def test_a_handler_that_fails_breaks_nothing(engine: dsm.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise ValueError(record.getMessage())

    unraisable: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", unraisable.append)
    handler = Broken()
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        scan(engine)
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(logging.NOTSET)
    assert unraisable


def test_a_handler_may_call_the_library(engine: dsm.Engine) -> None:
    seen: list[int] = []

    class Curious(logging.Handler):
        def emit(self, _record: logging.LogRecord) -> None:
            seen.append(len(engine.jobs()))

    handler = Curious()
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        scan(engine)
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(logging.NOTSET)
    assert seen
