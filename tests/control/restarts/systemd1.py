"""A small org.freedesktop.systemd1 on a bus of its own: what `systemctl restart` and `show` ask of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from dbus_fast import ErrorType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

MANAGER = "org.freedesktop.systemd1.Manager"
JOB = "/org/freedesktop/systemd1/job/1"
UNIT = "/org/freedesktop/systemd1/unit/web"

CONFIGURATION = """\
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Systemd:
    """Units by name with their properties; a restart's job ends with `result`, or never if that is ""."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder}/bus"
        self.units: dict[str, dict[str, Any]] = {}
        self.result = "done"
        #: The calls that were made, as (member, unit).
        self.calls: list[tuple[str, str]] = []
        self._folder = folder

    async def start(self) -> None:
        """Start a bus, and be systemd on it."""
        configuration = self._folder / "bus.conf"
        configuration.write_text(CONFIGURATION.format(socket=self._folder / "bus"))
        self._daemon = await asyncio.create_subprocess_exec(
            "dbus-daemon",
            f"--config-file={configuration}",
            "--nofork",
            "--nopidfile",
            "--print-address",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._daemon.stdout is not None
        await self._daemon.stdout.readline()
        self._bus = await MessageBus(bus_address=self.address).connect()
        self._bus.add_message_handler(self._answer)
        await self._bus.request_name("org.freedesktop.systemd1")

    async def stop(self) -> None:
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()
        self._daemon.terminate()
        await self._daemon.communicate()

    def _answer(self, call: Message) -> Message | bool:
        if call.message_type is not MessageType.METHOD_CALL or call.destination == "org.freedesktop.DBus":
            return False
        member, body = str(call.member), call.body or [""]
        self.calls.append((member, body[0]))
        if member.endswith("Unit") and body[0] not in self.units:
            name = "org.freedesktop.systemd1.NoSuchUnit"
            return Message.new_error(call, name, f"Unit {body[0]} not found.")
        if member == "RestartUnit" and self.result:
            asyncio.get_running_loop().call_soon(self._end_job, body[0])
        replies: dict[str, tuple[str, list[Any]]] = {
            "Subscribe": ("", []),
            "RestartUnit": ("o", [JOB]),
            "GetUnit": ("o", [UNIT]),
            "LoadUnit": ("o", [UNIT]),
            "Get": ("v", [self._properties().get(body[-1])]),
            "GetAll": ("a{sv}", [self._properties()]),
        }
        if member not in replies:
            return Message.new_error(call, ErrorType.UNKNOWN_METHOD, member)
        return Message.new_method_return(call, *replies[member])

    def _end_job(self, unit: str) -> None:
        body = [1, JOB, unit, self.result]
        self._bus.send(Message.new_signal("/org/freedesktop/systemd1", MANAGER, "JobRemoved", "uoss", body))

    def _properties(self) -> dict[str, Variant]:
        properties = next(iter(self.units.values()), {})
        found = {
            name: Variant("i" if isinstance(value, int) else "s", value) for name, value in properties.items()
        }
        return {"NeedDaemonReload": Variant("b", False), **found}
