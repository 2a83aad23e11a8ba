"""Student records: read, checked and turned into facts."""
