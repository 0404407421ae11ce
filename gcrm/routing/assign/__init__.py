"""Questions about whole plans that are answered over the search: which rep and day a visit goes to, shares between reps, the best of many routes."""
