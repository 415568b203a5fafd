"""The read side: what becomes of a question."""

__version__ = "0.1.0"
