"""Makes one file that installs and runs the program without network: its sources, its wheels, its installer.

    .venv/bin/python .ci/bundle.py [--python 3.12] [--platform win_amd64] [--wheels FOLDER] [--to FOLDER]

The wheels are those of requirements.txt, each checked against the digests there; `--wheels` takes them from a folder
instead of the package index. The same commit and the same wheels give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from configparser import ConfigParser
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent

CONTENTS = (
    "crm/",
    "docs/",
    "migrations/",
    "seeds/",
    "templates/",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "requirements.in",
    "requirements.txt",
    "setup.cfg",
    "wsgi.py",
)
"""What the program needs to run; tests, benchmarks and tools stay behind."""

INSTALLER = ".ci/install.py"

# Wheels that ask for glibc 2.28 at most, which Debian 10 and openEuler 20.03 have.
MANYLINUX = (*(f"manylinux_2_{minor}" for minor in range(5, 29)), "manylinux2014")


def main() -> None:
    """Writes the bundle and its digest, and says where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--python", default=".".join(map(str, sys.version_info[:2])))
    parser.add_argument("--platform", default=sysconfig.get_platform().replace("-", "_").replace(".", "_"))
    parser.add_argument("--wheels", type=Path)
    parser.add_argument("--to", type=Path, default=ROOT / "dist")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder)
        download(wheels, given.python, given.platform, given.wheels)
        name = f"guishu-{version()}"
        members = contents(wheels, given.python, given.platform)
        windows = given.platform.startswith("win")
        file = given.to / (
            f"{name}-{given.platform}-py{given.python.replace('.', '')}" + (".zip" if windows else ".tar.gz")
        )
        given.to.mkdir(parents=True, exist_ok=True)
        (zipped if windows else tarred)(file, name, members)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_name(file.name + ".sha256").write_text(f"{digest}  {file.name}\n")
    print(f"{file}  {file.stat().st_size / 1e6:.0f} MB\nSHA-256 {digest}")


def version() -> str:
    """The version in setup.cfg."""
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    return settings["metadata"]["version"]


def download(folder: Path, python: str, platform: str, wheels: Path | None) -> None:
    """Fills the folder with the wheels that requirements.txt pins for this Python and platform."""
    platforms = [platform]
    if platform.startswith("linux_"):
        machine = platform.removeprefix("linux_")
        platforms = [f"{linux}_{machine}" for linux in MANYLINUX]
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"),
            *("--require-hashes", "--only-binary", ":all:", "--no-deps", "--dest", str(folder)),
            *("--python-version", python, "--requirement", str(ROOT / "requirements.txt")),
            *(part for tag in platforms for part in ("--platform", tag)),
            *(("--no-index", "--find-links", str(wheels)) if wheels else ()),
        ],
        check=True,
    )


def contents(wheels: Path, python: str, platform: str) -> dict[str, bytes]:
    """Name → bytes of everything in the bundle, with SHA256SUMS over all the rest."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = {
        name: (ROOT / name).read_bytes()
        for name in listed.stdout.split("\0")
        if name.startswith(CONTENTS) and (ROOT / name).is_file()
    }
    for catalogue in [name for name in found if name.endswith(".po")]:
        compiled = io.BytesIO()
        write_mo(compiled, read_po(io.BytesIO(found[catalogue]), locale=Path(catalogue).parts[-3]))
        found[catalogue[:-3] + ".mo"] = compiled.getvalue()
    found |= {f"wheels/{wheel.name}": wheel.read_bytes() for wheel in wheels.iterdir()}
    found["install.py"] = (ROOT / INSTALLER).read_bytes()
    found["bundle.json"] = (json.dumps({"python": python, "platform": platform}) + "\n").encode()
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(found.items()))
    return {"SHA256SUMS": sums.encode(), **dict(sorted(found.items()))}


def committed() -> int:
    """When the commit was made, seconds since 1970: the time of every file in the bundle."""
    asked = ["git", "log", "-1", "--format=%ct"]
    return int(subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def tarred(file: Path, name: str, members: dict[str, bytes]) -> None:
    """A .tar.gz that says nothing of who made it, where and when."""
    moment = committed()
    with (
        file.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member, data in members.items():
            info = tarfile.TarInfo(f"{name}/{member}")
            info.size, info.mtime, info.mode = len(data), moment, 0o644
            archive.addfile(info, io.BytesIO(data))


def zipped(file: Path, name: str, members: dict[str, bytes]) -> None:
    """The same as a .zip, which Windows opens by itself."""
    moment = datetime.fromtimestamp(committed(), UTC).timetuple()[:6]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}/{member}", moment), data, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
