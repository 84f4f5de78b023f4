"""One satellite, one handset: the link budget and what it is made of."""
