"""What a `dsm.Profile` is made of."""

from __future__ import annotations

from typing import TypedDict

__all__ = ["ProfileAttribute", "ProfileComponent"]


class _ProfileAttribute(TypedDict):
    name: str
    """`ProcVirtualization`, `Users.2#UserName`."""
    value: str
    """As it stands in the profile; a secret shows only where it was asked for."""


class ProfileAttribute(_ProfileAttribute, total=False):
    """One setting: a name and a text, and whether an import applies it."""

    set_on_import: bool
    """Whether an import applies it; it does unless said."""
    comment: str | None
    """The iDRAC's mark on it: `Read Only`, `Read and Write`; in JSON only."""


class _ProfileComponent(TypedDict):
    fqdd: str
    """Its name: `BIOS.Setup.1-1`."""


class ProfileComponent(_ProfileComponent, total=False):
    """A device with its settings and, for storage, the devices below it."""

    attributes: list[ProfileAttribute]
    """Its own settings, in the profile's order. One with several values is there once for each."""
    components: list[ProfileComponent]
    """The devices directly below it."""
