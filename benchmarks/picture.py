"""The ratios as a picture: horizontal bars in SVG, one group per case, the reference at 1."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from benchmarks.cases import CASES
from benchmarks.report import Rounds, ratio

_COLOURS = {
    "haproxy": "#7a8b99",
    "nginx": "#5b9a68",
    "envoy": "#b07aa1",
    "readylb": "#e08b3c",
    "readylb-compiled": "#d1495b",
}
_BAR, _GAP, _LEFT, _WIDTH, _TITLE = 14, 22, 150, 640, 20
#: Bars longer than this are cut; their figure says how long they would be.
_MOST = 4.0


def picture(results: Mapping[str, Rounds], reference: str) -> str:
    """Return an SVG of what each proxy costs against `reference`; shorter is cheaper."""
    parts: list[str] = []
    top = 34
    for name, rounds in results.items():
        parts.append(_text(8, top, CASES[name].title, "font-weight='bold'"))
        top += 8
        for proxy in rounds:
            found = ratio(rounds, proxy, reference)
            if found is not None:
                parts.append(_bar(top, proxy, found))
                top += _BAR + 2
        top += _GAP
    scale = (_WIDTH - _LEFT - 60) / _MOST
    line = (
        f"<line x1='{_LEFT + scale:.0f}' x2='{_LEFT + scale:.0f}' y1='26' y2='{top - _GAP}' stroke='#999'/>"
    )
    title = _text(8, 16, f"cost per request or connection; {reference} = 1, shorter is cheaper", "")
    return (
        "<svg xmlns='http://www.w3.org/2000/svg'"
        f" viewBox='0 0 {_WIDTH} {top}' width='{_WIDTH}' height='{top}'"
        " font-family='sans-serif' font-size='12'><rect width='100%' height='100%' fill='#fff'/>"
        f"{title}{line}{''.join(parts)}</svg>\n"
    )


def _bar(top: int, proxy: str, found: float) -> str:
    length = min(found, _MOST) * (_WIDTH - _LEFT - 60) / _MOST
    colour = _COLOURS.get(proxy, "#444")
    return (
        _text(_LEFT - 8, top + _BAR - 3, proxy, "text-anchor='end'")
        + f"<rect x='{_LEFT}' y='{top}' width='{length:.1f}' height='{_BAR}' fill='{colour}'/>"
        + _text(int(_LEFT + length + 6), top + _BAR - 3, f"{found:.2f}", "")
    )


def _text(left: int, top: int, words: str, more: str) -> str:
    return f"<text x='{left}' y='{top}' fill='#222' {more}>{escape(words)}</text>"
