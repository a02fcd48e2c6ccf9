"""Result to Axes: draws what a table contains and computes nothing. A module per stage; ``style`` is shared."""
