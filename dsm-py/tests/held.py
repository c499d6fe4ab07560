"""Holds values to the types that are declared for them, strictly: no key unknown, none missing, no type another."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
import types
import typing
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

if typing.TYPE_CHECKING:
    from collections.abc import Callable


@functools.cache
def names_of(module: str) -> dict[str, Any]:
    """Names that the annotations of a module use: its own, and those it imports for type checkers only."""
    here = sys.modules[module]
    names = dict(vars(here))
    for block in ast.parse(inspect.getsource(here)).body:
        if not isinstance(block, ast.If):
            continue
        for each in block.body:
            if isinstance(each, ast.ImportFrom) and each.module:
                of = importlib.import_module(each.module)
                names |= {alias.asname or alias.name: getattr(of, alias.name) for alias in each.names}
            elif isinstance(each, ast.Import):
                names |= {alias.name: importlib.import_module(alias.name) for alias in each.names}
    return names


@functools.cache
def declared(method: Callable[..., Any]) -> object:
    """What a method says that it gives."""
    return get_type_hints(method, localns=names_of(method.__module__))["return"]


@functools.cache
def fields(record: type) -> dict[str, object]:
    """The keys of a typed dict and their types."""
    return get_type_hints(record, localns=names_of(record.__module__))


def misfits(value: object, kind: Any, where: str = "result") -> list[str]:
    """Where a value is not of the type."""
    of, parts = get_origin(kind), get_args(kind)
    if of in (typing.Union, types.UnionType):
        return min((misfits(value, each, where) for each in parts), key=len)
    if is_typeddict(kind):
        return keys(value, kind, where)
    if of is list and isinstance(value, list):
        return [each for nth, item in enumerate(value) for each in misfits(item, parts[0], f"{where}[{nth}]")]
    if of is dict and isinstance(value, dict):
        return [each for key, item in value.items() for each in misfits(item, parts[1], f"{where}[{key!r}]")]
    return [] if fits(value, kind) else [f"{where}: {value!r} is no {kind}"]


def fits(value: object, kind: Any) -> bool:
    """Whether a value is one of the words, or of a plain type; `True` is no number."""
    if get_origin(kind) is typing.Literal:
        return any(value == each and type(value) is type(each) for each in get_args(kind))
    if kind is Any or get_origin(kind) is not None:
        return kind is Any
    wanted = {float: (float, int), None: (type(None),)}.get(kind, kind)
    return isinstance(value, wanted) and (kind is bool or not isinstance(value, bool))


def keys(value: object, kind: Any, where: str) -> list[str]:
    """Where a value is not this typed dict."""
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no {kind.__name__}"]
    known = fields(kind)
    found = [f"{where}: {key!r} is missing of {kind.__name__}" for key in kind.__required_keys__ - value.keys()]
    found += [f"{where}: {key!r} is not in {kind.__name__}" for key in value.keys() - known.keys()]
    for key in value.keys() & known.keys():
        found += misfits(value[key], known[key], f"{where}[{key!r}]")
    return found
