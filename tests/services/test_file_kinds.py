"""Kinds are told by content; what is not on the list, or is called what it is not, is refused."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from crm.errors import Refused
from crm.services.file_kinds import KINDS, kind_of

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 64
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 64


def packed(*members: str) -> bytes:
    """An archive with these members."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in members:
            archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "协议.PDF", "application/pdf"),
        (PNG, "a.png", "image/png"),
        (JPEG, "照片.jpeg", "image/jpeg"),
        (b"GIF89a" + b"\x00" * 64, "a.gif", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 64, "a.webp", "image/webp"),
        (packed("[Content_Types].xml", "word/document.xml"), "纪要.docx", "wordprocessingml.document"),
        (packed("[Content_Types].xml", "xl/workbook.xml"), "台账.xlsx", "spreadsheetml.sheet"),
        (packed("[Content_Types].xml", "ppt/presentation.xml"), "汇报.pptx", "presentationml.presentation"),
        (packed("OFD.xml", "Doc_0/Document.xml"), "公文.ofd", "application/ofd"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "旧.wps", "application/x-ole-storage"),
        ("会议纪要：到资".encode("gb18030"), "a.txt", "text/plain"),
        ("到资，1.5".encode() * 2000, "a.csv", "text/plain"),
    ],
)
def test_what_an_office_works_with(content: bytes, name: str, media_type: str) -> None:
    stream = BytesIO(content)
    kind = kind_of(stream, name)
    assert kind.media_type.endswith(media_type) and kind in KINDS
    assert stream.tell() == 0


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00" + b"\x00" * 64, "协议.pdf"),
        (b"\x7fELF\x02\x01\x01" + b"\x00" * 64, "a.txt"),
        (b"<html><script>alert(1)</script>", "a.txt"),
        (b"  <svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "a.svg"),
        (packed("a.exe"), "a.zip"),
        (packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "宏.docx"),
        (packed("[Content_Types].xml", "word/document.xml"), "纪要.xlsx"),
        (PNG, "a.pdf"),
        (PNG, "a"),
        (b"PK\x03\x04" + b"\xff" * 100, "a.docx"),
        (b"%PDF-1.7", "a.pdf.exe"),
        (b"\x00" * 100, "a.txt"),
    ],
)
def test_anything_else_is_refused(content: bytes, name: str) -> None:
    with pytest.raises(Refused) as refused:
        kind_of(BytesIO(content), name)
    assert refused.value.field == "file"
