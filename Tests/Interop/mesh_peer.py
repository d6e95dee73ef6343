"""The Swift side: a meshpeer process, its lines and its orders."""

from __future__ import annotations

import asyncio
from pathlib import Path

from certificates import Node

MESHPEER = Path(__file__).resolve().parents[2] / ".build/release/meshpeer"
PATIENCE = 30.0


class MeshPeer:
    """One process. Its lines are kept until somebody asks for one that begins as wanted."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.port = 0
        self._arrived = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, node: Node, *options: str) -> MeshPeer:
        process = await asyncio.create_subprocess_exec(
            MESHPEER, "--credentials", node.folder, *options,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )
        peer = cls(process)
        peer.port = int((await peer.line("listening ")).split()[1])
        return peer

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            await self._add(line.decode().rstrip("\n"))
        await self._add("ended")

    async def _add(self, line: str) -> None:
        async with self._arrived:
            self.lines.append(line)
            self._arrived.notify_all()

    async def line(self, *beginnings: str) -> str:
        """The first line that begins so, taken out; those before it stay."""
        def found() -> str | None:
            return next((line for line in self.lines if line.startswith((*beginnings, "ended"))), None)

        async with self._arrived:
            try:
                await asyncio.wait_for(self._arrived.wait_for(lambda: found() is not None), PATIENCE)
            except TimeoutError:
                raise AssertionError(f"no line {beginnings}; there are {self.lines}") from None
            line = found()
            assert line is not None
            if line != "ended":
                self.lines.remove(line)
            return line

    async def order(self, order: str, answer: str) -> str:
        """Has it do something, and waits for its answer, or for its failure."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n".encode())
        return await self.line(answer, "failed")

    async def kill(self) -> None:
        self.process.kill()
        await self._end()

    async def stop(self) -> None:
        """Standard input ends, and with it the process."""
        if self.process.returncode is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
        try:
            await asyncio.wait_for(self._end(), PATIENCE)
        except TimeoutError:
            await self.kill()
            raise AssertionError("meshpeer does not end") from None

    async def _end(self) -> None:
        await self.process.wait()
        await self._reader
