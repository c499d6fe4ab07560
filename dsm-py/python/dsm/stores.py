"""Stores written in Python: five calls over documents, and it is a whole store for `Engine.over()`.

`dsm.testing.check_store()` says whether one holds what it has to; `examples/document_store.py` has a hundred lines.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

T = TypeVar("T")
Given: TypeAlias = T | Awaitable[T]
"""What a plain method gives, or a coroutine."""


Lack: TypeAlias = Literal["fences", "locks", "steps", "pauses", "history", "notes"]
"""What a store on tables that others made may be unable to give. `fences`: in one step, everything an attempt writes is
bound to it (the job's own row is, other tables follow it). `locks`: locks and lanes. `steps`: what is on record over
attempts. `pauses`: of anything but work on iDRACs, and who set them. `history`: attempts, and who runs what. `notes`:
documents, certificates, sessions and values of ours last as long as the process."""


class DocumentStore(Protocol):
    """Documents under keys, written one at a time and on condition.

    The condition of a write and the write itself are one step, whoever else writes. What was written is seen by every
    read that begins later. Keys are lower-case letters, digits, `/` and `-`, up to 200 characters; values are seldom
    more than a megabyte. Plain methods are called from several threads, and each call runs to its end: give it a time
    limit, because one that hangs holds up the engine. Coroutines run on the loop that runs while the store is handed
    over to an `…_async` call; handed over to a blocking call, on a loop in a thread of its own.

    An exception means that the call may or may not have been carried out: whoever asked looks, and asks again. One of
    `dsm.exceptions` keeps its kind; `StoreNotOursError` says that nothing may go on.

    Besides the five methods there may be `wait(timeout)`, which returns when another process may have written
    something, after `timeout` seconds at the latest; and the attributes `name`, for reports, `durable` and `shared`
    (both true unless they are there).
    """

    def now(self) -> Given[datetime]:
        """The clock of the storage, with its zone, the same for all who use it: leases run by it."""
        ...

    def get(self, key: str, /) -> Given[tuple[int, bytes] | None]:
        """The revision of a document and what it holds."""
        ...

    def put_if(self, key: str, value: bytes, expected: int | None, /) -> Given[int | None]:
        """Writes a document that stands at this revision, or with `None` one that is not there.

        Gives its new revision, another one after every write, or `None`: the condition does not hold, and nothing was
        written.
        """
        ...

    def delete_if(self, key: str, rev: int, /) -> Given[bool]:
        """Removes a document that stands at this revision, and says whether it did."""
        ...

    def scan(self, prefix: str, after: str | None, limit: int, /) -> Given[Iterable[tuple[str, int, bytes]]]:
        """Key, revision and value of documents whose keys begin with `prefix` and come after `after`.

        In the order of the keys' bytes, `limit` of them at most. None at all means that there are no more.
        """
        ...


_PRIMITIVES = {
    "now": (),
    "get": ("key",),
    "put_if": ("key", "value", "expected"),
    "delete_if": ("key", "rev"),
    "scan": ("prefix", "after", "limit"),
}


def _checked(store: object) -> dict[str, Any]:
    """The parts of a store, for the compiled half; raises a `TypeError` that names all that is wrong with it."""
    wrong = []
    parts: dict[str, Any] = {"wait": getattr(store, "wait", None)}
    wanted = {**_PRIMITIVES, **({"wait": ("timeout",)} if parts["wait"] is not None else {})}
    for name, arguments in wanted.items():
        method = getattr(store, name, None)
        call = f"`{name}({', '.join(arguments)})`"
        if method is None:
            wrong.append(f"{call} is missing")
        elif not callable(method):
            wrong.append(f"{call} is no method")
        elif not _takes(method, len(arguments)):
            wrong.append(f"{call} does not take these arguments")
        parts[name] = method
    for name in ("durable", "shared"):
        parts[name] = getattr(store, name, True)
        if not isinstance(parts[name], bool):
            wrong.append(f"`{name}` is neither True nor False")
    parts["name"] = getattr(store, "name", type(store).__qualname__)
    if not isinstance(parts["name"], str):
        wrong.append("`name` is no text")
    if wrong:
        raise TypeError(f"{type(store).__qualname__} is no store: {'; '.join(wrong)}; see dsm.stores.DocumentStore")
    return parts


def _takes(method: Callable[..., object], count: int) -> bool:
    try:
        inspect.signature(method).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        # Written in C, it does not say.
        return True
    return True
