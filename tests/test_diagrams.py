"""ARCHITECTURE.md shows the tables as they are (`python tests/diagrams.py` renews it)."""

from __future__ import annotations

from tests import diagrams


def test_the_document_shows_every_drawing_once():
    assert sorted(diagrams.names(diagrams.DOCUMENT.read_text())) == sorted(diagrams.DRAWINGS)


def test_the_drawings_are_those_of_the_tables():
    text = diagrams.DOCUMENT.read_text()
    assert diagrams.drawn(text) == text


def test_every_stage_and_failure_is_shown():
    assert "Running --> Stopping: Stop" in diagrams.container_life()
    assert "| ConnectFailed | another endpoint | another endpoint | 502 | cut |" in diagrams.retry()
