"""llama.cpp's own server with a model and perhaps an adapter, until its input ends; prints `listening ADDRESS`.

Runs in the virtual environment of Tests/SDKs.
"""

from __future__ import annotations

import os
import sys

import xllamacpp


def main(model: str, adapter: str) -> None:
    """Serves with what our engine has: one thread, 32 sequences that share one memory."""
    # It tells of every request.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    if adapter:
        lora = xllamacpp.CommonAdapterLoraInfo()
        lora.path = adapter
        lora.scale = 1.0
        parameters.lora_adapters = [lora]
    parameters.n_ctx = 8_192
    parameters.n_parallel = 32
    parameters.kv_unified = True
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    print("listening", server.listening_address.removeprefix("http://"), flush=True)
    sys.stdin.read()


main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
