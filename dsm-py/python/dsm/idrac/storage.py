"""Storage: a controller as it is, and changes of one or several of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from dsm.idrac._area import Area, resetting

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from dsm.idrac.arguments import Progress, Reset, Wait
    from dsm.idrac.firmware import MaintenanceWindow
    from dsm.results import (
        ChangeOutcome,
        ControllerState,
        KeyManagement,
        Moment,
        Plan,
        RaidType,
        ReadCache,
        ResetType,
        WriteCache,
    )


class _CreateVolume(TypedDict):
    change: Literal["create_volume"]
    raid_type: RaidType
    drives: list[str]


class CreateVolume(_CreateVolume, total=False):
    """Makes a volume. What is not said is the controller's default."""

    name: str
    """The operator's name for it."""
    capacity_bytes: int
    """Its size; all there is unless said."""
    stripe_bytes: int
    """Its stripe."""
    read_cache: ReadCache
    """Reading ahead."""
    write_cache: WriteCache
    """Writing through the cache."""
    disk_cache: bool
    """Whether the drives' own caches are used."""
    encrypted: bool
    """Whether it is encrypted with the controller's key."""


class VolumeChange(TypedDict):
    """Deletes a volume with all that is on it, checks it, ends the check, or encrypts it for good."""

    change: Literal["delete_volume", "check_volume", "cancel_check", "secure_volume"]
    volume: str


class _InitializeVolume(TypedDict):
    change: Literal["initialize_volume"]
    volume: str


class InitializeVolume(_InitializeVolume, total=False):
    """Overwrites the beginning of a volume, or with `slow` all of it."""

    slow: bool


class _ExpandVolume(TypedDict):
    change: Literal["expand_volume"]
    volume: str


class ExpandVolume(_ExpandVolume, total=False):
    """Makes a volume larger: by these drives, or to this size."""

    drives: list[str]
    capacity_bytes: int


class _MigrateVolume(TypedDict):
    change: Literal["migrate_volume"]
    volume: str
    raid_type: RaidType


class MigrateVolume(_MigrateVolume, total=False):
    """Changes the RAID level of a volume, onto more drives where it needs them."""

    drives: list[str]


class RenameVolume(TypedDict):
    """Renames a volume."""

    change: Literal["rename_volume"]
    volume: str
    name: str


class _AssignSpare(TypedDict):
    change: Literal["assign_spare"]
    drive: str


class AssignSpare(_AssignSpare, total=False):
    """Makes a drive a hot spare: of these volumes, or of all where none is named."""

    volumes: list[str]


class DriveChange(TypedDict):
    """Takes a hot spare back, or makes what is on a drive unreadable."""

    change: Literal["unassign_spare", "erase_drive"]
    drive: str


class EraseByPsid(TypedDict):
    """Erases a locked drive by the code on its label."""

    change: Literal["erase_by_psid"]
    drive: str
    psid: str


class ConvertDrives(TypedDict):
    """Gives drives to the controller, or takes them from it. What is on them is lost."""

    change: Literal["convert_to_raid", "convert_to_non_raid"]
    drives: list[str]


class Blink(TypedDict):
    """Blinks a drive, or all drives of a volume; or stops that."""

    change: Literal["blink", "unblink"]
    target: str


class ControllerChange(TypedDict):
    """Something of the whole controller.

    `reset_config` deletes all volumes and hot spares; `clear_foreign` drops the configuration that drives brought
    along, `import_foreign` takes it over; `remove_key` takes the key away; a patrol read looks for errors.
    """

    change: Literal[
        "reset_config", "clear_foreign", "import_foreign", "remove_key", "start_patrol_read", "stop_patrol_read"
    ]


class ControllerKey(TypedDict):
    """Gives a controller its key, or unlocks drives that brought theirs along."""

    change: Literal["set_key", "unlock_foreign"]
    key: str
    key_id: str


class _ChangeKey(TypedDict):
    change: Literal["change_key"]


class ChangeKey(_ChangeKey, total=False):
    """Gives a controller another key: from the old passphrase to the new, or a new one of the key server's."""

    old_key: str
    new_key: str
    key_id: str


