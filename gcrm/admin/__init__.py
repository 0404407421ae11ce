"""Setting up, people, audit and the health of the running parts."""
