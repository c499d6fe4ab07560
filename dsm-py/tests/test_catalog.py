"""Dell's catalogue of update packages: read from a folder, a file, a web server; compared; verified."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import http.server
import io
import threading
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dsm
import pytest
from calls import SOON
from dsm import exceptions
from lab import RESTART, idrac, server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsm.idrac import UpdateOptions

SIGNED = Path(__file__).resolve().parents[2] / "dell-redfish" / "src" / "catalog" / "tests"
PACKAGE = b"SIMULATED PACKAGE 159 9.9.9\n" + bytes(1000)
SYSTEM = "0B54"
DOCUMENT = b'<Manifest version="1.0"/>\n'
SIGNATURE = "sha256.sign"
XML = f"""<Manifest version="26.11.00" baseLocation="mirror.example">
<SoftwareComponent path="a/Package_159_9.9.9.EXE" vendorVersion="9.9.9" packageType="LW64" size="{len(PACKAGE)}">
<Name><Display lang="en">BIOS</Display></Name><Cryptography>
<Hash algorithm="SHA256">{hashlib.sha256(PACKAGE).hexdigest()}</Hash></Cryptography>
<SupportedDevices><Device componentID="159"/></SupportedDevices><SupportedSystems><Brand>
<Model systemID="{SYSTEM}" systemIDType="BIOS"><Display lang="en">R750</Display></Model></Brand></SupportedSystems>
</SoftwareComponent></Manifest>""".encode()


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A folder as Dell's repository tool lays it out."""
    (tmp_path / "Catalog.xml.gz").write_bytes(gzip.compress(XML))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Package_159_9.9.9.EXE").write_bytes(PACKAGE)
    return tmp_path


@pytest.fixture
def address(mirror: Path) -> Iterator[str]:
    """The same on a web server."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(mirror))

        def log_message(self, *_arguments: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_mirror_is_read_and_its_packages_are_found_and_verified(mirror: Path) -> None:
    catalog = dsm.Catalog.open(mirror)
    assert (len(catalog), catalog.manifest["version"]) == (1, "26.11.00")
    (package,) = catalog.packages(SYSTEM)
    assert (package["systems"], package["package_type"], package["devices"]) == (
        [SYSTEM],
        "LW64",
        [{"component": 159, "pci": None}],
    )
    assert catalog.packages("0001") == []
    assert catalog.bundles() == []
    assert (catalog.model(SYSTEM), catalog.knows(SYSTEM), catalog.knows("0001")) == ("R750", True, False)
    file = catalog.package_file(package["path"])
    assert file == mirror / "a" / "Package_159_9.9.9.EXE"
    assert catalog.verify(package["path"], file) == "strong"
    file.write_bytes(PACKAGE + b"x")
    with pytest.raises(exceptions.InvalidInputError):
        catalog.verify(package["path"], file)
    with pytest.raises(exceptions.NotFoundError):
        catalog.package_file("../etc/passwd")


def test_a_file_and_an_address_are_read_too(mirror: Path, address: str) -> None:
    assert len(dsm.Catalog.open(mirror / "Catalog.xml.gz")) == 1
    with urllib.request.urlopen(f"{address}/Catalog.xml.gz") as answer:  # noqa: S310 - our own server
        catalog = dsm.Catalog.read(answer)
    assert len(catalog) == 1
    with pytest.raises(exceptions.InvalidInputError, match="folder"):
        catalog.package_file("a/Package_159_9.9.9.EXE")

    async def main() -> int:
        one = await dsm.Catalog.open_async(mirror)
        other = await dsm.Catalog.read_async(io.BytesIO(XML))
        verified = await one.verify_async("a/Package_159_9.9.9.EXE", mirror / "a" / "Package_159_9.9.9.EXE")
        assert verified == "strong"
        return len(one) + len(other)

    assert asyncio.run(main()) == 2


def test_what_is_no_catalogue_is_refused(mirror: Path) -> None:
    class Broken:
        def read(self, _size: int, /) -> bytes:
            raise ZeroDivisionError

    class Liar:
        def read(self, size: int, /) -> bytes:
            return bytes(size + 1)

    for bad in (io.BytesIO(b"<html/>"), io.BytesIO(XML[:-20]), io.StringIO("<Manifest/>"), Broken(), Liar()):
        with pytest.raises(exceptions.Error):
            dsm.Catalog.read(bad)  # type: ignore[arg-type]
    with pytest.raises(exceptions.InvalidInputError):
        dsm.Catalog.open(mirror / "nothing.xml")
    with pytest.raises(exceptions.InvalidInputError, match="system"):
        dsm.Catalog.open(mirror).knows("R750")
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]>' + XML
    with pytest.raises(exceptions.InvalidInputError):
        dsm.Catalog.read(io.BytesIO(bomb))


def test_a_signature_is_checked(tmp_path: Path) -> None:
    keys = dsm.Keyring((SIGNED / "key.asc").read_bytes())
    document = tmp_path / "catalog.xml"
    document.write_bytes(DOCUMENT)
    signature = (SIGNED / SIGNATURE).read_bytes()
    assert keys.verify(document, signature) in keys.fingerprints
    document.write_bytes(DOCUMENT + b" ")
    with pytest.raises(exceptions.InvalidInputError):
        keys.verify(document, signature)
    with pytest.raises(exceptions.InvalidInputError):
        dsm.Keyring(b"no key")


def test_a_catalogue_becomes_an_update(mirror: Path) -> None:
    catalog = dsm.Catalog.open(mirror)
    with server() as fleet, idrac(fleet) as line:
        assert line.firmware.system_id() == SYSTEM
        found = line.firmware.diff(catalog)
        assert found is not None
        (update,) = found["diff"]["updates"]
        assert (update["stage"], update["reboot"], found["reboot"]) == ("bios", "needed", "needed")
        assert [[each["package"]["path"] for each in step["updates"]] for step in found["steps"]] == [
            ["a/Package_159_9.9.9.EXE"]
        ]
        entry = next(each for each in line.firmware.list()["entries"] if each["Id"] == update["targets"][0]["id"])
        assert [each["version"] for each in catalog.matches(SYSTEM, entry)] == ["9.9.9"]
        path = catalog.package_file(update["package"]["path"])
        plan = line.firmware.plan_update(path=path, update=update, restart="ForceRestart")
        assert plan["host"] == "certain"
        options: UpdateOptions = {**SOON, "restart": RESTART}
        done = line.firmware.update(path=path, update=update, **options)
        assert (done["result"], done["after"][0]["version"]) == ("installed", "9.9.9")
        again = asyncio.run(compared(line, catalog))
        assert again["diff"]["updates"] == []


async def compared(line: dsm.Idrac, catalog: dsm.Catalog) -> Any:
    """The same for asyncio."""
    return await line.firmware.diff_async(catalog)
