"""What is known before any data are read: indicators, outcomes, economies, blocs and their dates."""
