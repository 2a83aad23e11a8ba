"""Analyses over policies and records: cases, synthetic cohorts."""
