"""Plots as pure functions: from numbers to text or SVG."""
