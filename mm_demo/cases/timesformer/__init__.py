"""Video: what happens in a clip, by attention over time and then over space."""
