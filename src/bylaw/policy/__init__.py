"""A policy pack: a folder of plain files, checked and tied together."""
