"""Credential resolvers written in Python: what they are asked, and what they answer."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from dsm.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Awaitable


@dataclass(frozen=True)
class Target:
    """What is known of the device that credentials are wanted for."""

    purpose: Literal["idrac", "esxi", "vcenter"]
    """What they are for. Credentials of one kind are offered to no device of another."""
    address: str | None = None
    """Its address."""
    server_id: str | None = None
    """Its row."""
    service_tag: str | None = None
    """Its service tag."""
    credential_set_id: str | None = None
    """The set an operator chose for it."""


@dataclass(frozen=True)
class Credential:
    """A user name and its password, which is not shown."""

    username: str
    """The user name."""
    password: str = field(repr=False)
    """The password."""


Answer: TypeAlias = Credential | tuple[str, str] | None
"""Credentials, or nothing: then the engine's own chain goes on."""


class Resolver(Protocol):
    """Finds credentials before the engine's own chain does. Its methods may be plain or `async`.

    An exception ends the search: no other credentials are tried in place of the ones that were meant. It may also have
    `report(target, ok)`, which is told what a device made of the credentials this resolver gave for it.
    """

    def resolve(self, target: Target, /) -> Answer | Awaitable[Answer]:
        """The credentials for a device. Called from several threads at a time; a call may be cancelled."""


# ---- what the compiled half asks ----


def _checked(resolver: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever was handed over
    """A resolver taken apart; an error names what is wrong with it."""
    if inspect.isclass(resolver):
        raise _wrong("resolver", f"it is the class {resolver.__name__}", "hand over an object")
    return {
        "resolve": _method(resolver, "resolve", 1) or _missing(),
        "report": _method(resolver, "report", 2),
    }


def _missing() -> Any:  # noqa: ANN401 - never returns
    raise _wrong("resolver.resolve", "there is no such method", "write `def resolve(self, target)`, plain or async")


def _method(resolver: object, name: str, arguments: int) -> Any:  # noqa: ANN401 - the method, or none
    method = getattr(resolver, name, None)
    if method is None:
        return None
    if not callable(method):
        raise _wrong(f"resolver.{name}", "it is no method", f"write `def {name}(…)`, plain or async")
    try:
        inspect.signature(method).bind(*range(arguments))
    except TypeError as error:
        raise _wrong(f"resolver.{name}", str(error), "let it take the target" + ", and ok" * (arguments - 1)) from error
    except ValueError:
        # A callable that does not say what it takes.
        pass
    return method


def _wrong(subject: str, what: str, hint: str) -> InvalidInputError:
    return InvalidInputError(f"{subject}: {what}; {hint}", subject=subject, hint=hint)


def _pair(name: str, value: object) -> tuple[str, str] | None:
    """Credentials handed over as an option. What is wrong with them is said without showing them."""
    pair = (value.username, value.password) if isinstance(value, Credential) else value
    if pair is None:
        return None
    if not isinstance(pair, tuple) or len(pair) != 2 or not all(isinstance(each, str) and each for each in pair):  # noqa: PLR2004
        raise _wrong(name, f"a value of type {type(value).__name__} is none", "give a dsm.Credential, or None")
    return pair


def _answer(value: object) -> tuple[str, str] | None:
    """An answer as a pair. What is wrong with it is said without showing it."""
    pair = (value.username, value.password) if isinstance(value, Credential) else value
    if pair is None:
        return None
    if not isinstance(pair, tuple) or len(pair) != 2 or not all(isinstance(each, str) for each in pair):  # noqa: PLR2004
        what = f"the resolver returned a value of type {type(value).__name__}"
        raise InvalidInputError(f"{what}; return dsm.Credential, a pair of user name and password, or None")
    if not pair[0] or not pair[1]:
        raise InvalidInputError("the resolver returned an empty user name or password; return None to pass")
    return pair
