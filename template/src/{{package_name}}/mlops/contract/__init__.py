"""The contract: columns, casting, the feature frame."""
