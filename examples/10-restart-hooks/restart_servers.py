"""A restart hook of your own: an async method `restart`, told who and why (`readylb.control.restarts`)."""

import asyncio
import sys


class RestartServer:
    def __init__(self, script):
        self.script = script

    async def restart(self, request):
        words = [sys.executable, self.script, "restart", request.index]
        process = await asyncio.create_subprocess_exec(
            *words, stdout=asyncio.subprocess.PIPE, start_new_session=True
        )
        output, _ = await process.communicate()
        if process.returncode:
            failure = f"exit status {process.returncode}"
            raise RuntimeError(failure)
        return f"{request.reason}: {output.decode().splitlines()[-1]}"
