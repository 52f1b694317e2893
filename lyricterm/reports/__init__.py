"""Runs in words and files: HTML pages, CSV, JSON lines."""
