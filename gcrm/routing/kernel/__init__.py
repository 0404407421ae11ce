"""The search kernel: an anytime iterated local search over the whole route problem, compiled by numba.

One idea a file: `jit` compiles and caches, `arrays` holds the problem as numbers, `chance` throws the dice, `labels` says
when a route can be where, `gaps` and `scan` where one visit or many go in, `state` holds a plan and its verbs and `keeping`
what to go back to, `ruin` and `recreate` take it apart and together, `within`, `between`, `swap` and `ends` improve it by way
of `trial`, `patterns` serves groups on whole day patterns, `walk` is the loop, and `search` the only door. Loaded only in
processes that plan.
"""
