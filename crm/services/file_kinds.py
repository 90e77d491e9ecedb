"""What kind a file is, told by its content: a closed list of what an office works with; anything else is refused."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

import puremagic

from crm.errors import Refused
from crm.messages import N_

HEAD = 4096
"""Bytes in which the marks of every kind stand."""

OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True)
class Kind:
    """A kind of file: what its content is called, how its name may end, whether a page can show it."""

    media_type: str
    endings: tuple[str, ...]
    shown: bool = False


PDF = Kind("application/pdf", (".pdf",), shown=True)
PNG = Kind("image/png", (".png",), shown=True)
JPEG = Kind("image/jpeg", (".jpg", ".jpeg"), shown=True)
GIF = Kind("image/gif", (".gif",), shown=True)
WEBP = Kind("image/webp", (".webp",), shown=True)
WORD = Kind(f"{OFFICE}wordprocessingml.document", (".docx",))
EXCEL = Kind(f"{OFFICE}spreadsheetml.sheet", (".xlsx",))
SLIDES = Kind(f"{OFFICE}presentationml.presentation", (".pptx",))
OFD = Kind("application/ofd", (".ofd",))
OLD_OFFICE = Kind("application/x-ole-storage", (".doc", ".xls", ".ppt", ".wps", ".et", ".dps"))
TEXT = Kind("text/plain", (".txt", ".csv"))

KINDS = (PDF, PNG, JPEG, GIF, WEBP, WORD, EXCEL, SLIDES, OFD, OLD_OFFICE, TEXT)
BY_TYPE = {kind.media_type: kind for kind in KINDS}

MARKED = {"application/pdf": PDF, "image/png": PNG, "image/jpeg": JPEG, "image/gif": GIF, "image/webp": WEBP}
"""Kinds known by their first bytes."""

PACKED = {"word/document.xml": WORD, "xl/workbook.xml": EXCEL, "ppt/presentation.xml": SLIDES, "OFD.xml": OFD}
"""Kinds that are archives, known by a member that each must have."""

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"


def kind_of(stream: IO[bytes], file_name: str) -> Kind:
    """The kind of a file by its content; the stream is read from its beginning and left there.

    Raises Refused for content of no known kind, with macros, and where the name says another kind than the content.
    """
    kind = _by_content(stream)
    stream.seek(0)
    if kind is None:
        raise Refused(
            N_("“%(file)s”的内容不是可接受的类型：请用PDF、图片、Word、Excel、PPT、OFD或文本"),
            field="file",
            file=file_name,
        )
    if PurePosixPath(file_name.lower()).suffix not in kind.endings:
        raise Refused(
            N_("“%(file)s”的扩展名与内容不符：内容是%(endings)s，请改正文件名后再传"),
            field="file",
            file=file_name,
            endings=" ".join(kind.endings),
        )
    return kind


def _by_content(stream: IO[bytes]) -> Kind | None:
    stream.seek(0)
    head = stream.read(HEAD)
    if head.startswith(ZIP):
        return _packed(stream)
    if head.startswith(OLE):
        return OLD_OFFICE
    try:
        named = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        named = ""
    return MARKED.get(named) or (TEXT if _is_text(head) else None)


def _packed(stream: IO[bytes]) -> Kind | None:
    # Only the list of members is read, never their content: however much they would unpack to, nothing is unpacked.
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in members):
        return None
    return next((kind for member, kind in PACKED.items() if member in members), None)


def _is_text(head: bytes) -> bool:
    if b"\x00" in head or head.lstrip()[:1] == b"<":
        # What begins like a page or a drawing could act like one somewhere.
        return False
    for encoding in ("utf-8", "gb18030"):
        # A character may be cut in two at the end of the head.
        for cut in range(4):
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return True
    return False
