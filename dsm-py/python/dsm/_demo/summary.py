"""What a person wants to know when the scan has ended: the fleet in a table, what needs attention, where it all is."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from pathlib import Path

    from dsm import JobRow, ServerRow
    from dsm.sim import Totals

WIDTH = 96
ATTENTION_LINES = 10


def write(out: TextIO, job: JobRow, servers: list[ServerRow]) -> None:
    """The table and the list."""
    _fleet(out, servers)
    _attention(out, job, servers)


class End(NamedTuple):
    """What the last lines tell."""

    path: Path
    servers: int
    exchanges: int
    totals: Totals
    elapsed_s: float


def write_end(out: TextIO, job: JobRow, end: End) -> None:
    """How it went, and where it is."""
    totals = end.totals
    lines = (
        f"Scan     {job['status']} — {job['details'].get('summary', '')}",
        f"Took     {end.elapsed_s:.1f} s; {totals['requests']} requests over {totals['handshakes']} "
        f"connections, {totals['sessions_opened']} sessions opened and {totals['sessions_closed']} closed",
        f"Stored   {end.path} ({end.path.stat().st_size / 1e6:.1f} MB): {end.servers} servers with their inventory, "
        f"{end.exchanges} exchanges on record in idrac_commands",
        f"         {end.path}.key opens the passwords in it; keep it, and keep it apart from backups of the store",
        f"Look     sqlite3 {end.path} 'select ip_address, service_tag, model, overall_health from servers'",
    )
    out.writelines(f"{line}\n" for line in lines)


def _fleet(out: TextIO, servers: list[ServerRow]) -> None:
    """One line a model and firmware: a table of 254 lines is no answer."""
    groups: defaultdict[tuple[str, str], list[ServerRow]] = defaultdict(list)
    for server in servers:
        if server["model"] is not None:
            groups[server["model"], server["idrac_firmware"] or "?"].append(server)
    out.write(
        f"{'Model':<18} {'iDRAC':<14} {'servers':>7} {'on':>4} {'memory GiB':>11} {'drives':>7} "
        f"{'storage TB':>11}  health\n{'─' * WIDTH}\n"
    )
    for (model, firmware), group in sorted(groups.items()):
        on = sum(server["power_state"] == "On" for server in group)
        memory = sum(server["memory_gb"] or 0 for server in group)
        drives = sum(server["total_drives"] or 0 for server in group)
        terabytes = sum(server["total_storage_tb"] or 0.0 for server in group)
        health = Counter(server["overall_health"] or "Unknown" for server in group)
        words = ", ".join(f"{count} {word}" for word, count in sorted(health.items()))
        out.write(
            f"{model.removeprefix('PowerEdge '):<18} {firmware:<14} {len(group):>7} {on:>4} {memory:>11} "
            f"{drives:>7} {terabytes:>11.1f}  {words}\n"
        )
    out.write("\n")


def _attention(out: TextIO, job: JobRow, servers: list[ServerRow]) -> None:
    lines: list[str] = []
    for server in servers:
        name = f"{server['ip_address'] or '':<15} {server['service_tag'] or '-':<8}"
        if server["connection_error"]:
            lines.append(f"{name} {server['connection_error']}")
        elif server["overall_health"] not in ("OK", None):
            lines.append(f"{name} health {server['overall_health']}")
    lines += [
        f"{result['ip']:<15} {'-':<8} no iDRAC: {result.get('error') or 'no Redfish'}"
        for result in job["details"].get("server_results") or []
        if result.get("filter_reason") == "not_idrac"
    ]
    if not lines:
        out.write("Nothing needs attention.\n\n")
        return
    out.write(f"Needs attention\n{'─' * WIDTH}\n")
    out.writelines((line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…") + "\n" for line in lines[:ATTENTION_LINES])
    if len(lines) > ATTENTION_LINES:
        out.write(f"… and {len(lines) - ATTENTION_LINES} more\n")
    out.write("\n")