class _EnableEncryption(TypedDict):
    change: Literal["enable_encryption"]
    mode: KeyManagement


class EnableEncryption(_EnableEncryption, total=False):
    """Turns a controller's encryption on. `key` and `key_id` go together, and with a key of its own."""

    key: str
    key_id: str


class _Security(TypedDict):
    change: Literal["enable_security", "disable_security"]


class Security(_Security, total=False):
    """Turns the security of directly attached drives on or off; the controller's unless a `target` is named."""

    target: str


StorageChange: TypeAlias = (
    CreateVolume
    | VolumeChange
    | InitializeVolume
    | ExpandVolume
    | MigrateVolume
    | RenameVolume
    | AssignSpare
    | DriveChange
    | EraseByPsid
    | ConvertDrives
    | Blink
    | ControllerChange
    | ControllerKey
    | ChangeKey
    | EnableEncryption
    | Security
)
"""A change of a controller. Volumes are named by FQDD or by the operator's name, drives by FQDD."""


class StorageBatch(TypedDict):
    """The changes of one controller, in their order."""

    controller: str
    """Its FQDD: `RAID.SL.3-1`."""
    changes: Sequence[StorageChange]
    """What to change."""


class Storage(Area):
    """Storage controllers, their volumes and drives."""

    __slots__ = ()

    def fetch(self, controller: str) -> ControllerState:
        """Reads a controller by its FQDD (`RAID.SL.3-1`), with its drives and volumes.

        Raises `NotFoundError` where there is none of this name.
        """
        return self._run("storage.fetch", controller=controller)

    def fetch_async(self, controller: str) -> asyncio.Future[ControllerState]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("storage.fetch", controller=controller)

    def change(
        self,
        batches: Sequence[StorageBatch],
        *,
        apply_time: Moment | None = None,
        window: MaintenanceWindow | None = None,
        restart: ResetType | Reset | None = None,
        busy_patience: float | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> list[ChangeOutcome]:
        """Carries out changes of one or several controllers. Many of them destroy data: plan them first.

        All are checked before the first is sent. Each controller has one job at a time, several have theirs side by
        side. A change that fails stops those behind it on its controller, and is an outcome. What waits for a restart
        of the host is left waiting without `restart`. `busy_patience` is seconds for somebody else's job on a
        controller (1800).

        Raises `InvalidInputError`, `UnsupportedError` and `ConflictError` for a change that cannot work.
        """
        return self._run(
            "storage.change",
            progress,
            batches=list(batches),
            apply_time=apply_time,
            window=window,
            restart=resetting(restart),
            busy_patience=busy_patience,
            wait=wait,
        )

    def change_async(
        self,
        batches: Sequence[StorageBatch],
        *,
        apply_time: Moment | None = None,
        window: MaintenanceWindow | None = None,
        restart: ResetType | Reset | None = None,
        busy_patience: float | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[list[ChangeOutcome]]:
        """As `change`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "storage.change",
            progress,
            batches=list(batches),
            apply_time=apply_time,
            window=window,
            restart=resetting(restart),
            busy_patience=busy_patience,
            wait=wait,
        )

    def plan_change(
        self,
        batches: Sequence[StorageBatch],
        *,
        apply_time: Moment | None = None,
        window: MaintenanceWindow | None = None,
        restart: ResetType | Reset | None = None,
    ) -> Plan:
        """Says what changes would do and what would be lost, having looked at the controllers. Changes nothing."""
        return self._run(
            "storage.plan_change",
            batches=list(batches),
            apply_time=apply_time,
            window=window,
            restart=resetting(restart),
        )

    def plan_change_async(
        self,
        batches: Sequence[StorageBatch],
        *,
        apply_time: Moment | None = None,
        window: MaintenanceWindow | None = None,
        restart: ResetType | Reset | None = None,
    ) -> asyncio.Future[Plan]:
        """As `plan_change`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "storage.plan_change",
            batches=list(batches),
            apply_time=apply_time,
            window=window,
            restart=resetting(restart),
        )
