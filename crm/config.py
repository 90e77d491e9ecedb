"""Every setting of the program, each with a comment. Nothing else reads the environment."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from crm.errors import Refused
from crm.messages import N_

ROOT = Path(__file__).resolve().parent.parent


def settings(given: Mapping[str, object] | None = None) -> dict[str, object]:
    """All settings, those `given` (tests, tools) before the environment's before the built-in ones.

    Creates the instance folder and its secret key where they are missing.
    Raises Refused where the instance folder cannot be written.
    """
    given = dict(given or {})

    def chosen(name: str, otherwise: str) -> str:
        return str(given.pop(name, None) or os.environ.get(name) or otherwise)

    # GUISHU_INSTANCE: the folder of everything this installation owns (database, secret key, uploads).
    instance = Path(chosen("GUISHU_INSTANCE", str(ROOT / "instance"))).absolute()
    prepare_folder(instance)

    # DATABASE_URL: the books. Without it the real books where there are any, else the demonstration.
    url = driver_url(chosen("DATABASE_URL", f"sqlite:///{default_database(instance)}"))

    # DATABASE_OWNER_URL: the role that owns the tables and runs migrations (PostgreSQL); the program's role
    # may then neither change history nor switch its triggers off. Default: the same as DATABASE_URL.
    owner_url = driver_url(chosen("DATABASE_OWNER_URL", url))

    # HOST, PORT: where `crm run` answers. This machine alone unless told otherwise.
    host = chosen("HOST", "127.0.0.1")
    port = port_number(chosen("PORT", "8000"))

    # GUISHU_HTTPS: 1 where the site is served over HTTPS only; cookies are then never sent in the clear.
    https = chosen("GUISHU_HTTPS", "0") == "1"

    # GUISHU_PROXIES: how many proxies of our own (nginx) stand before the program and may say who asked; with 0
    # anybody could claim any address, so X-Forwarded-* is not believed.
    proxies = proxy_count(chosen("GUISHU_PROXIES", "0"))

    # GUISHU_PG_BIN: the folder of pg_dump, pg_restore and psql; without it they are looked for on PATH.
    pg_bin = chosen("GUISHU_PG_BIN", "")

    # GUISHU_SESSION_HOURS, GUISHU_IDLE_MINUTES: how long a session lasts at most, and how long without any request.
    hours = timedelta(hours=whole_number("GUISHU_SESSION_HOURS", chosen("GUISHU_SESSION_HOURS", "10")))
    idle = timedelta(minutes=whole_number("GUISHU_IDLE_MINUTES", chosen("GUISHU_IDLE_MINUTES", "60")))

    # GUISHU_FONTS: a folder of licensed fonts (方正小标宋, 仿宋_GB2312) that win over the free ones in
    # a brief.
    fonts = chosen("GUISHU_FONTS", str(instance / "fonts"))

    # GUISHU_LOG: a file for the program's own log, one JSON object a line; without it stderr.
    log = chosen("GUISHU_LOG", "")

    # GUISHU_WORKER: 0 where `crm run` starts no worker beside the server, because `crm worker` runs by itself.
    worker = chosen("GUISHU_WORKER", "1") != "0"

    # GUISHU_JOB_LEASE: seconds after which a job whose worker fell silent is taken up by another.
    lease = int(chosen("GUISHU_JOB_LEASE", "60"))
    # GUISHU_FILES: where attachments are kept: a folder, or the address of an object store that fsspec knows
    # (s3://bucket/folder, with the package it asks for installed). Never inside what the web server serves.
    files = chosen("GUISHU_FILES", str(instance / "files"))

    # GUISHU_CONTACT_KEYS: keys that telephone numbers and mail addresses are encrypted with, newest first, separated by
    # commas; without it those of the file contact_key, a line each. Several machines at the same books need the same.
    contact_keys = chosen("GUISHU_CONTACT_KEYS", "")

    # GUISHU_FILE_MB: the largest attachment, in MB.
    largest_file = int(chosen("GUISHU_FILE_MB", "20")) * 1024 * 1024

    built_in: dict[str, object] = {
        "INSTANCE": str(instance),
        "HOST": host,
        "PORT": port,
        "PROXIES": proxies,
        "PG_BIN": pg_bin,
        "WORKER": worker,
        "JOB_LEASE": lease,
        "FONTS": fonts,
        "LOG": log,
        # When requests are noted in the access log: beside them; tests say "at once" where they ask for it.
        "ACCESS_LOG": "off" if given.get("TESTING") else "beside",
        # Outlines converted once for the briefs; may be deleted at any time.
        "GLYPHS": str(instance / "glyphs"),
        # Where uploaded sheets are kept, named by their SHA-256.
        "UPLOADS": str(instance / "uploads"),
        "FILES": files,
        # Where no list of keys is given; made with the first contact that is entered.
        "CONTACT_KEY_FILE": str(instance / "contact_key"),
        "CONTACT_KEYS": contact_keys,
        "LARGEST_FILE": largest_file,
        # Signs sessions and form tokens; generated once for an installation.
        "SECRET_KEY": given.pop("SECRET_KEY", None) or secret_key(instance),
        "SQLALCHEMY_DATABASE_URI": url,
        "DATABASE_OWNER_URL": owner_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url),
        # A name of our own, so that two programs on one host do not overwrite each other's session.
        "SESSION_COOKIE_NAME": "guishu",
        # No script reads the session.
        "SESSION_COOKIE_HTTPONLY": True,
        # Another site's form does not carry it.
        "SESSION_COOKIE_SAMESITE": "Lax",
        # District networks are often plain HTTP, where a Secure cookie would never come back.
        "SESSION_COOKIE_SECURE": https,
        # A working day: who signed in this morning need not do so again before evening, however busy.
        "SESSION_ABSOLUTE": hours,
        # Who does nothing for so long has left the desk.
        "SESSION_IDLE": idle,
        # The cookie lasts a little longer than the session, so that whoever comes back is told why it is over.
        "PERMANENT_SESSION_LIFETIME": hours + timedelta(days=1),
        # Five wrong passwords within a quarter of an hour: the login waits for a quarter of an hour.
        "LOCKOUT_FAILURES": 5,
        "LOCKOUT_WITHIN": timedelta(minutes=15),
        "LOCKOUT_LASTING": timedelta(minutes=15),
        # Requests an address may send (a whole office may share one): sign-in, exports and prints, uploads, and all
        # together. Counted in the memory of each server process.
        "RATELIMIT_ENABLED": not given.get("TESTING"),
        "RATELIMIT_STORAGE_URI": "memory://",
        "RATELIMIT_HEADERS_ENABLED": True,
        "LIMIT_SIGN_IN": chosen("GUISHU_LIMIT_SIGN_IN", "30 per minute"),
        "LIMIT_EXPORTS": chosen("GUISHU_LIMIT_EXPORTS", "60 per minute"),
        "LIMIT_UPLOADS": chosen("GUISHU_LIMIT_UPLOADS", "60 per minute"),
        "LIMIT_ALL": chosen("GUISHU_LIMIT_ALL", "6000 per minute"),
        # A form may stay open as long as its session lasts.
        "WTF_CSRF_TIME_LIMIT": None,
        # Plain HTTP sends no Referer that could be compared.
        "WTF_CSRF_SSL_STRICT": https,
        # The largest upload, bytes: 100,000 projects as .xlsx are about 15 MB.
        "MAX_CONTENT_LENGTH": 64 * 1024 * 1024,
        # Static files change only with a release; their addresses carry its version.
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=30),
        # Source strings are Chinese, the language of the notices.
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "crm" / "translations"),
        # Bootstrap comes from the wheel: no page asks another host for anything.
        "BOOTSTRAP_SERVE_LOCAL": True,
    }
    return built_in | given


def real_database(instance: str | Path) -> Path:
    """The file of the real books where no other database is named."""
    return Path(instance) / "guishu.db"


def default_database(instance: Path) -> Path:
    """The database opened where none is named: the real books where they exist, else the demonstration."""
    real = real_database(instance)
    return real if real.exists() else instance / "demonstration.db"


def names_database() -> bool:
    """Was a database named, rather than left to the files of the instance folder?"""
    return bool(os.environ.get("DATABASE_URL"))


def port_number(text: str) -> int:
    """The port as a number. Raises Refused where there is no such port."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Refused(N_("PORT=%(text)s 不是端口号：请写 1 至 65535 之间的数"), text=text)
    return int(text)


