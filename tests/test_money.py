"""Sums are exact: nothing is rounded on the way in."""

from __future__ import annotations

import pytest

from crm.money import LARGEST_FEN, exact_yi, fen_from_yi


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("12.6", 126_000_000_000),
        ("0", 0),
        ("1e-05", 100_000),
        (".5", 5_000_000_000),
        ("1." + "0" * 300, 10**10),
    ],
)
def test_a_plain_number_is_whole_fen(text: str, fen: int) -> None:
    assert fen_from_yi(text) == fen


def test_the_largest_sum_and_one_fen_more() -> None:
    assert fen_from_yi(exact_yi(LARGEST_FEN)) == LARGEST_FEN
    with pytest.raises(ValueError):
        fen_from_yi(exact_yi(LARGEST_FEN + 1))


WRONG = (
    "",
    "-1",
    "NaN",
    "sNaN",
    "Infinity",
    "1_000",
    "1,000",
    "１２",
    "0x1",
    "1e999999",
    "1e-999999999",
    "1 2",
)
TOO_FINE = ("1." + "0" * 40 + "1", "0.00000000001")


@pytest.mark.parametrize("text", [*WRONG, *TOO_FINE, "9" * 400])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        fen_from_yi(text)
