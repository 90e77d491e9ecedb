"""What every new day asks for, once a day: whichever worker notices first queues it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from crm import clock
from crm.db import db, transaction
from crm.messages import N_
from crm.services import (
    attachments,
    batch_signing,
    carry_overs,
    jobs,
    lead_pool,
    open_work,
    transfer_clocks,
    transfer_overtaking,
)
from crm.storage import storage
from crm.work import catching_up
from crm.work.runs import Run

AT_ONCE = 1000

LEADS_AT_ONCE = 100
"""Each is an event of its own, and the log keeps everybody else waiting meanwhile."""

TRANSFERS_AT_ONCE = 50

PROPOSALS_AT_ONCE = 10
"""Each has its handover list filled in from the books besides, and nobody else writes meanwhile."""


def begin(run: Run) -> dict[str, int]:
    """Does what is in DAILY, going on after what is done already; returns how many of them."""
    run.total = len(DAILY)
    for number, (name, function) in enumerate(DAILY):
        if number < run.done:
            continue
        run.say(name)
        function(run)
        with run.step():
            run.done = number + 1
    return {"tasks": len(DAILY)}


def queue_today() -> bool:
    """Queues the day's work where nobody has yet; whether it did. Real days, whatever day the books stand on."""
    key = f"daily:{clock.shanghai(clock.real_now()).date()}"
    if jobs.was_queued(key):
        return False
    with transaction():
        jobs.enqueue("day.begin", key=key, actor=None)
    return True


def enter_expired_leads(run: Run) -> None:
    """Enters the leads into the common pool whose protection is over."""
    catching_up.to_the_end(run, lambda: lead_pool.enter_expired(LEADS_AT_ONCE) == LEADS_AT_ONCE)


def overtake_transfers(run: Run) -> None:
    """Ends the transfers that lost their ground with the new day, and has others signed anew."""
    _by_id(run, lambda after: transfer_overtaking.overtake_some(after=after, most=TRANSFERS_AT_ONCE))


def send_on_batches(run: Run) -> None:
    """Batches whose last missing unit gave way to one that has signed wait for the bureau."""
    with run.step():
        batch_signing.go_on()


def correct_carry_overs(run: Run) -> None:
    """What was carried over of projects whose facts were corrected by an import, or whose rules changed, is set right."""
    _by_id(run, lambda after: carry_overs.correct_some(after=after, most=TRANSFERS_AT_ONCE))


def propose_transfers(run: Run) -> None:
    """Proposes the transfers that nobody proposed in time."""
    _by_id(run, lambda after: transfer_clocks.propose_overdue(after=after, most=PROPOSALS_AT_ONCE))


def release_work(run: Run) -> None:
    """Has no work of a unit look to somebody whose post in it ended with the new day."""
    with run.step():
        open_work.release(clock.today())


def clear_jobs(run: Run) -> None:
    """Forgets the jobs that ended long ago."""
    catching_up.to_the_end(run, lambda: jobs.clear(AT_ONCE) == AT_ONCE)


def sweep_files(run: Run) -> None:
    """Deletes files that an upload left behind which was cut off."""
    with run.step():
        attachments.sweep(storage())


def take_stock(run: Run) -> None:
    """Has SQLite look how its tables have grown, so that it goes on choosing the right index; PostgreSQL does so itself."""
    with run.step():
        if db.session.get_bind().dialect.name == "sqlite":
            # a look at some rows of each index is enough, and takes milliseconds of the write lock
            db.session.execute(text("PRAGMA analysis_limit = 1000"))
            db.session.execute(text("ANALYZE"))


def _by_id(run: Run, part: Callable[[int], int | None]) -> None:
    """Does parts one after the other: each takes the id after which it begins and gives the next one's."""
    after: int | None = 0
    while after is not None:
        with run.step():
            after = part(after)


def _left(step: catching_up.Step) -> Callable[[Run], None]:
    return lambda run: catching_up.to_the_end(run, step)


DAILY: tuple[tuple[str, Callable[[Run], None]], ...] = (
    *((name, _left(step)) for name, step in catching_up.LEFT),
    (N_("保护期满的线索进入公共池"), enter_expired_leads),
    (N_("终止事实已变的划转"), overtake_transfers),
    (N_("把各单位都已签署的批次送商务局"), send_on_batches),
    (N_("提出到期未提的划转"), propose_transfers),
    (N_("更正事实已变的结转"), correct_carry_overs),
    (N_("放下已离开单位的人承办的工作"), release_work),
    (N_("清理九十天前的任务记录"), clear_jobs),
    (N_("清理未传完的附件"), sweep_files),
    (N_("整理数据库统计"), take_stock),
)
"""What it is called, and the function that does it in steps of its own."""
