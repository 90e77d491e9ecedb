"""Where attached files are: one place, a folder or an object store, behind one interface.

Files lie under random names, so that nothing can be guessed or served by accident; what a file was called, and who
may have it, only the database knows.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from flask import current_app
from fsspec.core import url_to_fs

from crm.errors import NotFound, Refused
from crm.messages import N_

BLOCK = 1 << 20


@dataclass(frozen=True)
class Stored:
    """A file that was put into the storage: its random name there, its SHA-256 and its size in bytes."""

    name: str
    sha256: str
    size: int


class Storage:
    """The storage at an address: a folder's path, or a URL that fsspec knows."""

    def __init__(self, address: str) -> None:
        self._system, self._root = url_to_fs(address)

    def put(self, stream: IO[bytes], *, most: int) -> Stored:
        """Keeps what is read, a block at a time; there is either the whole file or none.

        Raises Refused where it is empty or has more than `most` bytes, and where the storage cannot be written.
        """
        name = secrets.token_hex(16)
        digest, size = hashlib.sha256(), 0
        try:
            self._system.makedirs(self._folder(name), exist_ok=True)
            file = self._system.open(self._path(name), "wb", autocommit=False)
        except OSError as error:
            raise _unwritable(error) from error
        try:
            with file:
                while block := stream.read(BLOCK):
                    size += len(block)
                    if size > most:
                        raise Refused(
                            N_("文件超过%(most)s MB的上限：请压缩或拆分后再传"),
                            field="file",
                            most=most // 2**20,
                        )
                    digest.update(block)
                    file.write(block)
            if not size:
                raise Refused(N_("文件是空的：请检查后重传"), field="file")
            file.commit()
        except BaseException as error:
            file.discard()
            # a disk that is full leaves what went onto it
            self.delete(name)
            if isinstance(error, OSError) and not isinstance(error, ConnectionError):
                raise _unwritable(error) from error
            raise
        return Stored(name, digest.hexdigest(), size)

    def open(self, name: str) -> IO[bytes]:
        """The file with this name, to be read; raises NotFound where it is not there any more."""
        try:
            file: IO[bytes] = self._system.open(self._path(name), "rb")
        except FileNotFoundError as error:
            raise NotFound(N_("附件的内容不在存储里：请联系系统管理员")) from error
        return file

    def delete(self, name: str) -> None:
        """Takes a file away; one that is not there is no mistake."""
        if self._system.exists(self._path(name)):
            self._system.rm(self._path(name))

    def names(self) -> Iterator[tuple[str, Any]]:
        """Every file's name and the instant it was last changed."""
        if self._system.exists(self._root):
            for path, found in self._system.find(self._root, detail=True).items():
                yield path.rpartition("/")[2], found.get("mtime", found.get("LastModified"))

    def _folder(self, name: str) -> str:
        # Two letters of the name, so that no folder gets too many files.
        return f"{self._root}/{name[:2]}"

    def _path(self, name: str) -> str:
        return f"{self._folder(name)}/{name}"


def _unwritable(error: OSError) -> Refused:
    return Refused(
        N_("附件存储不可写（%(reason)s）：请联系系统管理员"),
        field="file",
        reason=error.strerror or str(error),
    )


def storage() -> Storage:
    """The storage of this installation."""
    return Storage(str(current_app.config["FILES"]))
