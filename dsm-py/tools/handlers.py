"""Writes python/dsm/handlers/builtin.py, a class for each job type of the engine, and what names them beside it.

A job type is there once `Registry::builtin` of the Rust code registers its handler; what is said of it is the
documentation of the handler's module, and the input that its card names. `--check` only tells whether all of it is up
to date.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import made

HERE = Path(__file__).resolve().parent
CORE = HERE.parent.parent / "dsm-core" / "src"
PACKAGE = HERE.parent / "python" / "dsm" / "handlers"
TARGET = PACKAGE / "builtin.py"

WIDTH = 108
"""Of a docstring's line, in characters."""

HEAD = '''"""The engine's own job types, each a class whose objects run jobs of it one by one.

Made from the handlers of the Rust code by tools/handlers.py.
"""

from dsm.handlers._called import Builtin

__all__ = [{names}]
'''

CLASS = """

class {name}(Builtin):
{doc}

    job_type = {job_type!r}
    aliases = {aliases!r}
"""

REGISTERED = re.compile(r"fn builtin\(\) -> Self \{(.*?)\n    \}", re.DOTALL)
HANDLER = re.compile(r"\.with\((?:[a-z_]\w*::)*([A-Z]\w+)")
NAMED = re.compile(r'const JOB_TYPE: &\'static str =\s+"(\w+)"')
ALIASES = re.compile(r"const ALIASES: [^=]+=\s+&\[([^\]]*)\]")


INPUT = re.compile(r"^    input: &\[(.*?)\],\n    \w+:", re.DOTALL | re.MULTILINE)
KEY = re.compile(r'Key \{\s*name: "([^"]+)",\s*kind: "([^"]+)",\s*about: "([^"]+)",?\s*\}')


class JobType(NamedTuple):
    """A handler of the engine."""

    name: str
    aliases: tuple[str, ...]
    doc: str
    """What its module says, a paragraph a line."""
    keys: list[tuple[str, str, str]]
    """What it takes by its card: names, kinds, and what they are for."""

    @property
    def python(self) -> str:
        """Its class."""
        return "".join(part.capitalize() for part in self.name.split("_"))


def documented(source: str) -> str:
    """The documentation at the top of a module up to its first heading, list or table: a paragraph a line."""
    lines = []
    for line in source.splitlines():
        if not line.startswith("//!") or re.match(r"//! *(#|\||```|[-*] |\d+\. )", line):
            break
        lines.append(line[3:].strip())
    text = re.sub(r"\[(`[^`]+`)\](?:\([^)]*\))?", r"\1", "\n".join(lines))
    return "\n".join(" ".join(each.split()) for each in re.split(r"\n\n+", text) if each.strip())


def found() -> list[JobType]:
    """Every handler that is registered, by job type."""
    registered = REGISTERED.search((CORE / "handler.rs").read_text())
    if registered is None:
        raise ValueError("where handlers are registered looks different: mend tools/handlers.py")
    wanted = set(HANDLER.findall(registered[1]))
    types = []
    for path in sorted((CORE / "handlers").rglob("*.rs")):
        source = path.read_text()
        for handler, body in re.findall(r"^impl Handler for (\w+) \{\n(.*?)^\}", source, re.DOTALL | re.MULTILINE):
            name = NAMED.search(body)
            if handler in wanted and name:
                wanted.remove(handler)
                aliases = re.findall(r'"(\w+)"', "".join(ALIASES.findall(body)))
                keys = KEY.findall("".join(INPUT.findall(source)))
                types.append(JobType(name[1], tuple(aliases), documented(source), keys))
    if wanted:
        raise ValueError(f"registered, and not found in handlers/: {', '.join(sorted(wanted))}")
    return sorted(types, key=lambda each: each.name)


def docstring(of: JobType) -> str:
    """What it does, as a docstring."""
    first, *rest = of.doc.splitlines() or [f"`{of.name}`"]
    name, colon, what = first.partition("`: ")
    first = what[:1].upper() + what[1:] if colon and name == f"`{of.name}" else first
    if len(first) > WIDTH:
        # A line that says it all, and then the rest of it.
        head, stop, tail = first.partition(". ")
        first, rest = (head + stop.strip(), [tail, *rest]) if stop and len(head) < WIDTH else (first, rest)
    paragraphs = [first, f"Jobs of the type `{of.name}`.", *rest]
    text = "\n\n".join(textwrap.fill(each, WIDTH) for each in paragraphs if each)
    taken = (f"- `{name}` ({kind}): {about}" for name, kind, about in of.keys)
    lines = "\n".join(textwrap.fill(each, WIDTH, subsequent_indent="  ") for each in taken)
    text += f"\n\nBeside its servers it takes:\n\n{lines}" if lines else ""
    return textwrap.indent(f'"""{text}\n"""', "    ", lambda line: bool(line.strip()))


def module(types: list[JobType]) -> str:
    """The text of the module."""
    names = ", ".join(repr(each.python) for each in types)
    classes = [
        CLASS.format(name=each.python, doc=docstring(each), job_type=each.name, aliases=each.aliases) for each in types
    ]
    return HEAD.format(names=names) + "".join(classes)


def beside(source: str, types: list[JobType]) -> str:
    """The module of the package with these names imported and exported."""
    names = [each.python for each in types]
    parts = {type(each): each for each in ast.parse(source).body if isinstance(each, ast.Assign) or ours(each)}
    known, exported = parts[ast.ImportFrom], parts[ast.Assign]
    old = {alias.name for alias in known.names}  # type: ignore[attr-defined]
    every = sorted({*ast.literal_eval(exported.value)} - old | {*names})  # type: ignore[attr-defined]
    lines = source.splitlines()
    # From the end, so that what stands above stays where it is.
    lines[exported.lineno - 1 : exported.end_lineno] = [f"__all__ = {every!r}"]
    lines[known.lineno - 1 : known.end_lineno] = [f"from dsm.handlers.builtin import {', '.join(names)}"]
    return "\n".join(lines) + "\n"


def ours(statement: ast.stmt) -> bool:
    """Whether it imports what this tool writes."""
    return isinstance(statement, ast.ImportFrom) and statement.module == "dsm.handlers.builtin"


def main() -> int:
    """Both modules."""
    types = found()
    init = PACKAGE / "__init__.py"
    pairs = [(TARGET, module(types)), (init, beside(init.read_text(), types))]
    return max([made.written_or_compared(path, made.formatted(text, path)) for path, text in pairs])


if __name__ == "__main__":
    sys.exit(main())
