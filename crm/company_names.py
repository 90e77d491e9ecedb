"""Company names as duplicates are looked for: what two people write differently and mean alike is one key."""

from __future__ import annotations

import re
from functools import cache

from opencc import OpenCC

from crm.folding import fold

SUFFIXES = (
    "股份有限责任公司",
    "集团股份有限公司",
    "集团有限责任公司",
    "集团有限公司",
    "股份有限公司",
    "有限责任公司",
    "有限合伙企业",
    "股份公司",
    "有限公司",
    "有限合伙",
    "集团公司",
    "分公司",
    "公司",
    "集团",
    "coltd",
    "ltd",
    "inc",
)
"""Legal forms, longest first; a name may end in several."""

PLACES = ("中华人民共和国", "中国", "湖北省", "湖北", "武汉市", "武汉", "东西湖区", "东西湖", "临空港")
"""Places that a name may begin with and that tell nothing apart here, the larger first."""

_BRACKETS = re.compile(r"[()\[\]{}<>〔〕【】《》“”\"'‘’]")
_BETWEEN = re.compile(r"[\s.,,。、·・&+\-—–_/\\:;：；!?！？]")
_REMARK = re.compile(r"\((?:暂定名?|拟名?|筹|筹建)\)$")


@cache
def _simplified() -> OpenCC:
    return OpenCC("t2s")


def key(name: str) -> str:
    """The name in simplified characters and small letters, without brackets, punctuation, the legal form at its end and
    the place at its beginning. A name that is nothing else keeps what would be left out; no name gives "".
    """
    text = _REMARK.sub("", fold(_simplified().convert(fold(name))))
    text = _BETWEEN.sub("", _BRACKETS.sub("", text))
    return _without_places(_without_suffixes(text))


def _without_suffixes(text: str) -> str:
    for suffix in SUFFIXES:
        if text.endswith(suffix) and len(text) > len(suffix) + 1:
            return _without_suffixes(text.removesuffix(suffix))
    return text


def _without_places(text: str) -> str:
    for place in PLACES:
        if text.startswith(place) and len(text) > len(place) + 1:
            return _without_places(text.removeprefix(place))
    return text
