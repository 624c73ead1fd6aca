"""Break everything for as long as asked:

    python -m tests.chaos.run [--seconds N] [--seed SEED] [--workers N] [--command PATH]

Prints the seed, what was done, and every complaint; ends with 1 if there is one. A seed makes the same
faults in the same order again; what they meet depends on the machine, as everything real does.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.chaos.faults import STATES, Faults
from tests.chaos.judge import Judge
from tests.chaos.load import Load
from tests.chaos.plan import IDLE_SECONDS, REPLICAS, plan
from tests.chaos.record import entries_of, log_of
from tests.chaos.world import World, is_bound
from tests.e2e.harness import COMMAND
from tests.e2e.waiting import wait_for

#: What readylb's processes may grow by: buffers, arenas and caches that are there to stay.
GROWTH_MIB = 48.0
#: Without faults, so that everything is warm before its size is noted.
WARM_SECONDS = 2.0
#: What may be printed that nobody expects.
_ALARMS = ("Traceback", "Task exception", "has died", "never retrieved")


def chaos(seed: int, seconds: float, *, workers: int, folder: Path, command: tuple[str, ...]) -> list[str]:
    """Run once and return the complaints."""
    wrong: list[str] = []
    with World(folder, workers=workers, command=command) as world:
        faults = Faults(world, plan(seed, seconds, workers=workers))
        with Load(world.ports, seed) as load:
            time.sleep(WARM_SECONDS)
            faults.start()
            time.sleep(seconds)
            faults.stop()
            for state in STATES:
                for file in world.notes.glob(f"*.{state}"):
                    file.unlink()
        wrong += settled(world)
        if load.stuck:
            wrong.append(f"{load.stuck} clients do not end")
        wrong += [f"the tool itself: {what}" for what in faults.broken]
        ports = [world.lb.admin_port, *world.ports.values()]
    wrong += [
        f"port {port} is still bound" for port in (*ports, *world.static_ports.values()) if is_bound(port)
    ]
    printed = world.lb.printed().splitlines()
    wrong += [f"readylb said: {line}" for line in printed if any(alarm in line for alarm in _ALARMS)]
    judge = Judge(load.asks, entries_of(world.notes), faults.done, log_of(world.log))
    wrong += judge.complaints()
    report(load, faults)
    print(*(f"  {count:4} lost: {what}" for what, count in sorted(judge.losses.items())), sep="\n")  # noqa: T201 - a command
    return wrong


def settled(world: World) -> list[str]:
    """Return what is not as it was, once all is over and readylb still runs."""
    lb = world.lb
    wrong = []

    def come_true(what: str, condition: Callable[[], bool], seconds: float) -> None:
        try:
            wait_for(what, condition, seconds=seconds)
        except AssertionError as error:
            wrong.append(str(error))

    def all_well() -> bool:
        return len(world.well("web")) == REPLICAS and len(world.well("app")) == len(IDLE_SECONDS)

    # Longer than a back-off of a replica that was killed again and again.
    come_true("everything is Ready again", all_well, 330)
    come_true("nothing is in flight", lambda: not lb.metric("readylb_endpoint_in_flight"), 20)
    come_true(f"open files are back to {world.files}", lambda: world.open_files() <= world.files, 20)
    grown = world.memory_mib() - world.memory
    files = f"open files {world.files} and {world.open_files()}"
    print(f"memory {world.memory:.0f} MiB and {grown:+.1f}; {files}")  # noqa: T201 - a command
    if grown > GROWTH_MIB:
        wrong.append(f"memory grew by {grown:.1f} MiB")
    zeros = ("readylb_requests_to_unready_total", "readylb_access_log_lost_total")
    return wrong + [f"{name} is {lb.metric(name)}" for name in zeros if lb.metric(name)]


def report(load: Load, faults: Faults) -> None:
    """Print what was done."""
    kinds = Counter(fault.kind for fault in faults.done)
    print(f"{len(load.asks)} requests: {dict(Counter(ask.outcome for ask in load.asks))}")  # noqa: T201 - a command
    print(f"{len(faults.done)} faults: {dict(sorted(kinds.items()))}, {len(faults.skipped)} skipped")  # noqa: T201 - a command


def main() -> int:
    """Parse the words and run."""
    parser = argparse.ArgumentParser(description="Hurt everything around readylb, and look what is lost.")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: from the clock")
    parser.add_argument("--workers", type=int, default=0, help="as of readylb up")
    parser.add_argument(
        "--command", help="run this readylb, the compiled one perhaps; default: of the sources"
    )
    parser.add_argument("--plan", action="store_true", help="print the faults of a seed, and do nothing")
    words = parser.parse_args()
    again = f"--seed {words.seed} --seconds {words.seconds:g} --workers {words.workers}"
    again += f" --command {words.command}" if words.command else ""
    print(f"python -m tests.chaos.run {again}", flush=True)  # noqa: T201 - a command
    if words.plan:
        lanes = plan(words.seed, words.seconds, workers=words.workers)
        print(*(fault for lane in lanes.values() for fault in lane), sep="\n")  # noqa: T201 - a command
        return 0
    folder = Path(tempfile.mkdtemp(prefix="readylb-chaos-"))
    command = (str(Path(words.command).absolute()),) if words.command else COMMAND
    wrong = chaos(words.seed, words.seconds, workers=words.workers, folder=folder, command=command)
    if wrong:
        wrong.append(f"ledgers, access log and output are in {folder}")
    else:
        shutil.rmtree(folder)
    print(*wrong, f"{len(wrong)} complaints; again: {again}", sep="\n")  # noqa: T201 - a command
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
