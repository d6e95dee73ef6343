"""What a hub answers to programs that ask models, as a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
import unittest
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nodes import FREE, Node, Place
from peers import MESHLOAD, Spoken

#: All ports free ones, that of operators too.
OPEN = [*FREE[:4], "--http-listen", "127.0.0.1:0"]

HELLO = [{"role": "user", "content": "Say hello."}]


class Answer:
    """An answer, read to its end."""

    def __init__(self, status: int, fields: Any, text: str):
        self.status, self.fields, self.text = status, fields, text

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.text))


def ask(url: str, body: dict[str, Any] | None = None, seconds: float = 30, **fields: str) -> Answer:
    """A request, with a body as JSON where there is one."""
    headers = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in fields.items()}}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=seconds) as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read().decode())


def events(text: str) -> Iterator[tuple[str, Any]]:
    """The events of a stream: their names, and what they hold."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in lines:
            data = lines["data"]
            yield lines.get("event", ""), data if data == "[DONE]" else json.loads(data)


class Stream:
    """A chat that is answered piece by piece."""

    def __init__(self, address: str, model: str, **more: Any) -> None:
        self.connection = http.client.HTTPConnection(address, timeout=30)
        body = {"model": model, "messages": HELLO, "stream": True, **more}
        headers = {"content-type": "application/json"}
        self.connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        self.response = self.connection.getresponse()

    def first(self) -> str:
        """The first line with a word in it."""
        while True:
            line = self.response.readline().decode()
            if ('"content"' in line and '"content":""' not in line) or not line:
                return line

    def rest(self) -> str:
        """All that still comes."""
        return self.response.read().decode()

    def close(self) -> None:
        """Leaves."""
        self.response.close()
        self.connection.close()


