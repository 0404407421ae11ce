"""Pages that gather figures for those who lead."""
