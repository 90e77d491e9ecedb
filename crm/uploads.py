"""Uploaded files: kept in the instance folder under their SHA-256, so that the same file is kept once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO

from flask import current_app

from crm.config import prepare_folder
from crm.errors import NotFound, Refused
from crm.messages import N_

BLOCK = 1 << 20


def keep(stream: IO[bytes]) -> Path:
    """Copies what is read into the uploads folder, a block at a time; returns where it is.

    Raises Refused where the folder cannot be written, or the disk is full.
    """
    folder = _folder()
    prepare_folder(folder)
    digest = hashlib.sha256()
    handle, unfinished = tempfile.mkstemp(dir=folder, prefix=".")
    try:
        with open(handle, "wb") as file:
            while block := stream.read(BLOCK):
                digest.update(block)
                file.write(block)
        kept = folder / digest.hexdigest()
        os.replace(unfinished, kept)
    except BaseException as error:
        Path(unfinished).unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, ConnectionError):
            raise Refused(
                N_("目录 %(folder)s 不可写（%(reason)s）：请修改权限，或用 GUISHU_INSTANCE 指定另一目录"),
                folder=str(folder),
                reason=error.strerror or str(error),
            ) from error
        raise
    return kept


def kept(sha256: str) -> Path:
    """Where an uploaded file is; raises NotFound where it is not on this machine any more."""
    path = _folder() / sha256
    if not path.is_file():
        raise NotFound(N_("上传的文件已不在本机；请重新上传"))
    return path


def _folder() -> Path:
    return Path(str(current_app.config["UPLOADS"]))
