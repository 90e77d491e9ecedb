"""The rules beside zen-engine: in bulk, and one by one with the whole explanation.

Both start from the same relations of the same projects and must name the same rule for each.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from bench import say
from bench.registry import lines
from crm.rules.duties import attribute
from crm.rules.facts import NOTICE_DAY, Case, Ground, Readings
from crm.rules.timeline import decided
from crm.sheets.registry import COLUMNS, Registry
from crm.sheets.vocabulary import seeded_ground, seeded_vocabulary

AS_OF = date(2021, 5, 31)

# the notice as one first-match decision table over the same relations, built-in readings
ANY = ""
PIPELINE, DONE = {"completed": "false"}, {"completed": "true"}
STOCK, NEW = {**DONE, "stock": "true"}, {**DONE, "stock": "false"}
OFFICE = {"sited": "true", "attracted_office": "true"}
TABLE: tuple[tuple[str, dict[str, str]], ...] = (
    ("3.1-named-major", {"major": "true"}),
    (
        "3.3-street-move",
        {
            "moves": "true",
            "sited": "true",
            "from_other": "true",
            "attracted_office": "false",
            "books_office": "false",
        },
    ),
    ("3.1-sme-city", {**STOCK, "sme_city": "true"}),
    ("3.1-changqing", {"begun": "true", "site_changqing": "true", "books_cedes": "true"}),
    ("3.2-unsited", {**PIPELINE, "attracted_office": "true", "sited": "false"}),
    ("3.2-in-plate", {**PIPELINE, **OFFICE, "attracted_in_plate": "true"}),
    ("3.2-no-plate", {**PIPELINE, **OFFICE, "attracted_has_plate": "false"}),
    ("3.2-out-of-plate", {**PIPELINE, **OFFICE}),
    (
        "3.4-operating-place",
        {
            **STOCK,
            "above_scale": "true",
            "sited": "true",
            "counted_elsewhere": "true",
            "books_office": "false",
        },
    ),
    ("3.1-retain", {**STOCK, "sited": "true", "books_office": "true", "books_in_plate": "true"}),
    ("3.1-transfer", {**STOCK, "sited": "true", "books_office": "true", "books_has_plate": "true"}),
    ("3.2-in-plate", {**NEW, **OFFICE, "attracted_in_plate": "true"}),
    ("3.2-out-of-plate", {**NEW, **OFFICE, "attracted_has_plate": "true"}),
    ("2-street-duty", {"attracted_is_site": "true"}),
    ("2-street-duty", {"books_is_site": "true"}),
    ("none", {}),
)


def run(size: int) -> list[dict[str, Any]]:
    """Two measurements over the projects of a generated registry of this size."""
    say("deciding all projects, ours and zen-engine's")
    ground, cases = cases_of(size)
    contexts = [context(case) for case in cases]
    zen_rules, zen_bulk = zen_batch(contexts[: max(2_000, size // 20)])
    ours: list[str] = []
    bulk = rate(len(cases), lambda: ours.extend([decided(case, ground, AS_OF).rule for case in cases]))
    assert ours[: len(zen_rules)] == zen_rules, "the two tables disagree"
    few = cases[: max(2_000, size // 20)]
    explained = rate(len(few), lambda: [attribute(case, Readings(), NOTICE_DAY) for case in few])
    traced = zen_traced(contexts[: max(1_000, size // 50)])
    return [
        {
            "name": "rules in bulk, decisions a second against zen-engine's best",
            "ratio": bulk / zen_bulk,
            "limit": 10,
            "at_least": True,
            "detail": f"{bulk:,.0f}/s against {zen_bulk:,.0f}/s, {size:,} projects, "
            f"{len(set(cases)):,} distinct cases worked out once, within the time",
        },
        {
            "name": "one by one with the explanation, against zen-engine with its trace",
            "ratio": explained / traced,
            "limit": 1,
            "at_least": True,
            "detail": f"{explained:,.0f}/s against {traced:,.0f}/s",
        },
    ]


def cases_of(size: int) -> tuple[Ground, list[Case]]:
    """The ground, and the relations each project of a generated registry stands in."""
    vocabulary = seeded_vocabulary()
    ground = seeded_ground(vocabulary, Readings())
    table = ([*COLUMNS], *map(list, lines(size)))
    cases = []
    for row in Registry(vocabulary).read(table):
        begins_on = row.facts.begins_on
        assert begins_on is not None
        cases.append(ground.case(row.facts, begins_on, row.facts.completed_on, AS_OF))
    return ground, cases


def context(case: Case) -> dict[str, bool]:
    """A case as the other engine takes it."""
    return {
        "completed": case.completed,
        "stock": case.stock,
        "begun": case.begun_by_notice,
        "major": case.named_major is not None,
        "moves": case.moves,
        "from_other": case.from_other_street,
        "sited": case.sited,
        "site_changqing": case.site_is_changqing,
        "sme_city": case.in_sme_city,
        "above_scale": case.above_scale_industrial,
        "counted_elsewhere": case.counted_elsewhere,
        "attracted_office": case.attracted_by.is_office,
        "attracted_in_plate": case.attracted_by.in_plate,
        "attracted_has_plate": case.attracted_by.has_plate,
        "attracted_is_site": case.attracted_by.is_site,
        "books_office": case.books.is_office,
        "books_in_plate": case.books.in_plate,
        "books_has_plate": case.books.has_plate,
        "books_is_site": case.books.is_site,
        "books_cedes": case.books.cedes,
    }


def decision_table() -> str:
    """The table in the other engine's format."""
    fields = sorted({field for _, conditions in TABLE for field in conditions})
    rules = [
        {"_id": str(number), **{field: conditions.get(field, ANY) for field in fields}, "rule": f"'{rule}'"}
        for number, (rule, conditions) in enumerate(TABLE)
    ]
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": field, "name": field, "field": field} for field in fields],
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": rules,
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "table", "type": "decisionTableNode", "name": "table", "content": table},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]
    edges = [
        {"id": f"{source}-{target}", "sourceId": source, "targetId": target, "type": "edge"}
        for source, target in (("in", "table"), ("table", "out"))
    ]
    return json.dumps({"nodes": nodes, "edges": edges})


def zen_batch(contexts: list[dict[str, bool]]) -> tuple[list[str], float]:
    """The rule of each context, and the better rate of its two ways to decide many."""
    import zen

    content = zen.ZenDecisionContent(decision_table())
    engine = zen.ZenEngine({"loader": lambda _key: content})
    requests = [{"key": "table", "context": found} for found in contexts]
    answers: list[Any] = []
    batch = rate(len(contexts), lambda: answers.extend(engine.evaluate_batch(requests)))
    decision = zen.ZenEngine().create_decision(decision_table())
    single = rate(len(contexts), lambda: [decision.evaluate(found) for found in contexts])
    return [answer["data"]["result"]["rule"] for answer in answers], max(batch, single)


def zen_traced(contexts: list[dict[str, bool]]) -> float:
    """Its rate one by one with its trace on."""
    import zen

    decision = zen.ZenEngine().create_decision(decision_table())
    return rate(len(contexts), lambda: [decision.evaluate(found, {"trace": True}) for found in contexts])


def rate(count: int, work: Callable[[], object]) -> float:
    """How many a second."""
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)
