"""What a contact's fields must be like, and what everybody sees of telephone and mail."""

from __future__ import annotations

import re
import unicodedata

from crm.errors import Refusals, Refused
from crm.messages import N_

LONGEST = {"name": 60, "position": 60, "phone": 40, "mail": 254}

HIDDEN = "****"

_PHONE = re.compile(r"\+?\d[\d -]*\d(?: ?(?:转|分机|x|ext\.?) ?\d{1,6})?")
_DIGITS = range(5, 27)
_MAIL = re.compile(r"[^@\s,;<>]+@(?:[^@\s.,;<>-][^@\s.,;<>]*\.)+[^@\s.,;<>\d-][^@\s.,;<>]*")


def masked(kind: str, text: str) -> str:
    """A telephone number or mail address (`kind`) as everybody sees it: 138****5678, l****@example.com.

    As many stars whatever is hidden, so that they tell no length; a short number shows nothing, of an extension
    nothing is shown.
    """
    if not text:
        return ""
    if kind == "mail":
        before, _, domain = text.rpartition("@")
        return f"{before[0] if len(before) > 2 else ''}{HIDDEN}@{domain}"
    main = re.match(r"[+\d -]*", text)
    digits = re.sub(r"\D", "", main.group() if main else "")
    if text.startswith("+86"):
        digits = digits.removeprefix("86")
    if len(digits) >= 11:
        return f"{digits[:3]}{HIDDEN}{digits[-4:]}"
    return f"{HIDDEN}{digits[-2:]}" if len(digits) >= 7 else HIDDEN


def checked(**values: str) -> dict[str, str]:
    """The fields as they are kept; raises Refused or Refusals with every field that is wrong."""
    found: list[Refused] = []
    kept = {}
    for kind, text in values.items():
        try:
            kept[kind] = _field(kind, text)
        except Refused as problem:
            found.append(problem)
    if len(found) == 1:
        raise found[0]
    if found:
        raise Refusals(found)
    return kept


def _field(kind: str, text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in text)
    value = " ".join((unicodedata.normalize("NFKC", plain) if kind in ("phone", "mail") else plain).split())
    if kind == "name" and not value:
        raise Refused(N_("请填写联系人姓名"), field=kind)
    if len(value) > LONGEST[kind]:
        raise Refused(N_("最多%(most)s个字符"), field=kind, most=LONGEST[kind])
    if value and kind == "phone":
        value = _phone(value)
    if value and kind == "mail" and not _MAIL.fullmatch(value):
        raise Refused(N_("邮箱要有@和域名，例如 name@example.com"), field=kind)
    return value


def _phone(text: str) -> str:
    # dashes as people and word processors write them, and the brackets of an area code
    value = re.sub(r"[‐‑‒–—―−]", "-", text.lower())
    value = re.sub(r"^\((\d+)\) ?-?", r"\1-", value)
    count = sum(c.isdigit() for c in value)
    if not (value.isascii() or "转" in value or "分机" in value) or not _PHONE.fullmatch(value):
        raise Refused(N_("电话只能有数字、空格、横线、开头的+和“转”后的分机号"), field="phone")
    if count not in _DIGITS:
        raise Refused(N_("电话号码的位数不对"), field="phone")
    return value
