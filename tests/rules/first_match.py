"""The rules a second time, as the bare first-match tables of the domain notes, to hold the clauses against.

It shares no code with crm/rules: names instead of relations, tables instead of clauses.
"""

from __future__ import annotations

from datetime import date

from crm.rules.facts import Facts, Readings

NOTICE = date(2020, 4, 27)
PLATES = {
    "jd": {"changqing", "jinghe"},
    "sy": {"zoumaling"},
    "zb": {"综保区一期", "综保区二期", "zoumaling"},
    "gx": {"长青街1平方公里经济园区"},
    "lk": {"baiquan"},
    "xf": set(),
}
STREETS = {
    "wujiashan", "baiquan", "jiangjunlu", "cihui", "zoumaling", "jinghe", "changqing", "xinandu", "dongshan",
    "xingou", "jinyinhu", "changqinghuayuan",
}  # fmt: skip
RESPONSIBILITIES = (
    "attraction",
    "landing",
    "enterprise_service",
    "indicators",
    "policy_delivery",
    "work_safety",
)
Answer = tuple[str, tuple[str, ...], str, str, str | None]
"""Lead, assists, status, rule, suggestion."""


def is_office(unit: str | None) -> bool:
    return unit in PLATES


def plate(office: str, r: Readings) -> set[str]:
    places = set(PLATES[office])
    if r.R3 == "first-named" and office == "zb":
        places.discard("zoumaling")
    if r.R4 == "whole-street" and office == "gx":
        places.add("changqing")
    return places


def in_plate(office: str, f: Facts, r: Readings) -> bool:
    return f.site_street in plate(office, r) or f.site_area in plate(office, r)


def has_plate(office: str, r: Readings) -> bool:
    return bool(plate(office, r)) or r.R5 == "out-of-plate"


def begins(f: Facts) -> date:
    if f.signed_on:
        return f.signed_on
    return min(d for d in (f.construction_started_on, f.completed_on) if d)


def service(
    f: Facts, r: Readings, day: date
) -> tuple[str, str | None, str | None, str, str | None, str | None]:
    """Rule, lead, assist, status, suggestion, indicators' lead."""
    books = f.served_by or f.attracted_by
    assert books
    site, who = f.site_street, f.attracted_by
    done = f.completed_on is not None and f.completed_on <= day
    stock = f.completed_on is not None and f.completed_on <= NOTICE
    major = f.named_major in ("boe", "corning") or (f.named_major == "full_chain" and r.R2 == "marked")
    move = (
        f.origin in ("expansion", "relocation")
        and site is not None
        and f.from_street is not None
        and f.from_street != site
        and not is_office(f.attracted_by)
        and not is_office(f.served_by)
    )
    block = (
        begins(f) <= NOTICE
        and site == "changqing"
        and books in ("xingou", "dongshan")
        and (r.R10 == "as-built" or stock)
    )
    own = site is not None and site in (who, books)
    r6 = r.R6 == "site-street" and site is not None and not is_office(who or books) and not is_office(books)
    if major:
        return "3.1-named-major", "jd", None, "decided", None, "jd"
    if move:
        assist = f.from_street if r.R11 == "assists" and not done else None
        return "3.3-street-move", site, assist, "decided", None, site
    if not done:
        if block:
            return "3.1-changqing", "changqing", None, "decided", None, "changqing"
        if is_office(who):
            assert who
            if site is None:
                return "3.2-unsited", who, None, "provisional", None, who
            if in_plate(who, f, r):
                return "3.2-in-plate", who, None, "decided", None, who
            if not has_plate(who, r):
                return "3.2-no-plate", who, site, "decided", None, who
            return "3.2-out-of-plate", who, site, "decided", None, site if r.R1 == "street" else who
    else:
        if stock and f.site_area == "中小企业城":
            return "3.1-sme-city", "cihui", None, "decided", None, "cihui"
        if block:
            return "3.1-changqing", "changqing", None, "decided", None, "changqing"
        if (
            stock
            and f.above_scale_industrial
            and site
            and f.statistical_street
            and f.statistical_street != site
            and not is_office(books)
        ):
            return "3.4-operating-place", site, None, "decided", None, site
        if stock and site and is_office(books) and in_plate(books, f, r):
            return "3.1-retain", books, None, "decided", None, books
        if stock and site and is_office(books) and has_plate(books, r):
            return "3.1-transfer", site, None, "decided", None, site
        if not stock and site and who and is_office(who) and in_plate(who, f, r):
            return "3.2-in-plate", who, None, "decided", None, who
        if not stock and site and who and is_office(who) and has_plate(who, r):
            return "3.2-out-of-plate", site, None, "decided", None, site
    if own or r6:
        return "2-street-duty", site, None, "decided", None, site
    return "none", books, None, "undetermined", site, books


def answers(f: Facts, r: Readings, day: date) -> dict[str, Answer]:
    """The six responsibilities of a project on a day."""
    rule, lead, assist, status, suggestion, indicators = service(f, r, day)
    done = f.completed_on is not None and f.completed_on <= day
    assists = (assist,) if assist else ()
    found: dict[str, Answer] = {}
    if rule == "3.1-named-major":
        found["attraction"] = ("jd", (), "decided", rule, None)
    else:
        helps = not done and rule in ("3.2-no-plate", "3.2-out-of-plate") and f.site_street
        found["attraction"] = (
            f.attracted_by or f.served_by or "",
            (f.site_street,) if helps and f.site_street else (),
            "decided",
            "2-attraction",
            None,
        )
    assert lead and indicators
    if not done:
        found["landing"] = (lead, assists, status, rule, suggestion)
    found["enterprise_service"] = (lead, assists, status, rule, suggestion)
    found["indicators"] = (indicators, (), status, rule, suggestion)
    if r.R9 == "site-street" and f.site_street:
        found["policy_delivery"] = (f.site_street, (), "decided", "2-street-duty", None)
    else:
        found["policy_delivery"] = (lead, (), status, rule, suggestion)
    if f.site_street:
        office = next((u for u in (f.served_by, f.attracted_by) if is_office(u)), None)
        if rule == "3.1-named-major":
            office = "jd"
        found["work_safety"] = (f.site_street, (office,) if office else (), "decided", "2-work-safety", None)
    return found
