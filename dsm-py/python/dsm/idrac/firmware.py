"""Firmware: what is installed, updates from a file, a server or a repository, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, cast

from dsm.idrac._area import Area, given, resetting

if TYPE_CHECKING:
    import asyncio
    import builtins
    import os
    from collections.abc import Callable, Sequence

    from typing_extensions import Unpack

    from dsm._dsm import Catalog
    from dsm.idrac.arguments import Progress, Reset, Share, Wait
    from dsm.results import (
        CatalogComparison,
        CatalogUpdate,
        FirmwareAccess,
        FirmwareInventory,
        JobOutcome,
        JobProgress,
        Moment,
        Plan,
        Reboot,
        RepositoryOutcome,
        RepositoryUpdate,
        ResetType,
        UpdateOutcome,
        UploadProgress,
    )


class MaintenanceWindow(TypedDict):
    """A maintenance window in which updates are installed."""

    start: str
    """When it opens, as `2026-01-31T22:00:00-06:00`."""
    length: float
    """How long it is open, in seconds."""


class _ExpectedFirmware(TypedDict):
    version: str
    """The version."""


class ExpectedFirmware(_ExpectedFirmware, total=False):
    """What is to be installed after an update: how its success is told."""

    devices: list[str]
    """The devices, by FQDD."""
    component: int
    """All devices with Dell's component id, where no devices are named."""


class UpdateOptions(TypedDict, total=False):
    """How far to go for an update. Each phase has its own time, and one that moves goes on."""

    restart: ResetType | Reset
    """How the host is restarted where the update waits for it; it is not unless given."""
    standstill: float
    """Longest time in which no byte of an upload moves; 120."""
    agreeing_reads: int
    """How many readings of the inventory in a row must agree; 3."""
    read_interval: float
    """Time between them; 10."""
    settle_limit: float
    """Longest time until they agree, after the job; 1200."""
    reset_and_upload_again: bool
    """Whether the iDRAC may be restarted, once, when it takes no upload without (RAC964)."""
    wait: Wait
    """How the job is waited for."""


