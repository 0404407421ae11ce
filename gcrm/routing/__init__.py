"""Travel times, the route problem, the solver and its independent checker, day and week plans."""
