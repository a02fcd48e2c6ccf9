"""What is asked: treated unit, donors, predictors, windows; and the arrays it becomes."""
