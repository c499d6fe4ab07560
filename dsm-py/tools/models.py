"""Writes python/dsm/models.py from the wire types of dell-redfish. Run it after a change to those; a test compares.

The Rust macros `part!` and `resource!` hold every field once, with its DMTF name; this reads them.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import made

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent / "dell-redfish" / "src" / "model"
TARGET = HERE.parent / "python" / "dsm" / "models.py"

# The resources of an inventory, Dell's views, the answers of operations; their parts follow from them.
ROOTS = (
    "ComputerSystem",
    "Manager",
    "Chassis",
    "Bios",
    "Processor",
    "Memory",
    "Storage",
    "StorageController",
    "SimpleStorage",
    "Drive",
    "Volume",
    "NetworkAdapter",
    "NetworkPort",
    "NetworkDeviceFunction",
    "EthernetInterface",
    "Power",
    "PowerSubsystem",
    "PowerSupply",
    "Thermal",
    "ThermalSubsystem",
    "Fan",
    "Sensor",
    "SoftwareInventory",
    "PcieDevice",
    "Assembly",
    "PcieSlots",
    "DellSwitchConnection",
    # What Dell lists beside them, and what operations answer.
    "DellFc",
    "DellGpuSensor",
    "DellLicensableDevice",
    "DellLicense",
    "DellNumericSensor",
    "DellOpaqueManagementData",
    "DellPcieFunction",
    "DellPresenceAndStatusSensor",
    "DellPsNumericSensor",
    "DellRollupStatus",
    "DellSensor",
    "DellSlot",
    "DellSystemQuickSync",
    "DellUpdateSchedule",
    "DellUsbDevice",
    "DellVFlash",
    "DellVideo",
    "DellVideoNetwork",
    "ManagerAccount",
    "LogEntry",
    "VirtualMedia",
    "RemoteServicesStatus",
    "Certificate",
    "SecureBoot",
    "SecureBootDatabase",
    "Signature",
    "ComponentIntegrity",
    "TrustedComponent",
    "Session",
    "TelemetryService",
    "MetricReport",
    "MetricReportDefinition",
    "EventDestination",
    "Event",
)

PLAIN = {"String": "str", "u64": "int", "i64": "int", "bool": "bool", "Number": "float", "Scalar": "Scalar"}

HEAD = '''"""Resources of an iDRAC in inventories and results: DMTF names, and under `extra` what no field says.

Made from the wire types of dell-redfish by tools/models.py. A property that the iDRAC did not give is absent.
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypedDict

Scalar: TypeAlias = str | int | float | bool | None
"""A BIOS attribute: text, a number or a switch, as the iDRAC has it."""

_Odata = TypedDict("_Odata", {"@odata.id": str, "@odata.type": str}, total=False)


class Resource(_Odata, total=False):
    """What every resource has. `dsm.restore()` gives the resource as its iDRAC sent it."""

    Id: str
    Name: str
    extra: dict[str, Any]
    """Every value that the typed fields do not say exactly."""
'''

BLOCK = re.compile(r"^(part|resource)! \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"^    (\w+) \{$", re.MULTILINE)
FIELD = re.compile(r'((?:^        ///.*\n)*)^        \w+: ([^=\n]+) = "([^"]+)",$', re.MULTILINE)
DOC = re.compile(r"^\s*/// ?(.*)$", re.MULTILINE)


class Type:
    """A wire type."""

    def __init__(self, macro: str, body: str) -> None:
        """Takes the text between the braces of the macro apart."""
        found = NAME.search(body)
        if found is None:
            raise ValueError(body)
        self.is_resource = macro == "resource"
        self.name = found[1]
        self.doc = " ".join(DOC.findall(body[: found.start()])) or self.name
        self.fields = [(name, python(rust), " ".join(DOC.findall(doc))) for doc, rust, name in FIELD.findall(body)]

    def parts(self) -> set[str]:
        """The names of types its fields are of."""
        return {word for _, kind, _ in self.fields for word in re.findall(r"\w+", kind)} - {self.name}

    def written(self) -> str:
        """The class."""
        odd = [field for field in self.fields if not field[0].isidentifier()]
        base = "Resource" if self.is_resource else "TypedDict"
        text = ""
        if odd:
            keys = ", ".join(f'"{name}": {kind}' for name, kind, _ in odd)
            text = f'\n\n_{self.name} = TypedDict("_{self.name}", {{{keys}}}, total=False)\n'
            base = f"_{self.name}, Resource" if self.is_resource else f"_{self.name}"
        text += f'\n\nclass {self.name}({base}, total=False):\n    """{sentence(self.doc)}"""\n'
        plain = [field for field in self.fields if field[0].isidentifier()]
        if plain:
            text += "\n"
        for name, kind, doc in plain:
            # Inside the class its own field would hide a type of the same name.
            text += f"    {name}: {'_Its' + kind if name == kind else kind}\n"
            if doc:
                text += textwrap.indent(docstring(doc), "    ")
        return text


def sentence(doc: str) -> str:
    """Rustdoc links as plain code."""
    return re.sub(r"\[(`[^`]+`)\](\([^)]*\))?", r"\1", doc)


def docstring(doc: str) -> str:
    """As lines that are not too long."""
    lines = textwrap.wrap(f'"""{sentence(doc)}"""', 116, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def python(rust: str) -> str:
    """The Python type of a Rust one."""
    rust = rust.strip().rsplit("::", 1)[-1] if "<" not in rust else rust.strip()
    if found := re.fullmatch(r"Vec<(.+)>", rust):
        return f"list[{python(found[1])}]"
    if found := re.fullmatch(r"BTreeMap<String, (.+)>", rust):
        return f"dict[str, {python(found[1])}]"
    return PLAIN.get(rust, rust)


def read() -> dict[str, Type]:
    """All wire types by name."""
    types = {}
    for path in sorted(SOURCE.glob("*.rs")):
        if path.name != "macros.rs":
            for macro, body in BLOCK.findall(path.read_text()):
                one = Type(macro, body)
                types[one.name] = one
    return types


def write() -> str:
    """The module's text."""
    types = read()
    wanted: list[str] = []

    def want(name: str) -> None:
        if name in types and name not in wanted:
            for part in sorted(types[name].parts()):
                want(part)
            wanted.append(name)

    for root in ROOTS:
        if root not in types:
            raise KeyError(root)
        want(root)
    hidden = sorted({name for each in wanted for name, kind, _ in types[each].fields if name == kind})
    aliases = "".join(f"\n_Its{name}: TypeAlias = {name}" for name in hidden)
    return HEAD + "".join(types[name].written() for name in wanted) + "\n" + aliases + "\n"


if __name__ == "__main__":
    sys.exit(made.written_or_compared(TARGET, write()))
