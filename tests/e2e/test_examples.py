"""Each example's README is true: its command runs as written, its files are valid."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.children import start_child
from tests.e2e.client import fetch
from tests.e2e.command import readylb
from tests.e2e.harness import EXAMPLES, ROOT, Readylb, burst
from tests.e2e.ports import free_port, free_ports_in_a_row

FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.name[0].isdigit())


def commands(readme: Path) -> list[list[str]]:
    """Return the `readylb up` commands of a README's shell blocks, as words."""
    blocks = re.findall(r"```sh\n(.*?)```", readme.read_text(), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("readylb up ")]


def port_of(words: list[str]) -> int | None:
    """Return the local port a command listens on: the number of --publish or --port."""
    found = re.search(r"(?:--publish \S+=|--port )(\d+)", " ".join(words))
    return int(found[1]) if found else None


def moved(words: list[str], port: int, python: str) -> list[str]:
    """Return the arguments of a README's command with another port and this interpreter."""
    old = port_of(words)
    texts = [word.replace("python3 ", f"{shlex.quote(python)} ") for word in words[2:]]
    texts = [python if text == "python3" else text for text in texts]
    return [
        text.replace(f"={old}", f"={port}") if "=" in text else re.sub(f"^{old}$", str(port), text)
        for text in texts
    ]


@pytest.fixture
def no_host_file() -> Iterator[None]:
    """Some manifests name /tmp/healthy, which is this machine's: leave it as it was."""
    healthy = Path("/tmp/healthy")
    before = healthy.exists()
    yield
    if not before:
        healthy.unlink(missing_ok=True)


def test_there_is_an_example_for_each_story() -> None:
    assert [folder.name[:2] for folder in FOLDERS] == [f"{number:02}" for number in range(1, 11)]
    for folder in FOLDERS:
        assert commands(folder / "README.md"), f"{folder.name}/README.md shows no command"


@pytest.mark.parametrize(
    ("folder", "index"),
    [
        (folder, index)
        for folder in FOLDERS
        if folder.name[:2] not in {"02", "05", "08", "10"}
        for index in range(len(commands(folder / "README.md")))
    ],
    ids=lambda value: value.name if isinstance(value, Path) else str(value),
)
def test_a_readmes_command_runs_as_written(tmp_path: Path, folder: Path, index: int) -> None:
    run_command(tmp_path, commands(folder / "README.md")[index])


@pytest.mark.xdist_group("host-tmp")
@pytest.mark.usefixtures("no_host_file")
@pytest.mark.parametrize("name", ["02-liveness-exec", "05-liveness-shell"])
def test_a_readmes_command_that_uses_the_hosts_tmp_runs_as_written(tmp_path: Path, name: str) -> None:
    for words in commands(EXAMPLES / name / "README.md"):
        if "misplaced" not in " ".join(words):
            run_command(tmp_path, words)


def run_command(folder: Path, words: list[str]) -> None:
    """Run a README's command until its pods run, and see that its port answers."""
    port = free_port()
    with Readylb(folder, *moved(words, port, sys.executable)) as lb:
        lb.wait_for("pods are there and run", lambda: lb.pods() and all(pod.running for pod in lb.pods()))
        if port_of(words) is not None:
            # Without a readiness probe a pod is Ready before it listens: 502 is true for a moment.
            lb.wait_for("the Service answers", lambda: fetch(port).status in {200, 503})


