"""The closed list of what can be done beside the pages; crm/work/ says which function does each."""

from __future__ import annotations

from dataclasses import dataclass

from crm.messages import N_


@dataclass(frozen=True)
class Kind:
    """One kind of job. `code` is noun.verb; `sentence` is a Chinese message id."""

    code: str
    sentence: str
    most_attempts: int = 3


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("import.check", N_("核对登记表")),
        Kind("import.clear", N_("清理导入的暂存数据")),
        Kind("search.index", N_("整理项目检索"), most_attempts=5),
        Kind("attribution.rebuild", N_("全部归属重新判定"), most_attempts=5),
        Kind("batch.confirm", N_("划转批次生效"), most_attempts=5),
        Kind("day.begin", N_("每日整理"), most_attempts=5),
    )
}
