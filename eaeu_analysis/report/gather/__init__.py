"""Everything the report rests on, computed once."""
