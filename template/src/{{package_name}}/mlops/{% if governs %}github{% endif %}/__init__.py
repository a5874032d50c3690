"""GitHub's settings, as the workflows need them: `make github-setup` makes them, `make doctor` says what is missing."""
