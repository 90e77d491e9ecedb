"""What an import, or a process that was stopped, left to be done, for the commands that do it themselves."""

from __future__ import annotations


def catch_up() -> None:
    """Has what is decided today stand beside every project, and indexes what waits for it, in short transactions."""
    from crm import clock
    from crm.db import transaction
    from crm.services import names, search, standing

    for step in (lambda: standing.roll(clock.today()), search.index_pending, names.index_pending):
        more = True
        while more:
            with transaction():
                more = step()