class Firmware(Area):
    """Firmware: what is installed, updates, and back.

    A package is one of `path`, a file here that is sent in pieces; `uri`, which the iDRAC fetches (with `username` and
    `password`, never in the address); and `entry`, a path of the firmware inventory. `update`, from
    `dsm.Catalog.diff`, says what is expected of it.
    """

    __slots__ = ()

    def list(self) -> FirmwareInventory:
        """Reads the firmware inventory; what is installed is kept apart from what the iDRAC only keeps."""
        return self._run("firmware.list")

    def list_async(self) -> asyncio.Future[FirmwareInventory]:
        """As `list`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("firmware.list")

    def system_id(self) -> str | None:
        """Dell's number of the model, as catalogues write it: `090E` for an R750. None where the iDRAC does not say."""
        return self._run("firmware.system_id")

    def system_id_async(self) -> asyncio.Future[str | None]:
        """As `system_id`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("firmware.system_id")

    def access(self) -> FirmwareAccess:
        """Reads in which ways the iDRAC takes updates. Raises `UnsupportedError` where it takes none by Redfish."""
        return self._run("firmware.access")

    def access_async(self) -> asyncio.Future[FirmwareAccess]:
        """As `access`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("firmware.access")

    def diff(self, catalog: Catalog) -> CatalogComparison | None:
        """Compares what is installed with a catalogue; none where the iDRAC does not tell its model's number."""
        system = self.system_id()
        return None if system is None else catalog.diff(system, self.list()["entries"])

    async def diff_async(self, catalog: Catalog) -> CatalogComparison | None:
        """As `diff`, for asyncio."""
        system = await self.system_id_async()
        return None if system is None else catalog.diff(system, (await self.list_async())["entries"])

    def update(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        uri: str | None = None,
        entry: str | None = None,
        username: str | None = None,
        password: str | None = None,
        update: CatalogUpdate | None = None,
        expected: ExpectedFirmware | None = None,
        targets: Sequence[str] = (),
        apply_time: Moment | None = None,
        window: MaintenanceWindow | None = None,
        reboot: Reboot | None = None,
        progress: Progress | None = None,
        upload_progress: Callable[[UploadProgress], object] | None = None,
        **options: Unpack[UpdateOptions],
    ) -> UpdateOutcome:
        """Installs a package and follows it to the version that runs. Disrupts: iDRAC or host may restart.

        A version that is installed already is no change and sends nothing. The host is restarted only with `restart`.
        `expected` tells success; without it, and without `update`, only the job's end is known. `targets` are paths of
        the firmware inventory. An upload is never sent twice: after a connection that broke the job queue tells.

        Raises `UnsupportedError` for a way, protocol or moment this iDRAC does not offer, `JobFailedError` when the
        job failed or another version is there afterwards, `StalledError` when it stands still.
        """
        package = given(path=path, uri=uri, entry=entry, username=username, password=password)
        arguments = _package(package, update, expected, reboot)
        return self._run(
            "firmware.update",
            _both(progress, upload_progress),
            **arguments,
            targets=[*targets],
            apply_time=apply_time,
            window=window,
            options=_going(options),
        )

    def update_async(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        uri: str | None = None,
        entry: str | None = None,
        username: str | None = None,
        password: str | None = None,
        update: CatalogUpdate | None = None,
        expected: ExpectedFirmware | None = None,
        targets: Sequence[str] = (),
        apply_time: Moment | None = None,
        window: MaintenanceWindow | None = None,
        reboot: Reboot | None = None,
        progress: Progress | None = None,
        upload_progress: Callable[[UploadProgress], object] | None = None,
        **options: Unpack[UpdateOptions],
    ) -> asyncio.Future[UpdateOutcome]:
        """As `update`, for asyncio: a future, whose cancellation cancels the call."""
        package = given(path=path, uri=uri, entry=entry, username=username, password=password)
        arguments = _package(package, update, expected, reboot)
        return self._run_async(
            "firmware.update",
            _both(progress, upload_progress),
            **arguments,
            targets=[*targets],
            apply_time=apply_time,
            window=window,
            options=_going(options),
        )

    def plan_update(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        uri: str | None = None,
        entry: str | None = None,
        username: str | None = None,
        password: str | None = None,
        update: CatalogUpdate | None = None,
        expected: ExpectedFirmware | None = None,
        targets: Sequence[str] = (),
        apply_time: Moment | None = None,
        window: MaintenanceWindow | None = None,
        reboot: Reboot | None = None,
        **options: Unpack[UpdateOptions],
    ) -> Plan:
        """Says what `update` would send, and who restarts; empty where the version is installed already."""
        package = given(path=path, uri=uri, entry=entry, username=username, password=password)
        arguments = _package(package, update, expected, reboot)
        return self._run(
            "firmware.plan_update",
            **arguments,
            targets=[*targets],
            apply_time=apply_time,
            window=window,
            options=_going(options),
        )

    def plan_update_async(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        uri: str | None = None,
        entry: str | None = None,
        username: str | None = None,
        password: str | None = None,
        update: CatalogUpdate | None = None,
        expected: ExpectedFirmware | None = None,
        targets: Sequence[str] = (),
        apply_time: Moment | None = None,
        window: MaintenanceWindow | None = None,
        reboot: Reboot | None = None,
        **options: Unpack[UpdateOptions],
    ) -> asyncio.Future[Plan]:
        """As `plan_update`, for asyncio: a future, whose cancellation cancels the call."""
        package = given(path=path, uri=uri, entry=entry, username=username, password=password)
        arguments = _package(package, update, expected, reboot)
        return self._run_async(
            "firmware.plan_update",
            **arguments,
            targets=[*targets],
            apply_time=apply_time,
            window=window,
            options=_going(options),
        )

    def start_updates(self, *, wait: Wait | None = None, progress: Progress | None = None) -> JobOutcome:
        """Starts the updates that were sent with the apply time `OnStartUpdateRequest`, and waits for them.

        Raises `UnsupportedError` where the iDRAC does not offer it, and as `update`.
        """
        return self._run("firmware.start_updates", progress, wait=wait)

    def start_updates_async(
        self, *, wait: Wait | None = None, progress: Progress | None = None
    ) -> asyncio.Future[JobOutcome]:
        """As `start_updates`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("firmware.start_updates", progress, wait=wait)

    def rollback(
        self, device: str, *, progress: Progress | None = None, **options: Unpack[UpdateOptions]
    ) -> UpdateOutcome:
        """Installs the version before the present one in a device (its FQDD), from the copy that the iDRAC keeps.

        Raises `NotFoundError` where it keeps none, `ConflictError` where it keeps several, and as `update`.
        """
        return self._run("firmware.rollback", progress, device=device, options=_going(options))

    def rollback_async(
        self, device: str, *, progress: Progress | None = None, **options: Unpack[UpdateOptions]
    ) -> asyncio.Future[UpdateOutcome]:
        """As `rollback`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("firmware.rollback", progress, device=device, options=_going(options))

    def delete_package(self, package: str) -> None:
        """Deletes a package that is kept for installation, by the `id` of its entry (`Available-…`).

        Raises `UnsupportedError` before iDRAC10, `InvalidInputError` for an entry of another sort.
        """
        return self._run("firmware.delete_package", package=package)

    def delete_package_async(self, package: str) -> asyncio.Future[None]:
        """As `delete_package`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("firmware.delete_package", package=package)

    def compare_repository(
        self,
        share: Share,
        *,
        catalog_file: str | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> builtins.list[RepositoryUpdate]:
        """Lets the iDRAC compare itself with a repository, without installing anything.

        `share` names the folder with the catalogue, `catalog_file` the catalogue where it is not `Catalog.xml`.

        Raises `UnsupportedError` on iDRAC7 and 8, `JobFailedError` when the comparison failed.
        """
        return self._run("firmware.compare_repository", progress, share=share, catalog_file=catalog_file, wait=wait)

    def compare_repository_async(
        self,
        share: Share,
        *,
        catalog_file: str | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[builtins.list[RepositoryUpdate]]:
        """As `compare_repository`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "firmware.compare_repository", progress, share=share, catalog_file=catalog_file, wait=wait
        )

    def install_repository(
        self,
        share: Share,
        *,
        catalog_file: str | None = None,
        reboot: bool = False,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> RepositoryOutcome:
        """Installs all that a repository has newer, and follows every job that comes of it. Disrupts.

        Without `reboot` the jobs that need a restart of the host are left scheduled. Raises as `compare_repository`; a
        package that failed is no error but an outcome.
        """
        return self._run(
            "firmware.install_repository",
            progress,
            share=share,
            catalog_file=catalog_file,
            reboot=reboot,
            wait=wait,
        )

    def install_repository_async(
        self,
        share: Share,
        *,
        catalog_file: str | None = None,
        reboot: bool = False,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[RepositoryOutcome]:
        """As `install_repository`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "firmware.install_repository",
            progress,
            share=share,
            catalog_file=catalog_file,
            reboot=reboot,
            wait=wait,
        )

    def plan_install_repository(self, share: Share, *, catalog_file: str | None = None, reboot: bool = False) -> Plan:
        """Says what `install_repository` would send; what would be installed only `compare_repository` tells."""
        return self._run("firmware.plan_install_repository", share=share, catalog_file=catalog_file, reboot=reboot)

    def plan_install_repository_async(
        self, share: Share, *, catalog_file: str | None = None, reboot: bool = False
    ) -> asyncio.Future[Plan]:
        """As `plan_install_repository`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "firmware.plan_install_repository", share=share, catalog_file=catalog_file, reboot=reboot
        )


def _package(
    package: dict[str, object],
    update: CatalogUpdate | None,
    expected: ExpectedFirmware | None,
    reboot: Reboot | None,
) -> dict[str, object]:
    """A package, and what is to be there after it."""
    if update is not None:
        devices = [target["fqdd"] for target in update["targets"] if target["fqdd"] is not None]
        if expected is None and devices:
            expected = {"version": update["package"]["version"], "devices": devices}
        reboot = reboot or update["reboot"]
    return {**package, **given(expected=expected, reboot=reboot)}


def _going(options: UpdateOptions) -> dict[str, object]:
    """Options for the compiled half."""
    return given(**{**options, "restart": resetting(options.get("restart"))})


def _both(
    progress: Progress | None, upload_progress: Callable[[UploadProgress], object] | None
) -> Callable[[JobProgress], object] | None:
    """One callable for what is seen of the job and of the upload, each told to whom it is for."""
    if progress is None and upload_progress is None:
        return None

    def tell(seen: JobProgress | UploadProgress) -> None:
        if "sent_bytes" in seen:
            if upload_progress is not None:
                upload_progress(cast("UploadProgress", seen))
        elif progress is not None:
            progress(seen)

    return tell
