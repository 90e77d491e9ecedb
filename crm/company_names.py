"""Company names as duplicates are looked for: what two people write differently and mean alike is one key."""

from __future__ import annotations

import re
from functools import cache

from opencc import OpenCC

from crm.folding import fold


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LONGEST = 100
"""Characters of a key; names that differ after them are one."""

LEAST = 2
"""Characters that have to be left where something is left out."""

FORMS = (
    "股份有限责任公司",
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "股份公司",
    "集团公司",
    "总公司",
    "公司",
    "集团",
    "特殊普通合伙",
    "普通合伙",
    "有限合伙",
    "合伙企业",
    "个人独资企业",
    "个体工商户",
)
"""Legal forms, which a name may end in several of; a longer one stands before those that it ends in."""

BRANCHES = ("分公司", "办事处", "代表处")
"""What may end a name behind the legal form, with a place before it."""

ENGLISH_FORMS = frozenset(
    _words(
        "co coltd ltd limited inc incorporated corp corporation company llc llp plc gmbh ag sa bv nv pte pty kk group holdings"
    )
)

PROVINCES = _words(
    "河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾"
)

REGIONS = {
    "内蒙古": "自治区",
    "广西": "壮族自治区",
    "西藏": "自治区",
    "宁夏": "回族自治区",
    "新疆": "维吾尔自治区",
    "香港": "特别行政区",
    "澳门": "特别行政区",
}

CITIES = _words(
    "北京 上海 天津 重庆 武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 仙桃 潜江 天门 广州 深圳 珠海 佛山 东莞 "
    "惠州 中山 汕头 江门 杭州 宁波 温州 嘉兴 绍兴 金华 台州 湖州 南京 苏州 无锡 常州 南通 扬州 徐州 盐城 镇江 泰州 合肥 芜湖 "
    "福州 厦门 泉州 漳州 南昌 九江 赣州 济南 青岛 烟台 潍坊 临沂 淄博 威海 郑州 洛阳 南阳 信阳 开封 长沙 株洲 湘潭 岳阳 常德 衡阳 "
    "成都 绵阳 德阳 昆明 贵阳 遵义 南宁 柳州 桂林 海口 三亚 西安 宝鸡 兰州 西宁 银川 乌鲁木齐 拉萨 呼和浩特 包头 太原 大同 石家庄 "
    "唐山 保定 廊坊 沈阳 大连 长春 哈尔滨 大庆"
)

DISTRICTS = _words("江岸区 江汉区 硚口区 汉阳区 武昌区 青山区 洪山区 汉南区 蔡甸区 江夏区 黄陂区 新洲区")
"""Those of Wuhan whose bare names may be a company's own."""

HERE = _words("东西湖区 东西湖 临空港经济技术开发区 临空港经开区 临空港 经济技术开发区 经开区")

ENGLISH_PLACES = frozenset(
    _words("china prc hubei wuhan beijing shanghai guangdong shenzhen guangzhou hongkong")
)

TRADES = _words(
    "科技 技术 电子 信息 网络 软件 汽车 银行 保险 证券 投资 控股 实业 工业 贸易 商贸 发展 建设 建筑 工程 置业 地产 房地产 物流 食品 "
    "医药 生物 能源 新能源 材料 新材料 电力 电气 机械 设备 制造 钢铁 石油 化工 航空 铁路 地铁 通信 电信 移动 联通 烟草 文化 传媒 旅游 "
    "管理 服务 咨询 供应链 产业 产业园 农业 项目 中心 总部"
)
"""Words that name no company when a place is all that stands before them."""


def _one_of(words: tuple[str, ...]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_PLACE = re.compile(
    "|".join(
        (
            "中华人民共和国|中国",
            f"(?:{_one_of(PROVINCES)})省?",
            *(f"{name}(?:{more})?" for name, more in REGIONS.items()),
            f"(?:{_one_of(CITIES)})市?",
            _one_of(DISTRICTS + HERE),
        )
    )
)
_PLACES_ALONE = re.compile(f"(?:{_PLACE.pattern}|{'|'.join(ENGLISH_PLACES)})+")
_TRADES_ALONE = re.compile(f"(?:{_one_of(TRADES)})+")
_FORMS_ALONE = re.compile(f"(?:{'|'.join(FORMS)})+")
_BRANCH = re.compile(f"(?:{_PLACE.pattern})*(?:{'|'.join(BRANCHES)})$")
_REMARK = re.compile("(?:暂定|拟)名?|名称?(?:暂定|待定)|筹建?中?|筹备组?")
_BRACKETED = re.compile(r"[(\[{<〔【《〈「『](.*?)[)\]}>〕】》〉」』]")
_WORD = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")


@cache
def _simplified() -> OpenCC:
    return OpenCC("t2s")


def key(name: str) -> str:
    """The name in simplified characters and small letters, without punctuation, the legal form at its end, and the
    places that it begins with or has in brackets. A name that is nothing else keeps them; no name gives "".
    """
    # an assigned character each: half of a pair is none, and no database takes it
    printed = "".join(c for c in name[: 4 * LONGEST] if c.isprintable() or c.isspace())
    text = fold(_simplified().convert(fold(printed)))
    words = _WORD.findall(_brackets_opened(text))
    if not words:
        return "".join(text.split())[:LONGEST]
    return _without_places(_without_form(_without_english(words)))[:LONGEST]


def _brackets_opened(text: str) -> str:
    """The text with places in brackets put before it, remarks in brackets left out, and all else where it stood."""
    places: list[str] = []

    def opened(found: re.Match[str]) -> str:
        inside = "".join(found[1].split())
        if _PLACES_ALONE.fullmatch(inside):
            places.append(inside)
            return " "
        return " " if _REMARK.fullmatch(inside) else f" {inside} "

    opened_text = _BRACKETED.sub(opened, text)
    return " ".join((*places, opened_text))


def _without_english(words: list[str]) -> str:
    first, last = 0, len(words)
    while last - first > 1 and words[last - 1] in ENGLISH_FORMS:
        last -= 1
    while last - first > 1 and words[first] in ENGLISH_PLACES:
        first += 1
    return "".join(words[first:last])


def _without_form(text: str) -> str:
    if _FORMS_ALONE.fullmatch(text):
        return text
    branch = _BRANCH.search(text)
    if branch and branch.start() >= LEAST:
        return _without_form(text[: branch.start()])
    for form in FORMS:
        if text.endswith(form) and len(text) - len(form) >= LEAST:
            return _without_form(text.removesuffix(form))
    return text


def _without_places(text: str) -> str:
    found = _PLACE.match(text)
    if found is None:
        return text
    rest = text[found.end() :]
    if len(rest) < LEAST or _TRADES_ALONE.fullmatch(rest):
        return text
    return _without_places(rest)
