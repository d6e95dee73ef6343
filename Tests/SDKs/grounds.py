"""The servers of the matrix, and what stands behind them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, ClassVar

from matrix import Ground

_HERE = Path(__file__).resolve().parent
_SCRIPTS = _HERE.parents[1] / "scripts"
sys.path += [str(_HERE.parent / "ProcessTests"), str(_SCRIPTS)]

from nodes import MESHNODE  # noqa: E402
from peers import MESHLOAD, Spoken  # noqa: E402
from upstreams.edge import Edge  # noqa: E402
from upstreams.hub import Hub  # noqa: E402
from upstreams.litellm_proxy import KEY, LiteLLMProxy, interpreter  # noqa: E402

#: The tiny model, which comes with the repository.
MODEL = _HERE.parents[1] / "models/tiny/tiny-q8_0.gguf"


def provider() -> Spoken:
    """`upstreams/chat_provider.py` as a process of its own, so that nobody's lock keeps it from noticing anything."""
    return Spoken("/usr/bin/env", f"PYTHONPATH={_SCRIPTS}", "/usr/bin/python3", "-m", "upstreams.chat_provider")


def comes_to_rest(url: str) -> bool:
    """Whether a hub soon answers no chat any more."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
            if re.search(r"^mesh_chats_under_way(\{[^}]*\})? 0$", answer.read().decode(), re.MULTILINE):
                return True
        time.sleep(0.01)
    return False


class Canned(Ground):
    """Our dialects with an engine of canned answers, and nothing else."""

    title = "`meshload chat`: our words, canned answers"
    model = "echo"

    def __init__(self) -> None:
        self._server = Spoken(MESHLOAD, "chat")
        self.url = f"http://{self._server.address}"

    def end(self) -> None:
        self._server.end()


class Tiny(Ground):
    """A hub that was started with no configuration, and so answers with its own model."""

    title = "A hub without configuration: the tiny model"
    model = "local"

    def __init__(self) -> None:
        self._hub = Hub()
        self.url = self._hub.url
        self.pid = self._hub.node.process.pid

    def comes_to_rest(self) -> bool:
        """Whether nothing is being answered soon."""
        return comes_to_rest(self.url)

    def end(self) -> None:
        self._hub.end()


class TinyEdge(Ground):
    """An edge of such a hub: through its privacy proxy and the tunnel."""

    title = "An edge of such a hub, through redaction and tunnel"
    features = "Tiny"
    model = "local"

    def __init__(self) -> None:
        self._hub = Hub()
        self._edge = Edge(self._hub)
        self.url = self._edge.url
        #: Whose processor time says that an answer has ended.
        self.pid = self._hub.node.process.pid

    def comes_to_rest(self) -> bool:
        """Whether the hub soon answers nothing any more."""
        return comes_to_rest(self._hub.url)

    def end(self) -> None:
        self._edge.end()
        self._hub.end()


class Behind(Ground):
    """A hub with the provider of `upstreams/chat_provider.py` behind it, in one dialect."""

    dialect: ClassVar[str]
    alias: ClassVar[str]

    def __init__(self) -> None:
        self._provider = provider()
        self._base = f"http://{self._provider.address}"
        self._hub = Hub(self._providers(self._base), environment={"PROXY_KEY": KEY})
        self.url = self._hub.url

    def fresh(self) -> Hub:
        """Another hub before the same provider: one that has seen it fail often leaves it alone for a while."""
        return Hub(self._providers(self._base), settings={"engine": {"enabled": False}})

    def asked(self, after: int = 0) -> list[dict[str, Any]]:
        """What the provider was asked, and what became of it; without the first `after`."""
        with urllib.request.urlopen(f"{self._base}/asked?after={after}", timeout=20) as answer:
            return list(json.load(answer))

    def end(self) -> None:
        self._hub.end()
        self._provider.end()

    def _providers(self, base: str) -> list[dict[str, Any]]:
        raise NotImplementedError


class OpenAIBehind(Behind):
    """OpenAI's dialect."""

    title = "A hub with a provider behind it that speaks OpenAI's dialect"
    dialect = "openai"
    model = "gpt-6-luna"
    alias = "gpt-4o-mini"

    def _providers(self, base: str) -> list[dict[str, Any]]:
        return [{"name": "upstream", "kind": "openai", "url": f"{base}/v1"}]


