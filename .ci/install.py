"""离线安装 · Installs what this folder holds, without network: python3.11 install.py

Checks every file against SHA256SUMS, makes .venv beside itself, and installs the wheels of this folder into it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """Installs, or ends with one line that says why not."""
    refuse_other_python(json.loads((ROOT / "bundle.json").read_text(encoding="utf-8"))["python"])
    refuse_damage()
    print("校验通过，正在安装 · every file is as it was packed; installing ...", flush=True)
    programs = ROOT / ".venv" / ("Scripts" if os.name == "nt" else "bin")
    try:
        venv.create(ROOT / ".venv", clear=True, with_pip=True)
    except subprocess.CalledProcessError:
        sys.exit("缺少 venv 模块 · this Python has no venv module: apt install python3-venv")
    pip = [
        str(programs / "python"),
        "-m",
        "pip",
        "--isolated",
        "--quiet",
        "--disable-pip-version-check",
        "install",
    ]
    # No setting of this machine may send pip anywhere else than into this folder.
    alone = {name: value for name, value in os.environ.items() if not name.upper().startswith("PIP_")}
    alone["PIP_CONFIG_FILE"] = os.devnull
    here = ["--no-index", "--find-links", str(ROOT / "wheels")]
    for what in (
        ["--require-hashes", "--only-binary", ":all:", "-r", str(ROOT / "requirements.txt")],
        ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)],
    ):
        subprocess.run([*pip, *here, *what], env=alone, check=True)
    subprocess.run([str(programs / "crm"), "--help"], stdout=subprocess.DEVNULL, check=True)
    print(f"已安装。启动 · installed; to start it:\n  {programs / 'crm'} run")


def refuse_other_python(needed: str) -> None:
    """The wheels are for one version of Python."""
    found = ".".join(map(str, sys.version_info[:2]))
    if found != needed:
        sys.exit(
            f"本安装包用于 Python {needed}，当前是 {found}：请用 python{needed} install.py，或索取 {found} 的安装包 · "
            f"this bundle is for Python {needed}, not {found}: run python{needed} install.py"
        )


def refuse_damage() -> None:
    """Every file is there and has the digest that it had when the bundle was made."""
    wrong = []
    for line in (ROOT / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        file = ROOT / name
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            wrong.append(name)
    if wrong:
        sys.exit("文件缺失或已损坏，未安装 · missing or damaged, nothing installed: " + ", ".join(wrong))


if __name__ == "__main__":
    main()
