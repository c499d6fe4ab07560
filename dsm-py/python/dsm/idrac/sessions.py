"""Who is logged in, and what failed logins cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    import builtins

    from dsm.models import Session
    from dsm.results import LockoutPolicy


class Sessions(Area):
    """Who is logged in, and what failed logins cost."""

    __slots__ = ()

    def list(self) -> builtins.list[Session]:
        """Reads the sessions, our own among them."""
        return self._run("sessions.list")

    def list_async(self) -> asyncio.Future[builtins.list[Session]]:
        """As `list`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("sessions.list")

    def delete(self, session: str) -> None:
        """Ends somebody's session, by its path. Our own ends by closing the `Idrac`.

        Raises `InvalidInputError` for a path that is no session's, `NotFoundError` for one that has ended.
        """
        return self._run("sessions.delete", session=session)

    def delete_async(self, session: str) -> asyncio.Future[None]:
        """As `delete`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("sessions.delete", session=session)

    def lockout_policy(self) -> LockoutPolicy:
        """Reads when this iDRAC shuts out who fails to log in. It blocks addresses, not accounts."""
        return self._run("sessions.lockout_policy")

    def lockout_policy_async(self) -> asyncio.Future[LockoutPolicy]:
        """As `lockout_policy`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("sessions.lockout_policy")
