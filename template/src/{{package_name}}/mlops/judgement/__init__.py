"""Measures and gates of a model in one report, and the evidence that it was judged so."""
