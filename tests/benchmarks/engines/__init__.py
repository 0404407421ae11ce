"""Our kernel and its peers, all called alike: a problem, a limit in CPU seconds and a seed in, a checked answer out."""
