"""What a territory is: a set of regions with an owner, in a tree."""
