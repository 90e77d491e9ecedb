"""Which role may do what at all: the closed list of permissions."""

from __future__ import annotations

from crm.models import ROLES

UNITS = frozenset({"staff", "unit_head"})
BUREAU = frozenset({"reviewer", "bureau_head"})
LEADERS = frozenset({"leader", "working_group"})
READERS = UNITS | BUREAU | LEADERS
"""Everybody who works with projects. Leader and working group read, and later sign and decide appeals."""

ADMINISTRATOR = frozenset({"administrator"})
"""Accounts and technical settings: decides nothing and sees no project."""

AUDITOR = frozenset({"auditor"})
"""Reads logs and nothing else."""

GRANTED_TO: dict[str, frozenset[str]] = {
    "project:read": READERS,
    "project:edit": UNITS | BUREAU,
    "project:export": READERS,
    "project:import": BUREAU,
    "unit:read": READERS,
    "project:register": BUREAU,
    "project:mark": BUREAU,
    "attachment:read": READERS,
    "attachment:add": UNITS | BUREAU,
    "lead:read": READERS,
    "lead:log": UNITS,
    "lead:edit": UNITS,
    "lead:progress": UNITS,
    "lead:claim": UNITS,
    "lead:reassign": UNITS,
    "lead:sign": UNITS,
    "lead:triage": BUREAU,
    "lead:export": READERS,
    "company:read": READERS,
    "company:edit": UNITS | BUREAU,
    "company:export": READERS,
    "contact:read": UNITS | BUREAU,
    "contact:edit": UNITS,
    "credit:read": READERS,
    "credit:decide": BUREAU,
    "transfer:read": READERS,
    "transfer:propose": UNITS | BUREAU,
    "transfer:fill": UNITS,
    "transfer:sign": frozenset({"unit_head"}),
    "transfer:confirm": BUREAU,
    "transfer:export": READERS,
    "batch:draw-up": frozenset({"reviewer"}),
    "batch:confirm": frozenset({"bureau_head"}),
    "month:close": frozenset({"bureau_head"}),
    "announcement:read": BUREAU,
    "setting:read": READERS | ADMINISTRATOR,
    "brief:read": READERS,
    "brief:print": READERS,
    "rulebook:read": READERS | ADMINISTRATOR,
    "rule:read": BUREAU | LEADERS,
    "rule:propose": frozenset({"reviewer"}),
    "rule:confirm": frozenset({"bureau_head"}),
    "people:read": ADMINISTRATOR,
    "people:manage": ADMINISTRATOR,
    "system:read": ADMINISTRATOR,
    "log:read": AUDITOR,
    "log:export": AUDITOR,
    "job:read": READERS | ADMINISTRATOR,
    "job:manage": ADMINISTRATOR,
}
"""Each permission, noun:verb in the words of the addresses, with the roles that have it: a line for each, and no other."""

OWN = frozenset(
    {
        "project:edit",
        "attachment:read",
        "attachment:add",
        "lead:edit",
        "lead:progress",
        "lead:reassign",
        "lead:sign",
        "contact:read",
        "contact:edit",
    }
)
"""Permissions that a unit's people have for the projects and leads of their own unit alone."""

JOINT = frozenset({"attachment:read", "attachment:add", "lead:progress", "contact:read", "contact:edit"})
"""Those of them that they have for the leads, too, on which their unit works with the one that has them."""

PERMISSIONS = tuple(GRANTED_TO)
GRANTED = {role: frozenset(one for one in PERMISSIONS if role in GRANTED_TO[one]) for role in ROLES}
"""Role → what it may do at all."""

OWN_ONLY = dict.fromkeys(UNITS, OWN)
"""Role → those of its permissions that hold for the records of its own unit alone."""
