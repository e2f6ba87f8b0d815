"""Runs llama.cpp's HTTP server out of the package xllamacpp, until it is killed. The options are llama-server's own."""

import argparse
import json
import threading
from urllib.parse import urlsplit

import xllamacpp


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--parallel", type=int, required=True, help="sequences at once")
    parser.add_argument("--ctx-size", type=int, required=True, help="tokens of context of all sequences together")
    parser.add_argument("--kv-unified", action="store_true", help="one key-value cache for all sequences")
    parser.add_argument("--embeddings", action="store_true", help="give vectors instead of text")
    parser.add_argument("--ubatch-size", type=int, help="tokens that are computed together")
    parser.add_argument("--lora", action="append", default=[], help="LoRA adapter")
    parser.add_argument("--lora-init-without-apply", action="store_true", help="load adapters with scale 0")
    arguments = parser.parse_args()

    settings = xllamacpp.CommonParams()
    settings.model.path = arguments.model
    settings.port = 0
    settings.cpuparams.n_threads = arguments.threads
    settings.cpuparams_batch.n_threads = arguments.threads
    settings.n_parallel = arguments.parallel
    settings.n_ctx = arguments.ctx_size
    settings.kv_unified = arguments.kv_unified
    if arguments.embeddings:
        settings.embedding = True
    if arguments.ubatch_size:
        settings.n_batch = settings.n_ubatch = arguments.ubatch_size
    adapters = []
    for path in arguments.lora:
        adapter = xllamacpp.CommonAdapterLoraInfo()
        adapter.path = path
        adapter.scale = 0.0 if arguments.lora_init_without_apply else 1.0
        adapters.append(adapter)
    settings.lora_adapters = adapters
    settings.verbosity = 0
    server = xllamacpp.Server(settings)
    port = urlsplit(server.listening_address).port
    print(json.dumps({"event": "ready", "port": port}, separators=(",", ":")), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
