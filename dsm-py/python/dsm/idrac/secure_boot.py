"""Secure boot: whether it is on, and the keys it trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio

    from dsm.models import SecureBoot as SecureBootState
    from dsm.models import SecureBootDatabase
    from dsm.results import Accepted, Plan, ResetKeysType, SecureBootKeys


class SecureBoot(Area):
    """Secure boot. Every change waits for the next start of the host.

    Key databases (`PK`, `KEK`, `db`, `dbx`) are changed only while the BIOS attribute `SecureBootPolicy` is `Custom`;
    otherwise the iDRAC refuses (RAC1212, SYS439).
    """

    __slots__ = ()

    def fetch(self) -> SecureBootState:
        """Reads whether it is on. Raises `UnsupportedError` where the iDRAC does not tell it (iDRAC7)."""
        return self._run("secure_boot.fetch")

    def fetch_async(self) -> asyncio.Future[SecureBootState]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.fetch")

    def set(self, *, enable: bool) -> Accepted | None:
        """Turns it on or off; nothing is sent, and none comes back, where it is so already."""
        return self._run("secure_boot.set", enable=enable)

    def set_async(self, *, enable: bool) -> asyncio.Future[Accepted | None]:
        """As `set`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.set", enable=enable)

    def plan_set(self, *, enable: bool) -> Plan:
        """Says what `set` would do; sends nothing that changes anything."""
        return self._run("secure_boot.plan_set", enable=enable)

    def plan_set_async(self, *, enable: bool) -> asyncio.Future[Plan]:
        """As `plan_set`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.plan_set", enable=enable)

    def list_databases(self) -> list[SecureBootDatabase]:
        """Reads which key databases there are. Raises `UnsupportedError` without any (before 6.x)."""
        return self._run("secure_boot.list_databases")

    def list_databases_async(self) -> asyncio.Future[list[SecureBootDatabase]]:
        """As `list_databases`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.list_databases")

    def fetch_keys(self, database: str) -> SecureBootKeys:
        """Reads the certificates and hashes of a key database."""
        return self._run("secure_boot.fetch_keys", database=database)

    def fetch_keys_async(self, database: str) -> asyncio.Future[SecureBootKeys]:
        """As `fetch_keys`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.fetch_keys", database=database)

    def fetch_dell_store(self, database: str) -> dict[str, Any]:
        """Reads Dell's own place for keys, as it is, where there are no databases (5.x). It is only to look at."""
        return self._run("secure_boot.fetch_dell_store", database=database)

    def fetch_dell_store_async(self, database: str) -> asyncio.Future[dict[str, Any]]:
        """As `fetch_dell_store`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.fetch_dell_store", database=database)

    def add_certificate(self, database: str, pem: str) -> Accepted:
        """Adds a certificate in PEM to a key database.

        Raises `InvalidInputError` for what is no PEM, and the iDRAC's error where it is there already (RAC1215).
        """
        return self._run("secure_boot.add_certificate", database=database, pem=pem)

    def add_certificate_async(self, database: str, pem: str) -> asyncio.Future[Accepted]:
        """As `add_certificate`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.add_certificate", database=database, pem=pem)

    def add_hash(self, database: str, sha256: str) -> Accepted:
        """Adds the SHA-256 hash of a program, hexadecimal, to a key database. Raises as `add_certificate`."""
        return self._run("secure_boot.add_hash", database=database, sha256=sha256)

    def add_hash_async(self, database: str, sha256: str) -> asyncio.Future[Accepted]:
        """As `add_hash`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.add_hash", database=database, sha256=sha256)

    def delete_key(self, key: str) -> Accepted:
        """Deletes a certificate or a hash of a key database, by its path.

        Raises `InvalidInputError` for a path that is no key's, `NotFoundError` for a key that is not there.
        """
        return self._run("secure_boot.delete_key", key=key)

    def delete_key_async(self, key: str) -> asyncio.Future[Accepted]:
        """As `delete_key`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.delete_key", key=key)

    def plan_delete_key(self, key: str) -> Plan:
        """Says what `delete_key` would do; sends nothing that changes anything."""
        return self._run("secure_boot.plan_delete_key", key=key)

    def plan_delete_key_async(self, key: str) -> asyncio.Future[Plan]:
        """As `plan_delete_key`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.plan_delete_key", key=key)

    def reset_keys(self, kind: ResetKeysType, *, database: str | None = None) -> Accepted:
        """Resets or deletes keys: of all databases as far as `kind` says, or of one. Own keys are lost.

        Raises `UnsupportedError` where the iDRAC does not offer it.
        """
        return self._run("secure_boot.reset_keys", kind=kind, database=database)

    def reset_keys_async(self, kind: ResetKeysType, *, database: str | None = None) -> asyncio.Future[Accepted]:
        """As `reset_keys`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.reset_keys", kind=kind, database=database)

    def plan_reset_keys(self, kind: ResetKeysType, *, database: str | None = None) -> Plan:
        """Says what `reset_keys` would do; sends nothing that changes anything."""
        return self._run("secure_boot.plan_reset_keys", kind=kind, database=database)

    def plan_reset_keys_async(self, kind: ResetKeysType, *, database: str | None = None) -> asyncio.Future[Plan]:
        """As `plan_reset_keys`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("secure_boot.plan_reset_keys", kind=kind, database=database)
