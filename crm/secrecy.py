"""Telephone numbers and mail addresses at rest: encrypted with a key that is kept beside the books, not in them.

The keys are those of the setting GUISHU_CONTACT_KEYS or of the file contact_key, newest first: what is written is written
with the newest, what was written with an older one can still be read.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app

from crm import config
from crm.errors import Refused
from crm.messages import N_

KEY_MISSING = N_(
    "没有找到联系方式的密钥，账里的电话和邮箱无法读写；请系统管理员从备份找回密钥文件 contact_key，再运行 crm doctor"
)
KEY_MALFORMED = N_(
    "联系方式的密钥不是有效的密钥；请系统管理员核对设置 GUISHU_CONTACT_KEYS 或密钥文件 contact_key，再运行 crm doctor"
)
KEY_WRONG = N_(
    "这项联系方式无法解密：现在的密钥不是登记时的密钥；请系统管理员找回当时的密钥文件 contact_key，再运行 crm doctor"
)


def has_key() -> bool:
    """Is there a key, given or in the file?"""
    return bool(_texts())


def make_key() -> None:
    """Makes the file with the first key where there is no key yet."""
    if not has_key():
        config.made_once(_file(), Fernet.generate_key().decode())


def conceal(text: str) -> str:
    """The text encrypted with the newest key; "" stays "". Raises Refused where there is no usable key."""
    return _keys().encrypt(text.encode()).decode() if text else ""


def reveal(token: str) -> str:
    """The text that was encrypted. Raises Refused where no key fits; the sentence tells nothing of either."""
    if not token:
        return ""
    keys = _keys()
    try:
        return keys.decrypt(token.encode()).decode()
    except (InvalidToken, UnicodeError):
        raise Refused(KEY_WRONG) from None


def is_newest(token: str) -> bool:
    """Can the newest key alone read it? "" needs none. Raises Refused where there is no usable key."""
    if not token:
        return True
    try:
        _ring()[0].decrypt(token.encode())
    except (InvalidToken, UnicodeError):
        return False
    return True


def renewed(token: str) -> str:
    """The same text encrypted with the newest key. Raises Refused where no key fits."""
    return conceal(reveal(token))


def _keys() -> MultiFernet:
    return MultiFernet(_ring())


def _ring() -> list[Fernet]:
    texts = _texts()
    if not texts:
        raise Refused(KEY_MISSING)
    try:
        return [Fernet(text) for text in texts]
    except ValueError:
        raise Refused(KEY_MALFORMED) from None


def _texts() -> list[str]:
    given = str(current_app.config["CONTACT_KEYS"])
    if given.strip():
        return [text.strip() for text in given.split(",") if text.strip()]
    try:
        return _file().read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeError):
        raise Refused(KEY_MALFORMED) from None


def _file() -> Path:
    return Path(str(current_app.config["CONTACT_KEY_FILE"]))
