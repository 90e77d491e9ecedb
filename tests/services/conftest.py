"""People of two offices and the bureau, for tests of leads."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm import clock
from crm.models import User
from tests import build

DAY = date(2021, 6, 3)


@pytest.fixture
def staff(session: Any) -> dict[str, User]:
    """People of two offices, the bureau and the district."""
    district = build.district()
    with clock.at(DAY):
        return {
            "jd": build.user("staff", login="jd", unit=district.jd),
            "jd2": build.user("staff", login="jd2", unit=district.jd),
            "gx": build.user("staff", login="gx", unit=district.gx),
            "reviewer": build.user("reviewer", unit=district.swj),
        }
