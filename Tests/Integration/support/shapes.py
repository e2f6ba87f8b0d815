"""Model files of random weights, as the benchmark of memory makes them."""

import importlib.util
import sys
from types import ModuleType

from .program import REPOSITORY


def _load() -> ModuleType:
    name = "random_models"
    spec = importlib.util.spec_from_file_location(name, REPOSITORY / "Benchmarks/random_models.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


random_models = _load()
Family = random_models.Family
made = random_models.made
FIRST_WORD: int = random_models.WORDS_START
