"""Writes python/dsm/results.py from the result types of the Rust code. Run it after a change to those; a test compares.

Every type that the modules of python/dsm/idrac import from `dsm.results` is looked up among the serialised types of
dell-redfish and of the compiled half, with all it is made of. What serde does to a name or a shape is done here, too.
"""

from __future__ import annotations

import keyword
import re
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import made
import models

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "python" / "dsm"
TARGET = PACKAGE / "results.py"
SOURCES = (HERE.parent.parent / "dell-redfish" / "src", HERE.parent / "src")

PLAIN = {
    **dict.fromkeys(("String", "&'static str", "&'a str", "SecretText", "PathBuf"), "str"),
    **dict.fromkeys(("Text", "SystemId", "PciId", "PackageType"), "str"),
    **dict.fromkeys(("u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64"), "int"),
    **dict.fromkeys(("f32", "f64", "Number", "Duration"), "float"),
    "bool": "bool",
    "Value": "Any",
    "Map<String, Value>": "dict[str, Any]",
    "Scalar": "Scalar",
    "Failure": "InventoryFailure",
    "Error": "ErrorRecord",
}
"""Rust types that have no record of their own."""

RENAMED = {
    "Answer": "ResetAnswer",
    "Bundle": "CatalogBundle",
    "Difference": "CatalogDifference",
    "HeardRecord": "Heard",
    "Manifest": "CatalogManifest",
    "Package": "CatalogPackage",
    "PackageSummary": "CatalogPackageSummary",
    "Applied": "BootApplied",
    "Attempt": "ResetAttempt",
    "Cleared": "JobsCleared",
    "Deleted": "JobDeleted",
    "Restart": "RestartEffect",
    "Step": "PlanStep",
    "Verdict": "JobVerdict",
    "attribute/registry.rs:Attribute": "RegistryAttribute",
    "catalog/diff.rs:Step": "CatalogStep",
    "catalog/diff.rs:Update": "CatalogUpdate",
    "flow/health/component.rs:Reason": "HealthReason",
    "flow/health/mod.rs:Health": "HealthReport",
    "flow/inventory/record.rs:Inventory": "InventoryRecord",
    "flow/storage/view.rs:Controller": "ControllerState",
    "scp/diff.rs:AttributeChange": "ProfileChange",
    "scp/diff.rs:AttributeName": "ProfileAttributeName",
}
"""Names that say too little without their module, by name, or by file and name where several share it."""

OPAQUE = {"LogCursor"}
"""Records that only their maker reads: given back as they came."""

BY_HAND = {
    "AttributeChange": '''
_AttributeChange = TypedDict("_AttributeChange", {"from": Scalar})

class AttributeChange(_AttributeChange):
    """One value to be sent; `from` is what it is, or is staged to be. A secret shows as `[redacted]`."""

    attribute: str
    """The attribute."""
    to: Scalar
    """What is to be sent, in the type the iDRAC takes."""
    reset_required: bool
    """Whether the change takes a reset of the system."""
''',
    "ChangeOutcome": '''
class ChangeOutcome(TypedDict):
    """One change of a controller, and what became of it."""

    controller: str
    """FQDD of the controller."""
    change: str
    """The change, in words."""
    result: Literal["unchanged", "done", "pending_restart", "failed", "not_sent"]
    """How it ended: it was so already; is done, and shows where it can; its job waits until the host restarts; it was
    refused or failed; or it was not sent, because of one before it."""
    error: ErrorRecord | None
    """Why it failed."""
    job: str | None
    """Its job, where it had one; changes that were gathered share it."""
    volume: str | None
    """FQDD of the volume it made."""
''',
    "ErrorRecord": '''
class ErrorRecord(TypedDict):
    """An error that ended a part of the work and not all of it."""

    kind: ErrorKind
    """Its kind."""
    error: str
    """What happened, with every cause."""
''',
    "ExportedProfile": '''
class ExportedProfile(TypedDict):
    """An export that is done."""

    job: JobOutcome
    """Its job."""
    profile: bytes | None
    """The profile as the iDRAC wrote it, for `dsm.Profile`; none where it went to a share."""
''',
}
"""Records whose serialisation is written by hand in Rust."""

