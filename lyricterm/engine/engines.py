"""The engines by the names that ``--engine`` takes."""

from __future__ import annotations

from collections.abc import Callable

from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.model import Model
from lyricterm.engine.products.choices import Products
from lyricterm.engine.protocols import Engine
from lyricterm.engine.reference import ReferenceEngine

ENGINES: dict[str, Callable[[Model, str, Products], Engine]] = {
    "bptt": BpttEngine,
    "reference": lambda model, cell, products: ReferenceEngine(model, cell),
}
