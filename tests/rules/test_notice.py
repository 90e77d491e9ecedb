"""Every sentence of the notice is coded or listed as silent with a reason, word for word."""

from __future__ import annotations

import re
from pathlib import Path

from crm.rules.duties import attraction, policy_delivery, work_safety
from crm.rules.notices.silent import SILENT
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1

TEXT = (Path(__file__).parents[2] / "seeds/documents/003_888dee326bb267d1.txt").read_text(encoding="utf-8")
NOTICE = re.sub(r"\s+", "", TEXT)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def coded() -> set[str]:
    words = {clause.words for clause in WLKB_2020_1.clauses}
    words |= {(f.__doc__ or "").split("\n\n")[0] for f in (attraction, policy_delivery, work_safety)}
    return {squeezed(text) for text in words}


def test_the_words_of_every_clause_stand_in_the_notice() -> None:
    for words in coded():
        assert words in NOTICE, words


def test_coded_and_silent_passages_are_the_whole_notice() -> None:
    left = NOTICE
    for passage in sorted(
        {*coded(), *(squeezed(silence.words) for silence in SILENT)}, key=len, reverse=True
    ):
        assert passage in NOTICE, passage
        left = left.replace(passage, "\n")
    assert left.split() == [], "neither coded nor listed as silent"


def test_no_passage_is_both_coded_and_silent_and_each_silence_has_a_reason() -> None:
    for silence in SILENT:
        assert silence.reason
        assert not any(squeezed(silence.words) in words for words in coded()), silence.words
