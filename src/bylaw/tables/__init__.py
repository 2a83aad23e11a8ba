"""Typed tables: their shape, their cells, their rows and the facts these give."""
