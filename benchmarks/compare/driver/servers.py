"""Libraries under comparison: processes that time what they are asked for (the conversation is described in programs/server.hpp)."""
from __future__ import annotations

import json
import os
import subprocess


class ServerError(RuntimeError):
    """A library refused a request or ended."""


class Server:
    """One process. Blocks in reading its next request while others are timed."""

    def __init__(self, command: list[str], threads: int, environment: dict[str, str] | None = None, log=subprocess.DEVNULL):
        settings = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads), **(environment or {})}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                         env={**os.environ, **settings})
        introduction = self._read()
        self.library, self.version = introduction["library"], introduction["version"]

    def prepare(self, request: dict) -> tuple[float, list[dict]]:
        """The operations of the work, and the contenders that can do it (name, detail, probes), each having done it once."""
        reply = self._ask({"do": "prepare", **request})
        return reply["operations"], reply["contenders"]

    def time(self, contender: int, seconds: float) -> float:
        """The median seconds of a run of the prepared contender, over runs that last `seconds` together."""
        return self._ask({"do": "time", "contender": contender, "seconds": seconds})["seconds"]

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def close(self) -> None:
        if not self.has_ended:
            self._process.stdin.close()
            self._process.wait()

    def _ask(self, request: dict) -> dict:
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended, which _read() reports
        reply = self._read()
        if "error" in reply:
            raise ServerError(f"{self.library}: {reply['error']}")
        return reply

    def _read(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise ServerError(f"{' '.join(self._process.args)} ended with {self._process.wait()} and is not asked again")
        return json.loads(line)
