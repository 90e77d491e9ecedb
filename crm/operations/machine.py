"""Checks of the machine and of the folder of this installation."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from crm import running
from crm.messages import N_, TRANSLATIONS
from crm.operations.findings import Finding, remark, wrong

OLDEST_PYTHON = (3, 11)
DISK_FLOOR = 512 * 2**20
"""Bytes: below this nothing more can be relied on to be written."""

DISK_LOW = 4 * DISK_FLOOR
SHANGHAI = 8 * 3600
"""Seconds east of Greenwich."""


def python(_app: Flask) -> Iterator[Finding]:
    """Is this Python new enough?"""
    if sys.version_info < OLDEST_PYTHON:
        yield wrong(
            N_("Python 是 %(found)s"),
            N_("安装 Python 3.11 或更高版本，重新运行 make install"),
            found=".".join(map(str, sys.version_info[:3])),
        )


def disk_free(app: Flask) -> int:
    """Bytes that are free where the installation's files are."""
    return shutil.disk_usage(str(app.config["INSTANCE"])).free


def disk(app: Flask) -> Iterator[Finding]:
    """Is there room to write?"""
    free = disk_free(app)
    if free < DISK_LOW:
        found = wrong if free < DISK_FLOOR else remark
        yield found(
            N_("%(folder)s 所在磁盘只剩 %(free)s MB"),
            N_("清理磁盘或扩容；旧备份可移到别处"),
            folder=app.config["INSTANCE"],
            free=free // 2**20,
        )


def folder(app: Flask) -> Iterator[Finding]:
    """Does the instance folder belong to us, and to nobody else?"""
    path = Path(str(app.config["INSTANCE"]))
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield wrong(
            N_("目录 %(folder)s 不可写"), N_("把它交给运行本程序的用户：chown -R 用户 目录"), folder=path
        )
    if os.name == "nt":
        return
    state = path.stat()
    if state.st_uid != os.geteuid():
        yield remark(
            N_("目录 %(folder)s 属于另一用户（%(owner)s）"),
            N_("用运行网站的那个用户执行 crm 命令，例如 sudo -u guishu crm doctor"),
            folder=path,
            owner=state.st_uid,
        )
    if state.st_mode & 0o007:
        yield remark(N_("本机其他用户可以进入目录 %(folder)s"), N_("收紧权限：chmod 750 目录"), folder=path)


def secret_key(app: Flask) -> Iterator[Finding]:
    """May nobody else read the key that signs the sessions?"""
    path = Path(str(app.config["INSTANCE"])) / "secret_key"
    if os.name != "nt" and path.exists() and path.stat().st_mode & 0o077:
        yield wrong(
            N_("其他用户可以读取密钥 %(file)s"),
            N_("收紧权限：chmod 600 文件；若可能已泄露，删除它再启动，所有人须重新登录"),
            file=path,
        )


def fonts(app: Flask) -> Iterator[Finding]:
    """Can a brief be set?"""
    package = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    folders = list(package.submodule_search_locations or ()) if package else []
    if not any(Path(place).rglob("*.[ot]tf") for place in folders):
        yield wrong(N_("没有随程序安装的中文字体"), N_("重新安装依赖：make install 或 python install.py"))
    own = Path(str(app.config["FONTS"]))
    if own.is_dir() and not any(path.suffix.lower() in (".ttf", ".otf", ".ttc") for path in own.rglob("*")):
        yield remark(
            N_("字体目录 %(folder)s 里没有字体"),
            N_("放入方正小标宋、仿宋_GB2312 等字体文件（ttf、otf、ttc），或删除该目录"),
            folder=own,
        )


def time_zone(_app: Flask) -> Iterator[Finding]:
    """Is the machine's clock that of the district?"""
    if time.localtime().tm_gmtoff != SHANGHAI:
        yield remark(
            N_("本机时区是 %(zone)s，日志和备份的时间与北京时间不同；账里的日期不受影响"),
            N_("设为北京时间：timedatectl set-timezone Asia/Shanghai"),
            zone=time.strftime("UTC%z"),
        )


def translations(_app: Flask) -> Iterator[Finding]:
    """Is the English catalogue there, and of these sentences?"""
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists():
            yield wrong(
                N_("译文未编译：%(file)s，英文页面会显示中文"), N_("运行 make install"), file=compiled
            )
        elif compiled.stat().st_mtime < source.stat().st_mtime:
            yield remark(N_("译文 %(file)s 比源文件旧"), N_("运行 make install"), file=compiled)


def port(app: Flask) -> Iterator[Finding]:
    """Is the port ours, or free?"""
    host, number = str(app.config["HOST"]), int(app.config["PORT"])
    if running.is_served(app.config["INSTANCE"]):
        # It is our own server that has it.
        return
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        yield wrong(
            N_("%(host)s 的端口 %(port)s 不可用（%(reason)s）"),
            N_("换一个端口（PORT=8001），或停止占用它的程序"),
            host=host,
            port=number,
            reason=error.strerror or str(error),
        )
