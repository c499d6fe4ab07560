"""The power of the host, its mains, and the light that locates it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio

    from dsm.idrac.arguments import Reset
    from dsm.results import Escalation, LocatorOutcome, MainsOutcome, Plan, ResetOutcome, ResetType


class Power(Area):
    """The power of the host, its mains, and the light that locates it."""

    __slots__ = ()

    def reset(
        self,
        kind: ResetType,
        *,
        escalation: Escalation = "never",
        patience: float | None = None,
        poll: float | None = None,
        until_post_is_over: bool = False,
        in_two_steps: bool = False,
    ) -> ResetOutcome:
        """Resets the host and waits until that is seen. Disrupts: what the host runs may end.

        The state is read first: a host that is there already is left alone. Where the connection breaks, the state is
        read again; the same reset is never sent twice. `patience` is seconds for each attempt (300), `poll` between
        two looks (5). `escalation` allows more force where the host ignores the request. `in_two_steps` restarts by
        shutting down and powering on, which every firmware shows.

        Raises `UnsupportedError` for a reset the iDRAC does not offer, `ConflictError` for a restart of a host that
        is off, `DeadlineError` when the goal was not seen in time.
        """
        return self._run(
            "power.reset",
            kind=kind,
            escalation=escalation,
            patience=patience,
            poll=poll,
            until_post_is_over=until_post_is_over,
            in_two_steps=in_two_steps,
        )

    def reset_async(
        self,
        kind: ResetType,
        *,
        escalation: Escalation = "never",
        patience: float | None = None,
        poll: float | None = None,
        until_post_is_over: bool = False,
        in_two_steps: bool = False,
    ) -> asyncio.Future[ResetOutcome]:
        """As `reset`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "power.reset",
            kind=kind,
            escalation=escalation,
            patience=patience,
            poll=poll,
            until_post_is_over=until_post_is_over,
            in_two_steps=in_two_steps,
        )

    def plan_reset(self, kind: ResetType, *, escalation: Escalation = "never", in_two_steps: bool = False) -> Plan:
        """Says what `reset` would do; sends nothing that changes anything. Raises as `reset` does before it sends."""
        return self._run("power.plan_reset", kind=kind, escalation=escalation, in_two_steps=in_two_steps)

    def plan_reset_async(
        self, kind: ResetType, *, escalation: Escalation = "never", in_two_steps: bool = False
    ) -> asyncio.Future[Plan]:
        """As `plan_reset`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("power.plan_reset", kind=kind, escalation=escalation, in_two_steps=in_two_steps)

    def cycle_mains(
        self,
        *,
        on_afterwards: bool = True,
        switch_off: Reset | None = None,
        patience: float | None = None,
        poll: float | None = None,
    ) -> MainsOutcome:
        """Takes mains away from the whole server and gives it back. Disrupts: host and iDRAC start anew.

        A host that is on is left alone unless `switch_off` says how to switch it off first. `patience` is seconds for
        the iDRAC to come back and the host to be as wanted (600), `poll` between two looks (5).

        Raises `UnsupportedError` where the iDRAC offers no such cycle (7, 8, early 9) or cannot leave the host off,
        `ConflictError` when the host is on and may not be switched off, `DeadlineError` when the server was not seen
        as wanted in time.
        """
        return self._run(
            "power.cycle_mains", on_afterwards=on_afterwards, switch_off=switch_off, patience=patience, poll=poll
        )

    def cycle_mains_async(
        self,
        *,
        on_afterwards: bool = True,
        switch_off: Reset | None = None,
        patience: float | None = None,
        poll: float | None = None,
    ) -> asyncio.Future[MainsOutcome]:
        """As `cycle_mains`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "power.cycle_mains", on_afterwards=on_afterwards, switch_off=switch_off, patience=patience, poll=poll
        )

    def plan_cycle_mains(self, *, on_afterwards: bool = True, switch_off: Reset | None = None) -> Plan:
        """Says what `cycle_mains` would do; sends nothing that changes anything."""
        return self._run("power.plan_cycle_mains", on_afterwards=on_afterwards, switch_off=switch_off)

    def plan_cycle_mains_async(
        self, *, on_afterwards: bool = True, switch_off: Reset | None = None
    ) -> asyncio.Future[Plan]:
        """As `plan_cycle_mains`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("power.plan_cycle_mains", on_afterwards=on_afterwards, switch_off=switch_off)

    def locate(self, *, on: bool) -> LocatorOutcome:
        """Switches the light that locates the server, and reads it back. The host goes on.

        Raises `UnsupportedError` where the iDRAC shows no such light.
        """
        return self._run("power.locate", on=on)

    def locate_async(self, *, on: bool) -> asyncio.Future[LocatorOutcome]:
        """As `locate`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("power.locate", on=on)
