"""The chapter's main comparison and its exercises, played: arms train from the same seed, numbers give the verdict."""

from __future__ import annotations

NAMES = ("sampling", "hyperparameters", "clipping", "pred-period", "detach", "activation")
"""What can be played, in the chapter's order; ``catalogue.EXERCISES`` has the exercises."""
