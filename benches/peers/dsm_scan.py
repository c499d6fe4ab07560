"""The main job through the wheel `dsm`: the same engine, store and job as the Rust case beside it."""

import tempfile
import time
from pathlib import Path

import dsm
from measure import addresses, cpu_s, finish, task


def main() -> None:
    """Scans the fleet into a new store and checks what is in it."""
    work = task()
    fleet = addresses(work)
    with tempfile.TemporaryDirectory() as folder:
        engine = dsm.Engine.open(Path(folder) / "bench.db", port=work["port"], allow_loopback=True)
        with engine:
            engine.add_credential_set("bench", work["user"], work["password"], default=True)
            started = time.perf_counter()
            row = engine.run(
                "discovery_scan",
                target_scope={"ip_range": f"{fleet[0]}-{fleet[-1]}"},
                details={"fetch_options": {"inventory": work["inventory"]}},
            )
            wall_s = time.perf_counter() - started
            servers = engine.servers()
        problems = []
        if row["status"] != "completed" or row["details"].get("partial"):
            problems.append(f"the job ended as {row['status']}: {row['details'].get('error')}")
        tags = {server["service_tag"] for server in servers}
        if len(servers) != work["alive"] or len(tags) != work["alive"]:
            problems.append(f"rows in servers: {len(servers)}, service tags: {len(tags)}")
    finish(started, len(servers), {"cpu_with_import_s": cpu_s()}, problems, wall_s)


if __name__ == "__main__":
    main()
