"""`dsm.Idrac`: what it changes, what it tells on the way, how it is stopped, and that it leaves no session."""

from __future__ import annotations

import asyncio
import itertools
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING

import dsm
import pytest
from conftest import PASSWORD, USER
from dsm import exceptions
from lab import GENERATIONS, ISO, QUICK, RESTART, changes, idrac, server

if TYPE_CHECKING:
    from dsm.results import JobProgress

BIOS = {"ProcVirtualization": "Disabled", "NodeInterleave": "Enabled"}


# --- Opening and closing


def test_nothing_is_sent_before_the_first_call() -> None:
    with server() as fleet:
        line = dsm.Idrac(fleet.addresses[0], USER, PASSWORD, port=fleet.port, allow_loopback=True)
        assert repr(line) == f"<dsm.Idrac {fleet.addresses[0]}>"
        assert (line.address, line.is_closed) == (fleet.addresses[0], False)
        assert fleet.totals()["connections"] == 0
        assert line.boot.fetch()["order"]
        assert fleet.open_sessions() == 1
        line.close()
        line.close()
        assert (fleet.open_sessions(), line.is_closed) == (0, True)
        assert repr(line).endswith("(closed)>")
        with pytest.raises(exceptions.InvalidInputError, match="closed"):
            line.boot.fetch()


def test_asyncio_opens_and_closes() -> None:
    async def main(fleet: dsm.sim.Fleet) -> None:
        options: dsm.IdracOptions = {"port": fleet.port, "allow_loopback": True}
        async with dsm.Idrac(fleet.addresses[0], USER, PASSWORD, **options) as line:
            boot, jobs = await asyncio.gather(line.boot.fetch_async(), line.jobs.list_async())
            assert (boot, jobs) == (line.boot.fetch(), line.jobs.list())
            assert fleet.open_sessions() == 1
        assert line.is_closed

    with server() as fleet:
        asyncio.run(main(fleet))
        assert fleet.open_sessions() == 0


