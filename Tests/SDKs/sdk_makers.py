"""The official SDKs as clients of the matrix."""

from anthropic_talker import AnthropicTalker, AsyncAnthropicTalker
from openai_talker import AsyncOpenAITalker, OpenAITalker
from talkers import Maker

MAKERS: dict[str, Maker] = {
    kind.name: kind for kind in (OpenAITalker, AsyncOpenAITalker, AnthropicTalker, AsyncAnthropicTalker)
}
