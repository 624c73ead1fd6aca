from __future__ import annotations

from pathlib import Path

import pytest

from readylb.control.runtimes.isolation import ip_command
from readylb.errors import RuntimeFailureError

FAKE = """\
#!/bin/sh
cat > {folder}/said
echo "$@" > {folder}/words
printf '%s' '{output}'
printf '%s\\n' '{error}' >&2
exit {code}
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def make(output: str = "", error: str = "", code: int = 0) -> None:
        script = tmp_path / "ip"
        script.write_text(FAKE.format(folder=tmp_path, output=output, error=error, code=code))
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return make


def test_a_change_is_one_batch_on_standard_input(fake, tmp_path: Path) -> None:
    fake()
    ip_command.change("link set a up", "link set b up")
    assert (tmp_path / "said").read_text() == "link set a up\nlink set b up\n"
    assert (tmp_path / "words").read_text() == "-batch -\n"


def test_what_failed_is_told_in_the_words_of_ip(fake) -> None:
    fake(error="Error: argument is wrong: x.\nCommand failed -:1", code=1)
    with pytest.raises(RuntimeFailureError, match=r"ip link set a up: argument is wrong: x\.$"):
        ip_command.change("link set a up")


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("RTNETLINK answers: Operation not permitted", "CAP_NET_ADMIN"),
        ("Error: Unknown device type.", "modprobe bridge veth"),
    ],
)
def test_what_can_be_done_about_it_is_told(fake, error: str, remedy: str) -> None:
    fake(error=error, code=2)
    with pytest.raises(RuntimeFailureError, match=remedy):
        ip_command.change("link add b type bridge", "link set b up")


def test_with_force_nothing_is_an_error(fake, tmp_path: Path) -> None:
    fake(error="Cannot find device", code=1)
    ip_command.change("link del a", force=True)
    assert (tmp_path / "words").read_text() == "-force -batch -\n"


def test_a_list_is_read_without_what_was_filtered_away(fake, tmp_path: Path) -> None:
    fake(output='[{"ifname": "a"},{}]')
    assert ip_command.show("link", "show") == [{"ifname": "a"}]
    assert (tmp_path / "words").read_text() == "-json link show\n"


def test_nothing_to_list_is_an_empty_list(fake) -> None:
    fake()
    assert ip_command.show("route", "show") == []


def test_where_there_is_no_ip_its_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeFailureError, match="install iproute2"):
        ip_command.show("link", "show")
