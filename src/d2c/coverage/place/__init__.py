"""One place instead of a region: which satellites pass it, and what it hears of them."""
