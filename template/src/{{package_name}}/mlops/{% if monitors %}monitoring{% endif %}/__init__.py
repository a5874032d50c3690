"""Watches the model at work: its predictions against held-out rows, the contract, and labels that come late."""