def test_threads_share_one_session() -> None:
    with server() as fleet, idrac(fleet) as line:
        threads = [threading.Thread(target=line.power.plan_reset, args=("On",)) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert fleet.totals()["sessions_opened"] == 1


def test_it_stays_where_it_is() -> None:
    line = dsm.Idrac("10.0.0.1", USER, PASSWORD)
    with pytest.raises(TypeError):
        pickle.dumps(line)
    assert PASSWORD not in repr(line) + repr(line.accounts) + repr(vars(dsm.Idrac))
    with pytest.raises(dsm.Error, match="concurency"):
        dsm.Idrac("10.0.0.1", USER, PASSWORD, concurency=1)  # type: ignore[call-overload]


def test_an_object_that_is_dropped_leaves_no_session() -> None:
    with server() as fleet:
        line: dsm.Idrac | None = dsm.Idrac(fleet.addresses[0], USER, PASSWORD, port=fleet.port, allow_loopback=True)
        assert line is not None
        line.boot.fetch()
        del line
        assert_no_session(fleet)


def assert_no_session(fleet: dsm.sim.Fleet) -> None:
    """What ends in the background has ended soon."""
    until = time.monotonic() + 10
    while fleet.open_sessions() and time.monotonic() < until:
        time.sleep(0.02)
    assert fleet.totals()["sessions_opened"] > 0
    assert fleet.open_sessions() == 0


# --- Changes, on every generation


@pytest.mark.parametrize("generation", GENERATIONS)
def test_bios_settings_are_followed_to_the_end_of_their_job(generation: dsm.sim.Generation) -> None:
    seen: list[JobProgress] = []
    threads: set[int] = set()

    def look(progress: JobProgress) -> None:
        threads.add(threading.get_ident())
        seen.append(progress)

    with server(generation) as fleet, idrac(fleet) as line:
        outcome = line.bios.set(BIOS, restart=RESTART, wait=QUICK, progress=look)
        assert outcome["end"]["how"] == "ended"
        assert outcome["end"]["job"]["verdict"] == "done"
        assert {each["attribute"]: each["now"] for each in outcome["results"]} == BIOS
        assert BIOS.items() <= line.bios.fetch()["current"].items()
        assert_in_order(seen)
        assert threads == {threading.get_ident()}
        again = line.bios.set(BIOS, restart=RESTART)
        assert again["end"] == {"how": "unchanged"}


def assert_in_order(seen: list[JobProgress]) -> None:
    """A job goes from waiting over work to its end, forward only; nothing is told twice."""
    states = [each["state"] for each in seen if each["state"]]
    assert states[0] != states[-1] == "Completed"
    assert len({each["id"] for each in seen}) == 1
    percents = [each["percent"] for each in seen if each["percent"] is not None]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    told = [(each["state"], each["percent"], each["away"], str(each["message"])) for each in seen]
    assert all(before != after for before, after in itertools.pairwise(told))


def test_a_job_is_waited_for() -> None:
    seen: list[JobProgress] = []
    with server() as fleet, idrac(fleet) as line:
        job = line.bios.set(BIOS)["job"]
        assert job is not None
        assert line.power.reset("ForceRestart", poll=0.1)["changed"]
        outcome = line.jobs.wait(job, parts=True, wait=QUICK, progress=seen.append)
    assert (outcome["id"], outcome["verdict"], outcome["state"]) == (job, "done", "Completed")
    times = [each["elapsed_s"] for each in seen]
    assert times == sorted(times)
    assert 0 <= times[-1] <= outcome["waited_s"]


def test_progress_comes_on_the_loop_and_before_the_result() -> None:
    seen: list[JobProgress] = []

    async def main(line: dsm.Idrac) -> None:
        loop = asyncio.get_running_loop()

        def look(progress: JobProgress) -> None:
            assert asyncio.get_running_loop() is loop
            seen.append(progress)

        outcome = await line.bios.set_async(BIOS, restart=RESTART, wait=QUICK, progress=look)
        assert outcome["end"]["how"] == "ended"
        count = len(seen)
        await asyncio.sleep(0.2)
        assert len(seen) == count

    with server() as fleet, idrac(fleet) as line:
        asyncio.run(main(line))
    assert_in_order(seen)


def test_what_progress_raises_ends_the_call_and_not_the_job() -> None:
    def look(progress: JobProgress) -> None:
        raise LookupError(progress["state"])

    with server() as fleet, idrac(fleet) as line:
        with pytest.raises(LookupError):
            line.bios.set(BIOS, restart=RESTART, wait=QUICK, progress=look)
        assert [job["id"] for job in line.jobs.list()]


def test_a_job_that_fails_is_an_outcome_with_its_words() -> None:
    with server(settings={"job_fails": True}) as fleet, idrac(fleet) as line:
        outcome = line.bios.set(BIOS, restart=RESTART, wait=QUICK)
        assert outcome["end"]["how"] == "ended"
        job = outcome["end"]["job"]
        assert (job["verdict"], job["state"]) == ("failed", "Failed")
        assert [each["message_id"] for each in job["messages"]]
        assert not any(each["is_as_requested"] for each in outcome["results"])


def test_staged_settings_wait_and_can_be_dropped() -> None:
    with server() as fleet, idrac(fleet) as line:
        staged = line.bios.set(BIOS)
        assert (staged["end"], staged["results"]) == ({"how": "staged"}, [])
        assert line.bios.fetch()["pending"] == BIOS
        adopted = line.bios.set(BIOS)
        assert (adopted["is_adopted"], adopted["job"]) == (True, staged["job"])
        with pytest.raises(exceptions.ConflictError) as refused:
            line.bios.set({"BootSeqRetry": "Disabled"})
        assert "SYS011" in refused.value.message_ids
        with pytest.raises(exceptions.ConflictError) as held:
            line.bios.clear_pending()
        assert "BIOS011" in held.value.message_ids
        assert staged["job"] is not None
        assert line.jobs.delete(staged["job"]) == "now"
        assert line.jobs.delete(staged["job"]) == "was_gone"
        line.bios.clear_pending()
        assert line.bios.fetch()["pending"] == {}


def test_a_snapshot_leads_back() -> None:
    with server() as fleet, idrac(fleet) as line:
        snapshot = line.bios.snapshot()
        line.bios.set(BIOS, restart=RESTART, wait=QUICK)
        assert line.bios.plan_restore(snapshot)["steps"]
        restored = line.bios.restore(snapshot, restart=RESTART, wait=QUICK)
        assert restored["steps_left"] == 0
        assert line.bios.fetch()["current"]["NodeInterleave"] == "Disabled"


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_restart_is_seen(generation: dsm.sim.Generation) -> None:
    with server(generation) as fleet, idrac(fleet) as line:
        off = line.power.reset("ForceOff", poll=0.1)
        assert (off["before"], off["after"], off["changed"]) == ("On", "Off", True)
        assert not line.power.reset("ForceOff")["changed"]
        with pytest.raises(exceptions.ConflictError):
            line.power.reset("ForceRestart")
        assert line.power.reset("On", poll=0.1)["after"] == "On"
        again = line.power.reset("ForceRestart", poll=0.1, in_two_steps=True, until_post_is_over=True)
        assert again["after"] == "On"
        assert again["proof"] is not None


def test_force_is_used_only_where_it_is_allowed() -> None:
    with server(host={"ignores_graceful": True}) as fleet, idrac(fleet) as line:
        with pytest.raises(exceptions.DeadlineError) as ignored:
            line.power.reset("GracefulShutdown", patience=1, poll=0.1)
        assert ignored.value.permanence == "exhausted"
        forced = line.power.reset("GracefulShutdown", escalation="force", patience=1, poll=0.1)
        assert [each["reset"] for each in forced["attempts"]] == ["GracefulShutdown", "ForceOff"]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_what_it_starts_from(generation: dsm.sim.Generation) -> None:
    with server(generation) as fleet, idrac(fleet) as line:
        before = line.boot.fetch()["order"]
        wanted = [before[-1], *before[:-1]]
        moved = line.boot.set_order([before[-1]])
        assert (moved["applied"], moved["before"], moved["wanted"]) == ("pending_restart", before, wanted)
        assert moved["job"] is not None
        line.power.reset("ForceRestart", poll=0.1)
        assert line.jobs.wait(moved["job"], wait=QUICK)["verdict"] == "done"
        assert line.boot.fetch()["order"] == wanted

        once = line.boot.set_override("Pxe")
        assert (once["applied"], once["after"]["target"], once["after"]["enabled"]) == ("set", "Pxe", "Once")
        assert line.boot.disable_override()["after"]["enabled"] == "Disabled"
        with pytest.raises(exceptions.UnsupportedError, match="Tape"):
            line.boot.set_override("Tape")
        with pytest.raises(exceptions.InvalidInputError, match="UefiTarget"):
            line.boot.set_override("Pxe", uefi_path="PciRoot(0x0)")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_user_lives_from_creation_to_deletion(generation: dsm.sim.Generation) -> None:
    with server(generation) as fleet:
        with idrac(fleet) as line:
            made = line.accounts.create("eve", "Planted-Eve-1", "Operator")
            assert (made["UserName"], made["RoleId"]) == ("eve", "Operator")
            with pytest.raises(exceptions.ConflictError):
                line.accounts.create("eve", "Planted-Eve-1", "Operator")
            assert line.accounts.change("eve", role="ReadOnly")
            assert not line.accounts.change("eve", role="ReadOnly")
            line.accounts.change_password("eve", "Planted-Eve-2")
            assert [each["RoleId"] for each in line.accounts.list() if each["UserName"] == "eve"] == ["ReadOnly"]
        with idrac(fleet, "eve", "Planted-Eve-2") as eve:
            assert eve.boot.fetch()
            with pytest.raises(exceptions.PrivilegeError):
                eve.power.reset("ForceOff")
        with idrac(fleet) as line:
            assert line.accounts.plan_delete("eve")["steps"]
            assert line.accounts.delete("eve")
            assert not line.accounts.delete("eve")
            assert [each["UserName"] for each in line.accounts.list()] == [USER]


def test_the_own_password_changes_and_the_line_goes_on() -> None:
    with server() as fleet:
        with idrac(fleet) as line:
            line.accounts.change_password(USER, "Planted-New-1")
            assert line.boot.fetch()
        with idrac(fleet) as line, pytest.raises(exceptions.AuthenticationError):
            line.boot.fetch()
        with idrac(fleet, password="Planted-New-1") as line:
            assert line.boot.fetch()


@pytest.mark.parametrize("generation", [each for each in GENERATIONS if each not in ("idrac7", "idrac8")])
def test_attributes_and_network(generation: dsm.sim.Generation) -> None:
    with server(generation) as fleet, idrac(fleet) as line:
        wanted = {"NTPConfigGroup.1.NTP1": "10.0.0.1", "NTPConfigGroup.1.NTPEnable": "Enabled"}
        assert line.attributes.set("idrac", wanted)["changed"] == sorted(wanted)
        assert line.attributes.set("idrac", wanted)["changed"] == []
        assert wanted.items() <= line.attributes.fetch("idrac").items()
        with pytest.raises(exceptions.InvalidInputError, match=r"NIC\.1\.Colour"):
            line.attributes.set("idrac", {"NIC.1.Colour": "red"})

        done = line.network.set({"nic": {"mtu": 1400}, "ntp": {"server2": "10.0.0.2"}})
        assert (sorted(done["changed"]), done["has_moved"]) == (["NIC.1.MTU", "NTPConfigGroup.1.NTP2"], False)
        network = line.network.fetch()
        assert (network["nic"]["mtu"], network["ntp"]["server2"]) == (1400, "10.0.0.2")
        moving = line.network.plan_set({"ipv4": {"address": "10.9.9.9"}})
        assert [step["effect"] for step in moving["steps"]] == ["disrupt"]
        assert moving["warnings"]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_an_image_goes_in_and_out(generation: dsm.sim.Generation) -> None:
    with server(generation) as fleet, idrac(fleet) as line:
        mounted = line.media.insert(ISO)
        assert (mounted["changed"], mounted["replaced"]) == (True, None)
        assert not line.media.insert(ISO)["changed"]
        holding = [each for each in line.media.list() if each.get("Inserted")]
        assert [(each["@odata.id"], each["Image"]) for each in holding] == [(mounted["drive"], ISO)]
        assert line.media.eject(drive=mounted["drive"])["drives"] == [mounted["drive"]]
        assert line.media.eject()["drives"] == []
        with pytest.raises(exceptions.InvalidInputError, match="one of"):
            line.media.eject(device="Cd", image=ISO)


def test_the_queue_is_cleared() -> None:
    with server() as fleet, idrac(fleet) as line:
        job = line.bios.set(BIOS)["job"]
        assert job is not None
        assert line.jobs.fetch(job)["state"] == "Scheduled"
        assert line.jobs.delete(job) == "now"
        with pytest.raises(exceptions.NotFoundError):
            line.jobs.fetch(job)
        reboot = line.jobs.reboot("PowerCycle", wait=QUICK)
        assert (reboot["verdict"], reboot["state"]) == ("done", "RebootCompleted")
        assert reboot["id"] is not None
        with pytest.raises(exceptions.InvalidInputError, match="reboot job"):
            line.jobs.delete(reboot["id"])
        before = line.jobs.clear("all")["before"]
        assert reboot["id"] in [each["id"] for each in before]


def test_a_log_is_read_on_from_where_it_was() -> None:
    with server() as fleet, idrac(fleet) as line:
        read = line.logs.fetch("lifecycle")
        assert read["summary"]["is_complete"]
        assert line.logs.fetch("lifecycle", cursor=read["cursor"])["summary"]["duplicates"] >= 0
        line.accounts.create("eve", "Planted-Eve-1", "Operator")
        assert len(line.logs.fetch("lifecycle", cursor=read["cursor"])["entries"]) < len(read["entries"])
        assert all(each["Severity"] == "Critical" for each in line.logs.fetch("sel", at_least="Critical")["entries"])
        line.logs.clear("sel")
        assert len(line.logs.fetch("sel")["entries"]) <= 1
        with pytest.raises(exceptions.UnsupportedError):
            line.logs.clear("lifecycle")


def test_the_idrac_restarts_and_the_line_goes_on() -> None:
    # Away for longer than the client itself would retry.
    with server(idrac_restart_ms=3_600_000) as fleet, idrac(fleet) as line:
        line.boot.fetch()
        restarted = line.restart(interval=0.05)
        assert 0 < restarted["away_s"] <= restarted["total_s"]
        assert line.boot.fetch()


@pytest.mark.parametrize(
    ("kind", "status", "message_id"),
    [
        (exceptions.BadRequestError, 400, "RAC1276"),
        (exceptions.LockdownError, 403, "RAC095"),
        (exceptions.NotReadyError, 503, "SYS520"),
    ],
)
def test_an_error_has_its_message_ids(kind: type[dsm.Error], status: int, message_id: str) -> None:
    fault = {"method": "PATCH", "effect": {"status": {"status": status, "message_id": message_id}}}
    with server(faults=[fault]) as fleet, idrac(fleet) as line:
        with pytest.raises(dsm.Error) as refused:
            line.accounts.create("eve", "weak", "Operator")
        error = refused.value
        assert message_id in error.message_ids
        assert error.http_status == status
        assert error.host == f"{fleet.addresses[0]}:{fleet.port}"
        assert type(error) is kind
        assert "weak" not in repr(error) + str(vars(error))


def test_every_plan_changes_nothing() -> None:
    from test_results import READS  # noqa: PLC0415 - the table of calls

    with server() as fleet, idrac(fleet) as line:
        for name, call in READS.items():
            if ".plan_" in name:
                call(line)
        assert changes(fleet) == []


# --- Stopping

WAITING = """
    import asyncio, dsm, sys, time

    async def main():
        await line.jobs.wait_async("JID_1", wait={"grace": 600})

    line = dsm.Idrac(sys.argv[1], "root", sys.argv[3], port=int(sys.argv[2]), allow_loopback=True)
    print("ready", flush=True)
    try:
        CALL
    except KeyboardInterrupt:
        print("interrupted", time.monotonic(), flush=True)
        END
"""

BLOCKING = 'line.jobs.wait("JID_1", wait={"grace": 600})'
TOLD = 'line.jobs.wait("JID_1", wait={"grace": 600}, progress=lambda each: None)'
ASYNCIO = "asyncio.run(main())"


def started(fleet: dsm.sim.Fleet, code: str) -> subprocess.Popen[str]:
    """A program that is told the iDRAC."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code)]
    command += [fleet.addresses[0], str(fleet.port), PASSWORD]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until_asked(fleet: dsm.sim.Fleet, what: str) -> None:
    """Waits for a request, and not for ever."""
    until = time.monotonic() + 20
    while not any(what in each["path"] for each in fleet.journal()):
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("end", ["line.close()", "pass"])
@pytest.mark.parametrize("call", [BLOCKING, TOLD, ASYNCIO])
def test_ctrl_c_ends_a_long_wait_at_once(call: str, end: str) -> None:
    with server() as fleet:
        with started(fleet, WAITING.replace("CALL", call).replace("END", end)) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            until_asked(fleet, "JID_1")
            assert fleet.open_sessions() == 1
            asked = time.monotonic()
            process.send_signal(signal.SIGINT)
            word, at = process.stdout.readline().split()
            assert word == "interrupted"
            # One clock for all processes; a call looks for signals every 0.05 s, the rest is for a busy machine.
            assert float(at) - asked < 0.5
            out, error = process.communicate(timeout=20)
            assert (out, error, process.returncode) == ("", "", 0)
        assert fleet.open_sessions() == 0


def test_an_interpreter_that_exits_without_closing_leaves_no_session() -> None:
    code = """
        import sys, dsm
        line = dsm.Idrac(sys.argv[1], "root", sys.argv[3], port=int(sys.argv[2]), allow_loopback=True)
        line.boot.fetch()
        other = dsm.Idrac(sys.argv[1], "root", sys.argv[3], port=int(sys.argv[2]), allow_loopback=True)
        other.jobs.list()
        print("read", flush=True)
        sys.exit(3)
    """
    with server() as fleet:
        with started(fleet, code) as process:
            out, error = process.communicate(timeout=30)
            assert (out, error, process.returncode) == ("read\n", "", 3)
        assert fleet.totals()["sessions_opened"] == 2
        assert fleet.open_sessions() == 0


def test_a_cancelled_future_stops_the_asking() -> None:
    async def main(fleet: dsm.sim.Fleet, line: dsm.Idrac) -> None:
        waiting = line.jobs.wait_async("JID_1", wait={"grace": 600, "interval": 0.1})
        await asyncio.to_thread(until_asked, fleet, "JID_1")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.sleep(0.3)
        asked = fleet.totals()["requests"]
        await asyncio.sleep(0.5)
        assert fleet.totals()["requests"] == asked
        assert line.boot.fetch(), "the line is as good as before"

    with server() as fleet, idrac(fleet) as line:
        asyncio.run(main(fleet, line))
