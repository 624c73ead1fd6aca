"""Configuration as text, and what is said about it."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path

import pytest

from readylb.config.load import load
from readylb.errors import ConfigError

MANIFESTS = Path(__file__).parent / "manifests"


@pytest.fixture
def manifests():
    """Return the folder of tutorial manifests."""
    return MANIFESTS


@pytest.fixture
def load_text():
    """Return a function that loads a text as if it came on standard input."""

    def loaded(text, **options):
        data = text if isinstance(text, bytes) else textwrap.dedent(text).lstrip("\n").encode()
        return load(["-"], stdin=io.BytesIO(data), **options)

    return loaded


@pytest.fixture
def problems(load_text):
    """Return a function that gives the problems of a text, one string each."""

    def found(text, **options):
        with pytest.raises(ConfigError) as caught:
            load_text(text, **options)
        return str(caught.value).split("\n")

    return found


@pytest.fixture
def pod_problems(problems):
    """Return a function that gives the problems of a Pod whose container has these lines (at line 8)."""

    def found(lines, **options):
        head = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
        head += "  containers:\n  - name: a\n    command: [x]\n"
        tail = textwrap.indent(textwrap.dedent(lines).strip("\n"), "    ")
        return problems(head + tail + ("" if "image:" in lines else "\n    image: i\n"), **options)

    return found
