"""Guishu: the books of an investment-attraction district, and who every project belongs to under the
notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app(given: Mapping[str, object] | None = None) -> Flask:
    """The application; `given` settings win over the environment's. Raises Refused where it cannot start."""
    # Imported here: commands that need no web framework start without it.
    from flask import Flask

    from crm import config, extensions, logs, permissions, web
    from crm.db import init_db
    from crm.web import access_log, limits

    settings = config.settings(given)
    app = Flask(
        __name__,
        instance_path=str(settings["INSTANCE"]),
        template_folder=str(config.ROOT / "templates"),
    )
    app.config.from_mapping(settings)

    if not app.testing:
        logs.configure(str(settings["LOG"]))
    access_log.init(app)
    init_db(app)
    # First, so that a flood asks the database nothing.
    limits.init(app)
    extensions.init_login(app)
    extensions.init_csrf(app)
    extensions.init_babel(app)
    extensions.init_bootstrap(app)
    permissions.guard(app)
    web.register(app)
    return app
