"""What goes on and on: events, log pages, exports of logs, telemetry, diagnostics."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import dsm
import pytest
from calls import HOOK, NFS
from dsm import exceptions
from lab import ISO, RESTART, changes, connected, idrac, server

if TYPE_CHECKING:
    from dsm.results import Heard


def ids(heard: Heard) -> list[str]:
    """The messages of an event."""
    assert heard["heard"] == "event"
    return [record["MessageId"].rsplit(".", 1)[-1] for record in heard["event"]["Events"]]


def test_events_are_heard_until_the_stream_is_closed() -> None:
    with server() as fleet, idrac(fleet) as line:
        with line.events.stream() as stream:
            assert next(stream) == {"heard": "opened", "warnings": []}
            line.events.submit_test_event()
            assert ids(next(stream)) == ["TST100"]
            cursor = stream.cursor
            assert cursor is not None
        assert list(stream) == []
        # What came since is handed out first, also to another process that kept the cursor as JSON.
        with connected(fleet) as other:
            other.lockdown()
        with line.events.stream(cursor=json.loads(json.dumps(cursor)), except_message_ids=["LOG007"]) as later:
            kinds = [next(later)["heard"], next(later)["heard"]]
        assert kinds == ["opened", "missed"]


def test_events_for_asyncio_and_a_closed_idrac() -> None:
    async def main(line: dsm.Idrac) -> list[str]:
        heard: list[str] = []
        async for each in line.events.stream():
            heard.append(each["heard"])
            if len(heard) == 1:
                await line.events.submit_test_event_async()
            else:
                await line.close_async()
        return heard

    with server() as fleet:
        with connected(fleet) as line:
            assert asyncio.run(main(line)) == ["opened", "event"]
            with pytest.raises(exceptions.InvalidInputError, match="closed"):
                next(line.events.stream())
        assert fleet.open_sessions() == 0


def test_a_stream_says_what_it_cannot() -> None:
    with server("idrac8") as fleet, idrac(fleet) as line:
        with pytest.raises(exceptions.UnsupportedError):
            next(line.events.stream())
        with pytest.raises(exceptions.InvalidInputError, match="silence"):
            line.events.stream(silence=-1)
        with pytest.raises(TypeError, match="pickle"):
            json.dumps(line.events.stream().__reduce__())


def test_a_log_is_read_page_by_page_and_only_what_is_new() -> None:
    with server() as fleet, idrac(fleet) as line:
        pages = line.logs.pages("lifecycle")
        assert (pages.cursor, pages.summary) == (None, None)
        read = [entry for page in pages for entry in page]
        assert len(read) >= 120
        assert pages.summary is not None
        assert (pages.summary["is_complete"], pages.summary["delivered"]) == (True, len(read))
        assert pages.cursor is not None
        cursor = json.loads(json.dumps(pages.cursor))
        new = [entry for page in line.logs.pages("lifecycle", cursor=cursor) for entry in page]
        assert len(new) < 5

        async def main() -> int:
            return sum([len(page) async for page in line.logs.pages("lifecycle", limit=7)])

        assert asyncio.run(main()) == 7
        with pytest.raises(exceptions.InvalidInputError):
            line.logs.pages("no such")  # type: ignore[arg-type]


def test_a_listener_is_subscribed_once() -> None:
    with server() as fleet, idrac(fleet) as line:
        assert len(line.events.plan_subscribe(*HOOK)["steps"]) == 1
        made = line.events.subscribe(*HOOK)
        assert made["changed"]
        assert made["path"] is not None
        assert not line.events.subscribe(*HOOK)["changed"]
        assert line.events.plan_subscribe(*HOOK)["steps"] == []
        assert [each["Context"] for each in line.events.list_subscriptions()] == ["dsm"]
        assert line.events.unsubscribe(made["path"])
        assert not line.events.unsubscribe(made["path"])


def test_telemetry_diagnostics_and_exports() -> None:
    with server() as fleet, idrac(fleet) as line:
        assert line.telemetry.set(enabled=True)
        assert not line.telemetry.set(enabled=True)
        with pytest.raises(exceptions.NotFoundError):
            line.telemetry.set_report("Nothing", enabled=True)
        with pytest.raises(exceptions.LicenseError):
            line.diagnostics.collect_support_data(["hardware"])
        assert line.diagnostics.run()["job"]
        with pytest.raises(exceptions.ConflictError):
            line.diagnostics.run()
        exported = line.logs.export_lifecycle()
        assert exported["file"] is not None
        assert line.logs.fetch_exported(exported["file"])
        assert line.logs.export_lifecycle(share=NFS, file="a.xml")["accepted"]["job"]
        with pytest.raises(exceptions.InvalidInputError):
            line.logs.export_lifecycle(share=NFS)
    with server(telemetry_licensed=False) as fleet, idrac(fleet) as line, pytest.raises(exceptions.LicenseError):
        line.telemetry.set(enabled=True)


def test_a_server_starts_once_from_an_image() -> None:
    with server() as fleet, idrac(fleet) as line:
        plan = line.media.plan_boot_iso(ISO)
        assert plan["host"] == "certain"
        assert changes(fleet) == []
        with pytest.raises(exceptions.InvalidInputError, match="host_off_within"):
            line.media.boot_iso(ISO, eject="host_off")
        outcome = line.media.boot_iso(ISO, reset=RESTART, eject="after_post")
        assert outcome["chosen_by"] == "override"
        assert outcome["ejected"] is not None


def test_the_clock_and_the_name_of_a_server() -> None:
    with server() as fleet, idrac(fleet) as line:
        assert "T" in line.fetch_time()
        with pytest.raises(exceptions.InvalidInputError):
            line.set_time("soon")
        assert line.set_asset_tag("rack 7")
        assert not line.set_asset_tag("rack 7")
