"""The steps of a transfer: the list filled in, signed and sent, sent back point by point, signed, confirmed, or ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from crm.db import transaction
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.messages import N_
from crm.models import Transfer
from crm.permissions import needs
from crm.services import handed_over, handover, transfers
from crm.services.handover_entry import Entry
from crm.services.transfer_checks import LONGEST
from crm.web.forms import actor, back, long_text, version
from crm.web.parameters import Given
from crm.web.presentation import long_day, said, unit_name
from crm.web.transfer_page import TransferPage
from crm.web.transfer_words import DONE
from crm.web.transfers import page_of

blueprint = Blueprint("transfer_steps", __name__)

FIELDS = ("section", "state", "amount", "due_on")

Answer = Redirect | tuple[str, int]


@blueprint.post("/transfers/<id:transfer>/items")
@needs("transfer:fill")
def add_item(transfer: int) -> Answer:
    """Adds a line to the list."""
    entry = _entry()
    return _taken(
        transfer,
        f"add-{entry.section}",
        lambda: handover.add_item(transfer, entry, actor=actor()),
        anchor=f"section-{entry.section}",
    )


@blueprint.post("/transfers/<id:transfer>/items/<id:item>")
@needs("transfer:fill")
def set_item(transfer: int, item: int) -> Answer:
    """Changes a line of the list."""
    entry = _entry()
    return _taken(
        transfer,
        f"item-{item}",
        lambda: handover.set_item(item, entry, version=version(), actor=actor()),
        anchor=f"item-{item}",
    )


@blueprint.post("/transfers/<id:transfer>/items/<id:item>/remove")
@needs("transfer:fill")
def remove_item(transfer: int, item: int) -> Answer:
    """Takes a line out of the list."""
    return _taken(
        transfer,
        f"item-{item}",
        lambda: handover.remove_item(item, version=version(), actor=actor()),
        anchor="list",
        done=_("已删去这一项"),
    )


@blueprint.post("/transfers/<id:transfer>/items/<id:item>/done")
@needs("transfer:fill")
def finish_item(transfer: int, item: int) -> Answer:
    """What the list left open is done by the receiving unit."""
    return _taken(
        transfer,
        f"item-{item}",
        lambda: handed_over.finish(transfer, item, actor=actor()),
        anchor=f"item-{item}",
        done=_("已记为办结"),
    )


@blueprint.post("/transfers/<id:transfer>/take-up")
@needs("transfer:fill")
def take_up(transfer: int) -> Answer:
    """The person looks after it from now on."""
    return _step(transfer, "take_up", lambda: transfers.take_up(transfer, version=version(), actor=actor()))


@blueprint.post("/transfers/<id:transfer>/send")
@needs("transfer:sign")
def send(transfer: int) -> Answer:
    """The giving unit's head signs the list and sends it."""
    return _step(transfer, "send", lambda: transfers.send(transfer, version=version(), actor=actor()))


@blueprint.post("/transfers/<id:transfer>/back")
@needs("transfer:propose")
def send_back(transfer: int) -> Answer:
    """The list goes back to the giving unit, with a remark on every line that is not right."""
    prefix = "remark_"
    remarks = {
        int(name.removeprefix(prefix)): long_text(name, LONGEST)
        for name in request.form
        if name.startswith(prefix) and name.removeprefix(prefix).isdecimal() and len(name) < 18
    }
    return _step(
        transfer,
        "back",
        lambda: transfers.send_back(
            transfer, version=version(), remarks=remarks, note=long_text("note", LONGEST), actor=actor()
        ),
    )


@blueprint.post("/transfers/<id:transfer>/sign")
@needs("transfer:sign")
def sign(transfer: int) -> Answer:
    """The receiving unit's head signs."""
    return _step(transfer, "sign", lambda: transfers.sign(transfer, version=version(), actor=actor()))


@blueprint.post("/transfers/<id:transfer>/confirm")
@needs("transfer:confirm")
def confirm(transfer: int) -> Answer:
    """The bureau confirms, with effect from the day that was shown."""

    def verb() -> Transfer:
        day = Given(request.form).day("day")
        if day is None:
            raise Refused(N_("没有读到生效日，请刷新后核对再确认"), field="day")
        return transfers.confirm(transfer, version=version(), actor=actor(), day=day)

    return _step(transfer, "confirm", verb)


@blueprint.post("/transfers/<id:transfer>/decline")
@needs("transfer:sign")
def decline(transfer: int) -> Answer:
    """Ends it without effect, with a reason."""
    note = long_text("note", LONGEST)
    return _step(
        transfer,
        "decline",
        lambda: transfers.decline(transfer, version=version(), note=note, actor=actor()),
    )


@blueprint.post("/transfers/<id:transfer>/withdraw")
@needs("transfer:propose")
def withdraw(transfer: int) -> Answer:
    """Takes it back, with a reason."""
    note = long_text("note", LONGEST)
    return _step(
        transfer,
        "withdraw",
        lambda: transfers.withdraw(transfer, version=version(), note=note, actor=actor()),
    )


def _step(transfer: int, step: str, verb: Callable[[], Transfer]) -> Answer:
    """A step of the transfer itself, and what is said after it."""
    return _taken(transfer, step, verb, anchor="")


def _taken(
    transfer: int, place: str, verb: Callable[[], object], *, anchor: str, done: str | None = None
) -> Answer:
    """Takes a step; what is refused is told beside it with what was filled in, what came too late on the page as it is."""
    try:
        with transaction():
            made = verb()
            sentence = _done(place, made) if isinstance(made, Transfer) else done
    except Refusals as refusals:
        return _again(transfer, place, list(refusals))
    except Refused as refused:
        if isinstance(refused, NotAllowed | NotFound):
            raise
        if isinstance(refused, Stale):
            return back(refused, "transfers.show", transfer=transfer)
        return _again(transfer, place, [refused])
    flash(sentence or _("已保存"), "success")
    target = url_for("transfers.show", transfer=transfer, _anchor=anchor or None)
    return redirect(target, 303)


def _again(transfer: int, place: str, refused: list[Refused]) -> Answer:
    errors: dict[str, list[str]] = {place: []}
    for one in refused:
        sentence = said(one.message, one.values)
        errors[place].append(sentence)
        errors.setdefault(f"{place}.{one.field}", []).append(sentence)
    return page_of(TransferPage.of(transfer, actor(), errors, _given())), 400


def _given() -> Mapping[str, str]:
    """What was filled in, for the form to keep."""
    return {
        name: long_text(name, LONGEST)
        for name in request.form
        if name not in ("csrf_token", "version", "files")
    } | {"files": ",".join(str(key) for key in _files())}


def _entry() -> Entry:
    given = Given(request.form)
    section, state, amount, day = (given.text(name) for name in FIELDS)
    return Entry(
        section, long_text("text", LONGEST), state, amount, day, long_text("answer", LONGEST), _files()
    )


def _files() -> tuple[int, ...]:
    chosen = request.form.getlist("files")[:200]
    return tuple(int(key) for key in chosen if key.isascii() and key.isdecimal() and len(key) < 10)


def _done(step: str, made: Transfer) -> str:
    if step == "back":
        return said(DONE["back_to_fill"], {"unit": unit_name(made.from_unit)})
    values = {"unit": unit_name(made.to_unit)}
    if made.effective_day:
        values["day"] = long_day(made.effective_day)
    return said(DONE[step], values)
