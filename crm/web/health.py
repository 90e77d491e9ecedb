"""Is every part of the program alive? For monitoring; tells nobody anything else."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue

from crm.operations.vital import Signs
from crm.permissions import public

blueprint = Blueprint("health", __name__)

EXTENSION = "guishu-signs"


def init(app: Flask) -> None:
    """Gives the application a place to remember what it last said."""
    app.extensions[EXTENSION] = Signs()


@blueprint.get("/health")
@public
def show() -> ResponseReturnValue:
    """200 where every part is well, 503 where one is not: database, schema, writing, worker, disk."""
    signs: dict[str, bool] = current_app.extensions[EXTENSION].of(current_app)
    said = {part: "ok" if well else "unavailable" for part, well in signs.items()}
    well = all(signs.values())
    return jsonify({"status": "ok" if well else "unavailable", **said}), 200 if well else 503
