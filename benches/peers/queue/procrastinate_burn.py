"""procrastinate: one worker, 24 jobs at a time, as its documentation sets it up."""

import asyncio
import itertools
import json
import resource
import sys
import time

import procrastinate

step, task = sys.argv[1], json.loads(sys.argv[2])
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=task["address"], max_size=12))
ran = itertools.count()


@app.task(name="nothing")
async def nothing() -> None:
    next(ran)


async def setup() -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for first in range(0, task["jobs"], 1000):
            for nth in range(first, min(first + 1000, task["jobs"])):
                lock = f"server:{nth % task['lanes']}" if task["lanes"] else None
                await nothing.configure(lock=lock).defer_async()
    print("{}")


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def work() -> None:
    async with app.open_async():
        wall, spent = time.perf_counter(), cpu()
        await app.run_worker_async(concurrency=24, wait=False, install_signal_handlers=False)
        count = next(ran)
        done = {
            "wall_s": time.perf_counter() - wall,
            "cpu_s": cpu() - spent,
            "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
            "count": task["jobs"],
            "problems": [] if count == task["jobs"] else [f"{count} jobs were run"],
        }
    print(json.dumps(done))


asyncio.run(setup() if step == "setup" else work())
