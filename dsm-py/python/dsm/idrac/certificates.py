"""Certificates of the iDRAC."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, TypedDict

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    import builtins

    from dsm.models import Certificate
    from dsm.results import CertificateInstalled, CertificatePurpose, Plan


class _CertificateSubject(TypedDict):
    common_name: str
    """CN: the name clients will ask for."""
    organization: str
    """O."""
    organizational_unit: str
    """OU."""
    city: str
    """L."""
    state: str
    """ST."""
    country: str
    """C: two letters."""


class CertificateSubject(_CertificateSubject, total=False):
    """Whose a certificate is to be."""

    email: str
    """Mail address."""
    alternative_names: list[str]
    """Other names and addresses it is to hold for."""


class Certificates(Area):
    """Certificates of the iDRAC: what there is, requests, new ones, back to the self-signed one.

    After a change of the web server's certificate this object, like any client that remembered the old one, meets
    `CertificateChangedError`: make another that trusts the new one.
    """

    __slots__ = ()

    def list(self) -> builtins.list[Certificate]:
        """All certificates that `CertificateService` knows: the web server's, and those of secure boot.

        Raises `UnsupportedError` without that service.
        """
        return self._run("certificates.list")

    def list_async(self) -> asyncio.Future[builtins.list[Certificate]]:
        """As `list`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("certificates.list")

    def list_web(self) -> builtins.list[Certificate]:
        """The web server's certificates. Raises `UnsupportedError` where there is no such collection."""
        return self._run("certificates.list_web")

    def list_web_async(self) -> asyncio.Future[builtins.list[Certificate]]:
        """As `list_web`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("certificates.list_web")

    def factory_identity(self) -> Certificate:
        """The certificate the iDRAC was made with: its proof of origin. Raises `UnsupportedError` without one."""
        return self._run("certificates.factory_identity")

    def factory_identity_async(self) -> asyncio.Future[Certificate]:
        """As `factory_identity`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("certificates.factory_identity")

    def generate_csr(self, subject: CertificateSubject) -> str:
        """Lets the iDRAC make a key and a request to sign its web certificate, as PEM; the key stays there.

        Raises `UnsupportedError` where it is not offered.
        """
        return self._run("certificates.generate_csr", subject=subject)

    def generate_csr_async(self, subject: CertificateSubject) -> asyncio.Future[str]:
        """As `generate_csr`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("certificates.generate_csr", subject=subject)

    def export(self, purpose: CertificatePurpose) -> str:
        """Reads a certificate as PEM. Raises `UnsupportedError` where the iDRAC does not give it out."""
        return self._run("certificates.export", purpose=purpose)

    def export_async(self, purpose: CertificatePurpose) -> asyncio.Future[str]:
        """As `export`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("certificates.export", purpose=purpose)

    def import_certificate(
        self,
        purpose: CertificatePurpose,
        *,
        pem: str | None = None,
        key: str | None = None,
        pkcs12: bytes | None = None,
        passphrase: str | None = None,
    ) -> CertificateInstalled:
        """Installs a certificate as `pem`, with its `key` or for the last request; or both from a `pkcs12` file.

        Disrupts where it is the web server's. Raises `UnsupportedError` where the iDRAC does not take this purpose,
        `InvalidInputError` for what is no certificate, `BadRequestError` where it does not match its key (RAC1284).
        """
        file = None if pkcs12 is None else base64.b64encode(pkcs12).decode()
        return self._run(
            "certificates.import_certificate", purpose=purpose, pem=pem, key=key, pkcs12=file, passphrase=passphrase
        )

    def import_certificate_async(
        self,
        purpose: CertificatePurpose,
        *,
        pem: str | None = None,
        key: str | None = None,
        pkcs12: bytes | None = None,
        passphrase: str | None = None,
    ) -> asyncio.Future[CertificateInstalled]:
        """As `import_certificate`, for asyncio: a future, whose cancellation cancels the call."""
        file = None if pkcs12 is None else base64.b64encode(pkcs12).decode()
        return self._run_async(
            "certificates.import_certificate", purpose=purpose, pem=pem, key=key, pkcs12=file, passphrase=passphrase
        )

    def plan_import_certificate(
        self,
        purpose: CertificatePurpose,
        *,
        pem: str | None = None,
        key: str | None = None,
        pkcs12: bytes | None = None,
        passphrase: str | None = None,
    ) -> Plan:
        """Says what `import_certificate` would send, without keys; changes nothing. Raises as it does."""
        file = None if pkcs12 is None else base64.b64encode(pkcs12).decode()
        return self._run(
            "certificates.plan_import_certificate",
            purpose=purpose,
            pem=pem,
            key=key,
            pkcs12=file,
            passphrase=passphrase,
        )

    def plan_import_certificate_async(
        self,
        purpose: CertificatePurpose,
        *,
        pem: str | None = None,
        key: str | None = None,
        pkcs12: bytes | None = None,
        passphrase: str | None = None,
    ) -> asyncio.Future[Plan]:
        """As `plan_import_certificate`, for asyncio: a future, whose cancellation cancels the call."""
        file = None if pkcs12 is None else base64.b64encode(pkcs12).decode()
        return self._run_async(
            "certificates.plan_import_certificate",
            purpose=purpose,
            pem=pem,
            key=key,
            pkcs12=file,
            passphrase=passphrase,
        )

    def delete(self, purpose: CertificatePurpose) -> CertificateInstalled:
        """Deletes a certificate that was installed. Raises `UnsupportedError` where this one cannot be deleted."""
        return self._run("certificates.delete", purpose=purpose)

    def delete_async(self, purpose: CertificatePurpose) -> asyncio.Future[CertificateInstalled]:
        """As `delete`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("certificates.delete", purpose=purpose)

    def replace(self, place: str, pem: str) -> CertificateInstalled:
        """Installs a certificate at the place of another, by DMTF's `ReplaceCertificate`. Disrupts.

        `place` is the path of the one it replaces, as `list_web` tells it. Raises `UnsupportedError` without that.
        """
        return self._run("certificates.replace", place=place, pem=pem)

    def replace_async(self, place: str, pem: str) -> asyncio.Future[CertificateInstalled]:
        """As `replace`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("certificates.replace", place=place, pem=pem)

    def reset(self) -> CertificateInstalled:
        """Goes back to a self-signed certificate. Disrupts. Raises `UnsupportedError` where it is not offered."""
        return self._run("certificates.reset")

    def reset_async(self) -> asyncio.Future[CertificateInstalled]:
        """As `reset`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("certificates.reset")

    def plan_reset(self) -> Plan:
        """Says what `reset` would do; sends nothing that changes anything."""
        return self._run("certificates.plan_reset")

    def plan_reset_async(self) -> asyncio.Future[Plan]:
        """As `plan_reset`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("certificates.plan_reset")
