"""What every Python peer shares: its task from the command line, its cost as one line of JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any


def task() -> dict[str, Any]:
    """The task that the benchmark hands over as JSON."""
    return json.loads(sys.argv[1])


def addresses(task: dict[str, Any]) -> list[str]:
    """The addresses that follow `network`."""
    first = int(IPv4Address(task["network"])) + 1
    return [str(IPv4Address(first + index)) for index in range(task["count"])]


def peak_mb() -> float:
    """Peak resident memory of this process."""
    with Path("/proc/self/status").open() as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def cpu_s() -> float:
    """User and system time of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def finish(
    started: float, servers: int, facts: dict[str, Any], problems: list[str], wall_s: float | None = None
) -> None:
    """Says what it cost."""
    done = {
        "wall_s": time.perf_counter() - started if wall_s is None else wall_s,
        "cpu_s": cpu_s(),
        "rss_mb": peak_mb(),
        "servers": servers,
        "facts": facts,
        "problems": problems,
    }
    print(json.dumps(done))


def inventory(read: Callable[[str, dict[str, Any]], dict[str, int]]) -> None:
    """Reads every server with so many threads and says what it cost."""
    work = task()
    started = time.perf_counter()
    with ThreadPoolExecutor(max(1, work["idracs"])) as pool:
        parts = list(pool.map(lambda address: read(address, work), addresses(work)))
    problems = []
    if len(parts) != work["alive"]:
        problems.append(f"servers read: {len(parts)} instead of {work['alive']}")
    finish(started, len(parts), {"parts": str(parts[-1] if parts else {})}, problems)
