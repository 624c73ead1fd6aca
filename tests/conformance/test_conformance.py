"""Every wire-level case: RFC 9110, RFC 9112, and what published desync research has found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import uvloop
from tests.conformance.case import Case
from tests.conformance.runner import play_all
from tests.conformance.themes import THEMES

EVERY = [
    pytest.param(
        theme, case, id=f"{theme}: {case.name}", marks=pytest.mark.xdist_group(f"conformance-{theme}")
    )
    for theme, cases in THEMES.items()
    for case in cases
]
Wrong = dict[str, list[str]]


@pytest.fixture(scope="module")
def verdicts(request) -> Callable[[str], Wrong]:
    """Play the selected cases of a theme together, when the first of them is asked for."""
    played: dict[str, Wrong] = {}

    def of(theme: str) -> Wrong:
        if theme not in played:
            calls = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
            selected = [one["case"] for one in calls if one.get("theme") == theme]
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                played[theme] = runner.run(play_all(selected))
        return played[theme]

    return of


@pytest.mark.parametrize(("theme", "case"), EVERY)
def test_the_case_ends_as_its_source_says(theme: str, case: Case, verdicts: Callable[[str], Wrong]):
    assert verdicts(theme)[case.name] == [], case


def test_no_two_cases_of_a_theme_have_the_same_name():
    for theme, cases in THEMES.items():
        names = [case.name for case in cases]
        assert len(names) == len(set(names)), theme
