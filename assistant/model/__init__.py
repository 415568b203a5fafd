"""The language model, here or on another server, and what it reads."""
