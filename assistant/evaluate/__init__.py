"""Measurements, each beside the obvious alternative."""
