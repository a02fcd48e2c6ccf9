"""All members at once: effects by member and pooled."""