@pytest.mark.parametrize("form", ["backends", "file"])
def test_your_own_replicas_are_served_and_restarted_by_the_hook(tmp_path: Path, form: str) -> None:
    folder = EXAMPLES / "08-your-own-replicas"
    ports = free_ports_in_a_row(3)
    port = free_port()
    environment = {"BASE_PORT": str(ports[0]), "RUN_FOLDER": str(tmp_path / "servers")}
    (by_backends,) = (words for words in commands(folder / "README.md") if "--backend" in words)
    text = (folder / "readylb.yaml").read_text().replace("port: 8000", f"port: {port}")
    text = text.replace("[python3,", f"[{sys.executable},")
    for index, number in enumerate(ports):
        text = text.replace(f":{8081 + index}", f":{number}")
        by_backends = [word.replace(f":{8081 + index}", f":{number}") for word in by_backends]
    config = tmp_path / "readylb.yaml"
    config.write_text(text)
    args = ["-f", str(config)] if form == "file" else moved(by_backends, port, sys.executable)

    servers(folder, environment, "start")
    try:
        lb = Readylb(tmp_path, *args)
        lb.environment.update(environment)
        with lb:
            lb.wait_ready(3)
            everybody = {str(number) for number in ports}
            assert set(burst(port)) == everybody
            servers(folder, environment, "kill", "1")
            assert str(ports[1]) not in burst(port), "before any probe has failed"
            if form == "file":
                lb.wait_event("Killing", "failed liveness probe")
            else:
                servers(folder, environment, "start", "1")
            lb.wait_for("all answer", lambda: set(burst(port)) == everybody)
            servers(folder, environment, "kill")
    finally:
        servers(folder, environment, "kill")


@pytest.mark.parametrize("kind", ["webhook", "python"])
def test_a_hook_of_the_examples_restarts_a_server_that_is_sick(tmp_path: Path, kind: str) -> None:
    folder, own = EXAMPLES / "10-restart-hooks", EXAMPLES / "08-your-own-replicas"
    ports = free_ports_in_a_row(3)
    port, hook_port = free_port(), free_port()
    environment = {"BASE_PORT": str(ports[0]), "RUN_FOLDER": str(tmp_path / "servers")}
    (command,) = (words for words in commands(folder / "README.md") if f"{kind}.yaml" in words[-1])
    text = (ROOT / command[-1]).read_text()
    moves = {8000: port, 8090: hook_port, **{8081 + index: number for index, number in enumerate(ports)}}
    text = re.sub(r"\b80\d\d\b", lambda found: str(moves[int(found[0])]), text)
    (tmp_path / "readylb.yaml").write_text(text)

    servers(own, environment, "start")
    receiver = start_child(
        [sys.executable, str(folder / "receiver.py")],
        env={**os.environ, **environment, "PORT": str(hook_port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        lb = Readylb(tmp_path, "-f", str(tmp_path / "readylb.yaml"))
        lb.environment.update(environment)
        with lb:
            lb.wait_ready(3)
            assert fetch(ports[2], "/sick").status == 200
            lb.wait_event("RestartHookDone", f"Restart hook {kind} has run for 127.0.0.1:{ports[2]}: ")
            lb.wait_ready(3)
            assert set(burst(port)) == {str(number) for number in ports}
            servers(own, environment, "kill")
            receiver.kill()
            receiver.wait()
    finally:
        receiver.kill()
        receiver.wait()
        servers(own, environment, "kill")


def test_the_other_hooks_of_the_examples_are_valid(tmp_path: Path) -> None:
    files = [words[-1] for words in commands(EXAMPLES / "10-restart-hooks" / "README.md")]
    named = [file for file in files if "docker" in file or "systemd" in file]
    assert len(named) == 2
    for file in named:
        done = readylb(tmp_path, "check", "-f", file)
        assert (done.returncode, done.stderr) == (0, "")


def servers(folder: Path, environment: dict[str, str], *words: str) -> None:
    """Run the example's own supervisor."""
    script = folder / "servers.py"
    subprocess.run([sys.executable, str(script), *words], env={**os.environ, **environment}, check=True)


def test_the_misplaced_manifest_is_refused_as_its_readme_says(tmp_path: Path) -> None:
    said = (EXAMPLES / "05-liveness-shell" / "README.md").read_text()
    done = readylb(tmp_path, "check", "-f", "examples/05-liveness-shell/misplaced.yaml", cwd=ROOT)
    assert done.returncode == 2
    for line in done.stderr.splitlines():
        assert line in said, "the README shows what is printed"
