"""What belongs to an installation besides its database, and where the settings say that it is.

All else in the instance folder can be made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from crm.operations.archive import Member

FILES = ("secret_key", "contact_key", "demonstration-accounts.txt")
"""Files of the instance folder, by name."""

FOLDERS = {"uploads": "UPLOADS", "files": "FILES", "fonts": "FONTS"}
"""Folder in an archive → the setting that says where it is."""

PACKED = frozenset({".xlsx", ".zip", ".pdf", ".jpg", ".jpeg", ".png", ".docx"})
"""Packing these again would only cost time."""


def members(settings: Mapping[str, object]) -> Iterator[Member]:
    """Everything there is, secrets among it; unfinished files begin with a dot and are left out."""
    for name in FILES:
        file = of(settings, name)
        if file and file.is_file():
            yield Member(name, file, True)
    for name in FOLDERS:
        folder = _folder(settings, name)
        for path in sorted(folder.rglob("*")) if folder else ():
            inside = path.relative_to(folder) if folder else path
            if path.is_file() and not any(part.startswith(".") for part in inside.parts):
                yield Member(f"{name}/{inside.as_posix()}", path, path.suffix.lower() not in PACKED)


def of(settings: Mapping[str, object], name: str) -> Path | None:
    """Where the member of an archive with this name belongs; none for what is no file of the installation."""
    if name in FILES:
        return Path(str(settings["INSTANCE"])) / name
    top, slash, rest = name.partition("/")
    folder = _folder(settings, top) if slash else None
    return folder / rest if folder else None


def elsewhere(settings: Mapping[str, object]) -> list[str]:
    """The addresses of folders that are no folders of this machine: whoever keeps those backs them up."""
    return [
        str(settings[setting]) for setting in FOLDERS.values() if "://" in str(settings.get(setting) or "")
    ]


def _folder(settings: Mapping[str, object], name: str) -> Path | None:
    address = str(settings.get(FOLDERS.get(name, "")) or "")
    return Path(address) if address and "://" not in address else None
