"""Adapters: the routes by which SageMaker and Vertex AI reach the same model, open with `SERVE_PLATFORM` only."""
