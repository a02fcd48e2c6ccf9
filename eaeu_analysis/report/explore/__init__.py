"""Where the reader of the page chooses: comparisons of members, assumptions of options; computed in the browser."""