NEEDS = {"ChangeOutcome": ["ErrorRecord"], "ExportedProfile": ["JobOutcome"]}
"""What those are made of."""

HEAD = '''"""What the operations of `dsm.Idrac` give back. Times are seconds.

Made from the result types of the Rust code by tools/results.py. A key is always there unless its record says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

{imports}

'''

WIDTH = 108
"""Of a docstring's line, in characters."""

ITEM = re.compile(r"^(?:pub(?:\([^)]*\))? )?(struct|enum) (\w+)(.*)$")
WORDS = re.compile(r"^impl (?:serde::)?Serialize for (\w+) \{", re.MULTILINE)
DERIVED = {"struct": re.compile(r"\bSerialize\b"), "enum": re.compile(r"\b(Serialize|Deserialize)\b")}
FIELD = re.compile(r"^(?:pub(?:\([^)]*\))? )?(\w+): (.+),$")
IMPORT = re.compile(r"^ *from dsm\.results import (?:\(([^)]*)\)|(.+))$", re.MULTILINE)
MACRO = re.compile(r"^(settings|states|targets|views)! \{$")
USE = re.compile(r"^(?:pub )?use ([\w:]+)::(?:\{([^}]*)\}|(\w+));", re.MULTILINE)


class Member(NamedTuple):
    """A field of a struct or a variant of an enum."""

    name: str
    kind: str
    """The Rust type of a field or of what a variant carries; empty for a variant alone."""
    fields: list[Member]
    """Of a variant with named fields."""
    doc: str
    serde: dict[str, str]


class Item(NamedTuple):
    """A serialised Rust type."""

    file: str
    name: str
    sort: str
    """`struct` or `enum`."""
    members: list[Member]
    doc: str
    serde: dict[str, str]
    inner: str = ""
    """What a tuple struct holds."""

    @property
    def python(self) -> str:
        """Its name in Python."""
        return RENAMED.get(f"{self.file}:{self.name}") or RENAMED.get(self.name, self.name)


def serde(attributes: list[str]) -> dict[str, str]:
    """The arguments of the serde attributes."""
    inside = " ".join(found[1] for each in attributes if (found := re.match(r"#\[serde\((.*)\)\]", each)))
    return dict(re.findall(r'(\w+)(?: = "([^"]*)")?', inside))


def members(lines: list[str]) -> list[Member]:
    """Fields or variants, in order."""
    found: list[Member] = []
    docs: list[str] = []
    attributes: list[str] = []
    rest = iter(lines)
    for raw in rest:
        line = raw.strip()
        if line.startswith("///"):
            docs.append(line[3:].strip())
            continue
        if line.startswith("#["):
            while line.count("[") > line.count("]"):
                line += " " + next(rest).strip()
            attributes.append(line)
            continue
        said = (" ".join(docs), serde(attributes))
        if field := FIELD.match(line):
            found.append(Member(field[1], field[2], [], *said))
        elif variant := re.match(r"^(\w+)(?:\((.+)\)| \{\})?,$", line):
            found.append(Member(variant[1], variant[2] or "", [], *said))
        elif variant := re.match(r"^(\w+) \{(?: (.*) \},)?$", line):
            inside = [each + "," for each in re.split(r", (?=\w+:)", variant[2])] if variant[2] else []
            while not variant[2] and (line := next(rest).strip()) != "},":
                inside.append(line)
            found.append(Member(variant[1], "", members(inside), *said))
        elif line and not line.startswith("//"):
            raise ValueError(line)
        docs, attributes = [], []
    return found


def body(lines: list[str], start: int, indent: str) -> list[str]:
    """The lines up to the closing brace."""
    return lines[start : lines.index(f"{indent}}}", start)]


