"""One module an estimator: synthetic control and its relatives, DiD, interrupted series, breaks."""
