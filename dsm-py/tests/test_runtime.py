"""Blocking, interrupting, forking: what a binding must not get wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING

import dsm
import pytest

if TYPE_CHECKING:
    from pathlib import Path

# A scan of addresses that never answer, long enough to be interrupted.
SCAN = """
    import dsm, sys, time
    with dsm.sim.Fleet("127.34.0.0", 64, defaults={"kind": "silent"}) as fleet:
        options = {"port": fleet.port, "allow_loopback": True, "scan": {"connect_timeout": 30.0}}
        with dsm.Engine.open(sys.argv[1], **options) as engine:
            engine.add_credential_set("lab", "root", "x", default=True)
            job = engine.enqueue("discovery_scan", target_scope={"ip_range": "127.34.0.1-127.34.0.64"})
            print("ready", flush=True)
            try:
                CALL
            except KeyboardInterrupt:
                print("interrupted", time.monotonic(), flush=True)
    print("closed", flush=True)
"""


def start(call: str, store: Path) -> subprocess.Popen[str]:
    code = textwrap.dedent(SCAN).replace("CALL", call)
    return subprocess.Popen([sys.executable, "-c", code, str(store)], stdout=subprocess.PIPE, text=True)


RUN = "engine.run('discovery_scan', target_scope={'ip_range': '127.34.0.9'})"


@pytest.mark.parametrize("call", ["engine.wait(job)", "list(engine.events(job))", RUN])
def test_ctrl_c_stops_at_once(call: str, store: Path) -> None:
    with start(call, store) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        word, at = process.stdout.readline().split()
        assert word == "interrupted"
        assert float(at) - asked < 0.25
        assert process.stdout.readline() == "closed\n"
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - asked < 5


def test_ctrl_c_reaches_asyncio(store: Path) -> None:
    code = """
        import asyncio, dsm, sys
        async def main():
            with dsm.sim.Fleet("127.34.1.0", 8, defaults={"kind": "silent"}) as fleet:
                async with await dsm.Engine.open_async(
                    sys.argv[1], port=fleet.port, allow_loopback=True, scan={"connect_timeout": 30.0}
                ) as engine:
                    await engine.add_credential_set_async("lab", "root", "x", default=True)
                    job = await engine.enqueue_async("discovery_scan", target_scope={"ip_range": "127.34.1.1"})
                    print("ready", flush=True)
                    await engine.wait_async(job)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        assert process.wait(timeout=10) == 0


def test_an_interrupted_inventory_leaves_no_session(store: Path) -> None:
    code = """
        import dsm, sys
        account = {"user": "root", "password": "x"}
        with dsm.sim.Fleet("127.34.2.0", 1, defaults={"accounts": [account], "latency_ms": 200}) as fleet:
            print("ready", flush=True)
            try:
                dsm.inventory("127.34.2.1", "root", "x", port=fleet.port, allow_loopback=True)
            except KeyboardInterrupt:
                print("interrupted", flush=True)
            import atexit, time
            deadline = time.monotonic() + 5
            while fleet.open_sessions() and time.monotonic() < deadline:
                time.sleep(0.05)
            totals = fleet.totals()
            print(totals["sessions_opened"], fleet.open_sessions(), flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.9)
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        assert process.stdout.readline() == "1 0\n"


def test_a_cancelled_future_cancels_the_work(store: Path) -> None:
    async def main() -> None:
        async with await dsm.Engine.open_async(store) as engine:
            job = await engine.enqueue_async(
                "discovery_scan", target_scope={"ip_range": "10.0.0.1"}, schedule_at="2099-01-01T00:00:00Z"
            )
            waiting = engine.wait_async(job)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(waiting, 0.1)
            assert waiting.cancelled()
            assert await engine.cancel_async(job) == "at_once"

    asyncio.run(main())


def test_many_calls_run_at_once(scanned: tuple[dsm.Engine, str]) -> None:
    engine, _ = scanned

    async def main() -> None:
        rows = await asyncio.gather(*(engine.servers_async() for _ in range(50)))
        assert all(row == rows[0] for row in rows)

    asyncio.run(main())


def test_an_async_call_needs_a_loop(engine: dsm.Engine) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        engine.servers_async()


def test_python_goes_on_while_the_library_waits(engine: dsm.Engine) -> None:
    job = engine.enqueue("discovery_scan", target_scope={"ip_range": "10.0.0.1"}, schedule_at="2099-01-01T00:00:00Z")

    def wait() -> None:
        with pytest.raises(dsm.exceptions.DeadlineError):
            engine.wait(job, timeout=0.5)

    waiting = threading.Thread(target=wait)
    waiting.start()
    turns = 0
    while waiting.is_alive():
        turns += 1
        time.sleep(0.001)
    assert turns > 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_is_told_to_spawn(engine: dsm.Engine) -> None:
    read, write = os.pipe()
    # Forking with threads is what this is about; the child only calls into the library and leaves.
    child = os.fork()
    if child == 0:
        text = "no error"
        try:
            engine.servers()
        except RuntimeError as error:
            text = str(error)
        os.write(write, text.encode())
        del engine
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        assert "use spawn" in answer.read()
    assert os.waitpid(child, 0)[1] == 0
    assert engine.servers() == []


def run(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_import_starts_no_thread() -> None:
    done = run(
        """
        import dsm
        from pathlib import Path
        def names():
            return [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
        print(len(names()))
        dsm.Engine.in_memory(slots=1).close()
        print(names().count("dsm-worker"))
        """,
        DSM_WORKER_THREADS="3",
    )
    assert done.stderr == ""
    before, workers = done.stdout.split()
    assert before == "1"
    assert int(workers) >= 3


def test_a_number_of_threads_that_is_none_is_named() -> None:
    done = run("import dsm\ndsm.Engine.in_memory()", DSM_WORKER_THREADS="many")
    assert "ValueError: DSM_WORKER_THREADS" in done.stderr


def test_leaving_with_work_under_way_is_clean(store: Path) -> None:
    code = f"""
        import dsm, logging, warnings
        warnings.simplefilter("ignore", ResourceWarning)
        logging.basicConfig(level=logging.DEBUG)
        engine = dsm.Engine.open({str(store)!r})
        engine.add_credential_set("lab", "root", "x", default=True)
        engine.enqueue("discovery_scan", target_scope={{"ip_range": "10.255.255.1"}})
    """
    done = run(code)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
