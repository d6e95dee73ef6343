"""Networks of a test's own, with names and addresses of their own, for real processes."""

from __future__ import annotations

import subprocess
from pathlib import Path

_ALONE = ["unshare", "--user", "--map-root-user", "--net", "--mount"]


def may_be_alone() -> bool:
    """Whether this user may have a network of its own."""
    return subprocess.run([*_ALONE, "true"], capture_output=True, check=False).returncode == 0


class Network:
    """A machine's network and files under /etc, held by a process that ends with this one."""

    def __init__(self, *entered: str) -> None:
        words = [*entered, "unshare", "--net", "--mount"] if entered else _ALONE
        script = "ip link set lo up && echo ready && exec cat"
        self.holder = subprocess.Popen([*words, "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.holder.stdout is not None
        if self.holder.stdout.readline() != b"ready\n":
            raise AssertionError("there is no network of its own")
        #: What to put before a command that shall run here.
        self.entered = [
            "nsenter", "--target", str(self.holder.pid), "--user", "--net", "--mount", "--preserve-credentials",
        ]  # fmt: skip

    def neighbour(self) -> Network:
        """Another machine of the same owner."""
        return Network(*self.entered)

    def run(self, *words: str | Path) -> None:
        """A command to its end."""
        subprocess.run([*self.entered, *(str(word) for word in words)], check=True)

    def ip(self, *commands: str) -> None:
        """Commands of `ip`, one right after the other."""
        lines = "".join(f"{command}\n" for command in commands)
        subprocess.run([*self.entered, "ip", "-batch", "-"], input=lines, text=True, check=True)

    def replace(self, path: str, text: str, folder: Path) -> None:
        """Has a file hold something else on this machine."""
        source = folder / f"{self.holder.pid}-{Path(path).name}"
        source.write_text(text)
        self.run("mount", "--bind", source, path)

    def end(self) -> None:
        assert self.holder.stdin is not None and self.holder.stdout is not None
        self.holder.stdin.close()
        self.holder.wait(20)
        self.holder.stdout.close()


class NameServer:
    """Debian's dnsmasq, which knows what it is told and nothing else, as the only name server of a network."""

    def __init__(self, network: Network, folder: Path, *records: str) -> None:
        network.replace("/etc/resolv.conf", "nameserver 127.0.0.1\n", folder)
        words = [
            "/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--bind-interfaces", "--pid-file=", "--listen-address=127.0.0.1", "--local=/mesh.test/",
        ]  # fmt: skip
        self.process = subprocess.Popen([*network.entered, *words, *records], stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if "started, version" in line:
                return
        raise AssertionError("dnsmasq does not start: is dnsmasq-base installed?")

    def end(self) -> None:
        assert self.process.stderr is not None
        self.process.kill()
        self.process.wait(20)
        self.process.stderr.close()
