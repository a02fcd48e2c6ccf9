"""What a sentence says, from its words."""
