"""Two at once, in pure arithmetic: what each side changed, what is taken over, what somebody has to choose."""

from __future__ import annotations

from crm.web.versions import merge

BASE = {"name": "甲", "site_street": "cihui", "signed_on": "2021-01-01", "origin": "expansion"}


def test_each_side_keeps_what_it_alone_changed() -> None:
    theirs = BASE | {"site_street": "jinghe"}
    mine = BASE | {"name": "乙"}
    found = merge(BASE, theirs, mine)
    assert found.conflicts == ()
    assert [one.name for one in found.taken_over] == ["site_street"]
    assert [one.name for one in found.own] == ["name"]
    assert found.values == BASE | {"name": "乙", "site_street": "jinghe"}


def test_a_field_both_changed_is_in_conflict_unless_they_agree() -> None:
    found = merge(
        BASE, BASE | {"name": "丙", "origin": "relocation"}, BASE | {"name": "乙", "origin": "relocation"}
    )
    assert [(one.name, one.base, one.theirs, one.mine) for one in found.conflicts] == [
        ("name", "甲", "丙", "乙")
    ]
    assert found.own == () and found.taken_over == ()
    assert found.values["origin"] == "relocation"


def test_undoing_what_the_other_did_by_leaving_it_is_no_change() -> None:
    found = merge(BASE, BASE | {"name": "丙"}, BASE)
    assert found.conflicts == () and found.values["name"] == "丙"


def test_a_field_that_was_not_sent_is_as_it_was() -> None:
    assert merge(BASE, BASE, {"name": "乙"}).values == BASE | {"name": "乙"}
