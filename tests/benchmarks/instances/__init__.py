"""The instances that the planning kernel is judged on: readers of the public files, generators, best known values."""
