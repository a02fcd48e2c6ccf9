"""The brief: composed, rendered, written."""
