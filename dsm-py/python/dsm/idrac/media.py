"""Images in the virtual drives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dsm.idrac._area import Area, given, resetting

if TYPE_CHECKING:
    import asyncio
    import builtins

    from dsm.idrac.arguments import Reset
    from dsm.models import VirtualMedia
    from dsm.results import BootIsoOutcome, Ejected, MediaDevice, Mounted, Plan, ResetType


class Media(Area):
    """Images in the virtual drives. The host goes on, and sees a medium come or go."""

    __slots__ = ()

    def list(self) -> builtins.list[VirtualMedia]:
        """Reads the drives and what is in them. Raises `UnsupportedError` where Redfish has none."""
        return self._run("media.list")

    def list_async(self) -> asyncio.Future[builtins.list[VirtualMedia]]:
        """As `list`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("media.list")

    def insert(
        self,
        image: str,
        *,
        username: str | None = None,
        password: str | None = None,
        device: MediaDevice = "Cd",
        writable: bool = False,
        replace: bool = False,
        preflight: bool = True,
        patience: float | None = None,
    ) -> Mounted:
        """Puts an image into a drive, and reads the drive until it shows it. Nothing is done where it is in already.

        `image` is an address that the iDRAC reaches: `https://host/path.iso`, `nfs://…`, `//host/share/path.iso`.
        `replace` takes another image out where no drive is free. `preflight` has the iDRAC try the share first.
        `patience` is seconds for the drive to show the image (60).

        Raises `ConflictError` when no drive is free and none may be emptied, `UnsupportedError` when there is no such
        drive, `DeadlineError` when the drive never shows the image, and what the iDRAC says of an image it cannot
        reach (RAC0720, RAC0904).
        """
        return self._run(
            "media.insert",
            image=image,
            username=username,
            password=password,
            device=device,
            writable=writable,
            replace=replace,
            preflight=preflight,
            patience=patience,
        )

    def insert_async(
        self,
        image: str,
        *,
        username: str | None = None,
        password: str | None = None,
        device: MediaDevice = "Cd",
        writable: bool = False,
        replace: bool = False,
        preflight: bool = True,
        patience: float | None = None,
    ) -> asyncio.Future[Mounted]:
        """As `insert`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "media.insert",
            image=image,
            username=username,
            password=password,
            device=device,
            writable=writable,
            replace=replace,
            preflight=preflight,
            patience=patience,
        )

    def plan_insert(
        self,
        image: str,
        *,
        username: str | None = None,
        password: str | None = None,
        device: MediaDevice = "Cd",
        writable: bool = False,
        replace: bool = False,
    ) -> Plan:
        """Says what `insert` would send; sends nothing that changes anything. Raises as `insert` does."""
        return self._run(
            "media.plan_insert",
            image=image,
            username=username,
            password=password,
            device=device,
            writable=writable,
            replace=replace,
        )

    def plan_insert_async(
        self,
        image: str,
        *,
        username: str | None = None,
        password: str | None = None,
        device: MediaDevice = "Cd",
        writable: bool = False,
        replace: bool = False,
    ) -> asyncio.Future[Plan]:
        """As `plan_insert`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "media.plan_insert",
            image=image,
            username=username,
            password=password,
            device=device,
            writable=writable,
            replace=replace,
        )

    def eject(
        self, *, device: MediaDevice | None = None, image: str | None = None, drive: str | None = None
    ) -> Ejected:
        """Empties the drives of a kind, with an image, or one drive by its path; without any of these all of them.

        Drives are read until they say that they are empty; those that are already are left alone.

        Raises `DeadlineError` when a drive goes on showing an image.
        """
        return self._run("media.eject", device=device, image=image, drive=drive)

    def eject_async(
        self, *, device: MediaDevice | None = None, image: str | None = None, drive: str | None = None
    ) -> asyncio.Future[Ejected]:
        """As `eject`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("media.eject", device=device, image=image, drive=drive)

    def plan_eject(
        self, *, device: MediaDevice | None = None, image: str | None = None, drive: str | None = None
    ) -> Plan:
        """Says what `eject` would send; sends nothing that changes anything."""
        return self._run("media.plan_eject", device=device, image=image, drive=drive)

    def plan_eject_async(
        self, *, device: MediaDevice | None = None, image: str | None = None, drive: str | None = None
    ) -> asyncio.Future[Plan]:
        """As `plan_eject`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("media.plan_eject", device=device, image=image, drive=drive)

    def boot_iso(
        self,
        image: str,
        *,
        username: str | None = None,
        password: str | None = None,
        replace: bool = False,
        preflight: bool = True,
        reset: ResetType | Reset | None = None,
        eject: Literal["never", "after_post", "host_off"] = "never",
        host_off_within: float | None = None,
    ) -> BootIsoOutcome:
        """Starts the server once from an image on the network: insert, choose, restart, verify, eject. Disrupts.

        A running host is restarted gracefully unless `reset` says how; one that is off is switched on. The image stays
        in, or leaves the drive once the power-on test is over, or once the host has switched itself off, which may
        take `host_off_within` seconds. What was begun is undone when a later step fails. Raises as `insert`,
        `idrac.boot.set_override` and `idrac.power.reset`.
        """
        mount = given(image=image, username=username, password=password, replace=replace, preflight=preflight)
        return self._run(
            "media.boot_iso", mount=mount, reset=resetting(reset), eject=eject, host_off_within=host_off_within
        )

    def boot_iso_async(
        self,
        image: str,
        *,
        username: str | None = None,
        password: str | None = None,
        replace: bool = False,
        preflight: bool = True,
        reset: ResetType | Reset | None = None,
        eject: Literal["never", "after_post", "host_off"] = "never",
        host_off_within: float | None = None,
    ) -> asyncio.Future[BootIsoOutcome]:
        """As `boot_iso`, for asyncio: a future, whose cancellation cancels the call."""
        mount = given(image=image, username=username, password=password, replace=replace, preflight=preflight)
        return self._run_async(
            "media.boot_iso", mount=mount, reset=resetting(reset), eject=eject, host_off_within=host_off_within
        )

    def plan_boot_iso(
        self,
        image: str,
        *,
        username: str | None = None,
        password: str | None = None,
        replace: bool = False,
        preflight: bool = True,
        reset: ResetType | Reset | None = None,
    ) -> Plan:
        """Says what `boot_iso` would send; sends nothing that changes anything."""
        mount = given(image=image, username=username, password=password, replace=replace, preflight=preflight)
        return self._run("media.plan_boot_iso", mount=mount, reset=resetting(reset))

    def plan_boot_iso_async(
        self,
        image: str,
        *,
        username: str | None = None,
        password: str | None = None,
        replace: bool = False,
        preflight: bool = True,
        reset: ResetType | Reset | None = None,
    ) -> asyncio.Future[Plan]:
        """As `plan_boot_iso`, for asyncio: a future, whose cancellation cancels the call."""
        mount = given(image=image, username=username, password=password, replace=replace, preflight=preflight)
        return self._run_async("media.plan_boot_iso", mount=mount, reset=resetting(reset))
