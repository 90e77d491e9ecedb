"""The bundle: made twice the same, tells nothing of the machine, installs and answers where there is no network."""

from __future__ import annotations

import hashlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest

from tests.processes import free_port
from tests.test_architecture import MACHINE, QUOTED

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / ".ci" / "bundle.py"

CUT_OFF = ("unshare", "--map-root-user", "--net")
"""What gives a process a network of its own, with nothing in it."""

TRIAL = """
import fcntl, os, socket, struct, subprocess, sys, time, urllib.request

port, cut_off = sys.argv[1], sys.argv[2] == "cut off"
if cut_off:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        # SIOCSIFFLAGS: the loopback device of a new network is down.
        fcntl.ioctl(asked, 0x8914, struct.pack("16sh", b"lo", 1))
    try:
        socket.create_connection(("192.0.2.1", 80), 2)
    except OSError:
        pass
    else:
        sys.exit("this network is not cut off")
subprocess.run([sys.executable, "install.py"], check=True)
server = subprocess.Popen([".venv/bin/crm", "run"], env=os.environ | {"PORT": port})
try:
    for _ in range(300):
        if server.poll() is not None:
            sys.exit("the server ended")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5) as page:
                print("page:", page.status, "登录" in page.read().decode())
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/css/tokens.css", timeout=5) as page:
                print("style:", page.status)
            break
        except OSError:
            time.sleep(0.3)
finally:
    server.terminate()
    server.wait(30)
"""


def wheels() -> Path:
    """A folder with the wheels that requirements.txt pins, fetched once for each state of that file."""
    pinned = ROOT / "requirements.txt"
    folder = ROOT / "build" / "wheels" / hashlib.sha256(pinned.read_bytes()).hexdigest()[:16]
    if not folder.exists():
        partial = folder.with_name(folder.name + ".part")
        shutil.rmtree(partial, ignore_errors=True)
        # by the bundle's own way, which asks for wheels that older systems take as well
        partial.mkdir(parents=True)
        download = runpy.run_path(str(BUNDLE))["download"]
        python = ".".join(map(str, sys.version_info[:2]))
        download(partial, python, sysconfig.get_platform().replace("-", "_"), None)
        partial.rename(folder)
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one file."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, str(BUNDLE), "--wheels", str(wheels()), "--to", str(folder)], cwd=ROOT, check=True
    )
    (file,) = folder.glob("guishu-*.tar.gz")
    return file


@pytest.fixture(scope="module")
def unpacked(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in it."""
    return unpack(bundle, tmp_path_factory.mktemp("unpacked"))


def unpack(bundle: Path, folder: Path) -> Path:
    """Unpacks the one file there; returns the folder that was in it."""
    with tarfile.open(bundle) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = folder.iterdir()
    return unpacked


def test_the_same_commit_gives_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(BUNDLE), "--wheels", str(wheels()), "--to", str(tmp_path)], cwd=ROOT, check=True
    )
    (again,) = tmp_path.glob("guishu-*.tar.gz")
    digest = hashlib.sha256(again.read_bytes()).hexdigest()
    assert digest == hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert bundle.with_name(bundle.name + ".sha256").read_text() == f"{digest}  {bundle.name}\n"


def test_nothing_of_this_machine_is_in_it(bundle: Path) -> None:
    settings = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    own = {str(ROOT), str(Path.home()) + "/", *re.findall(r"(?:https?|file)://[^\s'\"]+", settings)} - {"//"}
    found = []
    with tarfile.open(bundle) as archive:
        for member in archive:
            assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
            name = member.name.partition("/")[2]
            # Wheels are as they were published: their digests are checked. So are the documents in seeds.
            if name.startswith(("wheels/", *QUOTED)):
                continue
            file = archive.extractfile(member)
            assert file is not None
            text = file.read().decode("utf-8", "replace")
            if MACHINE.search(text) or any(word in text for word in own):
                found.append(name)
    assert not found


def test_it_installs_and_answers_without_network(unpacked: Path) -> None:
    cut_off = subprocess.run([*CUT_OFF, "true"], capture_output=True).returncode == 0
    # Where no network of one's own may be made, whatever asks for one is sent to a port where nobody answers.
    nowhere = "http://127.0.0.1:9"
    result = subprocess.run(
        [
            *(CUT_OFF if cut_off else ()),
            *(sys.executable, "-c", TRIAL, str(free_port()), "cut off" if cut_off else ""),
        ],
        cwd=unpacked,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(unpacked),
            "LANG": "C.UTF-8",
            **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), nowhere),
            "no_proxy": "127.0.0.1",
        },
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "page: 200 True" in result.stdout and "style: 200" in result.stdout
    assert (unpacked / "instance" / "demonstration.db").exists()


@pytest.mark.parametrize("name", ["crm/db.py", "requirements.txt", "wheels/flask-3.1.3-py3-none-any.whl"])
def test_damage_is_named_and_nothing_is_installed(bundle: Path, tmp_path: Path, name: str) -> None:
    folder = unpack(bundle, tmp_path)
    file = next(folder.glob(name.replace("3.1.3", "*")))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    result = subprocess.run([sys.executable, "install.py"], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.strip().endswith(str(file.relative_to(folder)))
    assert not (folder / ".venv").exists()


def test_another_python_is_told_which_one(bundle: Path, tmp_path: Path) -> None:
    folder = unpack(bundle, tmp_path)
    (folder / "bundle.json").write_text('{"python": "3.99"}')
    result = subprocess.run([sys.executable, "install.py"], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 1
    assert "python3.99 install.py" in result.stderr
