"""Exact answers from tables and records: a model writes one query, code judges and runs it."""
