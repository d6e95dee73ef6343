"""A process hears of changes of its machine's addresses, in a network of its own."""

import select
import subprocess
import unittest

from peers import MESHLOAD

#: In a network where nothing else changes; each line on standard input is a command of `ip`.
SCRIPT = """
ip link set lo up
coproc heard { "$1" addresses; }
read -r line <&"${heard[0]}"; echo "$line"
while read -r command; do
    ip $command > /dev/null; read -r -t 1 line <&"${heard[0]}" && echo "$line" || echo nothing
done
"""
ALONE = ["unshare", "--user", "--map-root-user", "--net"]


def may_be_alone() -> bool:
    """Whether this user may have a network of its own."""
    return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(may_be_alone(), "needs a network namespace")
class Addresses(unittest.TestCase):
    def setUp(self) -> None:
        command = [*ALONE, "bash", "-c", SCRIPT, "bash", str(MESHLOAD)]
        self.machine = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.addCleanup(self.end)
        self.assertEqual(self.line(), "listening")

    def end(self) -> None:
        self.machine.kill()
        self.machine.wait()
        for stream in (self.machine.stdin, self.machine.stdout):
            if stream is not None:
                stream.close()

    def line(self) -> str:
        assert self.machine.stdout is not None
        ready, _, _ = select.select([self.machine.stdout], [], [], 20)
        self.assertTrue(ready, "the machine says nothing")
        return self.machine.stdout.readline().strip()

    def told(self, command: str) -> str:
        """What is heard after a command of `ip`, within a second."""
        assert self.machine.stdin is not None
        self.machine.stdin.write(command + "\n")
        return self.line()

    def test_what_changes_is_told_and_what_is_repeated_is_not(self) -> None:
        self.assertEqual(self.told("address add 127.0.0.77/32 dev lo"), "changed")
        # The kernel tells this as a new address: it is the one that is there, with another life.
        self.assertEqual(self.told("address change 127.0.0.77/32 dev lo valid_lft 600 preferred_lft 600"), "nothing")
        self.assertEqual(self.told("address del 127.0.0.77/32 dev lo"), "changed")
        self.assertEqual(self.told("-6 address add fd00::7/128 dev lo nodad"), "changed")
        self.assertEqual(self.told("route add 192.0.2.0/24 dev lo"), "changed")
        self.assertEqual(self.told("route show"), "nothing")


if __name__ == "__main__":
    unittest.main()
