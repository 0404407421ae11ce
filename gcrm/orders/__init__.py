"""Products with their dated prices, and what customers order of them."""
