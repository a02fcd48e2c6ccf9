"""What changed since the claims were accepted."""
