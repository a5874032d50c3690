"""The exported model at work: bundle, rows, predictor or pipeline."""
