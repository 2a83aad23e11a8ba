"""Grounding and solving: from a policy and a record to an answer set and its conclusions."""
