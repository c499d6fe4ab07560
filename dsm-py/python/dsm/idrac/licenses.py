"""Licences of the iDRAC."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    import builtins

    from dsm.idrac.arguments import Share
    from dsm.results import Accepted, LicenseInfo, LicenseInstalled, Plan


class Licenses(Area):
    """Licences of the iDRAC. One is named by its `id`, the entitlement."""

    __slots__ = ()

    def list(self) -> builtins.list[LicenseInfo]:
        """Reads the licences. Raises `UnsupportedError` where Redfish does not tell them (iDRAC7 and 8)."""
        return self._run("licenses.list")

    def list_async(self) -> asyncio.Future[builtins.list[LicenseInfo]]:
        """As `list`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("licenses.list")

    def import_license(self, content: bytes) -> LicenseInstalled:
        """Installs a licence file, given its content. The same one again is no change.

        Raises `BadRequestError` for a licence of another server (LIC008), an expired one (LIC006), a damaged one
        (LIC017); `UnsupportedError` where it is not offered.
        """
        return self._run("licenses.import_license", content=base64.b64encode(content).decode())

    def import_license_async(self, content: bytes) -> asyncio.Future[LicenseInstalled]:
        """As `import_license`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("licenses.import_license", content=base64.b64encode(content).decode())

    def import_from_share(self, share: Share, file: str) -> Accepted:
        """Installs a licence file from a share, by a job. Raises `UnsupportedError` for a share it does not take."""
        return self._run("licenses.import_from_share", share=share, file=file)

    def import_from_share_async(self, share: Share, file: str) -> asyncio.Future[Accepted]:
        """As `import_from_share`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("licenses.import_from_share", share=share, file=file)

    def export(self, license: str) -> bytes:
        """Reads a licence's file, to keep it. Raises `NotFoundError` for an unknown one."""
        return self._run("licenses.export", license=license)

    def export_async(self, license: str) -> asyncio.Future[bytes]:
        """As `export`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("licenses.export", license=license)

    def export_to_share(self, license: str, share: Share, file: str) -> Accepted:
        """Writes a licence's file to a share, by a job. Raises as `import_from_share`."""
        return self._run("licenses.export_to_share", license=license, share=share, file=file)

    def export_to_share_async(self, license: str, share: Share, file: str) -> asyncio.Future[Accepted]:
        """As `export_to_share`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("licenses.export_to_share", license=license, share=share, file=file)

    def delete(self, license: str) -> None:
        """Deletes a licence, and the features it pays for end. Destroys: export it first.

        Raises `NotFoundError` for an unknown one.
        """
        return self._run("licenses.delete", license=license)

    def delete_async(self, license: str) -> asyncio.Future[None]:
        """As `delete`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("licenses.delete", license=license)

    def plan_delete(self, license: str) -> Plan:
        """Says what `delete` would do; sends nothing that changes anything."""
        return self._run("licenses.plan_delete", license=license)

    def plan_delete_async(self, license: str) -> asyncio.Future[Plan]:
        """As `plan_delete`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("licenses.plan_delete", license=license)
