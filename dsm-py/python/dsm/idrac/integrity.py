"""Whether the parts of a server are what they say (SPDM)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area, given

if TYPE_CHECKING:
    import asyncio
    import builtins
    from collections.abc import Sequence

    from dsm.models import Certificate, ComponentIntegrity, TrustedComponent
    from dsm.results import SignedMeasurements


class Integrity(Area):
    """Whether the parts of a server are what they say: SPDM, and the roots of trust. Changes nothing."""

    __slots__ = ()

    def list(self) -> builtins.list[ComponentIntegrity]:
        """Parts that can prove what they are. Raises `UnsupportedError` before 7.x."""
        return self._run("integrity.list")

    def list_async(self) -> asyncio.Future[builtins.list[ComponentIntegrity]]:
        """As `list`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("integrity.list")

    def list_trusted_components(self) -> builtins.list[TrustedComponent]:
        """Roots of trust of the server: the TPM. Raises `UnsupportedError` before 7.x."""
        return self._run("integrity.list_trusted_components")

    def list_trusted_components_async(self) -> asyncio.Future[builtins.list[TrustedComponent]]:
        """As `list_trusted_components`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("integrity.list_trusted_components")

    def fetch_certificate(self, component: str) -> Certificate:
        """The certificate a part proves itself with, by the path of the part."""
        return self._run("integrity.fetch_certificate", component=component)

    def fetch_certificate_async(self, component: str) -> asyncio.Future[Certificate]:
        """As `fetch_certificate`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("integrity.fetch_certificate", component=component)

    def fetch_measurements(
        self,
        component: str,
        *,
        indices: Sequence[int] = (),
        nonce: str | None = None,
        slot: int | None = None,
    ) -> SignedMeasurements:
        """Lets a part sign what it measured of itself: these measurements, or all.

        `nonce` are 32 bytes in hexadecimal that the answer must be signed with; the iDRAC makes one up without.

        Raises `UnsupportedError` for a part that cannot, `InvalidInputError` for a nonce that is none.
        """
        request = given(indices=[*indices], nonce=nonce, slot=slot)
        return self._run("integrity.fetch_measurements", component=component, request=request)

    def fetch_measurements_async(
        self,
        component: str,
        *,
        indices: Sequence[int] = (),
        nonce: str | None = None,
        slot: int | None = None,
    ) -> asyncio.Future[SignedMeasurements]:
        """As `fetch_measurements`, for asyncio: a future, whose cancellation cancels the call."""
        request = given(indices=[*indices], nonce=nonce, slot=slot)
        return self._run_async("integrity.fetch_measurements", component=component, request=request)
