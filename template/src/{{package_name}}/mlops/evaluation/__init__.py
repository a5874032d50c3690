"""Held-out rows, bootstrap, metric set, slices, fairness, gates, champion, plots."""
