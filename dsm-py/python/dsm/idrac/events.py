"""Events: as a stream, or sent to a listener of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area, given

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from dsm._dsm import EventStream
    from dsm.models import EventDestination
    from dsm.results import EventFormat, LogCursor, Plan, Severity, Subscribed


class Events(Area):
    """Events of one iDRAC: as a stream that is kept alive, or sent to a listener of one's own."""

    __slots__ = ()

    def stream(
        self,
        *,
        silence: float | None = None,
        pause: float | None = None,
        at_least: Severity | None = None,
        except_message_ids: Sequence[str] | None = None,
        cursor: LogCursor | None = None,
    ) -> EventStream:
        """What the iDRAC tells, for as long as anybody listens: for `for` and for `async for`.

        A stream that brings nothing for `silence` seconds (120), breaks or ends is opened again after `pause` seconds
        (2, doubled up to a minute), and what the Lifecycle log says happened meanwhile comes as `missed`. `cursor`, of
        a stream before this one, has what came since handed out first. `at_least` and `except_message_ids` say which
        entries of the log count; logins do not unless the ids are given. Nothing is sent before the first one is
        waited for; closing the `Idrac` ends it.

        Iterating raises `UnsupportedError` where the iDRAC has no stream (7 and 8), and what no later attempt mends.
        """
        ids = None if except_message_ids is None else [*except_message_ids]
        options = given(silence=silence, pause=pause, at_least=at_least, except_message_ids=ids, cursor=cursor)
        return self._handle.events(**options)

    def list_subscriptions(self) -> list[EventDestination]:
        """Reads who is subscribed, other people among them."""
        return self._run("events.list_subscriptions")

    def list_subscriptions_async(self) -> asyncio.Future[list[EventDestination]]:
        """As `list_subscriptions`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("events.list_subscriptions")

    def subscribe(self, destination: str, context: str, *, format: EventFormat = "Event") -> Subscribed:
        """Has events sent to `destination` (`https://…`), unless they are already; `context` tells ours from others'.

        `warnings` says what is not as it should be: SYS554, alerts are off, so nothing will come.
        """
        return self._run("events.subscribe", destination=destination, context=context, format=format)

    def subscribe_async(
        self, destination: str, context: str, *, format: EventFormat = "Event"
    ) -> asyncio.Future[Subscribed]:
        """As `subscribe`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("events.subscribe", destination=destination, context=context, format=format)

    def plan_subscribe(self, destination: str, context: str, *, format: EventFormat = "Event") -> Plan:
        """Says what `subscribe` would send; empty where it is so already."""
        return self._run("events.plan_subscribe", destination=destination, context=context, format=format)

    def plan_subscribe_async(
        self, destination: str, context: str, *, format: EventFormat = "Event"
    ) -> asyncio.Future[Plan]:
        """As `plan_subscribe`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("events.plan_subscribe", destination=destination, context=context, format=format)

    def unsubscribe(self, subscription: str) -> bool:
        """Ends a subscription, by its path; says whether it was there."""
        return self._run("events.unsubscribe", subscription=subscription)

    def unsubscribe_async(self, subscription: str) -> asyncio.Future[bool]:
        """As `unsubscribe`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("events.unsubscribe", subscription=subscription)

    def submit_test_event(self, message_id: str = "TST100") -> None:
        """Has a test event sent to everybody who listens.

        Raises `UnsupportedError` where the iDRAC offers none, and what it says where nobody listens (SYS423).
        """
        return self._run("events.submit_test_event", message_id=message_id)

    def submit_test_event_async(self, message_id: str = "TST100") -> asyncio.Future[None]:
        """As `submit_test_event`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("events.submit_test_event", message_id=message_id)
