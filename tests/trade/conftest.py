"""Made-up worlds of this folder can be imported by the tests below it."""
