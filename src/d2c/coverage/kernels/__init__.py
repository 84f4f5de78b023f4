"""The compiled loops and the arrays they take."""
