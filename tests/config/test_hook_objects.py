from __future__ import annotations

import textwrap
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from readylb.config import hook_objects
from readylb.config.hook_objects import load_hook
from readylb.model.restart import PythonRestart


@pytest.fixture(autouse=True)
def ops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ops_hooks.py").write_text(
        textwrap.dedent("""\
        class Restart:
            def __init__(self, zone="a"):
                self.zone = zone
            async def restart(self, request):
                return self.zone

        class Blocking:
            def restart(self, request):
                return None

        class Nested:
            here = Restart("nested")

        async def function(request, *, hosts=()):
            return hosts

        number = 1
        """)
    )
    (tmp_path / "ops_broken.py").write_text("import a_library_that_is_not_installed\n")
    (tmp_path / "ops_exits.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hook_objects.sys, "path", [*hook_objects.sys.path])


async def test_a_folder_may_be_named_in_which_the_module_is(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "ops_below.py").write_text("async def function(request):\n    return ()\n")
    found = load_hook(PythonRestart(hook="ops_below:function", path="below"))
    assert await found()(None) == ()
    with pytest.raises(ValueError, match=r"no module named .*PYTHONPATH and .*/nowhere were searched"):
        load_hook(PythonRestart(hook="ops_elsewhere:x", path="nowhere"))


async def ask(hook: str, **settings: object) -> object:
    return await load_hook(PythonRestart(hook=hook, settings=settings))()(None)  # type: ignore[arg-type]


async def test_a_module_of_the_folder_in_which_readylb_was_started_is_found() -> None:
    assert await ask("ops_hooks:Restart") == "a"
    assert await ask("ops_hooks:Restart", zone="b") == "b"
    assert await ask("ops_hooks:Nested.here") == "nested"
    assert await ask("ops_hooks:function", hosts=("x",)) == ("x",)


@pytest.mark.parametrize(
    ("hook", "settings", "message"),
    [
        (
            "ops_missing:Restart",
            {},
            'cannot import "ops_missing": no module named "ops_missing" (PYTHON',
        ),
        ("ops_broken:x", {}, 'cannot import "ops_broken": no module named "a_library_that_is_not_installed"'),
        ("ops_exits:x", {}, 'cannot import "ops_exits": SystemExit: 3'),
        ("ops_hooks:Restrt", {}, 'module "ops_hooks" has no "Restrt" (did you mean "Restart"?)'),
        ("ops_hooks:Blocking", {}, '"ops_hooks:Blocking" must be an async function, or have an async method'),
        ("ops_hooks:number", {}, '"ops_hooks:number" must be an async function, or have an async method'),
        (
            "ops_hooks:Restart",
            {"zon": 1},
            "these settings: got an unexpected keyword argument 'zon'",
        ),
        ("ops_hooks:function", {"request": 1}, "does not take these settings: multiple values for argument"),
        ("ops_hooks:Nested.here", {"zone": "b"}, "is an object already, and takes no settings"),
        ("nobody", {}, 'no installed package offers a restart hook "nobody"'),
    ],
)
def test_what_cannot_work_is_refused(hook: str, settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        load_hook(PythonRestart(hook=hook, settings=settings))  # type: ignore[arg-type]
    assert message in str(caught.value)


async def test_a_package_may_offer_a_hook_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def offers(group: str) -> EntryPoints:
        assert group == "readylb.restart_hooks"
        found = {"zone": "ops_hooks:Restart", "gone": "ops_no:x"}
        return EntryPoints([EntryPoint(name, value, group) for name, value in found.items()])

    monkeypatch.setattr(hook_objects, "entry_points", offers)
    monkeypatch.syspath_prepend(Path.cwd())
    assert await ask("zone", zone="c") == "c"
    with pytest.raises(ValueError, match=r'restart hook "zones" \(did you mean "zone"\?\)'):
        await ask("zones")
    with pytest.raises(ValueError, match='cannot load the entry point "gone": ModuleNotFoundError'):
        await ask("gone")
