"""Exceptions: one class a kind, the facts as fields, the causes chained by `__cause__`."""

from __future__ import annotations

from typing import ClassVar


class Error(Exception):
    """Base of every exception of this package. `str()` is one line; the facts are fields."""

    kind: ClassVar[str] = ""
    """Stable name of what went wrong."""

    def __init__(  # noqa: PLR0913 - facts, all optional, all by name
        self,
        message: str,
        *,
        subject: str | None = None,
        hint: str | None = None,
        permanence: str | None = None,
        host: str | None = None,
        operation: str | None = None,
        path: str | None = None,
        http_status: int | None = None,
        message_ids: list[str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Keeps the line and the facts."""
        super().__init__(message)
        self.subject = subject
        """The field, address, file or row it is about."""
        self.hint = hint
        """What to do about it."""
        self.permanence = permanence
        """`permanent`, `temporary` or `exhausted`: whether trying again can help. Only for exchanges with an iDRAC."""
        self.host = host
        """The iDRAC."""
        self.operation = operation
        """What was asked of it."""
        self.path = path
        """The resource."""
        self.http_status = http_status
        """HTTP status of the reply, if there was one."""
        self.message_ids = message_ids or []
        """Message ids the iDRAC gave, e.g. `SYS446`."""
        self.retry_after = retry_after
        """Seconds the iDRAC asked to wait."""

    def __reduce__(self) -> tuple[object, ...]:
        """Pickles with all fields."""
        return (_restore, (type(self), str(self), vars(self)))

    def __str__(self) -> str:
        """The line, whatever a second base class would make of it."""
        return str(self.args[0])


class InvalidInputError(Error, ValueError):
    """Input cannot be used; `subject` names the field, `hint` what would do."""

    kind = "invalid_input"


class NotFoundError(Error, LookupError):
    """There is no such row or resource."""

    kind = "not_found"


class AddressRefusedError(Error):
    """The address may not be talked to under the network policy; nothing was sent."""

    kind = "address_refused"


class StoreError(Error):
    """The store could not be reached, read or written."""

    kind = "store"


class StoreNotOursError(StoreError):
    """The file is not a dsm store, or of a newer version; it was not touched."""

    kind = "store_not_ours"


class LeaseLostError(Error):
    """Another executor holds the job now."""

    kind = "lease_lost"


class CredentialError(Error):
    """No usable credentials."""

    kind = "credential"


class CipherError(Error):
    """A stored secret cannot be opened with the key at hand."""

    kind = "cipher"


class CancelledError(Error):
    """The work was cancelled."""

    kind = "cancelled"


class DeadlineError(Error, TimeoutError):
    """A deadline passed, or a peer did not answer in time."""

    kind = "timeout"


class NoHandlerError(Error, LookupError):
    """Nobody registered a handler for the job type."""

    kind = "no_handler"


class HandlerError(Error):
    """A handler panicked or broke a rule of the engine."""

    kind = "handler"


class SystemRefusedError(Error):
    """The machine refused something the engine needs: descriptors, a file, a lock."""

    kind = "system"


class RedfishError(Error):
    """An exchange with an iDRAC failed; `__cause__` has the details."""

    kind = "redfish"


class NotCanonicalError(RedfishError):
    """The path or method is not in the canonical endpoint table; nothing was sent."""

    kind = "not_canonical"


class ConnectError(RedfishError, ConnectionError):
    """No TCP connection: refused, unreachable, reset, or closed in the middle of an exchange."""

    kind = "connect"


class TlsError(RedfishError):
    """The TLS handshake failed for another reason than the certificate's identity."""

    kind = "tls"


class CertificateChangedError(TlsError):
    """The iDRAC's certificate is not the one remembered or pinned."""

    kind = "certificate_changed"


class CertificateInvalidError(TlsError):
    """The iDRAC's certificate does not verify against the chosen roots."""

    kind = "certificate_invalid"


class AuthenticationError(RedfishError):
    """User name or password refused."""

    kind = "authentication"


class PasswordChangeRequiredError(AuthenticationError):
    """The account works but must change its password first."""

    kind = "password_change_required"


class PrivilegeError(RedfishError):
    """The account lacks a privilege."""

    kind = "privilege"


class SessionLimitError(RedfishError):
    """All of the iDRAC's sessions are in use."""

    kind = "session_limit"


class NotReadyError(RedfishError):
    """The iDRAC or its data sources are not ready yet."""

    kind = "not_ready"


class BusyError(RedfishError):
    """Other work is in the way for now: of the iDRAC, or of whoever holds a lock."""

    kind = "busy"


class ConflictError(RedfishError):
    """The request contradicts the present state."""

    kind = "conflict"


class UnsupportedError(RedfishError):
    """The iDRAC does not offer the method, query or action."""

    kind = "unsupported"


class LicenseError(RedfishError):
    """A licence is missing on the iDRAC."""

    kind = "license"


class LockdownError(RedfishError):
    """Lockdown mode forbids the change."""

    kind = "lockdown"


class BadRequestError(RedfishError):
    """The iDRAC rejected the request's content."""

    kind = "bad_request"


class PreconditionError(RedfishError):
    """The resource changed meanwhile (ETag, If-Match)."""

    kind = "precondition"


class ProtocolError(RedfishError):
    """The reply cannot be understood."""

    kind = "protocol"


class RedfishDisabledError(RedfishError):
    """There is no service root: Redfish is switched off, or it is no Redfish service."""

    kind = "redfish_disabled"


class NotDellError(RedfishError):
    """The peer is not a Dell iDRAC."""

    kind = "not_dell"


class ServerError(RedfishError):
    """The iDRAC failed internally."""

    kind = "server"


class JobFailedError(RedfishError):
    """A job of the iDRAC ended badly."""

    kind = "job_failed"


class StalledError(RedfishError):
    """A job of the iDRAC stands still."""

    kind = "stalled"


class CircuitOpenError(RedfishError):
    """The iDRAC failed so often that it is left alone for a while; nothing was sent."""

    kind = "circuit_open"


class FencedError(RedfishError):
    """A request that changes something was not let go: no right to it any more, or no record of it first. Not sent."""

    kind = "fenced"


class CallbackError(RedfishError):
    """A callback of the embedding program failed."""

    kind = "callback"


class SimulatorError(Error):
    """The simulated fleet cannot be started so."""

    kind = "simulator"


def _descendants(of: type[Error]) -> list[type[Error]]:
    return [each for child in of.__subclasses__() for each in (child, *_descendants(child))]


KINDS: dict[str, type[Error]] = {each.kind: each for each in _descendants(Error)}
"""Every kind, and the class that stands for it."""


def _make(kind: str, message: str, **facts: object) -> Error:
    # A kind of a newer library than this file would be unknown: the base class still carries all facts.
    return KINDS.get(kind, Error)(message, **facts)  # type: ignore[arg-type]


def _restore(of: type[Error], message: str, facts: dict[str, object]) -> Error:
    error = of(message)
    vars(error).update(facts)
    return error