def items(file: str, text: str) -> list[Item]:
    """The serialised types of a file."""
    found: list[Item] = []
    docs: list[str] = []
    attributes: list[str] = []
    lines = text.splitlines()
    by_word = set(WORDS.findall(text))
    for at, line in enumerate(lines):
        if line.startswith("///"):
            docs.append(line[3:].strip())
            continue
        if line.startswith("#["):
            attributes.append(line)
            continue
        said = (" ".join(docs), serde(attributes))
        if macro := MACRO.match(line):
            found.append(MACROS[macro[1]](file, body(lines, at + 1, "")))
        elif (item := ITEM.match(line)) and item[1] == "enum" and item[2] in by_word:
            found.append(Item(file, item[2], "enum", words(lines, item[2]), *said))
        elif item and any(DERIVED[item[1]].search(each) for each in attributes):
            inner = re.match(r"^\((?:pub )?(.+)\);$", item[3])
            inside = body(lines, at + 1, "") if item[3].endswith("{") else []
            found.append(Item(file, item[2], item[1], members(inside), *said, inner=inner[1] if inner else ""))
        if not line.startswith(" ") and not line.startswith(")]"):
            docs, attributes = [], []
    return found


def words(lines: list[str], name: str) -> list[Member]:
    """The variants of an enum that is written as its `as_str` has it."""
    inside = "\n".join(body(lines, lines.index(f"impl {name} {{") + 1, ""))
    said = re.findall(r'^ *Self::[\w:()]+ => "(\w+)",$', inside[inside.index("fn as_str") :], re.MULTILINE)
    return [Member(word, "", [], "", {"rename": word}) for word in said]


def settings(file: str, lines: list[str]) -> Item:
    """A record of `settings!`: every field optional, read and written."""
    at = next(at for at, line in enumerate(lines) if line.endswith(" {"))
    doc = " ".join(line.strip()[3:].strip() for line in lines[:at])
    inside = [re.sub(r'^( *\w+): (\w+) = "[^"]+",$', r"\1: Option<\2>,", line) for line in lines[at + 1 : -1]]
    return Item(file, lines[at].split()[0], "struct", members(inside), doc, {"default": ""})


def targets(file: str, lines: list[str]) -> Item:
    """The classes of components of `targets!`, each with the word that is written."""
    docs = [line.strip()[3:].strip() for line in lines if line.strip().startswith("///")]
    words = [found[1] for line in lines if (found := re.match(r'^ *\w+ = "(\w+)",$', line))]
    variants = [Member(word, "", [], doc, {"rename": word}) for word, doc in zip(words, docs, strict=True)]
    return Item(file, "ScpTarget", "enum", variants, "Components that an export writes or an import applies.", {})


def views(file: str, lines: list[str]) -> Item:
    """The kinds of `views!`, each of a Dell resource."""
    kinds = [re.sub(r"^( *\w+): .+;$", r"\1,", line) for line in lines]
    return Item(file, "DellViewKind", "enum", members(kinds), "The views there are.", {"rename_all": "snake_case"})


def states(file: str, lines: list[str]) -> Item:
    """The states of `states!`."""
    return Item(file, "JobState", "enum", members(lines), "State of a job, in Dell's word.", {})


MACROS = {"settings": settings, "states": states, "targets": targets, "views": views}
"""What is written by which macro of the Rust code."""


