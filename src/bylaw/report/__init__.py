"""What a reader sees: text, JSON and tables."""
