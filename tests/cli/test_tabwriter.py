from __future__ import annotations

from readylb.cli.tabwriter import Columns, align


def test_a_column_is_as_wide_as_its_widest_cell_and_two_blanks() -> None:
    assert align("Name:\tweb\nNamespace:\tdefault") == "Name:       web\nNamespace:  default"


def test_a_line_without_a_tab_ends_a_column() -> None:
    assert align("a:\t1\nContainers:\nlonger:\t2\nb:\t3") == "a:  1\nContainers:\nlonger:  2\nb:       3"


def test_what_follows_the_last_tab_is_not_padded() -> None:
    assert align("a\tlong long\tx\nb\tc\ty") == "a  long long  x\nb  c          y"


def test_an_empty_cell_takes_its_width() -> None:
    assert align("Labels:\ta=b\n\tc=d") == "Labels:  a=b\n         c=d"


def test_inner_columns_are_blocks_of_their_own() -> None:
    text = "Port:\thttp\t80/TCP\nTargetPort:\t8080/TCP\nNodePort:\thttp\t31619/TCP"
    assert align(text) == "Port:        http  80/TCP\nTargetPort:  8080/TCP\nNodePort:    http  31619/TCP"


def test_a_minimum_width_includes_the_padding() -> None:
    assert align("a\tb", minimum=6, padding=3) == "a     b"


def test_rows_that_come_later_keep_the_widths() -> None:
    columns = Columns()
    assert columns.lines([["NAME", "AGE"], ["a-long-name", "2s"]]) == [
        "NAME          AGE",
        "a-long-name   2s",
    ]
    assert columns.lines([["b", "3s"]]) == ["b             3s"]
    assert columns.lines([["an-even-longer-name", "4s"]]) == ["an-even-longer-name   4s"]
