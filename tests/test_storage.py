"""The storage keeps a whole file or none, under a name that says nothing, in a folder or elsewhere."""

from __future__ import annotations

import errno
import hashlib
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from crm import uploads
from crm.errors import NotFound, Refused
from crm.storage import Storage


@pytest.fixture(params=["folder", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return Storage(str(tmp_path / "files") if request.param == "folder" else f"memory://{uuid4().hex}")


def test_what_is_put_is_what_is_read(storage: Storage) -> None:
    content = b"x" * 3_000_000 + b"y"
    stored = storage.put(BytesIO(content), most=4_000_000)
    assert (stored.sha256, stored.size) == (hashlib.sha256(content).hexdigest(), len(content))
    with storage.open(stored.name) as file:
        assert file.read() == content
    assert [name for name, _ in storage.names()] == [stored.name]
    again = storage.put(BytesIO(content), most=4_000_000)
    assert again.name != stored.name
    storage.delete(stored.name)
    storage.delete(stored.name)
    assert [name for name, _ in storage.names()] == [again.name]
    with pytest.raises(NotFound):
        storage.open(stored.name)


class Broken(BytesIO):
    """Fails after its first block."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise ConnectionResetError
        return super().read(size)


@pytest.mark.parametrize(
    ("stream", "raised"),
    [
        (BytesIO(b""), Refused),
        (BytesIO(b"x" * 101), Refused),
        (Broken(b"x" * 3_000_000), ConnectionResetError),
    ],
)
def test_nothing_is_left_of_what_could_not_be_kept(
    tmp_path: Path, stream: BytesIO, raised: type[Exception]
) -> None:
    storage = Storage(str(tmp_path / "files"))
    with pytest.raises(raised):
        storage.put(stream, most=100 if raised is Refused else 10_000_000)
    assert list(storage.names()) == []
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def full(*_: object, **__: object) -> None:
    """What a full disk says."""
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_is_full_when_the_file_is_moved_into_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Storage(str(tmp_path / "files"))
    kept = storage.put(BytesIO(b"kept"), most=10)

    def half(_source: str, target: str) -> None:
        Path(target).write_bytes(b"x" * 10)
        full()

    monkeypatch.setattr("shutil.move", half)
    with pytest.raises(Refused, match="不可写"):
        storage.put(BytesIO(b"x" * 20), most=100)
    assert [name for name, _ in storage.names()] == [kept.name]


def test_a_disk_that_is_full_during_an_upload(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.replace", full)
    with app.app_context(), pytest.raises(Refused, match="No space left"):
        uploads.keep(BytesIO(b"x" * 20))
    assert list(Path(app.config["UPLOADS"]).iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(Refused, match="不可写"):
        Storage(str(tmp_path / "files")).put(BytesIO(b"x"), most=10)
