"""llama.cpp's own server on a model, until its input ends; prints `listening ADDRESS`."""

from __future__ import annotations

import sys

import xllamacpp


def main(model: str) -> None:
    """Serves, with one thread: more of them slow a small model down."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.n_ctx = 4096
    parameters.n_parallel = 2
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    print("listening", server.listening_address.removeprefix("http://"), flush=True)
    sys.stdin.read()


main(sys.argv[1])
