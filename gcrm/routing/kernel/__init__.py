"""The search kernel: an anytime iterated local search over the whole route problem, compiled by numba.

One idea a file: `jit` compiles and caches, `arrays` holds the problem as numbers, `chance` throws the dice, `labels` says
when a route can be where, `state` keeps a plan and its verbs, `ruin` and `recreate` take it apart and together, `within`,
`between` and `swap` improve it, `patterns` serves groups on whole day patterns, `walk` is the loop, and `search` the only
door. Loaded only in processes that plan.
"""
