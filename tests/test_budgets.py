"""Files and functions stay small. An exception has a reason, and the list may only shrink."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent / "proxy" / "readylb"

FILE_LINES = 400
MEDIAN_FILE_LINES = 150
FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 10

#: Path below the package -> why it may be longer than the limit, and by how much at most.
LONG_FILES: dict[str, tuple[int, str]] = {}
#: `path:function` -> the same for functions.
LONG_FUNCTIONS: dict[str, tuple[int, str]] = {}
#: The lists above may not grow beyond this; lower it when one of them shrinks.
MOST_EXCEPTIONS = 0


def files() -> dict[str, int]:
    return {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sorted(ROOT.rglob("*.py"))
    }


def functions() -> dict[str, int]:
    """Lines of each function's body without its docstring."""
    found: dict[str, int] = {}
    for path in sorted(ROOT.rglob("*.py")):
        for item in ast.walk(ast.parse(path.read_text())):
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
                has_docstring = ast.get_docstring(item, clean=False) is not None
                body = item.body[1:] if has_docstring else item.body
                lines = (item.end_lineno or 0) - body[0].lineno + 1 if body else 1
                found[f"{path.relative_to(ROOT)}:{item.name}:{item.lineno}"] = lines
    return found


def without_line(name: str) -> str:
    return name.rpartition(":")[0]


def test_no_file_is_longer_than_its_limit() -> None:
    long = {
        name: lines for name, lines in files().items() if lines > LONG_FILES.get(name, (FILE_LINES, ""))[0]
    }
    assert long == {}


def test_no_function_is_longer_than_its_limit() -> None:
    long = {
        name: lines
        for name, lines in functions().items()
        if lines > LONG_FUNCTIONS.get(without_line(name), (FUNCTION_LINES, ""))[0]
    }
    assert long == {}


def test_the_median_file_is_short() -> None:
    assert median(lines for lines in files().values() if lines > 1) <= MEDIAN_FILE_LINES


def test_the_median_function_is_short() -> None:
    assert median(functions().values()) <= MEDIAN_FUNCTION_LINES


def test_every_exception_is_needed_and_has_a_reason() -> None:
    sizes = files()
    largest: dict[str, int] = {}
    for name, lines in functions().items():
        largest[without_line(name)] = max(lines, largest.get(without_line(name), 0))
    for name, (limit, reason) in LONG_FILES.items():
        assert FILE_LINES < sizes.get(name, 0) <= limit, f"{name} fits the limit: take it off the list"
        assert reason
    for name, (limit, reason) in LONG_FUNCTIONS.items():
        assert FUNCTION_LINES < largest.get(name, 0) <= limit, f"{name} fits the limit: take it off the list"
        assert reason


def test_the_list_of_exceptions_only_shrinks() -> None:
    assert len(LONG_FILES) + len(LONG_FUNCTIONS) <= MOST_EXCEPTIONS
