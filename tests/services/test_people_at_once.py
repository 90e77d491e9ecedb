"""Two administrators at once: whatever they do to each other, one of them is left."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from crm import create_app
from crm.db import db, transaction
from crm.errors import Refused
from crm.services import people
from tests import build
from tests.databases import Database


def test_two_administrators_who_close_each_other(database: Database, tmp_path: Path) -> None:
    app = create_app(database.settings(tmp_path))
    with app.app_context():
        with transaction():
            one, two = (build.user("administrator", login=login).id for login in ("one", "two"))
        db.session.remove()
        db.engine.dispose()
    start, found = threading.Barrier(2), dict[int, Any]()

    def close(number: int, actor: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    people.close_user(people.for_change(number), actor=people.by_id(actor))
            except Refused as refused:
                found[number] = refused.message
            finally:
                db.session.remove()

    threads = [threading.Thread(target=close, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        left = [number for number in (one, two) if people.by_id(number).active]
        assert len(left) == 1 and list(found) == left, (left, found)
        assert "最后一名" in found[left[0]]
        db.session.remove()
        db.engine.dispose()
