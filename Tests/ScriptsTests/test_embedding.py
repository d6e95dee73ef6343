"""What scripts/embed makes of a folder."""

import base64
import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from embedding import command  # noqa: E402


class EmbeddingTests(unittest.TestCase):
    def test_every_byte_of_every_file_comes_back(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            contents = {"/b/x.png": bytes(range(256)), "/a.html": "é".encode() * 100, "/empty.css": b""}
            for path, content in contents.items():
                (folder / path[1:]).parent.mkdir(exist_ok=True)
                (folder / path[1:]).write_bytes(content)
            source = command.source_of(folder, "Pages", "pages/x")
        found = dict(re.findall(r'path: "(.*?)",\n.*?base64: """\n(.*?)\n +"""', source, re.DOTALL))
        self.assertEqual(list(found), sorted(contents))
        for path, text in found.items():
            joined = re.sub(r"\\\n\s*", "", text).strip()
            self.assertEqual(base64.urlsafe_b64decode(joined + "=" * (-len(joined) % 4)), contents[path])
        self.assertLessEqual(max(map(len, source.splitlines())), 120)

    def test_the_source_in_the_checkout_is_up_to_date(self) -> None:
        self.assertEqual(command.main(["--check"]), 0)


if __name__ == "__main__":
    unittest.main()
