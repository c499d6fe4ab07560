"""Configuration profiles of the server: exported, looked at, imported."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from dsm._dsm import Profile
from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from dsm.idrac.arguments import Progress, Share, Wait
    from dsm.results import (
        ExportedProfile,
        ExportUse,
        HostPowerState,
        ImportOutcome,
        ImportPlan,
        ImportPreview,
        IncludeInExport,
        ProfileFormat,
        ScpTarget,
        ShutdownType,
    )


class Profiles(Area):
    """Server configuration profiles (SCP). `dsm.Profile` reads, compares, cuts and cleans them without an iDRAC.

    An import takes a profile at hand, or a `file` on a `share` that the iDRAC reads itself; of that one nothing is
    known here, neither its model nor the secrets in it.
    """

    __slots__ = ()

    def export(
        self,
        format: ProfileFormat = "XML",
        *,
        targets: Sequence[ScpTarget] = (),
        export_use: ExportUse = "Default",
        include: Sequence[IncludeInExport] = (),
        share: Share | None = None,
        file: str | None = None,
        patience: float | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> ExportedProfile:
        """Exports a profile and waits for it: its bytes come back, or go to a `file` on a `share`. Changes nothing.

        `targets` are classes of components, all without any. `patience` is seconds for other work on the iDRAC to end
        (600).

        Raises `UnsupportedError` for a format, class or protocol this iDRAC does not know (a local export on iDRAC7),
        `JobFailedError` when it did not do all of it.
        """
        return self._run(
            "profiles.export",
            progress,
            format=format,
            targets=list(targets),
            export_use=export_use,
            include=list(include),
            share=share,
            file=file,
            patience=patience,
            wait=wait,
        )

    def export_async(
        self,
        format: ProfileFormat = "XML",
        *,
        targets: Sequence[ScpTarget] = (),
        export_use: ExportUse = "Default",
        include: Sequence[IncludeInExport] = (),
        share: Share | None = None,
        file: str | None = None,
        patience: float | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[ExportedProfile]:
        """As `export`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "profiles.export",
            progress,
            format=format,
            targets=list(targets),
            export_use=export_use,
            include=list(include),
            share=share,
            file=file,
            patience=patience,
            wait=wait,
        )

    def import_profile(
        self,
        profile: Profile | str | bytes | None = None,
        *,
        share: Share | None = None,
        file: str | None = None,
        targets: Sequence[ScpTarget] = (),
        shutdown: ShutdownType = "Graceful",
        host: HostPowerState = "On",
        time_to_wait: float | None = None,
        any_model: bool = False,
        patience: float | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> ImportOutcome:
        """Imports a profile and follows it to its end. May restart the host, and may destroy data: plan it first.

        `shutdown` is what happens to a running host before, `host` its power after, `time_to_wait` how many seconds a
        graceful shutdown may take (300 to 3600). What became of each setting is in `components`; an import that failed
        in parts is no error. Where the profile changes the password of this object, `password` says which is in force.

        Raises `ConflictError` for a profile of another model unless `any_model`, `BusyError` when other work does not
        end in time, `JobFailedError` and `StalledError` for its job.
        """
        return self._run(
            "profiles.import_profile",
            progress,
            profile=_carried(profile),
            share=share,
            file=file,
            targets=list(targets),
            shutdown=shutdown,
            host=host,
            time_to_wait=time_to_wait,
            any_model=any_model,
            patience=patience,
            wait=wait,
        )

    def import_profile_async(
        self,
        profile: Profile | str | bytes | None = None,
        *,
        share: Share | None = None,
        file: str | None = None,
        targets: Sequence[ScpTarget] = (),
        shutdown: ShutdownType = "Graceful",
        host: HostPowerState = "On",
        time_to_wait: float | None = None,
        any_model: bool = False,
        patience: float | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[ImportOutcome]:
        """As `import_profile`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "profiles.import_profile",
            progress,
            profile=_carried(profile),
            share=share,
            file=file,
            targets=list(targets),
            shutdown=shutdown,
            host=host,
            time_to_wait=time_to_wait,
            any_model=any_model,
            patience=patience,
            wait=wait,
        )

    def plan_import_profile(
        self,
        profile: Profile | str | bytes | None = None,
        *,
        share: Share | None = None,
        file: str | None = None,
        targets: Sequence[ScpTarget] = (),
        shutdown: ShutdownType = "Graceful",
        host: HostPowerState = "On",
        any_model: bool = False,
        patience: float | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> ImportPlan:
        """Says what an import would do: whose profile it is, what it can destroy, what the iDRAC's preview says.

        Changes nothing; the preview is a job all the same. Raises as `import_profile` before it sends anything.
        """
        return self._run(
            "profiles.plan_import_profile",
            progress,
            profile=_carried(profile),
            share=share,
            file=file,
            targets=list(targets),
            shutdown=shutdown,
            host=host,
            any_model=any_model,
            patience=patience,
            wait=wait,
        )

    def plan_import_profile_async(
        self,
        profile: Profile | str | bytes | None = None,
        *,
        share: Share | None = None,
        file: str | None = None,
        targets: Sequence[ScpTarget] = (),
        shutdown: ShutdownType = "Graceful",
        host: HostPowerState = "On",
        any_model: bool = False,
        patience: float | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[ImportPlan]:
        """As `plan_import_profile`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "profiles.plan_import_profile",
            progress,
            profile=_carried(profile),
            share=share,
            file=file,
            targets=list(targets),
            shutdown=shutdown,
            host=host,
            any_model=any_model,
            patience=patience,
            wait=wait,
        )

    def preview_import(
        self,
        profile: Profile | str | bytes | None = None,
        *,
        share: Share | None = None,
        file: str | None = None,
        patience: float | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> ImportPreview:
        """Has the iDRAC say what an import would do, by a job that changes nothing.

        Raises `UnsupportedError` where the firmware has no preview, `JobFailedError` for a profile it cannot use.
        """
        return self._run(
            "profiles.preview_import",
            progress,
            profile=_carried(profile),
            share=share,
            file=file,
            patience=patience,
            wait=wait,
        )

    def preview_import_async(
        self,
        profile: Profile | str | bytes | None = None,
        *,
        share: Share | None = None,
        file: str | None = None,
        patience: float | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[ImportPreview]:
        """As `preview_import`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "profiles.preview_import",
            progress,
            profile=_carried(profile),
            share=share,
            file=file,
            patience=patience,
            wait=wait,
        )


def _carried(profile: Profile | str | bytes | None) -> str | None:
    """A profile on its way to the compiled half, whatever its encoding."""
    if profile is None:
        return None
    profile = profile if isinstance(profile, Profile) else Profile(profile)
    return base64.b64encode(profile.raw).decode()
