"""Strict readers that remember where each value stands, and atomic writing."""
