"""LiteLLM's proxy in front of a provider, as people start it; there only after `scripts/setup --heavy`."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from upstreams.ports import free_ports

_ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-of-the-proxy"
_TRIES = 3


def interpreter() -> Path | None:
    """The interpreter that has LiteLLM, if there is one."""
    command = ["bash", "-c", "source scripts/library/common.sh && environment_python LiteLLM"]
    found = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return Path(found) if Path(found).exists() else None


class LiteLLMProxy:
    """The proxy with some models of a provider, both dialects behind it; runs until the end of the `with`."""

    def __init__(self, python: Path, base: str, openai: list[str], anthropic: list[str]) -> None:
        self._holder = tempfile.TemporaryDirectory(prefix="litellm-")
        folder = Path(self._holder.name)
        models = [(name, {"model": f"openai/{name}", "api_base": f"{base}/v1"}) for name in openai]
        models += [(name, {"model": f"anthropic/{name}", "api_base": base}) for name in anthropic]
        configuration = {
            "model_list": [
                {"model_name": name, "litellm_params": {**words, "api_key": "k", "max_retries": 0}}
                for name, words in models
            ],
            "litellm_settings": {"telemetry": False, "drop_params": True, "num_retries": 0},
            "general_settings": {"master_key": KEY},
        }
        (folder / "proxy.yaml").write_text(json.dumps(configuration))  # JSON is YAML
        # The script beside the interpreter names the folder in which the environment was made, which was moved since.
        program = [str(python), "-c", "from litellm import run_server; run_server()"]
        self._command = [*program, "--config", str(folder / "proxy.yaml"), "--host", "127.0.0.1"]
        self._folder = folder
        for _ in range(_TRIES):
            if self._begin():
                return
            self._stop()
        self._holder.cleanup()
        raise AssertionError("LiteLLM's proxy does not begin")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Ends it."""
        self._stop()
        self._holder.cleanup()

    def _begin(self) -> bool:
        port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
        with (self._folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [*self._command, "--port", str(port)], stdout=log, stderr=log, env=environment, cwd=self._folder
            )
        end = time.monotonic() + 120  # it takes 10 s, more where others build
        while self.process.poll() is None and time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/health/liveliness", timeout=2):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        return False

    def _stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
