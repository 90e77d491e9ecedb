"""What is asked of whoever draws up a batch of transfers: every mistake of the form at once."""

from __future__ import annotations

from datetime import date

from crm import clock
from crm.errors import Refusals, Refused
from crm.messages import N_
from crm.models import BATCH_KINDS, Unit
from crm.rules.facts import NOTICE_DAY
from crm.services import successions

LONGEST = 1_000
"""Characters of a title, of a basis, of a reason."""

TOO_LONG = N_("最多%(most)s个字")


def check(kind: str, day: date | None, *, unit: Unit | None, title: str, basis: str) -> None:
    """Raises Refusals with everything wrong about what a batch is to be."""
    refused: list[Refused] = []
    if kind not in BATCH_KINDS:
        refused.append(Refused(N_("请选择批次的类别"), field="kind"))
    if day is None:
        refused.append(Refused(N_("请填写日期，如2021-05-31"), field="day"))
    elif not NOTICE_DAY <= day <= clock.today():
        message = N_("请填%(first)s至%(last)s之间的日期")
        refused.append(
            Refused(message, field="day", first=NOTICE_DAY.isoformat(), last=clock.today().isoformat())
        )
    if kind == "succession":
        if unit is None:
            refused.append(Refused(N_("请选择已有承继单位的单位"), field="unit"))
        elif unit.id not in successions.in_force(clock.today()):
            refused.append(Refused(N_("%(name)s还没有设定承继单位"), field="unit", name=unit.name))
    elif unit is not None:
        refused.append(Refused(N_("只有承继类的批次才选单位"), field="unit"))
    for name, text, message in (
        ("title", title, N_("请填写批次的名称")),
        ("basis", basis, N_("请写明依据，例如文件名、文号或会议纪要")),
    ):
        if not text.strip():
            refused.append(Refused(message, field=name))
        elif len(text) > LONGEST:
            refused.append(Refused(TOO_LONG, field=name, most=LONGEST))
    if refused:
        raise Refusals(refused)
