"""What the documents say is there."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from readylb.cli import cmd_up
from readylb.cli.main import VERBS

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT, *(path for path in ROOT.glob("*/") if not path.name.startswith(".")))
DOCUMENTS = sorted(
    {path for folder in FOLDERS for depth in ("", "*/") for path in folder.glob(f"{depth}*.md")}
)
README = (ROOT / "README.md").read_text()


def test_the_readme_lists_every_command_and_no_other() -> None:
    commands = README.partition("## Commands")[2].partition("| `up` option")[0]
    assert set(re.findall(r"^\| `([a-z]+)", commands, re.MULTILINE)) == set(VERBS)


def test_the_readme_lists_every_option_of_up_and_no_other() -> None:
    parser = argparse.ArgumentParser()
    cmd_up.add_arguments(parser)
    options = {text for action in parser._actions for text in action.option_strings if text.startswith("--")}
    listed = README.partition("| `up` option")[2].partition("\n\n")[0]
    assert {*re.findall(r"`?(--[a-z][a-z-]*)", listed), "--filename", "--help"} == options


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\[[^]]*\]\(([^)#]+)\)", document.read_text())
    local = [link for link in links if not link.startswith("https://")]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_the_architecture_names_every_room() -> None:
    rooms = {path.parent.name for path in ROOT.glob("proxy/readylb/*/__init__.py")}
    listed = (ROOT / "ARCHITECTURE.md").read_text()
    assert {room for room in rooms if f"`{room}/`" not in listed} == set()
