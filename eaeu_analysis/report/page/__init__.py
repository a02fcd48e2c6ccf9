"""The page: parts, figures, tables, rendering."""
