"""Every number of a page and where it comes from."""
