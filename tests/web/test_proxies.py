"""X-Forwarded-* is believed from as many proxies as the setting says, and from nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import request

from crm import create_app
from crm.errors import Refused
from crm.permissions import public

CLAIMED = {
    "X-Forwarded-For": "203.0.113.9, 10.1.2.3",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "guishu.example",
}


def seen(folder: Path, proxies: int) -> str:
    """Address, scheme and host that a view sees."""
    app = create_app(
        {
            "GUISHU_INSTANCE": str(folder),
            "DATABASE_URL": f"sqlite:///{folder / 'books.db'}",
            "GUISHU_PROXIES": str(proxies),
        }
    )
    app.add_url_rule(
        "/seen", view_func=public(lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    )
    return app.test_client().get("/seen", headers=CLAIMED, environ_base={"REMOTE_ADDR": "10.9.9.9"}).text


def test_nobody_is_believed_by_default(tmp_path: Path) -> None:
    assert seen(tmp_path, 0) == "10.9.9.9 http localhost"


def test_one_proxy_says_who_asked_it_and_no_more(tmp_path: Path) -> None:
    # What stands before the last address came from outside: anybody may write anything there.
    assert seen(tmp_path, 1) == "10.1.2.3 https guishu.example"


@pytest.mark.parametrize("text", ["-1", "yes", "10", "１"])
def test_a_number_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused, match="GUISHU_PROXIES"):
        create_app({"GUISHU_INSTANCE": str(tmp_path), "GUISHU_PROXIES": text})
