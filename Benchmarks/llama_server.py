"""Runs llama.cpp's HTTP server out of the package xllamacpp, until it is killed.

    python llama_server.py MODEL THREADS SEQUENCES CONTEXT_TOKENS
"""

import json
import sys
import threading
from urllib.parse import urlsplit

import xllamacpp


def main() -> None:
    model, threads, sequences, context_tokens = sys.argv[1], *map(int, sys.argv[2:5])
    settings = xllamacpp.CommonParams()
    settings.model.path = model
    settings.port = 0
    settings.cpuparams.n_threads = threads
    settings.cpuparams_batch.n_threads = threads
    settings.n_parallel = sequences
    settings.n_ctx = sequences * context_tokens
    settings.verbosity = 0
    server = xllamacpp.Server(settings)
    port = urlsplit(server.listening_address).port
    print(json.dumps({"event": "ready", "port": port}, separators=(",", ":")), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