class Types:
    """Every serialised type, and what was wanted of them so far."""

    def __init__(self) -> None:
        """Reads the sources."""
        self.uses: dict[str, str] = {}
        self.all: dict[str, list[Item]] = {}
        self.written: dict[str, str] = {}
        self.models: set[str] = set()
        self.resources = models.read()
        for source in SOURCES:
            for path in sorted(source.rglob("*.rs")):
                file = str(path.relative_to(source))
                text = path.read_text()
                self.uses[file] = text
                for item in items(file, text):
                    self.all.setdefault(item.name, []).append(item)

    def find(self, name: str, file: str) -> Item:
        """The type a file means by a name: its own, the only one, or the one it uses by path."""
        those = self.all.get(name, [])
        own = [item for item in those if item.file == file]
        if own or len(those) == 1:
            return (own or those)[0]
        for path, several, one in USE.findall(self.uses.get(file, "")):
            if name in {each.strip() for each in several.split(",")} | {one}:
                module = path.rsplit("::", 1)[-1]
                those = [item for item in those if module in item.file.removesuffix(".rs").split("/")[-2:]]
        if len(those) != 1:
            raise KeyError(f"{name} in {file}: {[item.file for item in those]}")
        return those[0]

    def kind(self, rust: str, file: str) -> str:
        """The Python type of a Rust one."""
        rust = re.sub(r"^&'\w+ (?!str)|<'\w+>", "", rust.strip())
        if found := re.fullmatch(r"(?:std::sync::)?Arc<\[(.+)\]>|\((\w+), \2\)", rust):
            return f"list[{self.kind(found[1] or found[2], file)}]"
        if found := re.fullmatch(r"(Option|Vec|Box|Resource|Arc)<(.+)>", rust):
            inner = self.kind(found[2], file)
            return {"Option": f"{inner} | None", "Vec": f"list[{inner}]"}.get(found[1], inner)
        if found := re.fullmatch(r"(?:BTreeMap|HashMap)<(?:String|\w+Id|Fqdd), (.+)>", rust):
            return f"dict[str, {self.kind(found[1], file)}]"
        name = rust if rust.startswith("&") else rust.rsplit("::", 1)[-1]
        name = PLAIN.get(name, name)
        is_ours = f"{file}:{name}" in RENAMED
        if name in PLAIN.values() or (name in BY_HAND and not is_ours) or name in self.resources:
            self.want(name)
            return name
        item = self.find(name, file)
        if item.inner:
            return self.kind(item.inner, item.file)
        self.write(item)
        return item.python

    def want(self, name: str) -> None:
        """Has a type written by hand in the file, or imports a resource."""
        if name == "Scalar" or name in self.resources:
            self.models.add(name)
        if name in BY_HAND and name not in self.written:
            for each in NEEDS.get(name, []):
                self.root(each)
            self.written[name] = BY_HAND[name]
            if "Scalar" in BY_HAND[name]:
                self.models.add("Scalar")
            if "ErrorKind" in BY_HAND[name]:
                self.kind("ErrorKind", "error.rs")

    def root(self, name: str) -> None:
        """Writes a type by its Python name."""
        if name in BY_HAND or name in self.resources:
            self.want(name)
            return
        found = [item for those in self.all.values() for item in those if item.python == name]
        if len(found) != 1:
            raise KeyError(f"{name}: {[item.file for item in found]}")
        self.write(found[0])

    def write(self, item: Item) -> None:
        """Writes a type behind all it is made of."""
        if item.python in self.written:
            return
        if item.name in OPAQUE:
            text = f"{item.python}: TypeAlias = dict[str, Any]\n{doc(item.doc)}\n"
        elif item.sort == "enum":
            text = self.enum(item)
        else:
            text = self.struct(item)
        self.written[item.python] = text

    def struct(self, item: Item) -> str:
        """A record."""
        own = [each for each in item.members if "skip" not in each.serde and "flatten" not in each.serde]
        flat = [each for each in item.members if "flatten" in each.serde]
        if not flat:
            return self.record(item.python, "", item.doc, own, item.file, total="default" not in item.serde)
        if len(flat) > 1:
            raise ValueError(item)
        reasons = self.find(flat[0].kind, item.file)
        tag = reasons.serde["tag"]
        text, names = "", []
        for variant in reasons.members:
            names.append(item.python + variant.name)
            head = f'{tag}: Literal["{spelled(variant, reasons)}"]\n'
            text += self.record(names[-1], head, variant.doc, [*own, *variant.fields], item.file)
        return f"{text}\n{item.python}: TypeAlias = {' | '.join(names)}\n{doc(item.doc)}\n"

    def enum(self, item: Item) -> str:
        """Words, or records told apart by a tag."""
        tag, content = item.serde.get("tag"), item.serde.get("content")
        if tag is None:
            if any(each.kind or each.fields for each in item.members):
                raise ValueError(item)
            words = [spelled(each, item) for each in item.members]
            pairs = zip(words, item.members, strict=True)
            said = "\n".join(f"- `{word}`: {models.sentence(each.doc)}" for word, each in pairs if each.doc)
            literal = ", ".join(f'"{word}"' for word in words)
            return f"{item.python}: TypeAlias = Literal[{literal}]\n{doc(item.doc, said)}\n"
        text, names = "", []
        for variant in item.members:
            names.append(item.python + variant.name)
            head = f'{tag}: Literal["{spelled(variant, item)}"]\n'
            fields = variant.fields
            if variant.kind and content:
                fields = [Member(content, variant.kind, [], "", {})]
            elif variant.kind:
                raise ValueError(item)
            text += self.record(names[-1], head, variant.doc, fields, item.file)
        return f"{text}\n{item.python}: TypeAlias = {' | '.join(names)}\n{doc(item.doc)}\n"

    def record(  # noqa: PLR0913 - the parts of a class
        self, name: str, head: str, said: str, fields: list[Member], file: str, *, total: bool = True
    ) -> str:
        """A typed dict; keys that may be absent, or are no names, are in a class of their own."""
        odd = [each for each in fields if keyword.iskeyword(key(each))]
        maybe = [each for each in fields if "skip_serializing_if" in each.serde and each not in odd]
        always = [each for each in fields if each not in odd and each not in maybe]
        text, base = "", "TypedDict"
        if odd:
            keys = ", ".join(f'"{key(each)}": {self.kind(each.kind, file)}' for each in odd)
            text, base = f'\n_{name} = TypedDict("_{name}", {{{keys}}})\n', f"_{name}"
            said = " ".join([said, *(f"`{key(each)}`: {each.doc}" for each in odd)])
        if maybe:
            if odd:
                raise ValueError(name)
            text += f"\nclass _{name}({base}):\n" + self.inside(head, said, always, file)
            return f"{text}\nclass {name}(_{name}, total=False):\n" + self.inside("", said, maybe, file)
        base = base if total else f"{base}, total=False"
        return f"{text}\nclass {name}({base}):\n" + self.inside(head, said, always, file)

    def inside(self, head: str, said: str, fields: list[Member], file: str) -> str:
        """The body of a class."""
        text = doc(said) + "\n\n" + head
        for each in fields:
            kind = "str" if each.serde.get("serialize_with") == "as_hex" else self.kind(each.kind, file)
            if "skip_serializing_if" in each.serde:
                kind = kind.removesuffix(" | None")
            text += f"{key(each)}: {kind}\n"
            if each.doc:
                text += doc(each.doc) + "\n"
        return textwrap.indent(text, "    ")


