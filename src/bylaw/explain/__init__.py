"""Explanation: from an answer set back to provisions, values and rows of the record."""
