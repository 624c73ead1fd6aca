from __future__ import annotations

from typing import Any

from readylb.cli.table_printer import TableOptions, TablePrinter
from readylb.core.api_resources import DEPLOYMENTS, SERVICES


def column(name: str, *, wide: bool = False, form: str = "") -> dict[str, Any]:
    return {"name": name, "format": form, "priority": int(wide)}


TABLE = {
    "columnDefinitions": [column("Name", form="name"), column("External-IP"), column("Selector", wide=True)],
    "rows": [
        {
            "cells": ["web", "2001:db8::1234:5678:9abc", "a=b"],
            "object": {"metadata": {"namespace": "default"}},
        }
    ],
}


def test_wide_columns_and_whole_addresses_only_when_wide() -> None:
    assert TablePrinter(SERVICES, TableOptions()).lines(TABLE) == [
        "NAME   EXTERNAL-IP",
        "web    2001:db8::123...",
    ]
    assert TablePrinter(SERVICES, TableOptions(wide=True)).lines(TABLE) == [
        "NAME   EXTERNAL-IP                SELECTOR",
        "web    2001:db8::1234:5678:9abc   a=b",
    ]


def test_namespaces_and_kinds_go_before_the_name() -> None:
    printer = TablePrinter(DEPLOYMENTS, TableOptions(namespaces=True, kinds=True))
    assert printer.lines(TABLE)[1].split()[:2] == ["default", "deployment.apps/web"]


def test_the_head_is_printed_once_and_columns_are_remembered() -> None:
    printer = TablePrinter(SERVICES, TableOptions())
    assert len(printer.lines(TABLE)) == 2
    assert len(printer.lines({**TABLE, "columnDefinitions": []})) == 1
    assert len(TablePrinter(SERVICES, TableOptions(headers=False)).lines(TABLE)) == 1
