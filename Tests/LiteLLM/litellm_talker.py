"""LiteLLM as a client of the matrix, in both of the dialects that it can speak to us."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it asks a server elsewhere for its prices otherwise

import litellm  # noqa: E402
import openai  # noqa: E402
from openai_talker import Pieces, arguments, refused, take_whole  # noqa: E402
from talkers import Ask, Maker, Said  # noqa: E402

litellm.suppress_debug_info = True
litellm.telemetry = False


class LiteLLMTalker:
    """`litellm.completion`."""

    name = "litellm to openai"
    dialect = tells = "openai"
    statuses: dict[int, int] | None = {}
    attempts = 0

    def __init__(self, url: str, key: str = "k", retries: int = 0) -> None:
        self._base, self._key, self._retries = url + "/v1", key, retries

    def say(self, ask: Ask, enough: Callable[[int], bool] | None = None) -> Said:
        """Asks, and reads what comes as OpenAI's."""
        said = Said()
        words = arguments(ask)
        words |= words.pop("extra_body", {})
        words["model"] = f"{self.dialect}/{ask.model}"
        words |= {"api_base": self._base, "api_key": self._key, "timeout": 30}
        words["max_retries"] = self._retries
        try:
            answer = litellm.completion(**words)
            if ask.stream:
                self._take_stream(answer, said, enough)
            else:
                take_whole(said, answer)
            said.headers = self._headers(answer)
            return said
        except openai.APIError as error:  # its own classes are kinds of OpenAI's
            raise refused(error, said) from error

    def models(self) -> list[str]:
        """It has none."""
        raise NotImplementedError

    def model(self, name: str) -> str:
        """It has none."""
        raise NotImplementedError

    def close(self) -> None:
        """It keeps its connections for itself."""

    @staticmethod
    def _take_stream(answer: Any, said: Said, enough: Callable[[int], bool] | None) -> None:
        pieces = Pieces(said)
        for count, chunk in enumerate(answer, 1):
            pieces.take(chunk)
            if enough is not None and enough(count):
                answer.completion_stream.response.close()
                return
        pieces.end()

    @staticmethod
    def _headers(answer: Any) -> dict[str, str]:
        """What we have said beside the answer: it puts a word before each of the names."""
        told = answer._hidden_params.get("additional_headers") or {}
        return {name.removeprefix("llm_provider-"): str(value) for name, value in told.items()}


class LiteLLMAnthropicTalker(LiteLLMTalker):
    """The same, asking in Anthropic's dialect."""

    name = "litellm to anthropic"
    dialect = "anthropic"
    statuses = {413: 400, 529: 500}

    def __init__(self, url: str, key: str = "k", retries: int = 0) -> None:
        super().__init__(url, key, retries)
        self._base = url


MAKERS: dict[str, Maker] = {kind.name: kind for kind in (LiteLLMTalker, LiteLLMAnthropicTalker)}
