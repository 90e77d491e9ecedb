"""The English catalogue says everything the program says, with the same values in it."""

from __future__ import annotations

import gettext
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from tests.catalogue import compiled

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "crm" / "translations" / "en" / "LC_MESSAGES" / "messages.po"

MARKS = {**dict.fromkeys(("N_", "_l", "t", "translate")), "many": (1, 1)}
"""What marks a message besides gettext's own names, and where its forms are, of which Chinese has one; babel.cfg names the
command that extracts with them.
"""

CHINESE = re.compile("[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]")
PLACEHOLDER = re.compile(r"%\((\w+)\)([sd])")

QUOTES_CHINESE = re.compile("武临开办〔2020〕1号|京东方|康宁|全产业链")
"""Chinese that English messages keep: the notice's number, and the marks as a sheet must have them."""


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    """The English catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """Every message of the program and of the templates, with a place where it is said."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {**DEFAULT_KEYWORDS, **MARKS}
    found: dict[str, str] = {}
    forms: dict[str, type] = {}
    for folder in ("crm", "templates"):
        # The patterns of babel.cfg begin at the root, so the folders' names are put back.
        own = [
            (pattern.removeprefix(f"{folder}/"), method)
            for pattern, method in methods
            if pattern.startswith(folder)
        ]
        own_options = {pattern.removeprefix(f"{folder}/"): value for pattern, value in options.items()}
        for file_name, line, message, _, _ in extract_from_dir(ROOT / folder, own, own_options, keywords):
            place = f"{folder}/{file_name}:{line}"
            forms.setdefault(_forms(message)[0], type(message))
            assert forms[_forms(message)[0]] is type(message), f"{place}: said with a count and without"
            found.setdefault(_forms(message)[0], place)
    return found


def test_messages_were_found(said: dict[str, str]) -> None:
    for folder in ("crm/web", "crm/rules", "crm/services", "crm/sheets", "templates"):
        assert any(place.startswith(folder) for place in said.values()), folder


def test_every_message_has_its_english(said: dict[str, str], catalogue: Catalog) -> None:
    missing = [f"{place}: {message}" for message, place in said.items() if not _english(catalogue, message)]
    assert not missing, "not in messages.po:\n" + "\n".join(missing)


def test_the_catalogue_has_nothing_that_is_no_longer_said(said: dict[str, str], catalogue: Catalog) -> None:
    assert [source for source, _ in _messages(catalogue) if source not in said] == []
    assert not catalogue.obsolete


def test_nothing_is_fuzzy(catalogue: Catalog) -> None:
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


def test_the_placeholders_are_the_same(catalogue: Catalog) -> None:
    for message in _messages(catalogue):
        source, english = message
        assert set(PLACEHOLDER.findall(source)) == set(PLACEHOLDER.findall(english)), source
        # What is left after the placeholders is no half one.
        assert "%(" not in PLACEHOLDER.sub("", english), english


def test_sources_are_chinese_and_english_is_not(catalogue: Catalog) -> None:
    for source, english in _messages(catalogue):
        # Punctuation and values alone are Chinese by their punctuation.
        assert CHINESE.search(source), f"no Chinese: {source!r}"
        assert not CHINESE.search(QUOTES_CHINESE.sub("", english)), f"Chinese in English: {english!r}"


def test_english_ends_as_english_does(catalogue: Catalog) -> None:
    for source, english in _messages(catalogue):
        assert not set(english) & set("。，；：（）？！、"), english
        if source.endswith("。"):
            assert english[-1] in string.punctuation, f"a sentence without its full stop: {english!r}"


def test_the_compiled_catalogue_is_the_written_one(catalogue: Catalog) -> None:
    with compiled().open("rb") as file:
        spoken = gettext.GNUTranslations(file)
    for message in catalogue:
        if isinstance(message.id, tuple):
            one, many = message.id
            assert tuple(spoken.ngettext(one, many, count) for count in (1, 2)) == message.string
        elif message.id:
            assert spoken.gettext(message.id) == message.string


def _english(catalogue: Catalog, message: str) -> bool:
    found = catalogue.get(message)
    return found is not None and all(_forms(found.string))


def _messages(catalogue: Catalog) -> Iterator[tuple[str, str]]:
    for message in catalogue:
        if message.id:
            yield from ((_forms(message.id)[0], english) for english in _forms(message.string))


def _forms(said: Any) -> tuple[str, ...]:
    return said if isinstance(said, tuple) else (str(said),)
