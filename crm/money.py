"""Money is whole fen; 亿元 is how the notices and the leaders speak of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Context, Decimal

FEN_PER_YI = 10_000_000_000
"""1 亿元 is 10^8 yuan, 10^10 fen."""

FEN_PER_WAN = 1_000_000
"""1 万元 is 10^4 yuan, 10^6 fen."""

LARGEST_FEN = 2**63 - 1
"""What both databases hold in one column."""

DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
"""A plain number, with or without the short power of ten that spreadsheets write."""


def fen_from_yi(text: str) -> int:
    """Whole fen of a sum written in 亿元, such as `12.6`.

    Raises ValueError where it is no plain decimal number, negative, finer than a fen or beyond what the
    books can hold.
    """
    return _fen(text, FEN_PER_YI)


def fen_from_wan(text: str) -> int:
    """Whole fen of a sum written in 万元. Raises ValueError as fen_from_yi() does."""
    return _fen(text, FEN_PER_WAN)


def _fen(text: str, each: int) -> int:
    if not DECIMAL.fullmatch(text):
        raise ValueError(text)
    # as many digits as are written: nothing is rounded before it is judged
    fen = Context(prec=len(text) + 12).multiply(Decimal(text), Decimal(each))
    if not 0 <= fen <= LARGEST_FEN or fen != int(fen):
        raise ValueError(text)
    return int(fen)


def yi(fen: int) -> str:
    """A sum in 亿元 with two decimals and grouped thousands, half rounded up (no unit: it stands in the head)."""
    cents, rest = divmod(abs(fen), FEN_PER_YI // 100)
    cents += rest * 2 >= FEN_PER_YI // 100
    sign = "-" if fen < 0 and cents else ""
    return f"{sign}{cents // 100:,}.{cents % 100:02d}"


def wan(fen: int) -> str:
    """A sum in 万元 with grouped thousands and every digit it has (no unit: it stands beside)."""
    text = f"{Decimal(fen) / FEN_PER_WAN:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def exact_yi(fen: int) -> str:
    """A sum in 亿元 with every digit it has and no more, as the exchange format writes it."""
    text = f"{Decimal(fen) / FEN_PER_YI:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def split(fen: int, parts: Sequence[int]) -> list[int]:
    """Whole fen split in proportion to `parts`, adding up to exactly `fen`.

    What rounding leaves over goes to the largest remainders, the earlier part first where they are equal.
    Raises ValueError where a part is negative or all are zero.
    """
    whole = sum(parts)
    if whole <= 0 or min(parts) < 0:
        raise ValueError(parts)
    shares = [fen * part // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(fen * parts[i] % whole), i))
    for i in by_remainder[: fen - sum(shares)]:
        shares[i] += 1
    return shares
