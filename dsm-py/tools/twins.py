"""Writes the asyncio twin of every operation behind it, in python/dsm/idrac; `--check` only tells whether they match.

The blocking method is written by hand and is the truth. Its twin has the same parameters, runs the same operation and
gives the future of the same result.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import made

AREAS = Path(__file__).resolve().parent.parent / "python" / "dsm" / "idrac"


def operations(module: ast.Module) -> list[ast.FunctionDef]:
    """The blocking methods that run an operation, in order."""
    classes = [each for each in module.body if isinstance(each, ast.ClassDef)]
    methods = [each for area in classes for each in area.body if isinstance(each, ast.FunctionDef)]
    return [each for each in methods if runs(each, "_run")]


def runs(method: ast.FunctionDef, how: str) -> bool:
    """Whether a method hands its work to the compiled half."""
    return any(isinstance(each, ast.Attribute) and each.attr == how for each in ast.walk(method))


def twin(method: ast.FunctionDef, source: str) -> str:
    """The text of the twin."""
    if method.returns is None:
        raise ValueError(f"{method.name} does not say what it gives")
    lines = source.splitlines()[method.lineno - 1 : method.end_lineno]
    said, *_ = method.body
    offset = method.lineno
    body = lines[(said.end_lineno or offset) - offset + 1 :]
    head = "\n".join(lines[: said.lineno - offset])
    given = ast.get_source_segment(source, method.returns)
    head = head.replace(f"def {method.name}(", f"def {method.name}_async(", 1)
    before, _, _ = head.rpartition(f"-> {given}:")
    doc = f'        """As `{method.name}`, for asyncio: a future, whose cancellation cancels the call."""'
    text = "\n".join([f"{before}-> asyncio.Future[{given}]:", doc, *body])
    return text.replace("self._run(", "self._run_async(")


def written(source: str) -> str:
    """The module with every twin as it should be."""
    module = ast.parse(source)
    lines = source.splitlines()
    ours = {f"{method.name}_async" for method in operations(module)}
    spans = {}
    for area in (each for each in module.body if isinstance(each, ast.ClassDef)):
        for each in area.body:
            if isinstance(each, ast.FunctionDef) and (each.name in ours or runs(each, "_run_async")):
                spans[each.lineno - 1] = each.end_lineno or each.lineno
    ends = {method.end_lineno: twin(method, source) for method in operations(module)}
    out: list[str] = []
    at = 0
    while at < len(lines):
        if at in spans:
            at = spans[at]
            while out and not out[-1].strip():
                out.pop()
            continue
        out.append(lines[at])
        at += 1
        if at in ends:
            out += ["", *ends[at].splitlines()]
    text = "\n".join(out) + "\n"
    if ends and "import asyncio\n" not in text:
        text = text.replace("if TYPE_CHECKING:\n", "if TYPE_CHECKING:\n    import asyncio\n", 1)
    return text


def main() -> int:
    """Every module of the package."""
    pairs = ((path, made.formatted(written(path.read_text()), path)) for path in sorted(AREAS.glob("*.py")))
    return max([made.written_or_compared(path, text) for path, text in pairs])


if __name__ == "__main__":
    sys.exit(main())
