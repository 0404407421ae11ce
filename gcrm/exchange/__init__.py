"""Files in and out: import batches with every row's fate, and exports."""