class Chats(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)

    def hub(self, *words: str | Path, environment: dict[str, str] | None = None) -> tuple[Node, str]:
        """A hub, and where programs ask."""
        line = ["--role", "hub", "--data", self.place.folder / "hub", *OPEN, *words]
        hub = self.place.start(*line, environment=environment).ready()
        return hub, str(hub.records[-1]["http_address"])

    def said(self, hub: Node, event: str) -> dict[str, Any]:
        """The first record of the event, which may have come before the hub was ready."""
        return next((record for record in hub.records if record["event"] == event), None) or hub.wait_for(event)

    def upstream(self) -> Spoken:
        """A server of both dialects with canned answers."""
        upstream = Spoken(MESHLOAD, "chat")
        self.addCleanup(lambda: upstream.process.poll() is None and upstream.end())
        return upstream

    def settings(self, **sections: Any) -> Path:
        """A file of settings."""
        path = self.place.folder / "hub.json5"
        path.write_text(json.dumps({"role": "hub", **sections}))
        return path

    def provider(self, upstream: Spoken, *models: str, name: str = "stub", **more: Any) -> dict[str, Any]:
        """A provider at the upstream whose models are called as what they do."""
        described = [{"name": model, "context": 100_000, "free": True, "tools": True} for model in models]
        url = f"http://{upstream.address}/v1"
        return {"name": name, "kind": "openai-compatible", "url": url, "models": described, **more}

    def numbers(self, address: str) -> dict[str, float]:
        """What is counted."""
        lines = ask(f"http://{address}/metrics").text.splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[:1] != "#")}

    def until(self, address: str, name: str, value: float, seconds: float = 10) -> dict[str, float]:
        """What is counted once that number is there."""
        end = time.monotonic() + seconds
        while True:
            numbers = self.numbers(address)
            if numbers.get(name) == value:
                return numbers
            chats = {key: found for key, found in numbers.items() if key.startswith("mesh_chat")}
            self.assertLess(time.monotonic(), end, f"{name} is {numbers.get(name)}: {chats}")
            time.sleep(0.2)

    # Nothing configured

    def test_a_hub_with_nothing_configured_answers(self) -> None:
        """Both dialects, whole and streamed, by each of the model's names."""
        hub, address = self.hub()
        said = [record for record in hub.records if record["event"] == "http.no-keys-needed"]
        self.assertIn(address, said[0]["reason"])
        base = f"http://{address}/v1"
        for name in ("local", "auto", "tiny"):
            answer = ask(f"{base}/chat/completions", {"model": name, "messages": HELLO, "max_tokens": 12})
            self.assertEqual(answer.status, 200, answer.text)
            self.assertEqual(answer.fields["x-mesh-model"], "tiny")
            self.assertEqual(answer.fields["x-mesh-engine"], "embedded")
            choice, usage = answer.json["choices"][0], answer.json["usage"]
            self.assertTrue(choice["message"]["content"])
            self.assertGreater(usage["prompt_tokens"], 0)
            self.assertEqual(usage["total_tokens"], usage["prompt_tokens"] + usage["completion_tokens"])
        self.assertIn("tiny (embedded)", self.said(hub, "chat.models")["models"])
        body = {"model": "local", "messages": HELLO, "max_tokens": 12}
        whole = ask(f"{base}/messages", body, anthropic_version="2023-06-01")
        self.assertEqual((whole.status, whole.json["role"]), (200, "assistant"), whole.text)
        self.assertTrue(whole.json["content"][0]["text"])
        streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
        chunks = list(events(ask(f"{base}/chat/completions", streamed).text))
        self.assertEqual(chunks[-1][1], "[DONE]")
        self.assertGreater(chunks[-2][1]["usage"]["completion_tokens"], 0)
        names = [name for name, _ in events(ask(f"{base}/messages", {**body, "stream": True}).text)]
        self.assertEqual((names[0], names[-1]), ("message_start", "message_stop"))
        models = [model["id"] for model in ask(f"{base}/models").json["data"]]
        self.assertEqual(models, ["tiny"])
        missing = ask(f"{base}/chat/completions", {"model": "gpt-9", "messages": HELLO})
        self.assertEqual((missing.status, missing.json["error"]["code"]), (404, "model_not_found"), missing.text)
        status = ask(f"{base}/status").json
        self.assertEqual(status["engine"]["state"], "ready")
        self.assertEqual(status["models"], [{"name": "tiny", "engine": "embedded", "asked": True}])
        labels = 'engine="embedded",model="tiny"'
        numbers = self.until(address, f'mesh_chats_total{{{labels},outcome="complete"}}', 6)
        self.assertEqual(numbers['mesh_chats_refused_total{reason="unknownModel"}'], 1)
        self.assertEqual(numbers['mesh_chat_settlements_total{outcome="settled"}'], 6)
        self.assertGreater(numbers[f'mesh_chat_tokens_total{{{labels},kind="output"}}'], 0)
        self.assertEqual(numbers["mesh_chats_under_way"], 0)
        ended = self.said(hub, "chat.ended")
        self.assertEqual((ended["outcome"], ended["model"], ended["tenant"]), ("complete", "tiny", "main"))
        self.assertNotIn("Say hello", json.dumps(hub.records))
        hub.signal(signal.SIGTERM)
        self.assertEqual(hub.ended(), 0)

    def test_the_first_question_may_come_before_the_model(self) -> None:
        """A hub that has just said that it is ready keeps nobody waiting in vain."""
        _, address = self.hub()
        answer = ask(f"http://{address}/v1/chat/completions", {"model": "local", "messages": HELLO, "max_tokens": 1})
        self.assertEqual(answer.status, 200, answer.text)

    def test_without_the_library_and_without_the_engine(self) -> None:
        """The hub runs, says so once, and knows no model."""
        hub, address = self.hub("--engine-library", "/nowhere/libmeshllm.so")
        self.assertIn("/nowhere/libmeshllm.so", self.said(hub, "chat.engine-absent")["reason"])
        none = self.said(hub, "chat.models")
        self.assertEqual((none["models"], none["level"]), ("none", "warning"))
        self.assertIn("no chat is answered until", none["reason"])
        answer = ask(f"http://{address}/v1/chat/completions", {"model": "local", "messages": HELLO})
        self.assertEqual(answer.status, 404, answer.text)
        self.assertIn("this hub serves no model at all", answer.text)
        status = ask(f"http://{address}/v1/status").json
        self.assertEqual((status["engine"]["state"], status["ready"], status["models"]), ("none", True, []))
        self.assertLess(self.numbers(address)["process_resident_memory_bytes"], 60e6)
        hub.signal(signal.SIGTERM)
        self.assertEqual(hub.ended(), 0)
        hub, address = self.hub("--engine", "false")
        self.assertIn("engine.enabled", ask(f"http://{address}/v1/status").json["engine"]["detail"])
        self.assertEqual(ask(f"http://{address}/v1/models").json["data"], [])

    def test_a_broken_model_costs_that_model_alone(self) -> None:
        """What cannot be loaded is said, and the others answer."""
        broken = self.place.folder / "broken.gguf"
        broken.write_bytes(b"GGUF" + bytes(100))
        hub, address = self.hub("--engine-model", f"broken={broken}")
        self.assertEqual(self.said(hub, "chat.model-not-loaded")["model"], "broken")
        self.said(hub, "chat.models")
        answer = ask(f"http://{address}/v1/chat/completions", {"model": "local", "messages": HELLO, "max_tokens": 4})
        self.assertEqual((answer.status, answer.fields["x-mesh-model"]), (200, "tiny"), answer.text)
        self.assertIn("broken", ask(f"http://{address}/v1/status").json["engine"]["detail"])

    # Providers

    def test_a_provider_its_substitute_and_its_breaker(self) -> None:
        """Who fails is replaced, then left alone; `auto` goes by the table's rules."""
        upstream = self.upstream()
        haiku = {"name": "claude-haiku-5-5", "as": "echo"}
        anthropic = {"kind": "anthropic", "url": f"http://{upstream.address}", "models": [haiku]}
        path = self.settings(
            providers=[
                self.provider(upstream, "echo"),
                self.provider(upstream, "fail-paymentRequired", name="poor"),
                anthropic,
            ],
            substitutes={"fail-paymentRequired": ["echo"]},
        )
        hub, address = self.hub("--config", path)
        url = f"http://{address}/v1/chat/completions"
        echoed = ask(url, {"model": "echo", "messages": HELLO})
        self.assertEqual(echoed.json["choices"][0]["message"]["content"], "Say hello.")
        self.assertEqual(echoed.fields["x-mesh-engine"], "stub")
        replaced = ask(url, {"model": "fail-paymentRequired", "messages": HELLO})
        self.assertEqual((replaced.status, replaced.fields["x-mesh-engine"]), (200, "stub"), replaced.text)
        status = ask(f"http://{address}/v1/status").json
        self.assertIn({"name": "fail-paymentRequired", "engine": "poor", "asked": False}, status["models"])
        chosen = ask(url, {"model": "auto", "messages": HELLO})
        self.assertEqual(chosen.fields["x-mesh-model"], "claude-haiku-5-5", chosen.text)
        self.assertIn("fewer than", chosen.fields["x-mesh-model-reason"])
        numbers = self.numbers(address)
        self.assertEqual(numbers['mesh_chat_engine_asked{engine="poor"}'], 0)
        self.assertEqual(numbers['mesh_chat_engine_asked{engine="stub"}'], 1)
        self.assertEqual(numbers['mesh_chats_total{engine="stub",model="echo",outcome="complete"}'], 2)

    def test_keys_of_providers_are_read_from_where_they_lie(self) -> None:
        """A file or a variable; neither is ever shown, and what cannot be read costs that provider alone."""
        upstream = self.upstream()
        secret = self.place.folder / "key"
        secret.write_text("sk-secret-in-a-file\n")
        secret.chmod(0o600)
        open_to_all = self.place.folder / "open"
        open_to_all.write_text("sk-open")
        open_to_all.chmod(0o644)
        path = self.settings(
            providers=[
                self.provider(upstream, "echo", keyFile=str(secret)),
                self.provider(upstream, "tools", name="named", keyVariable="TEST_PROVIDER_KEY"),
                self.provider(upstream, "endless", name="careless", keyFile=str(open_to_all)),
                self.provider(upstream, "stop-length", name="forgotten", keyVariable="TEST_NO_SUCH_KEY"),
            ],
        )
        environment = {"TEST_PROVIDER_KEY": "sk-secret-in-a-variable"}
        shown = self.place.run("config", "show", "--config", path, environment=environment)
        told = self.place.run("config", "show", "--config", path, "--json", environment=environment)
        self.assertIn("TEST_PROVIDER_KEY", shown.stdout)
        self.assertEqual(json.loads(told.stdout)["providers"][0]["name"], "stub")
        self.assertNotIn("sk-", shown.stdout + told.stdout)
        hub, address = self.hub("--config", path, environment=environment)
        self.said(hub, "chat.models")
        unusable = [record for record in hub.records if record["event"] == "chat.provider-unusable"]
        self.assertEqual({record["provider"] for record in unusable}, {"careless", "forgotten"})
        models = {model["id"] for model in ask(f"http://{address}/v1/models").json["data"]}
        self.assertEqual(models, {"echo", "tools", "tiny"})
        self.assertNotIn("sk-", json.dumps(hub.records))

    def test_other_providers_count_from_the_next_start(self) -> None:
        """SIGHUP says so, and changes nothing."""
        upstream = self.upstream()
        path = self.settings(providers=[self.provider(upstream, "echo")])
        hub, address = self.hub("--config", path)
        self.settings(providers=[self.provider(upstream, "tools")])
        hub.signal(signal.SIGHUP)
        self.assertEqual(hub.wait_for("node.needs-restart")["setting"], "providers")
        answer = ask(f"http://{address}/v1/chat/completions", {"model": "echo", "messages": HELLO})
        self.assertEqual(answer.status, 200, answer.text)

    def test_mistakes_in_a_section_of_providers(self) -> None:
        """Each is said with its place and what was probably meant; no key stands in a file."""
        for provider, words in (
            ({"kind": "anthropic", "ulr": "https://x"}, "did you mean 'url'"),
            ({"kind": "anthropic", "key": "sk-1"}, "keyFile"),
            ({"kind": "antropic"}, "did you mean 'anthropic'"),
            ({"kind": "openai-compatible", "models": [{"name": "m", "context": 10}]}, "none is free by mistake"),
            ({"kind": "openai", "models": ["gpt-5.55"]}, "does not know"),
            ({"kind": "openai", "name": "local"}, "is called by"),
            ({"kind": "openai", "url": "https://u:p@x"}, "no password"),
        ):
            path = self.settings(providers=[provider])
            found = self.place.run("config", "check", path)
            self.assertEqual(found.returncode, 65, found.stdout)
            self.assertIn(words, found.stderr)
            self.assertIn("hub.json5:1:", found.stderr)
            self.assertNotIn("sk-1", found.stderr)
        found = self.place.run("config", "check", self.settings(provider=[]))
        self.assertIn("did you mean 'providers'", found.stderr)
        found = self.place.run("config", "check", self.settings(substitutes={"tiny": ["gpt-5"]}))
        self.assertIn("which no provider here has", found.stderr)

    # Ends

    def test_a_client_that_leaves_stops_the_upstream(self) -> None:
        """It is counted so, and its account is settled."""
        upstream = self.upstream()
        _, address = self.hub("--config", self.settings(providers=[self.provider(upstream, "endless")]))
        stream = Stream(address, "endless")
        self.assertIn("ever", stream.first())
        stream.close()
        self.until(address, 'mesh_chats_total{engine="stub",model="endless",outcome="client_left"}', 1)
        numbers = self.until(address, "mesh_chats_under_way", 0)
        self.assertEqual(numbers['mesh_chat_settlements_total{outcome="settled"}'], 1)
        end = time.monotonic() + 5
        while ask(f"http://{upstream.address}/counters").json["running"] and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(ask(f"http://{upstream.address}/counters").json, {"running": 0, "cancelled": 1})

    def test_a_hub_that_is_stopped_breaks_a_stream_off_in_words(self) -> None:
        """What lasts longer than drainPatience ends with an error that SDKs read, and the hub in good order."""
        upstream = self.upstream()
        path = self.settings(hub={"drainPatience": "1s"}, providers=[self.provider(upstream, "endless", "echo")])
        hub, address = self.hub("--config", path)
        stream = Stream(address, "endless")
        self.assertIn("ever", stream.first())
        hub.signal(signal.SIGTERM)
        hub.wait_for("node.stopping")
        begun = time.monotonic()
        last = stream.rest()
        self.assertLess(time.monotonic() - begun, 5)
        self.assertIn('"error"', last[-600:])
        self.assertIn("stopped", last[-600:])
        self.assertEqual(hub.ended(), 0)
        stream.close()

    def test_an_upstream_that_is_killed(self) -> None:
        """A stream breaks off with an error; who asks then is told, and the hub goes on with its own model."""
        upstream = self.upstream()
        path = self.settings(providers=[self.provider(upstream, "endless", "echo")])
        hub, address = self.hub("--config", path)
        stream = Stream(address, "endless")
        self.assertIn("ever", stream.first())
        os.kill(upstream.process.pid, signal.SIGKILL)
        self.assertIn('"error"', stream.rest()[-600:])
        stream.close()
        url = f"http://{address}/v1/chat/completions"
        refused = ask(url, {"model": "echo", "messages": HELLO})
        self.assertIn(refused.status, (502, 503), refused.text)
        own = ask(url, {"model": "local", "messages": HELLO, "max_tokens": 4})
        self.assertEqual(own.status, 200, own.text)
        self.until(address, 'mesh_chats_total{engine="stub",model="endless",outcome="broken_off"}', 1)
        self.until(address, "mesh_chats_under_way", 0)


if __name__ == "__main__":
    unittest.main()
