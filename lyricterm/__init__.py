"""A laboratory in the terminal for the from-scratch character-level RNN language model."""

__version__ = "0.1.0"