def proxy_count(text: str) -> int:
    """How many proxies. Raises Refused where it is no number from 0 to 9."""
    if not (text.isascii() and text.isdecimal() and len(text) == 1):
        raise Refused(
            N_("GUISHU_PROXIES=%(text)s 不是代理的层数：没有代理写 0，前面有一层 nginx 写 1"), text=text
        )
    return int(text)


def whole_number(name: str, text: str) -> int:
    """The number a setting gives. Raises Refused where it is none, or nothing."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 100_000):
        raise Refused(N_("%(name)s=%(text)s 不是正整数"), name=name, text=text)
    return int(text)


def driver_url(url: str) -> str:
    """The address with the driver that is installed named in it, whichever way PostgreSQL was written."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def engine_options(url: str) -> dict[str, object]:
    """How connections to this database are made and kept; errors never tell values, which may be about people."""
    if url.startswith("sqlite"):
        # The driver must not begin transactions by itself: crm.db says BEGIN or BEGIN IMMEDIATE.
        return {"connect_args": {"isolation_level": None}, "hide_parameters": True}
    # A connection that the server dropped overnight is replaced before it is used.
    return {"pool_pre_ping": True, "hide_parameters": True}


def child_environment(**more: str) -> dict[str, str]:
    """The environment of a process that we start, with more in it: what no command line may show."""
    return {**os.environ, **more}


def prepare_folder(folder: Path) -> None:
    """Makes sure the folder exists and can be written; raises Refused with its path where it cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Refused(
            N_("目录 %(folder)s 不可写（%(reason)s）：请修改权限，或用 GUISHU_INSTANCE 指定另一目录"),
            folder=str(folder),
            reason=error.strerror or str(error),
        ) from error


def secret_key(instance: Path) -> str:
    """The installation's own secret, generated at first use into a file that only its owner may read."""
    return made_once(instance / "secret_key", secrets.token_hex(32))


def made_once(path: Path, content: str) -> str:
    """What the file says; where there is none yet it is made with this content, for its owner alone."""
    if not path.exists():
        # mkstemp creates with mode 0600; linking it is all or nothing when two processes start at once.
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(content)
        try:
            os.link(name, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(name)
    return path.read_text().strip()
