"""统一社会信用代码: what is a valid one."""

from __future__ import annotations

import re
import unicodedata

PATTERN = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
"""GB 32100-2015: authority and kind, of which rural collectives have N2, region, organisation, check character."""


LETTERS = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
"""The characters of a code: I, O, S, V and Z are left out, being like others."""


def check_character(code: str) -> str:
    """What the last character of a code has to be, by those before it."""
    from stdnum.cn.uscc import calc_check_digit

    return str(calc_check_digit(code[:17]))


def credit_code(text: str) -> str | None:
    """The code that a text names, its check character right; none where it names none.

    Full-width and lower-case characters are how it is often typed, not another code.
    """
    code = unicodedata.normalize("NFKC", text).upper()
    return code if PATTERN.fullmatch(code) and code[-1] == check_character(code) else None
