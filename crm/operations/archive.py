"""A backup as one file: a zip of members and a manifest that has the SHA-256 of each. It holds secrets: mode 0600."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from crm.errors import Refused
from crm.messages import N_

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK = 1 << 20
DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)
"""What reading a zip raises where its bytes are not those that were written."""


class Member(NamedTuple):
    """A file that goes into an archive: its name there, where it is, and whether packing makes it smaller."""

    name: str
    file: Path
    packs: bool


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `database` is sqlite or postgresql, `books` demonstration, real or none."""

    made_at: str
    database: str
    revision: str | None
    books: str | None
    tables: tuple[str, ...]
    versions: Mapping[str, str]
    settings: Mapping[str, object]
    members: Mapping[str, Mapping[str, Any]]


def write(file: Path, members: Iterable[Member], about: Mapping[str, object]) -> int:
    """Writes the archive beside `file` and moves it into place when it is whole; returns how many members it has.

    Raises Refused where the file exists already or cannot be written.
    """
    if file.exists():
        raise Refused(N_("%(file)s 已经存在：备份不覆盖旧文件，请换一个文件名"), file=file)
    part = file.with_name(file.name + ".part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w+b") as raw:
            count = _fill(raw, members, about)
            raw.flush()
            os.fsync(raw.fileno())
        os.replace(part, file)
    except OSError as error:
        raise cannot_write(file, error) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def cannot_write(file: Path, error: OSError) -> Refused:
    """What to say where the system does not let us."""
    return Refused(N_("无法写入 %(file)s：%(reason)s"), file=file, reason=error.strerror or str(error))


def _fill(raw: IO[bytes], members: Iterable[Member], about: Mapping[str, object]) -> int:
    written: dict[str, dict[str, object]] = {}
    with zipfile.ZipFile(raw, "w", allowZip64=True) as archive:
        for member in members:
            if not member.file.exists():
                # Swept while we were busy: no row names it.
                continue
            info = zipfile.ZipInfo(member.name)
            info.compress_type = zipfile.ZIP_DEFLATED if member.packs else zipfile.ZIP_STORED
            info.external_attr = 0o600 << 16
            digest, size = hashlib.sha256(), 0
            with open(member.file, "rb") as source, archive.open(info, "w", force_zip64=True) as target:
                while block := source.read(BLOCK):
                    digest.update(block)
                    size += len(block)
                    target.write(block)
            written[member.name] = {"sha256": digest.hexdigest(), "size": size}
        manifest = {"format": FORMAT, **about, "members": written}
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1), zipfile.ZIP_DEFLATED)
    return len(written)


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """An archive to read, and its manifest. Raises Refused where it is none of ours, or not whole."""
    try:
        archive = zipfile.ZipFile(file)
    except DAMAGED as error:
        raise Refused(N_("%(file)s 不是完整的备份文件"), file=file) from error
    with archive:
        yield archive, _manifest(file, archive)


def _manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        read = json.loads(archive.read(MANIFEST))
        version = read.pop("format")
        if version != FORMAT:
            raise Refused(
                N_("备份 %(file)s 的格式是 %(found)s，本程序只认 %(known)s：请用制作它的版本恢复"),
                file=file,
                found=version,
                known=FORMAT,
            )
        return Manifest(**read | {"tables": tuple(read["tables"])})
    except (*DAMAGED, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            N_("备份 %(file)s 已损坏，没有恢复任何内容：%(members)s"), file=file, members=MANIFEST
        ) from error


def verify(file: Path) -> Manifest:
    """The manifest of an archive every byte of which is as it was written. Raises Refused that names each member
    that is damaged, missing, or not in the manifest.
    """
    with opened(file) as (archive, manifest):
        present = set(archive.namelist()) - {MANIFEST}
        wrong = present ^ set(manifest.members)
        wrong |= {name for name in present if not is_plain(name)}
        wrong |= {
            name for name in sorted(present - wrong) if not _is_whole(archive, name, manifest.members[name])
        }
    if wrong:
        raise Refused(
            N_("备份 %(file)s 已损坏，没有恢复任何内容：%(members)s"),
            file=file,
            members=", ".join(sorted(wrong)),
        )
    return manifest


def is_plain(name: str) -> bool:
    """Does this name stay inside the folder it is unpacked into, on every system?"""
    parts = PurePosixPath(name).parts
    return bool(parts) and not any(part in ("..", "/") or "\\" in part or ":" in part for part in parts)


def unpack(archive: zipfile.ZipFile, name: str, to: Path) -> None:
    """Writes a member into a new file that only its owner may read, down to the disk."""
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as target, archive.open(name) as source:
        while block := source.read(BLOCK):
            target.write(block)
        target.flush()
        os.fsync(target.fileno())


def _is_whole(archive: zipfile.ZipFile, name: str, wanted: Mapping[str, Any]) -> bool:
    digest, size = hashlib.sha256(), 0
    try:
        with archive.open(name) as source:
            while block := source.read(BLOCK):
                digest.update(block)
                size += len(block)
    except DAMAGED:
        return False
    return (digest.hexdigest(), size) == (wanted.get("sha256"), wanted.get("size"))
