"""API keys of a hub: made, used on the loopback and over TLS, limited, taken back, and safe in a crash."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from nodes import FREE, MESHNODE, Node, Place, sentence

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from upstreams.authority import self_signed  # noqa: E402
from web import unchecked  # noqa: E402

KEY = re.compile(r"mesh_([0-9a-z]{8})_[0-9a-z]{47}")


def ask(
    url: str, key: str | None = None, *, field: str = "authorization", method: str = "GET", body: bytes | None = None
) -> tuple[int, str]:
    """The status of an answer, and its code where it is a refusal."""
    headers = {} if key is None else {field: f"Bearer {key}" if field == "authorization" else key}
    if body is not None:
        headers["content-type"] = "application/json"
    request = urllib.request.Request(url, headers=headers, method=method, data=body)
    try:
        with urllib.request.urlopen(request, timeout=20, context=unchecked()) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["error"].get("code") or ""


class Keys(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)
        self.folder = self.place.folder / "hub"

    def hub(self, *words: str | Path, listen: str = "127.0.0.1:0") -> tuple[Node, str]:
        """A hub, and where it answers."""
        line = ["--role", "hub", "--data", self.folder, *FREE[:4], "--http-listen", listen, *words]
        hub = self.place.start(*line).ready()
        return hub, str(hub.records[-1]["http_address"])

    def secure_hub(self, *words: str | Path) -> tuple[Node, str]:
        """A hub that other machines reach, over TLS; the test reaches it by the loopback."""
        files = self_signed(self.place.folder, "site")
        hub, address = self.hub("--http-certificate", files[0], "--http-key", files[1], *words, listen="0.0.0.0:0")
        return hub, f"https://127.0.0.1:{address.rsplit(':', 1)[1]}"

    def keys(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """`meshnode keys` on the hub's folder."""
        return self.place.run("keys", *words, "--data", self.folder)

    def synesis(self, url: str, key: str | None, *words: str) -> subprocess.CompletedProcess[str]:
        """The program of people, with a key in its environment."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("SYNESIS_")}
        environment = {**ours, **({} if key is None else {"SYNESIS_KEY": key})}
        line = [str(MESHNODE.with_name("synesis")), *words, "--gateway", url]
        line += ["--ca", str(self.place.folder / "site.pem")]
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=60)

    def create(self, name: str, *words: str) -> str:
        """A key's text: all that standard output says."""
        made = self.keys("create", "--name", name, *words)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertRegex(made.stdout, rf"\A{KEY.pattern}\n\Z")
        return made.stdout.strip()

    def list(self) -> dict[str, dict[str, object]]:
        """The keys by name, the last of a name."""
        listed = self.keys("list", "--json")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        return {key["name"]: key for key in json.loads(listed.stdout)["keys"]}

    def test_of_a_hub_that_others_reach(self) -> None:
        """No route but two without a key; each with the scope that it needs; a key that is over is none."""
        hub, url = self.secure_hub()
        said = [record for record in hub.records if record["event"] == "http.keys-needed"]
        self.assertEqual(len(said), 1, hub.records)
        for path in ("/health", "/ready"):
            self.assertEqual(ask(url + path)[0], 200, path)
        paths = ["/metrics", "/", "/v1/version", "/v1/status", "/v1/nodes", "/v1/doctor", "/v1/models", "/v1/none"]
        for path in paths:
            self.assertEqual(ask(url + path)[0], 401, path)
        reads, chats, operates = self.create("reads", "--scope", "read"), self.create("chats"), self.create(
            "operates", "--scope", "read,operate"
        )
        for field in ("authorization", "x-api-key"):
            self.assertEqual(ask(url + "/v1/status", reads, field=field), (200, ""))
        self.assertEqual(ask(url + "/metrics", reads), (200, ""))
        self.assertEqual(ask(url + "/", reads), (200, ""))
        for path, key in (("/metrics", chats), ("/v1/status", chats), ("/v1/doctor", reads), ("/v1/models", reads)):
            self.assertEqual(ask(url + path, key)[0], 403, path)
        self.assertNotIn(ask(url + "/v1/models", chats)[0], (401, 403))
        # Commands and the doctor work from elsewhere for who may.
        self.assertEqual(ask(url + "/v1/doctor", operates), (200, ""))
        ping = url + "/v1/nodes/edge-1/ping"
        self.assertEqual(ask(ping, operates, method="POST", body=b"{}"), (404, "unknown_node"))
        self.assertEqual(ask(ping, reads, method="POST", body=b"{}"), (403, "missing_scope"))
        told = self.synesis(url, operates, "status", "--json")
        self.assertEqual((told.returncode, json.loads(told.stdout)["role"]), (0, "hub"), told.stderr)
        ping_it = ["node", "ping", "edge-1"]
        for key, words, code, why in (
            (None, ["status"], 4, "wants a key"),
            (chats, ["status"], 4, "missing_scope"),
            (reads, ping_it, 4, "missing_scope"),
            (operates, ping_it, 5, "knows no edge"),
        ):
            told = self.synesis(url, key, *words)
            self.assertEqual((told.returncode, told.stdout, told.stderr.count("\n")), (code, "", 1), told.stderr)
            self.assertIn(why, told.stderr)
        told = self.synesis("http://192.0.2.1:7413", operates, "status")
        self.assertIn("in the clear", told.stderr)
        # Wrong in one character, of another hub, no key at all.
        wrong = reads[:30] + ("0" if reads[30] != "0" else "1") + reads[31:]
        for key in (wrong, "mesh_00000000_" + reads[14:], "sk-12345", "mesh_"):
            self.assertEqual(ask(url + "/v1/status", key)[0], 401, key)
        # Over.
        brief = self.create("brief", "--scope", "read", "--expires", "2s")
        self.assertEqual(ask(url + "/v1/status", brief), (200, ""))
        revoked = self.keys("revoke", "reads")
        self.assertEqual((revoked.returncode, revoked.stderr), (0, ""))
        self.assertEqual(ask(url + "/v1/status", reads), (401, "unknown_key"))
        end = time.monotonic() + 10
        while ask(url + "/v1/status", brief)[0] == 200:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        self.assertEqual(ask(url + "/v1/status", brief), (401, "expired_key"))
        states = {name: key["state"] for name, key in self.list().items()}
        self.assertEqual(
            states, {"reads": "revoked", "chats": "valid", "operates": "valid", "brief": "expired"}
        )

    def test_on_the_loopback(self) -> None:
        """None is needed, and the start says so; one of ours that is shown must count all the same."""
        hub, address = self.hub()
        said = [record for record in hub.records if record["event"] == "http.no-keys-needed"]
        self.assertEqual(len(said), 1, hub.records)
        url = f"http://{address}/v1/status"
        self.assertEqual(ask(url), (200, ""))
        self.assertEqual(ask(url, "whatever an SDK wants"), (200, ""))
        key = self.create("chats")
        self.assertEqual(ask(url, key), (403, "missing_scope"))
        self.assertEqual(self.keys("revoke", KEY.match(key).group(1)).returncode, 0)  # type: ignore[union-attr]
        self.assertEqual(ask(url, key), (401, "unknown_key"))

    def test_so_many_chats_in_a_minute(self) -> None:
        """As many as the key says, and no further one before the first is a minute old; another key is another's."""
        _, url = self.secure_hub()
        three, other = self.create("three", "--per-minute", "3"), self.create("other", "--per-minute", "1")
        body = {"model": "local", "max_tokens": 4, "messages": [{"role": "user", "content": "Say hello."}]}

        def chat(key: str, path: str = "/v1/chat/completions", **more: object) -> tuple[int, dict[str, str], str]:
            headers = {"content-type": "application/json", "x-api-key": key}
            data = json.dumps({**body, **more}).encode()
            request = urllib.request.Request(url + path, headers=headers, data=data)
            try:
                with urllib.request.urlopen(request, timeout=60, context=unchecked()) as answer:
                    return answer.status, dict(answer.headers), answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, dict(error.headers), error.read().decode()

        # What cannot be asked takes nothing.
        for _ in range(5):
            self.assertEqual(chat(three, model="nobody-has-this")[0], 404)
        end = time.monotonic() + 60
        while (answer := chat(three))[0] == 503 and time.monotonic() < end:
            time.sleep(0.2)  # the engine is loading
        statuses = [answer[0]] + [chat(three, stream=number == 1)[0] for number in range(2)]
        self.assertEqual(statuses, [200] * 3, answer[2])
        for path in ("/v1/chat/completions", "/v1/messages"):
            for _ in range(3):
                status, fields, text = chat(three, path)
                self.assertEqual(status, 429, text)
                self.assertTrue(1 <= int(fields["retry-after"]) <= 60, fields)
        self.assertEqual([chat(other)[0], chat(other)[0]], [200, 429])
        # Asking which models there are is no chat.
        self.assertEqual(ask(url + "/v1/models", three), (200, ""))

    def test_the_commands(self) -> None:
        """Names, tables, JSON, and one sentence with its code for all that cannot be."""
        hub, _ = self.hub()
        key = self.create("ci", "--scope", "chat,read", "--per-minute", "3", "--expires", "90d")
        self.assertEqual(os.stat(self.folder / "operator.json").st_mode & 0o777, 0o600)
        listed = self.list()["ci"]
        self.assertEqual((listed["id"], listed["tenant"]), (key[5:13], "main"))
        self.assertEqual((listed["scopes"], listed["requests_per_minute"]), (["chat", "read"], 3))
        table = self.keys("list").stdout
        self.assertIn("chat,read", table)
        self.assertNotIn(key[14:], table + json.dumps(listed))
        taken = self.keys("create", "--name", "ci")
        self.assertEqual((taken.returncode, taken.stdout), (4, ""))
        self.assertIn("there is a key called 'ci'", sentence(taken.stderr))
        made = self.keys("create", "--name", "other", "--tenant", "acme", "--json")
        document = json.loads(made.stdout)
        self.assertEqual((document["key"]["tenant"], made.stderr), ("acme", ""))
        self.assertRegex(document["text"], KEY)
        for words, code in (
            (["create", "--name", "Not A Name"], 2),
            (["create", "--name", "x", "--scope", "fly"], 2),
            (["create", "--name", "x", "--per-minute", "0"], 2),
            (["revoke", "nobody"], 4),
        ):
            told = self.keys(*words)
            self.assertEqual((told.returncode, told.stdout), (code, ""), told.stderr)
        again = self.keys("revoke", "ci")
        self.assertEqual(again.returncode, 0)
        self.assertEqual(self.keys("revoke", "ci").returncode, 0)
        self.assertNotEqual(self.create("ci"), key)
        # The port is no secret, so what is asked there without one is refused.
        place = json.loads((self.folder / "operator.json").read_text())
        for shown in (None, "no", place["secret"][:-1]):
            self.assertEqual(ask(f"{place['url']}/v1/keys", shown), (401, "not_an_operator"))
        self.assertEqual(ask(f"{place['url']}/v1/keys", place["secret"]), (200, ""))
        hub.signal(signal.SIGTERM)
        self.assertEqual(hub.ended(), 0)
        self.assertFalse((self.folder / "operator.json").exists())
        stopped = self.keys("list")
        self.assertEqual(stopped.returncode, 3)
        self.assertIn("no hub runs on the folder", sentence(stopped.stderr))

    def test_an_edge_has_none(self) -> None:
        hub, _ = self.hub()
        edge = self.place.enrol(hub)
        self.place.start("--role", "edge", "--hub", hub.address, "--data", edge).ready()
        told = self.place.run("keys", "list", "--data", edge)
        self.assertEqual(told.returncode, 4)
        self.assertIn("keys are its hub's", sentence(told.stderr))

    def test_what_a_crash_leaves(self) -> None:
        """A key counts from the moment it was printed, a revocation from the moment it was said; nothing of a secret
        lies anywhere."""
        words: tuple[str, ...] = ()
        secrets: list[str] = []
        counting: dict[str, str] = {}
        logs = b""
        for round_ in range(3):
            hub, address = self.hub(*words)
            url = f"http://{address}/v1/models"
            for key in counting.values():
                self.assertNotIn(ask(url, key)[0], (401, 403))
            for key in secrets:
                if key not in counting.values():
                    self.assertEqual(ask(url, key)[0], 401)
            for number in range(3):
                name = f"key-{round_}-{number}"
                counting[name] = self.create(name)
                secrets.append(counting[name])
            self.assertEqual(self.keys("revoke", f"key-{round_}-0").returncode, 0)
            del counting[f"key-{round_}-0"]
            last = self.create(f"last-{round_}")
            hub.process.kill()  # right behind the answer
            hub.process.wait()
            counting[f"last-{round_}"] = last
            secrets.append(last)
            assert hub.process.stderr is not None
            logs += hub.text + json.dumps(hub.records).encode() + (hub.process.stderr.read() or b"")
            stale = self.keys("list")
            self.assertEqual(stale.returncode, 3, stale.stderr)
            sentence(stale.stderr)
        self.assertIn(b"hub.key-created", logs)
        for key in secrets:
            for part in (key, key[14:54], key[14:30]):
                self.assertNotIn(part.encode(), logs)
                for file in self.folder.rglob("*"):
                    if file.is_file():
                        self.assertNotIn(part.encode(), file.read_bytes(), file)

    def test_many_at_once(self) -> None:
        """One name is given once, whoever asks first; different ones do not get in each other's way."""
        self.hub()
        ended: list[tuple[int, str]] = []

        def make(name: str) -> None:
            made = self.keys("create", "--name", name, "--quiet")
            ended.append((made.returncode, made.stdout.strip()))

        threads = [threading.Thread(target=make, args=(name,)) for name in ["same"] * 4 + ["a", "b", "c"]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(code for code, _ in ended), [0, 0, 0, 0, 4, 4, 4])
        self.assertEqual(len({text for _, text in ended if text}), 4)
        self.assertEqual(set(self.list()), {"same", "a", "b", "c"})


@unittest.skipUnless(MESHNODE.exists(), "the release build")
class Listeners(unittest.TestCase):
    def test_an_edge_that_others_reach(self) -> None:
        """It knows no keys: all but two routes are refused, and its start says so."""
        place = Place()
        self.addCleanup(place.end)
        hub = place.hub()
        folder = place.enrol(hub)
        files = self_signed(place.folder, "site")
        words = ["--http-listen", "0.0.0.0:0", "--http-certificate", files[0], "--http-key", files[1]]
        edge = place.start("--role", "edge", "--hub", hub.address, "--data", folder, *words).ready()
        said = next(record for record in edge.records if record["event"] == "http.keys-needed")
        self.assertIn("knows no keys", said["reason"])
        url = f"https://127.0.0.1:{str(edge.records[-1]['http_address']).rsplit(':', 1)[1]}"
        self.assertEqual(ask(url + "/health")[0], 200)
        for path in ("/metrics", "/v1/status"):
            self.assertEqual(ask(url + path), (403, "not_from_here"))


if __name__ == "__main__":
    unittest.main()
