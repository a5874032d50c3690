"""Prices, budget, forecast."""