def spelled(variant: Member, item: Item) -> str:
    """A variant as serde writes it."""
    if "rename" in variant.serde:
        return variant.serde["rename"]
    rule = item.serde.get("rename_all")
    if rule == "snake_case":
        return re.sub(r"(?<!^)(?=[A-Z])", "_", variant.name).lower()
    return {None: variant.name, "lowercase": variant.name.lower(), "UPPERCASE": variant.name.upper()}[rule]


def key(field: Member) -> str:
    """A field as serde writes it."""
    return field.serde.get("rename", field.name)


def doc(said: str, more: str = "") -> str:
    """A docstring within the line length."""
    text = re.sub("  +", " ", models.sentence(said)).replace("\\", "\\\\") or "As it is named."
    paragraphs = [text]
    if len(text) > WIDTH and (sentences := re.match(r"(.+?[.!?…]) (?=[A-Z`])(.+)", text)):
        paragraphs = [sentences[1], "", sentences[2]]
    lines = [line for each in paragraphs for line in textwrap.wrap(each, WIDTH, break_on_hyphens=False) or [""]]
    for nth, line in enumerate(more.splitlines()):
        lines += [*([] if nth else [""]), *textwrap.wrap(line, WIDTH, subsequent_indent="  ")]
    return '"""' + "\n".join(lines) + ("\n" if len(lines) > 1 else "") + '"""'


def wanted() -> list[str]:
    """What the modules of the package import from the one written here."""
    names: set[str] = set()
    for path in [*sorted((PACKAGE / "idrac").glob("*.py")), PACKAGE / "_dsm.pyi"]:
        for several, one in IMPORT.findall(path.read_text()):
            names |= {each.strip() for each in (several or one).split(",") if each.strip()}
    return sorted(names)


def write() -> str:
    """The module's text, as ruff formats it."""
    types = Types()
    for name in wanted():
        types.root(name)
    parts = "\n".join(types.written.values())
    imports = f"from dsm.models import {', '.join(sorted(types.models))}\n\n"
    imports += "if TYPE_CHECKING:\n    from dsm.inventories import InventoryFailure"
    text = HEAD.replace("{imports}", imports) + parts
    return made.formatted(text, TARGET)


if __name__ == "__main__":
    sys.exit(made.written_or_compared(TARGET, write()))
