"""Users of the iDRAC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    import builtins

    from dsm.models import ManagerAccount
    from dsm.results import AccountRole, Plan


class Accounts(Area):
    """Users of the iDRAC, whether it keeps them in slots (7 to 9) or as accounts that come and go (10)."""

    __slots__ = ()

    def list(self) -> builtins.list[ManagerAccount]:
        """Reads the users; slots that nobody has are left out.

        Raises `PasswordChangeRequiredError` as long as the password the iDRAC was delivered with is in use:
        `change_password` works nevertheless.
        """
        return self._run("accounts.list")

    def list_async(self) -> asyncio.Future[builtins.list[ManagerAccount]]:
        """As `list`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("accounts.list")

    def create(self, user: str, password: str, role: AccountRole) -> ManagerAccount:
        """Makes a user who may log in, and reads it back.

        Raises `ConflictError` when the name is taken or no slot is free, `InvalidInputError` for a name iDRACs refuse,
        `BadRequestError` for a password that is too weak for this iDRAC (RAC1276, SYS474).
        """
        return self._run("accounts.create", user=user, password=password, role=role)

    def create_async(self, user: str, password: str, role: AccountRole) -> asyncio.Future[ManagerAccount]:
        """As `create`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("accounts.create", user=user, password=password, role=role)

    def change(
        self, user: str, *, name: str | None = None, role: AccountRole | None = None, enabled: bool | None = None
    ) -> bool:
        """Changes a user's name, privileges, or whether they may log in; says whether anything had to be sent.

        Raises `NotFoundError` without such a user, and as `create`.
        """
        return self._run("accounts.change", user=user, name=name, role=role, enabled=enabled)

    def change_async(
        self, user: str, *, name: str | None = None, role: AccountRole | None = None, enabled: bool | None = None
    ) -> asyncio.Future[bool]:
        """As `change`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("accounts.change", user=user, name=name, role=role, enabled=enabled)

    def change_password(self, user: str, password: str) -> None:
        """Sets a user's password. Where it is the user of this object, its session goes on with the new one.

        It works on an iDRAC that answers everything else with "change the default password first", too. Raises as
        `change`.
        """
        return self._run("accounts.change_password", user=user, password=password)

    def change_password_async(self, user: str, password: str) -> asyncio.Future[None]:
        """As `change_password`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("accounts.change_password", user=user, password=password)

    def delete(self, user: str) -> bool:
        """Deletes a user and looks whether they are gone; says whether there was one.

        Raises `ServerError` when the user is still there afterwards.
        """
        return self._run("accounts.delete", user=user)

    def delete_async(self, user: str) -> asyncio.Future[bool]:
        """As `delete`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("accounts.delete", user=user)

    def plan_delete(self, user: str) -> Plan:
        """Says what `delete` would do; sends nothing that changes anything."""
        return self._run("accounts.plan_delete", user=user)

    def plan_delete_async(self, user: str) -> asyncio.Future[Plan]:
        """As `plan_delete`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("accounts.plan_delete", user=user)
