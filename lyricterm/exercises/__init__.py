"""The chapter's main comparison and its exercises, played: runs train from the same seed, numbers give the verdict."""

from __future__ import annotations