class AnthropicBehind(Behind):
    """Anthropic's dialect."""

    title = "A hub with a provider behind it that speaks Anthropic's dialect"
    dialect = "anthropic"
    model = "claude-haiku-5-5"
    alias = "haiku"

    def _providers(self, base: str) -> list[dict[str, Any]]:
        return [{"name": "upstream", "kind": "anthropic", "url": base}]


class _BehindEdge(Behind):
    """An edge of such a hub."""

    def __init__(self) -> None:
        super().__init__()
        self._edge = Edge(self._hub)
        self.url = self._edge.url

    def fresh(self) -> Any:
        return FreshEdge(super().fresh())

    def end(self) -> None:
        self._edge.end()
        super().end()


class OpenAIBehindEdge(_BehindEdge, OpenAIBehind):
    """OpenAI's dialect."""

    title = "An edge of a hub with a provider behind it that speaks OpenAI's dialect"
    features = "OpenAIBehind"


class AnthropicBehindEdge(_BehindEdge, AnthropicBehind):
    """Anthropic's dialect."""

    title = "An edge of a hub with a provider behind it that speaks Anthropic's dialect"
    features = "AnthropicBehind"


class FreshEdge:
    """A hub with an edge of its own, of which clients see the edge."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._edge = Edge(hub)
        self.url = self._edge.url

    def __enter__(self) -> FreshEdge:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Ends both."""
        self._edge.end()
        self._hub.end()


class Keyed(OpenAIBehind):
    """The same with keys."""

    title = "A hub to which keys are shown"

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, str] = {}

    def make_key(self, *words: str) -> str:
        """Another key, by `meshnode keys create`."""
        name = f"key-{len(self._names)}"
        key = self._keys("create", "--name", name, *words).strip()
        self._names[key] = name
        return key

    def revoke(self, key: str) -> None:
        """Takes a key back, by `meshnode keys revoke`."""
        self._keys("revoke", self._names[key])

    def _keys(self, verb: str, *words: str) -> str:
        command = [str(MESHNODE), "keys", verb, *words, "--data", str(self._hub.folder / "hub"), "--quiet"]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


class LlamaBehind(Ground):
    """A hub with llama.cpp's own server behind it."""

    title = "A hub with llama.cpp's own server behind it"
    model = "tiny-behind"

    def __init__(self) -> None:
        self._server = Spoken(sys.executable, _HERE / "llama_server.py", MODEL)
        base = f"http://{self._server.address}/v1"
        model = {"name": self.model, "context": 4_096, "output": 2_048, "free": True}
        self._hub = Hub([{"name": "llama", "kind": "openai-compatible", "url": base, "models": [model]}])
        self.url = self._hub.url

    def comes_to_rest(self) -> bool:
        """Whether nothing is being answered soon."""
        return comes_to_rest(self.url)

    def end(self) -> None:
        self._hub.end()
        self._server.end()


class LiteLLMBehind(Behind):
    """A hub with LiteLLM's proxy behind it, and a provider behind that; both dialects."""

    title = "A hub with LiteLLM's proxy behind it"
    dialect = "openai"
    model = "gpt-6-luna"
    alias = "gpt-4o-mini"

    def _providers(self, base: str) -> list[dict[str, Any]]:
        python = interpreter()
        assert python is not None
        self._proxy = LiteLLMProxy(python, base, ["gpt-6-luna"], ["claude-haiku-5-5"])
        return [
            {"name": "openai", "kind": "openai-compatible", "url": f"{self._proxy.url}/v1", "keyVariable": "PROXY_KEY",
             "models": ["gpt-6-luna"]},
            {"name": "anthropic", "kind": "anthropic", "url": self._proxy.url, "keyVariable": "PROXY_KEY",
             "models": ["claude-haiku-5-5"]},
        ]

    def end(self) -> None:
        super().end()
        self._proxy.end()


#: Whether the heavy part can and shall run.
IS_HEAVY = bool(os.environ.get("MESHNODE_HEAVY")) and interpreter() is not None
