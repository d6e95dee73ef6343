"""`meshnode store` as an operator meets it."""

import json
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

RELEASE = Path(__file__).resolve().parents[2] / ".build/release"
UNSOUND = 3


def meshnode(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [RELEASE / "meshnode", "store", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


class StoreCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.holder = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.holder.name)
        cls.store = cls.folder / "store"
        (cls.store / "log").mkdir(parents=True)
        words = [RELEASE / "meshbench", "store-crash", "--folder", cls.store / "log"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
            for _ in range(2000):
                writer.stdout.readline()
            writer.kill()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.holder.cleanup()

    def copy(self, name: str) -> Path:
        target = self.folder / name
        self.assertEqual(meshnode("backup", self.store, target).returncode, 0)
        return target

    def test_a_store_whose_node_was_killed_is_sound(self) -> None:
        finished = meshnode("verify", self.store)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        self.assertIn("sound: 64 actors", finished.stdout)

    def test_a_backup_holds_what_the_store_holds_and_can_be_restored(self) -> None:
        backup, restored = self.copy("backup"), self.folder / "restored"
        self.assertEqual(meshnode("restore", backup, restored).returncode, 0)
        figures = [json.loads(meshnode("stats", "--json", store).stdout) for store in (self.store, backup, restored)]
        self.assertGreater(figures[0]["entries"], 100)
        self.assertEqual(figures[0]["faults"], 0)
        self.assertEqual(figures[0], figures[1])
        self.assertEqual(figures[0], figures[2])

    def test_a_backup_does_not_overwrite(self) -> None:
        target = self.copy("kept")
        finished = meshnode("backup", self.store, target)
        self.assertEqual(finished.returncode, 1)
        self.assertIn("the target is to be empty or missing", finished.stderr)

    def test_a_restore_takes_no_folder_where_an_index_was_left(self) -> None:
        backup, target = self.copy("for-restore"), self.folder / "with-an-index"
        target.mkdir()
        (target / "index.mdb").write_bytes(b"of another store")
        finished = meshnode("restore", backup, target)
        self.assertEqual(finished.returncode, 1)
        self.assertIn("the target is to be empty or missing", finished.stderr)
        self.assertEqual([path.name for path in target.iterdir()], ["index.mdb"])

    def test_looking_at_a_store_writes_nothing_even_where_it_cannot(self) -> None:
        store = self.folder / "looked-at"
        made = subprocess.run([RELEASE / "meshbench", "store-example", store], check=False, timeout=60)
        self.assertEqual(made.returncode, 0)
        for path in (store / "log" / "lock", store / "index.mdb-lock"):
            path.unlink()
        before = {path: path.stat().st_mtime_ns for path in [store, *store.rglob("*")]}
        looking = '"$2" store verify "$1" && "$2" store stats "$1" && "$2" store dump "$1"'
        reading = f'mount --bind -o ro "$1" "$1" && {looking}'
        for words in (["bash", "-c", looking], ["unshare", "--mount", "bash", "-c", reading]):
            command = [*words, "bash", str(store), str(RELEASE / "meshnode")]
            finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual(finished.returncode, 0, finished.stdout + finished.stderr)
        self.assertEqual({path: path.stat().st_mtime_ns for path in [store, *store.rglob("*")]}, before)

    def test_a_child_makes_the_index_of_a_long_log(self) -> None:
        copied = self.copy("indexed")
        for file in copied.glob("index.mdb*"):
            file.unlink()
        words = [RELEASE / "meshnode", "store-child", "make-index-here", "--", copied]
        subprocess.run(words, check=True, timeout=60)
        self.assertTrue((copied / "index.mdb-seal").exists())
        verified = meshnode("verify", copied)
        self.assertEqual(verified.returncode, 0, verified.stdout)
        self.assertNotIn("INDEX", verified.stdout)

    def test_only_a_long_log_is_played_by_a_child(self) -> None:
        # The bound is 16 MiB of segments, with what they have in reserve.
        for mebibytes, condition in ((8, "index: missing"), (20, "index: made")):
            store = self.folder / f"long-{mebibytes}"
            command = [RELEASE / "meshbench", "store-crash", "--as-node", "--folder", store]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as writers:
                while sum(path.stat().st_size for path in store.glob("log/log-*")) < mebibytes << 20:
                    time.sleep(0.01)
                writers.kill()
            for file in store.glob("index.mdb*"):
                file.unlink()
            read = subprocess.run([RELEASE / "meshbench", "store-read", store], capture_output=True, text=True,
                                  check=False, timeout=60)
            self.assertEqual(read.returncode, 0, read.stderr)
            self.assertIn(condition, read.stderr)

    def test_a_flipped_byte_is_a_fault_that_names_its_place(self) -> None:
        damaged = self.copy("damaged")
        log = next((damaged / "log").glob("log-*"))
        with log.open("r+b") as file:
            file.seek(5000)
            byte = file.read(1)
            file.seek(5000)
            file.write(bytes([byte[0] ^ 0x01]))
        finished = meshnode("verify", damaged)
        self.assertEqual(finished.returncode, UNSOUND)
        self.assertRegex(finished.stdout, r"FAULT .*log-0+, log position \d+")

    def test_one_actors_history_can_be_read(self) -> None:
        lines = meshnode("dump", self.store, "--actor", "crash/writer-1").stdout.splitlines()
        self.assertGreater(len(lines), 2)
        self.assertTrue(all(" crash/writer-1 " in line for line in lines))

    def test_wrong_words_and_missing_stores_are_explained(self) -> None:
        missing = meshnode("verify", self.folder / "nowhere")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("No such file or directory", missing.stderr)
        wrong = meshnode("dump", self.store, "--actor", "nobody")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("KIND/KEY", wrong.stderr)


if __name__ == "__main__":
    unittest.main()
