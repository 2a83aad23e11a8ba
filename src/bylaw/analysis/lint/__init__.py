"""What the linter finds in a pack: in its words, its rules and the lines above them."""
