"""The layout of rule files: tokens, lines and columns, and what a file looks like in house style."""
